//! Rows about workloads: pulls that fail, and what each image has for a credential.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows::{Row, Verdict};
use super::steps;
use crate::code::Code;
use crate::diagnose::workload::View;
use crate::evidence::probe::CredentialSeen;
use crate::evidence::workloads::{Events, FailingPull, ImageUse, PullState, Workload};
use crate::evidence::{Action, Evidence};
use crate::finding::Finding;
use crate::plan::SecretSource;
use crate::registry::reference::Reference;
use crate::text::Clean;

/// How many pods a row names.
const NAMED: usize = 3;
/// How many other workloads with the same image a row names.
const WORKS_ON: usize = 3;

/// A pull that fails: the pods of one workload that lack one image, with one list of pull secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailingRow {
    /// The namespace.
    pub namespace: String,
    /// The workload as kubectl calls it: `deploy/web`.
    pub workload: String,
    /// The image.
    pub image: String,
    /// How many of its pods fail.
    pub failing: u32,
    /// How many pods the workload has.
    pub pods: u32,
    /// Some of the pods that fail.
    pub examples: Vec<String>,
    /// Nodes of those that fail, sorted.
    pub nodes: Vec<String>,
    /// How the first of them waits.
    pub state: PullState,
    /// When the oldest of them was created (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// As whom it is pulled.
    pub credential: CredentialRow,
    /// What the runtime or the kubelet says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Clean>,
    /// Whether the pods' events were there.
    pub events: Events,
    /// Others that have the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub works_on: Vec<WorksRow>,
    /// The code of the finding that explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// Ids of the evidence items.
    pub evidence: Vec<String>,
}

/// What one image of a workload has for a credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    /// The namespace.
    pub namespace: String,
    /// The workload as kubectl calls it.
    pub workload: String,
    /// The image.
    pub image: String,
    /// Whether something is wrong with it, or could not be told.
    pub result: Verdict,
    /// As whom it is pulled.
    pub credential: CredentialRow,
    /// How many pods have started a container of it.
    pub started: u32,
    /// How many fail to pull it.
    pub failing: u32,
    /// The code of the finding about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// Id of the workload.
    pub evidence: String,
}

/// As whom an image is pulled: the kubelet's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CredentialRow {
    /// The ServiceAccount.
    pub service_account: String,
    /// The pull secrets, in order.
    pub pull_secrets: Vec<String>,
    /// Where they are from; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SecretSource>,
    /// Entries that match the image, in the order in which the kubelet tries them.
    pub tried: Vec<TriedRow>,
    /// What follows, as one clause.
    pub then: String,
}

/// An entry that matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TriedRow {
    /// The Secret's name.
    pub secret: String,
    /// The entry's key as it is written.
    pub key: Clean,
    /// What it is, without anything secret.
    pub is: String,
}

/// Others that have the same image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorksRow {
    /// The workload, with its namespace where that is another one: `deploy/api`, `other/deploy/api`.
    pub workload: String,
    /// Nodes on which it runs.
    pub nodes: Vec<String>,
    /// The pull secrets that its pods have.
    pub pull_secrets: Vec<String>,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkloadSummary {
    /// Namespaces with workloads.
    pub namespaces: usize,
    /// Workloads.
    pub workloads: usize,
    /// Pods of them.
    pub pods: u64,
    /// Images, each counted once.
    pub images: usize,
    /// Pods that lack an image.
    pub failing: usize,
    /// Pull secrets and docker configurations that were read.
    pub secrets: usize,
}

/// How much was looked at; `None` where workloads were not asked for.
pub(super) fn summary(evidence: &Evidence) -> Option<WorkloadSummary> {
    let seen = evidence.workloads.as_ref()?;
    let all = || seen.workloads.iter().filter(|one| !one.out_of_scope);
    let distinct = |names: Vec<&str>| names.into_iter().collect::<BTreeSet<_>>().len();
    Some(WorkloadSummary {
        namespaces: distinct(all().map(|one| one.namespace.as_str()).collect()),
        workloads: all().count(),
        pods: all().map(|one| u64::from(one.pods)).sum(),
        images: distinct(all().flat_map(|one| &one.images).map(|one| one.image.as_str()).collect()),
        failing: seen.failing.iter().map(|one| (&one.namespace, &one.pod)).collect::<BTreeSet<_>>().len(),
        secrets: seen.secrets.iter().filter(|one| one.seen().is_some()).count(),
    })
}

