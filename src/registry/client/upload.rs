//! Uploads a whole image: blobs that are not there yet, then manifests (the Distribution API: "Pushing blobs",
//! "Pushing manifests").

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::authorize::Trail;
use super::pull::Subject;
use super::push::location;
use super::{Ask, Asked, Authorization, Client, no_request};
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep, Withheld};
use crate::registry::digest::Digest;
use crate::registry::transport::Target;

/// One thing to store: a blob, or a manifest with its media type.
pub struct Content<'a> {
    /// The digest of its bytes.
    pub digest: &'a Digest,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What a manifest is; empty for a blob.
    pub media_type: &'a str,
}

/// What an upload came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Blobs that were sent.
    pub sent: usize,
    /// Blobs that the registry had already.
    pub there: usize,
}

/// Why an image was not uploaded.
#[derive(Clone, Debug, PartialEq)]
pub enum NotUploaded {
    /// The credential was not sent.
    Withheld(Withheld),
    /// A request failed.
    Failed(Box<Exchange>),
}

impl Client {
    /// Uploads blobs, then manifests by their digests, the last one by `tag`.
    ///
    /// # Errors
    ///
    /// The first request that failed; what was sent before stays in the registry, without a name.
    pub async fn upload(
        &mut self,
        subject: &Subject<'_>,
        blobs: &[Content<'_>],
        manifests: &[Content<'_>],
        tag: &str,
    ) -> Result<Uploaded, NotUploaded> {
        let mut trail = Trail::new();
        let granted = self.authorize(&mut trail, subject, subject.challenges, &subject.scope(true)).await;
        let Some(authorization) = granted else { return Err(not_uploaded(trail)) };
        let mut uploaded = Uploaded::default();
        for blob in blobs {
            match self.has_blob(subject, blob, &authorization).await {
                true => uploaded.there += 1,
                false => {
                    self.send_blob(subject, blob, &authorization).await?;
                    uploaded.sent += 1;
                }
            }
        }
        for (at, manifest) in manifests.iter().enumerate() {
            let is_last = at + 1 == manifests.len();
            let name = if is_last { tag.to_string() } else { manifest.digest.to_string() };
            let target = subject.path(&format!("manifests/{name}"));
            let asked = self.put(target, manifest.media_type, manifest.bytes, &authorization).await;
            stored(asked)?;
        }
        Ok(uploaded)
    }

    async fn has_blob(
        &mut self,
        subject: &Subject<'_>,
        blob: &Content<'_>,
        authorization: &Authorization,
    ) -> bool {
        let Some(target) = subject.path(&format!("blobs/{}", blob.digest)) else { return false };
        let mut ask = Ask::new(ExchangeStep::Store, target, authorization);
        ask.method = Method::HEAD;
        self.ask(ask).await.exchange.is_good()
    }

    async fn send_blob(
        &mut self,
        subject: &Subject<'_>,
        blob: &Content<'_>,
        authorization: &Authorization,
    ) -> Result<(), NotUploaded> {
        let started = self.start(subject, authorization).await;
        let named = location(&started).zip(subject.path("blobs/uploads/"));
        if !started.exchange.is_good() {
            return Err(NotUploaded::Failed(Box::new(started.exchange)));
        }
        let digest = utf8_percent_encode(blob.digest.as_str(), NON_ALPHANUMERIC).to_string();
        let target = named.and_then(|(location, uploads)| {
            let path = uploads.join(&location).ok()?.path;
            let joint = if path.query().is_some() { '&' } else { '?' };
            let path = format!("{path}{joint}digest={digest}").parse().ok()?;
            Some(Target { origin: subject.registry.clone(), path })
        });
        stored(self.put(target, "application/octet-stream", blob.bytes, authorization).await)
    }

    async fn put(
        &mut self,
        target: Option<Target>,
        media_type: &str,
        bytes: &[u8],
        authorization: &Authorization,
    ) -> Asked {
        let step = ExchangeStep::Store;
        let (Some(target), Ok(media_type)) = (target, HeaderValue::from_str(media_type)) else {
            return Asked { exchange: no_request(step), response: None };
        };
        let mut ask = Ask::new(step, target, authorization);
        ask.method = Method::PUT;
        ask.headers.insert(header::CONTENT_TYPE, media_type);
        ask.body = Bytes::copy_from_slice(bytes);
        self.ask(ask).await
    }
}

fn stored(asked: Asked) -> Result<(), NotUploaded> {
    match asked.exchange.is_good() {
        true => Ok(()),
        false => Err(NotUploaded::Failed(Box::new(asked.exchange))),
    }
}

fn not_uploaded(mut trail: Trail) -> NotUploaded {
    let nothing = Exchange { result: ExchangeResult::Unreachable, ..no_request(ExchangeStep::Store) };
    match trail.withheld.take() {
        Some(withheld) => NotUploaded::Withheld(withheld),
        None => NotUploaded::Failed(Box::new(trail.exchanges.pop().unwrap_or(nothing))),
    }
}
