//! The front door.

use serde_json::json;

use super::build::*;
use crate::code::Code;
use crate::evidence::endpoint::Endpoint;
use crate::evidence::harbor::pods::FrontDoor;
use crate::evidence::harbor::{FrontSeen, HarborSeen};
use crate::evidence::probe::{ExchangeResult, ExchangeStep};
use crate::evidence::{Evidence, Network, Outcome, Probe, ProbeSeen};
use crate::finding::Severity;
use crate::report::{Report, Verdict};
use crate::text::Clean;

#[test]
fn two_keys_at_the_url_prove_a_mismatch() {
    let finding = only(&by_url(&[(A, 20), (B, 10)]));
    assert_eq!((finding.code, finding.certain), (Code::HarborKeyMismatch, true));
    assert_eq!(finding.subject.name, "registry/harbor.example.com");
    assert!(finding.cause.contains("E72H:ZK7P… (10 times)"), "{}", finding.cause);
    assert!(finding.fixes.iter().any(|fix| fix.command.contains("sha256sum")));
}

#[test]
fn one_key_behind_one_address_proves_nothing() {
    let finding = only(&by_url(&[(A, 30)]));
    assert_eq!((finding.code, finding.severity), (Code::Unknown, Severity::Unknown));
    assert!(finding.cause.contains("proves nothing"), "{}", finding.cause);
}

#[test]
fn one_key_at_several_addresses_is_no_finding_unless_a_cookie_binds_clients() {
    let mut evidence = by_url(&[(A, 30)]);
    let mut second = core(2, A);
    second.name = "192.0.2.8:443".into();
    seen(&mut evidence).cores.push(second);
    seen(&mut evidence).front.as_mut().unwrap().cookies = vec![Clean::new("sid")];
    assert_eq!(codes(&evidence), []);
    seen(&mut evidence).front.as_mut().unwrap().cookies = vec![Clean::new("INGRESSCOOKIE")];
    assert!(only(&evidence).cause.contains("INGRESSCOOKIE"));
}

#[test]
fn several_addresses_with_different_keys_are_a_mismatch() {
    let mut evidence = by_url(&[(A, 30)]);
    let mut second = core(2, B);
    second.name = "192.0.2.8:443".into();
    seen(&mut evidence).cores.push(second);
    assert_eq!(only(&evidence).code, Code::HarborKeyMismatch);
}

#[test]
fn a_key_that_no_core_found_here_holds_is_of_other_cores() {
    let mut evidence = harbor(&[A, A]);
    seen(&mut evidence).front = Some(front(&[(B, 30)]));
    let finding = only(&evidence);
    assert_eq!(finding.code, Code::HarborKeyMismatch);
    assert!(finding.cause.contains("Other cores than these"), "{}", finding.cause);
}

#[test]
fn a_realm_of_another_scheme_or_host_is_a_mismatch() {
    for (realm, found, certain) in [
        ("https://harbor.example.com/service/token", false, true),
        ("https://harbor.example.com:443/service/token", false, true),
        ("http://harbor.example.com/service/token", true, true),
        ("https://core.harbor.domain/service/token", true, false),
    ] {
        let mut evidence = harbor(&[A, A]);
        let mut front = front(&[(A, 30)]);
        front.ping = Some(pinged(realm));
        seen(&mut evidence).front = Some(front);
        let findings = crate::diagnose::diagnose(&evidence);
        let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes == [Code::RealmMismatch], found, "{realm}: {codes:?}");
        assert!(findings.iter().all(|finding| finding.certain == certain), "{realm}");
    }
}

#[test]
fn the_realm_of_a_service_in_the_cluster_is_not_what_clients_use() {
    let mut evidence = harbor(&[A, A]);
    let mut front = front(&[(A, 30)]);
    front.url = Clean::new("http://harbor-core.harbor.svc");
    front.ping = Some(pinged("https://harbor-core.harbor.svc/service/token"));
    seen(&mut evidence).front = Some(front);
    assert_eq!(codes(&evidence), []);
}

