//! Faults: those of tests/cluster/fault, and those that the API server is told of.

use serde_json::json;

use super::space::Space;

/// A fault that was planted. What tests/cluster/fault did is healed after the test; the rest when dropped.
pub struct Fault<'a> {
    space: &'a Space,
    undo: Vec<String>,
}

impl<'a> Fault<'a> {
    pub fn apply(space: &'a Space, fault: &[String]) -> Self {
        let words: Vec<&str> = fault.iter().map(String::as_str).collect();
        let mut undo = Vec::new();
        match words.as_slice() {
            ["cordon", node] => {
                space.cluster.kubectl(&["cordon", node], "");
                undo = ["uncordon", node].map(ToString::to_string).to_vec();
            }
            ["not-ready", node] => {
                // A frozen kubelet no longer corrects what is written here; the real way takes 50 seconds.
                space.cluster.fault(&["freeze-kubelet", node]);
                let condition = json!({"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown",
                    "message": "Kubelet stopped posting node status."});
                let patch = json!({"status": {"conditions": [condition]}}).to_string();
                space.cluster.kubectl(&["patch", "node", node, "--subresource=status", "-p", &patch], "");
            }
            ["fill", node] => {
                fill(space, node);
                let delete =
                    ["-n", &space.namespace, "delete", "pod", "all-the-cpu", "--grace-period=0", "--force"];
                undo = delete.map(ToString::to_string).to_vec();
            }
            other => space.cluster.fault(other),
        }
        Self { space, undo }
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        let undo: Vec<&str> = self.undo.iter().map(String::as_str).collect();
        if !undo.is_empty() {
            let _ = self.space.cluster.try_kubectl(&undo, "");
        }
    }
}

/// One pod that asks for all the CPU that the node has.
fn fill(space: &Space, node: &str) {
    let cpu = space.cluster.kubectl(&["get", "node", node, "-o", "jsonpath={.status.allocatable.cpu}"], "");
    let image = format!("{}/team/pause:1", space.cluster.setting("OPEN_REGISTRY"));
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "all-the-cpu"},
        "spec": {
            "nodeName": node, "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "c", "image": image, "resources": {"requests": {"cpu": cpu}}}],
        },
    });
    space.kubectl(&["apply", "-f", "-"], &pod.to_string());
    space.kubectl(&["wait", "pod/all-the-cpu", "--for=condition=Ready", "--timeout=30s"], "");
}
