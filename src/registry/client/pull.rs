//! A pull, as far as it must go to prove that it works: manifests, and the first bytes of what they name.

use http::{HeaderValue, Method, header};

use super::auth::Login;
use super::authorize::Trail;
use super::{Ask, Asked, Authorization, Client, Scope, answer, at, no_request};
use crate::evidence::probe::{Answer, Attempt, Exchange, ExchangeResult, ExchangeStep, Trouble, Withheld};
use crate::registry::challenge::Challenge;
use crate::registry::digest::Digest;
use crate::registry::manifest::{Choice, Descriptor, IndexEntry, Manifest, choose, media_type};
use crate::registry::platform::Platform;
use crate::registry::transport::{Origin, Response, Target};
use crate::text::Clean;

/// The first bytes of a blob that are asked for.
const BLOB_CAP: usize = 1024;
/// The size up to which a configuration is read whole, so that its digest can be compared, in bytes.
const CONFIG_CAP: usize = 1024 * 1024;

/// How far a pull goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Down to a layer's first bytes.
    Layer,
    /// The manifest alone, by HEAD where that may be, which no registry charges: for what another attempt has seen
    /// whole.
    Head,
}

impl Depth {
    /// A HEAD that is refused must be repeated to hear why; a request that carries a password is made once.
    fn method(self, authorization: &Authorization) -> Method {
        match (self, authorization) {
            (Self::Layer, _) | (_, Authorization::Basic(_)) => Method::GET,
            _ => Method::HEAD,
        }
    }
}

/// What is pulled or pushed, and as whom.
pub struct Subject<'a> {
    /// The registry.
    pub registry: &'a Origin,
    /// What stands before the repository's path: `/v2`, or a mirror's own.
    pub prefix: &'a str,
    /// The repository's path.
    pub repository: &'a str,
    /// What the registry asked for without a credential.
    pub challenges: &'a [Challenge],
    /// As whom.
    pub login: Login<'a>,
}

impl Subject<'_> {
    pub(super) fn scope(&self, push: bool) -> Scope {
        Scope { repository: self.repository.to_string(), push }
    }

    /// A path below the repository's.
    pub(super) fn path(&self, rest: &str) -> Option<Target> {
        at(self.registry, &format!("{}/{}/{rest}", self.prefix, self.repository))
    }
}

/// What an attempt came to: its exchanges, or why its credential was not sent.
pub struct Attempted {
    /// What was asked and answered.
    pub exchanges: Vec<Exchange>,
    /// Why the credential was not sent.
    pub withheld: Option<Withheld>,
    /// Where it was sent, as in [`Attempt::sent_to`].
    pub sent_to: Option<Clean>,
}

impl From<Attempted> for Attempt {
    fn from(attempted: Attempted) -> Self {
        let Attempted { exchanges, withheld, sent_to } = attempted;
        Self { credential: None, withheld, sent_to, exchanges }
    }
}

impl Client {
    /// Asks for the image `reference` (a tag or digest) of `subject`'s repository.
    pub async fn pull(
        &mut self,
        subject: &Subject<'_>,
        reference: &str,
        platform: &Platform,
        depth: Depth,
    ) -> Attempted {
        let mut trail = Trail::new();
        let Some(authorization) =
            self.authorize(&mut trail, subject, subject.challenges, &subject.scope(false)).await
        else {
            return self.end(trail, &subject.login);
        };
        let asked = match self.first_manifest(&mut trail, subject, reference, depth, &authorization).await {
            Some(asked) => asked,
            None => return self.end(trail, &subject.login),
        };
        let (asked, authorization) = (asked.0, asked.1.unwrap_or(authorization));
        let found = self.read_manifest(&mut trail, asked, reference.parse().ok().as_ref());
        let image = match found.filter(|_| depth == Depth::Layer) {
            Some(Manifest::Index { manifests }) => {
                self.platform_manifest(&mut trail, subject, &manifests, platform, &authorization).await
            }
            other => other,
        };
        if let Some(Manifest::Image { config, layers } | Manifest::Chart { config, layers }) = image {
            self.blobs(&mut trail, subject, &config, layers.first(), &authorization).await;
        }
        self.end(trail, &subject.login)
    }

    /// The manifest that the reference names, and what was presented for it in the end where that is not
    /// `authorization`. `None` ends the attempt.
    async fn first_manifest(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        reference: &str,
        depth: Depth,
        authorization: &Authorization,
    ) -> Option<(Asked, Option<Authorization>)> {
        let target = subject.path(&format!("manifests/{reference}"));
        let step = ExchangeStep::Manifest;
        let mut method = depth.method(authorization);
        let first = self.manifest(step, &target, &method, authorization).await;
        let (asked, again) = match self.challenged(trail, subject, &first, authorization).await {
            Some(again) => {
                let again = again?;
                method = depth.method(&again);
                (self.manifest(step, &target, &method, &again).await, Some(again))
            }
            None => (first, None),
        };
        // The words of a refusal, and the manifest where HEAD is not known.
        let failed = asked.exchange.answer().is_some_and(|answer| answer.status >= 400);
        if method == Method::HEAD && failed {
            let sent = again.as_ref().unwrap_or(authorization);
            return Some((self.manifest(step, &target, &Method::GET, sent).await, again));
        }
        Some((asked, again))
    }

