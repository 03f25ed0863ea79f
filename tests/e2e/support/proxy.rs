//! A proxy between the plugin and the API server, for what API servers do under stress. It speaks plain HTTP at a port of
//! loopback, and passes on who asks.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::space::Space;

/// What belongs to one connection, and is not passed on.
const HOP: [&str; 5] = ["connection", "content-length", "host", "transfer-encoding", "accept-encoding"];
/// The longest head of a request.
const LONGEST_HEAD: usize = 64 << 10;

/// What is wrong with the API server behind the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stress {
    /// Of so many requests one is served; the others are sent away for a second (429).
    ServesOneIn(usize),
    /// Every request is sent away from this one on, counted from 1; watches that began before go on.
    RefusesFrom(usize),
    /// A watch is cut after this time.
    CutsWatches(Duration),
}

/// The proxy; it ends when this is dropped.
pub struct Proxy {
    runtime: Option<tokio::runtime::Runtime>,
    shared: Arc<Shared>,
    kubeconfig: PathBuf,
}

struct Shared {
    server: Client,
    stress: Stress,
    requests: AtomicUsize,
    /// What was done to requests because of the stress.
    stressed: AtomicUsize,
}

/// One request, read whole.
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Proxy {
    /// Before the API server, for whoever the kubeconfig of `space` names.
    pub fn start(space: &Space, stress: Stress) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().expect("a runtime");
        let shared = runtime.block_on(async {
            let mut config = space.cluster.kubeconfig();
            // Whoever asks says who it is.
            config["users"][0]["user"] = json!({});
            let config: Kubeconfig = serde_json::from_value(config).expect("a kubeconfig");
            let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
            let server = Client::try_from(config.expect("a configuration")).expect("a client");
            Arc::new(Shared { server, stress, requests: AtomicUsize::new(0), stressed: AtomicUsize::new(0) })
        });
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = shared.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                tokio::spawn(async move {
                    let _ = shared.connection(stream).await;
                });
            }
        });
        let text = std::fs::read_to_string(&space.kubeconfig).expect("the kubeconfig of the space");
        let mut config: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        config["clusters"][0]["cluster"] = json!({"server": format!("http://127.0.0.1:{port}")});
        let kubeconfig = space.kubeconfig.with_extension(format!("{port}.kubeconfig"));
        std::fs::write(&kubeconfig, config.to_string()).expect("the kubeconfig is written");
        Self { runtime: Some(runtime), shared, kubeconfig }
    }

    /// A kubeconfig that leads to it.
    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// How many requests were sent away or cut off.
    pub fn stressed(&self) -> usize {
        self.shared.stressed.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.kubeconfig);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    /// One connection, with as many requests as the client sends.
    async fn connection(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut buffer = Vec::new();
        while let Some(asked) = read(&mut stream, &mut buffer).await? {
            if self.sends_away() {
                self.stressed.fetch_add(1, Ordering::Relaxed);
                send_away(&mut stream).await?;
            } else {
                self.pass_on(asked, &mut stream).await?;
            }
        }
        Ok(())
    }

    fn sends_away(&self) -> bool {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        match self.stress {
            Stress::ServesOneIn(count) => !number.is_multiple_of(count),
            Stress::RefusesFrom(first) => number >= first,
            Stress::CutsWatches(_) => false,
        }
    }

    async fn pass_on(&self, asked: Asked, stream: &mut TcpStream) -> std::io::Result<()> {
        let is_watch = asked.path.contains("watch=1");
        let mut request = Request::builder().method(asked.method).uri(asked.path);
        *request.headers_mut().expect("a request") = asked.headers;
        let request = request.body(Body::from(asked.body)).expect("a request");
        let Ok(answer) = self.server.send(request).await else {
            // As a load balancer does whose server is away.
            return stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await;
        };
        let mut head = format!("HTTP/1.1 {}\r\ntransfer-encoding: chunked\r\n", answer.status().as_u16());
        for (name, value) in answer.headers().iter().filter(|(name, _)| !HOP.contains(&name.as_str())) {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        let copying = copy(answer.into_body(), stream);
        match self.stress {
            Stress::CutsWatches(after) if is_watch => {
                if let Ok(ended) = tokio::time::timeout(after, copying).await {
                    return ended;
                }
                self.stressed.fetch_add(1, Ordering::Relaxed);
                Err(std::io::Error::other("cut"))
            }
            _ => copying.await,
        }
    }
}

/// The body as chunks, as it comes.
async fn copy(body: Body, stream: &mut TcpStream) -> std::io::Result<()> {
    let mut data = body.into_data_stream();
    while let Some(bytes) = data.next().await {
        let bytes = bytes.map_err(std::io::Error::other)?;
        if !bytes.is_empty() {
            stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
            stream.write_all(&bytes).await?;
            stream.write_all(b"\r\n").await?;
        }
    }
    stream.write_all(b"0\r\n\r\n").await
}

async fn send_away(stream: &mut TcpStream) -> std::io::Result<()> {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 429,
        "reason": "TooManyRequests", "message": "Too many requests, please try again later."});
    let body = status.to_string();
    let head = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-type: application/json\r\n";
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await
}

/// The next request; `None` when the client has no more.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Asked>> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(buffer).map_err(std::io::Error::other)?;
        if let httparse::Status::Complete(length) = parsed {
            let mut asked = asked(&request);
            let announced =
                request.headers.iter().find(|one| one.name.eq_ignore_ascii_case("content-length"));
            let text = announced.and_then(|header| std::str::from_utf8(header.value).ok());
            let size = text.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            buffer.drain(..length);
            while buffer.len() < size {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            }
            asked.body = buffer.drain(..size).collect();
            return Ok(Some(asked));
        }
        if buffer.len() > LONGEST_HEAD || stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn asked(request: &httparse::Request<'_, '_>) -> Asked {
    let mut headers = HeaderMap::new();
    for header in request.headers.iter() {
        let name = HeaderName::try_from(header.name.to_ascii_lowercase());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(header.value))
            && !HOP.contains(&name.as_str())
        {
            headers.append(name, value);
        }
    }
    Asked {
        method: request.method.and_then(|method| method.parse().ok()).unwrap_or(Method::GET),
        path: request.path.unwrap_or("/").to_string(),
        headers,
        body: Vec::new(),
    }
}
