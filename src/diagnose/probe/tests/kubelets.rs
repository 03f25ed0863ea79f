//! The kubelet's word beside the probe's.

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::diagnose::tests::build as pulls;
use crate::evidence::CredentialUse;
use crate::evidence::endpoint::ConnectFailure;
use crate::evidence::probe::Network;
use crate::finding::Severity;

const UNTRUSTED: &str = "failed to do request: Head \"https://registry.example.com/v2/team/app/manifests/1\": \
    tls: failed to verify certificate: x509: certificate signed by unknown authority";

#[test]
fn a_path_that_the_node_has_and_the_probe_lacks_is_a_note() {
    for endpoint in [
        unsound(registry(), false, true, true),
        unconnected(registry(), ConnectFailure::TimedOut),
        unresolved(registry(), crate::evidence::endpoint::ResolveFailureKind::NoSuchName),
    ] {
        let found =
            diagnose(&evidence(vec![stuck("node1", Network::Node, endpoint)], vec![pulls::pulled("node1")]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].severity, found[0].certain), (Severity::Info, true));
        assert!(found[0].cause.contains("a path that the probe lacks"), "{}", found[0].cause);
        assert!(found[0].fixes.iter().any(|fix| fix.command.contains("--node-config")));
    }
}

#[test]
fn both_failing_alike_are_one_finding_with_the_issuer_and_the_kubelets_words() {
    let probe = stuck("node1", Network::Node, unsound(registry(), false, true, true));
    let found = diagnose(&evidence(vec![probe], vec![pulls::failed("node1", UNTRUSTED)]));
    assert_eq!(codes(&found), [Code::CertificateUntrusted]);
    assert_eq!((found[0].severity, found[0].certain), (Severity::Error, true));
    assert_eq!(found[0].evidence, ["probe/node1/node/0", "pull/node1/0"]);
    assert!(found[0].cause.contains("Example Private CA"), "{}", found[0].cause);
    assert!(found[0].messages.iter().any(|text| text.as_str().contains("unknown authority")));
}

#[test]
fn what_only_the_probe_knows_wins_over_the_kubelets_guess() {
    let mut expired = with("secret/regcred", closed());
    expired.credential.as_mut().unwrap().described.expires_at = Some(at(NOW - 60));
    let probe = pulled_by("node1", vec![anonymous(closed()), expired]);
    let found = diagnose(&evidence(vec![probe], vec![pulls::failed("node1", pulls::WRONG_PASSWORD)]));
    assert_eq!(codes(&found), [Code::CredentialExpired]);
    assert_eq!(found[0].evidence.len(), 2);
}

#[test]
fn a_pull_without_the_refused_credential_says_nothing_of_it() {
    let probe = pulled_by("node1", vec![anonymous(all_good()), with("secret/regcred", closed())]);
    let mut pull = pulls::pulled("node1");
    pull.credential = CredentialUse::HeldBack { refused_on: "node1".into() };
    let found = diagnose(&evidence(vec![probe], vec![pull]));
    assert_eq!(codes(&found), [Code::StaleCredential]);
    assert_eq!(found[0].severity, Severity::Error);
    assert!(!found[0].cause.contains("works all the same"), "{}", found[0].cause);
}

#[test]
fn a_kubelet_that_fails_where_the_probe_gets_through_is_told_apart() {
    let probe = pulled_by("node1", vec![anonymous(closed()), with("secret/regcred", all_good())]);
    let found = diagnose(&evidence(vec![probe], vec![pulls::failed("node1", UNTRUSTED)]));
    assert_eq!(codes(&found), [Code::CertificateUntrusted]);
    assert_eq!(found[0].evidence, ["pull/node1/0"]);
    assert!(found[0].cause.contains("the cause is in the node's own configuration"), "{}", found[0].cause);
}

#[test]
fn a_node_with_a_credential_of_its_own_is_a_note() {
    let probe = pulled_by("node1", vec![anonymous(closed())]);
    let found = diagnose(&evidence(vec![probe], vec![pulls::pulled("node1")]));
    assert_eq!((codes(&found), found[0].severity), (vec![Code::CredentialNotVisible], Severity::Info));
}

#[test]
fn the_kubelets_path_is_not_the_pods() {
    let pod = stuck("node1", Network::Pod, unconnected(registry(), ConnectFailure::TimedOut));
    let found = diagnose(&evidence(vec![pod], vec![pulls::pulled("node1")]));
    assert_eq!(found[0].code, Code::EgressBlocked);
    assert!(!found[0].certain, "the kubelet may have a mirror or a proxy");
    assert_eq!(found[0].severity, Severity::Error);
}

