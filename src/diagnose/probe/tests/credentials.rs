//! With and without credentials.

use super::build::*;
use crate::code::Code;
use crate::evidence::probe::{Action, BrokenConfig, ExchangeStep, Network, Withheld};
use crate::finding::{Finding, Severity};
use crate::registry::credential::CredentialKind;
use crate::registry::near_miss::{MissReason, NearMiss, Useless};
use crate::text::Clean;

fn of(attempts: Vec<crate::evidence::probe::Attempt>) -> Vec<Finding> {
    findings(vec![pulled_by("node1", attempts)])
}

pub(super) fn wrong() -> Vec<crate::evidence::probe::Exchange> {
    closed()
}

#[test]
fn a_pull_that_works_with_or_without_a_credential_is_no_finding() {
    assert!(of(vec![anonymous(all_good())]).is_empty());
    assert!(of(vec![anonymous(closed()), with("secret/regcred", all_good())]).is_empty());
}

#[test]
fn a_wrong_password_is_rejected_and_the_secret_is_to_be_mended() {
    let found = of(vec![anonymous(closed()), with("secret/regcred", wrong())]);
    assert_eq!(codes(&found), [Code::CredentialRejected]);
    assert_eq!(found[0].subject.name, "secret/regcred");
    assert_eq!(found[0].cause, format!("{HOST} refused the user and secret of secret/regcred."));
    assert!(found[0].fixes.iter().all(|fix| !fix.command.contains("password")));
    assert!(found[0].messages[0].as_str().contains("UNAUTHORIZED"));
}

#[test]
fn a_refused_credential_whose_own_time_is_over_has_expired() {
    let mut expired = with("secret/ecr", wrong());
    let described = &mut expired.credential.as_mut().unwrap().described;
    (described.kind, described.expires_at) = (CredentialKind::EcrToken, Some(at(NOW - 60)));
    let found = of(vec![anonymous(closed()), expired]);
    assert_eq!((found[0].code, found[0].certain), (Code::CredentialExpired, true));
    assert!(found[0].cause.contains("expired at 2025-12-31T23:59:00Z"), "{}", found[0].cause);
}

#[test]
fn a_refused_credential_hides_a_public_image() {
    for refusal in [
        refused(ExchangeStep::Manifest, 401, BASIC, UNAUTHORIZED),
        refused(ExchangeStep::Manifest, 403, "", DENIED),
        refused(ExchangeStep::PullToken, 400, BEARER, UNAUTHORIZED),
        // The answer to a HEAD has no body.
        refused(ExchangeStep::Manifest, 403, "", ""),
    ] {
        let found = of(vec![anonymous(all_good()), with("secret/regcred", vec![refusal])]);
        assert_eq!(codes(&found), [Code::StaleCredential]);
        assert!(found[0].certain && found[0].severity == Severity::Error);
        assert_eq!(found[0].subject.name, "secret/regcred");
        assert!(found[0].cause.contains("which the kubelet sends first"), "{}", found[0].cause);
    }
}

#[test]
fn the_second_credential_works_and_the_first_is_a_warning() {
    let found = of(vec![anonymous(closed()), with("secret/old", wrong()), with("secret/new", all_good())]);
    assert_eq!(codes(&found), [Code::CredentialRejected]);
    assert_eq!((found[0].severity, found[0].subject.name.as_str()), (Severity::Warning, "secret/old"));
    assert!(found[0].cause.ends_with("The next one works: that of secret/new."), "{}", found[0].cause);
}

