//! A registry for the faults that real ones cannot show. It listens where the cluster's nodes look for
//! `SCRIPTED_REGISTRY`, speaks just enough HTTP, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::cluster::Cluster;

/// How the registry behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Accepts connections and says nothing.
    Silent,
    /// The token service refuses and echoes the request's body as its reason phrase.
    EchoesPassword,
    /// Errors whose words are escape sequences.
    EscapeSequences,
    /// Redirects to a signed URL of a storage that refuses it.
    SignedUrl,
    /// 429 with the registry's error code.
    RateLimited,
    /// 500 without a body.
    ServerError,
    /// A token service that gives tokens to strangers and refuses every credential.
    RefusesCredentials,
}

/// What is read of a request.
struct Request {
    line: String,
    authorization: Option<String>,
    body: String,
}

/// A running registry; it ends when it is dropped.
pub struct Scripted {
    stop: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<String>>>,
    address: String,
    thread: Option<JoinHandle<()>>,
}

impl Scripted {
    pub fn start(cluster: &Cluster, behaviour: Behaviour) -> Self {
        let host = cluster.setting("SCRIPTED_REGISTRY").to_string();
        let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
        let address = format!("{}:{port}", cluster.setting("HOST_IP"));
        let listener = TcpListener::bind(&address).unwrap_or_else(|error| panic!("{address}: {error}"));
        let (stop, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, log) = (stop.clone(), requests.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (log, stopped, host) = (log.clone(), stopped.clone(), host.clone());
                std::thread::spawn(move || serve(stream, behaviour, &host, &log, &stopped));
            }
        });
        Self { stop, requests, address, thread: Some(thread) }
    }

    /// Request lines so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the accepting thread.
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: TcpStream, behaviour: Behaviour, host: &str, log: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        log.lock().expect("not poisoned").push(request.line.clone());
        if behaviour == Behaviour::Silent {
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
            }
            return;
        }
        let answer = answer(behaviour, host, &request);
        if reader.get_mut().write_all(&answer).is_err() {
            return;
        }
    }
}

fn answer(behaviour: Behaviour, host: &str, request: &Request) -> Vec<u8> {
    match behaviour {
        Behaviour::RefusesCredentials => image::answer(host, request),
        _ => refusal(behaviour, host, request).into_bytes(),
    }
}

fn refusal(behaviour: Behaviour, host: &str, Request { line, body, .. }: &Request) -> String {
    let path = line.split_whitespace().nth(1).unwrap_or_default();
    let none = "Content-Length: 0\r\n\r\n";
    match behaviour {
        Behaviour::Silent | Behaviour::RefusesCredentials => String::new(),
        Behaviour::EchoesPassword if path.starts_with("/token") => {
            format!("HTTP/1.1 401 no token for {}\r\n{none}", body.replace(['\r', '\n'], " "))
        }
        Behaviour::EchoesPassword => format!(
            "HTTP/1.1 401 Unauthorized\r\nDocker-Distribution-Api-Version: registry/2.0\r\n\
             WWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"test\"\r\n{none}"
        ),
        Behaviour::EscapeSequences => {
            format!("HTTP/1.1 500 \x1b[2J\x1b[31mall is well\x1b[0m\x07 \u{202e}lleh\r\n{none}")
        }
        Behaviour::SignedUrl if path.contains("X-Amz-Signature") => {
            format!("HTTP/1.1 403 Forbidden\r\n{none}")
        }
        Behaviour::SignedUrl => format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{host}/bucket/blob?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE\
             &X-Amz-Signature=0f1e2d3c4b5a69788796a5b4c3d2e1f0\r\n{none}"
        ),
        Behaviour::RateLimited => {
            let text = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}"#;
            format!(
                "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                text.len(),
                if line.starts_with("HEAD") { "" } else { text }
            )
        }
        Behaviour::ServerError => format!("HTTP/1.1 500 Internal Server Error\r\n{none}"),
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or((header, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = Some(value.trim().to_string()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Request { line: first.trim().to_string(), authorization, body })
}

/// The smallest image there is, behind a token service.
mod image {
    use serde_json::json;
    use sha2::{Digest, Sha256};

    use super::Request;

    /// An empty tar archive: two blocks of zeros.
    const LAYER: [u8; 1024] = [0; 1024];

    pub(super) fn answer(host: &str, request: &Request) -> Vec<u8> {
        let mut words = request.line.split_whitespace();
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let has_credential = request.authorization.is_some() || request.body.contains("password");
        if path.starts_with("/token") {
            return match (method, has_credential) {
                ("GET", false) => found("application/json", br#"{"token":"for-strangers"}"#, true),
                _ => head("401 Unauthorized", ""),
            };
        }
        if request.authorization.as_deref() != Some("Bearer for-strangers") {
            let challenge =
                format!("WWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"test\"\r\n");
            return head("401 Unauthorized", &challenge);
        }
        let with_body = method == "GET";
        let (config, manifest) = (config(), manifest());
        match path.rsplit('/').next().unwrap_or_default() {
            "1" => found("application/vnd.oci.image.manifest.v1+json", &manifest, with_body),
            name if name == digest(&manifest) => {
                found("application/vnd.oci.image.manifest.v1+json", &manifest, with_body)
            }
            name if name == digest(&config) => found("application/octet-stream", &config, with_body),
            name if name == digest(&LAYER) => found("application/octet-stream", &LAYER, with_body),
            _ => head("404 Not Found", ""),
        }
    }

    fn config() -> Vec<u8> {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let rootfs = json!({"type": "layers", "diff_ids": [digest(&LAYER)]});
        json!({"architecture": architecture, "os": "linux", "config": {}, "rootfs": rootfs})
            .to_string()
            .into_bytes()
    }

    fn manifest() -> Vec<u8> {
        let part = |media: &str, bytes: &[u8]| json!({"mediaType": media, "digest": digest(bytes), "size": bytes.len()});
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": part("application/vnd.oci.image.config.v1+json", &config()),
            "layers": [part("application/vnd.oci.image.layer.v1.tar", &LAYER)],
        })
        .to_string()
        .into_bytes()
    }

    fn digest(bytes: &[u8]) -> String {
        let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }

    fn head(status: &str, headers: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\n\r\n").into_bytes()
    }

    fn found(media: &str, body: &[u8], with_body: bool) -> Vec<u8> {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nDocker-Content-Digest: {}\r\nContent-Length: {}\r\n\r\n",
            digest(body),
            body.len()
        );
        [head.as_bytes(), if with_body { body } else { &[] }].concat()
    }
}
