//! Probes beside kubelets: what is made, what is told to whom, and what is done where a probe cannot look.

use std::sync::{Arc, Mutex};

use http::Method;
use regauth::evidence::{CredentialUse, Evidence, Network, Outcome, Probe, ProbeSeen, Step};
use regauth::plan::{CaBundle, Check, ProbePlan};
use regauth::probe::{Task, report};
use regauth::report::Report;
use regauth::run::{Finished, Prepared, pull};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::plan::{IMAGE, RUN, prepared, successes};
use super::server::{Answer, Asked, Fake};
use super::world::{Fate, World, name, with};

const WRONG_PASSWORD: &str = "failed to authorize: failed to fetch oauth token: unexpected status from POST request to \
    https://registry.example.com/token: 401 Unauthorized: incorrect username or password";
const POD_SECURITY: &str = "pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces \
    (hostNetwork=true)";
const FINGERPRINT: &str = "0a1b2c3d";

fn probing(nodes: usize, checks: &[Check]) -> Prepared {
    let mut prepared = prepared(nodes);
    prepared.plan.checks = checks.to_vec();
    prepared.plan.probe =
        Some(ProbePlan { image: "ghcr.io/x/regauth-probe:1".into(), ..ProbePlan::default() });
    prepared
}

async fn run(fake: &Fake, prepared: &Prepared) -> Finished {
    pull(&fake.api, prepared, &(), &CancellationToken::new()).await.unwrap()
}

/// The pods that were asked for.
fn pods(fake: &Fake) -> Vec<Value> {
    fake.asked()
        .iter()
        .filter(|asked| asked.is(&Method::POST, "/pods"))
        .map(|asked| asked.body.clone())
        .collect()
}

fn is_probe(pod: &Value) -> bool {
    pod["spec"]["containers"][0]["name"] == "probe"
}

fn is_on_node_network(pod: &Value) -> bool {
    pod["spec"]["hostNetwork"] == true
}

fn task(pod: &Value) -> Task {
    serde_json::from_str(pod["spec"]["containers"][0]["args"][2].as_str().unwrap()).unwrap()
}

fn logs(fake: &Fake) -> usize {
    fake.count(&Method::GET, "/log")
}

/// What a probe sees that is taken with its credential, or refused.
fn seen(status: u16) -> ProbeSeen {
    let answer = json!({"result": "answered", "status": status, "marks": {"apiVersion": true}});
    let described = json!({"kind": "password", "username": "u", "fingerprint": FINGERPRINT});
    serde_json::from_value(
        json!({"version": "1", "targets": [{"image": IMAGE, "action": "pull", "attempts": [{
        "credential": {"source": "secret/regcred", "key": "registry.example.com", "described": described},
        "exchanges": [{"step": "manifest", "request": "GET /v2/", "tookMs": 1, "result": answer}]}]}]}),
    )
    .unwrap()
}

fn ended(message: &str) -> Value {
    json!({"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://1", "message": message}})
}

fn state(reason: &str, message: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": message}})
}

/// A cluster whose probes end in a state, and whose kubelets meet a fate.
fn cluster(probes: impl Fn(&Value) -> Value + Send + 'static, kubelets: Fate) -> Fake {
    with(move |world, asked| answer(world, asked, &probes, kubelets))
}

