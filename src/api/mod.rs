//! Requests to the API server: the connection, retries, and lean types of what is read.
//!
//! `kube` makes the connection (kubeconfig, TLS, credential plugins, proxies); bodies are decoded here, since
//! decode errors must show no text of what they failed on.

pub mod connect;
pub mod contexts;
pub mod error;
pub mod exec;
pub mod forward;
mod lines;
pub mod path;
pub mod template;
pub mod watch;
pub mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use kube::client::Body;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

pub use connect::{ConnectOptions, connect};
pub use error::ApiError;
pub use forward::{Forward, forward};

use crate::text::Clean;

/// No answer that is read whole is larger: a page of nodes has a few megabytes.
const LARGEST_ANSWER: usize = 64 << 20;
/// Objects a page of [`Api::list`].
const PAGE: &str = "500";
/// How long a server that answered before may be away, as while it restarts, or may send its clients away (429).
const PATIENCE: Duration = Duration::from_secs(30);
/// Between tries at the least, whatever the server says.
const LEAST_PAUSE: Duration = Duration::from_millis(200);
/// The usual representation of an answer.
pub(crate) const JSON: &str = "application/json";
/// What a patch is.
const MERGE_PATCH: &str = "application/merge-patch+json";
/// An object without spec, status and data (Kubernetes 1.15 and later, "Receiving resources as Tables and metadata").
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/// How often a request is sent at the most that fails with a 5xx.
const TRIES: u32 = 6;

/// A connection to an API server. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    client: kube::Client,
    server: Arc<str>,
    request_timeout: Option<Duration>,
    /// Whether the server has ever answered: only then is it worth waiting for.
    answered: Arc<AtomicBool>,
}

/// An answer with the server's own time.
pub struct Answer<T> {
    /// The decoded body.
    pub body: T,
    /// The `Date` header (UTC, whole seconds).
    pub date: Option<Timestamp>,
}

impl Api {
    /// An API over a ready client (a fake one in tests). `request_timeout` applies to each request but watches.
    pub fn new(client: kube::Client, server: &str, request_timeout: Option<Duration>) -> Self {
        Self { client, server: server.into(), request_timeout, answered: Arc::default() }
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Whether the server has ever answered.
    pub fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// The namespace of the kubeconfig's context.
    pub fn default_namespace(&self) -> &str {
        self.client.default_namespace()
    }

    /// Reads one object or one page of a list.
    pub async fn get<T: DeserializeOwned>(&self, what: &'static str, path: &str) -> Result<T, ApiError> {
        Ok(self.get_dated(what, path).await?.body)
    }

    /// All objects of a collection, read in pages; the path may have query parameters.
    pub async fn list<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
    ) -> Result<Vec<T>, ApiError> {
        let mut items = Vec::new();
        self.each(what, path, JSON, |item| items.push(item)).await?;
        Ok(items)
    }

