//! The few pages that are served, over HTTP/1.1: one request a connection, so many connections, so much time for each.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// So many connections at a time; others wait to be accepted.
const CONNECTIONS: usize = 32;
/// How long a request's headers may take, and a connection as a whole.
const HEADERS: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);
/// The largest request line and headers, in bytes.
const LARGEST_HEAD: usize = 16 * 1024;
/// The text format's own name (prometheus.io, "Exposition formats").
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const LINKS: &str = "<!doctype html><title>kubectl regauth monitor</title>\
    <a href=\"/metrics\">/metrics</a> <a href=\"/healthz\">/healthz</a>\n";

/// What is served.
pub trait Pages: Send + Sync + 'static {
    /// The metrics, in the text format.
    fn metrics(&self) -> String;
    /// What is wrong, as a sentence; `None` where all goes on.
    fn complaint(&self) -> Option<String>;
}

/// Serves until it is dropped; connections that are open then end by themselves.
pub async fn serve(listener: TcpListener, pages: Arc<impl Pages>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = free.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let pages = pages.clone();
                tokio::spawn(async move {
                    let _permit = permit;
                    let _ = tokio::time::timeout(WHOLE, answer_one(stream, pages)).await;
                });
            }
            // A connection that is gone already, or no descriptors for the moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer_one(stream: TcpStream, pages: Arc<impl Pages>) -> Result<(), hyper::Error> {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(request.method(), request.uri().path(), pages.as_ref());
        async move { Ok::<_, Infallible>(answer) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .keep_alive(false)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn answer(method: &Method, path: &str, pages: &impl Pages) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut refused = page(StatusCode::METHOD_NOT_ALLOWED, TEXT, "use GET\n".into());
        refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/metrics" => page(StatusCode::OK, METRICS, pages.metrics()),
        "/healthz" => match pages.complaint() {
            None => page(StatusCode::OK, TEXT, "ok\n".into()),
            Some(complaint) => page(StatusCode::SERVICE_UNAVAILABLE, TEXT, complaint + "\n"),
        },
        "/" => page(StatusCode::OK, HTML, LINKS.into()),
        _ => page(StatusCode::NOT_FOUND, TEXT, "there are /metrics and /healthz\n".into()),
    }
}

fn page(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[derive(Default)]
    struct Fixed {
        ill: AtomicBool,
    }

    impl Pages for Fixed {
        fn metrics(&self) -> String {
            "regauth_findings 7\n".into()
        }

        fn complaint(&self) -> Option<String> {
            self.ill.load(Ordering::Relaxed).then(|| "nothing is heard".into())
        }
    }

    async fn served() -> (std::net::SocketAddr, Arc<Fixed>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, pages) = (listener.local_addr().unwrap(), Arc::new(Fixed::default()));
        tokio::spawn(serve(listener, pages.clone()));
        (address, pages)
    }

    /// The whole answer to these bytes.
    async fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn get(address: std::net::SocketAddr, line: &str) -> String {
        ask(address, &format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await
    }

    #[tokio::test]
    async fn metrics_are_served_as_the_text_format_and_head_has_no_body() {
        let (address, _) = served().await;
        let answer = get(address, "GET /metrics").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nregauth_findings 7\n"), "{answer}");
        let head = get(address, "HEAD /metrics").await;
        assert!(head.contains("content-length: 19\r\n") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(get(address, "GET /metrics?x=1").await.contains("regauth_findings"));
    }

    #[tokio::test]
    async fn health_is_ok_or_a_sentence() {
        let (address, pages) = served().await;
        assert!(get(address, "GET /healthz").await.ends_with("\r\n\r\nok\n"));
        pages.ill.store(true, Ordering::Relaxed);
        let answer = get(address, "GET /healthz").await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("nothing is heard\n"), "{answer}");
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        let (address, _) = served().await;
        assert!(get(address, "GET /").await.contains("href=\"/metrics\""));
        for path in ["/metrics/", "/debug/pprof", "/../etc/passwd"] {
            let answer = get(address, &format!("GET {path}")).await;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        }
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            let answer = get(address, &format!("{method} /metrics")).await;
            assert!(
                answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: GET, HEAD"),
                "{method}: {answer}"
            );
        }
        assert!(ask(address, "nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (address, _) = served().await;
        let request = format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(12 * 1024));
        assert!(ask(address, &request).await.starts_with("HTTP/1.1 200 "));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
        // The server may close before all of it is sent.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }

    #[tokio::test]
    async fn those_who_never_ask_do_not_keep_others_out_for_ever() {
        let (address, _) = served().await;
        let mut silent = Vec::new();
        for _ in 0..CONNECTIONS {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        assert!(get(address, "GET /healthz").await.ends_with("ok\n"));
        assert_eq!(silent.len(), CONNECTIONS);
    }
}
