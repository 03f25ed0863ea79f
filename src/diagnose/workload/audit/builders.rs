//! Containers that build or push images: whether their docker configuration is where the program reads it, and what
//! is in it. Where a push goes to is compared with it in `destinations`, where arguments tell.

use std::collections::{BTreeMap, HashSet};

use super::destinations::Missed;
use super::{Audit, expiry, in_order};
use crate::code::Code;
use crate::diagnose::builder::{Whose, misnamed_config, nothing_mounted};
use crate::evidence::builder::{BuilderConfig, Misnamed, Program, Pushes};
use crate::evidence::workloads::{PullSecret, PullSecretSeen, Workload};
use crate::finding::{Finding, Severity, Subject};
use crate::fix::workload as fix;
use crate::registry::keyring::{KEY_DOCKER_CONFIG_JSON, SecretState};
use crate::registry::near_miss::Useless;

use super::words::some_of;

/// Faults of mounted Secrets, by the Secret, the code and what is wrong.
type Faults<'e> = BTreeMap<(&'e str, Code, String), Fault<'e>>;

struct Fault<'e> {
    secret: &'e PullSecret,
    /// The key that becomes the file.
    key: &'e str,
    severity: Severity,
    workloads: Vec<&'e Workload>,
}

/// Builders whose program finds no docker configuration, or none that is of use.
pub(super) fn configs(audit: &Audit<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut faults: Faults<'_> = BTreeMap::new();
    let mut missed = Missed::default();
    let fails: HashSet<&str> = audit.pullers().map(|puller| puller.workload.id.as_str()).collect();
    let named = audit.view.scope().workloads;
    // `why` is about pulls that fail, and about what was named.
    let is_concerned = |workload: &&Workload| {
        let is_asked =
            !audit.is_why() || named.contains(&workload.name) || fails.contains(workload.id.as_str());
        is_asked && !workload.out_of_scope
    };
    for workload in in_order(&audit.view).into_iter().filter(is_concerned) {
        for builder in &workload.builders {
            match place(audit, workload, builder) {
                Place::Wrong(finding) => findings.push(*finding),
                Place::Secret(secret, key) => {
                    note(audit, &mut faults, workload, (secret, key));
                    missed.note(workload, builder, (secret, key));
                }
                Place::Well => {}
            }
        }
    }
    findings.extend(missed.into_findings());
    findings.extend(faults.into_iter().map(|((_, code, what), fault)| at_fault(audit, code, &what, &fault)));
    findings
}

/// Where a builder's docker configuration is.
enum Place<'e> {
    /// Not where the program reads it.
    Wrong(Box<Finding>),
    /// In this Secret under this key, mounted where it is read.
    Secret(&'e PullSecret, &'e str),
    /// There, or not to be seen: nothing speaks against it.
    Well,
}

fn place<'e>(audit: &Audit<'e>, workload: &'e Workload, builder: &'e BuilderConfig) -> Place<'e> {
    let whose = Whose { workload: &workload.name, namespace: &workload.namespace };
    let secret = |name: &str| audit.view.secret(&workload.namespace, name);
    let wrong = |mut finding: Finding, file: Option<&String>, name: &str| {
        let account = audit.view.account(&workload.namespace, &workload.service_account);
        let place = fix::Place { workload, account, format: audit.view.scope().fix_format };
        if let Some(file) = file.filter(|_| !finding.fixes.is_empty()) {
            let key = held_in(secret(name));
            let mount = fix::mount_docker_config(
                &place,
                builder,
                file,
                (name, key.unwrap_or(KEY_DOCKER_CONFIG_JSON)),
            );
            // What was read and holds none is filled first: else the mount keeps the pod from starting.
            let hollow = secret(name).filter(|secret| key.is_none() && secret.seen().is_some());
            let fill =
                hollow.map(|secret| fix::renew_file(secret, KEY_DOCKER_CONFIG_JSON)).unwrap_or_default();
            finding.fixes = fill.into_iter().chain(mount).collect();
        }
        finding.subject.images = vec![builder.image.to_string()];
        finding.evidence = vec![workload.id.clone()];
        Place::Wrong(Box::new(finding))
    };
    if let Some(misnamed) = &builder.misnamed {
        let secret = secret(&misnamed.secret);
        return match names_file(misnamed, builder, secret) {
            Some(true) => secret.map_or(Place::Well, |secret| Place::Secret(secret, file_of(misnamed))),
            Some(false) => {
                let misnamed = as_it_is(misnamed, secret);
                wrong(misnamed_config(builder, &misnamed, &whose), Some(&misnamed.wanted), &misnamed.secret)
            }
            None => Place::Well,
        };
    }
    if let Some(found) = &builder.found {
        return secret(&found.secret).map_or(Place::Well, |secret| Place::Secret(secret, &found.key));
    }
    if builder.pushes == Some(Pushes::Nothing) {
        return Place::Well;
    }
    let finding = nothing_mounted(builder, &whose);
    match weigh(audit, workload, builder.program, finding) {
        Some(finding) => wrong(finding, builder.reads.first(), only(&builder.pull_secrets)),
        None => Place::Well,
    }
}

