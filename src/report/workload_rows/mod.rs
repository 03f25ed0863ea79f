//! Rows about workloads: pulls that fail, and what each image has for a credential.

mod audit;
mod credential;
mod failing;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows::{Row, Verdict};
use crate::code::Code;
use crate::diagnose::workload::View;
use crate::evidence::preflight::ManifestPlace;
use crate::evidence::workloads::{Events, FailingPull, PullState, Resource, Workloads};
use crate::evidence::{Action, Evidence, Outcome};
use crate::finding::Finding;
use crate::plan::SecretSource;
use crate::text::Clean;

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
    /// How many of its pods lack the image: without those that started all the same, and those of which it is not known.
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
    /// Where a manifest names it, and what tests of it came to, where it is not in the cluster yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<PlannedRow>,
    /// Id of the workload.
    pub evidence: String,
}

/// What is known of an image that a manifest names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlannedRow {
    /// Where it is written.
    pub place: ManifestPlace,
    /// Platforms of the nodes that its pods can land on, the most common first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// The runs that tested it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
    /// What those came to, the worst; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Verdict>,
    /// Nodes on which it was tested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// Why it was not tested, or not everywhere.
    #[serde(default, skip_serializing_if = "Clean::is_empty")]
    pub why_not: Clean,
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
    /// When it expires (UTC), where it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
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
    /// Pods that have waited for long and of which it is not known whether they lack an image.
    #[serde(default)]
    pub not_told: usize,
    /// Pods on a node that have started nothing and say nothing yet of what they wait for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub starting: u64,
    /// Whether pods could not be listed, or not all of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pods_unread: bool,
    /// Pull secrets and docker configurations that were read.
    pub secrets: usize,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How much was looked at; `None` where workloads were not asked for.
pub(super) fn summary(evidence: &Evidence) -> Option<WorkloadSummary> {
    let seen = evidence.workloads.as_ref()?;
    let all = || seen.workloads.iter().filter(|one| !one.out_of_scope);
    let distinct = |names: Vec<&str>| names.into_iter().collect::<BTreeSet<_>>().len();
    let pods = |which: fn(&FailingPull) -> bool| {
        let those = seen.failing.iter().filter(|one| which(one));
        those.map(|one| (one.namespace.as_str(), one.pod.as_str())).collect::<BTreeSet<_>>()
    };
    let failing = pods(FailingPull::lacks_image);
    Some(WorkloadSummary {
        namespaces: distinct(all().map(|one| one.namespace.as_str()).collect()),
        workloads: all().count(),
        pods: all().map(|one| u64::from(one.pods)).sum(),
        images: distinct(all().flat_map(|one| &one.images).map(|one| one.image.as_str()).collect()),
        failing: failing.len(),
        not_told: pods(FailingPull::is_silent).difference(&failing).count(),
        starting: all().map(|one| u64::from(one.starting)).sum(),
        pods_unread: is_unread(evidence, seen, Resource::Pods),
        secrets: seen.secrets.iter().filter(|one| one.seen().is_some()).count(),
    })
}

/// Whether a list of the plan was not read, or not to its end.
fn is_unread(evidence: &Evidence, seen: &Workloads, resource: Resource) -> bool {
    let is_planned = evidence.plan.scope.as_ref().is_some_and(|scope| scope.reads.contains(&resource));
    let is_seen = seen.read(resource).is_some_and(|read| matches!(read.outcome, Outcome::Seen { .. }));
    is_planned && !is_seen
}

/// The rows of workloads: of `why` what fails, of `secrets` all, of `doctor` both.
pub(super) fn rows(evidence: &Evidence, findings: &[Finding]) -> Vec<Row> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let codes = Codes::of(findings);
    match evidence.plan.action {
        Action::Secrets | Action::Preflight => audit::audit(&view, &codes),
        Action::Doctor => {
            failing::failing(&view, &codes).into_iter().chain(audit::audit(&view, &codes)).collect()
        }
        _ => failing::failing(&view, &codes),
    }
}

/// Which findings explain an item of evidence, in their order.
struct Codes<'f>(BTreeMap<&'f str, Vec<&'f Finding>>);

impl<'f> Codes<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let mut of = BTreeMap::<&str, Vec<&Finding>>::new();
        for finding in findings {
            for id in &finding.evidence {
                of.entry(id.as_str()).or_default().push(finding);
            }
        }
        Self(of)
    }

    /// The first that is about this image, or about no image in particular.
    fn about(&self, id: &str, image: &str) -> Option<&'f Finding> {
        let is_about = |finding: &&&Finding| {
            finding.subject.images.is_empty() || finding.subject.images.iter().any(|one| one == image)
        };
        self.0.get(id)?.iter().find(is_about).copied()
    }
}
