//! The way to the registry.

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::endpoint::{
    ConnectFailure, Endpoint, ProxyRefusal, ResolveFailureKind, Role, TlsFailureKind,
};
use crate::evidence::probe::{Action, ExchangeResult, ExchangeStep, Network};
use crate::finding::Severity;
use crate::text::Clean;

fn of(endpoint: Endpoint) -> (Code, Severity, bool) {
    let one = only(vec![stuck("node1", Network::Node, endpoint)]);
    (one.code, one.severity, one.certain)
}

#[test]
fn each_fault_of_the_way_has_its_code() {
    use Severity::{Error, Unknown};
    for (endpoint, code, severity, certain) in [
        (unresolved(registry(), ResolveFailureKind::NoSuchName), Code::RegistryNameUnresolved, Error, true),
        (unconnected(registry(), ConnectFailure::Refused), Code::ConnectionRefused, Error, false),
        (unconnected(registry(), ConnectFailure::Unreachable), Code::ConnectionRefused, Error, false),
        (unconnected(registry(), ConnectFailure::TimedOut), Code::ConnectionTimedOut, Error, false),
        (no_handshake(registry(), TlsFailureKind::PlainHttp), Code::PlainHttpRegistry, Error, true),
        (no_handshake(registry(), TlsFailureKind::Alert), Code::TlsHandshakeFailed, Error, true),
        (no_handshake(registry(), TlsFailureKind::ClientCertificate), Code::TlsHandshakeFailed, Error, true),
        (no_handshake(registry(), TlsFailureKind::TimedOut), Code::ConnectionTimedOut, Error, false),
        (no_handshake(registry(), TlsFailureKind::CutOff), Code::ConnectionRefused, Error, false),
        (no_handshake(registry(), TlsFailureKind::NotTls), Code::UnexpectedResponder, Error, true),
        (unsound(registry(), false, true, true), Code::CertificateUntrusted, Unknown, false),
        (unsound(registry(), true, false, true), Code::CertificateNameMismatch, Error, true),
        (unsound(registry(), true, true, false), Code::CertificateNotValidNow, Error, true),
        (unsound(registry(), false, false, false), Code::CertificateNotValidNow, Error, true),
    ] {
        assert_eq!(of(endpoint.clone()), (code, severity, certain), "{endpoint:?}");
    }
}

#[test]
fn a_lone_time_out_may_be_a_cut_and_says_what_settles_it() {
    let one = only(vec![stuck("node1", Network::Pod, unconnected(registry(), ConnectFailure::TimedOut))]);
    assert_eq!(one.also_possible, [Code::EgressBlocked]);
    assert!(one.settle_by.unwrap().contains("--network both"));
}

#[test]
fn two_nodes_that_time_out_alike_see_the_registrys_own_failure() {
    let dead = || unconnected(registry(), ConnectFailure::TimedOut);
    let one = only(vec![stuck("node1", Network::Node, dead()), stuck("node2", Network::Node, dead())]);
    assert_eq!((one.code, one.certain), (Code::ConnectionTimedOut, true));
    assert_eq!(one.subject.nodes, ["node1", "node2"]);
    assert_eq!(one.evidence, ["probe/node1/node/0", "probe/node2/node/0"]);
}

#[test]
fn the_token_services_faults_are_its_own() {
    for endpoint in [
        unresolved(endpoint(Role::TokenService, "auth.internal"), ResolveFailureKind::NoSuchName),
        unconnected(endpoint(Role::TokenService, "auth.internal"), ConnectFailure::Refused),
        unsound(endpoint(Role::TokenService, "auth.internal"), true, false, true),
    ] {
        let mut token = exchange(ExchangeStep::PullToken, ExchangeResult::Unreachable);
        token.endpoint = Some(1);
        let mut pull = target(Action::Pull, vec![anonymous(vec![token])]);
        pull.ping = Some(refused(ExchangeStep::Ping, 401, BEARER, UNAUTHORIZED));
        let one = only(vec![saw("node1", Network::Node, vec![registry(), endpoint], pull)]);
        assert_eq!((one.code, one.severity), (Code::TokenServiceUnreachable, Severity::Error));
        assert!(one.cause.contains("auth.internal"), "{}", one.cause);
        assert!(one.cause.contains("answers and its token service does not"), "{}", one.cause);
    }
}

