//! Probes beside kubelets: what is made, and what becomes of a result.

use std::sync::{Arc, Mutex};

use http::Method;
use regauth::evidence::{Evidence, Network, Probe, ProbeSeen};
use regauth::plan::{Check, ProbePlan};
use regauth::probe::{Task, report};
use regauth::run::{Finished, Prepared, pull};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::plan::{IMAGE, RUN, prepared, successes};
use super::server::{Answer, Asked, Fake};
use super::world::{Fate, World, name, with};

pub(super) const WRONG_PASSWORD: &str = "failed to authorize: failed to fetch oauth token: unexpected status from POST request to \
    https://registry.example.com/token: 401 Unauthorized: incorrect username or password";
pub(super) const POD_SECURITY: &str = "pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces \
    (hostNetwork=true)";
pub(super) const FINGERPRINT: &str = "0a1b2c3d";

pub(super) fn probing(nodes: usize, checks: &[Check]) -> Prepared {
    let mut prepared = prepared(nodes);
    prepared.plan.checks = checks.to_vec();
    prepared.plan.probe =
        Some(ProbePlan { image: "ghcr.io/x/regauth-probe:1".into(), ..ProbePlan::default() });
    prepared
}

pub(super) async fn run(fake: &Fake, prepared: &Prepared) -> Finished {
    pull(&fake.api, prepared, &(), &CancellationToken::new()).await.unwrap()
}

/// The pods that were asked for.
pub(super) fn pods(fake: &Fake) -> Vec<Value> {
    fake.asked()
        .iter()
        .filter(|asked| asked.is(&Method::POST, "/pods"))
        .map(|asked| asked.body.clone())
        .collect()
}

pub(super) fn is_probe(pod: &Value) -> bool {
    pod["spec"]["containers"][0]["name"] == "probe"
}

pub(super) fn is_on_node_network(pod: &Value) -> bool {
    pod["spec"]["hostNetwork"] == true
}

pub(super) fn task(pod: &Value) -> Task {
    serde_json::from_str(pod["spec"]["containers"][0]["args"][2].as_str().unwrap()).unwrap()
}

pub(super) fn logs(fake: &Fake) -> usize {
    fake.count(&Method::GET, "/log")
}

/// What a probe sees that is taken with its credential, or refused.
pub(super) fn seen(status: u16) -> ProbeSeen {
    let answer = json!({"result": "answered", "status": status, "marks": {"apiVersion": true}});
    let described = json!({"kind": "password", "username": "u", "fingerprint": FINGERPRINT});
    serde_json::from_value(
        json!({"version": "1", "targets": [{"image": IMAGE, "action": "pull", "attempts": [{
        "credential": {"source": "secret/regcred", "key": "registry.example.com", "described": described},
        "exchanges": [{"step": "manifest", "request": "GET /v2/", "tookMs": 1, "result": answer}]}]}]}),
    )
    .unwrap()
}

pub(super) fn ended(message: &str) -> Value {
    json!({"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://1", "message": message}})
}

pub(super) fn state(reason: &str, message: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": message}})
}

/// A cluster whose probes end in a state, and whose kubelets meet a fate.
pub(super) fn cluster(probes: impl Fn(&Value) -> Value + Send + 'static, kubelets: Fate) -> Fake {
    with(move |world, asked| answer(world, asked, &probes, kubelets))
}

pub(super) fn answer(
    world: &mut World,
    asked: &Asked,
    probes: &impl Fn(&Value) -> Value,
    kubelets: Fate,
) -> Answer {
    if !asked.is(&Method::POST, "/pods") || !is_probe(&asked.body) {
        return world.answer(asked, kubelets);
    }
    let mut pod = asked.body.clone();
    let node = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0";
    pod["spec"]["nodeName"] = pod.pointer(node).cloned().unwrap();
    pod["status"] =
        json!({"phase": "Succeeded", "containerStatuses": [{"name": "probe", "state": probes(&pod)}]});
    world.tell_pods(json!({"type": "MODIFIED", "object": pod}));
    Answer::Json(201, asked.body.clone())
}

pub(super) fn good(_: &Value) -> Value {
    ended(&report::encode(&seen(200), 4096))
}

pub(super) fn refused(_: &Value) -> Value {
    ended(&report::encode(&seen(401), 4096))
}

pub(super) fn ids(evidence: &Evidence) -> Vec<&str> {
    evidence.probes.iter().map(|probe| probe.id.as_str()).collect()
}

pub(super) fn probe<'a>(evidence: &'a Evidence, id: &str) -> &'a Probe {
    evidence.probes.iter().find(|probe| probe.id == id).unwrap()
}

