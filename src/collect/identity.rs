//! What a pull is done as: from what the user named to a ServiceAccount and its pull secrets.

use std::str::FromStr;

use super::access::{self, Right};
use super::adopter::Adopter;
use super::ambient::ambient;
use super::namespace::no_namespace;
use crate::api::template::{PodTemplate, ServiceAccount, Templated};
use crate::api::wire::NameRef;
use crate::api::{Api, ApiError, path};
use crate::error::Error;
use crate::evidence::builder::Ambient;
use crate::plan::{Identity, SecretSource};
use crate::text::referenced_name;

/// What the user asked a pull to be done as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityRequest {
    /// A ServiceAccount with its own pull secrets.
    ServiceAccount(String),
    /// A workload: its ServiceAccount and pull secrets.
    Workload(WorkloadRef),
    /// Named pull secrets, with a ServiceAccount that supplies none.
    PullSecrets {
        /// The ServiceAccount.
        service_account: String,
        /// The pull secrets, in order.
        names: Vec<String>,
    },
    /// No pull secret, not even the ServiceAccount's.
    NoPullSecret {
        /// The ServiceAccount.
        service_account: String,
    },
}

/// A workload by kind and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadRef {
    kind: &'static Kind,
    name: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Kind {
    /// The short form for tables.
    short: &'static str,
    /// As objects name it.
    kind: &'static str,
    /// What kubectl takes.
    aliases: &'static [&'static str],
    group: &'static str,
    version: &'static str,
    resource: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        short: "pod",
        kind: "Pod",
        aliases: &["po", "pod", "pods"],
        group: "",
        version: "v1",
        resource: "pods",
    },
    Kind {
        short: "deploy",
        kind: "Deployment",
        aliases: &["deploy", "deployment", "deployments", "deployment.apps", "deployments.apps"],
        group: "apps",
        version: "v1",
        resource: "deployments",
    },
    Kind {
        short: "sts",
        kind: "StatefulSet",
        aliases: &["sts", "statefulset", "statefulsets", "statefulset.apps", "statefulsets.apps"],
        group: "apps",
        version: "v1",
        resource: "statefulsets",
    },
    Kind {
        short: "ds",
        kind: "DaemonSet",
        aliases: &["ds", "daemonset", "daemonsets", "daemonset.apps", "daemonsets.apps"],
        group: "apps",
        version: "v1",
        resource: "daemonsets",
    },
    Kind {
        short: "rs",
        kind: "ReplicaSet",
        aliases: &["rs", "replicaset", "replicasets", "replicaset.apps", "replicasets.apps"],
        group: "apps",
        version: "v1",
        resource: "replicasets",
    },
    Kind {
        short: "job",
        kind: "Job",
        aliases: &["job", "jobs", "job.batch", "jobs.batch"],
        group: "batch",
        version: "v1",
        resource: "jobs",
    },
    Kind {
        short: "cronjob",
        kind: "CronJob",
        aliases: &["cj", "cronjob", "cronjobs", "cronjob.batch", "cronjobs.batch"],
        group: "batch",
        version: "v1",
        resource: "cronjobs",
    },
];

impl FromStr for WorkloadRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is not KIND/NAME with a kind of pod, deploy, sts, ds, rs, job or cronjob");
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        let kind = kind.to_ascii_lowercase();
        let kind = KINDS.iter().find(|known| known.aliases.contains(&kind.as_str())).ok_or_else(wrong)?;
        if name.is_empty() || name.contains('/') {
            return Err(wrong());
        }
        Ok(Self { kind, name: name.to_string() })
    }
}

impl std::fmt::Display for WorkloadRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.short, self.name)
    }
}

impl WorkloadRef {
    /// The right to read it.
    pub fn right(&self) -> Right {
        access::get(self.kind.group, self.kind.resource)
    }

    /// The kinds, in the short form of tables.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|kind| kind.short)
    }

    /// Its kind as objects name it: `Deployment`.
    pub fn object_kind(&self) -> &'static str {
        self.kind.kind
    }

    /// The version of its API: `apps/v1`, `v1`.
    pub fn api_version(&self) -> String {
        match self.kind.group {
            "" => self.kind.version.to_string(),
            group => format!("{group}/{}", self.kind.version),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self, namespace: &str) -> String {
        path::named(&self.collection(namespace), &self.name)
    }

    pub(super) fn collection(&self, namespace: &str) -> String {
        match self.kind.group {
            "" => path::core(namespace, self.kind.resource),
            _ => path::group(&self.api_version(), namespace, self.kind.resource),
        }
    }
}

/// An identity, and the workload that it was taken from.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What pulls are done as.
    pub identity: Identity,
    /// The workload's images without repetition; empty when no workload was named.
    pub images: Vec<String>,
    /// Cloud identities that the ServiceAccount is bound to.
    pub ambient: Vec<Ambient>,
    /// The workload; `None` when none was named.
    pub workload: Option<Workload>,
}

