//! Evidence of probes in a few words.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use jiff::Timestamp;

use crate::code::Code;
use crate::diagnose::diagnose;
use crate::diagnose::tests::build as pulls;
use crate::evidence::endpoint::{
    Certificate, Connect, ConnectFailure, Endpoint, NameSource, Resolve, ResolveFailure, ResolveFailureKind,
    Role, Scheme, Tls, TlsFailure, TlsFailureKind,
};
use crate::evidence::probe::{
    Action, Answer, Attempt, CredentialSeen, Exchange, ExchangeResult, ExchangeStep, Network, Target,
};
use crate::evidence::{CredentialUse, Evidence, Outcome, Probe, ProbeSeen, Pull};
use crate::finding::Finding;
use crate::plan::{Check, PlannedNode, ProbePlan};
use crate::registry::api_error::{ErrorBody, Marks};
use crate::registry::challenge;
use crate::registry::credential::{CredentialKind, Described};
use crate::text::Clean;

pub(super) const IMAGE: &str = pulls::IMAGE;
pub(super) const HOST: &str = pulls::REGISTRY;
/// When everything here was seen: 2026-01-01.
pub(super) const NOW: i64 = 1_767_225_600;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A host that is reached over sound TLS.
pub(super) fn endpoint(role: Role, host: &str) -> Endpoint {
    Endpoint {
        role,
        scheme: Scheme::Https,
        host: Clean::new(host),
        port: 443,
        pinned: None,
        proxy: None,
        resolve: Some(Resolve {
            addresses: vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))],
            source: NameSource::Dns,
            took_ms: 2,
            private_for_public: false,
            failure: None,
        }),
        connects: vec![connect("192.0.2.7:443", None)],
        proxy_refusal: None,
        tls: Some(Tls {
            took_ms: 5,
            version: "TLS 1.3".into(),
            chain: vec![certificate(host)],
            trusted: true,
            name_fits: true,
            valid_now: true,
            failure: None,
        }),
        refused_target: None,
    }
}

pub(super) fn connect(address: &str, failure: Option<ConnectFailure>) -> Connect {
    Connect { address: address.parse::<SocketAddr>().unwrap(), took_ms: 1, failure }
}

fn certificate(host: &str) -> Certificate {
    Certificate {
        subject: Clean::new(&format!("CN={host}")),
        issuer: Clean::new("CN=Example Private CA"),
        names: vec![Clean::new(host)],
        not_before: at(NOW - 86_400),
        not_after: at(NOW + 86_400),
        sha256: "00".repeat(32),
    }
}

pub(super) fn registry() -> Endpoint {
    endpoint(Role::Registry, HOST)
}

pub(super) fn unresolved(mut endpoint: Endpoint, kind: ResolveFailureKind) -> Endpoint {
    let failure =
        ResolveFailure { kind, servers: vec![Clean::new("10.96.0.10:53")], message: Clean::new("no answer") };
    endpoint.resolve = Some(Resolve {
        addresses: Vec::new(),
        source: NameSource::Dns,
        took_ms: 5000,
        private_for_public: false,
        failure: Some(failure),
    });
    endpoint.connects.clear();
    endpoint.tls = None;
    endpoint
}

pub(super) fn unconnected(mut endpoint: Endpoint, failure: ConnectFailure) -> Endpoint {
    endpoint.connects = vec![connect("192.0.2.7:443", Some(failure))];
    endpoint.tls = None;
    endpoint
}

pub(super) fn no_handshake(mut endpoint: Endpoint, kind: TlsFailureKind) -> Endpoint {
    endpoint.tls = Some(Tls {
        took_ms: 1,
        version: String::new(),
        chain: Vec::new(),
        trusted: false,
        name_fits: false,
        valid_now: false,
        failure: Some(TlsFailure { kind, message: Clean::new("handshake failure") }),
    });
    endpoint
}

/// Certificates that are not trusted, for another name, out of their time.
pub(super) fn unsound(mut endpoint: Endpoint, trusted: bool, name_fits: bool, valid_now: bool) -> Endpoint {
    if let Some(tls) = &mut endpoint.tls {
        (tls.trusted, tls.name_fits, tls.valid_now) = (trusted, name_fits, valid_now);
    }
    endpoint
}

/// A request to the registry, which is the probe's first endpoint.
pub(super) fn exchange(step: ExchangeStep, result: ExchangeResult) -> Exchange {
    Exchange {
        step,
        endpoint: Some(0),
        request: Clean::new("GET /v2/team/app/manifests/1"),
        took_ms: 3,
        redirects: Vec::new(),
        result,
    }
}

pub(super) fn answer(status: u16, challenge: &str, body: &str) -> Answer {
    let error = ErrorBody::parse(body.as_bytes());
    let headers: Vec<(&str, &str)> =
        Some(("www-authenticate", challenge)).filter(|_| !challenge.is_empty()).into_iter().collect();
    Answer {
        status,
        date: Some(at(NOW)),
        marks: crate::registry::api_error::is_from_registry(&headers, &error),
        challenges: challenge::parse_all([challenge]),
        error: (status >= 300).then_some(error),
        ..Answer::default()
    }
}

/// An answer without anything else.
pub(super) fn answered(step: ExchangeStep, status: u16) -> Exchange {
    let mut good = answer(status, "", "");
    good.marks = Marks { api_version: true, ..Marks::default() };
    exchange(step, ExchangeResult::Answered(Box::new(good)))
}

