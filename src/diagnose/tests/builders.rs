//! Builders and the docker configurations that they mount.

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::builder::{Ambient, AmbientKind, BuilderConfig, Misnamed, Program, RunTime};
use crate::evidence::probe::{KeyringSeen, Network, Target};
use crate::evidence::{Action, CredentialUse, Evidence, Outcome, Probe, ProbeSeen};
use crate::finding::{Finding, Severity};
use crate::plan::{DockerConfigSource, SecretSource};
use crate::text::Clean;

const WANTED: &str = "/kaniko/.docker/config.json";

fn builder() -> BuilderConfig {
    BuilderConfig {
        id: "builder/kaniko".into(),
        program: Program::Kaniko,
        container: "kaniko".into(),
        init: false,
        image: Clean::new("gcr.io/kaniko-project/executor:v1.23.2"),
        reads: vec![WANTED.into()],
        found: None,
        misnamed: None,
        ambient: Vec::new(),
        pushes: None,
        written_at_run_time: None,
        pull_secrets: vec!["regcred".into()],
    }
}

fn misnamed(by_key: bool) -> BuilderConfig {
    let misnamed = Misnamed {
        mounted_as: "/kaniko/.docker/.dockerconfigjson".into(),
        wanted: WANTED.into(),
        secret: "regcred".into(),
        key: ".dockerconfigjson".into(),
        by_key,
    };
    BuilderConfig { misnamed: Some(misnamed), ..builder() }
}

fn of(builder: BuilderConfig, workload: &str) -> Evidence {
    let mut evidence = evidence(Vec::new());
    evidence.plan.identity.name = workload.into();
    evidence.plan.identity.source = SecretSource::Workload;
    evidence.builders = vec![builder];
    evidence
}

fn finding(builder: BuilderConfig) -> Finding {
    let mut found = diagnose(&of(builder, "deploy/builder"));
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn probed(mut evidence: Evidence, keyring: KeyringSeen) -> Evidence {
    let target = Target {
        via: None,
        image: IMAGE.into(),
        action: Action::Push,
        keyring,
        ping: None,
        attempts: Vec::new(),
        series: None,
    };
    evidence.probes.push(Probe {
        id: "probe/node1/pod".into(),
        node: "node1".into(),
        network: Network::Pod,
        namespace: "team".into(),
        pod: "p".into(),
        credential: CredentialUse::AsPlanned,
        outcome: Outcome::Seen { value: ProbeSeen { targets: vec![target], ..ProbeSeen::default() } },
        seen_at: None,
    });
    evidence
}

#[test]
fn a_mounted_configuration_is_no_finding() {
    let source = DockerConfigSource {
        secret: "regcred".into(),
        config_map: String::new(),
        key: ".dockerconfigjson".into(),
        mounted_at: WANTED.into(),
    };
    assert!(diagnose(&of(BuilderConfig { found: Some(source), ..builder() }, "deploy/builder")).is_empty());
}

#[test]
fn nothing_mounted_is_told_with_the_file_that_is_read_and_what_mounts_it() {
    let finding = finding(builder());
    assert_eq!((finding.code, finding.certain), (Code::BuilderConfigNotMounted, true));
    assert!(
        finding.cause.contains(WANTED) && finding.cause.contains("imagePullSecrets (regcred)"),
        "{}",
        finding.cause
    );
    assert_eq!(finding.subject.name, "deploy/builder");
    assert_eq!(finding.evidence, ["builder/kaniko"]);
    let command = &finding.fixes[0].command;
    assert!(command.starts_with("kubectl -n team patch deploy/builder -p '{"), "{command}");
    assert!(command.contains(r#""items":[{"key":".dockerconfigjson","path":"config.json"}]"#), "{command}");
    assert!(command.contains(r#""mountPath":"/kaniko/.docker""#), "{command}");
}

#[test]
fn a_pod_is_not_patched_and_a_cronjob_two_templates_deep() {
    let fix = |workload: &str| diagnose(&of(builder(), workload))[0].fixes[0].command.clone();
    assert_eq!(fix("pod/builder"), "kubectl -n team get pod/builder -o yaml");
    assert!(fix("cronjob/builder").contains(r#"{"spec":{"jobTemplate":{"spec":{"template":{"spec""#));
}

#[test]
fn a_file_that_nothing_reads_is_misnamed_for_certain_when_the_pod_names_it() {
    let finding = finding(misnamed(false));
    assert_eq!((finding.code, finding.certain), (Code::BuilderConfigMisnamed, true));
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.cause.contains("/kaniko/.docker/.dockerconfigjson"), "{}", finding.cause);
}

#[test]
fn a_secret_that_is_mounted_whole_cannot_be_told_without_its_keys() {
    let finding = finding(misnamed(true));
    assert_eq!(
        (finding.code, finding.certain, finding.severity),
        (Code::BuilderConfigMisnamed, false, Severity::Unknown)
    );
    assert!(finding.settle_by.is_some());
    assert_eq!(finding.fixes[0].command, "kubectl -n team describe secret regcred");
}

#[test]
fn a_probe_that_had_the_key_mounted_tells_whether_it_is_there() {
    let whole = || of(misnamed(true), "deploy/builder");
    let there = KeyringSeen { sources: vec!["secret/regcred".into()], ..KeyringSeen::default() };
    assert!(diagnose(&probed(whole(), there)).is_empty());
    let missing = KeyringSeen { missing: vec!["secret/regcred".into()], ..KeyringSeen::default() };
    let found = diagnose(&probed(whole(), missing));
    assert_eq!((found[0].code, found[0].severity), (Code::BuilderConfigMisnamed, Severity::Error));
}

#[test]
fn what_may_be_supplied_otherwise_is_not_called_missing() {
    let irsa = Ambient { kind: AmbientKind::AwsRole, identity: Clean::new("arn:aws:iam::1:role/push") };
    for (builder, words) in [
        (BuilderConfig { ambient: vec![irsa], ..builder() }, "arn:aws:iam::1:role/push"),
        (BuilderConfig { written_at_run_time: Some(RunTime::Volume), ..builder() }, "volume"),
        (BuilderConfig { written_at_run_time: Some(RunTime::Command), ..builder() }, "logs in"),
        (BuilderConfig { written_at_run_time: Some(RunTime::Session), ..builder() }, "session"),
        (BuilderConfig { written_at_run_time: Some(RunTime::Variable), ..builder() }, "variables"),
    ] {
        let finding = finding(builder);
        assert_eq!((finding.code, finding.severity), (Code::CredentialNotVisible, Severity::Unknown));
        assert!(finding.cause.contains(words), "{}", finding.cause);
        assert_eq!(finding.also_possible, [Code::BuilderConfigNotMounted]);
    }
}

#[test]
fn builders_survive_a_round_trip_and_are_judged_the_same_again() {
    let evidence = of(misnamed(true), "deploy/builder");
    let read: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    assert_eq!(read, evidence);
    assert_eq!(diagnose(&read), diagnose(&evidence));
}
