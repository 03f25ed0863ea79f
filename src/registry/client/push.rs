//! A push, as far as it must go to prove that it works: an upload that is started and cancelled.
//!
//! `POST /v2/NAME/blobs/uploads/` gives 202 and a `Location`; `DELETE` of that leaves nothing behind (the
//! Distribution API, "Initiate resumable blob upload"). Some registries lack the DELETE: the 202 is the proof,
//! a failed cancel a note.

use bytes::Bytes;
use http::{HeaderValue, Method, header};

use super::authorize::{Trail, bearer};
use super::pull::{Attempted, Subject};
use super::{Ask, Asked, Authorization, Client, no_request};

use crate::evidence::probe::ExchangeStep;
use crate::registry::transport::Target;

impl Client {
    /// Starts an upload and cancels it. With a token service, a token for pulls is asked for first, so that a
    /// missing right to push is told from a credential that is refused.
    pub async fn push(&mut self, subject: &Subject<'_>) -> Attempted {
        let mut trail = Trail::new();
        let _ = self.push_with(&mut trail, subject).await;
        self.end(trail, &subject.login)
    }

    async fn push_with(&mut self, trail: &mut Trail, subject: &Subject<'_>) -> Option<()> {
        let authorization = self.authorize_push(trail, subject).await?;
        let started = self.start(subject, &authorization).await;
        let (started, authorization) = match self.challenged(trail, subject, &started, &authorization).await {
            Some(again) => {
                let again = again?;
                (self.start(subject, &again).await, again)
            }
            None => (started, authorization),
        };
        let location = location(&started);
        if !trail.keep(started.exchange) {
            return None;
        }
        self.cancel(trail, subject, location, &authorization).await;
        Some(())
    }

    async fn authorize_push(&mut self, trail: &mut Trail, subject: &Subject<'_>) -> Option<Authorization> {
        let challenges = subject.challenges;
        if bearer(challenges).is_some() {
            let pull = self.authorize(trail, subject, challenges, &subject.scope(false)).await?;
            // The token of a refused credential that was taken for none: it is not sent a second time.
            if trail.is_for_nobody(&subject.login) {
                return Some(pull);
            }
        }
        self.authorize(trail, subject, challenges, &subject.scope(true)).await
    }

    pub(super) async fn start(&mut self, subject: &Subject<'_>, authorization: &Authorization) -> Asked {
        let Some(target) = subject.path("blobs/uploads/") else {
            return Asked { exchange: no_request(ExchangeStep::UploadStart), response: None };
        };
        let mut ask = Ask::new(ExchangeStep::UploadStart, target, authorization);
        ask.method = Method::POST;
        ask.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        ask.body = Bytes::new();
        self.ask(ask).await
    }

    /// The upload is cancelled on the registry itself, even if it names another host (a proxy in front of it may
    /// hide its inner one): a credential goes nowhere else.
    async fn cancel(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        location: Option<String>,
        authorization: &Authorization,
    ) {
        let named = location.zip(subject.path("blobs/uploads/"));
        let Some(Ok(named)) = named.map(|(location, uploads)| uploads.join(&location)) else { return };
        let target = Target { origin: subject.registry.clone(), path: named.path };
        let mut ask = Ask::new(ExchangeStep::UploadCancel, target, authorization);
        ask.method = Method::DELETE;
        let exchange = self.ask(ask).await.exchange;
        trail.exchanges.push(exchange);
    }
}

pub(super) fn location(asked: &Asked) -> Option<String> {
    let value = asked.response.as_ref()?.headers.get(header::LOCATION)?;
    value.to_str().ok().map(str::to_string)
}
