//! The rights of what is deployed are those that `kubectl regauth rbac` prints, by what is switched on, and no others.

use serde_json::Value;

use super::Case;
use super::objects::{Granted, chart, documents, find, granted, text};
use super::toolbox::file;

pub const CASES: &[Case] = &[
    ("the_rights_are_those_of_rbac_by_what_is_switched_on", cluster),
    ("in_the_scope_of_a_namespace_nothing_but_nodes_and_leases_is_granted_outside_it", namespace),
    ("rights_outside_are_left_out_where_they_are_not_wanted", without),
    ("the_canary_and_harbor_are_granted_in_their_namespaces_only", apart),
];

/// The rights of a role in manifests/rbac.
fn part(name: &str) -> Granted {
    for part in ["pull", "workloads", "clock", "harbor", "events"] {
        let path = format!("manifests/rbac/{part}.yaml");
        if !super::toolbox::root().join(&path).is_file() {
            continue;
        }
        if let Some(role) = documents(&file(&path)).iter().find(|role| role["metadata"]["name"] == name) {
            return granted(role);
        }
    }
    panic!("manifests/rbac has no role {name}");
}

fn parts(names: &[&str]) -> Granted {
    names.iter().flat_map(|name| part(name)).collect()
}

/// Kind, namespace and name of all roles.
fn places(objects: &[Value]) -> Vec<(String, String, String)> {
    let roles = objects.iter().filter(|one| text(&one["kind"]).ends_with("Role"));
    let mut places: Vec<_> = roles
        .map(|one| {
            let metadata = &one["metadata"];
            (text(&one["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
        })
        .collect();
    places.sort();
    places
}

fn place(kind: &str, namespace: &str, name: &str) -> (String, String, String) {
    (kind.into(), namespace.into(), name.into())
}

const READING: [&str; 3] = ["regauth-workloads", "regauth-workloads-nodes", "regauth-clock-nodes"];
/// What a run adds.
const RUNS: &str = "regauth-pull";

fn cluster() {
    for (value, more) in [
        ("scope=cluster", None),
        ("rights.secrets=true", Some("regauth-workloads-secrets")),
        ("tests.create=true", Some(RUNS)),
        ("emitEvents=true", Some("regauth-events")),
    ] {
        let objects = chart(&[value]);
        let role = granted(find(&objects, "ClusterRole", "kubectl-regauth"));
        let wanted =
            parts(&READING).into_iter().chain(more.map(part).unwrap_or_default()).collect::<Granted>();
        assert_eq!(role, wanted, "{value}");
        assert_eq!(granted(find(&objects, "Role", "-clocks")), part("regauth-clock"), "{value}");
        let clocks = place("Role", "kube-node-lease", "kubectl-regauth-clocks");
        assert_eq!(places(&objects), [place("ClusterRole", "", "kubectl-regauth"), clocks], "{value}");
    }
    // By default it changes nothing and reads no Secret.
    let role = granted(find(&chart(&[]), "ClusterRole", "kubectl-regauth"));
    for (_, resource, verb) in role {
        assert!(matches!(verb.as_str(), "get" | "list" | "watch"), "{verb} {resource}");
        assert_ne!(resource, "secrets");
    }
}

fn namespace() {
    let objects = chart(&["scope=namespace", "namespace=team", "tests.create=true", "rights.secrets=true"]);
    let role = granted(find(&objects, "Role", "kubectl-regauth"));
    assert_eq!(role, parts(&["regauth-workloads", "regauth-workloads-secrets", RUNS]));
    let wanted = [
        place("ClusterRole", "", "kubectl-regauth-regauth-nodes"),
        place("Role", "kube-node-lease", "kubectl-regauth-regauth-clocks"),
        place("Role", "team", "kubectl-regauth"),
    ];
    assert_eq!(places(&objects), wanted);
    assert_eq!(granted(find(&objects, "ClusterRole", "-nodes")), parts(&READING[1..]));
    // The release's own namespace where none is named.
    let own = chart(&["scope=namespace"]);
    assert_eq!(places(&own)[2], place("Role", "regauth", "kubectl-regauth"));
}

fn without() {
    let objects = chart(&["scope=namespace", "rights.nodes=false", "rights.clocks=false"]);
    assert_eq!(places(&objects), [place("Role", "regauth", "kubectl-regauth")]);
    assert_eq!(places(&chart(&["rights.create=false"])), []);
    // Each role is bound to the ServiceAccount, where it lies.
    for objects in [objects, chart(&["monitor.pushCanary.repositories={r.example.com/x}"])] {
        let bound = objects.iter().filter(|one| text(&one["kind"]).ends_with("Binding"));
        let mut bound: Vec<_> = bound
            .map(|one| {
                let subject = &one["subjects"][0];
                assert_eq!(
                    (&subject["name"], &subject["namespace"]),
                    (&"kubectl-regauth".into(), &"regauth".into())
                );
                place(
                    &text(&one["roleRef"]["kind"]),
                    &text(&one["metadata"]["namespace"]),
                    &text(&one["roleRef"]["name"]),
                )
            })
            .collect();
        bound.sort();
        assert_eq!(bound, places(&objects));
    }
}

fn apart() {
    let objects = chart(&[
        "monitor.pushCanary.repositories={r.example.com/team/canary}",
        "rights.harbor.namespaces={harbor,harbor-test}",
        "rights.harbor.secrets=true",
    ]);
    assert_eq!(granted(find(&objects, "Role", "-canary")), part(RUNS));
    assert_eq!(find(&objects, "Role", "-canary")["metadata"]["namespace"], "regauth");
    let elsewhere =
        chart(&["scope=namespace", "namespace=team", "monitor.pushCanary.repositories={r.example.com/x}"]);
    assert_eq!(find(&elsewhere, "Role", "-canary")["metadata"]["namespace"], "team");
    let harbors: Vec<&Value> = objects
        .iter()
        .filter(|one| one["kind"] == "Role" && text(&one["metadata"]["name"]).ends_with("-harbor"))
        .collect();
    let namespaces: Vec<String> = harbors.iter().map(|one| text(&one["metadata"]["namespace"])).collect();
    assert_eq!(namespaces, ["harbor", "harbor-test"]);
    // Of the roles for Harbor all but what makes a run: doctor asks the cores through port-forward.
    let run = |(_, resource, verb): &(String, String, String)| {
        matches!(resource.as_str(), "jobs" | "serviceaccounts" | "events")
            || resource == "pods" && matches!(verb.as_str(), "create" | "watch" | "deletecollection")
    };
    let wanted: Granted = parts(&["regauth-harbor", "regauth-harbor-secrets"])
        .into_iter()
        .filter(|right| !run(right))
        .collect();
    assert_eq!(granted(harbors[0]), wanted);
    let role = granted(find(&objects, "ClusterRole", "kubectl-regauth"));
    assert_eq!(role, parts(&READING), "what they need is granted nowhere else");
}
