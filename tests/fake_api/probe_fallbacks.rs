//! What is done where a probe cannot look.

use http::Method;
use regauth::evidence::{Outcome, Step};
use regauth::plan::{CaBundle, Check};
use regauth::report::Report;
use serde_json::{Value, json};

use super::plan::{RUN, successes};
use super::probes::*;
use super::server::{Answer, Asked};
use super::world::{Fate, with};

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
async fn certificates_that_are_in_no_configmap_of_the_namespace_are_named_and_the_run_goes_on() {
    const NOT_THERE: &str = "MountVolume.SetUp failed for volume \"ca\" : configmap \"nope\" not found";
    let fake = with(|world, asked| match asked.is(&Method::POST, "/pods") && is_probe(&asked.body) {
        true => {
            world.event(&asked.body, "FailedMount", NOT_THERE);
            Answer::Json(201, asked.body.clone())
        }
        false => world.answer(asked, Fate::Pulls),
    });
    let mut prepared = probing(1, &[Check::Kubelet, Check::ProbePod]);
    prepared.plan.probe.as_mut().unwrap().ca_bundle = Some(CaBundle::ConfigMap("nope".into()));
    let finished = run(&fake, &prepared).await;
    let pod = pods(&fake).into_iter().find(is_probe).unwrap();
    assert!(pod["spec"]["volumes"].to_string().contains("\"name\":\"nope\""), "{}", pod["spec"]["volumes"]);
    assert_eq!(successes(&finished.evidence), 1, "the kubelet's row is there");
    let findings = Report::of(&finished.evidence).findings;
    let named: Vec<&str> = findings.iter().map(|one| one.subject.name.as_str()).collect();
    assert_eq!(named, ["configmap/nope"]);
    assert_eq!(findings[0].settle_by.as_deref(), Some("kubectl -n team get configmap nope"));
    assert_eq!(findings[0].messages[0].as_str(), NOT_THERE);
}
