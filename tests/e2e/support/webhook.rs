//! A mutating webhook that rewrites the images of pods in one namespace, as policy engines do.

use serde_json::{Value, json};

use super::scripted::servers::pki::self_signed_ca;
use super::scripted::servers::{Accounts, Reply, Request, Servers, Wire};
use super::space::Space;

/// A registered webhook; it is taken away when dropped.
pub struct Webhook<'a> {
    space: &'a Space,
    port: u16,
    /// It answers as long as this is there.
    _servers: Servers,
}

impl<'a> Webhook<'a> {
    /// From now on, containers of pods in the space's namespace get `image`.
    pub fn rewriting_to(space: &'a Space, image: &str) -> Self {
        let ip = space.cluster.setting("HOST_IP");
        let (identity, certificate) = self_signed_ca(ip);
        let servers = Servers::new(Accounts::default());
        let bound = servers.bind_at(&format!("{ip}:0"));
        let (port, image) = (bound.port, image.to_string());
        let wire = Wire::Https(identity.server());
        servers.serve(bound, "webhook", wire, move |request| answer(request, &image));
        let webhook = Self { space, port, _servers: servers };
        webhook.register(&certificate, ip);
        webhook
    }

    fn register(&self, certificate: &str, ip: &str) {
        use base64::Engine;
        let namespace = &self.space.namespace;
        let object = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": namespace},
            "webhooks": [{
                "name": "rewrite.regauth.test",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "timeoutSeconds": 5,
                "clientConfig": {
                    "url": format!("https://{ip}:{}/", self.port),
                    "caBundle": base64::engine::general_purpose::STANDARD.encode(certificate),
                },
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            }],
        });
        self.space.cluster.kubectl(&["apply", "-f", "-"], &object.to_string());
        // The API server learns of it by a watch of its own.
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tried"},
            "spec": {"containers": [{"name": "c", "image": "before"}]}});
        let try_it = ["create", "--dry-run=server", "-o", "jsonpath={.spec.containers[0].image}", "-f", "-"];
        super::cluster::wait_for("the webhook", std::time::Duration::from_secs(10), || {
            self.space.kubectl(&try_it, &pod.to_string()) != "before"
        });
    }
}

impl Drop for Webhook<'_> {
    fn drop(&mut self) {
        let namespace = &self.space.namespace;
        let delete = ["delete", "mutatingwebhookconfiguration", namespace];
        let _ = self.space.cluster.try_kubectl(&delete, "");
    }
}

fn answer(request: &Request, image: &str) -> Reply {
    let Ok(review) = serde_json::from_str::<Value>(&request.body) else { return Reply::new(400) };
    let uid = &review["request"]["uid"];
    let response =
        json!({"uid": uid, "allowed": true, "patchType": "JSONPatch", "patch": patch(&review, image)});
    let kind = "AdmissionReview";
    Reply::json(200, &json!({"apiVersion": "admission.k8s.io/v1", "kind": kind, "response": response}))
}

fn patch(review: &Value, image: &str) -> String {
    use base64::Engine;
    let containers = review["request"]["object"]["spec"]["containers"].as_array().map_or(0, Vec::len);
    let operations: Vec<Value> = (0..containers)
        .map(|index| json!({"op": "replace", "path": format!("/spec/containers/{index}/image"), "value": image}))
        .collect();
    base64::engine::general_purpose::STANDARD.encode(Value::from(operations).to_string())
}
