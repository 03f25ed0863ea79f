//! A fake API server: it keeps what it was asked, and a scenario answers.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::Body;
use percent_encoding::percent_decode_str;
use regauth::api::Api;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tower_test::mock::{Handle, SendResponse, pair};

/// What an answer has behind its headers.
type Bytestream = UnsyncBoxBody<Bytes, io::Error>;

/// The URL that errors name.
pub const SERVER: &str = "https://fake";

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub body: Value,
    /// Since the server began.
    pub at: Duration,
}

impl Asked {
    pub fn is(&self, method: &Method, path_end: &str) -> bool {
        self.method == *method && self.path.ends_with(path_end)
    }

    pub fn is_watch(&self) -> bool {
        self.query.contains_key("watch")
    }

    /// A query parameter; empty when it is not there.
    pub fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Whether a watch begins anew instead of going on from a version.
    pub fn begins_anew(&self) -> bool {
        self.is_watch() && matches!(self.query("resourceVersion"), "" | "0")
    }
}

/// What the fake does with a request.
pub enum Answer {
    Json(u16, Value),
    /// Status, headers and body as they are.
    Raw(u16, Vec<(&'static str, &'static str)>, String),
    /// The connection breaks before an answer.
    Broken(&'static str),
    /// A body that goes on until its sender is dropped.
    Stream(UnboundedReceiver<io::Result<Bytes>>),
    /// No answer ever comes.
    Silence,
}

impl Answer {
    /// A `Status` of the API server.
    pub fn status(code: u16, reason: &str, message: &str) -> Self {
        Self::Json(code, status_json(code, reason, message))
    }
}

pub fn status_json(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "code": code})
}

/// A stream that is being answered.
pub type Sender = UnboundedSender<io::Result<Bytes>>;

/// A stream, and its answer.
pub fn stream() -> (Sender, Answer) {
    let (sender, receiver) = unbounded_channel();
    (sender, Answer::Stream(receiver))
}

/// A stream of these lines that ends after them.
pub fn lines(lines: &[Value]) -> Answer {
    let (sender, answer) = stream();
    for line in lines {
        sender.send(Ok(Bytes::from(format!("{line}\n")))).unwrap();
    }
    answer
}

/// The fake server.
pub struct Fake {
    pub api: Api,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// A server that answers as `scenario` says.
    pub fn new(scenario: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        Self::with_timeout(None, scenario)
    }

    pub fn with_timeout(
        request_timeout: Option<Duration>,
        scenario: impl FnMut(&Asked) -> Answer + Send + 'static,
    ) -> Self {
        let (service, handle) = pair::<Request<Body>, Response<Bytestream>>();
        let asked = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve(handle, asked.clone(), scenario));
        let client = kube::Client::new(service, "default");
        Self { api: Api::new(client, SERVER, request_timeout), asked }
    }

    /// A server that gives these answers in order, and a 404 after them.
    pub fn in_order(answers: Vec<Answer>) -> Self {
        let mut answers = answers.into_iter();
        Self::new(move |_| {
            answers.next().unwrap_or_else(|| Answer::status(404, "NotFound", "no more answers"))
        })
    }

    /// What was asked so far.
    pub fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap()
    }

    /// How many requests of a method have a path that ends like this.
    pub fn count(&self, method: &Method, path_end: &str) -> usize {
        self.asked().iter().filter(|asked| asked.is(method, path_end)).count()
    }
}

async fn serve(
    mut handle: Handle<Request<Body>, Response<Bytestream>>,
    log: Arc<Mutex<Vec<Asked>>>,
    mut scenario: impl FnMut(&Asked) -> Answer,
) {
    let begun = Instant::now();
    let mut unanswered = Vec::new();
    while let Some((request, send)) = handle.next_request().await {
        let asked = read(request, begun.elapsed()).await;
        log.lock().unwrap().push(asked.clone());
        match scenario(&asked) {
            Answer::Silence => unanswered.push(send),
            answer => give(send, answer),
        }
    }
}

async fn read(request: Request<Body>, at: Duration) -> Asked {
    let (parts, body) = request.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let query = parts.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    Asked {
        method: parts.method,
        path: parts.uri.path().to_string(),
        query: query.map(|(name, value)| (name.to_string(), decoded(value))).collect(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        at,
    }
}

fn give(send: SendResponse<Response<Bytestream>>, answer: Answer) {
    let response = |code: u16, headers: &[(&str, &str)], body: Bytestream| {
        let mut builder = Response::builder().status(code);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(body).unwrap()
    };
    match answer {
        Answer::Json(code, value) => send.send_response(response(code, &[], whole(value.to_string()))),
        Answer::Raw(code, headers, text) => send.send_response(response(code, &headers, whole(text))),
        Answer::Broken(why) => send.send_error(io::Error::new(io::ErrorKind::ConnectionReset, why)),
        Answer::Stream(receiver) => send.send_response(response(200, &[], endless(receiver))),
        Answer::Silence => drop(send),
    }
}

fn whole(text: String) -> Bytestream {
    Full::new(Bytes::from(text)).map_err(io::Error::other).boxed_unsync()
}

fn endless(receiver: UnboundedReceiver<io::Result<Bytes>>) -> Bytestream {
    let frames = stream::unfold(receiver, |mut receiver| async move {
        let frame = match receiver.recv().await? {
            Ok(bytes) => Full::new(bytes).frame().await?.map_err(io::Error::other),
            Err(error) => Err(error),
        };
        Some((frame, receiver))
    });
    StreamBody::new(frames.boxed()).boxed_unsync()
}
