//! What a run would create.

use serde_json::{Value, json};

use super::build::*;
use crate::evidence::CredentialUse;
use crate::plan::{Check, DockerConfigSource, Plan, PlannedNode, ProbePlan, SecretSource};
use crate::run::manifest::{self, Order, Resources, is_placeholder};
use crate::run::manifests;

fn pod() -> Value {
    let prepared = prepared(&[IMAGE, SIBLING]);
    let order = Order::planned(&prepared.plan, 1, "node2", Check::Kubelet);
    manifest::pod(&prepared, &order, Some("job-uid"), Resources::Stated)
}

#[test]
fn pods_keep_to_the_restricted_pod_security_level() {
    for object in
        [pod()["spec"].clone(), manifest::job(&plan(&[IMAGE]), RUN)["spec"]["template"]["spec"].clone()]
    {
        assert_eq!(object["securityContext"]["runAsNonRoot"], true);
        assert_eq!(object["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        for name in ["hostNetwork", "hostPID", "hostIPC", "volumes", "nodeName"] {
            assert!(object[name].is_null(), "{name}");
        }
        for container in object["containers"].as_array().unwrap() {
            let context = &container["securityContext"];
            assert_eq!(context["allowPrivilegeEscalation"], false);
            assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
            assert!(context["privileged"].is_null() && context["runAsUser"].is_null());
            assert!(container["ports"].is_null() && container["volumeMounts"].is_null());
        }
    }
}

#[test]
fn nothing_of_an_image_can_start() {
    let containers = pod()["spec"]["containers"].as_array().unwrap().clone();
    assert_eq!(containers.len(), 2);
    for (index, container) in containers.iter().enumerate() {
        assert_eq!(container["name"], format!("image-{index}"));
        assert_eq!(container["imagePullPolicy"], "Always");
        let reference = &container["env"][0]["valueFrom"]["configMapKeyRef"];
        assert_eq!(reference["name"], "regauth-abcd2345-absent");
        assert!(!reference["key"].as_str().unwrap().is_empty());
        assert!(reference["optional"].is_null(), "an optional key would let it start");
        assert!(container["command"].is_null() && container["args"].is_null());
    }
    assert_eq!((&containers[0]["image"], &containers[1]["image"]), (&json!(IMAGE), &json!(SIBLING)));
}

#[test]
fn a_pod_goes_to_its_node_whatever_its_taints_and_cordon() {
    let pod = pod();
    assert_eq!(pod["spec"]["tolerations"], json!([{"operator": "Exists"}]));
    let terms =
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let expected =
        json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node2"]}]}]);
    assert_eq!(pod.pointer(terms), Some(&expected));
}

#[test]
fn the_job_owns_the_pods_and_ends_by_itself() {
    let owner =
        json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "regauth-abcd2345", "uid": "job-uid"}]);
    assert_eq!(pod()["metadata"]["ownerReferences"], owner, "not as its controller");
    let job = manifest::job(&plan(&[IMAGE]), RUN);
    assert_eq!(job["spec"]["parallelism"], 0);
    assert_eq!(
        (&job["spec"]["activeDeadlineSeconds"], &job["spec"]["ttlSecondsAfterFinished"]),
        (&json!(180), &json!(10))
    );
    assert_eq!(pod()["spec"]["activeDeadlineSeconds"], 180);
    assert_eq!(pod()["spec"]["terminationGracePeriodSeconds"], 0);
}

#[test]
fn the_jobs_template_has_a_container_also_where_no_image_is_under_test() {
    let image = "registry.example.com/regauth-probe:1";
    let probe = Some(ProbePlan { image: image.into(), ..ProbePlan::default() });
    let job = manifest::job(&Plan { probe, ..plan(&[]) }, RUN);
    let containers = &job["spec"]["template"]["spec"]["containers"];
    assert_eq!((containers.as_array().map(Vec::len), &containers[0]["image"]), (Some(1), &json!(image)));
}

#[test]
fn pods_are_found_by_run_and_row_and_never_by_a_service() {
    let pod = pod();
    let labels = &pod["metadata"]["labels"];
    assert_eq!((&labels["regauth/run"], &labels["regauth/row"]), (&json!(RUN), &json!("1")));
    assert_eq!(labels["app.kubernetes.io/managed-by"], "kubectl-regauth");
    assert_eq!(labels["sidecar.istio.io/inject"], "false");
    assert_eq!(pod["spec"]["readinessGates"][0]["conditionType"], "regauth/never-ready");
    assert_eq!(pod["spec"]["automountServiceAccountToken"], false);
}

