//! What the stores of this machine have, and which client sends it.

use super::build::*;
use crate::code::Code;
use crate::evidence::probe::{Action, Attempt, ExchangeStep, FailedHelper, KeyringSeen, Network};
use crate::evidence::stores::{Store, StoreEntry};
use crate::finding::{Fix, Severity};
use crate::report::{ExitStatus, Report};
use crate::text::Clean;

const PODMANS: &str = "/run/containers/auth.json";

fn stored(key: &str) -> StoreEntry {
    let logout = vec![Fix { what: "removes it".into(), command: format!("podman logout {key}") }];
    StoreEntry { place: Clean::new(PODMANS), key: Clean::new(key), logout }
}

fn store(client: &str, keys: &[&str]) -> Store {
    Store {
        image: IMAGE.into(),
        client: client.into(),
        files: Vec::new(),
        entries: keys.iter().map(|key| stored(key)).collect(),
        failed_helpers: Vec::new(),
        gives_up: false,
    }
}

fn keyed(key: &str, exchanges: Vec<crate::evidence::probe::Exchange>) -> Attempt {
    let mut attempt = with(PODMANS, exchanges);
    attempt.credential.as_mut().unwrap().key = Clean::new(key);
    attempt
}

fn report(keyring: KeyringSeen, attempts: Vec<Attempt>, stores: Vec<Store>) -> Report {
    let mut target = target(Action::Pull, attempts);
    target.keyring = keyring;
    let probe = saw("local", Network::Local, vec![registry()], target);
    let mut evidence = evidence(vec![probe], Vec::new());
    evidence.stores = stores;
    Report::of(&evidence)
}

fn attempts_with_a_stale_second(refusal: Vec<crate::evidence::probe::Exchange>) -> Vec<Attempt> {
    vec![anonymous(closed()), keyed("r/team", all_good()), keyed("r", refusal)]
}

#[test]
fn a_stale_credential_that_no_client_sends_first_is_a_remark_with_its_removal() {
    for refusal in [closed(), vec![refused(ExchangeStep::Manifest, 403, "", DENIED)]] {
        let attempts = attempts_with_a_stale_second(refusal);
        let report = report(
            KeyringSeen::default(),
            attempts,
            vec![store("podman", &["r/team", "r"]), store("helm", &[])],
        );
        let [one] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
        assert_eq!(one.severity, Severity::Info);
        assert!(
            one.cause.contains("the entry `r` of /run/containers/auth.json, which no client sends first")
        );
        let commands: Vec<&str> = one.fixes.iter().map(|fix| fix.command.as_str()).collect();
        assert_eq!(commands, ["podman logout r"], "the good entry stays");
        assert_eq!(report.exit_status(Some(Severity::Warning)), ExitStatus::Healthy);
    }
}

#[test]
fn what_is_second_for_one_client_and_first_for_another_is_an_error() {
    let stores = vec![store("podman", &["r/team", "r"]), store("docker", &["r"])];
    let report = report(KeyringSeen::default(), attempts_with_a_stale_second(closed()), stores);
    assert_eq!(codes(&report.findings), [Code::CredentialRejected]);
    assert_eq!(report.findings[0].severity, Severity::Error);
    assert_eq!(report.exit_status(Some(Severity::Warning)), ExitStatus::Findings);
}

#[test]
fn what_the_registry_says_to_everybody_is_no_remark_about_a_stored_credential() {
    let broken = || vec![answered(ExchangeStep::Manifest, 500)];
    let attempts = vec![anonymous(broken()), keyed("r/team", broken()), keyed("r", broken())];
    let report = report(KeyringSeen::default(), attempts, vec![store("podman", &["r/team", "r"])]);
    assert_eq!(codes(&report.findings), [Code::RegistryServerError]);
    assert_eq!(report.findings[0].severity, Severity::Error);
}

#[test]
fn a_helper_that_there_was_no_time_for_is_unknown_and_not_failed() {
    let helper = FailedHelper {
        program: Clean::new("docker-credential-slow"),
        error: Clean::new("it was not asked: the time was up"),
        stops: Vec::new(),
        not_asked: true,
    };
    let keyring = KeyringSeen { failed_helpers: vec![helper], ..KeyringSeen::default() };
    let report = report(keyring, vec![anonymous(closed())], vec![store("docker", &[])]);
    let [one] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!((one.code, one.severity), (Code::CredentialHelperFailed, Severity::Unknown));
    assert_eq!(one.settle_by.as_deref(), Some("the same with a longer --timeout"));
    assert_eq!(report.exit_status(Some(Severity::Warning)), ExitStatus::Incomplete);
}

#[test]
fn evidence_says_which_credential_each_client_sends_first() {
    let sends = |store: &Store| store.sends().map(|entry| entry.key.to_string());
    assert_eq!(sends(&store("podman", &["r/team", "r"])).as_deref(), Some("r/team"));
    assert_eq!(sends(&store("helm", &[])), None);
}