#[test]
fn a_front_door_that_gives_no_token_although_cores_do() {
    let mut evidence = harbor(&[A, A]);
    let mut front = front(&[]);
    front.without_token = 30;
    seen(&mut evidence).front = Some(front);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::TokenServiceUnreachable, true));
}

/// A Harbor whose cores are not known by themselves and whose front door gives no token but this status.
fn gives_only(status: u16) -> Evidence {
    let mut evidence = by_url(&[(A, 1)]);
    seen(&mut evidence).cores.clear();
    let door = seen(&mut evidence).front.as_mut().unwrap();
    door.kids.clear();
    (door.without_token, door.failed_status) = (5, Some(status));
    evidence
}

#[test]
fn the_status_of_a_front_door_without_tokens_says_whether_no_core_signs_or_none_is_there() {
    for (status, code, words) in [
        (500, Code::HarborKeyUnreadable, "cannot sign"),
        (502, Code::HarborCoreUnreachable, "reaches no core"),
        (503, Code::HarborCoreUnreachable, "reaches no core"),
        (504, Code::HarborCoreUnreachable, "reaches no core"),
        (429, Code::TokenServiceUnreachable, "answers 429"),
    ] {
        let finding = only(&gives_only(status));
        assert_eq!((finding.code, finding.certain), (code, false), "{status}");
        assert_eq!(finding.subject.name, "registry/harbor.example.com");
        assert!(
            finding.cause.contains(words) && finding.cause.contains(&status.to_string()),
            "{}",
            finding.cause
        );
        assert!(finding.settle_by.is_some() && !finding.fixes.is_empty(), "{finding:#?}");
        assert!(!finding.also_possible.contains(&code), "{finding:#?}");
    }
}

#[test]
fn cores_that_issue_tell_that_it_is_the_way_to_them() {
    for (status, words) in [(500, "another core"), (503, "does not reach them"), (429, "answers 429")] {
        let mut evidence = harbor(&[A, A]);
        let door = FrontSeen { without_token: 5, failed_status: Some(status), ..front(&[]) };
        seen(&mut evidence).front = Some(door);
        let finding = only(&evidence);
        assert_eq!((finding.code, finding.certain), (Code::TokenServiceUnreachable, true), "{status}");
        assert!(finding.cause.contains(words), "{}", finding.cause);
    }
}

#[test]
fn where_no_core_can_sign_the_door_says_nothing_new() {
    let mut evidence = harbor(&["", ""]);
    let door = FrontSeen { without_token: 5, failed_status: Some(500), ..front(&[]) };
    seen(&mut evidence).front = Some(door);
    let findings = crate::diagnose::diagnose(&evidence);
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|one| !one.subject.name.starts_with("registry/")), "{findings:#?}");
}

#[test]
fn a_node_that_gets_no_token_at_the_external_url_is_named_and_the_cores_stay_those_of_the_first_observer() {
    let mut evidence = harbor(&[A, A]);
    let on_node = |node: &str, kids: &[(&str, u32)], without_token: u32| {
        let front = FrontSeen { without_token, ..front(kids) };
        let seen = ProbeSeen {
            harbor: Some(HarborSeen { front: Some(front), ..HarborSeen::default() }),
            ..ProbeSeen::default()
        };
        Probe {
            id: format!("probe/{node}/node"),
            node: node.into(),
            network: Network::Node,
            outcome: Outcome::Seen { value: seen },
            ..evidence.probes[0].clone()
        }
    };
    let further = [on_node("node1", &[(A, 2)], 0), on_node("node2", &[], 2)];
    evidence.probes.extend(further);
    let finding = only(&evidence);
    assert_eq!(
        (finding.code, finding.subject.nodes, finding.certain),
        (Code::TokenServiceUnreachable, vec!["node2".to_string()], true)
    );
    let report = Report::of(&evidence);
    let nodes = report.harbor.unwrap().nodes;
    assert_eq!(nodes.iter().map(|node| node.gets_tokens).collect::<Vec<_>>(), [true, false]);
    assert_eq!(report.results.len(), 2);
}

