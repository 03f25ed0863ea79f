//! Which store of this machine has a credential for an image, which one wins, and how each is removed.

use serde::{Deserialize, Serialize};

use super::probe_rows::attempt_verdict;
use super::rows::Verdict;
use super::steps::describe;
use crate::evidence::Evidence;
use crate::evidence::probe::{Attempt, Target};
use crate::evidence::stores::{Store, StoreEntry};
use crate::finding::{Finding, Fix};
use crate::text::Clean;

pub use crate::evidence::stores::StoreFile;

/// What one client of this machine has for an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StoreRow {
    /// The image as the user wrote it.
    pub image: String,
    /// The client: `docker`, `podman` (with skopeo and buildah) or `helm`.
    pub client: String,
    /// The files that it read, in its order; those that are not there are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<StoreFile>,
    /// What it has, in its order: the first wins, the next is used once that one is removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<StoreEntryRow>,
    /// Entries that match and hold nothing, which it passes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<StoreEntry>,
    /// Credential helpers that gave nothing because they failed, with the class of the failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_helpers: Vec<Clean>,
    /// Whether the client gives up because of a file or helper that failed, instead of going on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gives_up: bool,
}

/// A credential in a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StoreEntryRow {
    /// Where it is kept: a file, `docker-credential-NAME`, `$VARIABLE`.
    pub place: Clean,
    /// The key under which it is kept.
    pub key: Clean,
    /// What it is, in words, with its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// What the registry made of it; not tested where it was not sent.
    pub result: Verdict,
    /// Whether the registry refused the credential itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// Commands that remove it, the usual one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logout: Vec<Fix>,
}

/// What the stores have, with what the registry made of it.
pub(super) fn rows(evidence: &Evidence, findings: &[Finding]) -> Vec<StoreRow> {
    let seen = || evidence.probes.iter().filter_map(|probe| probe.seen());
    let target = |image: &str| seen().flat_map(|seen| &seen.targets).find(|target| target.image == image);
    let row = |store: &Store| StoreRow {
        image: store.image.clone(),
        client: store.client.clone(),
        files: store.files.clone(),
        entries: store.entries.iter().map(|entry| entry_row(entry, target(&store.image), findings)).collect(),
        empty: store.empty.clone(),
        failed_helpers: store.failed_helpers.clone(),
        gives_up: store.gives_up,
    };
    evidence.stores.iter().map(row).collect()
}

fn entry_row(entry: &StoreEntry, target: Option<&Target>, findings: &[Finding]) -> StoreEntryRow {
    let attempts = target.map(|target| target.attempts.as_slice()).unwrap_or_default();
    let attempt = attempts.iter().find(|attempt| is_of(attempt, entry));
    // A refusal need not be a 401: one that hides a public image may be any.
    let found = |one: &Finding| {
        one.code.refuses_credential()
            && one.subject.name == entry.place.as_str()
            && target.is_some_and(|target| one.subject.images.contains(&target.image))
    };
    let refused = |one: &Attempt| {
        let failed = attempt_verdict(one) == Verdict::Failed;
        one.refuses_credential()
            || is_copy_of_refused(one, attempts)
            || (failed && findings.iter().any(found))
    };
    StoreEntryRow {
        place: entry.place.clone(),
        key: entry.key.clone(),
        is: attempt.and_then(|attempt| attempt.credential.as_ref()).map(describe),
        result: attempt.map_or(Verdict::NotTested, attempt_verdict),
        refused: attempt.is_some_and(refused),
        logout: entry.logout.clone(),
    }
}

fn is_of(attempt: &Attempt, entry: &StoreEntry) -> bool {
    attempt.credential.as_ref().is_some_and(|one| entry.is(one))
}

/// Whether the same credential was refused from another store, so that it was not sent again from this one.
fn is_copy_of_refused(attempt: &Attempt, attempts: &[Attempt]) -> bool {
    let fingerprint =
        |one: &Attempt| one.credential.as_ref().and_then(|one| one.described.fingerprint.clone());
    let own = fingerprint(attempt);
    own.is_some() && attempts.iter().any(|one| one.refuses_credential() && fingerprint(one) == own)
}
