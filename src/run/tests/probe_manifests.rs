//! Pods of probes, and what they are told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::build::*;
use crate::evidence::{Action, CredentialUse, Node};
use crate::plan::{CaBundle, Check, DockerConfigSource, ProbePlan};
use crate::probe::{Reader, Refused, Task};
use crate::run::manifest::{self, Order, Resources};
use crate::run::{Prepared, manifests};

pub(super) fn probing(change: impl FnOnce(&mut ProbePlan)) -> Prepared {
    let mut prepared = prepared(&[IMAGE, SIBLING]);
    prepared.plan.checks = vec![Check::Kubelet, Check::ProbePod, Check::ProbeNode];
    let mut probe = ProbePlan { image: "ghcr.io/x/regauth-probe:1".into(), ..ProbePlan::default() };
    change(&mut probe);
    prepared.plan.probe = Some(probe);
    prepared
}

pub(super) fn pod(prepared: &Prepared, check: Check) -> Value {
    let order = Order::planned(&prepared.plan, 4, "node2", check);
    manifest::pod(prepared, &order, Some("job-uid"), Resources::Stated)
}

fn task(pod: &Value) -> Task {
    let arguments = pod["spec"]["containers"][0]["args"].as_array().unwrap();
    assert_eq!((arguments.len(), &arguments[0], &arguments[1]), (3, &json!("probe"), &json!("--task")));
    serde_json::from_str(arguments[2].as_str().unwrap()).unwrap()
}

#[test]
fn each_node_gets_its_probes_before_its_kubelet() {
    let prepared = probing(|_| {});
    let pods = prepared.plan.pods();
    let of_node1 = [("node1", Check::ProbePod), ("node1", Check::ProbeNode), ("node1", Check::Kubelet)];
    assert_eq!((pods.len(), &pods[..3]), (6, &of_node1[..]));
    let names: Vec<_> = manifests(&prepared)
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap().to_string())
        .collect();
    assert_eq!((names.len(), names[6].as_str()), (7, "regauth-abcd2345-5"));
}

#[test]
fn this_machine_gets_no_pod() {
    let mut prepared = probing(|_| {});
    prepared.plan.checks = vec![Check::ProbeLocal];
    assert!(prepared.plan.pods().is_empty());
}

#[test]
fn a_probe_is_one_container_that_keeps_to_the_restricted_level_but_for_the_nodes_network() {
    for (check, host_network, dns) in
        [(Check::ProbeNode, json!(true), json!("Default")), (Check::ProbePod, Value::Null, Value::Null)]
    {
        let pod = pod(&probing(|_| {}), check);
        let spec = &pod["spec"];
        assert_eq!((&spec["hostNetwork"], &spec["dnsPolicy"]), (&host_network, &dns));
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
        assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(spec["automountServiceAccountToken"], false);
        assert_eq!(spec["serviceAccountName"], "builder");
        assert_eq!(spec["restartPolicy"], "Never");
        assert_eq!(spec["readinessGates"][0]["conditionType"], "regauth/never-ready");
        assert_eq!(pod["metadata"]["ownerReferences"][0]["uid"], "job-uid");
        let containers = spec["containers"].as_array().unwrap();
        assert_eq!(containers.len(), 1);
        let probe = &containers[0];
        assert_eq!((&probe["name"], &probe["imagePullPolicy"]), (&json!("probe"), &json!("IfNotPresent")));
        assert_eq!(probe["image"], "ghcr.io/x/regauth-probe:1");
        assert_eq!(probe["securityContext"]["capabilities"], json!({"drop": ["ALL"]}));
        assert_eq!(probe["securityContext"]["allowPrivilegeEscalation"], false);
        assert_eq!(probe["securityContext"]["readOnlyRootFilesystem"], true);
        assert!(probe["env"].is_null() && probe["ports"].is_null() && probe["envFrom"].is_null());
        for volume in spec["volumes"].as_array().unwrap() {
            assert!(volume["secret"].is_object(), "no host path: {volume}");
        }
    }
}

#[test]
fn the_identitys_secrets_are_mounted_in_order_and_never_written_down() {
    let mut prepared = probing(|_| {});
    prepared.plan.identity.pull_secrets = vec!["regcred".into(), "other".into()];
    let pod = pod(&prepared, Check::ProbeNode);
    for (index, name) in ["regcred", "other"].into_iter().enumerate() {
        assert_eq!(
            pod["spec"]["volumes"][index]["secret"],
            json!({"secretName": name, "optional": true, "defaultMode": 0o444})
        );
        let mount = &pod["spec"]["containers"][0]["volumeMounts"][index];
        assert_eq!(
            (&mount["name"], &mount["readOnly"]),
            (&pod["spec"]["volumes"][index]["name"], &json!(true))
        );
        let source = &task(&pod).sources[index];
        assert_eq!(json!(source.path), mount["mountPath"]);
        assert_eq!(
            (source.name.as_str(), source.reader),
            (format!("secret/{name}").as_str(), Reader::Kubelet)
        );
    }
}

