//! A cluster whose kubelets do at once what a scenario says.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::plan::{IMAGE, RUN};
use super::server::{Answer, Asked, Fake, Sender, stream};

/// What a kubelet does with a pod.
#[derive(Clone, Copy)]
pub enum Fate {
    /// It pulls the image.
    Pulls,
    /// Its pull fails with this message.
    Fails(&'static str),
    /// Its pull does not end.
    Hangs,
    /// Nothing is heard of it.
    Silence,
}

/// One watched kind: lines that wait for a watch, and the watch.
#[derive(Default)]
struct Feed {
    waiting: Vec<Value>,
    watch: Option<Sender>,
}

impl Feed {
    fn tell(&mut self, line: Value) {
        match &self.watch {
            Some(watch) if watch.send(Ok(Bytes::from(format!("{line}\n")))).is_ok() => {}
            _ => self.waiting.push(line),
        }
    }

    fn open(&mut self) -> Answer {
        let (sender, answer) = stream();
        self.watch = Some(sender);
        for line in std::mem::take(&mut self.waiting) {
            self.tell(line);
        }
        answer
    }
}

/// The cluster.
#[derive(Default)]
pub struct World {
    pods: Feed,
    events: Feed,
    version: u64,
}

impl World {
    /// What a healthy API server answers; the pods that it makes meet their fate at once.
    pub fn answer(&mut self, asked: &Asked, fate: Fate) -> Answer {
        match (asked.method.clone(), asked.path.rsplit('/').next().unwrap_or_default()) {
            (Method::POST, "jobs") => {
                Answer::Json(201, json!({"metadata": {"name": format!("regauth-{RUN}"), "uid": "job-uid"}}))
            }
            (Method::POST, "pods") => self.make(asked.body.clone(), fate),
            (Method::GET, "pods") if asked.is_watch() => self.pods.open(),
            (Method::GET, "events") if asked.is_watch() => self.events.open(),
            (Method::GET, "events") => {
                Answer::Json(200, json!({"metadata": {"resourceVersion": "100"}, "items": null}))
            }
            (Method::DELETE, _) => Answer::Json(200, json!({"kind": "Status", "status": "Success"})),
            _ => Answer::status(404, "NotFound", "the fake has no such path"),
        }
    }

    /// A line for the watch of the pods.
    pub fn tell_pods(&mut self, line: Value) {
        self.pods.tell(line);
    }

    /// Ends the watch of the pods, as a server does that restarts.
    pub fn cut_pods(&mut self) {
        self.pods.watch = None;
    }

    fn make(&mut self, mut pod: Value, fate: Fate) -> Answer {
        pod["metadata"]["uid"] = json!(format!("uid-{}", name(&pod)));
        self.live(&pod, fate);
        Answer::Json(201, pod)
    }

    /// What becomes of a pod that was made.
    pub fn live(&mut self, pod: &Value, fate: Fate) {
        let node = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0";
        let node = pod.pointer(node).cloned().unwrap_or_default();
        let mut pod = pod.clone();
        pod["spec"]["nodeName"] = node;
        let container = |reason: &str, message: &str| json!([{"name": "image-0", "state": {"waiting": {"reason": reason, "message": message}}}]);
        let (statuses, reason, message) = match fate {
            Fate::Silence => return,
            Fate::Hangs => (json!(null), "", String::new()),
            Fate::Pulls => (
                container("CreateContainerConfigError", "configmap not found"),
                "Pulled",
                format!(
                    "Successfully pulled image \"{IMAGE}\" in 58ms (60ms including waiting). Image size: 5 bytes."
                ),
            ),
            Fate::Fails(cause) => (
                container("ErrImagePull", cause),
                "Failed",
                format!("Failed to pull image \"{IMAGE}\": {cause}"),
            ),
        };
        self.event(&pod, "Pulling", &format!("Pulling image \"{IMAGE}\""));
        self.version += 1;
        pod["metadata"]["resourceVersion"] = json!(self.version.to_string());
        pod["status"] = json!({"phase": "Pending", "containerStatuses": statuses});
        self.tell_pods(json!({"type": "MODIFIED", "object": pod}));
        if !reason.is_empty() {
            self.event(&pod, reason, &message);
        }
    }

    /// An event about a pod.
    pub fn event(&mut self, pod: &Value, reason: &str, message: &str) {
        self.version += 1;
        let object = json!({
            "metadata": {"name": format!("{}.1", name(pod)), "resourceVersion": self.version.to_string()},
            "involvedObject": {"kind": "Pod", "name": name(pod), "fieldPath": "spec.containers{image-0}"},
            "reason": reason,
            "message": message,
        });
        self.events.tell(json!({"type": "ADDED", "object": object}));
    }
}

/// A pod's name.
pub fn name(pod: &Value) -> String {
    pod["metadata"]["name"].as_str().unwrap().to_string()
}

/// A cluster where every kubelet does the same.
pub fn all(fate: Fate) -> Fake {
    with(move |world, asked| world.answer(asked, fate))
}

/// A cluster of which a scenario may answer some requests by itself.
pub fn with(scenario: impl FnMut(&mut World, &Asked) -> Answer + Send + 'static) -> Fake {
    shared(scenario).0
}

/// The same, and the cluster's insides.
pub fn shared(
    mut scenario: impl FnMut(&mut World, &Asked) -> Answer + Send + 'static,
) -> (Fake, Arc<Mutex<World>>) {
    let world = Arc::new(Mutex::new(World::default()));
    let inside = world.clone();
    (Fake::new(move |asked| scenario(&mut inside.lock().unwrap(), asked)), world)
}
