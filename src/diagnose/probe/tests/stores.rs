//! What the stores of this machine have, and which client sends it.

use super::build::*;
use super::credentials::wrong;
use crate::code::Code;
use crate::evidence::probe::{
    Action, Attempt, BrokenConfig, ExchangeStep, FailedHelper, KeyringSeen, Network,
};
use crate::evidence::stores::{Store, StoreEntry};
use crate::finding::{Finding, Fix, Severity};
use crate::registry::docker_config::Position;
use crate::registry::near_miss::{MissReason, NearMiss, Useless};
use crate::report::{ExitStatus, Report, Verdict};
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
        empty: Vec::new(),
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

const FILE: &str = "/home/me/.docker/config.json";

fn broken(clients: &[&str], stops: &[&str], position: Option<Position>) -> KeyringSeen {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let config = BrokenConfig {
        source: FILE.into(),
        error: Clean::new(
            "`auth` is not base64 of `USER:PASSWORD` in the entry `bad.example.com` (line 3, column 14)",
        ),
        position,
        clients: names(clients),
        stops: names(stops),
    };
    KeyringSeen { broken: vec![config], ..KeyringSeen::default() }
}

fn only_one(report: &Report) -> &Finding {
    let [one] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    one
}

#[test]
fn a_file_that_clients_cannot_read_names_them_and_where_to_edit_it() {
    let position = Some(Position { byte: 40, line: 3, column: 14 });
    let keyring = broken(&["docker", "podman"], &["podman"], position);
    let report = report(keyring, vec![anonymous(closed())], Vec::new());
    let one = only_one(&report);
    assert_eq!((one.code, one.severity), (Code::PullSecretMalformed, Severity::Error));
    assert_eq!(one.subject.name, FILE);
    assert_eq!(
        one.cause,
        "/home/me/.docker/config.json cannot be read by docker and podman: `auth` is not base64 of `USER:PASSWORD` in the entry `bad.example.com` (line 3, column 14); docker goes on without its entries, good ones included, podman gives up."
    );
    let [fix] = one.fixes.as_slice() else { panic!("a login would write the file anew: {:?}", one.fixes) };
    assert_eq!(fix.what, "edit /home/me/.docker/config.json: line 3, column 14");
    assert_eq!(fix.command, "${EDITOR:-vi} /home/me/.docker/config.json");
}

#[test]
fn a_file_that_cannot_be_opened_is_to_be_looked_at() {
    let report = report(broken(&["docker"], &[], None), vec![anonymous(closed())], Vec::new());
    assert_eq!(only_one(&report).fixes[0].command, "ls -l /home/me/.docker/config.json");
}

#[test]
fn a_broken_file_that_is_in_nobodys_way_is_a_warning() {
    for (stops, severity) in [(&[][..], Severity::Warning), (&["podman"][..], Severity::Error)] {
        let report = report(broken(&["docker"], stops, None), vec![anonymous(all_good())], Vec::new());
        assert_eq!(only_one(&report).severity, severity);
    }
}

#[test]
fn an_empty_entry_is_the_cause_where_the_registry_asks_for_a_credential() {
    let keyring = || {
        let mut entry = credential(FILE);
        entry.useless = Some(Useless::Empty);
        KeyringSeen { sources: vec![FILE.into()], empty: vec![entry], ..KeyringSeen::default() }
    };
    let private = report(keyring(), vec![anonymous(closed())], Vec::new());
    let one = only_one(&private);
    assert_eq!((one.code, one.certain, one.subject.name.as_str()), (Code::PullSecretEmpty, true, FILE));
    assert_eq!(
        one.cause,
        format!(
            "The entry `{HOST}` of {FILE} matches and is empty, so {HOST} is asked without a credential and wants one."
        )
    );
    assert_eq!(one.fixes[0].command, format!("docker login {HOST}"));
    assert!(report(keyring(), vec![anonymous(all_good())], Vec::new()).findings.is_empty());
}

#[test]
fn a_near_miss_of_this_machine_is_named_and_mended_by_a_login() {
    let reason = MissReason::OtherPort { key: "5000".into(), image: "5999".into() };
    let near_misses = vec![NearMiss { key: Clean::new("registry.example.com:5000"), reason }];
    let keyring = KeyringSeen { sources: vec![FILE.into()], near_misses, ..KeyringSeen::default() };
    let report = report(keyring, vec![anonymous(closed())], Vec::new());
    let one = only_one(&report);
    assert_eq!((one.code, one.certain), (Code::PullSecretNoMatch, true));
    assert!(one.cause.contains("`registry.example.com:5000` has the port 5000, the image has 5999"));
    assert_eq!(one.fixes[0].command, format!("docker login {HOST}"));
}

