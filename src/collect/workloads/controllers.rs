//! Workloads by their own objects: also those that have no pods.

use std::collections::BTreeMap;

use super::group::Group;
use super::lists::Fold;
use super::owners::{self, Marks};
use super::pods::{Groups, or_default};
use super::scope::Scope;
use super::wire::{Controller, PodSpec, Template, whole_spec};
use crate::collect::builder;
use crate::collect::identity::names;
use crate::evidence::workloads::Resource;

/// Kinds that are listed: what is listed, its API group and version, and what kubectl calls one of them.
pub(super) const KINDS: &[(Resource, &str, &str); 5] = &[
    (Resource::Deployments, "apps/v1", "deploy"),
    (Resource::StatefulSets, "apps/v1", "sts"),
    (Resource::DaemonSets, "apps/v1", "ds"),
    (Resource::Jobs, "batch/v1", "job"),
    (Resource::CronJobs, "batch/v1", "cronjob"),
];

/// What the objects of one kind show.
pub(super) struct Controllers<'s> {
    scope: &'s Scope,
    kind: &'static str,
    pub groups: Groups,
    /// The CronJobs of Jobs, by the Jobs' namespaces and names.
    pub cron_jobs: BTreeMap<(String, String), String>,
    /// Names of what was asked for and is there.
    pub found: Vec<String>,
}

impl<'s> Controllers<'s> {
    pub fn of(scope: &'s Scope, kind: &'static str) -> Self {
        Self { scope, kind, groups: Groups::new(), cron_jobs: BTreeMap::new(), found: Vec::new() }
    }
}

impl Fold for Controllers<'_> {
    type Item<'a> = Controller<'a>;

    fn add(&mut self, object: Controller<'_>) -> Result<(), serde_json::Error> {
        let name = format!("{}/{}", self.kind, object.metadata.name);
        let labels = || {
            let mut labels = object.metadata.labels.clone();
            if let Some(template) = template(&object) {
                labels.extend(template.metadata.labels.clone());
            }
            labels
        };
        let taken = self.scope.takes(&[&name], labels);
        if taken && self.scope.wanted.contains(&name) {
            self.found.push(name.clone());
        }
        let namespace = object.metadata.namespace.clone();
        let owner = object.metadata.owner_references.iter().find(|owner| owner.controller);
        if let Some(owner) = owner.filter(|owner| self.kind == "job" && owner.kind == "CronJob") {
            let cron_job = format!("cronjob/{}", crate::text::referenced_name(&owner.name));
            self.cron_jobs.insert((namespace.clone(), name.clone()), cron_job);
        }
        let group = group(self.kind, &object, taken)?;
        self.groups.insert((namespace, name), group);
        Ok(())
    }
}

fn template<'o, 'a>(object: &'o Controller<'a>) -> Option<&'o Template<'a>> {
    let of_jobs = object.spec.job_template.as_ref().and_then(|jobs| jobs.spec.template.as_ref());
    object.spec.template.as_ref().or(of_jobs)
}

pub(super) fn group(kind: &str, object: &Controller<'_>, in_scope: bool) -> Result<Group, serde_json::Error> {
    let template = template(object);
    let raw = template.and_then(|template| template.spec);
    let spec: PodSpec<'_> = match raw {
        Some(raw) => serde_json::from_str(raw.get())?,
        None => PodSpec::default(),
    };
    let builders = whole_spec(raw).map(|spec| builder::configs(&spec, &[])).unwrap_or_default();
    let mut group = Group {
        in_scope,
        has_template: raw.is_some(),
        service_account: or_default(&spec.service_account_name),
        template_secrets: names(&spec.image_pull_secrets),
        active: is_active(kind, object),
        labels: (!builders.is_empty())
            .then(|| template.map(|one| one.metadata.labels.clone()).unwrap_or_default()),
        builders,
        owners: owners::of(&Marks::of(&object.metadata)),
        ..Group::default()
    };
    group.images_of(&spec);
    Ok(group)
}

/// Whether it wants pods.
fn is_active(kind: &str, object: &Controller<'_>) -> bool {
    let has = |wanted: &[&str]| {
        let mut conditions = object.status.conditions.iter();
        conditions.any(|one| one.status == "True" && wanted.contains(&one.kind.as_str()))
    };
    match kind {
        "ds" => object.status.desired_number_scheduled != Some(0),
        "job" => !object.spec.suspend && !has(&["Complete", "Failed"]),
        "cronjob" => !object.spec.suspend,
        _ => object.spec.replicas != Some(0),
    }
}
