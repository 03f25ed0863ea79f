//! A refused credential is sent once: what is learnt from probes and kubelets, and what later pods are told.

use serde_json::{Value, json};

use super::build::{IMAGE, plan};
use crate::evidence::{CredentialUse, Network, Outcome, Presence, Probe, Pull, PullSeen, Step};
use crate::plan::{Check, ProbePlan, SecretSource};
use crate::run::refusals::{self, Refusals, word_of_pulls};
use crate::run::waves::Word;
use crate::text::Clean;

fn probe(attempts: Value) -> Probe {
    let seen = json!({"targets": [{"image": "r/a:1", "action": "pull", "attempts": attempts}]});
    probe_with(Outcome::Seen { value: serde_json::from_value(seen).unwrap() })
}

fn word_of_probe(probe: &Probe) -> Word {
    refusals::word_of_probe(probe, &plan(&[IMAGE]))
}

fn probe_with(outcome: Outcome<crate::evidence::ProbeSeen>) -> Probe {
    Probe {
        id: "probe/node1/node".into(),
        node: "node1".into(),
        network: Network::Node,
        namespace: "team".into(),
        pod: "p".into(),
        credential: CredentialUse::AsPlanned,
        outcome,
        seen_at: None,
    }
}

fn attempt(fingerprint: Option<&str>, step: &str, status: u16) -> Value {
    let answer =
        json!({"answered": null, "result": "answered", "status": status, "marks": {"apiVersion": true}});
    let mut attempt =
        json!({"exchanges": [{"step": step, "request": "GET /", "tookMs": 1, "result": answer}]});
    if let Some(fingerprint) = fingerprint {
        let described = json!({"kind": "password", "username": "u", "fingerprint": fingerprint});
        attempt["credential"] = json!({"source": "secret/a", "key": "r", "described": described});
    }
    attempt
}

fn told(refusals: &Refusals, check: Check) -> (CredentialUse, Vec<String>) {
    let (credential, refused) = refusals.of(check);
    (credential, refused.into_iter().map(|one| format!("{} on {}", one.fingerprint, one.on)).collect())
}

fn held_back(node: &str) -> CredentialUse {
    CredentialUse::HeldBack { refused_on: node.into() }
}

#[test]
fn a_probes_refused_credential_is_not_sent_again_and_its_others_are() {
    let probe = probe(json!([
        attempt(None, "manifest", 401),
        attempt(Some("0a0a0a0a"), "pullToken", 401),
        attempt(Some("0b0b0b0b"), "manifest", 200),
    ]));
    assert_eq!(word_of_probe(&probe), Word::Refused);
    let mut refusals = Refusals::default();
    refusals.probe(&probe, &plan(&[IMAGE]));
    refusals.probe(&probe, &plan(&[IMAGE]));
    let refused = vec!["0a0a0a0a on node1".to_string()];
    assert_eq!(told(&refusals, Check::ProbeNode), (CredentialUse::AsPlanned, refused.clone()));
    assert_eq!(told(&refusals, Check::ProbePod), (CredentialUse::AsPlanned, refused));
    assert_eq!(told(&refusals, Check::Kubelet), (held_back("node1"), vec![]), "a kubelet would try them all");
}

#[test]
fn a_kubelets_refusal_holds_back_everything() {
    let mut refusals = Refusals::default();
    refusals.kubelet("node2");
    assert_eq!(told(&refusals, Check::ProbePod), (held_back("node2"), vec!["* on node2".to_string()]));
    assert_eq!(told(&refusals, Check::Kubelet), (held_back("node2"), vec![]));
    assert_eq!(told(&Refusals::default(), Check::ProbePod), (CredentialUse::AsPlanned, vec![]));
}

#[test]
fn a_registry_that_answers_with_a_credential_takes_it() {
    assert_eq!(word_of_probe(&probe(json!([attempt(Some("0a0a0a0a"), "manifest", 200)]))), Word::Taken);
    assert_eq!(word_of_probe(&probe(json!([attempt(Some("0a0a0a0a"), "manifest", 404)]))), Word::Taken);
    assert_eq!(word_of_probe(&probe(json!([attempt(None, "manifest", 200)]))), Word::Taken, "none matches");
}

