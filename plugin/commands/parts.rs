//! What commands of several parts have in common: parts that could not be done, and how all of them are stopped.

use std::collections::BTreeSet;
use std::time::Duration;

use regauth::evidence::{Evidence, Outcome, Step, Unread};
use regauth::registry::reference::Reference;
use regauth::report::{Report, Verdict};
use regauth::text::Clean;
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::signals;

/// Warns of long-lived credentials that end within a week, as `secrets` does.
pub const WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);

/// All parts; a first signal cancels `stop`, and a second ends them at once.
pub async fn until_stopped(
    parts: impl Future<Output = Result<Vec<Evidence>, Failure>>,
    stop: &CancellationToken,
) -> Result<Vec<Evidence>, Failure> {
    tokio::select! {
        parts = parts => parts,
        () = signals::twice_stopped(stop) => Err(Failure::interrupted(
            "stopped at once; pods of a test go at their Job's deadline, or by `kubectl regauth cleanup -A`".into(),
        )),
    }
}

/// A part that failed.
pub fn failed(what: &str, why: &str) -> Unread {
    let outcome = Outcome::Failed { step: Step::Read, message: Clean::new(why) };
    Unread { what: what.into(), outcome, settled_by: Clean::default() }
}

/// A part that could not be done, for want of a right or else.
pub fn not_done(what: &str, failure: &Failure) -> Unread {
    match failure.missing_right() {
        Some(right) => denied(what, right),
        None => failed(what, &failure.to_string()),
    }
}

/// A part that a right is missing for.
pub fn denied(what: &str, right: &str) -> Unread {
    let outcome = Outcome::Denied { status: 403, message: Clean::new("you may not") };
    Unread { what: what.into(), outcome, settled_by: Clean::new(right) }
}

/// A part that a flag would have allowed.
pub fn left_out(what: &str, why: &str, flag: &str) -> Unread {
    Unread { settled_by: Clean::new(flag), ..failed(what, why) }
}

/// Credentials that registries refused in tests: by namespace, pull secrets and registry. Each is sent once, so that no account
/// is locked.
#[derive(Default)]
pub struct RefusedCredentials(BTreeSet<(String, Vec<String>, String)>);

impl RefusedCredentials {
    /// Whether a test of these images would send one of them again.
    pub fn has(&self, namespace: &str, pull_secrets: &[String], images: &[String]) -> bool {
        let key = |registry| (namespace.to_string(), pull_secrets.to_vec(), registry);
        registries(images).into_iter().any(|registry| self.0.contains(&key(registry)))
    }

    /// Keeps what a test with these pull secrets came to.
    pub fn note(&mut self, namespace: &str, pull_secrets: &[String], report: &Report) {
        let refused = report.findings.iter().filter(|one| one.code.refuses_credential());
        for registry in refused.flat_map(|one| registries(&one.subject.images)) {
            self.0.insert((namespace.to_string(), pull_secrets.to_vec(), registry));
        }
    }
}

fn registries(images: &[String]) -> BTreeSet<String> {
    let references = images.iter().filter_map(|image| Reference::parse(image).ok());
    references.map(|reference| reference.registry().to_string()).collect()
}

/// Whether a probe did not come to an answer of the registry: it lacks mirrors, certificates and proxies that nodes have, so
/// that only a kubelet's word decides.
pub fn lacks_a_way(report: &Report) -> bool {
    let mut failing = report.probes().filter(|row| row.result != Verdict::Ok);
    failing.any(|row| row.code.is_none_or(|code| !code.is_registrys_answer()))
}
