//! Containers that build or push images.

use super::build::*;
use crate::code::Code::*;
use crate::evidence::builder::{Ambient, AmbientKind, BuilderConfig, Misnamed, Program, Pushes, RunTime};
use crate::evidence::workloads::{EgressPolicy, PullSecret, Workload};
use crate::evidence::{Evidence, Outcome};
use crate::finding::Severity;
use crate::plan::DockerConfigSource;
use crate::text::Clean;

fn running(builder: BuilderConfig) -> Workload {
    deploy("ci/kaniko").of(&["gcr.io/kaniko-project/executor:v1.23.2"]).runs().builds(builder)
}

fn of(builder: BuilderConfig, secrets: Vec<PullSecret>) -> Evidence {
    audit(vec![running(builder)], secrets)
}

fn mounting(secret: &str) -> BuilderConfig {
    let found = DockerConfigSource {
        secret: secret.into(),
        config_map: String::new(),
        key: ".dockerconfigjson".into(),
        mounted_at: "/kaniko/.docker/config.json".into(),
    };
    BuilderConfig { found: Some(found), ..kaniko() }
}

fn misnamed(by_key: bool) -> BuilderConfig {
    let misnamed = Misnamed {
        mounted_as: "/kaniko/.docker/.dockerconfigjson".into(),
        wanted: "/kaniko/.docker/config.json".into(),
        secret: "regcred".into(),
        key: ".dockerconfigjson".into(),
        by_key,
    };
    BuilderConfig { misnamed: Some(misnamed), ..kaniko() }
}

fn good() -> PullSecret {
    secret("ci/regcred", &["registry.example.com"])
}

#[test]
fn a_builder_that_mounts_a_good_secret_is_no_finding() {
    assert!(found(&of(mounting("regcred"), vec![good()])).is_empty());
}

#[test]
fn a_kaniko_without_a_configuration_is_told_and_image_pull_secrets_do_nothing_for_it() {
    let builder = BuilderConfig { pull_secrets: vec!["regcred".into()], ..kaniko() };
    let finding = only_of(BuilderConfigNotMounted, &of(builder, Vec::new()));
    assert_eq!((finding.severity, finding.subject.name.as_str()), (Severity::Error, "deploy/kaniko"));
    assert!(finding.cause.contains("imagePullSecrets (regcred) do nothing"), "{}", finding.cause);
    assert!(finding.fixes[0].command.starts_with("kubectl -n ci patch deploy/kaniko"), "{:?}", finding.fixes);
}

#[test]
fn programs_that_may_only_read_are_not_taken_to_push() {
    let program = |program| of(BuilderConfig { program, ..kaniko() }, Vec::new());
    for reader in [Program::Helm, Program::Docker, Program::Crane, Program::Other] {
        assert!(found(&program(reader)).is_empty(), "{reader:?}");
    }
    let skopeo = only_of(BuilderConfigNotMounted, &program(Program::Skopeo));
    assert_eq!((skopeo.severity, skopeo.certain), (Severity::Info, false));
    let buildah = only_of(BuilderConfigNotMounted, &program(Program::Buildah));
    assert_eq!((buildah.severity, buildah.certain), (Severity::Warning, false));
}

#[test]
fn what_supplies_it_otherwise_is_in_order_unless_it_is_asked_about() {
    let irsa = Ambient { kind: AmbientKind::AwsRole, identity: Clean::new("arn:aws:iam::1:role/push") };
    let written = BuilderConfig { written_at_run_time: Some(RunTime::Command), ..kaniko() };
    for builder in [BuilderConfig { ambient: vec![irsa], ..kaniko() }, written] {
        let mut evidence = of(builder, Vec::new());
        assert!(found(&evidence).is_empty());
        evidence = why(evidence);
        assert!(found(&evidence).is_empty());
        evidence.plan.scope.as_mut().unwrap().workloads = vec!["deploy/kaniko".into()];
        let finding = only_of(CredentialNotVisible, &evidence);
        assert!(finding.settle_by.is_some());
    }
}

#[test]
fn a_configuration_under_a_name_that_nothing_reads_is_told() {
    let finding = only_of(BuilderConfigMisnamed, &of(misnamed(false), vec![good()]));
    assert_eq!((finding.certain, finding.severity), (true, Severity::Error));
    // Mounted whole: the Secret's keys name the files.
    only_of(BuilderConfigMisnamed, &of(misnamed(true), vec![good()]));
    let mut right = good();
    right.seen_mut().keys = vec![Clean::new("config.json")];
    assert!(found(&of(misnamed(true), vec![right])).is_empty());
    assert!(found(&of(misnamed(true), vec![hidden("ci/regcred")])).is_empty(), "not checked says it");
}

