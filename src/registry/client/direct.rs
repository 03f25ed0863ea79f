//! Single requests, for whoever knows a server's own protocol: Harbor's core.

use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout_at;

use super::auth::{Token, read_token};
use super::{Ask, Asked, Authorization, Client, Login, answer, at, no_request};
use crate::evidence::endpoint::Role;
use crate::evidence::probe::{Exchange, ExchangeStep, Withheld};
use crate::registry::transport::{Origin, Response};
use crate::secret::Secret;
use crate::text::Clean;

/// No more cookies of an answer than this are named.
const MAX_COOKIES: usize = 8;

/// One request of a path. Redirects are not followed: a password would be sent again, or left out, and each answer is
/// to be its server's own.
pub struct Direct<'a> {
    /// Which step it is.
    pub step: ExchangeStep,
    /// `GET`, `POST`, `DELETE`.
    pub method: Method,
    /// Path and query, from the first slash on.
    pub path: &'a str,
    /// What it carries.
    pub authorization: &'a Authorization,
    /// The `Host`, where it is not the origin's.
    pub host: Option<&'a str>,
}

/// What came of one.
pub struct Heard {
    /// The evidence, without the secrets that were sent or granted.
    pub exchange: Exchange,
    /// This machine's clock when it was sent, or a little before (UTC).
    pub sent: Timestamp,
    /// This machine's clock when the answer was there (UTC).
    pub received: Timestamp,
    /// The token that was granted, where one was asked for.
    pub token: Option<Secret>,
    /// The names of the cookies that it sets, without their values.
    pub cookies: Vec<Clean>,
    /// Where it sends the client, as it came: it may be signed.
    pub location: Option<String>,
    /// The body as it came: for reading what is known in it, never for evidence as it is. Of a token, nothing.
    pub body: Vec<u8>,
}

impl Heard {
    /// The status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.exchange.answer().map(|answer| answer.status)
    }
}

impl Client {
    /// Sends one request. What is to be sent and what is granted is taken out of everything that is kept from then on.
    pub async fn direct(&mut self, origin: &Origin, direct: Direct<'_>) -> Heard {
        let ask = at(origin, direct.path).map(|target| {
            let mut ask = Ask::new(direct.step, target, direct.authorization);
            ask.host = direct.host.and_then(|host| HeaderValue::from_str(host).ok());
            if direct.method == Method::POST {
                ask.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            ask.method = direct.method;
            ask.follows = false;
            ask
        });
        // The connection is opened before the clock is read, so that the bounds of the server's clock are close. What
        // keeps it from being opened, the request says.
        let _ = timeout_at(self.deadline, self.transport.open(origin, Role::Registry)).await;
        let sent = Timestamp::now();
        let asked = match ask {
            Some(ask) => self.ask(ask).await,
            None => Asked { exchange: no_request(direct.step), response: None },
        };
        let received = Timestamp::now();
        let mut cookies = asked.response.as_ref().map(cookies).unwrap_or_default();
        let location = asked.response.as_ref().and_then(|response| answer::text(response, "location"));
        let location = location.map(str::to_string);
        let (exchange, token, body) = match direct.step.is_token() {
            false => (asked.exchange, None, asked.response.map(|response| response.body).unwrap_or_default()),
            true => match read_token(asked) {
                Token::Granted(exchange, token) => (exchange, Some(token), Vec::new()),
                Token::Refused(exchange) => (exchange, None, Vec::new()),
                Token::Withheld(_) => (no_request(direct.step), None, Vec::new()),
            },
        };
        if let Some(token) = &token {
            self.echoes.add_token(token);
        }
        // Whoever was sent a secret may name a cookie so.
        cookies.iter_mut().for_each(|name| self.echoes.out_of_text(name));
        Heard { exchange: self.kept(exchange), sent, received, token, cookies, location, body }
    }

    /// Whether a credential may go to an origin, whose connection is opened for it. Where there is none nothing is
    /// sent, and the request says why.
    ///
    /// # Errors
    ///
    /// Why it may not.
    pub async fn may_send_to(&mut self, origin: &Origin) -> Result<(), Withheld> {
        let _ = timeout_at(self.deadline, self.transport.open(origin, Role::Registry)).await;
        self.may_carry_credentials(origin)
    }

    /// A login is going to be sent: it is taken out of everything that is kept from now on.
    pub fn expect_login(&mut self, login: &Login<'_>) {
        self.echoes.add_login(login);
    }

    /// Evidence without the secrets that were sent; `None` when it could not be kept without them.
    pub fn without_secrets<T: Serialize + DeserializeOwned>(&self, evidence: T) -> Option<T> {
        self.echoes.out_of(evidence)
    }
}

fn cookies(response: &Response) -> Vec<Clean> {
    let values = response.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let names = values.filter_map(|value| Some(value.split_once('=')?.0.trim()));
    names.take(MAX_COOKIES).map(|name| Clean::with_cap(name, 64)).collect()
}
