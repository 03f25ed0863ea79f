//! Credentials and tokens: what goes into a request's `Authorization`.
//!
//! Tokens are asked for by GET with Basic and, from token services that know only the other way, by POST
//! (the Distribution token and oauth2 specifications). containerd asks by POST first, and by GET after its
//! refusal, which sends a refused password twice; GET first sends it once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::timeout_at;
use zeroize::{Zeroize, Zeroizing};

use super::{Ask, Asked, Client, no_request};
use crate::evidence::endpoint::{Role, Scheme};
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep, Trouble, Withheld};
use crate::registry::challenge::Challenge;
use crate::registry::token::TokenResponse;
use crate::registry::transport::{Origin, Target};
use crate::secret::Secret;
use crate::text::Clean;

/// The name by which token services know this client.
const CLIENT_ID: &str = "regauth";
/// No more scopes of a challenge than this are asked for, none longer than that.
const MAX_SCOPES: usize = 8;
const MAX_SCOPE: usize = 512;

/// What a request carries.
pub enum Authorization {
    /// Nothing.
    None,
    /// User name and password, encoded.
    Basic(Secret),
    /// A token that was issued for a credential.
    Bearer(Secret),
    /// A token that was issued to nobody in particular: it may go where no credential may.
    Strangers(Secret),
}

impl Authorization {
    /// Basic of a user and a password.
    pub fn basic(user: &str, password: &Secret) -> Self {
        let pair = Zeroizing::new(format!("{user}:{}", password.expose()));
        Self::Basic(Secret::new(STANDARD.encode(&*pair)))
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::None => return None,
            Self::Basic(encoded) => Secret::new(format!("Basic {}", encoded.expose())),
            Self::Bearer(token) | Self::Strangers(token) => Secret::new(format!("Bearer {}", token.expose())),
        };
        let mut value = HeaderValue::from_str(text.expose()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// What a credential is sent as.
pub enum Login<'a> {
    /// Nobody.
    Anonymous,
    /// A user and a password.
    Password {
        /// The user.
        user: &'a str,
        /// The password.
        password: &'a Secret,
    },
    /// An identity token, which is exchanged for tokens.
    IdentityToken(&'a Secret),
    /// A registry token, which is sent as it is where a token is asked for (Docker's `registrytoken`).
    RegistryToken(&'a Secret),
}

/// What a token is to grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The repository's path within the registry.
    pub repository: String,
    /// Whether pushes are to be granted, too.
    pub push: bool,
}

impl Scope {
    fn text(&self) -> String {
        let actions = if self.push { "pull,push" } else { "pull" };
        format!("repository:{}:{actions}", self.repository)
    }

    /// Whether this asks for what a challenge's scope names.
    fn covers(&self, named: &str) -> bool {
        let actions = named.strip_prefix("repository:").and_then(|rest| rest.strip_prefix(&self.repository));
        let actions = actions.and_then(|rest| rest.strip_prefix(':'));
        let asked = |action: &str| action == "pull" || (action == "push" && self.push);
        actions.is_some_and(|actions| actions.split(',').all(asked))
    }

    /// What a challenge wants beyond this, which is asked for as well, as containerd does
    /// (`docker.GetTokenScopes` of containerd 2.4).
    fn beyond<'a>(&self, challenge: &'a Challenge) -> Vec<&'a str> {
        let Challenge::Bearer { scope: Some(scope), .. } = challenge else { return Vec::new() };
        let named = scope.raw().split_ascii_whitespace().filter(|named| named.len() <= MAX_SCOPE);
        named.filter(|named| !self.covers(named)).take(MAX_SCOPES).collect()
    }

    /// Whether a challenge to a token that was had for `first` asks for another one: of another service, or for
    /// more (`insufficient_scope` of RFC 6750).
    pub(super) fn is_not_met(&self, first: &Challenge, again: &Challenge) -> bool {
        match (first, again) {
            (
                Challenge::Bearer { realm, service, .. },
                Challenge::Bearer { realm: other, service: other_service, .. },
            ) => realm != other || service != other_service || self.beyond(first) != self.beyond(again),
            _ => false,
        }
    }
}

/// Where a token is to be had.
struct Realm {
    target: Target,
    service: String,
    /// Scopes that the challenge names beyond what the client asks for itself.
    beyond: Vec<String>,
}

/// What came of a token request.
pub(super) enum Token {
    /// A token, maybe one that grants nothing.
    Granted(Exchange, Secret),
    /// None; the exchange says why.
    Refused(Exchange),
    /// The credential was not sent.
    Withheld(Withheld),
}

impl Client {
    /// Asks the token service that a challenge names.
    pub(super) async fn token(
        &mut self,
        registry: &Origin,
        challenge: &Challenge,
        scope: &Scope,
        login: &Login<'_>,
    ) -> Token {
        let step = if scope.push { ExchangeStep::PushToken } else { ExchangeStep::PullToken };
        let realm = match realm(challenge, scope) {
            Ok(realm) => realm,
            Err(message) => return Token::Refused(Exchange::not_made(step, message)),
        };
        if !matches!(login, Login::Anonymous)
            && let Err(withheld) = self.may_login(registry, &realm).await
        {
            return Token::Withheld(withheld);
        }
        let by_post = matches!(login, Login::IdentityToken(_));
        let mut asked = self.ask_token(step, registry, &realm, scope, login, by_post).await;
        let unknown = |asked: &Asked| {
            asked.exchange.answer().is_some_and(|answer| matches!(answer.status, 404 | 405 | 501))
        };
        // A service that knows only the other way; it has looked at no credential.
        if !by_post && !matches!(login, Login::Anonymous) && unknown(&asked) {
            let other = self.ask_token(step, registry, &realm, scope, login, true).await;
            if !unknown(&other) {
                asked = other;
            }
        }
        read_token(asked)
    }