#[test]
fn a_registry_that_was_not_reached_with_a_credential_says_nothing() {
    let unreachable =
        json!({"step": "manifest", "request": "", "tookMs": 0, "result": {"result": "unreachable"}});
    let mut silent = attempt(Some("0a0a0a0a"), "manifest", 200);
    silent["exchanges"] = json!([unreachable]);
    assert_eq!(word_of_probe(&probe(json!([attempt(None, "manifest", 200), silent]))), Word::Nothing);
    assert_eq!(word_of_probe(&probe(json!([]))), Word::Nothing);
}

#[test]
fn a_credential_that_was_withheld_everywhere_was_not_judged() {
    for reason in ["untrustedCertificate", "plainHttp", "realm"] {
        let mut withheld = attempt(Some("0a0a0a0a"), "manifest", 200);
        withheld["withheld"] = json!({"reason": reason});
        withheld["exchanges"] = json!([]);
        let probe = probe(json!([attempt(None, "manifest", 401), withheld]));
        assert_eq!(word_of_probe(&probe), Word::Nothing, "{reason}");
    }
}

#[test]
fn a_credential_that_nobody_sends_needs_no_judgement() {
    let mut empty = attempt(Some("0a0a0a0a"), "manifest", 200);
    empty["withheld"] = json!({"reason": "empty"});
    empty["exchanges"] = json!([]);
    let anonymous = attempt(None, "manifest", 401);
    assert_eq!(word_of_probe(&probe(json!([anonymous, empty]))), Word::Taken);
    let mut refused = empty.clone();
    refused["withheld"] = json!({"reason": "refusedElsewhere", "on": "node0"});
    let good = attempt(Some("0b0b0b0b"), "manifest", 200);
    assert_eq!(word_of_probe(&probe(json!([anonymous, refused, good]))), Word::Taken);
}

#[test]
fn each_registry_must_have_judged_each_credential() {
    let of = |image: &str, attempts: Value| json!({"image": image, "action": "pull", "attempts": attempts});
    let good = |one| attempt(Some(one), "manifest", 200);
    let mut cut_off = good("0a0a0a0a");
    cut_off["exchanges"] = json!([]);
    let word = |targets: Value| {
        let seen = serde_json::from_value(json!({"targets": targets})).unwrap();
        word_of_probe(&probe_with(Outcome::Seen { value: seen }))
    };
    let a = of("a.example.com/x:1", json!([good("0a0a0a0a")]));
    let b = |attempts| of("b.example.com/y:1", attempts);
    assert_eq!(word(json!([a, b(json!([cut_off]))])), Word::Nothing, "the same one at another registry");
    assert_eq!(word(json!([a, b(json!([good("0b0b0b0b"), cut_off]))])), Word::Nothing);
    assert_eq!(word(json!([a, b(json!([good("0b0b0b0b")]))])), Word::Taken);
    let refused = attempt(Some("0c0c0c0c"), "pullToken", 401);
    let two = json!([a, b(json!([refused, cut_off]))]);
    assert_eq!(word(two), Word::Nothing, "one is refused, of another nothing is known");
    let again = of("a.example.com/z:1", json!([cut_off]));
    assert_eq!(word(json!([a, again])), Word::Taken, "judged for another image of the registry");
}

#[test]
fn an_answer_that_comes_before_the_credential_is_looked_at_says_nothing() {
    let word = |step: &str, status| word_of_probe(&probe(json!([attempt(Some("0a0a0a0a"), step, status)])));
    for status in [429, 500, 503] {
        assert_eq!(word("pullToken", status), Word::Nothing, "token service: {status}");
        assert_eq!(word("manifest", status), Word::Nothing, "registry: {status}");
    }
    assert_eq!(word("manifest", 403), Word::Nothing, "a firewall says so, too");
    let mut with_token = attempt(Some("0a0a0a0a"), "pullToken", 200);
    let denied = attempt(None, "manifest", 403)["exchanges"][0].clone();
    with_token["exchanges"].as_array_mut().unwrap().push(denied);
    assert_eq!(word_of_probe(&probe(json!([with_token]))), Word::Taken, "a right is missing");
}