    /// The same one by one, in the representation that `accept` names.
    pub async fn each<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        accept: &'static str,
        mut each: impl FnMut(T),
    ) -> Result<(), ApiError> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut next = String::new();
        loop {
            let query = path::with("", &[("limit", PAGE), ("continue", &next)]);
            let path = format!("{path}{join}{}", query.trim_start_matches('?'));
            let page: wire::List<T> = decode(what, &self.get_bytes(accept, &path).await?.body)?;
            page.items.into_iter().for_each(&mut each);
            next = page.metadata.next;
            if next.is_empty() {
                return Ok(());
            }
        }
    }

    /// Like [`Api::get`], with the server's time.
    pub async fn get_dated<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
    ) -> Result<Answer<T>, ApiError> {
        let answer = self.call(&Method::GET, path, &Bytes::new()).await?;
        Ok(Answer { body: decode(what, &answer.body)?, date: answer.date })
    }

    /// Reads an answer as it comes, in the representation that `accept` names: for bodies that are decoded in place.
    pub async fn get_bytes(&self, accept: &'static str, path: &str) -> Result<Answer<Bytes>, ApiError> {
        self.call_accepting(&Method::GET, path, &Bytes::new(), accept).await
    }

    /// Reads what is plain text, such as a log; what is not UTF-8 is replaced.
    pub async fn get_text(&self, path: &str) -> Result<String, ApiError> {
        let answer = self.call(&Method::GET, path, &Bytes::new()).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Creates an object.
    pub async fn create<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        object: &impl Serialize,
    ) -> Result<T, ApiError> {
        decode(what, &self.call(&Method::POST, path, &encode(what, object)?).await?.body)
    }

    /// The metadata of an object and nothing else of it: of a Secret nothing that it holds.
    pub async fn metadata(&self, path: &str) -> Result<wire::Meta, ApiError> {
        let answer = self.get_bytes(METADATA, path).await?;
        let object: wire::Named = decode("metadata", &answer.body)?;
        Ok(object.metadata)
    }

    /// Changes an object by a merge patch (RFC 7386).
    pub async fn patch<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        patch: &impl Serialize,
    ) -> Result<T, ApiError> {
        decode(what, &self.call(&Method::PATCH, path, &encode(what, patch)?).await?.body)
    }

    /// Deletes an object or a collection. What is not there is as good as deleted.
    pub async fn delete(&self, path: &str, options: &impl Serialize) -> Result<(), ApiError> {
        match self.call(&Method::DELETE, path, &encode("delete options", options)?).await {
            Err(ApiError::Status { code: 404, .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// One request with its retries: 5xx with back-off or as `Retry-After` says; 429 in the same way, and a server that
    /// has answered before and is away now, for up to [`PATIENCE`].
    async fn call(&self, method: &Method, path: &str, body: &Bytes) -> Result<Answer<Bytes>, ApiError> {
        self.call_accepting(method, path, body, JSON).await
    }

    async fn call_accepting(
        &self,
        method: &Method,
        path: &str,
        body: &Bytes,
        accept: &'static str,
    ) -> Result<Answer<Bytes>, ApiError> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.once(method, path, body, accept).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match self.pause(&error, tries, begun) {
                Some(pause) => sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    /// How long to wait before the next try; `None` when there should be none.
    fn pause(&self, error: &ApiError, tries: u32, begun: Instant) -> Option<Duration> {
        let back_off = LEAST_PAUSE * 2u32.pow(tries.min(4));
        match error {
            // Who is sent away because the server has too much to do is served in the end, and nothing was done meanwhile.
            ApiError::Status { code, retry_after, .. } if error.is_passing() => {
                let goes_on = if *code == 429 { begun.elapsed() < PATIENCE } else { tries < TRIES };
                let told = retry_after.map(|seconds| Duration::from_secs(seconds.min(10)).max(LEAST_PAUSE));
                goes_on.then(|| told.unwrap_or(back_off))
            }
            ApiError::Unreachable { .. }
                if self.answered.load(Ordering::Relaxed) && begun.elapsed() < PATIENCE =>
            {
                Some(back_off.min(Duration::from_secs(1)))
            }
            _ => None,
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: &Bytes,
        accept: &'static str,
    ) -> Result<Answer<Bytes>, ApiError> {
        let begun = Instant::now();
        let work = async {
            let response = self.send_accepting(method, path, body, accept).await?;
            let date = date_of(&response);
            let bytes = self.read(response).await?;
            Ok(Answer { body: bytes, date })
        };
        let result = match self.request_timeout {
            Some(limit) => timeout(limit, work)
                .await
                .unwrap_or_else(|_| Err(ApiError::TimedOut { server: self.server.to_string(), limit })),
            None => work.await,
        };
        let status = result.as_ref().map_or_else(|error: &ApiError| error.code().unwrap_or(0), |_| 200);
        tracing::debug!(target: "regauth::api", %method, path, status, ms = begun.elapsed().as_millis() as u64);
        result
    }

    /// Sends a request and returns the response of a success; the body is not read yet.
    async fn send(&self, method: &Method, path: &str, body: &Bytes) -> Result<Response<Body>, ApiError> {
        self.send_accepting(method, path, body, JSON).await
    }

    async fn send_accepting(
        &self,
        method: &Method,
        path: &str,
        body: &Bytes,
        accept: &'static str,
    ) -> Result<Response<Body>, ApiError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, if *method == Method::PATCH { MERGE_PATCH } else { JSON })
            .body(Body::from(body.to_vec()))
            .map_err(|error| self.unreachable(&error.to_string()))?;
        let response = self.client.send(request).await.map_err(|error| self.failed(&error))?;
        self.answered.store(true, Ordering::Relaxed);
        let code = response.status();
        if code.is_success() {
            return Ok(response);
        }
        let retry_after = header_text(&response, &header::RETRY_AFTER).and_then(|text| text.parse().ok());
        let body = self.read(response).await.unwrap_or_default();
        Err(ApiError::from_answer(code.as_u16(), retry_after, &body))
    }

    async fn read(&self, response: Response<Body>) -> Result<Bytes, ApiError> {
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        Ok(body.map_err(|error| self.unreachable(&error.to_string()))?.to_bytes())
    }

    fn failed(&self, error: &kube::Error) -> ApiError {
        match (connect::credential_problem(error), error) {
            (Some(cause), _) => ApiError::Credential { cause: Clean::new(&cause) },
            (None, kube::Error::Api(status)) => ApiError::from_kube(status),
            (None, kube::Error::UpgradeConnection(_)) => {
                self.unreachable("it, or a proxy before it, takes no WebSocket connection")
            }
            (None, error) => self.unreachable(&innermost(error)),
        }
    }

    fn unreachable(&self, cause: &str) -> ApiError {
        ApiError::Unreachable { server: self.server.to_string(), cause: Clean::new(cause) }
    }
}

/// The last source of an error: hyper's outer layers say only "client error (Connect)".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn encode(what: &'static str, object: &impl Serialize) -> Result<Bytes, ApiError> {
    serde_json::to_vec(object).map(Bytes::from).map_err(|error| ApiError::undecodable(what, &error))
}

fn decode<T: DeserializeOwned>(what: &'static str, body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::undecodable(what, &error))
}

fn header_text<'a>(response: &'a Response<Body>, name: &header::HeaderName) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

fn date_of(response: &Response<Body>) -> Option<Timestamp> {
    let text = header_text(response, &header::DATE)?;
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}