/// The rows of workloads: of `why` what fails, of `secrets` all.
pub(super) fn rows(evidence: &Evidence, findings: &[Finding]) -> Vec<Row> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let codes = Codes::of(findings);
    match evidence.plan.action {
        Action::Secrets => audit(&view, &codes),
        _ => failing(&view, &codes),
    }
}

/// Which finding explains an item of evidence: the first that names it.
struct Codes<'f>(BTreeMap<&'f str, &'f Finding>);

impl<'f> Codes<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let mut first = BTreeMap::new();
        for finding in findings {
            for id in &finding.evidence {
                first.entry(id.as_str()).or_insert(finding);
            }
        }
        Self(first)
    }

    fn get(&self, id: &str) -> Option<&'f Finding> {
        self.0.get(id).copied()
    }
}

fn failing(view: &View<'_>, codes: &Codes<'_>) -> Vec<Row> {
    let mut groups: BTreeMap<(&str, &str, &[String]), Vec<&FailingPull>> = BTreeMap::new();
    for one in &view.seen.failing {
        groups.entry((&one.workload, &one.image, &one.pull_secrets)).or_default().push(one);
    }
    groups.into_values().filter_map(|group| Some(Row::Failing(failing_row(view, &group, codes)?))).collect()
}

fn failing_row(view: &View<'_>, group: &[&FailingPull], codes: &Codes<'_>) -> Option<FailingRow> {
    let mut group = group.to_vec();
    group.sort_by_key(|one| (one.since, one.pod.as_str()));
    // The one that says most speaks for all: the others may have lost their words.
    let first = group.iter().copied().find(|one| one.message.is_some()).or(group.first().copied())?;
    let mut nodes: Vec<String> = group.iter().map(|one| one.node.clone()).collect();
    nodes.retain(|node| !node.is_empty());
    nodes.sort();
    nodes.dedup();
    let mut pods: Vec<&str> = group.iter().map(|one| one.pod.as_str()).collect();
    pods.dedup();
    let finding = group.iter().find_map(|one| codes.get(&one.id));
    let workload = view.workload(&first.workload);
    Some(FailingRow {
        namespace: first.namespace.clone(),
        workload: workload.map_or_else(|| format!("pod/{}", first.pod), |one| one.name.clone()),
        image: first.image.clone(),
        failing: u32::try_from(pods.len()).unwrap_or(u32::MAX),
        pods: workload.map_or(1, |one| one.pods),
        examples: pods.iter().take(NAMED).map(ToString::to_string).collect(),
        nodes,
        state: first.state,
        since: group.iter().filter_map(|one| one.since).min(),
        credential: credential(
            view,
            (&first.namespace, &first.service_account),
            Some((&first.pull_secrets, source(workload))),
            &first.image,
        ),
        message: first.message.clone(),
        events: first.events,
        works_on: works_on(view, first),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        evidence: group.iter().map(|one| one.id.clone()).collect(),
    })
}

fn source(workload: Option<&Workload>) -> SecretSource {
    match workload.is_some_and(|one| !one.pull_secrets.is_empty()) {
        true => SecretSource::Workload,
        false => SecretSource::ServiceAccount,
    }
}

/// Others with the same image that started: in the same namespace first, and none that runs on no node.
fn works_on(view: &View<'_>, failing: &FailingPull) -> Vec<WorksRow> {
    let same = |use_: &&ImageUse| use_.image == failing.image && use_.started > 0;
    let mut found: Vec<(bool, WorksRow)> = Vec::new();
    for workload in &view.seen.workloads {
        for use_ in workload.images.iter().filter(same) {
            let here = workload.namespace == failing.namespace;
            let name = if here {
                workload.name.clone()
            } else {
                format!("{}/{}", workload.namespace, workload.name)
            };
            found.push((
                !here,
                WorksRow {
                    workload: name,
                    nodes: use_.started_on.clone(),
                    pull_secrets: use_.started_with.first().cloned().unwrap_or_default(),
                },
            ));
        }
    }
    found.sort_by(|one, other| (one.0, &one.1.workload).cmp(&(other.0, &other.1.workload)));
    found.into_iter().map(|(_, row)| row).take(WORKS_ON).collect()
}

