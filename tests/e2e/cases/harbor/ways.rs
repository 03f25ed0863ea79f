//! Ways to the cores that differ from the usual one.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cases::clock;
use crate::support::cluster::wait_for;
use crate::support::harbor::{Asked, Group, Harbor, READ, SECRETS, Setup, only_rights};
use crate::support::kubelets::{Clock, Kubelets};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "cores with internal TLS are asked by it, and one key behind a sticky front door proves nothing",
        needs: Needs::OwnCluster,
        run: internal_tls,
    },
    Case {
        name: "whoever may make no pod has the cores asked through port-forward, and is told what needs one",
        needs: Needs::OwnCluster,
        run: without_pods,
    },
    Case {
        name: "every node asks Harbor's external URL, and the one that cannot is named; the nodes' clocks are compared",
        needs: Needs::OwnCluster,
        run: from_nodes,
    },
];

fn internal_tls(space: &Space) {
    only_rights(space, &[READ, SECRETS]);
    let setup = Setup {
        groups: vec![Group::of(2)],
        ext_endpoint: "https://harbor.example.test".into(),
        internal_tls: true,
        affinity: "ClientIP",
        ..Setup::default()
    };
    let harbor = Harbor::install(space, &setup);
    let asked = harbor.ask(&[]);
    asked.must_be(0, &[]);
    assert_eq!(asked.matrix(), ("anonymous".into(), [4, 0, 0]));
    assert!(
        asked
            .of_cores("address")
            .iter()
            .all(|address| address.as_str().is_some_and(|text| text.ends_with(":8443")))
    );
    assert_eq!(asked.report["harbor"]["sticky"][0]["object"], "service/harbor-core");

    let door = harbor.front_door();
    let host = door.trim_start_matches("https://");
    let asked = harbor.ask(&["--url", &door]);
    asked.must_be(
        1,
        &[
            &format!("error CertificateNameMismatch certain registry/{host}"),
            &format!("unknown Unknown uncertain registry/{host}"),
        ],
    );
    assert!(asked.cause("Unknown").contains("proves nothing"), "{:#}", asked.report["findings"]);
}

/// What `rbac --harbor` grants, but for making pods.
fn may_make_no_pod(space: &Space) {
    only_rights(space, &[SECRETS]);
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "no-pods"}, "rules": [
        rule("", &["pods", "services"], &["list"]),
        rule("", &["pods/portforward"], &["create", "get"]),
        rule("", &["configmaps"], &["get"]),
        rule("apps", &["deployments", "statefulsets"], &["list"]),
        rule("networking.k8s.io", &["ingresses"], &["list"]),
    ]});
    space.kubectl(&["apply", "-f", "-"], &role.to_string());
    let account = format!("--serviceaccount={}:tester", space.namespace);
    space.kubectl(&["create", "rolebinding", "no-pods", "--role=no-pods", &account], "");
    let user = format!("system:serviceaccount:{}:tester", space.namespace);
    let may = [
        "-n",
        &space.namespace,
        "--as",
        &user,
        "auth",
        "can-i",
        "create",
        "pods",
        "--subresource=portforward",
    ];
    wait_for("the right to forward ports", Duration::from_secs(10), || {
        space.cluster.try_kubectl(&may, "").is_ok()
    });
}

fn without_pods(space: &Space) {
    let harbor = Harbor::install(space, &Setup { groups: vec![Group::of(2)], ..Setup::default() });
    may_make_no_pod(space);
    let door = harbor.front_door();
    let asked = harbor.ask(&["--front", &door]);
    asked.must_be(0, &[]);
    assert_eq!(asked.report["harbor"]["via"], "portForward");
    assert_eq!(asked.matrix(), ("anonymous".into(), [4, 0, 0]));
    let said = &asked.ran.stderr;
    assert!(
        said.contains("you may not get serviceaccounts") && said.contains("asked through port-forward"),
        "{said}"
    );

    // What only nodes can say is not done, and what the cores said is not lost.
    let asked = harbor.ask(&["--front", &door, "--from-nodes"]);
    let namespace = format!("unknown NotPermitted certain namespace/{}", space.namespace);
    asked.must_be(3, &[&namespace]);
    assert_eq!(asked.matrix().1, [4, 0, 0]);
    assert!(asked.cause("NotPermitted").contains("from the nodes"), "{}", asked.cause("NotPermitted"));

    // Who insists on a pod is refused in one sentence.
    let ran = space.plugin(&["harbor", "--via", "pod"]).run();
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("create pods") && ran.stderr.contains("regauth rbac"), "{}", ran.stderr);
    assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{}", ran.stderr);
    let jobs = space.kubectl(&["get", "jobs", "-o", "name"], "");
    assert_eq!(jobs, "", "nothing was made");
}

fn from_nodes(space: &Space) {
    only_rights(space, &[READ, SECRETS]);
    let harbor = Harbor::install(space, &Setup { groups: vec![Group::of(2)], ..Setup::default() });
    let door = harbor.front_door();
    let host = door.trim_start_matches("http://");
    let ask = |more: &[&str]| harbor.ask(&[&["--front", door.as_str()], more].concat());
    let getting = |asked: &Asked| -> Vec<(String, bool)> {
        let rows = asked.report["harbor"]["nodes"].as_array().expect("nodes").iter();
        let row = |row: &Value| {
            (
                row["node"].as_str().expect("a name").to_string(),
                row["getsTokens"].as_bool().expect("a boolean"),
            )
        };
        rows.map(row).collect()
    };
    let nodes = space.cluster.nodes();
    let with = |broken: &str| -> Vec<(String, bool)> {
        nodes.iter().map(|node| (node.clone(), node != broken)).collect()
    };

    let asked = ask(&["--from-nodes"]);
    asked.must_be(0, &[]);
    assert_eq!(getting(&asked), with("none"));

    // Not the node that the URL leads to.
    space.cluster.fault(&["reject", &nodes[1], host, "node"]);
    let asked = ask(&["--from-nodes"]);
    asked.must_be(1, &[&format!("error ConnectionRefused certain registry/{host}")]);
    assert_eq!(getting(&asked), with(&nodes[1]));
    assert_eq!(asked.finding("ConnectionRefused")["subject"]["nodes"], json!([nodes[1]]));
    space.cluster.heal();

    // The clocks need rights elsewhere; without them the rest is told all the same.
    let asked = ask(&["--clocks"]);
    assert_eq!(asked.ran.status, 3, "{:#}", asked.report["findings"]);
    assert!(asked.not_checked().contains(&"the nodes' clocks"), "{:#}", asked.report["notChecked"]);
    assert_eq!(asked.matrix().1, [4, 0, 0]);
    clock::grant(space);
    let kubeconfig = Path::new(space.cluster.setting("KUBECONFIG"));
    let _kubelets = Kubelets::start(kubeconfig, vec![Clock::Ahead(7_000)]);
    let asked = ask(&["--clocks"]);
    clock::revoke(space);
    asked.must_be(1, &["warning ClockDrift certain node/fake-0"]);
    assert_eq!(asked.report["clock"]["measured"], nodes.len() + 1);
    assert_eq!(asked.matrix().1, [4, 0, 0]);
}
