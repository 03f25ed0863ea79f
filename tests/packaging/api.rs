//! An API server on loopback that knows a few names, or says nothing at all.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What it was asked: the path with its query, and the `Accept` header.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// The server; it goes on until the process ends.
pub struct Api {
    address: SocketAddr,
    asked: Asked,
}

impl Api {
    /// One that answers.
    pub fn start() -> Self {
        Self::serving(|stream, asked| {
            let _ = answer(stream, &asked);
        })
    }

    /// One that takes connections and never answers.
    pub fn silent() -> Self {
        let kept = Mutex::new(Vec::new());
        Self::serving(move |stream, _| kept.lock().unwrap().push(stream))
    }

    fn serving(serve: impl Fn(TcpStream, Asked) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Asked::default();
        let own = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, own.clone());
            }
        });
        Self { address, asked }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, asked: &Asked) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_string();
    let mut accept = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("accept:") {
            accept = value.trim().to_string();
        }
    }
    asked.lock().unwrap().push((path.clone(), accept));
    let (status, body) = body(&path).map_or_else(
        || ("403 Forbidden", json!({"kind": "Status", "code": 403, "message": "no", "reason": "Forbidden"})),
        |body| ("200 OK", body),
    );
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    (&stream).write_all((head + &body).as_bytes())
}

fn body(path: &str) -> Option<Value> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let list = |names: &[&str], next: &str| {
        let items = names
            .iter()
            .map(|name| json!({"metadata": {"name": name, "labels": {"kubernetes.io/arch": "riscv64"}}}));
        Some(json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
            "metadata": {"continue": next}, "items": items.collect::<Vec<_>>()}))
    };
    match path {
        "/version" => Some(json!({"gitVersion": "v1.36.3", "platform": "linux/amd64"})),
        "/api/v1/namespaces" if query.contains("continue=more") => list(&["team-b"], ""),
        "/api/v1/namespaces" => list(&["team", "default"], "more"),
        "/api/v1/nodes" => list(&["node1", "node2"], ""),
        "/api/v1/namespaces/team/serviceaccounts" => list(&["builder", "default"], ""),
        "/api/v1/namespaces/team/secrets" if query.contains("dockerconfigjson") => list(&["regcred"], ""),
        "/api/v1/namespaces/team/secrets" if query.contains("dockercfg") => list(&["old-regcred"], ""),
        "/api/v1/namespaces/team/secrets" => list(&["ci", "regcred"], ""),
        "/apis/apps/v1/namespaces/team/deployments" => list(&["web", "worker"], ""),
        "/apis/apps/v1/namespaces/other/deployments" => list(&["elsewhere"], ""),
        _ => None,
    }
}
