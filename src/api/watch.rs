//! A watch that goes on: it resumes where it was cut, starts anew after `410 Gone`, and ends only when it is
//! not permitted or nobody listens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::Method;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::io::StreamReader;

use super::error::Status;
use super::wire::Named;
use super::{Api, ApiError};

/// The longest line: an object in etcd has at most 1.5 MiB by default.
const LONGEST_LINE: usize = 8 << 20;
/// Pauses between attempts, the last one for all further ones.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// What is watched.
#[derive(Clone, Debug)]
pub struct Watch {
    /// What it is called in errors.
    pub what: &'static str,
    /// Path and selectors, such as `/api/v1/namespaces/x/pods?labelSelector=…`.
    pub path: String,
    /// The version to start from; empty means: what is there first, then what changes.
    pub from: String,
    /// When the server may end it, in seconds.
    pub timeout_seconds: u64,
}

/// What a watch delivers.
#[derive(Debug)]
pub enum Change<T> {
    /// The object as it is now.
    Is(T),
    /// The object as it was when it was deleted.
    Deleted(T),
    /// The watch is interrupted and tries to go on.
    Lost(ApiError),
    /// The watch goes on.
    Resumed,
    /// The watch ended for good.
    Ended(ApiError),
}

/// How a change came.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// When the last byte of its line came from the connection, before anything was decoded.
    pub at: Instant,
    /// How long the connection had been open by then: what comes first may have waited for it.
    pub connected_for: Duration,
    /// Whether the server calls it new (`ADDED`): created, or there before the watch began.
    pub is_added: bool,
}

impl Stamp {
    /// Of what comes from no line.
    fn of_now() -> Self {
        Self { at: Instant::now(), connected_for: Duration::ZERO, is_added: false }
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    object: &'a RawValue,
}

/// How one connection of a watch ended.
enum End {
    /// Cut off: go on from the last version seen. With the reason when there was no connection at all.
    Cut(Option<ApiError>),
    /// The version is too old: start anew.
    Gone,
    /// Nobody listens any more.
    Unheard,
    /// For good.
    Refused(ApiError),
}

impl Watch {
    /// Watches until nobody listens; `wrap` makes of a change what the listener wants.
    pub async fn run<T, M>(self, api: Api, into: mpsc::Sender<M>, wrap: fn(Change<T>) -> M)
    where
        T: DeserializeOwned,
    {
        self.run_stamped(api, into, move |change, _| wrap(change)).await;
    }

    /// Like [`Watch::run`], with how each change came.
    pub async fn run_stamped<T, M, W>(mut self, api: Api, into: mpsc::Sender<M>, wrap: W)
    where
        T: DeserializeOwned,
        W: Fn(Change<T>, Stamp) -> M + Send + Sync,
    {
        let plain = |change| wrap(change, Stamp::of_now());
        let mut failures = 0;
        let mut permitted = false;
        loop {
            let before = self.from.clone();
            match self.connect(&api, &into, &wrap, &mut permitted).await {
                End::Unheard => return,
                // An API server that has just started knows no roles yet and refuses everybody.
                End::Refused(error) if permitted && error.code() == Some(403) => {
                    let _ = into.send(plain(Change::Lost(error))).await;
                }
                End::Refused(error) => {
                    let _ = into.send(plain(Change::Ended(error))).await;
                    return;
                }
                End::Gone => self.from.clear(),
                End::Cut(None) => {}
                End::Cut(Some(error)) => {
                    let _ = into.send(plain(Change::Lost(error))).await;
                }
            }
            // A watch that brought something was a good one: the next one starts without a pause.
            failures = if self.from == before { failures + 1 } else { 0 };
            sleep(PAUSES[failures.min(PAUSES.len() - 1)]).await;
            if into.is_closed() {
                return;
            }
        }
    }

