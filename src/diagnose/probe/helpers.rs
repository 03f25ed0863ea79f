//! Credential helpers of this machine that failed.

use super::about::about;
use super::answer;
use super::look::{Look, looks};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::probe::FailedHelper;
use crate::finding::{Finding, Severity};
use crate::fix;
use crate::text::Clean;

/// Helpers that were asked and gave nothing because they failed.
pub(in crate::diagnose) fn failed_helpers(evidence: &Evidence) -> Vec<Finding> {
    let of = |look: Look<'_>| {
        let helpers = look.target.keyring.failed_helpers.iter();
        helpers.map(|helper| failed(&look, helper)).collect::<Vec<_>>()
    };
    looks(evidence).flat_map(of).collect()
}

/// A client that gives up fails whatever the image; one that goes on without a credential fails where that is not
/// enough.
fn failed(look: &Look<'_>, helper: &FailedHelper) -> Finding {
    let FailedHelper { program, error, stops, not_asked } = helper;
    if *not_asked {
        return unasked(look, program);
    }
    let gives_up = match stops.as_slice() {
        [] => "its clients go on without a credential".to_string(),
        [one] => format!("{one} gives up at that"),
        many => format!("{} give up at that", many.join(" and ")),
    };
    let cause = format!(
        "{program}, which is to supply the credential for {}, failed: {error}; {gives_up}.",
        look.registry()
    );
    let mut finding = about(look, Code::CredentialHelperFailed, Some(program.as_str()), cause);
    finding.subject.name = program.to_string();
    let words = look.anonymous().and_then(|anonymous| answer::failure(look, anonymous)?.words);
    finding.messages.extend(words);
    finding.fixes = fix::probe::try_helper(program.as_str());
    if stops.is_empty() && look.is_public() {
        finding.severity = Severity::Warning;
    }
    finding
}

/// Of one that there was no time for nothing can be told.
fn unasked(look: &Look<'_>, program: &Clean) -> Finding {
    let cause = format!(
        "{program}, which is to supply the credential for {}, was not asked: the time was up.",
        look.registry()
    );
    let mut finding = about(look, Code::CredentialHelperFailed, Some(program.as_str()), cause);
    finding.subject.name = program.to_string();
    (finding.severity, finding.certain) = (Severity::Unknown, false);
    finding.settle_by = Some("the same with a longer --timeout".into());
    finding
}