fn audit(view: &View<'_>, codes: &Codes<'_>) -> Vec<Row> {
    let in_scope = view.seen.workloads.iter().filter(|one| !one.out_of_scope);
    let uses = in_scope.flat_map(|one| one.images.iter().map(move |image| (one, image)));
    let mut rows: Vec<AuditRow> =
        uses.map(|(workload, image)| audit_row(view, workload, image, codes)).collect();
    rows.sort_by(|one, other| {
        (&one.namespace, &one.workload, &one.image).cmp(&(&other.namespace, &other.workload, &other.image))
    });
    rows.into_iter().map(Row::Audit).collect()
}

fn audit_row(view: &View<'_>, workload: &Workload, image: &ImageUse, codes: &Codes<'_>) -> AuditRow {
    let known = view.pull_secrets(workload);
    let failing: Vec<&FailingPull> =
        view.failing_of(&workload.id).filter(|one| one.image == image.image).collect();
    let about_image = |finding: &&Finding| {
        finding.subject.images.is_empty() || finding.subject.images.contains(&image.image)
    };
    let finding = failing
        .iter()
        .find_map(|one| codes.get(&one.id))
        .or_else(|| codes.get(&workload.id).filter(about_image))
        .or_else(|| {
            let (names, _) = known?;
            let ids = names.iter().map(|name| format!("secret/{}/{name}", workload.namespace));
            ids.into_iter().find_map(|id| codes.get(&id)).filter(about_image)
        });
    let credential = credential(view, (&workload.namespace, &workload.service_account), known, &image.image);
    AuditRow {
        namespace: workload.namespace.clone(),
        workload: workload.name.clone(),
        image: image.image.clone(),
        result: match (finding, known) {
            (Some(_), _) => Verdict::Failed,
            (None, Some((names, _))) if view.keyring(&workload.namespace, names).is_whole() => Verdict::Ok,
            (None, _) => Verdict::NotTested,
        },
        credential,
        started: image.started,
        failing: u32::try_from(failing.len()).unwrap_or(u32::MAX),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        evidence: workload.id.clone(),
    }
}

/// Which credentials the kubelet tries for an image, and what follows.
fn credential(
    view: &View<'_>,
    (namespace, service_account): (&str, &str),
    known: Option<(&[String], SecretSource)>,
    image: &str,
) -> CredentialRow {
    let mut row = CredentialRow {
        service_account: service_account.to_string(),
        pull_secrets: known.map(|(names, _)| names.to_vec()).unwrap_or_default(),
        source: known.map(|(_, source)| source),
        tried: Vec::new(),
        then: String::new(),
    };
    let Some((names, _)) = known else {
        row.then = format!("not known: serviceaccount/{service_account} could not be read");
        return row;
    };
    let keyring = view.keyring(namespace, names);
    let Ok(reference) = Reference::parse(image) else {
        row.then = "none is looked up: this is no image name that the kubelet takes".into();
        return row;
    };
    row.then = match keyring.lookup(&reference) {
        Err(error) => format!("the look-up fails for the whole pod: {error}"),
        Ok(entries) => {
            row.tried = entries
                .iter()
                .map(|(secret, entry)| TriedRow {
                    secret: secret.name.to_string(),
                    key: entry.key.clone(),
                    is: steps::describe(&CredentialSeen {
                        source: format!("secret/{}", secret.name),
                        key: entry.key.clone(),
                        described: entry.credential.clone(),
                        useless: entry.useless.clone(),
                    }),
                })
                .collect();
            what_follows(&keyring.missing, &keyring.unread, names, !row.tried.is_empty())
        }
    };
    row
}

fn what_follows(missing: &[&str], unread: &[&str], names: &[String], any_matches: bool) -> String {
    let list =
        |names: &[&str]| names.iter().map(|name| format!("secret/{name}")).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("{} does not exist", list(missing)));
    }
    if !unread.is_empty() {
        parts.push(format!("what {} holds is not known", list(unread)));
    }
    parts.push(match (any_matches, names.is_empty(), unread.is_empty()) {
        (true, ..) => "an entry matches, so no anonymous pull is tried".into(),
        (false, true, _) => "no pull secret: anonymous, unless the node has a credential".into(),
        (false, false, true) => "no entry matches: anonymous, unless the node has a credential".into(),
        (false, false, false) => "whether an entry matches is not known".into(),
    });
    parts.join("; ")
}