/// The key under which a Secret that was read holds a docker configuration.
fn held_in(secret: Option<&PullSecret>) -> Option<&'static str> {
    secret.and_then(PullSecret::seen).and_then(fix::docker_config_key)
}

/// A pod that mounts a Secret whole does not tell its keys: the usual one is taken for the file. The Secret knows better.
fn as_it_is(misnamed: &Misnamed, secret: Option<&PullSecret>) -> Misnamed {
    let lacks_key = secret.and_then(PullSecret::seen).is_some_and(|seen| !seen.has_key(&misnamed.key));
    let mut misnamed = misnamed.clone();
    if let Some(key) = held_in(secret).filter(|_| lacks_key) {
        let folder = misnamed.mounted_as.rsplit_once('/').map_or("", |(folder, _)| folder);
        misnamed.mounted_as = format!("{folder}/{key}");
        misnamed.key = key.to_string();
    }
    misnamed
}

/// The one name of a list; else empty.
fn only(names: &[String]) -> &str {
    match names {
        [one] => one,
        _ => "",
    }
}

/// Whether a Secret that looks misnamed becomes the file that is read after all; `None` where that cannot be told.
fn names_file(misnamed: &Misnamed, builder: &BuilderConfig, secret: Option<&PullSecret>) -> Option<bool> {
    if !misnamed.by_key {
        let folder = misnamed.mounted_as.rsplit_once('/').map_or("", |(folder, _)| folder);
        // A program that is not known may be told of any file. `.docker` is the folder of Docker's own libraries.
        let is_known = builder.program != Program::Other || folder.ends_with("/.docker");
        return is_known.then_some(false);
    }
    let secret = secret?;
    match secret.seen() {
        Some(seen) => Some(seen.has_key(file_of(misnamed))),
        None => secret.is_absent().then_some(true),
    }
}

/// The name of the file that the program reads.
fn file_of(misnamed: &Misnamed) -> &str {
    misnamed.wanted.rsplit('/').next().unwrap_or_default()
}

/// A builder without a mounted configuration. What supplies it instead is in order unless somebody asks about this very
/// workload. Programs that as often only read public images are not taken to push.
fn weigh(audit: &Audit<'_>, workload: &Workload, program: Program, mut finding: Finding) -> Option<Finding> {
    if finding.code == Code::CredentialNotVisible {
        let is_asked = audit.is_why() && audit.view.scope().workloads.contains(&workload.name);
        return is_asked.then_some(finding);
    }
    match program {
        Program::Kaniko => Some(finding),
        Program::BuildKit | Program::Buildah | Program::Skopeo | Program::GardenUtil => {
            // skopeo as often only reads public images, and nothing that it mounts says which.
            let reads_as_often = program == Program::Skopeo;
            finding.severity = if reads_as_often { Severity::Info } else { Severity::Warning };
            finding.certain = false;
            finding.also_possible = vec![Code::CredentialNotVisible];
            finding.settle_by = Some("whether the container pushes at all: its own log says".into());
            Some(finding)
        }
        Program::Podman
        | Program::Crane
        | Program::Ko
        | Program::Jib
        | Program::Docker
        | Program::Helm
        | Program::Other => None,
    }
}