#[test]
fn a_secret_without_the_key_is_told_from_a_missing_one_by_the_kubelet() {
    for (pull, code) in [
        (pulls::failed("node1", pulls::NO_CREDENTIAL), Code::PullSecretWrongType),
        (
            {
                use pulls::But;
                pulls::failed("node1", pulls::NO_CREDENTIAL).missing("regcred")
            },
            Code::PullSecretMissing,
        ),
    ] {
        let mut missing = target(crate::evidence::Action::Pull, vec![anonymous(closed())]);
        missing.keyring.missing = vec!["secret/regcred".into()];
        let probe = saw("node1", Network::Node, vec![registry()], missing);
        let found = diagnose(&evidence(vec![probe], vec![pull]));
        assert_eq!((codes(&found), found[0].certain), (vec![code], true));
    }
}

#[test]
fn a_pull_by_the_kubelet_says_nothing_of_a_push() {
    let upload = refused(crate::evidence::probe::ExchangeStep::UploadStart, 401, BASIC, UNAUTHORIZED);
    let push = target(crate::evidence::Action::Push, vec![anonymous(vec![upload])]);
    let probe = saw("node1", Network::Node, vec![registry()], push);
    let found = diagnose(&evidence(vec![probe], vec![pulls::pulled("node1")]));
    assert_eq!((codes(&found), found[0].severity), (vec![Code::NoCredential], Severity::Error));
}

#[test]
fn a_second_credential_that_works_is_said_once_beside_a_kubelet_that_pulls() {
    let attempts = vec![anonymous(closed()), with("secret/old", closed()), with("secret/new", all_good())];
    let found = diagnose(&evidence(vec![pulled_by("node1", attempts)], vec![pulls::pulled("node1")]));
    assert_eq!((codes(&found), found[0].severity), (vec![Code::CredentialRejected], Severity::Warning));
    assert!(found[0].cause.ends_with("that of secret/new."), "{}", found[0].cause);
}

#[test]
fn what_the_nodes_configuration_settles_is_a_note_from_both_networks() {
    for network in [Network::Node, Network::Pod] {
        for endpoint in [
            no_handshake(registry(), crate::evidence::endpoint::TlsFailureKind::PlainHttp),
            unsound(registry(), false, true, true),
        ] {
            let evidence = evidence(vec![stuck("node1", network, endpoint)], vec![pulls::pulled("node1")]);
            let report = crate::report::Report::of(&evidence);
            assert_eq!(report.findings.len(), 1, "{network:?}: {:#?}", report.findings);
            assert_eq!(report.findings[0].severity, Severity::Info);
            assert_eq!(report.pulls().next().unwrap().code, None, "a note is no cause of a pull that works");
        }
    }
}

#[test]
fn plain_http_that_the_node_speaks_is_offered_to_the_probe() {
    let endpoint = no_handshake(registry(), crate::evidence::endpoint::TlsFailureKind::PlainHttp);
    let probe = stuck("node1", Network::Pod, endpoint);
    let found = diagnose(&evidence(vec![probe], vec![pulls::pulled("node1")]));
    let offered = format!("--plain-http {HOST}");
    assert!(found[0].fixes.iter().any(|fix| fix.command.contains(&offered)), "{:#?}", found[0].fixes);
}

#[test]
fn a_kubelet_that_is_asked_for_a_credential_is_past_the_handshake() {
    for network in [Network::Node, Network::Pod] {
        let probe = stuck("node1", network, unsound(registry(), false, true, true));
        let found = diagnose(&evidence(vec![probe], vec![pulls::failed("node1", pulls::NO_CREDENTIAL)]));
        let of_trust = found.iter().find(|one| one.code == Code::CertificateUntrusted).unwrap();
        assert_eq!(of_trust.severity, Severity::Info, "{of_trust:#?}");
        assert!(of_trust.cause.contains("gets an answer of"), "{}", of_trust.cause);
        assert!(found.iter().any(|one| one.code == Code::NoCredential && one.severity == Severity::Error));
    }
}

#[test]
fn a_kubelet_that_fails_elsewhere_says_nothing_of_the_certificate() {
    let probe = stuck("node1", Network::Node, unsound(registry(), false, true, true));
    let kubelet = pulls::failed("node1", "dial tcp 192.0.2.7:443: i/o timeout");
    let found = diagnose(&evidence(vec![probe], vec![kubelet]));
    let of_trust = found.iter().find(|one| one.code == Code::CertificateUntrusted).unwrap();
    assert!(!of_trust.certain, "{of_trust:#?}");
}
