//! A refused credential is sent once: what is learnt from probes and kubelets, and what later pods are told.

use serde_json::{Value, json};

use crate::evidence::{CredentialUse, Network, Outcome, Probe, Step};
use crate::plan::Check;
use crate::run::refusals::{Refusals, word_of_probe};
use crate::run::waves::Word;
use crate::text::Clean;

fn probe(attempts: Value) -> Probe {
    let seen = json!({"targets": [{"image": "r/a:1", "action": "pull", "attempts": attempts}]});
    probe_with(Outcome::Seen { value: serde_json::from_value(seen).unwrap() })
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
    refusals.probe(&probe);
    refusals.probe(&probe);
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
fn a_probe_that_never_looked_says_nothing_at_all() {
    let message = Clean::new("no such image");
    let failed = probe_with(Outcome::Failed { step: Step::ProbeImage, message });
    assert_eq!(word_of_probe(&failed), Word::NeverLooked);
}