#[test]
fn a_front_door_that_accepts_and_says_nothing_of_use_is_a_finding() {
    let broken = ExchangeResult::Broken { message: Clean::new("invalid HTTP version") };
    for (result, code, words) in [
        (ExchangeResult::TimedOut, Code::ConnectionTimedOut, "does not answer in time"),
        (broken, Code::ConnectionRefused, "cuts the exchange off, or answers what is no HTTP"),
    ] {
        let mut evidence = harbor(&[A, A]);
        let mut front = front(&[]);
        front.ping = Some(exchange(ExchangeStep::Ping, result));
        seen(&mut evidence).front = Some(front);
        let finding = only(&evidence);
        assert_eq!((finding.code, finding.certain), (code, true));
        assert!(finding.cause.contains(words), "{}", finding.cause);
    }
}

#[test]
fn a_front_door_that_was_silent_once_and_gave_tokens_is_not_certain() {
    let mut evidence = harbor(&[A, A]);
    let mut front = front(&[(A, 30)]);
    front.ping = Some(exchange(ExchangeStep::Ping, ExchangeResult::TimedOut));
    seen(&mut evidence).front = Some(front);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::ConnectionTimedOut, false));
}

#[test]
fn a_harbor_that_leads_from_http_to_https_is_no_mismatch() {
    let mut evidence = harbor(&[A, A]);
    let mut front = front(&[(A, 30)]);
    front.redirected_from = Some(Clean::new("http://harbor.example.com"));
    seen(&mut evidence).front = Some(front.clone());
    assert_eq!(codes(&evidence), []);
    // Its realm in the clear is led on too, and yet no URL that a password should go to.
    front.ping = Some(pinged("http://harbor.example.com/service/token"));
    seen(&mut evidence).front = Some(front);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::RealmMismatch, false));
    let commands: Vec<&str> = finding.fixes.iter().map(|fix| fix.command.as_str()).collect();
    assert!(commands.iter().all(|command| !command.contains("externalURL=http://")), "{commands:?}");
}

#[test]
fn a_web_server_that_is_no_harbor_gets_no_diagnosis_of_harbors() {
    let mut evidence = by_url(&[(A, 1)]);
    let page = answer(404, "", "<html><body>Not found</body></html>");
    let door = seen(&mut evidence).front.as_mut().unwrap();
    door.ping = Some(answered(ExchangeStep::Ping, page.clone()));
    door.without_token = 5;
    door.kids.clear();
    seen(&mut evidence).cores = vec![core(1, A)];
    seen(&mut evidence).cores[0].token = answered(ExchangeStep::PullToken, page.clone());
    let mut asked = decision(None, &[], None);
    asked.token = answered(ExchangeStep::PushToken, answer(501, "", ""));
    seen(&mut evidence).decision = Some(asked);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::UnexpectedResponder, true));
    assert!(finding.cause.contains("is no Harbor"), "{}", finding.cause);
    assert_eq!(Report::of(&evidence).cores().map(|row| row.result).collect::<Vec<_>>(), [Verdict::Failed]);
    // A challenge is a registry's word; 503 may be a proxy's before Harbor.
    for ping in
        [answer(401, "Bearer realm=\"https://harbor.example.com/service/token\"", ""), answer(503, "", "")]
    {
        let mut evidence = harbor(&[A, A]);
        let ping = Some(answered(ExchangeStep::Ping, ping));
        let front = FrontSeen { ping, without_token: 5, ..front(&[]) };
        seen(&mut evidence).front = Some(front);
        assert_eq!(codes(&evidence), [Code::TokenServiceUnreachable]);
    }
}