/// What is known of a workload's pods.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What they are made from; of a pod, the pod itself.
    pub template: PodTemplate,
    /// The controller that takes over pods which match its selector.
    pub adopter: Option<Adopter>,
}

/// Reads what the user named. A workload, ServiceAccount or namespace that does not exist is an error; a pull
/// secret is not looked at: the kubelet's own event will tell.
pub async fn resolve(api: &Api, namespace: &str, request: &IdentityRequest) -> Result<Resolved, Error> {
    let (name, service_account, given) = match request {
        IdentityRequest::ServiceAccount(name) => (format!("serviceaccount/{name}"), name, None),
        IdentityRequest::PullSecrets { service_account, names } => {
            let given = Some((names.clone(), SecretSource::Given));
            (format!("secret/{}", names.join(",")), service_account, given)
        }
        IdentityRequest::NoPullSecret { service_account } => {
            ("none".into(), service_account, Some((Vec::new(), SecretSource::Disabled)))
        }
        IdentityRequest::Workload(workload) => return of_workload(api, namespace, workload).await,
    };
    let account = service_account_of(api, namespace, service_account).await?;
    let (pull_secrets, source) =
        given.unwrap_or_else(|| (names(&account.image_pull_secrets), SecretSource::ServiceAccount));
    Ok(Resolved {
        identity: Identity { name, service_account: service_account.clone(), pull_secrets, source },
        images: Vec::new(),
        ambient: ambient(&account.metadata.annotations),
        workload: None,
    })
}

async fn of_workload(api: &Api, namespace: &str, workload: &WorkloadRef) -> Result<Resolved, Error> {
    let object: Templated = match api.get("workload", &workload.path(namespace)).await {
        Ok(object) => object,
        Err(ApiError::Status { code: 404, .. }) => {
            let what = format!("{workload}");
            return Err(not_there(api, namespace, &what).await);
        }
        Err(error) => return Err(Error::doing(format!("read {workload}"))(error)),
    };
    let adopter = Adopter::of(workload.kind.short, &workload.to_string(), &object);
    let template = object.into_template();
    let service_account = Some(template.spec.service_account_name.clone()).filter(|name| !name.is_empty());
    let service_account = service_account.unwrap_or_else(|| "default".into());
    let own = names(&template.spec.image_pull_secrets);
    // Read even when its secrets do not apply: without the ServiceAccount no pod of the workload starts.
    let account = service_account_of(api, namespace, &service_account).await?;
    let (pull_secrets, source) = if own.is_empty() {
        (names(&account.image_pull_secrets), SecretSource::ServiceAccount)
    } else {
        (own, SecretSource::Workload)
    };
    let identity = Identity { name: workload.to_string(), service_account, pull_secrets, source };
    let ambient = ambient(&account.metadata.annotations);
    Ok(Resolved {
        identity,
        images: images(&template),
        ambient,
        workload: Some(Workload { template, adopter }),
    })
}

fn images(template: &PodTemplate) -> Vec<String> {
    let mut images = Vec::new();
    for container in template.spec.init_containers.iter().chain(&template.spec.containers) {
        if !container.image.is_empty() && !images.contains(&container.image) {
            images.push(container.image.clone());
        }
    }
    images
}

async fn service_account_of(api: &Api, namespace: &str, name: &str) -> Result<ServiceAccount, Error> {
    let path = path::named(&path::core(namespace, "serviceaccounts"), name);
    match api.get::<ServiceAccount>("service account", &path).await {
        Ok(account) => Ok(account),
        Err(ApiError::Status { code: 404, .. }) => {
            Err(not_there(api, namespace, &format!("serviceaccount/{name}")).await)
        }
        Err(error) => {
            Err(Error::doing(format!("read serviceaccount/{name} in namespace {namespace}"))(error))
        }
    }
}

/// Whether the object or its whole namespace is missing.
pub(super) async fn not_there(api: &Api, namespace: &str, what: &str) -> Error {
    no_namespace(api, namespace)
        .await
        .unwrap_or_else(|| Error::NotThere(format!("{what} does not exist in namespace {namespace}")))
}

pub(super) fn names(references: &[NameRef]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for reference in references.iter().filter(|reference| !reference.name.is_empty()) {
        let name = referenced_name(&reference.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_named_as_for_kubectl() {
        for (text, short) in
            [("deploy/web", "deploy/web"), ("Deployments.apps/web", "deploy/web"), ("cj/x", "cronjob/x")]
        {
            assert_eq!(text.parse::<WorkloadRef>().unwrap().to_string(), short);
        }
        for text in ["web", "node/x", "deploy/", "deploy/a/b", ""] {
            assert!(text.parse::<WorkloadRef>().unwrap_err().contains("KIND/NAME"), "{text}");
        }
    }
}