#[test]
fn no_manifest_of_a_run_holds_a_credential_or_a_token() {
    let prepared = probing(|probe| {
        probe.ca_bundle = Some(CaBundle::Secret("ca".into()));
        probe.node_config = true;
        probe.image_pull_secrets = vec!["probe-pull".into()];
    });
    let text = serde_json::to_string(&manifests(&prepared)).unwrap();
    for word in [
        "secretKeyRef",
        "secretRef",
        "dockerconfigjson",
        "stringData",
        "\"Secret\"",
        "serviceAccountToken",
        "password",
        "\"auth\"",
        "auths",
        "Authorization",
    ] {
        assert!(!text.contains(word), "{word}");
    }
    // The only secrets are names, each in a volume or a list of pull secrets.
    assert!(text.contains("\"secretName\":\"regcred\"") && text.contains("\"name\":\"probe-pull\""));
}

#[test]
fn a_builders_configurations_stand_in_place_of_pull_secrets() {
    let of = |secret: &str, config_map: &str| DockerConfigSource {
        secret: secret.into(),
        config_map: config_map.into(),
        key: ".dockerconfigjson".into(),
        mounted_at: "/kaniko/.docker/config.json".into(),
    };
    let prepared = probing(|probe| probe.docker_configs = vec![of("push", ""), of("", "settings")]);
    let pod = pod(&prepared, Check::ProbePod);
    let volumes = pod["spec"]["volumes"].as_array().unwrap();
    assert_eq!(volumes.len(), 2, "{volumes:?}");
    let items = json!([{"key": ".dockerconfigjson", "path": "config.json"}]);
    assert_eq!(
        (&volumes[0]["secret"]["secretName"], &volumes[0]["secret"]["items"]),
        (&json!("push"), &items)
    );
    assert_eq!(
        (&volumes[1]["configMap"]["name"], &volumes[1]["configMap"]["items"]),
        (&json!("settings"), &items)
    );
    let sources = task(&pod).sources;
    let told: Vec<_> = sources.iter().map(|one| (one.name.as_str(), one.reader)).collect();
    assert_eq!(told, [("secret/push", Reader::Client), ("configmap/settings", Reader::Client)]);
    assert_eq!(json!(sources[1].path), pod["spec"]["containers"][0]["volumeMounts"][1]["mountPath"]);
}

#[test]
fn certificates_come_from_an_object_or_with_the_task() {
    let of = |bundle| pod(&probing(|probe| probe.ca_bundle = Some(bundle)), Check::ProbeNode);
    let config_map = of(CaBundle::ConfigMap("corp-ca".into()));
    let volume = &config_map["spec"]["volumes"][1];
    assert_eq!(
        (&volume["configMap"]["name"], &volume["configMap"]["optional"]),
        (&json!("corp-ca"), &json!(false))
    );
    assert_eq!(json!(task(&config_map).ca_bundles), json!(["/regauth/ca"]));
    assert_eq!(of(CaBundle::Secret("s".into()))["spec"]["volumes"][1]["secret"]["secretName"], "s");
    let text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let pem = of(CaBundle::Pem(text.into()));
    assert_eq!((task(&pem).ca_pem, task(&pem).ca_bundles.len()), (vec![text.to_string()], 0));
}

#[test]
fn the_nodes_configuration_is_read_where_the_nodes_network_is() {
    let prepared = probing(|probe| probe.node_config = true);
    let on_node = pod(&prepared, Check::ProbeNode);
    let volume = &on_node["spec"]["volumes"][1];
    assert_eq!(volume["hostPath"], json!({"path": "/etc", "type": "Directory"}), "nothing is made on a node");
    let mount = &on_node["spec"]["containers"][0]["volumeMounts"][1];
    assert_eq!((&mount["mountPath"], &mount["readOnly"]), (&json!("/regauth/node/etc"), &json!(true)));
    assert_eq!(task(&on_node).node_config, Some("/regauth/node".into()));
    let on_pods = pod(&prepared, Check::ProbePod);
    assert!(!on_pods.to_string().contains("hostPath"));
    assert_eq!(task(&on_pods).node_config, None);
}

