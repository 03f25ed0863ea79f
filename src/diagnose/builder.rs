//! What a builder's pod template says of the credential that it pushes with.

use super::probe::{Look, looks};
use crate::code::Code;
use crate::evidence::builder::{BuilderConfig, Misnamed, RunTime};
use crate::evidence::{Action, Evidence, Network, Probe};
use crate::finding::{Finding, Severity, Subject};
use crate::fix;
use crate::registry::keyring::KEY_DOCKER_CONFIG_JSON;

/// The workload that a builder's container is of.
pub(super) struct Whose<'a> {
    /// `KIND/NAME`, as kubectl calls it.
    pub(super) workload: &'a str,
    /// Its namespace.
    pub(super) namespace: &'a str,
}

/// Builders whose program finds no docker configuration where it looks.
pub(super) fn docker_configs(evidence: &Evidence) -> Vec<Finding> {
    let (workload, namespace) = (&evidence.plan.identity.name, &evidence.plan.namespace);
    let whose = Whose { workload, namespace };
    let judged = evidence.builders.iter().filter_map(|builder| {
        let mut finding = judge(builder, &whose, evidence)?;
        finding.subject.images.clone_from(&evidence.plan.images);
        finding.evidence.push(builder.id.clone());
        finding.evidence.extend(pushes_without(evidence));
        Some(finding)
    });
    judged.collect()
}

fn judge(builder: &BuilderConfig, whose: &Whose<'_>, evidence: &Evidence) -> Option<Finding> {
    match &builder.misnamed {
        Some(misnamed) if misnamed.by_key => named_by_key(builder, misnamed, whose, evidence),
        Some(misnamed) => Some(misnamed_config(builder, misnamed, whose)),
        None if builder.found.is_some() => None,
        None => Some(nothing_mounted(builder, whose)),
    }
}

/// A configuration that is mounted where the program does not read it. Its evidence is the caller's to name.
pub(super) fn misnamed_config(builder: &BuilderConfig, misnamed: &Misnamed, whose: &Whose<'_>) -> Finding {
    let Misnamed { mounted_as, wanted, secret, key, .. } = misnamed;
    let program = builder.program.as_str();
    let mut finding = about(
        Code::BuilderConfigMisnamed,
        whose,
        format!(
            "The container {} mounts secret/{secret} as {mounted_as}, which {program} does not read: it reads {wanted}.",
            builder.container
        ),
    );
    finding.fixes = mount(builder, wanted, (secret, key), whose);
    finding
}

/// A Secret that is mounted whole: whether its keys are right is known where a probe had it mounted as well.
fn named_by_key(
    builder: &BuilderConfig,
    misnamed: &Misnamed,
    whose: &Whose<'_>,
    evidence: &Evidence,
) -> Option<Finding> {
    let name = format!("secret/{}", misnamed.secret);
    let keyrings = || {
        let seen = evidence.probes.iter().filter_map(Probe::seen);
        seen.flat_map(|seen| &seen.targets).map(|target| &target.keyring)
    };
    if keyrings().any(|keyring| keyring.sources.contains(&name)) {
        return None;
    }
    let mut finding = misnamed_config(builder, misnamed, whose);
    finding.certain = false;
    finding.also_possible = vec![Code::CredentialNotVisible];
    // A probe that had the Secret mounted as the builder has it found no such key.
    if keyrings().any(|keyring| keyring.missing.contains(&name)) {
        finding.also_possible = vec![Code::PullSecretMissing];
    }
    finding.settle_by = Some(format!(
        "the keys of {name}: with a key {} it is right as it is, with {} it is not",
        misnamed.wanted.rsplit('/').next().unwrap_or_default(),
        misnamed.key
    ));
    finding.fixes.insert(0, fix::look_at_keys(&misnamed.secret, whose.namespace));
    if !keyrings().any(|keyring| keyring.missing.contains(&name)) {
        finding.severity = Severity::Unknown;
    }
    Some(finding)
}

/// Nothing is mounted where the program reads its configuration: it has none, unless something else supplies it. Its
/// evidence is the caller's to name.
pub(super) fn nothing_mounted(builder: &BuilderConfig, whose: &Whose<'_>) -> Finding {
    let reads = builder.reads.first().map_or("its docker config", String::as_str);
    let (container, program) = (&builder.container, builder.program.as_str());
    let nothing =
        format!("The container {container} mounts no docker config where {program} reads one ({reads})");
    if let Some(other) = other_supply(builder) {
        let cause = format!("{nothing}; {other}, which the API does not show.");
        let mut finding = about(Code::CredentialNotVisible, whose, cause);
        finding.certain = false;
        finding.also_possible = vec![Code::BuilderConfigNotMounted];
        finding.settle_by = Some("the builder's own log of a push".into());
        return finding;
    }
    let remark = match builder.pull_secrets.as_slice() {
        [] => String::new(),
        names => format!("; the pod's imagePullSecrets ({}) do nothing for what it pushes", names.join(", ")),
    };
    let mut finding = about(Code::BuilderConfigNotMounted, whose, format!("{nothing}{remark}."));
    let secret = match builder.pull_secrets.as_slice() {
        [one] => one.as_str(),
        _ => "",
    };
    finding.fixes = builder
        .reads
        .first()
        .map(|file| mount(builder, file, (secret, KEY_DOCKER_CONFIG_JSON), whose))
        .unwrap_or_default();
    finding
}

/// What may supply the credential instead of a mounted file.
fn other_supply(builder: &BuilderConfig) -> Option<String> {
    if let Some(ambient) = builder.ambient.first() {
        return Some(format!(
            "its ServiceAccount is bound to the {} {}",
            ambient.kind.as_str(),
            ambient.identity
        ));
    }
    let text = match builder.written_at_run_time? {
        RunTime::Volume => "it lies in a volume that is filled when the pod runs",
        RunTime::Command => "its command logs in, or writes the file, when the pod runs",
        RunTime::Session => "credentials come with the client's session or with commands sent into it",
        RunTime::Variable => "environment variables may supply it",
    };
    Some(text.into())
}

fn mount(
    builder: &BuilderConfig,
    file: &str,
    secret: (&str, &str),
    whose: &Whose<'_>,
) -> Vec<crate::finding::Fix> {
    let container = (builder.container.as_str(), builder.init);
    fix::mount_docker_config(whose.workload, whose.namespace, container, file, secret)
}

fn about(code: Code, whose: &Whose<'_>, cause: String) -> Finding {
    let subject = Subject { name: whose.workload.to_string(), ..Subject::default() };
    Finding::new(code, subject, cause)
}

/// Pushes that failed for want of a credential are explained by it.
fn pushes_without(evidence: &Evidence) -> Vec<String> {
    let unknown = |look: &Look<'_>| {
        look.target.action == Action::Push
            && look.probe.network != Network::Local
            && look.with_credentials().next().is_none()
            && !look.works()
    };
    looks(evidence).filter(unknown).map(|look| look.id()).collect()
}
