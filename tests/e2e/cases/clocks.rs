//! What a probe's pod sees of clocks: real time servers, one node's that is off, and the kernel's own word without any
//! privilege.

use std::time::Duration;

use regauth::evidence::clock::{ClockSeen, NtpAnswer};
use regauth::evidence::{Action, Outcome};
use regauth::plan::ClockAsk;
use regauth::probe::{Task, report};
use regauth::secret::{RunKey, RunKeyText};
use serde_json::json;

use crate::support::cluster::wait_for;
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "a probe without privileges sees time servers, the kernel's word, Dates and a token's times",
        needs: Needs::OwnCluster,
        run: everything,
    },
    Case {
        name: "a node whose time server is seven seconds ahead is told from one whose server refuses and one that lies",
        needs: Needs::OwnCluster,
        run: each_node_its_own,
    },
];

/// The task as the plugin would give it.
fn task(space: &Space, targets: Vec<String>, servers: &[&str]) -> Task {
    let ca = std::fs::read_to_string(space.cluster.setting("SECURE_CA")).expect("the CA");
    let run_key = RunKeyText::from(&RunKey::random().expect("a key"));
    let mut task: Task = serde_json::from_value(json!({
        "action": Action::Clock, "targets": targets, "runKey": run_key.as_str(), "caPem": [ca],
        "timeoutSeconds": 60, "messageBytes": 4096,
    }))
    .expect("a task");
    task.clock = Some(ClockAsk { ntp_servers: servers.iter().map(ToString::to_string).collect() });
    task
}

/// Runs the probe on a node's network as the plugin's pods run, and reads what it left.
fn look(space: &Space, node: &str, task: &Task) -> ClockSeen {
    let task = serde_json::to_string(task).expect("a task").replace('$', "\\u0024");
    let namespace = space.node_namespace();
    let name = format!("clock-{node}");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": {
        "nodeName": node, "hostNetwork": true, "restartPolicy": "Never", "automountServiceAccountToken": false,
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "probe", "image": space.cluster.setting("PROBE_IMAGE"),
            "args": ["probe", "--task", task],
            "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]}}}],
    }});
    space.cluster.kubectl(&["apply", "-f", "-"], &pod.to_string());
    let path = "jsonpath={.status.containerStatuses[0].state.terminated.message}";
    let get = ["-n", &namespace, "get", "pod", &name, "-o", path];
    wait_for("the probe's result", Duration::from_secs(90), || !space.cluster.kubectl(&get, "").is_empty());
    let seen = report::decode(&space.cluster.kubectl(&get, "")).expect("a result");
    assert_eq!(seen.truncated, Vec::<String>::new());
    seen.clock.expect("clocks")
}

#[track_caller]
fn answer(seen: &ClockSeen, server: usize) -> &NtpAnswer {
    match &seen.ntp[server].outcome {
        Outcome::Seen { value } => value,
        other => panic!("no answer: {other:?}"),
    }
}

fn everything(space: &Space) {
    space.add_node_namespace();
    let setting = |name: &str| space.cluster.setting(name);
    let unreachable = setting("API_SERVER").trim_start_matches("https://").replace(":6443", "");
    let servers = [
        setting("TIME_SERVER"),
        setting("UNSYNCHRONISED_TIME_SERVER"),
        unreachable.as_str(),
        setting("UNRESOLVED_HOST"),
    ];
    let image = format!("{}/team/app:1", setting("TOKEN_REGISTRY"));
    for node in [space.cluster.nodes()[0].as_str(), setting("CONTAINERD_1_NODE")] {
        let seen = look(space, node, &task(space, vec![image.clone()], &servers));
        assert!(seen.kernel.is_some() && seen.kernel_refusal.is_none(), "{seen:?}");
        let right = answer(&seen, 0);
        assert!(right.is_time() && right.stratum == 3, "{right:?}");
        // One machine, one clock.
        assert!(right.offset.least_us() < 1_000, "{right:?}");
        let none = answer(&seen, 1);
        assert!(
            !none.is_time() && none.leap == 3 && none.offset.is_unknown() && none.kiss.is_none(),
            "{none:?}"
        );
        for (server, words) in [(2, "nothing listens"), (3, "its name has no address")] {
            let Outcome::Failed { message, .. } = &seen.ntp[server].outcome else { panic!("{seen:?}") };
            assert!(message.as_str().contains(words), "{message}");
        }
        let dates: Vec<&str> = seen.dates.iter().map(|date| date.server.as_str()).collect();
        assert_eq!(dates, [setting("TOKEN_REGISTRY"), setting("AUTH_SERVICE")]);
        assert!(seen.dates.iter().all(|date| date.offset.least_us() < 1_000), "{:?}", seen.dates);
        let issuer = seen.tokens[0].issuer().expect("times");
        assert!(issuer.least_us() < 1_000, "{issuer:?}");
        assert_eq!(seen.untold, []);
    }
}

fn each_node_its_own(space: &Space) {
    space.add_node_namespace();
    let own = space.cluster.setting("NODE_TIME_SERVER");
    let nodes = space.cluster.nodes();
    space.cluster.fault(&["time", &nodes[0], "offset=7s"]);
    space.cluster.fault(&["time", &nodes[1], "kod=RATE"]);
    space.cluster.fault(&["time", &nodes[2], "lie=origin"]);
    let seen: Vec<ClockSeen> =
        nodes.iter().map(|node| look(space, node, &task(space, Vec::new(), &[own]))).collect();
    let ahead = answer(&seen[0], 0);
    assert!(ahead.offset.low_us < 7_000_100 && ahead.offset.high_us > 6_999_900, "{ahead:?}");
    let refused = answer(&seen[1], 0);
    assert_eq!(refused.kiss.as_ref().map(|kiss| kiss.as_str()), Some("RATE"));
    assert!(refused.offset.is_unknown() && refused.samples == 1, "{refused:?}");
    let Outcome::Failed { message, .. } = &seen[2].ntp[0].outcome else { panic!("{:?}", seen[2]) };
    assert!(message.as_str().contains("does not answer the request"), "{message}");
}