/// A refusal with a challenge or body.
pub(super) fn refused(step: ExchangeStep, status: u16, challenge: &str, body: &str) -> Exchange {
    exchange(step, ExchangeResult::Answered(Box::new(answer(status, challenge, body))))
}

pub(super) const BASIC: &str = "Basic realm=\"Registry\"";
pub(super) const BEARER: &str =
    "Bearer realm=\"https://auth.example.com/token\",service=\"registry\",scope=\"repository:team/app:pull\"";
pub(super) const UNAUTHORIZED: &str =
    r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
pub(super) const DENIED: &str =
    r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#;
pub(super) const UNKNOWN: &str = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;

/// Without a credential.
pub(super) fn anonymous(exchanges: Vec<Exchange>) -> Attempt {
    Attempt { exchanges, ..Attempt::default() }
}

/// With the credential of a source.
pub(super) fn with(source: &str, exchanges: Vec<Exchange>) -> Attempt {
    Attempt { credential: Some(credential(source)), exchanges, ..Attempt::default() }
}

pub(super) fn credential(source: &str) -> CredentialSeen {
    CredentialSeen {
        source: source.into(),
        key: Clean::new(HOST),
        described: Described {
            kind: CredentialKind::Password,
            username: Clean::new("ci"),
            expires_at: None,
            issued_at: None,
            fingerprint: serde_json::from_value(serde_json::json!(fingerprint(source))).unwrap(),
        },
        useless: None,
    }
}

/// Another one for each source.
fn fingerprint(source: &str) -> String {
    let sum = source.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{sum:08x}")
}

/// A pull that works.
pub(super) fn all_good() -> Vec<Exchange> {
    vec![
        answered(ExchangeStep::Manifest, 200),
        answered(ExchangeStep::Config, 200),
        answered(ExchangeStep::Layer, 206),
    ]
}

/// A registry with passwords that lets nobody else in.
pub(super) fn closed() -> Vec<Exchange> {
    vec![refused(ExchangeStep::Manifest, 401, BASIC, UNAUTHORIZED)]
}

/// What could not be asked since the host is not reached.
pub(super) fn unreachable() -> Vec<Exchange> {
    vec![exchange(ExchangeStep::Manifest, ExchangeResult::Unreachable)]
}

pub(super) fn target(action: Action, attempts: Vec<Attempt>) -> Target {
    let mut target = Target::new(IMAGE, action);
    target.keyring.sources =
        attempts.iter().filter_map(|one| Some(one.credential.as_ref()?.source.clone())).collect();
    target.attempts = attempts;
    target
}

pub(super) fn probe(node: &str, network: Network, outcome: Outcome<ProbeSeen>) -> Probe {
    Probe {
        id: format!("probe/{node}/{}", network.as_str()),
        node: if network == Network::Local { String::new() } else { node.into() },
        network,
        namespace: "team".into(),
        pod: format!("regauth-abcd2345-{node}"),
        credential: CredentialUse::AsPlanned,
        outcome,
        seen_at: Some(at(NOW)),
    }
}

/// A probe of the node network that saw one target over these endpoints.
pub(super) fn saw(node: &str, network: Network, endpoints: Vec<Endpoint>, target: Target) -> Probe {
    let value = ProbeSeen { endpoints, targets: vec![target], ..ProbeSeen::default() };
    probe(node, network, Outcome::Seen { value })
}

/// A pull seen from the node's network over the registry alone.
pub(super) fn pulled_by(node: &str, attempts: Vec<Attempt>) -> Probe {
    saw(node, Network::Node, vec![registry()], target(Action::Pull, attempts))
}

/// A probe that got no further than this host.
pub(super) fn stuck(node: &str, network: Network, endpoint: Endpoint) -> Probe {
    saw(node, network, vec![endpoint], target(Action::Pull, vec![anonymous(unreachable())]))
}

/// Evidence of probes, and of kubelets beside them.
pub(super) fn evidence(probes: Vec<Probe>, kubelets: Vec<Pull>) -> Evidence {
    let with_kubelets = !kubelets.is_empty();
    let mut evidence = pulls::evidence(kubelets);
    for probe in &probes {
        if !probe.node.is_empty() && evidence.plan.nodes.iter().all(|node| node.name != probe.node) {
            evidence.plan.nodes.push(PlannedNode { name: probe.node.clone(), skip: None });
        }
    }
    evidence.plan.images = vec![IMAGE.into()];
    evidence.plan.checks = Vec::new();
    for (network, check) in [
        (Network::Node, Check::ProbeNode),
        (Network::Pod, Check::ProbePod),
        (Network::Local, Check::ProbeLocal),
    ] {
        if probes.iter().any(|probe| probe.network == network) {
            evidence.plan.checks.push(check);
        }
    }
    if with_kubelets {
        evidence.plan.checks.push(Check::Kubelet);
    }
    evidence.plan.probe =
        Some(ProbePlan { image: "ghcr.io/o/regauth-probe:1".into(), ..ProbePlan::default() });
    if let Some(action) =
        probes.iter().filter_map(Probe::seen).find_map(|seen| Some(seen.targets.first()?.action))
    {
        evidence.plan.action = action;
    }
    evidence.probes = probes;
    evidence.collected_at = at(NOW);
    evidence
}

pub(super) fn findings(probes: Vec<Probe>) -> Vec<Finding> {
    diagnose(&evidence(probes, Vec::new()))
}

/// The only finding.
pub(super) fn only(probes: Vec<Probe>) -> Finding {
    let mut findings = findings(probes);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

pub(super) fn codes(findings: &[Finding]) -> Vec<Code> {
    findings.iter().map(|finding| finding.code).collect()
}
