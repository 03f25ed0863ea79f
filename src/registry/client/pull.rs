//! A pull, as far as it must go to prove that it works: manifests, and the first bytes of what they name.

use http::{HeaderValue, Method, header};

use super::auth::{Login, Token};
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
    /// The manifest is asked for by HEAD, which no registry charges: for what another attempt has seen whole.
    Head,
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
}

impl From<Attempted> for Attempt {
    fn from(attempted: Attempted) -> Self {
        Self { credential: None, withheld: attempted.withheld, exchanges: attempted.exchanges }
    }
}

/// An attempt that is going on.
pub(super) struct Trail {
    pub(super) exchanges: Vec<Exchange>,
    pub(super) withheld: Option<Withheld>,
}

impl Trail {
    pub(super) fn new() -> Self {
        Self { exchanges: Vec::new(), withheld: None }
    }

    pub(super) fn end(self) -> Attempted {
        Attempted { exchanges: self.exchanges, withheld: self.withheld }
    }

    /// Keeps an exchange; says whether the attempt goes on.
    pub(super) fn keep(&mut self, exchange: Exchange) -> bool {
        let good = exchange.is_good();
        self.exchanges.push(exchange);
        good
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
            return trail.end();
        };
        let target = subject.path(&format!("manifests/{reference}"));
        let method = if depth == Depth::Head { Method::HEAD } else { Method::GET };
        let step = ExchangeStep::Manifest;
        let first = self.manifest(step, &target, &method, &authorization).await;
        let (asked, authorization) = match self.challenged(&mut trail, subject, &first).await {
            Some(Some(again)) => (self.manifest(step, &target, &method, &again).await, again),
            Some(None) => return trail.end(),
            None => (first, authorization),
        };
        let found = self.read_manifest(&mut trail, asked, reference.parse().ok().as_ref());
        let image = match found {
            Some(Manifest::Index { manifests }) => {
                self.platform_manifest(&mut trail, subject, &manifests, platform, &authorization).await
            }
            other => other,
        };
        if let Some(Manifest::Image { config, layers } | Manifest::Chart { config, layers }) = image {
            self.blobs(&mut trail, subject, &config, layers.first(), &authorization).await;
        }
        trail.end()
    }

    /// What to put into the first request that needs it. `None` ends the attempt.
    pub(super) async fn authorize(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        challenges: &[Challenge],
        scope: &Scope,
    ) -> Option<Authorization> {
        let bearer = challenges.iter().find(|one| matches!(one, Challenge::Bearer { .. }));
        let basic = challenges.iter().any(|one| matches!(one, Challenge::Basic { .. }));
        if let Some(challenge) = bearer {
            return match self.token(subject.registry, challenge, scope, &subject.login).await {
                Token::Granted(exchange, token) => {
                    trail.exchanges.push(exchange);
                    Some(Authorization::Bearer(token))
                }
                Token::Refused(exchange) => {
                    trail.exchanges.push(exchange);
                    None
                }
                Token::Withheld(withheld) => {
                    trail.withheld = Some(withheld);
                    None
                }
            };
        }
        match &subject.login {
            Login::Password { user, password } if basic => {
                match self.may_carry_credentials(subject.registry) {
                    Ok(()) => Some(Authorization::basic(user, password)),
                    Err(withheld) => {
                        trail.withheld = Some(withheld);
                        None
                    }
                }
            }
            _ => Some(Authorization::None),
        }
    }

    /// A registry that answers `/v2/` to everybody and asks for a credential afterwards. `None`: it does not;
    /// `Some(None)`: it does, and the attempt ends there.
    pub(super) async fn challenged(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        asked: &Asked,
    ) -> Option<Option<Authorization>> {
        let answer = asked.exchange.answer()?;
        let news = answer.status == 401 && subject.challenges.is_empty() && !answer.challenges.is_empty();
        let bearer = answer.challenges.iter().any(|one| matches!(one, Challenge::Bearer { .. }));
        if !news || (matches!(subject.login, Login::Anonymous) && !bearer) {
            return None;
        }
        let push = matches!(asked.exchange.step, ExchangeStep::UploadStart);
        Some(self.authorize(trail, subject, &answer.challenges.clone(), &subject.scope(push)).await)
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
        if let Some(layer) = layer {
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