#[test]
fn on_this_machine_each_store_stands_for_a_client_and_has_its_own_logout() {
    let probe = saw(
        "local",
        Network::Local,
        vec![registry()],
        target(
            Action::Pull,
            vec![
                anonymous(all_good()),
                with("~/.config/helm/registry/config.json", wrong()),
                with("~/.docker/config.json", all_good()),
            ],
        ),
    );
    let one = only(vec![probe]);
    assert_eq!((one.code, one.severity), (Code::StaleCredential, Severity::Error));
    assert!(one.fixes.is_empty(), "no logout is guessed for a store that the evidence does not tell of");
}

#[test]
fn a_helper_that_fails_is_named_and_is_the_cause() {
    use crate::evidence::probe::FailedHelper;
    let helper = |stops: &[&str]| FailedHelper {
        program: Clean::new("docker-credential-missing"),
        error: Clean::new("the program is not found in PATH"),
        stops: stops.iter().map(ToString::to_string).collect(),
        not_asked: false,
    };
    for (attempt, stops, severity) in [
        (closed(), &[][..], Severity::Error),
        (all_good(), &["helm"][..], Severity::Error),
        (all_good(), &[][..], Severity::Warning),
    ] {
        let mut target = target(Action::Pull, vec![anonymous(attempt)]);
        target.keyring.failed_helpers = vec![helper(stops)];
        let one = only(vec![saw("local", Network::Local, vec![registry()], target)]);
        assert_eq!((one.code, one.severity, one.certain), (Code::CredentialHelperFailed, severity, true));
        assert_eq!(one.subject.name, "docker-credential-missing");
        assert!(one.cause.contains("failed: the program is not found in PATH;"), "{}", one.cause);
        assert!(one.fixes.iter().all(|fix| !fix.command.ends_with(" get")));
    }
}

#[test]
fn evidence_alone_tells_what_stores_have_and_the_logout_of_a_file_that_the_user_named() {
    let file = "/ci/helm-job/config.json";
    let entry = |place: &str, command: &str| StoreEntry {
        place: Clean::new(place),
        key: Clean::new(HOST),
        logout: vec![Fix { what: "removes the credential".into(), command: command.into() }],
    };
    let store = |client: &str, entry| Store {
        image: IMAGE.into(),
        client: client.into(),
        files: Vec::new(),
        entries: vec![entry],
        empty: Vec::new(),
        failed_helpers: Vec::new(),
        gives_up: false,
    };
    let attempts =
        vec![anonymous(all_good()), with(file, wrong()), with("docker-credential-pass", all_good())];
    let probe = saw("local", Network::Local, vec![registry()], target(Action::Pull, attempts));
    let mut evidence = evidence(vec![probe], Vec::new());
    evidence.stores = vec![
        store("docker", entry(file, "docker --config /ci/helm-job logout registry.example.com")),
        store("podman", entry("docker-credential-pass", "podman logout registry.example.com")),
    ];
    let read: crate::evidence::Evidence =
        serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    let report = crate::report::Report::of(&read);
    let commands: Vec<&str> = report.findings[0].fixes.iter().map(|fix| fix.command.as_str()).collect();
    assert_eq!(
        commands,
        [
            "docker --config /ci/helm-job logout registry.example.com",
            "docker --config /ci/helm-job login registry.example.com"
        ]
    );
    let rows: Vec<_> = report.stores.iter().flat_map(|row| &row.entries).collect();
    assert_eq!((rows[0].refused, rows[0].result), (true, Verdict::Failed));
    assert_eq!((rows[1].refused, rows[1].result), (false, Verdict::Ok));
    assert_eq!(rows[1].is.as_deref(), Some("password of user ci"));
}

#[test]
fn of_two_keys_in_one_store_the_refused_one_is_logged_out_and_any_refusal_counts() {
    let keyed = |key: &str, exchanges| {
        let mut attempt = with("/run/auth.json", exchanges);
        attempt.credential.as_mut().unwrap().key = Clean::new(key);
        attempt
    };
    let entry = |key: &str| StoreEntry {
        place: Clean::new("/run/auth.json"),
        key: Clean::new(key),
        logout: vec![Fix { what: "removes it".into(), command: format!("podman logout {key}") }],
    };
    let forbidden = vec![refused(ExchangeStep::Manifest, 403, "", DENIED)];
    let attempts = vec![anonymous(all_good()), keyed("r/team", all_good()), keyed("r", forbidden)];
    let probe = saw("local", Network::Local, vec![registry()], target(Action::Pull, attempts));
    let mut evidence = evidence(vec![probe], Vec::new());
    evidence.stores = vec![Store {
        image: IMAGE.into(),
        client: "podman".into(),
        files: Vec::new(),
        entries: vec![entry("r/team"), entry("r")],
        empty: Vec::new(),
        failed_helpers: Vec::new(),
        gives_up: false,
    }];
    let report = crate::report::Report::of(&evidence);
    assert_eq!(codes(&report.findings), [Code::StaleCredential]);
    assert_eq!(report.findings[0].fixes[0].command, "podman logout r");
    let refused: Vec<bool> = report.stores[0].entries.iter().map(|entry| entry.refused).collect();
    assert_eq!(refused, [false, true], "a 403 that hides a public image is a refusal, too");
}