    /// A credential goes to the realm over a connection that can be trusted, and only when the registry's can be:
    /// whoever is between could name a realm of their own.
    async fn may_login(&mut self, registry: &Origin, realm: &Realm) -> Result<(), Withheld> {
        self.may_carry_credentials(registry)?;
        if realm.target.origin.scheme() == Scheme::Http {
            let registry_in_clear = registry.scheme() == Scheme::Http;
            let same_host = realm.target.origin.host() == registry.host();
            return match (registry_in_clear, same_host) {
                (true, true) => Ok(()),
                (true, false) => {
                    self.may_carry_credentials(&realm.target.origin).map_err(|_| Withheld::Realm)
                }
                (false, _) => Err(Withheld::Realm),
            };
        }
        let role = role_of(registry, realm);
        // Where it cannot be contacted nothing is sent, and the request says why.
        let opened = timeout_at(self.deadline, self.transport.open(&realm.target.origin, role)).await;
        if !matches!(opened, Ok(Ok(_))) {
            return Ok(());
        }
        self.may_carry_credentials(&realm.target.origin)
    }

    async fn ask_token(
        &mut self,
        step: ExchangeStep,
        registry: &Origin,
        realm: &Realm,
        scope: &Scope,
        login: &Login<'_>,
        by_post: bool,
    ) -> Asked {
        let query = query(realm, scope, by_post);
        let Some(target) = token_target(realm, &query, by_post) else {
            return Asked { exchange: no_request(step), response: None };
        };
        let authorization = match login {
            Login::Password { user, password } if !by_post => Authorization::basic(user, password),
            _ => Authorization::None,
        };
        let mut ask = Ask::new(step, target, &authorization);
        ask.role = role_of(registry, realm);
        if by_post {
            let form = "application/x-www-form-urlencoded";
            ask.method = Method::POST;
            ask.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form));
            ask.body = Bytes::from_owner(form_body(&query, login));
            ask.body_is_secret = true;
        }
        self.ask(ask).await
    }
}

fn role_of(registry: &Origin, realm: &Realm) -> Role {
    if realm.target.origin.host() == registry.host() { Role::Registry } else { Role::TokenService }
}

fn realm(challenge: &Challenge, scope: &Scope) -> Result<Realm, &'static str> {
    let Challenge::Bearer { realm, service, .. } = challenge else { return Err("no token service is named") };
    let target = Target::parse(realm.raw())
        .map_err(|_| "the realm of the token service is no URL of http or https with a host")?;
    let service = service.as_ref().map(|service| service.raw().to_string()).unwrap_or_default();
    let beyond = scope.beyond(challenge).into_iter().map(str::to_string).collect();
    Ok(Realm { target, service, beyond })
}

fn token_target(realm: &Realm, query: &str, by_post: bool) -> Option<Target> {
    let path = &realm.target.path;
    let joint = if path.query().is_some() { '&' } else { '?' };
    let path = if by_post { path.clone() } else { format!("{path}{joint}{query}").parse().ok()? };
    Some(Target { origin: realm.target.origin.clone(), path })
}

/// Several scopes are several parameters of a GET, and one of a POST (the Distribution token and oauth2
/// specifications).
fn query(realm: &Realm, scope: &Scope, by_post: bool) -> String {
    let scopes: Vec<String> = [scope.text()].into_iter().chain(realm.beyond.iter().cloned()).collect();
    let scopes = match by_post {
        true => format!("scope={}", encode(&scopes.join(" "))),
        false => scopes.iter().map(|one| format!("scope={}", encode(one))).collect::<Vec<_>>().join("&"),
    };
    match realm.service.is_empty() {
        true => scopes,
        false => format!("service={}&{scopes}", encode(&realm.service)),
    }
}

fn form_body(query: &str, login: &Login<'_>) -> Zeroizing<String> {
    let credential = match login {
        Login::Anonymous | Login::RegistryToken(_) => Zeroizing::default(),
        Login::Password { user, password } => {
            let password = Zeroizing::new(encode(password.expose()));
            Zeroizing::new(format!("&grant_type=password&username={}&password={}", encode(user), *password))
        }
        Login::IdentityToken(token) => {
            let token = Zeroizing::new(encode(token.expose()));
            Zeroizing::new(format!("&grant_type=refresh_token&refresh_token={}", *token))
        }
    };
    Zeroizing::new(format!("{query}&client_id={CLIENT_ID}{}", *credential))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

pub(super) fn read_token(mut asked: Asked) -> Token {
    let good = asked.exchange.is_good();
    let (Some(response), ExchangeResult::Answered(answer)) =
        (&mut asked.response, &mut asked.exchange.result)
    else {
        return Token::Refused(asked.exchange);
    };
    if !good {
        return Token::Refused(asked.exchange);
    }
    let parsed = TokenResponse::parse(&response.body);
    response.body.zeroize();
    match parsed {
        Ok(token) => {
            answer.claims = token.facts().claims;
            Token::Granted(asked.exchange, token.token.clone())
        }
        Err(error) => {
            answer.trouble = Some(Trouble::Unreadable { why: Clean::new(&error.to_string()) });
            Token::Refused(asked.exchange)
        }
    }
}