#[test]
fn the_task_says_what_is_asked() {
    let mut prepared = probing(|probe| {
        probe.proxy = Some("http://proxy:3128".into());
        probe.plain_http = vec!["r:5000".into()];
        probe.repeat = 20;
        probe.interval_ms = 500;
    });
    prepared.nodes = vec![Node {
        name: "node2".into(),
        os: "linux".into(),
        architecture: "arm64".into(),
        ..Node::default()
    }];
    let pull = task(&pod(&prepared, Check::ProbeNode));
    assert_eq!(pull.targets, [IMAGE, SIBLING]);
    assert_eq!((pull.action, pull.platform.as_str()), (Action::Pull, "linux/arm64"));
    assert_eq!((pull.run_key.as_str().len(), pull.proxy.as_str()), (64, "http://proxy:3128"));
    assert_eq!((pull.plain_http, pull.repeat, pull.message_bytes), (vec!["r:5000".to_string()], 0, 4096));
    prepared.plan.action = Action::Push;
    let push = task(&pod(&prepared, Check::ProbeNode));
    assert_eq!((push.action, push.repeat, push.interval_ms), (Action::Push, 20, 500));
}

#[test]
fn a_probe_leaves_the_run_time_to_hear_of_it() {
    let prepared = probing(|_| {});
    let with = |seconds_left| {
        let order = Order { seconds_left, ..Order::planned(&prepared.plan, 0, "n", Check::ProbeNode) };
        task(&manifest::pod(&prepared, &order, None, Resources::Stated)).timeout_seconds
    };
    assert_eq!([with(120), with(30), with(12), with(0)], [110, 20, 6, 1]);
}

#[test]
fn containers_that_webhooks_put_in_take_their_share_of_the_message() {
    let prepared = probing(|_| {});
    let with = |containers| {
        let order = Order { containers, ..Order::planned(&prepared.plan, 0, "n", Check::ProbePod) };
        task(&manifest::pod(&prepared, &order, None, Resources::Stated)).message_bytes
    };
    assert_eq!([with(0), with(1), with(3), with(4), with(6)], [4096, 4096, 4096, 3072, 2048]);
}

#[test]
fn refused_credentials_are_named_by_fingerprint() {
    let prepared = probing(|_| {});
    let refused = vec![Refused { fingerprint: "0a1b2c3d".into(), on: "node1".into(), origin: String::new() }];
    let order = Order {
        refused: refused.clone(),
        credential: CredentialUse::AsPlanned,
        ..Order::planned(&prepared.plan, 0, "n", Check::ProbePod)
    };
    assert_eq!(task(&manifest::pod(&prepared, &order, None, Resources::Stated)).refused, refused);
}

#[test]
fn nothing_in_a_task_is_expanded_by_the_kubelet() {
    let mut prepared = probing(|_| {});
    prepared.plan.images = vec!["r.example.com/$(HOME)/$$x".into()];
    let pod = pod(&prepared, Check::ProbeNode);
    assert!(!pod["spec"]["containers"][0]["args"][2].as_str().unwrap().contains('$'));
    assert_eq!(task(&pod).targets, ["r.example.com/$(HOME)/$$x"]);
}

#[test]
fn labels_of_the_workload_stand_beside_ours_and_controllers_labels_never() {
    let labels = [
        ("app", "web"),
        ("app.kubernetes.io/name", "web"),
        ("app.kubernetes.io/managed-by", "Helm"),
        ("regauth/run", "zzzz"),
        ("regauth/other", "x"),
        ("sidecar.istio.io/inject", "true"),
        ("pod-template-hash", "1"),
        ("controller-uid", "1"),
        ("job-name", "1"),
        ("batch.kubernetes.io/job-name", "1"),
        ("statefulset.kubernetes.io/pod-name", "1"),
        ("apps.kubernetes.io/pod-index", "1"),
        ("controller-revision-hash", "1"),
    ];
    let labels: BTreeMap<String, String> = labels.map(|(name, value)| (name.into(), value.into())).into();
    let prepared = probing(|probe| probe.labels = labels);
    let on_pods = pod(&prepared, Check::ProbePod)["metadata"]["labels"].clone();
    let expected = json!({
        "app": "web",
        "app.kubernetes.io/name": "web",
        "app.kubernetes.io/managed-by": "kubectl-regauth",
        "regauth/run": RUN,
        "regauth/row": "4",
        "sidecar.istio.io/inject": "false",
        "kuma.io/sidecar-injection": "disabled",
    });
    assert_eq!(on_pods, expected);
    assert_eq!(pod(&prepared, Check::ProbeNode)["metadata"]["labels"]["app"], Value::Null);
}

#[test]
fn resources_of_probes_are_stated_or_left_to_the_namespace() {
    let prepared = probing(|_| {});
    let order = Order::planned(&prepared.plan, 0, "n", Check::ProbeNode);
    let with = |resources| {
        manifest::pod(&prepared, &order, None, resources)["spec"]["containers"][0]["resources"].clone()
    };
    for kind in ["requests", "limits"] {
        for name in ["cpu", "memory", "ephemeral-storage"] {
            assert!(with(Resources::Stated)[kind][name].is_string(), "{kind} of {name}");
        }
    }
    assert_eq!(with(Resources::Unstated), Value::Null);
}