    async fn manifest(
        &mut self,
        step: ExchangeStep,
        target: &Option<Target>,
        method: &Method,
        authorization: &Authorization,
    ) -> Asked {
        let Some(target) = target.clone() else {
            return Asked { exchange: no_request(step), response: None };
        };
        let mut ask = Ask::new(step, target, authorization);
        ask.method = method.clone();
        for accepted in media_type::ACCEPT {
            ask.headers.append(header::ACCEPT, HeaderValue::from_static(accepted));
        }
        self.ask(ask).await
    }

    /// Keeps the exchange; returns the manifest where there is one to go on with.
    fn read_manifest(&self, trail: &mut Trail, asked: Asked, expected: Option<&Digest>) -> Option<Manifest> {
        let Asked { mut exchange, response } = asked;
        let (true, Some(response)) = (exchange.is_good(), response) else {
            trail.keep(exchange);
            return None;
        };
        let ExchangeResult::Answered(answer) = &mut exchange.result else { return None };
        let found =
            judge_manifest(answer, &response, expected, exchange.request.as_str().starts_with("HEAD"));
        trail.keep(exchange).then_some(found).flatten()
    }

    async fn platform_manifest(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        entries: &[IndexEntry],
        platform: &Platform,
        authorization: &Authorization,
    ) -> Option<Manifest> {
        let chosen = match choose(entries, platform) {
            Choice::Entry(chosen) => chosen,
            Choice::Missing { available } => {
                if let Some(Exchange { result: ExchangeResult::Answered(answer), .. }) =
                    trail.exchanges.last_mut()
                {
                    let wanted = platform.normalized().to_string();
                    let available = available.iter().map(|one| Clean::with_cap(one, 64)).collect();
                    answer.trouble = Some(Trouble::PlatformMissing { wanted, available });
                }
                return None;
            }
        };
        let digest = chosen.digest;
        let target = subject.path(&format!("manifests/{digest}"));
        let step = ExchangeStep::PlatformManifest;
        let asked = self.manifest(step, &target, &Method::GET, authorization).await;
        self.read_manifest(trail, asked, Some(&digest))
    }

    async fn blobs(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        config: &Descriptor,
        layer: Option<&Descriptor>,
        authorization: &Authorization,
    ) {
        let read_whole = config.size <= CONFIG_CAP as u64;
        let cap = if read_whole { CONFIG_CAP } else { BLOB_CAP };
        let Some(target) = subject.path(&format!("blobs/{}", config.digest)) else { return };
        let mut ask = Ask::new(ExchangeStep::Config, target, authorization);
        ask.cap = cap;
        let mut asked = self.ask(ask).await;
        if let (ExchangeResult::Answered(answer), Some(response)) =
            (&mut asked.exchange.result, &asked.response)
            && answer.status == 200
            && response.is_whole()
            && config.digest.verify(&response.body).is_err()
        {
            answer.trouble = Some(Trouble::DigestMismatch);
        }
        if !trail.keep(asked.exchange) {
            return;
        }
        // An empty layer has no first bytes.
        if let Some(layer) = layer.filter(|layer| layer.size > 0) {
            let Some(target) = subject.path(&format!("blobs/{}", layer.digest)) else { return };
            let mut ask = Ask::new(ExchangeStep::Layer, target, authorization);
            ask.cap = BLOB_CAP;
            ask.headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1023"));
            let exchange = self.ask(ask).await.exchange;
            trail.keep(exchange);
        }
    }
}

/// Reads a manifest into its answer; a HEAD has none, and proves that it is there.
fn judge_manifest(
    answer: &mut Answer,
    response: &Response,
    expected: Option<&Digest>,
    is_head: bool,
) -> Option<Manifest> {
    let told = answer::text(response, "docker-content-digest").map(|digest| Clean::with_cap(digest, 160));
    if is_head {
        answer.digest = told;
        return None;
    }
    if !response.is_whole() {
        let why = Clean::new("it is larger than 4 MiB, which is as much as is read of a manifest");
        answer.trouble = Some(Trouble::Unreadable { why });
        return None;
    }
    if expected.is_some_and(|expected| expected.verify(&response.body).is_err()) {
        answer.trouble = Some(Trouble::DigestMismatch);
        return None;
    }
    answer.digest = Some(told.unwrap_or_else(|| Clean::new(Digest::sha256(&response.body).as_str())));
    match Manifest::parse(answer::content_type(response), &response.body) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            answer.trouble = Some(Trouble::Unreadable { why: Clean::new(&error.to_string()) });
            None
        }
    }
}
