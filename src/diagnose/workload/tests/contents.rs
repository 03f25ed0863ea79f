//! Secrets that the kubelet gets nothing from.

use super::build::*;
use crate::code::Code::*;
use crate::finding::Severity;
use crate::registry::keyring::TYPE_DOCKER_CONFIG_JSON;

#[test]
fn a_secret_of_another_type_is_told_with_the_commands_that_make_and_name_a_second_one() {
    let opaque = raw("team/regcred", "Opaque", r#"{"auths":{}}"#);
    let evidence = audit(vec![deploy("team/web").names(&["regcred"])], vec![opaque]);
    let finding = only_of(PullSecretWrongType, &evidence);
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.cause.contains("is of type Opaque"), "{}", finding.cause);
    let [make, name] = finding.fixes.as_slice() else { panic!("{:#?}", finding.fixes) };
    assert!(make.command.contains("get secret regcred "), "{}", make.command);
    assert!(
        make.command.contains("create secret generic regcred-pull --type=kubernetes.io/dockerconfigjson")
    );
    assert!(name.command.contains(r#""imagePullSecrets":[{"name":"regcred-pull"}]"#), "{}", name.command);
    let runs = deploy("team/web").names(&["regcred"]).runs();
    let opaque = raw("team/regcred", "Opaque", r#"{"auths":{}}"#);
    assert_eq!(only(&audit(vec![runs], vec![opaque])).severity, Severity::Warning);
}

#[test]
fn a_secret_of_a_wrong_type_is_named_no_longer_once_another_fits() {
    let opaque = || raw("team/regcred", "Opaque", r#"{"auths":{}}"#);
    let second = || secret("team/regcred-pull", &["registry.example.com"]);
    // Made, and not named yet.
    let named = |names: &[&str]| audit(vec![deploy("team/web").names(names)], vec![opaque(), second()]);
    let fixes = only_of(PullSecretWrongType, &named(&["regcred"])).fixes;
    assert_eq!(fixes.len(), 1, "{fixes:#?}");
    assert!(fixes[0].command.contains(r#"[{"name":"regcred-pull"}]"#), "{}", fixes[0].command);
    let done = only_of(PullSecretWrongType, &named(&["regcred", "regcred-pull"]));
    let [unname] = done.fixes.as_slice() else { panic!("{:#?}", done.fixes) };
    assert!(unname.command.contains(r#"{"$patch":"delete","name":"regcred"}"#), "{}", unname.command);
    // Of two workloads, one has it already.
    let both =
        vec![deploy("team/api").names(&["regcred"]), deploy("team/web").names(&["regcred", "regcred-pull"])];
    let fixes = only_of(PullSecretWrongType, &audit(both, vec![opaque(), second()])).fixes;
    assert!(
        fixes[0].command.contains("patch deploy/api") && fixes[1].command.contains("patch deploy/web"),
        "{fixes:#?}"
    );
}

#[test]
fn a_broken_secret_breaks_everyone_who_names_it_good_secrets_included() {
    let broken =
        raw("team/broken", TYPE_DOCKER_CONFIG_JSON, r#"{"auths":{"registry.example.com":{"auth":"%"}}}"#);
    let good = secret("team/good", &["registry.example.com"]);
    let workloads = vec![
        deploy("team/web").names(&["good", "broken"]).runs(),
        deploy("team/api").names(&["broken"]),
        deploy("team/other").names(&["good"]),
    ];
    let finding = only_of(PullSecretMalformed, &audit(workloads, vec![broken, good]));
    assert_eq!((finding.severity, finding.certain), (Severity::Error, true));
    assert_eq!(finding.subject.name, "secret/broken");
    for words in ["deploy/api and deploy/web", "(good)", "not base64"] {
        assert!(finding.cause.contains(words), "{words}: {}", finding.cause);
    }
    assert!(!finding.cause.contains("deploy/other"));
}

#[test]
fn a_secret_without_entries_is_empty() {
    for config in ["", r#"{"auths":{}}"#, r#"{"credHelpers":{"registry.example.com":"ecr-login"}}"#] {
        let secrets = vec![raw("team/regcred", TYPE_DOCKER_CONFIG_JSON, config)];
        let evidence = audit(vec![deploy("team/web").names(&["regcred"])], secrets);
        assert_eq!(only_of(PullSecretEmpty, &evidence).severity, Severity::Error, "{config}");
        let secrets = vec![raw("team/regcred", TYPE_DOCKER_CONFIG_JSON, config)];
        let public = deploy("team/web").account("ci").runs_with(&["regcred"]);
        let evidence = with_accounts(vec![public], secrets, vec![account("team/ci", &["regcred"])]);
        assert_eq!(only_of(PullSecretEmpty, &evidence).severity, Severity::Info, "{config}");
    }
}

#[test]
fn an_entry_of_a_laptop_that_matches_is_empty_unless_another_works() {
    let laptop = || {
        let config = r#"{"auths":{"registry.example.com":{}},"credsStore":"desktop"}"#;
        raw("team/laptop", TYPE_DOCKER_CONFIG_JSON, config)
    };
    let evidence = audit(vec![deploy("team/web").names(&["laptop"])], vec![laptop()]);
    let finding = only_of(PullSecretEmpty, &evidence);
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.cause.contains("docker-credential-desktop"), "{}", finding.cause);
    let refused = only_of(PullSecretEmpty, &all_fail(evidence, DENIED));
    assert!(refused.evidence.iter().any(|id| id.starts_with("pod/")));

    let both = deploy("team/web").names(&["laptop", "good"]);
    let secrets = vec![laptop(), secret("team/good", &["registry.example.com"])];
    assert!(found(&audit(vec![both], secrets)).is_empty());
}

#[test]
fn an_entry_without_a_password_is_sent_and_its_refusal_has_no_other_cause() {
    let config = r#"{"auths":{"registry.example.com":{"username":"joe"}}}"#;
    let secrets = vec![raw("team/half", TYPE_DOCKER_CONFIG_JSON, config)];
    let refused = all_fail(audit(vec![deploy("team/web").names(&["half"])], secrets), REFUSED);
    assert_eq!(only_of(PullSecretEmpty, &refused).severity, Severity::Error);
}

#[test]
fn an_empty_entry_that_shadows_a_public_image_is_a_warning() {
    let config = r#"{"auths":{"registry.example.com":{}}}"#;
    let empty = raw("team/empty", TYPE_DOCKER_CONFIG_JSON, config);
    let workloads = vec![deploy("team/web").names(&["empty"]), deploy("b/plain").runs().always()];
    let finding = only_of(PullSecretEmpty, &audit(workloads, vec![empty]));
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.cause.contains("deploy/plain started it without"), "{}", finding.cause);
}

#[test]
fn an_empty_entry_that_matches_nothing_is_no_finding() {
    let config =
        r#"{"auths":{"other.example.com":{},"registry.example.com":{"username":"a","password":"bcdefgh"}}}"#;
    let mixed = raw("team/mixed", TYPE_DOCKER_CONFIG_JSON, config);
    assert!(found(&audit(vec![deploy("team/web").names(&["mixed"])], vec![mixed])).is_empty());
}