#[test]
fn a_harbor_of_one_core_that_was_named_is_settled() {
    let mut evidence = by_url(&[(A, 1)]);
    assert!(
        only(&evidence).cause.starts_with("The only token of"),
        "one token, one address that nobody named"
    );
    seen(&mut evidence).cores[0].address = "192.0.2.7:443".into();
    let endpoint = |addresses: &[&str]| -> Endpoint {
        let resolve = json!({"addresses": addresses, "source": "dns", "tookMs": 1});
        let all = json!({"role": "registry", "scheme": "https", "host": "harbor.example.com", "port": 443, "resolve": resolve});
        serde_json::from_value(all).unwrap()
    };
    let at = |evidence: &mut Evidence, addresses: &[&str]| {
        seen(evidence).front.as_mut().unwrap().ping.as_mut().unwrap().endpoint = Some(0);
        if let Outcome::Seen { value } = &mut evidence.probes[0].outcome {
            value.endpoints = vec![endpoint(addresses)];
        }
    };
    at(&mut evidence, &["192.0.2.7"]);
    assert_eq!(codes(&evidence), []);
    at(&mut evidence, &["192.0.2.7", "192.0.2.9"]);
    assert_eq!(codes(&evidence), [Code::Unknown], "another address of the name was not asked");
}

/// Behind its Service, with the URL that users know, and what each core names as its realm.
fn behind_a_service(realms: &[&str]) -> Evidence {
    let mut evidence = harbor(&realms.iter().map(|_| A).collect::<Vec<_>>());
    shown(&mut evidence).front = Some(FrontDoor {
        service: "service/harbor-core".into(),
        service_url: "http://harbor-core.harbor.svc:80".into(),
        external_url: Clean::new(URL),
    });
    let mut door = front(&[(A, 30)]);
    door.url = Clean::new("http://harbor-core.harbor.svc:80");
    door.ping = Some(pinged("https://harbor-core.harbor.svc/service/token"));
    seen(&mut evidence).front = Some(door);
    for (core, realm) in seen(&mut evidence).cores.iter_mut().zip(realms) {
        core.realm = Some(Clean::new(realm));
    }
    evidence
}

#[test]
fn a_core_that_names_another_scheme_than_the_url_of_users_is_told() {
    let (https, http) =
        ("https://harbor-core.harbor.svc/service/token", "http://harbor-core.harbor.svc/service/token");
    assert_eq!(codes(&behind_a_service(&[https, https])), [], "the host is the request's");
    let finding = only(&behind_a_service(&[https, http]));
    assert_eq!((finding.code, finding.certain), (Code::RealmMismatch, false));
    assert!(
        finding.cause.starts_with(&format!("{} sends clients for tokens by http", name(2))),
        "{}",
        finding.cause
    );
    assert!(finding.evidence.contains(&format!("harbor/core/{}", name(2))));
    assert!(finding.settle_by.unwrap().contains("--from-nodes"));
    // Where users are led from http to https, the front door was asked there.
    let mut evidence = behind_a_service(&[https, http]);
    let mut door = front(&[(A, 30)]);
    door.redirected_from = Some(Clean::new("http://harbor.example.com"));
    seen(&mut evidence).front = Some(door);
    assert!(only(&evidence).certain);
}

#[test]
fn a_realm_that_a_node_meets_at_the_url_of_users_is_judged_behind_a_service_too() {
    let mut evidence = behind_a_service(&["http://harbor-core.harbor.svc/service/token"]);
    let mut door = front(&[(A, 2)]);
    door.ping = Some(pinged("http://harbor.example.com/service/token"));
    let seen = HarborSeen { front: Some(door), ..HarborSeen::default() };
    let value = ProbeSeen { harbor: Some(seen), ..ProbeSeen::default() };
    let node = Probe {
        id: "probe/node7/node".into(),
        node: "node7".into(),
        network: Network::Node,
        outcome: Outcome::Seen { value },
        ..evidence.probes[0].clone()
    };
    evidence.probes.push(node);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::RealmMismatch, true));
    assert_eq!(finding.subject.nodes, ["node7"]);
}