#[test]
fn a_blob_that_is_redirected_to_a_dead_host_names_that_host() {
    let storage = unconnected(endpoint(Role::Storage, "blobs.example.net"), ConnectFailure::Refused);
    let mut layer = exchange(ExchangeStep::Layer, ExchangeResult::Unreachable);
    layer.redirects = vec![1];
    let attempts = vec![anonymous(vec![answered(ExchangeStep::Manifest, 200), layer])];
    let probe = saw("node1", Network::Node, vec![registry(), storage], target(Action::Pull, attempts));
    let one = only(vec![probe]);
    assert_eq!(one.code, Code::ConnectionRefused);
    assert!(one.cause.contains("blobs.example.net:443"), "{}", one.cause);
}

#[test]
fn a_proxy_that_refuses_or_is_dead_is_the_proxys_failure() {
    let through = || {
        let mut through = registry();
        through.proxy = Some(Clean::new("http://proxy.example.com:3128"));
        (through.resolve, through.tls) = (None, None);
        through.connects.clear();
        through
    };
    let mut refused = through();
    refused.proxy_refusal = Some(ProxyRefusal { status: Some(407), message: Clean::new("login") });
    let one = only(vec![stuck("node1", Network::Node, refused)]);
    assert_eq!(one.code, Code::ProxyFailed);
    assert!(one.cause.contains("407"), "{}", one.cause);

    let mut proxy = unconnected(endpoint(Role::Proxy, "proxy.example.com"), ConnectFailure::Refused);
    proxy.port = 3128;
    let attempts = vec![anonymous(unreachable())];
    let probe = saw("node1", Network::Node, vec![through(), proxy], target(Action::Pull, attempts));
    let one = only(vec![probe]);
    assert_eq!(one.code, Code::ProxyFailed);
    assert!(one.cause.contains("proxy.example.com:3128"), "{}", one.cause);
}

#[test]
fn the_pods_network_is_cut_off_where_the_nodes_is_not() {
    let pod = || stuck("node1", Network::Pod, unconnected(registry(), ConnectFailure::TimedOut));
    let node = || pulled_by("node1", vec![anonymous(all_good())]);
    let one = only(vec![node(), pod()]);
    assert_eq!((one.code, one.certain, one.severity), (Code::EgressBlocked, true, Severity::Error));
    assert_eq!(one.evidence, ["probe/node1/pod/0"]);
    assert!(one.cause.contains("the node's own network reaches it"), "{}", one.cause);

    let mut evidence = evidence(vec![node(), pod()], Vec::new());
    evidence.plan.probe.as_mut().unwrap().policies = vec!["default-deny".into()];
    let found = diagnose(&evidence);
    assert_eq!(codes(&found), [Code::EgressBlocked]);
    assert_eq!(found[0].subject.name, "networkpolicy/default-deny");
    assert_eq!(found[0].fixes[0].command, "kubectl -n team describe networkpolicy default-deny");
}

#[test]
fn a_policy_that_forgets_dns_is_suspected_not_convicted() {
    let pod = stuck("node1", Network::Pod, unresolved(registry(), ResolveFailureKind::TimedOut));
    let node = pulled_by("node1", vec![anonymous(all_good())]);
    let mut evidence = evidence(vec![node, pod], Vec::new());
    assert_eq!(codes(&diagnose(&evidence)), [Code::RegistryNameUnresolved]);
    evidence.plan.probe.as_mut().unwrap().policies = vec!["default-deny".into()];
    let found = diagnose(&evidence);
    assert_eq!((found[0].code, found[0].certain), (Code::EgressBlocked, false));
    assert_eq!(found[0].also_possible, [Code::RegistryNameUnresolved]);
}

#[test]
fn one_node_is_cut_off_where_others_are_not() {
    let dead = stuck("node2", Network::Node, unconnected(registry(), ConnectFailure::Refused));
    let one = only(vec![pulled_by("node1", vec![anonymous(all_good())]), dead]);
    assert_eq!((one.code, one.certain), (Code::EgressBlocked, true));
    assert_eq!(one.subject.nodes, ["node2"]);
}

#[test]
fn a_dead_address_beside_a_good_one_is_a_warning() {
    let mut two = registry();
    two.connects.insert(0, connect("192.0.2.8:443", Some(ConnectFailure::TimedOut)));
    let mut probe = pulled_by("node1", vec![anonymous(all_good())]);
    if let crate::evidence::Outcome::Seen { value } = &mut probe.outcome {
        value.endpoints = vec![two];
    }
    let one = only(vec![probe]);
    assert_eq!((one.code, one.severity), (Code::ConnectionTimedOut, Severity::Warning));
    assert!(one.cause.contains("192.0.2.8:443"), "{}", one.cause);
}

