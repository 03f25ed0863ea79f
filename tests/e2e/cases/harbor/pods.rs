//! What pods differ in beside their keys, and pods that do not serve.

use std::time::Duration;

use serde_json::json;

use super::keys::HOST;
use crate::support::cluster::wait_for;
use crate::support::harbor::{
    CORE, EXEC, Group, Harbor, KeySource, READ, SECRETS, Setup, TokenKey, only_rights,
};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "cores without a mounted key, with PKCS#8, another CORE_SECRET or image, and a realm of the wrong scheme",
        needs: Needs::OwnCluster,
        run: different,
    },
    Case {
        name: "a core that is down, a rollout that is stuck and one that is in progress with another key",
        needs: Needs::OwnCluster,
        run: not_serving,
    },
];

fn different(space: &Space) {
    only_rights(space, &[READ, SECRETS, EXEC]);
    let key = TokenKey::new();
    let pkcs8 = key.as_pkcs8();
    let pkcs8 = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pkcs8"},
        "stringData": {"tls.key": pkcs8.key, "tls.crt": pkcs8.certificate}});
    let group = |key| Group { key, ..Group::of(1) };
    let other_secret = vec![("CORE_SECRET", "another-secret-of-core".to_string())];
    let setup = Setup {
        groups: vec![
            Group::of(2),
            group(KeySource::Secret("pkcs8")),
            group(KeySource::NotMounted),
            Group { version: "2.15.0", env: other_secret, ..Group::of(1) },
        ],
        key,
        ext_endpoint: format!("https://{HOST}"),
        objects: vec![pkcs8],
        ..Setup::default()
    };
    let harbor = Harbor::install(space, &setup);
    let cores = harbor.cores();
    let of = |deployment: &str| {
        let starts = |core: &&String| core.rsplitn(3, '-').nth(2) == Some(deployment);
        cores.iter().find(starts).unwrap_or_else(|| panic!("{deployment}: {cores:?}"))
    };
    let unreadable = |deployment, how| format!("error HarborKeyUnreadable {how} pod/{}", of(deployment));
    let whole = |finding: &str| format!("{finding} namespace/{}", space.namespace);
    let asked = harbor.ask(&[]);
    asked.must_be(
        1,
        &[
            &unreadable("harbor-core-2", "certain"),
            &unreadable("harbor-core-3", "uncertain"),
            &whole("error HarborKeyNotMounted certain"),
            &whole("warning HarborConfigDrift uncertain"),
            &whole("warning HarborVersionMismatch certain"),
        ],
    );
    assert!(
        asked.cause("HarborConfigDrift").contains("CORE_SECRET differs"),
        "{:#}",
        asked.report["findings"]
    );

    let asked = harbor.ask(&["--exec", "--logs"]);
    asked.must_be(
        1,
        &[
            &unreadable("harbor-core-2", "certain"),
            &unreadable("harbor-core-3", "certain"),
            &whole("error HarborKeyNotMounted certain"),
            &whole("warning HarborConfigDrift certain"),
            &whole("warning HarborVersionMismatch certain"),
        ],
    );

    let door = harbor.front_door();
    let asked = harbor.ask(&["--url", &door]);
    let host = door.trim_start_matches("http://");
    assert!(
        asked.findings().contains(&format!("error RealmMismatch certain registry/{host}")),
        "{:#}",
        asked.report["findings"]
    );
    assert!(
        asked.cause("RealmMismatch").contains("by https and not by http"),
        "{:#}",
        asked.report["findings"]
    );
}

fn not_serving(space: &Space) {
    only_rights(space, &[READ, SECRETS]);
    let harbor = Harbor::install(space, &Setup::default());
    let down = harbor.cores()[0].clone();
    harbor.take_down(&down);
    let unreachable =
        |severity: &str, pod: &str| format!("{severity} HarborCoreUnreachable certain pod/{pod}");
    let asked = harbor.ask(&[]);
    asked.must_be(1, &[&unreachable("error", &down)]);
    let matrix = asked.matrix();
    assert_eq!(matrix.1, [4, 0, 5], "the others take each other's tokens: {matrix:?}");
    harbor.replace_a_core();

    harbor.begin_stuck_rollout();
    let new = starting(space, &harbor);
    let asked = harbor.ask(&[]);
    asked.must_be(
        1,
        &[&unreachable("warning", &new), "info HarborVersionMismatch certain deployment/harbor-core"],
    );
    assert!(
        asked.cause("HarborCoreUnreachable").contains("rollout is in progress"),
        "{:#}",
        asked.report["findings"]
    );
    patch(space, json!({"spec": {"progressDeadlineSeconds": 1}}));
    let condition = "jsonpath={.status.conditions[?(@.type==\"Progressing\")].reason}";
    let reason = ["get", "deployment", "harbor-core", "-o", condition];
    wait_for("the rollout to be stuck", Duration::from_secs(30), || {
        space.kubectl(&reason, "") == "ProgressDeadlineExceeded"
    });
    let asked = harbor.ask(&[]);
    asked.must_be(
        1,
        &[&unreachable("error", &new), "warning HarborVersionMismatch certain deployment/harbor-core"],
    );
    assert_eq!(asked.report["harbor"]["rollouts"][0]["stuck"], true);

    // A new pod that serves and does not count as available keeps the rollout where it is.
    harbor.change_key(&TokenKey::new());
    let image = space.kubectl(
        &["get", "pod", &down_or_other(&harbor, &new), "-o", "jsonpath={.spec.containers[0].image}"],
        "",
    );
    let template = json!({"spec": {"containers": [{"name": "core", "image": image}]},
        "metadata": {"annotations": {"checksum/secret": "another"}}});
    patch(
        space,
        json!({"spec": {"minReadySeconds": 300, "progressDeadlineSeconds": 600, "template": template}}),
    );
    let ready = [
        "get",
        "deployment",
        "harbor-core",
        "-o",
        "jsonpath={.status.updatedReplicas} {.status.readyReplicas} {.status.replicas}",
    ];
    wait_for("one new pod to serve", Duration::from_secs(60), || space.kubectl(&ready, "") == "1 4 4");
    harbor.wait_until_services_follow();
    let asked = harbor.ask(&[]);
    asked.must_be(1, &["error HarborKeyMismatch certain deployment/harbor-core"]);
    let cause = asked.cause("HarborKeyMismatch");
    assert!(
        cause.contains("A rollout of deployment/harbor-core is in progress (1 of 3 pods renewed)"),
        "{cause}"
    );
}

/// The pod that is not ready.
fn starting(space: &Space, harbor: &Harbor<'_>) -> String {
    let ready = "jsonpath={range .items[?(@.status.containerStatuses[0].ready==true)]}{.metadata.name} {end}";
    let mut new = String::new();
    // A pod without an address is another matter than one that waits for its image.
    wait_for("the new pod's address", Duration::from_secs(30), || {
        let ready = space.kubectl(&["get", "pods", "-l", CORE, "-o", ready], "");
        new = harbor.cores().into_iter().find(|core| !ready.contains(core.as_str())).expect("a new pod");
        !space.kubectl(&["get", "pod", &new, "-o", "jsonpath={.status.podIP}"], "").is_empty()
    });
    new
}

fn down_or_other(harbor: &Harbor<'_>, not: &str) -> String {
    harbor.cores().into_iter().find(|core| core != not).expect("another core")
}

fn patch(space: &Space, patch: serde_json::Value) {
    space.kubectl(&["patch", "deployment", "harbor-core", "-p", &patch.to_string()], "");
}
