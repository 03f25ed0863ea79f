//! Whatever the evidence holds, in whatever order.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::build::*;
use crate::diagnose::diagnose;
use crate::evidence::Evidence;
use crate::evidence::node::Pressure;
use crate::evidence::workloads::{Events, FailingPull, PullPolicy, PullState, Workload};
use crate::text::Clean;

const MESSAGES: [&str; 16] = [
    NO_CREDENTIAL,
    WRONG_PASSWORD,
    FORBIDDEN,
    EXPIRED,
    ECR_FORBIDDEN,
    TIMED_OUT,
    REFUSED,
    UNTRUSTED,
    PROXY_DOWN,
    NOT_FOUND,
    NO_SPACE,
    HUB_LIMIT,
    NO_PLATFORM,
    "",
    "the moon is full",
    "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
];
const IMAGES: [&str; 7] =
    [IMAGE, HUB, OFFICIAL, ECR, "registry.example.com/team/app:2", "public.ecr.aws/x/y:1", "No Reference"];
const STATES: [PullState; 7] = [
    PullState::ErrImagePull,
    PullState::ImagePullBackOff,
    PullState::InvalidImageName,
    PullState::ErrImageNeverPull,
    PullState::Other,
    PullState::Pulling,
    PullState::StartedAllTheSame,
];
const NODES: [&str; 4] = ["node1", "node2", "node3", ""];

fn secret_names() -> impl Strategy<Value = Vec<String>> {
    let names = select(vec!["regcred", "dockerhub", "unread", "missing", "empty", "broken"]);
    prop::collection::vec(names.prop_map(str::to_owned), 0..3)
}

fn nodes() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(select(&NODES[..3]).prop_map(str::to_owned), 0..3)
}

fn workload(number: usize) -> impl Strategy<Value = Workload> {
    let policy = select(vec![PullPolicy::Always, PullPolicy::IfNotPresent, PullPolicy::Never]);
    let started = (nodes(), prop::collection::vec(secret_names(), 0..2));
    (select(&IMAGES[..]), secret_names(), started, policy).prop_map(move |(image, names, started, policy)| {
        let mut workload = deploy(&format!("app{number}"), image);
        workload.pull_secrets = names;
        let used = &mut workload.images[0];
        used.started = u32::try_from(started.0.len()).unwrap();
        (used.started_on, used.started_with, used.pull_policy) = (started.0, started.1, policy);
        workload
    })
}

prop_compose! {
    fn pull(workloads: Vec<Workload>)(
        of in any::<Index>(), node in select(&NODES[..]), message in select(&MESSAGES[..]), state in select(&STATES[..]),
        names in secret_names(), quiet in any::<bool>(), number in 0..1000u32,
        events in select(vec![Events::Found, Events::Expired, Events::NotRead]),
    ) -> FailingPull {
        let of = of.get(&workloads);
        let mut pull = if quiet { silent(of, node) } else { waits(of, node, message) };
        pull.pod = format!("{}-{number}", of.name.trim_start_matches("deploy/"));
        pull.id = format!("pod/team/{}/app", pull.pod);
        (pull.state, pull.events) = (state, events);
        if number % 3 == 0 {
            pull.pull_secrets = names;
        }
        pull
    }
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let workloads = [workload(0), workload(1), workload(2), workload(3)].prop_map(|all| all);
    let pulls = workloads.prop_flat_map(|all| {
        let all = all.to_vec();
        (prop::collection::vec(pull(all.clone()), 0..12), Just(all))
    });
    (pulls, secret_names(), any::<bool>()).prop_map(|((pulls, workloads), of_account, pressed)| {
        let pressures: &[Pressure] = if pressed { &[Pressure::Disk] } else { &[Pressure::NotReady] };
        let mut seen: Vec<FailingPull> = Vec::new();
        for pull in pulls {
            if seen.iter().all(|one| one.id != pull.id) {
                seen.push(pull);
            }
        }
        let names: Vec<&str> = of_account.iter().map(String::as_str).collect();
        why(workloads, seen)
            .account(account("default", &names))
            .node(node("node1", pressures, &[IMAGE]))
            .node(node("node2", &[], &[IMAGE, "docker.io/library/redis:7"]))
            .secrets(kept_secrets())
    })
}

/// The same each time, but for the fingerprints, which are random.
fn kept_secrets() -> Vec<crate::evidence::workloads::PullSecret> {
    vec![
        secret("regcred", &["registry.example.com"]),
        secret("dockerhub", &["https://index.docker.io/v1/"]),
        unread("unread"),
        secret_of("empty", "{\"auths\": {\"registry.example.com\": {}}}"),
        secret_of("broken", "{\"auths\": {\"registry.example.com\": {\"auth\": \"!!\"}}}"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn findings_do_not_depend_on_the_order_of_the_evidence(
        (evidence, shuffled) in evidence().prop_flat_map(|evidence| {
            let seen = evidence.workloads.clone().unwrap();
            let orders = (
                Just(seen.failing).prop_shuffle(),
                Just(seen.workloads).prop_shuffle(),
                Just(seen.secrets).prop_shuffle(),
                Just(evidence.nodes.clone()).prop_shuffle(),
            );
            let other = evidence.clone();
            let shuffled = orders.prop_map(move |(failing, workloads, secrets, nodes)| {
                let mut other = other.clone();
                let seen = other.workloads.as_mut().unwrap();
                (seen.failing, seen.workloads, seen.secrets) = (failing, workloads, secrets);
                other.nodes = nodes;
                other
            });
            (Just(evidence), shuffled)
        }),
    ) {
        prop_assert_eq!(judged(&evidence), judged(&shuffled));
    }

    #[test]
    fn every_pull_whose_container_waits_is_in_a_finding_that_is_no_remark(evidence in evidence()) {
        let found = judged(&evidence);
        let seen = evidence.workloads.unwrap();
        for pull in seen.failing.iter().filter(|pull| pull.state != PullState::StartedAllTheSame) {
            let told = found.iter().any(|one| {
                one.evidence.contains(&pull.id) && one.code != crate::code::Code::CachedImageHidesFailure
            });
            prop_assert!(told, "{}", pull.id);
        }
    }

    #[test]
    fn no_finding_is_certain_of_one_cause_and_names_others(evidence in evidence()) {
        for finding in judged(&evidence) {
            prop_assert!(!finding.certain || finding.also_possible.is_empty(), "{finding:?}");
            prop_assert!(finding.certain || finding.settle_by.is_some(), "{finding:?}");
            prop_assert!(!finding.also_possible.contains(&finding.code), "{finding:?}");
            prop_assert!(!finding.subject.name.ends_with('/'), "{finding:?}");
        }
    }

    #[test]
    fn no_text_makes_a_rule_panic(image in "\\PC{0,80}|[a-z./:@A-Z0-9 $`']{0,60}", message in "\\PC{0,300}",
        node in "\\PC{0,10}", state in select(&STATES[..])) {
        let mut web = deploy("web", &image);
        web.images[0].started = 2;
        let mut pull = waits(&web, &node, "");
        (pull.message, pull.state) = (Some(Clean::new(&message)), state);
        let found = diagnose(&why(vec![web], vec![pull.clone()]));
        prop_assert!(state == PullState::StartedAllTheSame || !found.is_empty());
        let commands = found.iter().flat_map(|one| &one.fixes).map(|fix| fix.command.as_str());
        prop_assert!(commands.clone().all(|command| !command.contains('`') && !command.contains('\n')));
    }
}
