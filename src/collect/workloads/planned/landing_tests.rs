use serde_json::{Value, json};

use super::*;

fn nodes(all: &[Value]) -> Nodes {
    let mut nodes = Nodes::default();
    for node in all {
        nodes.add(serde_json::from_value(node.clone()).unwrap()).unwrap();
    }
    nodes
}

fn node(name: &str, arch: &str, labels: Value, taints: Value) -> Value {
    json!({"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}, "status": {
        "conditions": [{"type": "Ready", "status": "True"}], "images": [{"names": ["docker.io/r/app:1"]}],
        "nodeInfo": {"operatingSystem": "linux", "architecture": arch}}})
}

fn three() -> Nodes {
    nodes(&[
        node("node1", "amd64", json!({"disk": "ssd", "cpu": "8"}), json!([])),
        node(
            "node2",
            "amd64",
            json!({"disk": "hdd"}),
            json!([{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]),
        ),
        node(
            "node3",
            "arm64",
            json!({}),
            json!([{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}]),
        ),
    ])
}

fn lands(wishes: Value) -> Landing {
    three().landing(&serde_json::from_value(wishes).unwrap(), &[])
}

fn ready(landing: &Landing) -> Vec<&str> {
    landing.platforms.iter().flat_map(|one| &one.ready).map(String::as_str).collect()
}

fn near(expressions: Value) -> Value {
    json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms": [{"matchExpressions": expressions}]}}}})
}

#[test]
fn a_pod_without_wishes_lands_where_no_lasting_taint_keeps_it_away() {
    let landing = lands(json!({}));
    assert_eq!((landing.nodes, landing.of), (2, 3));
    assert_eq!(ready(&landing), ["node1", "node3"]);
    assert_eq!(landing.platforms[0].platform, "linux/amd64");
}

#[test]
fn tolerations_are_read_as_the_scheduler_reads_them() {
    for toleration in [
        json!({"key": "gpu", "value": "yes"}),
        json!({"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}),
        json!({"key": "gpu", "operator": "Exists"}),
        json!({"operator": "Exists"}),
    ] {
        assert_eq!(lands(json!({"tolerations": [toleration]})).nodes, 3, "{toleration}");
    }
    for toleration in [
        json!({"key": "gpu", "value": "no"}),
        json!({"key": "gpu", "value": "yes", "effect": "NoExecute"}),
        json!({"value": "yes"}),
        json!({"key": "gpu", "operator": "Odd"}),
    ] {
        assert_eq!(lands(json!({"tolerations": [toleration]})).nodes, 2, "{toleration}");
    }
}

#[test]
fn selectors_affinity_and_names_choose() {
    assert_eq!(ready(&lands(json!({"nodeSelector": {"disk": "ssd"}}))), ["node1"]);
    assert_eq!(ready(&lands(json!({"nodeName": "node2"}))), ["node2"], "it is not scheduled");
    for (expressions, expected) in [
        (json!([{"key": "disk", "operator": "In", "values": ["ssd", "hdd"]}]), vec!["node1"]),
        (json!([{"key": "disk", "operator": "NotIn", "values": ["ssd"]}]), vec!["node3"]),
        (json!([{"key": "disk", "operator": "Exists"}]), vec!["node1"]),
        (json!([{"key": "disk", "operator": "DoesNotExist"}]), vec!["node3"]),
        (json!([{"key": "cpu", "operator": "Gt", "values": ["4"]}]), vec!["node1"]),
        (json!([{"key": "cpu", "operator": "Lt", "values": ["4"]}]), vec![]),
        (json!([{"key": "cpu", "operator": "Odd"}]), vec![]),
        (json!([]), vec![]),
    ] {
        assert_eq!(ready(&lands(near(expressions.clone()))), expected, "{expressions}");
    }
    let by_field = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node3"]}]}]}}}});
    assert_eq!(ready(&lands(by_field)), ["node3"]);
}

#[test]
fn where_no_node_fits_the_first_wish_that_none_grants_is_told() {
    for (wishes, told) in [
        (json!({"nodeSelector": {"disk": "nvme"}}), "labels of its nodeSelector (disk=nvme)"),
        (json!({"nodeName": "node9"}), "there is no node node9"),
        (near(json!([{"key": "x", "operator": "Exists"}])), "node affinity"),
        (json!({"nodeSelector": {"disk": "hdd"}}), "all that it asks"),
    ] {
        let landing = lands(wishes);
        assert_eq!(landing.nodes, 0);
        assert!(landing.because.as_str().contains(told), "{}", landing.because);
    }
    let nowhere = Nodes::default().landing(&Wishes::default(), &[]);
    assert_eq!(nowhere.because.as_str(), "there is no node");
}

#[test]
fn a_node_without_an_image_that_is_never_pulled_is_named() {
    let mut all = Nodes {
        kept: vec![crate::registry::reference::Reference::parse("r/app:1").unwrap()],
        ..Nodes::default()
    };
    all.add(serde_json::from_value(node("node1", "amd64", json!({}), json!([]))).unwrap()).unwrap();
    let of = |image: &str| all.landing(&Wishes::default(), &[image.to_string()]).without_image;
    assert_eq!(of("docker.io/r/app:1"), [] as [&str; 0]);
    assert_eq!(of("docker.io/r/other:1"), ["node1"]);
}