#[test]
fn the_key_that_a_misnamed_secret_really_has_is_told_and_mounted() {
    let mut builder = misnamed(false);
    builder.misnamed.as_mut().unwrap().mounted_as = "/root/.docker/.dockerconfigjson".into();
    let mut opaque = raw("ci/regcred", "Opaque", r#"{"auths":{}}"#);
    opaque.seen_mut().keys = vec![Clean::new("config.json")];
    let finding = only_of(BuilderConfigMisnamed, &of(builder.clone(), vec![opaque.clone()]));
    assert!(
        finding.cause.contains("mounts secret/regcred as /root/.docker/config.json"),
        "{}",
        finding.cause
    );
    let items = r#""items":[{"key":"config.json","path":"config.json"}]"#;
    assert!(finding.fixes[0].command.contains(items), "{}", finding.fixes[0].command);
    // None at all: it is filled before it is mounted.
    opaque.seen_mut().keys = vec![Clean::new("other")];
    let finding = only_of(BuilderConfigMisnamed, &of(builder, vec![opaque]));
    let [fill, mount] = finding.fixes.as_slice() else { panic!("{:#?}", finding.fixes) };
    assert!(fill.command.contains("--from-file=.dockerconfigjson=DOCKER_CONFIG.json"), "{}", fill.command);
    assert!(mount.command.contains(r#""key":".dockerconfigjson""#), "{}", mount.command);
}

#[test]
fn an_unknown_program_may_be_told_of_any_file() {
    let mut builder = BuilderConfig { program: Program::Other, ..misnamed(false) };
    only_of(BuilderConfigMisnamed, &of(builder.clone(), vec![good()]));
    builder.misnamed.as_mut().unwrap().mounted_as = "/etc/app/.dockerconfigjson".into();
    assert!(found(&of(builder, vec![good()])).is_empty());
}

#[test]
fn what_is_wrong_in_the_mounted_secret_is_told_once_for_all_builders() {
    let two = |secret: PullSecret| {
        let mut other = running(mounting("regcred"));
        other.id.push('2');
        other.name.push('2');
        audit(vec![running(mounting("regcred")), other], vec![secret])
    };
    let missing = only_of(PullSecretMissing, &two(absent("ci/regcred", &[])));
    assert!(missing.cause.contains("deploy/kaniko and deploy/kaniko2 mount as"), "{}", missing.cause);
    let kind = "kubernetes.io/dockerconfigjson";
    only_of(PullSecretMalformed, &two(raw("ci/regcred", kind, "{")));
    only_of(PullSecretEmpty, &two(raw("ci/regcred", kind, r#"{"auths":{"registry.example.com":{}}}"#)));
    let expired = only_of(CredentialExpired, &two(good().ends(ago(1))));
    assert_eq!(expired.severity, Severity::Error);
}

#[test]
fn helpers_and_identity_tokens_are_of_use_to_builders() {
    let kind = "kubernetes.io/dockerconfigjson";
    for config in [
        r#"{"credHelpers":{"registry.example.com":"ecr-login"}}"#,
        r#"{"auths":{"registry.example.com":{}},"credsStore":"ecr-login"}"#,
        r#"{"auths":{"registry.example.com":{"identitytoken":"a-long-refresh-token"}}}"#,
    ] {
        assert!(
            found(&of(mounting("regcred"), vec![raw("ci/regcred", kind, config)])).is_empty(),
            "{config}"
        );
    }
}

fn policy(id: &str, allows_dns: bool) -> EgressPolicy {
    EgressPolicy {
        id: format!("networkpolicy/ci/{id}"),
        namespace: "ci".into(),
        name: id.into(),
        workloads: vec!["workload/ci/Deployment/kaniko".into()],
        allows_https_anywhere: false,
        allows: Vec::new(),
        allows_dns,
    }
}

#[test]
fn policies_that_leave_a_builder_nothing_to_reach_are_a_warning() {
    let mut evidence = of(mounting("regcred"), vec![good()]);
    evidence.workloads.as_mut().unwrap().policies = vec![policy("deny", false)];
    let finding = only_of(EgressBlocked, &evidence);
    assert_eq!((finding.severity, finding.certain), (Severity::Warning, false));
    assert_eq!(finding.subject.name, "networkpolicy/deny");
    // Policies add up.
    evidence.workloads.as_mut().unwrap().policies.push(policy("dns", true));
    assert!(found(&evidence).is_empty());
}

#[test]
fn a_secret_that_lacks_the_mounted_key_is_told_and_one_that_was_not_read_is_not_judged() {
    let mut other = good();
    other.seen_mut().keys = vec![Clean::new("password")];
    let finding = only_of(PullSecretWrongType, &of(mounting("regcred"), vec![other.clone()]));
    assert!(finding.cause.contains("lacks the key .dockerconfigjson"), "{}", finding.cause);
    other.outcome = Outcome::TimedOut { after_ms: 1, last_seen: crate::evidence::LastSeen::Planned };
    assert!(found(&of(mounting("regcred"), vec![other])).is_empty(), "not checked says it");
}

#[test]
fn a_destination_for_which_the_mounted_configuration_has_no_entry_is_a_warning() {
    let to = |images: &[&str], keys: &[&str]| {
        let images = images.iter().map(|image| Clean::new(image)).collect();
        let builder = BuilderConfig { pushes: Some(Pushes::To(images)), ..mounting("regcred") };
        of(builder, vec![secret("ci/regcred", keys)])
    };
    let finding = only_of(PullSecretNoMatch, &to(&["secure.example.com/team/app:1"], &["other.example.com"]));
    assert_eq!((finding.severity, finding.certain), (Severity::Warning, false));
    assert_eq!(
        finding.cause,
        "deploy/kaniko pushes to secure.example.com/team/app:1 with the docker configuration of secret/regcred in \
         namespace ci, which has no entry for secure.example.com: its key is `other.example.com`."
    );
    assert!(finding.settle_by.is_some() && !finding.fixes.is_empty(), "{finding:#?}");
    for (image, key) in [
        ("secure.example.com/team/app:1", "https://secure.example.com/v2/"),
        ("secure.example.com:5000/team/app:1", "secure.example.com:5000"),
        ("acme/app:1", "https://index.docker.io/v1/"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1", "other.example.com"),
        ("$(IMAGE)", "other.example.com"),
    ] {
        let found = found(&to(&[image], &[key]));
        assert!(found.is_empty(), "{image}: {found:#?}");
    }
}

#[test]
fn a_kaniko_that_pushes_nothing_needs_no_configuration() {
    let builder = BuilderConfig { pushes: Some(Pushes::Nothing), ..kaniko() };
    assert!(found(&of(builder, Vec::new())).is_empty());
}