fn answer(world: &mut World, asked: &Asked, probes: &impl Fn(&Value) -> Value, kubelets: Fate) -> Answer {
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

fn good(_: &Value) -> Value {
    ended(&report::encode(&seen(200), 4096))
}

fn refused(_: &Value) -> Value {
    ended(&report::encode(&seen(401), 4096))
}

fn ids(evidence: &Evidence) -> Vec<&str> {
    evidence.probes.iter().map(|probe| probe.id.as_str()).collect()
}

fn probe<'a>(evidence: &'a Evidence, id: &str) -> &'a Probe {
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
async fn a_credential_that_the_first_probe_saw_refused_is_not_sent_again() {
    let fake = cluster(refused, Fate::Pulls);
    let mut prepared = probing(3, &[Check::Kubelet, Check::ProbeNode]);
    prepared.plan.one_first = true;
    let finished = run(&fake, &prepared).await;
    let pods = pods(&fake);
    assert!(is_probe(&pods[0]) && task(&pods[0]).refused.is_empty(), "a probe goes first");
    for pod in &pods[1..] {
        if is_probe(pod) {
            let refused = task(pod).refused;
            assert_eq!(
                (refused.len(), refused[0].fingerprint.as_str(), refused[0].on.as_str()),
                (1, FINGERPRINT, "node0")
            );
        } else {
            assert_eq!(pod["spec"]["imagePullSecrets"], json!([{"name": format!("regauth-{RUN}-none")}]));
        }
    }
    let held_back = CredentialUse::HeldBack { refused_on: "node0".into() };
    assert!(finished.evidence.pulls.iter().all(|pull| pull.credential == held_back));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_a_kubelet_saw_refused_is_sent_by_no_probe() {
    // The first probe never looks, so the first kubelet is the one that meets the refusal.
    let fake = cluster(|_| state("ErrImagePull", "no such host"), Fate::Fails(WRONG_PASSWORD));
    let mut prepared = probing(2, &[Check::Kubelet, Check::ProbePod]);
    prepared.plan.one_first = true;
    let finished = run(&fake, &prepared).await;
    let pods = pods(&fake);
    assert_eq!(pods.iter().map(is_probe).collect::<Vec<_>>(), [true, false, true, false]);
    let refused = task(&pods[2]).refused;
    assert_eq!((refused[0].fingerprint.as_str(), refused[0].on.as_str()), ("*", "node0"));
    let held_back = CredentialUse::HeldBack { refused_on: "node0".into() };
    assert_eq!(probe(&finished.evidence, "probe/node1/pod").credential, held_back);
    assert_eq!(pods[3]["spec"]["imagePullSecrets"], json!([{"name": format!("regauth-{RUN}-none")}]));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_refused_for_the_probes_own_image_is_sent_by_no_other_kubelet() {
    let fake = cluster(|_| state("ErrImagePull", WRONG_PASSWORD), Fate::Pulls);
    let mut prepared = probing(4, &[Check::Kubelet, Check::ProbePod]);
    prepared.plan.one_first = true;
    prepared.plan.probe.as_mut().unwrap().image_pull_secrets = vec!["regcred".into()];
    run(&fake, &prepared).await;
    let sends = |pod: &&Value| pod["spec"]["imagePullSecrets"] == json!([{"name": "regcred"}]);
    let pods = pods(&fake);
    assert_eq!((pods.len(), pods.iter().filter(sends).count()), (8, 1));
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

/// When each pod was asked for, in seconds after the first, and whether it is a probe's.
fn times(fake: &Fake) -> Vec<(u64, bool)> {
    let asked = fake.asked();
    let pods: Vec<&Asked> = asked.iter().filter(|asked| asked.is(&Method::POST, "/pods")).collect();
    let after = |pod: &&Asked| pod.at.checked_sub(pods[0].at).unwrap().as_secs();
    pods.iter().map(|pod| (after(pod), is_probe(&pod.body))).collect()
}

#[tokio::test(start_paused = true)]
async fn probes_that_never_looked_do_not_let_the_others_go_side_by_side() {
    let fake = cluster(|_| state("ErrImagePull", "no such host"), Fate::Pulls);
    let mut prepared = probing(6, &[Check::ProbePod]);
    prepared.plan.one_first = true;
    // No kubelet that could tell more.
    prepared.plan.action = regauth::evidence::Action::Push;
    run(&fake, &prepared).await;
    let times: Vec<u64> = times(&fake).into_iter().map(|(at, _)| at).collect();
    assert_eq!(times.len(), 6);
    assert!(times.windows(2).all(|two| two[1] > two[0]), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_kubelet_that_is_asked_in_place_of_probes_that_never_look_opens_the_way() {
    let fake = cluster(|_| state("ErrImagePull", "no such host"), Fate::Pulls);
    let mut prepared = probing(30, &[Check::ProbePod]);
    prepared.plan.one_first = true;
    let finished = run(&fake, &prepared).await;
    let kinds: Vec<bool> = times(&fake).into_iter().map(|(_, is_probe)| is_probe).collect();
    assert_eq!(kinds[..4], [true, true, true, false]);
    assert_eq!(successes(&finished.evidence), 30, "no row is left over when the time is up");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_still_looks_is_waited_for() {
    // It began, and may send the credential at any moment.
    let fake = cluster(|_| json!({"running": {}}), Fate::Pulls);
    let mut prepared = probing(3, &[Check::ProbePod]);
    prepared.plan.one_first = true;
    run(&fake, &prepared).await;
    let own = prepared.plan.timeout_seconds / 3;
    let first = &fake.asked().iter().find(|asked| asked.is(&Method::POST, "/pods")).unwrap().body.clone();
    assert!(task(first).timeout_seconds < own, "its own deadline leaves time for the others");
    let times = times(&fake);
    assert!(times[1].0 > own && times.get(2).is_none_or(|third| third.0 > 2 * own), "{times:?}");
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
async fn a_namespace_without_the_nodes_network_has_its_kubelets_asked() {
    let fake =
        with(|world, asked| match asked.is(&Method::POST, "/pods") && is_on_node_network(&asked.body) {
            true => Answer::status(403, "Forbidden", POD_SECURITY),
            false => answer(world, asked, &good, Fate::Pulls),
        });
    let finished = run(&fake, &probing(4, &[Check::ProbeNode])).await;
    let evidence = &finished.evidence;
    assert_eq!(evidence.probes.len(), 4);
    for probe in &evidence.probes {
        let Outcome::Denied { status: 403, message } = &probe.outcome else { panic!("{probe:?}") };
        assert!(message.as_str().contains("hostNetwork"));
    }
    assert_eq!((successes(evidence), evidence.fell_back_to_kubelets()), (4, true));
    let asked = pods(&fake).iter().filter(|pod| is_on_node_network(pod)).count();
    assert_eq!(asked, 1, "what is refused once for the whole namespace is not asked again");
}

#[tokio::test(start_paused = true)]
async fn a_push_has_no_kubelet_to_fall_back_to() {
    let fake = with(|world, asked| match asked.is(&Method::POST, "/pods") {
        true => Answer::status(
            400,
            "BadRequest",
            "admission webhook \"policy\" denied the request: no hostNetwork",
        ),
        false => answer(world, asked, &good, Fate::Pulls),
    });
    let mut prepared = probing(2, &[Check::ProbeNode]);
    prepared.plan.action = regauth::evidence::Action::Push;
    let finished = run(&fake, &prepared).await;
    assert!(finished.evidence.pulls.is_empty());
    assert!(
        finished
            .evidence
            .probes
            .iter()
            .all(|probe| matches!(probe.outcome, Outcome::Denied { status: 400, .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn probes_without_credentials_run_where_the_nodes_network_is_allowed() {
    let fake = with(|world, asked| {
        let here = asked.path.contains("/namespaces/team/");
        match here && asked.is(&Method::POST, "/pods") && is_on_node_network(&asked.body) {
            true => Answer::status(403, "Forbidden", POD_SECURITY),
            false => answer(world, asked, &good, Fate::Pulls),
        }
    });
    let mut prepared = probing(2, &[Check::ProbeNode]);
    prepared.plan.probe.as_mut().unwrap().node_namespace = Some("regauth-nodes".into());
    // No kubelets: the fake's watches do not tell namespaces apart.
    prepared.plan.action = regauth::evidence::Action::Limits;
    let finished = run(&fake, &prepared).await;
    let evidence = &finished.evidence;
    // What was refused in the plan's namespace and seen in the other is no gap, and has no row.
    assert_eq!(ids(evidence), ["probe/node0/node@regauth-nodes", "probe/node1/node@regauth-nodes"]);
    assert!(evidence.probes.iter().all(|probe| probe.seen().is_some() && probe.namespace == "regauth-nodes"));
    let asked = fake.asked();
    let elsewhere: Vec<&Asked> =
        asked.iter().filter(|asked| asked.path.contains("/namespaces/regauth-nodes/")).collect();
    let made = |end: &str| elsewhere.iter().filter(|asked| asked.is(&Method::POST, end)).count();
    assert_eq!((made("/jobs"), made("/pods")), (1, 2));
    assert!(elsewhere.iter().any(|asked| asked.is(&Method::DELETE, &format!("/jobs/regauth-{RUN}"))));
    for pod in elsewhere.iter().filter(|asked| asked.is(&Method::POST, "/pods")) {
        assert!(pod.body["spec"]["volumes"].is_null() && task(&pod.body).sources.is_empty(), "no credential");
        assert_eq!(pod.body["spec"]["serviceAccountName"], "default");
    }
}

#[tokio::test(start_paused = true)]
async fn probes_in_another_namespace_are_given_nothing_that_is_of_the_first() {
    let fake =
        with(|world, asked| match asked.is(&Method::POST, "/pods") && is_on_node_network(&asked.body) {
            true => Answer::status(403, "Forbidden", POD_SECURITY),
            false => answer(world, asked, &good, Fate::Pulls),
        });
    let mut prepared = probing(1, &[Check::ProbeNode]);
    let probe = prepared.plan.probe.as_mut().unwrap();
    probe.node_namespace = Some("regauth-nodes".into());
    probe.ca_bundle = Some(CaBundle::Secret("corp-ca".into()));
    probe.image_pull_secrets = vec!["own".into()];
    let finished = run(&fake, &prepared).await;
    let asked = fake.asked();
    let elsewhere = asked.iter().filter(|asked| {
        asked.is(&Method::POST, "/pods") && asked.path.contains("/namespaces/regauth-nodes/")
    });
    let pods: Vec<&Asked> = elsewhere.collect();
    assert!(!pods.is_empty() && pods.iter().all(|pod| is_probe(&pod.body)), "no kubelet is asked there");
    for pod in pods {
        assert_eq!(pod.body["spec"]["volumes"], Value::Null);
        assert_eq!(pod.body["spec"]["imagePullSecrets"], json!([{"name": format!("regauth-{RUN}-none")}]));
    }
    let report = Report::of(&finished.evidence);
    let left_out: Vec<&str> = report.not_checked.iter().map(|one| one.what.as_str()).collect();
    for object in ["secret/corp-ca", "secret/own"] {
        let what = format!("{object} by the probes in namespace regauth-nodes");
        assert!(left_out.contains(&what.as_str()), "{left_out:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_namespace_that_is_not_there_is_told_and_the_run_goes_on() {
    let fake = with(|world, asked| match asked.path.contains("/namespaces/nowhere/") {
        true => Answer::status(404, "NotFound", "namespaces \"nowhere\" not found"),
        false if asked.is(&Method::POST, "/pods") && is_on_node_network(&asked.body) => {
            Answer::status(403, "Forbidden", POD_SECURITY)
        }
        false => answer(world, asked, &good, Fate::Pulls),
    });
    let mut prepared = probing(2, &[Check::ProbeNode]);
    prepared.plan.probe.as_mut().unwrap().node_namespace = Some("nowhere".into());
    let finished = run(&fake, &prepared).await;
    assert_eq!(successes(&finished.evidence), 2, "the kubelets were asked");
    let row = probe(&finished.evidence, "probe/node1/node@nowhere");
    let Outcome::Failed { step: Step::Create, message } = &row.outcome else { panic!("{row:?}") };
    assert!(message.as_str().contains("namespaces \"nowhere\" not found"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn where_the_probes_own_image_cannot_be_pulled_kubelets_are_asked_instead() {
    let on_node1 = |pod: &Value| pod["spec"]["nodeName"] == "node1";
    let fake = cluster(
        move |pod| {
            if on_node1(pod) { state("ErrImagePull", "dial tcp: no route to host") } else { good(pod) }
        },
        Fate::Pulls,
    );
    let finished = run(&fake, &probing(3, &[Check::ProbeNode, Check::ProbePod])).await;
    let row = probe(&finished.evidence, "probe/node1/node");
    let Outcome::Failed { step: Step::ProbeImage, message } = &row.outcome else { panic!("{row:?}") };
    assert_eq!(message.as_str(), "dial tcp: no route to host");
    let nodes: Vec<&str> = finished.evidence.pulls.iter().map(|pull| pull.node.as_str()).collect();
    assert_eq!(nodes, ["node1"], "once a node, and only where it is needed");
    assert_eq!(pods(&fake).len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_kubelet_that_is_asked_instead_sends_no_credential_that_was_refused() {
    let on_node1 = |pod: &Value| pod["spec"]["nodeName"] == "node1";
    let fake = cluster(
        move |pod| if on_node1(pod) { state("ErrImagePull", "no route") } else { refused(pod) },
        Fate::Pulls,
    );
    let finished = run(&fake, &probing(2, &[Check::ProbeNode])).await;
    assert_eq!(finished.evidence.pulls[0].credential, CredentialUse::HeldBack { refused_on: "node0".into() });
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
