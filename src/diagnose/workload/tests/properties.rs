//! What holds for any evidence.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::build::*;
use crate::code::Code;
use crate::evidence::workloads::{PullSecret, ServiceAccount, Workload, Workloads};
use crate::evidence::{Evidence, LastSeen, Outcome, Step};
use crate::finding::Severity;
use crate::registry::keyring::TYPE_DOCKER_CONFIG_JSON;
use crate::report::{ExitStatus, Report, Row};
use crate::text::Clean;

const IMAGES: [&str; 5] = [
    APP,
    "registry.example.com:5000/team/app:1",
    "docker.io/library/nginx:1",
    "public.ecr.aws/nginx/nginx:1",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1",
];
const KEYS: [&str; 5] = [
    "registry.example.com",
    "https://index.docker.io/v1/",
    "public.ecr.aws",
    "*.dkr.ecr.eu-west-1.amazonaws.com",
    "registry-1.docker.io",
];
const NAMES: [&str; 3] = ["regcred", "ecr", "laptop"];
const SPACES: [&str; 2] = ["a", "b"];

fn any_workload(number: usize) -> impl Strategy<Value = Workload> {
    let names = vec(select(&NAMES[..]), 0..3);
    let images = vec(select(&IMAGES[..]), 1..3);
    (select(&SPACES[..]), names, images, 0..4_u8, any::<bool>()).prop_map(
        move |(space, mut names, mut images, runs, builds)| {
            names.dedup();
            images.dedup();
            let workload = deploy(&format!("{space}/w{number}")).names(&names).of(&images);
            let workload = match runs {
                0 => workload.runs(),
                1 => workload.runs_with(&[]).always(),
                _ => workload,
            };
            if builds && number == 0 { workload.builds(kaniko()) } else { workload }
        },
    )
}

