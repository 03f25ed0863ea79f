//! A mutating webhook that rewrites the images of pods in one namespace, as policy engines do.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::space::Space;

/// A registered webhook; it is taken away when dropped.
pub struct Webhook<'a> {
    space: &'a Space,
    stop: Arc<AtomicBool>,
    port: u16,
}

impl<'a> Webhook<'a> {
    /// From now on, containers of pods in the space's namespace get `image`.
    pub fn rewriting_to(space: &'a Space, image: &str) -> Self {
        let ip: IpAddr = space.cluster.setting("HOST_IP").parse().expect("an address");
        let issued = rcgen::generate_simple_self_signed(vec![ip.to_string()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key)
            .expect("a configuration");
        let listener = TcpListener::bind((ip, 0)).expect("an address to listen on");
        let port = listener.local_addr().expect("an address").port();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, config, image) = (stop.clone(), Arc::new(config), image.to_string());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (config, image) = (config.clone(), image.clone());
                std::thread::spawn(move || serve(stream, config, &image));
            }
        });
        let webhook = Self { space, stop, port };
        webhook.register(&issued.cert.pem(), ip);
        webhook
    }

    fn register(&self, certificate: &str, ip: IpAddr) {
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
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect((self.space.cluster.setting("HOST_IP"), self.port));
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, image: &str) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    while let Some(review) = read_review(&mut reader) {
        let answer = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "response": {"uid": review["request"]["uid"], "allowed": true, "patchType": "JSONPatch", "patch": patch(&review, image)},
        })
        .to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let stream = reader.get_mut();
        if stream.write_all((head + &answer).as_bytes()).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

fn patch(review: &Value, image: &str) -> String {
    use base64::Engine;
    let containers = review["request"]["object"]["spec"]["containers"].as_array().map_or(0, Vec::len);
    let operations: Vec<Value> = (0..containers)
        .map(|index| json!({"op": "replace", "path": format!("/spec/containers/{index}/image"), "value": image}))
        .collect();
    base64::engine::general_purpose::STANDARD.encode(Value::from(operations).to_string())
}

fn read_review(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