#[tokio::test(start_paused = true)]
async fn probes_and_kubelets_share_one_run_and_its_two_watches() {
    let fake = cluster(good, Fate::Pulls);
    let finished = run(&fake, &probing(2, &[Check::Kubelet, Check::ProbeNode, Check::ProbePod])).await;
    let evidence = &finished.evidence;
    assert_eq!(ids(evidence), ["probe/node0/node", "probe/node0/pod", "probe/node1/node", "probe/node1/pod"]);
    assert_eq!((successes(evidence), evidence.pulls.len()), (2, 2));
    for probe in &evidence.probes {
        assert_eq!((probe.seen(), probe.namespace.as_str()), (Some(&seen(200)), "team"));
        assert!(probe.seen_at.is_some() && probe.pod.starts_with(&format!("regauth-{RUN}-")));
    }
    assert_eq!(evidence.probes[1].network, Network::Pod);
    assert!(!evidence.fell_back_to_kubelets());
    let gets = fake.asked().iter().filter(|asked| asked.method == Method::GET).count();
    assert_eq!((pods(&fake).len(), gets, logs(&fake)), (6, 3, 0));
    assert_eq!(fake.count(&Method::POST, "/jobs"), 1);
    assert_eq!(fake.count(&Method::DELETE, &format!("/jobs/regauth-{RUN}")), 1);
    assert!(finished.left_behind.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_a_run_creates_holds_no_credential() {
    let fake = cluster(good, Fate::Pulls);
    run(&fake, &probing(2, &[Check::Kubelet, Check::ProbeNode, Check::ProbePod])).await;
    for asked in fake.asked().iter().filter(|asked| asked.method == Method::POST) {
        let text = asked.body.to_string();
        for word in ["secretKeyRef", "stringData", "dockerconfigjson", "auths", "password"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let of_probe = pods(&fake).into_iter().find(is_probe).unwrap();
    assert_eq!(of_probe["spec"]["volumes"][0]["secret"]["secretName"], "regcred");
    assert_eq!(task(&of_probe).sources[0].name, "secret/regcred");
}

#[tokio::test(start_paused = true)]
async fn later_probes_know_of_the_containers_that_webhooks_put_in() {
    let fake = with(|world, asked| match answer(world, asked, &good, Fate::Pulls) {
        Answer::Json(201, mut pod) if is_probe(&asked.body) => {
            let containers = pod["spec"]["containers"].as_array_mut().unwrap();
            containers.extend(["a", "b", "c"].map(|name| json!({"name": name, "image": "mesh"})));
            Answer::Json(201, pod)
        }
        other => other,
    });
    run(&fake, &probing(2, &[Check::ProbePod])).await;
    let room: Vec<usize> = pods(&fake).iter().map(|pod| task(pod).message_bytes).collect();
    assert_eq!(room, [4096, 3072]);
}

/// Probes whose messages had no room for all; their logs are answered as given.
fn cut(log: impl Fn() -> Answer + Send + 'static) -> Fake {
    with(move |world, asked| match asked.path.ends_with("/log") {
        true => log(),
        false => {
            let cut = ProbeSeen { truncated: vec!["details".into()], ..seen(200) };
            answer(world, asked, &|_| ended(&report::whole(&cut)), Fate::Pulls)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_cut_result_is_read_whole_from_the_log_before_the_pod_is_deleted() {
    let log = || Answer::Raw(200, vec![], format!("a warning\n{}\n", report::whole(&seen(200))));
    let fake = cut(log);
    let finished = run(&fake, &probing(2, &[Check::ProbeNode])).await;
    assert!(finished.evidence.probes.iter().all(|probe| probe.seen() == Some(&seen(200))));
    let asked = fake.asked();
    let at = |wanted: &dyn Fn(&Asked) -> bool| asked.iter().position(wanted).unwrap();
    let read = at(&|asked| asked.path.ends_with(&format!("/pods/regauth-{RUN}-0/log")));
    let deleted = at(&|asked| asked.is(&Method::DELETE, "/pods"));
    assert!(read < deleted);
    assert_eq!((asked[read].query("container"), asked[read].query("limitBytes")), ("probe", "1048576"));
    assert_eq!(asked.iter().filter(|asked| asked.path.ends_with("/log")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_may_not_read_logs_gets_the_cut_result_and_asks_once() {
    let fake = cut(|| Answer::status(403, "Forbidden", "no logs for you"));
    let finished = run(&fake, &probing(5, &[Check::ProbeNode])).await;
    for probe in &finished.evidence.probes {
        assert_eq!(probe.seen().unwrap().truncated, ["details"]);
    }
    assert_eq!(logs(&fake), 1);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_never_comes_does_not_hold_up_the_run() {
    let fake = cut(|| Answer::Silence);
    let finished = run(&fake, &probing(1, &[Check::ProbeNode])).await;
    assert_eq!(finished.evidence.probes[0].seen().unwrap().truncated, ["details"]);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_wants_more_resources_is_asked_once_for_each_kind_of_pod() {
    let tried: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = tried.clone();
    let fake = with(move |world, asked| {
        if asked.is(&Method::POST, "/pods") && asked.body["spec"]["containers"][0]["resources"] != Value::Null
        {
            log.lock().unwrap().push(name(&asked.body));
            if !is_probe(&asked.body) {
                return Answer::status(403, "Forbidden", "minimum memory usage per Container is 16Mi");
            }
        }
        answer(world, asked, &good, Fate::Pulls)
    });
    let finished = run(&fake, &probing(3, &[Check::Kubelet, Check::ProbePod])).await;
    assert_eq!((successes(&finished.evidence), finished.evidence.probes.len()), (3, 3));
    let mut tried = tried.lock().unwrap().clone();
    tried.sort();
    let expected = [0, 1, 2, 4].map(|index| format!("regauth-{RUN}-{index}"));
    assert_eq!(tried, expected, "all probes, and the first kubelet");
}