#[test]
fn a_machine_without_ipv6_is_no_finding() {
    let mut both = registry();
    both.connects.insert(0, connect("[2001:db8::7]:443", Some(ConnectFailure::Unreachable)));
    let probe = saw("node1", Network::Node, vec![both], target(Action::Pull, vec![anonymous(all_good())]));
    assert!(findings(vec![probe]).is_empty());
}

#[test]
fn a_private_address_for_a_public_name_is_said_where_something_fails() {
    let mut split = unsound(registry(), true, false, true);
    split.resolve.as_mut().unwrap().private_for_public = true;
    let one = only(vec![stuck("node1", Network::Node, split)]);
    assert_eq!((one.code, one.certain), (Code::UnexpectedResponder, false));
    assert!(one.cause.contains("a private address answers for the public name"), "{}", one.cause);
    let mut fine = registry();
    fine.resolve.as_mut().unwrap().private_for_public = true;
    let probe = saw("node1", Network::Node, vec![fine], target(Action::Pull, vec![anonymous(all_good())]));
    assert!(findings(vec![probe]).is_empty());
}

#[test]
fn https_where_plain_http_was_told_is_plain_http() {
    let broken = ExchangeResult::Broken { message: Clean::new("the server speaks TLS") };
    let probe = pulled_by("node1", vec![anonymous(vec![exchange(ExchangeStep::Manifest, broken)])]);
    assert_eq!(only(vec![probe]).code, Code::PlainHttpRegistry);
    let body = "Client sent an HTTP request to an HTTPS server.\n";
    let probe = pulled_by("node1", vec![anonymous(vec![refused(ExchangeStep::Manifest, 400, "", body)])]);
    assert_eq!(only(vec![probe]).code, Code::PlainHttpRegistry);
}

#[test]
fn forty_nodes_with_one_fault_are_one_finding() {
    let probes = (0..40)
        .map(|number| stuck(&format!("node{number}"), Network::Node, unsound(registry(), true, true, false)));
    let one = only(probes.collect());
    assert_eq!(one.subject.nodes.len(), 40);
}

#[test]
fn the_nodes_configuration_alone_makes_no_trust_certain() {
    let untrusted = unsound(registry(), false, true, true);
    let probe = stuck("node1", Network::Node, untrusted);
    let mut evidence = evidence(vec![probe], Vec::new());
    evidence.plan.probe.as_mut().unwrap().node_config = true;
    let found = diagnose(&evidence);
    assert_eq!((codes(&found), found[0].certain), (vec![Code::CertificateUntrusted], false));
    assert_eq!(found[0].severity, Severity::Unknown);
    assert!(found[0].settle_by.as_ref().unwrap().contains("--method both"), "{:?}", found[0].settle_by);
}

#[test]
fn mends_of_this_machine_name_no_namespace_and_ask_the_host_that_failed() {
    let local = |endpoint| {
        let mut of = evidence(vec![stuck("local", Network::Local, endpoint)], Vec::new());
        of.plan.namespace = String::new();
        of.plan.identity.service_account = String::new();
        of.probes[0].id = "probe/local".into();
        let finding = diagnose(&of).remove(0);
        finding.fixes.iter().map(|fix| fix.command.clone()).collect::<Vec<_>>().join("\n")
    };
    let hub = endpoint(Role::Registry, "registry-1.docker.io");
    assert_eq!(local(unresolved(hub, ResolveFailureKind::NoSuchName)), "nslookup registry-1.docker.io");
    for broken in [
        unsound(registry(), false, true, true),
        no_handshake(registry(), TlsFailureKind::PlainHttp),
        unconnected(registry(), ConnectFailure::TimedOut),
    ] {
        let commands = local(broken);
        assert!(!commands.is_empty() && !commands.contains("-n ") && !commands.contains("--service-account"));
        assert!(!commands.contains("kubectl -n"), "{commands}");
    }
}

#[test]
fn a_test_that_is_made_again_keeps_the_flags_of_this_one() {
    let probe = stuck("node1", Network::Pod, unsound(registry(), false, true, true));
    let mut of = evidence(vec![probe], Vec::new());
    let plan = of.plan.probe.as_mut().unwrap();
    plan.plain_http = vec!["other:5000".into()];
    plan.proxy = Some("http://proxy:3128".into());
    plan.ca_bundle = Some(crate::plan::CaBundle::ConfigMap("old".into()));
    let command = diagnose(&of)[0].fixes[0].command.clone();
    for flag in ["--plain-http other:5000", "--proxy http://proxy:3128", "--probe-image ", "--ca-bundle FILE"]
    {
        assert!(command.contains(flag), "{command}");
    }
    assert!(!command.contains("configmap/old"), "one that is replaced is left out: {command}");
}
