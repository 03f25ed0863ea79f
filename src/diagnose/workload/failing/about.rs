//! From a chosen cause to the finding.

use super::case::{Case, shown};
use super::choice::Choice;
use super::sandbox;
use super::scene::Scene;
use super::words;
use crate::code::Code;
use crate::diagnose::Place;
use crate::finding::{Finding, Fix, Subject};
use crate::fix::workload::failing as fix;
use crate::plan::{Identity, SecretSource};

pub(super) fn finding(scene: &Scene<'_>, case: &Case<'_>, choice: Choice) -> Finding {
    let place = place(case);
    let fixes = choice.fixes.clone().unwrap_or_else(|| fixes(scene, case, &choice, &place));
    let name = choice.subject.unwrap_or_else(|| subject(case, choice.code, &place));
    let cause = choice.cause.unwrap_or_else(|| words::cause(case, choice.code, &place));
    let remarks: String = choice.remarks.iter().map(|remark| format!("; {remark}")).collect();
    let subject =
        Subject { name, images: vec![shown(&case.pull.image)], nodes: nodes(case), ..Subject::default() };
    let mut finding = Finding::new(choice.code, subject, format!("{cause}{remarks}."));
    finding.severity = choice.severity;
    finding.certain = choice.certain;
    finding.also_possible = choice.also;
    finding.settle_by = choice.settle_by;
    finding.messages = case.pull.message.clone().into_iter().collect();
    finding.evidence = vec![case.pull.id.clone()];
    finding.fixes = fixes;
    finding
}

fn fixes(scene: &Scene<'_>, case: &Case<'_>, choice: &Choice, place: &Place) -> Vec<Fix> {
    // What names or makes a pull secret mends nothing where the runtime asks for none.
    if case.pull.is_of_sandbox() && sandbox::wants_credential(choice.code) {
        return Vec::new();
    }
    let secret = choice.mend_with.as_deref();
    let cause = fix::Cause { code: choice.code, place, secret, is_reference: case.image.is_some() };
    fix::mends(&scene.view, case.pull, &cause)
}

pub(super) fn nodes(case: &Case<'_>) -> Vec<String> {
    let node = Some(case.pull.node.clone());
    node.filter(|node| !node.is_empty()).into_iter().collect()
}

/// The object that is to be mended.
fn subject(case: &Case<'_>, code: Code, place: &Place) -> String {
    let on_node = matches!(code, Code::NodeDiskFull | Code::NodePullThrottled | Code::RuntimeFailed);
    match code {
        _ if on_node && !case.pull.node.is_empty() => format!("node/{}", case.pull.node),
        Code::ImageNeverPulled | Code::CachedImageHidesFailure => format!("image/{}", place.image),
        Code::AccountLocked | Code::RobotAccountUnusable => place.subject(Code::CredentialRejected),
        Code::PullSecretMalformed if case.broken.is_some() => {
            format!("secret/{}", case.broken.as_deref().unwrap_or_default())
        }
        Code::PullSecretMalformed | Code::PullSecretMissing | Code::Unknown => case.workload_name(),
        _ => place.subject(code),
    }
}

/// What sentences and commands of other rules need to know.
fn place(case: &Case<'_>) -> Place {
    let pull = case.pull;
    Place {
        registry: case.registry.clone(),
        asked: crate::diagnose::asked(&case.registry),
        image: shown(&pull.image),
        namespace: pull.namespace.clone(),
        service_account: pull.service_account.clone(),
        pull_secrets: case.secrets(),
        identity: Identity {
            name: case.workload_name(),
            service_account: pull.service_account.clone(),
            pull_secrets: pull.pull_secrets.clone(),
            source: SecretSource::Workload,
        },
        identity_flags: format!("--service-account {}", pull.service_account),
        reach_flags: Vec::new(),
        is_local: false,
    }
}