/// Notes what is wrong in a Secret that is mounted where it belongs.
fn note<'e>(
    audit: &Audit<'_>,
    faults: &mut Faults<'e>,
    workload: &'e Workload,
    (secret, key): (&'e PullSecret, &'e str),
) {
    let found = match secret.seen() {
        Some(seen) if !seen.has_key(key) => {
            let what = format!("lacks the key {key} that becomes the file");
            Some((Code::PullSecretWrongType, what, Severity::Error))
        }
        Some(seen) => content(audit, secret, seen),
        None if secret.is_absent() => {
            // An optional volume: the pods run without.
            let runs = workload.images.iter().any(|image| image.started > 0);
            let severity = if runs { Severity::Warning } else { Severity::Error };
            Some((Code::PullSecretMissing, "does not exist".to_string(), severity))
        }
        None => None,
    };
    if let Some((code, what, severity)) = found {
        let new = || Fault { secret, key, severity, workloads: Vec::new() };
        let fault = faults.entry((&secret.id, code, what)).or_insert_with(new);
        fault.severity = fault.severity.min(severity);
        fault.workloads.push(workload);
    }
}

/// What is wrong in a docker configuration, as the rest of a sentence. Identity tokens and helpers are of use to
/// builders; an empty list of entries may stand beside helpers, which are not read.
fn content(
    audit: &Audit<'_>,
    secret: &PullSecret,
    seen: &PullSecretSeen,
) -> Option<(Code, String, Severity)> {
    let config = &seen.docker_config;
    let error = match &config.state {
        SecretState::Broken { error } => Some(error),
        _ => config.entries.iter().find_map(|entry| entry.error.as_ref()),
    };
    if let Some(error) = error {
        return Some((Code::PullSecretMalformed, format!("cannot be read ({error})"), Severity::Error));
    }
    if config.state == SecretState::Empty {
        return Some((Code::PullSecretEmpty, "is empty".into(), Severity::Error));
    }
    let hollow = |useless: &Option<Useless>| {
        matches!(useless, Some(Useless::Empty | Useless::UserOnly | Useless::PasswordOnly))
    };
    let entries = config.entries.as_slice();
    if !entries.is_empty() && entries.iter().all(|entry| hollow(&entry.useless)) {
        let what = "has entries, none of which holds a user and a secret";
        return Some((Code::PullSecretEmpty, what.into(), Severity::Error));
    }
    let of_use = || entries.iter().filter(|entry| !hollow(&entry.useless));
    let expired = |entry: &&_| expiry::expired_at(audit, secret, entry).is_some();
    let first = of_use().find(expired)?;
    let at = expiry::expired_at(audit, secret, first)?;
    let all = of_use().all(|entry| expired(&entry));
    let severity = if all { Severity::Error } else { Severity::Warning };
    Some((Code::CredentialExpired, format!("has an entry `{}` that expired at {at}", first.key), severity))
}

fn at_fault(audit: &Audit<'_>, code: Code, what: &str, fault: &Fault<'_>) -> Finding {
    let Fault { secret, key, severity, workloads } = fault;
    let cause = format!(
        "secret/{} in namespace {}, which {} mount{} as docker configuration, {what}.",
        secret.name,
        secret.namespace,
        some_of(workloads.iter().map(|workload| workload.name.as_str())),
        if workloads.len() == 1 { "s" } else { "" },
    );
    let subject = Subject { name: format!("secret/{}", secret.name), ..Subject::default() };
    let mut finding = Finding::new(code, subject, cause);
    finding.severity = *severity;
    finding.evidence = vec![secret.id.clone()];
    finding.evidence.extend(workloads.iter().map(|workload| workload.id.clone()));
    finding.evidence.dedup();
    finding.fixes = match code {
        Code::PullSecretMissing if *key == KEY_DOCKER_CONFIG_JSON => {
            fix::missing(secret, audit.elsewhere(secret), None, audit.view.scope().fix_format)
        }
        Code::PullSecretMissing => {
            fix::missing_file(secret, audit.elsewhere(secret).map(|other| other.namespace), key)
        }
        _ => fix::renew_file(secret, key),
    };
    finding
}