#[test]
fn a_credential_behind_one_that_works_is_never_tried() {
    let found = of(vec![anonymous(closed()), with("secret/new", all_good()), with("secret/old", wrong())]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn two_refused_credentials_are_two_findings() {
    let found = of(vec![anonymous(closed()), with("secret/a", wrong()), with("secret/b", wrong())]);
    let subjects: Vec<&str> = found.iter().map(|one| one.subject.name.as_str()).collect();
    assert_eq!(subjects, ["secret/a", "secret/b"]);
}

#[test]
fn without_any_credential_there_is_none() {
    let found = of(vec![anonymous(closed())]);
    assert_eq!((found[0].code, found[0].certain), (Code::NoCredential, true));
    assert_eq!(found[0].subject.name, "serviceaccount/builder");
}

#[test]
fn a_secret_that_does_not_match_names_the_near_miss() {
    let mut missed = target(Action::Pull, vec![anonymous(closed())]);
    missed.keyring.sources = vec!["secret/regcred".into()];
    let reason = MissReason::SuperfluousPort { key: "5000".into() };
    missed.keyring.near_misses = vec![NearMiss { key: Clean::new("registry.example.com:5000"), reason }];
    let one = only(vec![saw("node1", Network::Node, vec![registry()], missed)]);
    assert_eq!((one.code, one.certain), (Code::PullSecretNoMatch, true));
    assert_eq!(one.subject.name, "secret/regcred");
    assert!(
        one.cause.contains("`registry.example.com:5000` has the port 5000, the image has none"),
        "{}",
        one.cause
    );
}

#[test]
fn an_empty_entry_shadows_a_public_image() {
    let mut empty = with("secret/laptop", Vec::new());
    empty.withheld = Some(Withheld::Empty);
    empty.credential.as_mut().unwrap().useless =
        Some(Useless::CredentialStoreOfALaptop { helper: Clean::new("osxkeychain") });
    let one = only(vec![pulled_by("node1", vec![anonymous(all_good()), empty])]);
    assert_eq!((one.code, one.subject.name.as_str()), (Code::PullSecretEmpty, "secret/laptop"));
    assert!(one.cause.contains("docker-credential-osxkeychain"), "{}", one.cause);
}

#[test]
fn one_broken_secret_fails_the_whole_look_up() {
    let mut broken = target(Action::Pull, vec![anonymous(closed())]);
    let error = Clean::new("line 1, column 2: not JSON");
    broken.keyring.broken =
        vec![BrokenConfig { source: "secret/bad".into(), error, ..BrokenConfig::default() }];
    let one = only(vec![saw("node1", Network::Node, vec![registry()], broken)]);
    assert_eq!((one.code, one.subject.name.as_str()), (Code::PullSecretMalformed, "secret/bad"));
}

#[test]
fn a_broken_file_of_one_client_does_not_silence_the_others() {
    let attempts = vec![anonymous(all_good()), with("~/.docker/config.json", wrong())];
    let mut stores = target(Action::Pull, attempts);
    let error = Clean::new("line 1, column 2: not JSON");
    stores.keyring.broken = vec![BrokenConfig {
        source: "~/.config/helm/registry/config.json".into(),
        error,
        ..BrokenConfig::default()
    }];
    let found = findings(vec![saw("local", Network::Local, vec![registry()], stores)]);
    let mut told = codes(&found);
    told.sort();
    assert_eq!(told, [Code::StaleCredential, Code::PullSecretMalformed]);
    let broken = found.iter().find(|one| one.code == Code::PullSecretMalformed).unwrap();
    assert_eq!(
        broken.cause,
        "~/.config/helm/registry/config.json cannot be read, so whoever reads it has no credential from it: line 1, column 2: not JSON."
    );
}

#[test]
fn a_missing_secret_explains_the_refusal_and_is_else_a_warning() {
    for (exchanges, severity) in [(closed(), Severity::Error), (all_good(), Severity::Warning)] {
        let mut missing = target(Action::Pull, vec![anonymous(exchanges)]);
        missing.keyring.missing = vec!["secret/regcred".into()];
        let one = only(vec![saw("node1", Network::Node, vec![registry()], missing)]);
        assert_eq!((one.code, one.severity, one.certain), (Code::PullSecretMissing, severity, false));
        assert_eq!(one.subject.name, "secret/regcred");
    }
}

#[test]
fn the_nodes_of_a_cloud_may_have_a_credential_of_their_own() {
    let mut ecr = target(
        Action::Pull,
        vec![anonymous(vec![refused(ExchangeStep::Manifest, 401, BASIC, UNAUTHORIZED)])],
    );
    ecr.image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1".into();
    let one = only(vec![saw("node1", Network::Node, vec![registry()], ecr)]);
    assert_eq!((one.code, one.severity), (Code::CredentialNotVisible, Severity::Unknown));
}

#[test]
fn a_known_account_without_the_right_is_denied_and_the_right_is_named() {
    let mut gar = target(
        Action::Pull,
        vec![
            anonymous(vec![refused(ExchangeStep::Manifest, 403, "", DENIED)]),
            with(
                "secret/gar",
                vec![refused(
                    ExchangeStep::Manifest,
                    403,
                    "",
                    r#"{"errors":[{"code":"DENIED","message":"Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/p/locations/europe/repositories/r\" (or it may not exist)"}]}"#,
                )],
            ),
        ],
    );
    gar.image = "europe-docker.pkg.dev/p/r/app:1".into();
    let one = only(vec![saw("node1", Network::Node, vec![registry()], gar)]);
    assert_eq!(one.code, Code::PermissionDenied);
    assert!(one.cause.contains("roles/artifactregistry.reader"), "{}", one.cause);
}

#[test]
fn a_credential_near_its_end_is_a_warning_and_one_halfway_is_none() {
    for (left, expected) in [(600, vec![Code::CredentialExpiresSoon]), (6 * 3600, vec![])] {
        let mut ecr = with("secret/ecr", all_good());
        let described = &mut ecr.credential.as_mut().unwrap().described;
        (described.kind, described.expires_at) = (CredentialKind::EcrToken, Some(at(NOW + left)));
        let found = of(vec![anonymous(closed()), ecr]);
        assert_eq!(codes(&found), expected);
    }
}

#[test]
fn a_credential_refused_elsewhere_is_one_finding_with_that() {
    let first = pulled_by("node1", vec![anonymous(closed()), with("secret/regcred", wrong())]);
    let mut kept = with("secret/regcred", Vec::new());
    kept.withheld = Some(Withheld::RefusedElsewhere { on: "node1".into() });
    let second = pulled_by("node2", vec![anonymous(closed()), kept]);
    let one = only(vec![first, second]);
    assert_eq!(one.code, Code::CredentialRejected);
    assert_eq!(one.subject.nodes, ["node1", "node2"]);
}

#[test]
fn a_missing_tag_is_certain_where_the_registry_says_so() {
    let gone = || vec![refused(ExchangeStep::Manifest, 404, "", UNKNOWN)];
    let found = of(vec![anonymous(gone())]);
    assert_eq!((codes(&found), found[0].certain), (vec![Code::ImageNotFound], true));
    let found = of(vec![anonymous(closed()), with("secret/regcred", gone())]);
    assert_eq!((codes(&found), found[0].certain), (vec![Code::ImageNotFound], true));
}

#[test]
fn answers_have_their_codes() {
    for (exchange, code) in [
        (
            refused(
                ExchangeStep::Manifest,
                429,
                "",
                r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#,
            ),
            Code::RateLimited,
        ),
        (
            refused(
                ExchangeStep::Manifest,
                500,
                "",
                r#"{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}"#,
            ),
            Code::RegistryServerError,
        ),
        (
            refused(ExchangeStep::Manifest, 403, "", "<html><title>Blocked by policy</title></html>"),
            Code::UnexpectedResponder,
        ),
        (refused(ExchangeStep::PullToken, 503, "", ""), Code::TokenServiceUnreachable),
    ] {
        let found = of(vec![anonymous(vec![exchange])]);
        assert_eq!(codes(&found), [code]);
    }
}