#[test]
fn pull_secrets_are_named_as_their_source_asks() {
    let secrets = |source, credential: &CredentialUse| {
        let mut prepared = prepared(&[IMAGE]);
        prepared.plan.identity.source = source;
        prepared.plan.identity.pull_secrets = vec!["a".into(), "b".into()];
        let mut order = Order::planned(&prepared.plan, 0, "node1", Check::Kubelet);
        order.credential = credential.clone();
        manifest::pod(&prepared, &order, None, Resources::Stated)["spec"]["imagePullSecrets"].clone()
    };
    let own = json!([{"name": "a"}, {"name": "b"}]);
    let none = json!([{"name": "regauth-abcd2345-none"}]);
    let planned = CredentialUse::AsPlanned;
    assert_eq!(secrets(SecretSource::Workload, &planned), own);
    assert_eq!(secrets(SecretSource::Given, &planned), own);
    assert_eq!(secrets(SecretSource::ServiceAccount, &planned), Value::Null, "admission copies them");
    assert_eq!(secrets(SecretSource::Disabled, &planned), none);
    let held_back = CredentialUse::HeldBack { refused_on: "node2".into() };
    for source in
        [SecretSource::Workload, SecretSource::Given, SecretSource::ServiceAccount, SecretSource::Disabled]
    {
        assert_eq!(secrets(source, &held_back), none, "{source:?}");
    }
    assert!(
        is_placeholder("regauth-abcd2345-none", RUN) && !is_placeholder("regauth-abcd2345-none", "other")
    );
}

#[test]
fn no_manifest_holds_or_mounts_a_secret() {
    let text = serde_json::to_string(&manifests(&prepared(&[IMAGE, SIBLING]))).unwrap();
    for word in
        ["secretKeyRef", "secretRef", "\"secretName\"", "dockerconfigjson", "stringData", "\"Secret\""]
    {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn resources_are_stated_or_left_to_the_namespace() {
    let with = |resources| {
        let prepared = prepared(&[IMAGE]);
        let order = Order::planned(&prepared.plan, 0, "n", Check::Kubelet);
        let pod = manifest::pod(&prepared, &order, None, resources);
        pod["spec"]["containers"][0]["resources"].clone()
    };
    let stated = with(Resources::Stated);
    for kind in ["requests", "limits"] {
        for name in ["cpu", "memory", "ephemeral-storage"] {
            assert!(stated[kind][name].is_string(), "{kind} of {name}");
        }
    }
    assert_eq!(with(Resources::Unstated), Value::Null);
}

#[test]
fn a_dry_run_prints_the_job_and_a_pod_for_each_tested_node() {
    let all = manifests(&prepared(&[IMAGE]));
    let names: Vec<_> = all.iter().map(|one| one["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["regauth-abcd2345", "regauth-abcd2345-0", "regauth-abcd2345-1"]);
    assert!(all.iter().all(|one| one["metadata"]["namespace"] == "team"));
    assert!(all[1]["metadata"]["ownerReferences"].is_null(), "there is no uid yet");
}

#[test]
fn one_goes_first_where_more_than_three_pods_could_send_a_credential() {
    let with = |nodes: usize, checks: &[Check], change: &dyn Fn(&mut Plan)| {
        let mut plan = plan(&[IMAGE]);
        plan.nodes = (0..nodes).map(|index| PlannedNode { name: format!("n{index}"), skip: None }).collect();
        plan.checks = checks.to_vec();
        change(&mut plan);
        plan.should_go_one_first()
    };
    let all = [Check::Kubelet, Check::ProbeNode, Check::ProbePod];
    assert!(!with(3, &all[..1], &|_| {}) && with(4, &all[..1], &|_| {}));
    assert!(!with(1, &all, &|_| {}) && with(2, &all, &|_| {}), "each pod sends it");
    let none = |plan: &mut Plan| plan.identity.pull_secrets.clear();
    assert!(!with(9, &all, &none), "there is nothing to send");
    let for_image = |plan: &mut Plan| {
        none(plan);
        plan.probe = Some(ProbePlan { image_pull_secrets: vec!["own".into()], ..ProbePlan::default() });
    };
    assert!(with(2, &all, &for_image));
    let builders = |plan: &mut Plan| {
        none(plan);
        let source = DockerConfigSource {
            secret: "push".into(),
            config_map: String::new(),
            key: "config.json".into(),
            mounted_at: String::new(),
        };
        plan.probe = Some(ProbePlan { docker_configs: vec![source], ..ProbePlan::default() });
    };
    assert!(with(4, &all[1..2], &builders));
}
