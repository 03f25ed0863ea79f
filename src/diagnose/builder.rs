//! What a builder's pod template says of the credential that it pushes with.

use super::probe::{Look, looks};
use crate::code::Code;
use crate::evidence::builder::{BuilderConfig, Misnamed, RunTime};
use crate::evidence::{Action, Evidence, Network, Probe};
use crate::finding::{Finding, Severity, Subject};
use crate::fix;

/// Builders whose program finds no docker configuration where it looks.
pub(super) fn docker_configs(evidence: &Evidence) -> Vec<Finding> {
    evidence.builders.iter().filter_map(|builder| judge(builder, evidence)).collect()
}

fn judge(builder: &BuilderConfig, evidence: &Evidence) -> Option<Finding> {
    match &builder.misnamed {
        Some(misnamed) if misnamed.by_key => named_by_key(builder, misnamed, evidence),
        Some(misnamed) => Some(misnamed_config(builder, misnamed, evidence)),
        None if builder.found.is_some() => None,
        None => Some(nothing_mounted(builder, evidence)),
    }
}

fn misnamed_config(builder: &BuilderConfig, misnamed: &Misnamed, evidence: &Evidence) -> Finding {
    let Misnamed { mounted_as, wanted, secret, .. } = misnamed;
    let program = builder.program.as_str();
    let mut finding = about(
        builder,
        Code::BuilderConfigMisnamed,
        evidence,
        format!(
            "The container {} mounts secret/{secret} as {mounted_as}, which {program} does not read: it reads {wanted}.",
            builder.container
        ),
    );
    finding.fixes = mount(builder, wanted, secret, evidence);
    finding
}

/// A Secret that is mounted whole: whether its keys are right is known where a probe had it mounted as well.
fn named_by_key(builder: &BuilderConfig, misnamed: &Misnamed, evidence: &Evidence) -> Option<Finding> {
    let name = format!("secret/{}", misnamed.secret);
    let keyrings = || {
        let seen = evidence.probes.iter().filter_map(Probe::seen);
        seen.flat_map(|seen| &seen.targets).map(|target| &target.keyring)
    };
    if keyrings().any(|keyring| keyring.sources.contains(&name)) {
        return None;
    }
    let mut finding = misnamed_config(builder, misnamed, evidence);
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
    finding.fixes.insert(0, fix::look_at_keys(&misnamed.secret, &evidence.plan.namespace));
    if !keyrings().any(|keyring| keyring.missing.contains(&name)) {
        finding.severity = Severity::Unknown;
    }
    Some(finding)
}

fn nothing_mounted(builder: &BuilderConfig, evidence: &Evidence) -> Finding {
    let reads = builder.reads.first().map_or("its docker config", String::as_str);
    let (container, program) = (&builder.container, builder.program.as_str());
    let nothing =
        format!("The container {container} mounts no docker config where {program} reads one ({reads})");
    if let Some(other) = other_supply(builder) {
        let cause = format!("{nothing}; {other}, which the API does not show.");
        let mut finding = about(builder, Code::CredentialNotVisible, evidence, cause);
        finding.certain = false;
        finding.also_possible = vec![Code::BuilderConfigNotMounted];
        finding.settle_by = Some("the builder's own log of a push".into());
        return finding;
    }
    let remark = match builder.pull_secrets.as_slice() {
        [] => String::new(),
        names => format!("; the pod's imagePullSecrets ({}) do nothing for what it pushes", names.join(", ")),
    };
    let mut finding = about(builder, Code::BuilderConfigNotMounted, evidence, format!("{nothing}{remark}."));
    let secret = match builder.pull_secrets.as_slice() {
        [one] => one.as_str(),
        _ => "",
    };
    finding.fixes =
        builder.reads.first().map(|file| mount(builder, file, secret, evidence)).unwrap_or_default();
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

fn mount(builder: &BuilderConfig, file: &str, secret: &str, evidence: &Evidence) -> Vec<crate::finding::Fix> {
    let (workload, namespace) = (&evidence.plan.identity.name, &evidence.plan.namespace);
    fix::mount_docker_config(workload, namespace, (&builder.container, builder.init), file, secret)
}

fn about(builder: &BuilderConfig, code: Code, evidence: &Evidence, cause: String) -> Finding {
    let subject = Subject {
        name: evidence.plan.identity.name.clone(),
        images: evidence.plan.images.clone(),
        nodes: vec![],
    };
    let mut finding = Finding::new(code, subject, cause);
    finding.evidence = vec![builder.id.clone()];
    // Pushes that failed for want of a credential are explained by it.
    let unknown = |look: &Look<'_>| {
        look.target.action == Action::Push
            && look.probe.network != Network::Local
            && look.with_credentials().next().is_none()
            && !look.works()
    };
    finding.evidence.extend(looks(evidence).filter(unknown).map(|look| look.id()));
    finding
}
