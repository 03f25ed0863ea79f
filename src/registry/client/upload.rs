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
        let Some(authorization) = granted else { return Err(not_uploaded(self, trail)) };
        let mut upload = Upload { client: self, subject, trail, authorization };
        let mut uploaded = Uploaded::default();
        for blob in blobs {
            match upload.has_blob(blob).await? {
                true => uploaded.there += 1,
                false => {
                    upload.send_blob(blob).await?;
                    uploaded.sent += 1;
                }
            }
        }
        for (at, manifest) in manifests.iter().enumerate() {
            let is_last = at + 1 == manifests.len();
            let name = if is_last { tag.to_string() } else { manifest.digest.to_string() };
            let target = subject.path(&format!("manifests/{name}"));
            upload.put(target, manifest.media_type, manifest.bytes).await?;
        }
        Ok(uploaded)
    }
}

/// An upload that is going on, and what it presents.
struct Upload<'a, 's> {
    client: &'a mut Client,
    subject: &'a Subject<'s>,
    trail: Trail,
    authorization: Authorization,
}

impl Upload<'_, '_> {
    /// A refusal ends it, as in containerd's `dockerPusher`: the password is not sent again with a POST.
    async fn has_blob(&mut self, blob: &Content<'_>) -> Result<bool, NotUploaded> {
        let Some(target) = self.subject.path(&format!("blobs/{}", blob.digest)) else { return Ok(false) };
        let mut asked = self.head(target.clone()).await;
        if self.is_authorized_anew(&asked).await? {
            asked = self.head(target).await;
        }
        match asked.exchange.answer().map(|answer| answer.status) {
            Some(401 | 403) => Err(self.failed(asked)),
            _ => Ok(asked.exchange.is_good()),
        }
    }

    async fn head(&mut self, target: Target) -> Asked {
        let mut ask = Ask::new(ExchangeStep::Store, target, &self.authorization);
        ask.method = Method::HEAD;
        self.client.ask(ask).await
    }

    async fn send_blob(&mut self, blob: &Content<'_>) -> Result<(), NotUploaded> {
        let mut started = self.client.start(self.subject, &self.authorization).await;
        if self.is_authorized_anew(&started).await? {
            started = self.client.start(self.subject, &self.authorization).await;
        }
        if !started.exchange.is_good() {
            return Err(self.failed(started));
        }
        let named = location(&started).zip(self.subject.path("blobs/uploads/"));
        let digest = utf8_percent_encode(blob.digest.as_str(), NON_ALPHANUMERIC).to_string();
        let target = named.and_then(|(location, uploads)| {
            let path = uploads.join(&location).ok()?.path;
            let joint = if path.query().is_some() { '&' } else { '?' };
            let path = format!("{path}{joint}digest={digest}").parse().ok()?;
            Some(Target { origin: self.subject.registry.clone(), path })
        });
        self.put(target, "application/octet-stream", blob.bytes).await
    }

    async fn put(
        &mut self,
        target: Option<Target>,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<(), NotUploaded> {
        let (Some(target), Ok(media_type)) = (target, HeaderValue::from_str(media_type)) else {
            return Err(NotUploaded::Failed(Box::new(no_request(ExchangeStep::Store))));
        };
        let mut asked = self.put_once(target.clone(), media_type.clone(), bytes).await;
        if self.is_authorized_anew(&asked).await? {
            asked = self.put_once(target, media_type, bytes).await;
        }
        if asked.exchange.is_good() { Ok(()) } else { Err(self.failed(asked)) }
    }

    async fn put_once(&mut self, target: Target, media_type: HeaderValue, bytes: &[u8]) -> Asked {
        let mut ask = Ask::new(ExchangeStep::Store, target, &self.authorization);
        ask.method = Method::PUT;
        ask.headers.insert(header::CONTENT_TYPE, media_type);
        ask.body = Bytes::copy_from_slice(bytes);
        self.client.ask(ask).await
    }

    /// Whether the registry asks only now, or for another token, and has got what it asks for.
    async fn is_authorized_anew(&mut self, asked: &Asked) -> Result<bool, NotUploaded> {
        match self.client.challenged(&mut self.trail, self.subject, asked, &self.authorization).await {
            None => Ok(false),
            Some(Some(authorization)) => {
                self.authorization = authorization;
                Ok(true)
            }
            Some(None) => {
                let trail = std::mem::replace(&mut self.trail, Trail::new());
                Err(not_uploaded(self.client, trail))
            }
        }
    }

    fn failed(&self, asked: Asked) -> NotUploaded {
        NotUploaded::Failed(Box::new(self.client.kept(asked.exchange)))
    }
}

fn not_uploaded(client: &Client, mut trail: Trail) -> NotUploaded {
    let nothing = Exchange { result: ExchangeResult::Unreachable, ..no_request(ExchangeStep::Store) };
    match trail.withheld.take() {
        Some(withheld) => NotUploaded::Withheld(withheld),
        None => {
            let last = trail.exchanges.pop().unwrap_or(nothing);
            NotUploaded::Failed(Box::new(client.kept(last)))
        }
    }
}