fn any_secret(space: &'static str, name: &'static str) -> impl Strategy<Value = PullSecret> {
    let path = format!("{space}/{name}");
    (0..8_u8, vec(select(&KEYS[..]), 1..3), 0..3_i64, any::<bool>()).prop_map(
        move |(kind, keys, hours, old)| match kind {
            0 => absent(&path, &["elsewhere"]),
            1 => raw(&path, "Opaque", "{}"),
            2 => raw(&path, TYPE_DOCKER_CONFIG_JSON, "{"),
            3 => raw(&path, TYPE_DOCKER_CONFIG_JSON, r#"{"auths":{"registry.example.com":{}}}"#),
            4 => secret(&path, &keys).ends(ago(60 * (hours - 1))),
            5 => secret_of(&path, &[(keys[0], "ci", if old { "old-password" } else { "new-password" })]),
            _ => secret(&path, &keys),
        },
    )
}

fn any_account(space: &'static str) -> impl Strategy<Value = ServiceAccount> {
    vec(select(&NAMES[..]), 0..2).prop_map(move |names| account(&format!("{space}/default"), &names))
}

prop_compose! {
    fn any_cluster()(
        workloads in (any_workload(0), any_workload(1), any_workload(2), any_workload(3)),
        secrets in (
            any_secret("a", "regcred"), any_secret("a", "ecr"), any_secret("a", "laptop"),
            any_secret("b", "regcred"), any_secret("b", "ecr"), any_secret("b", "laptop"),
        ),
        accounts in (any_account("a"), any_account("b")),
        messages in vec(select(&[None, Some(DENIED), Some(TIMED_OUT), Some(LIMITED), Some("")][..]), 4),
        is_why in any::<bool>(),
    ) -> Evidence {
        let (w0, w1, w2, w3) = workloads;
        let (s0, s1, s2, s3, s4, s5) = secrets;
        let mut evidence =
            with_accounts(vec![w0, w1, w2, w3], vec![s0, s1, s2, s3, s4, s5], vec![accounts.0, accounts.1]);
        let seen = evidence.workloads.as_mut().unwrap();
        let failing = seen.workloads.iter().zip(&messages);
        seen.failing =
            failing.filter_map(|(workload, message)| Some(failing_of(workload, (*message)?, seen))).collect();
        if is_why { why(evidence) } else { evidence }
    }
}

fn failing_of(
    workload: &Workload,
    message: &str,
    seen: &Workloads,
) -> crate::evidence::workloads::FailingPull {
    let mut pull = failing(workload, message);
    if pull.pull_secrets.is_empty() {
        let account = seen.service_account(&workload.namespace, &workload.service_account);
        pull.pull_secrets = account.unwrap().seen().unwrap().pull_secrets.clone();
    }
    pull
}

/// What of a finding may not depend on any order.
type Told = (Severity, Code, bool, String, String, BTreeSet<String>, BTreeSet<String>);

fn judged(evidence: &Evidence) -> BTreeSet<Told> {
    let set = |items: Vec<String>| items.into_iter().collect::<BTreeSet<_>>();
    let told = found(evidence).into_iter().map(|one| {
        let (subject, evidence) = (one.subject, set(one.evidence));
        (one.severity, one.code, one.certain, subject.name, one.cause, set(subject.images), evidence)
    });
    told.collect()
}

/// The exit status of a report that has a row for what it tested.
fn status(evidence: &Evidence) -> ExitStatus {
    let mut report = Report::of(evidence);
    let row = serde_json::json!({"kind": "Limit", "node": "", "network": "node", "registry": "r"});
    report.results.extend(serde_json::from_value::<Row>(row));
    if report.results.is_empty() {
        let pulls = crate::diagnose::tests::build::evidence(vec![crate::diagnose::tests::build::pulled("n")]);
        report.results = Report::of(&pulls).results;
    }
    report.exit_status(Some(Severity::Warning))
}

/// What a check may end in instead.
fn any_end<T: Clone>(end: u8) -> Outcome<T> {
    match end {
        0 => Outcome::Denied { status: 403, message: Clean::new("forbidden") },
        1 => Outcome::Failed { step: Step::Read, message: Clean::new("connection reset") },
        _ => Outcome::TimedOut { after_ms: 1, last_seen: LastSeen::Planned },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn findings_do_not_depend_on_the_order_of_the_evidence(
        evidence in any_cluster(),
        turns in vec(0..6_usize, 4),
    ) {
        let mut turned = evidence.clone();
        let seen = turned.workloads.as_mut().unwrap();
        seen.workloads.rotate_left(turns[0] % 4);
        seen.workloads.swap(0, turns[3] % 4);
        seen.secrets.rotate_left(turns[1]);
        seen.secrets.reverse();
        seen.service_accounts.reverse();
        seen.failing.reverse();
        prop_assert_eq!(judged(&turned), judged(&evidence));
    }

    #[test]
    fn what_was_not_read_never_passes_for_healthy(
        evidence in any_cluster(),
        place in 0..64_usize,
        end in 0..4_u8,
    ) {
        let mut evidence = evidence;
        let is_why = evidence.plan.action == crate::evidence::Action::Why;
        let seen = evidence.workloads.as_mut().unwrap();
        let named = named_secrets(seen);
        let remove = end == 3;
        match place % 3 {
            0 => {
                let at = place % seen.reads.len();
                if remove { seen.reads.remove(at); } else { seen.reads[at].outcome = any_end(end); }
            }
            1 => {
                let at = place % seen.secrets.len();
                if remove {
                    // One that nobody names was not asked for, nor what names it where nothing fails.
                    let space = &seen.secrets[at].namespace;
                    let matters = !is_why || seen.failing.iter().any(|pull| pull.namespace == *space);
                    prop_assume!(matters && named.contains(&seen.secrets[at].id));
                    seen.secrets.remove(at);
                } else {
                    seen.secrets[at].outcome = any_end(end);
                }
            }
            _ => {
                let at = place % seen.service_accounts.len();
                let space = seen.service_accounts[at].namespace.clone();
                if remove {
                    prop_assume!(seen.workloads.iter().any(|one| one.namespace == space));
                    seen.service_accounts.remove(at);
                } else {
                    seen.service_accounts[at].outcome = any_end(end);
                }
            }
        }
        prop_assert_ne!(status(&evidence), ExitStatus::Healthy);
    }

    #[test]
    fn evidence_survives_a_round_trip_and_is_judged_the_same_again(evidence in any_cluster()) {
        let read: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
        prop_assert_eq!(judged(&read), judged(&evidence));
    }

    #[test]
    fn no_name_of_an_image_or_secret_panics(image in "\\PC{0,40}", name in "\\PC{0,12}", key in "\\PC{0,30}") {
        let mut workload = deploy("a/web").of(&[&image]);
        workload.pull_secrets = vec![name.clone()];
        let evidence = all_fail(audit(vec![workload], vec![secret("a/regcred", &[&key]), absent("a/x", &[])]), &image);
        prop_assert!(found(&evidence).len() < 9);
    }
}

/// Ids of the pull secrets that workloads and their ServiceAccounts name.
fn named_secrets(seen: &Workloads) -> BTreeSet<String> {
    let of = |workload: &Workload| {
        let account = seen.service_account(&workload.namespace, &workload.service_account);
        let by_account = account.and_then(ServiceAccount::seen).map(|one| one.pull_secrets.clone());
        let names = match workload.pull_secrets.is_empty() {
            true => by_account.unwrap_or_default(),
            false => workload.pull_secrets.clone(),
        };
        let id = |name: String| format!("secret/{}/{name}", workload.namespace);
        names.into_iter().map(id).collect::<Vec<_>>()
    };
    seen.workloads.iter().flat_map(of).collect()
}

#[test]
fn a_healthy_cluster_that_was_read_whole_is_healthy() {
    assert_eq!(status(&super::healthy::cluster()), ExitStatus::Healthy);
}