    async fn connect<T, M, W>(
        &mut self,
        api: &Api,
        into: &mpsc::Sender<M>,
        wrap: &W,
        permitted: &mut bool,
    ) -> End
    where
        T: DeserializeOwned,
        W: Fn(Change<T>, Stamp) -> M + Send + Sync,
    {
        let response = match api.send(&Method::GET, &self.url(), &Bytes::new()).await {
            Ok(response) => response,
            Err(ApiError::Status { code: 410, .. }) => return End::Gone,
            Err(error) if error.is_passing() => return End::Cut(Some(error)),
            Err(error) => return End::Refused(error),
        };
        if *permitted && into.send(wrap(Change::Resumed, Stamp::of_now())).await.is_err() {
            return End::Unheard;
        }
        *permitted = true;
        let connected = Instant::now();
        // Lines wait in a buffer while those before them are decoded; the time is that of their bytes.
        let arrived = AtomicU64::new(0);
        let stamp = |_: &Bytes| {
            arrived
                .store(u64::try_from(connected.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        let bytes = response.into_body().into_data_stream().inspect_ok(stamp).map_err(std::io::Error::other);
        let codec = LinesCodec::new_with_max_length(LONGEST_LINE);
        let mut lines = FramedRead::new(StreamReader::new(bytes), codec);
        loop {
            let line = tokio::select! {
                line = lines.try_next() => line,
                () = into.closed() => return End::Unheard,
            };
            let Ok(Some(line)) = line else { return End::Cut(None) };
            let (change, is_added) = match self.read(&line) {
                Ok(Some(change)) => change,
                Ok(None) => continue,
                Err(end) => return end,
            };
            let connected_for = Duration::from_micros(arrived.load(Ordering::Relaxed));
            let stamp = Stamp { at: connected + connected_for, connected_for, is_added };
            if into.send(wrap(change, stamp)).await.is_err() {
                return End::Unheard;
            }
        }
    }

    /// Without a version the watch starts from "0": what the server's cache holds, then what changes. It must
    /// not ask for bookmarks then, nor leave the version out: the server takes either for a wish for etcd's
    /// newest state, which etcd before 3.4.25 does not offer, and refuses (Kubernetes 1.36, `WatchList`).
    fn url(&self) -> String {
        let join = if self.path.contains('?') { '&' } else { '?' };
        let from = match self.from.as_str() {
            "" => "resourceVersion=0".to_string(),
            from => format!("resourceVersion={from}&allowWatchBookmarks=true"),
        };
        format!("{}{join}watch=1&timeoutSeconds={}&{from}", self.path, self.timeout_seconds)
    }

    /// One line: a change and whether it is called new, nothing (a bookmark, or an object that cannot be read), or an
    /// end.
    fn read<T: DeserializeOwned>(&mut self, line: &str) -> Result<Option<(Change<T>, bool)>, End> {
        let Ok(Line { kind, object }) = serde_json::from_str::<Line<'_>>(line) else {
            tracing::warn!(target: "regauth::api", what = self.what, "a line of a watch cannot be read");
            return Ok(None);
        };
        if kind == "ERROR" {
            let status: Status = serde_json::from_str(object.get()).unwrap_or_default();
            return Err(match ApiError::from_status(status, None) {
                ApiError::Status { code: 410, .. } => End::Gone,
                // No Status at all.
                ApiError::Status { code: 0, .. } => End::Cut(None),
                error if error.is_passing() => End::Cut(Some(error)),
                error => End::Refused(error),
            });
        }
        if let Ok(named) = serde_json::from_str::<Named>(object.get())
            && !named.metadata.resource_version.is_empty()
        {
            self.from = named.metadata.resource_version;
        }
        if kind == "BOOKMARK" {
            return Ok(None);
        }
        match serde_json::from_str(object.get()) {
            Ok(object) if kind == "DELETED" => Ok(Some((Change::Deleted(object), false))),
            Ok(object) => Ok(Some((Change::Is(object), kind == "ADDED"))),
            Err(error) => {
                let error = ApiError::undecodable(self.what, &error);
                tracing::warn!(target: "regauth::api", %error);
                Ok(None)
            }
        }
    }
}