fn pull_of(image: &str, value: PullSeen) -> Pull {
    Pull {
        id: "pull/node1/0".into(),
        node: "node1".into(),
        image: image.into(),
        image_rewritten: None,
        pod: "p".into(),
        pull_secrets: vec!["regcred".into()],
        credential: CredentialUse::AsPlanned,
        missing_pull_secrets: Vec::new(),
        on_node_before: Presence::Unknown,
        outcome: Outcome::Seen { value },
        seen_at: None,
    }
}

#[test]
fn a_kubelet_that_reaches_one_of_two_registries_says_nothing_of_the_other() {
    let pulled =
        |image: &str| pull_of(image, PullSeen::Pulled { took_ms: None, waited_ms: None, size_bytes: None });
    let failed = |image: &str, message: &str| {
        let message = Clean::new(message);
        pull_of(image, PullSeen::Failed { reason: "ErrImagePull".into(), message, took_ms: None })
    };
    let word = |pulls: &[Pull]| word_of_pulls(pulls, SecretSource::Workload);
    let (a, b) = ("a.example.com/x:1", "b.example.com/y:1");
    let refused = "failed to do request: Head \"https://b.example.com/v2/y/manifests/1\": dial tcp 192.0.2.7:443: \
        connect: connection refused";
    assert_eq!(word(&[pulled(a), pulled(b)]), Word::Taken);
    assert_eq!(word(&[pulled(a), failed(b, refused)]), Word::Nothing);
    let limited = "failed to copy: httpReadSeeker: failed open: unexpected status code \
        https://b.example.com/v2/y/manifests/1: 429 Too Many Requests";
    assert_eq!(word(&[failed(b, limited)]), Word::Nothing, "a limit comes first");
    assert_eq!(word(&[]), Word::Nothing);
}

#[test]
fn a_probe_that_never_looked_says_nothing_at_all() {
    let message = Clean::new("no such image");
    let failed = probe_with(Outcome::Failed { step: Step::ProbeImage, message });
    assert_eq!(word_of_probe(&failed), Word::NeverLooked);
}

#[test]
fn a_pull_secret_that_is_refused_for_the_probes_own_image_is_used_for_no_other() {
    let message = Clean::new(
        "failed to authorize: failed to fetch oauth token: unexpected status from POST request to \
         https://ghcr.io/token: 401 Unauthorized: incorrect username or password",
    );
    let failed = probe_with(Outcome::Failed { step: Step::ProbeImage, message });
    let with = |secrets: &[&str]| {
        let mut plan = plan(&[IMAGE]);
        let image_pull_secrets = secrets.iter().map(ToString::to_string).collect();
        let image = "ghcr.io/x/regauth-probe:1".into();
        plan.probe = Some(ProbePlan { image, image_pull_secrets, ..ProbePlan::default() });
        let mut refusals = Refusals::default();
        refusals.probe(&failed, &plan);
        let (credential, _) = refusals.of(Check::ProbeNode);
        (refusals::word_of_probe(&failed, &plan), refusals.of_image(), credential)
    };
    assert_eq!(with(&[]), (Word::NeverLooked, false, CredentialUse::AsPlanned), "none was sent");
    assert_eq!(with(&["own"]), (Word::NeverLooked, true, CredentialUse::AsPlanned));
    assert_eq!(with(&["own", "regcred"]), (Word::Refused, true, held_back("node1")), "it is under test");
}

#[test]
fn a_refused_credential_is_held_back_from_the_origin_that_refused_it() {
    let at = |origin: &str| {
        let mut refused = attempt(Some("0a0a0a0a"), "pullToken", 401);
        refused["sentTo"] = json!(origin);
        refused
    };
    let mut refusals = Refusals::default();
    let (a, b) = ("https://auth.example.com", "https://r.example.com");
    refusals.probe(&probe(json!([at(a), at(b), at(a)])), &plan(&[IMAGE]));
    let (_, refused) = refusals.of(Check::ProbeNode);
    let origins: Vec<&str> = refused.iter().map(|one| one.origin.as_str()).collect();
    assert_eq!(origins, [a, b]);
}
