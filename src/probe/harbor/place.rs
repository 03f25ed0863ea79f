//! Whoever is asked, a core or the front door, and what a login may be sent to.

use std::time::Duration;

use http::Method;

use super::clock::ServerClock;
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep, Withheld};
use crate::probe::Credential;
use crate::registry::client::{Authorization, Client, Direct, Heard, Login};
use crate::registry::transport::Origin;

/// A core, or the front door.
pub(super) struct Place {
    /// The core's name, or `front`.
    pub(super) name: String,
    pub(super) origin: Origin,
    /// The `Host` that it is asked as, where that is not its origin's.
    pub(super) host: Option<String>,
    pub(super) clock: ServerClock,
}

/// Sends requests, one after the other.
pub(super) struct Asker {
    pub(super) client: Client,
}

impl Asker {
    /// How long it is until the deadline.
    pub(super) fn time_left(&self) -> Duration {
        self.client.time_left()
    }

    /// Whether the time is up.
    pub(super) fn is_over(&self) -> bool {
        self.client.is_over()
    }

    /// A GET; the answer's `Date` narrows the place's clock.
    pub(super) async fn get(
        &mut self,
        place: &mut Place,
        step: ExchangeStep,
        path: &str,
        authorization: &Authorization,
    ) -> Heard {
        self.send(place, Method::GET, step, path, authorization).await
    }

    /// A request of any method.
    pub(super) async fn send(
        &mut self,
        place: &mut Place,
        method: Method,
        step: ExchangeStep,
        path: &str,
        authorization: &Authorization,
    ) -> Heard {
        let direct = Direct { step, method, path, authorization, host: place.host.as_deref() };
        let heard = self.client.direct(&place.origin, direct).await;
        place.clock.hear(&heard);
        heard
    }

    /// A GET with the user's password, unless Harbor has refused it or the connection may not carry it.
    ///
    /// # Errors
    ///
    /// Why it was not sent.
    pub(super) async fn present(
        &mut self,
        place: &mut Place,
        wallet: &mut Wallet<'_>,
        step: ExchangeStep,
        path: &str,
    ) -> Result<Heard, String> {
        let Some(basic) = wallet.basic() else { return Err(wallet.reason.clone()) };
        self.may_carry(place).await?;
        self.client.expect_login(&wallet.login);
        let heard = self.get(place, step, path, &basic).await;
        wallet.judge(&heard.exchange);
        Ok(heard)
    }

    /// Whether a password or its token may go there.
    ///
    /// # Errors
    ///
    /// Why it may not, in words.
    pub(super) async fn may_carry(&mut self, place: &Place) -> Result<(), String> {
        self.client.may_send_to(&place.origin).await.map_err(|why| {
            let why = match why {
                Withheld::PlainHttp => "it speaks plain HTTP",
                Withheld::UntrustedCertificate => "its certificate is not to be trusted",
                _ => "its connection is none for credentials",
            };
            format!("{}: {why}", place.name)
        })
    }
}

/// The credential, as long as it may be sent. Harbor blocks a user's right logins while it answers a wrong one (2.16:
/// for 1.6 s), so a refused password is never sent again, and none that is not known to be right is sent while another
/// request with it may still be going on.
pub(super) struct Wallet<'a> {
    login: Login<'a>,
    is_good: bool,
    is_closed: bool,
    /// Why nothing is sent any more.
    pub(super) reason: String,
}

impl<'a> Wallet<'a> {
    pub(super) fn new(credential: &'a Credential) -> Self {
        let login = credential.login();
        let reason = match login {
            Login::Password { .. } => "",
            Login::Anonymous => "there is no user and password in it",
            _ => "it is a token; Harbor takes a user and a password",
        };
        Self { login, is_good: false, is_closed: !reason.is_empty(), reason: reason.to_string() }
    }

    /// Whether Harbor has taken it, and nowhere refused it since.
    pub(super) fn is_good(&self) -> bool {
        self.is_good && !self.is_closed
    }

    /// Whether it may be sent.
    pub(super) fn is_open(&self) -> bool {
        !self.is_closed
    }

    fn basic(&self) -> Option<Authorization> {
        match self.login {
            Login::Password { user, password } if !self.is_closed => {
                Some(Authorization::basic(user, password))
            }
            _ => None,
        }
    }

    /// What an answer to it says of it.
    fn judge(&mut self, exchange: &Exchange) {
        let close = match &exchange.result {
            ExchangeResult::Answered(answer) if answer.status == 200 => {
                // Where a wrong password is no error, the token is nobody's.
                let is_nobodys = answer.claims.as_ref().is_some_and(|claims| claims.is_for_nobody());
                self.is_good |= !is_nobodys;
                is_nobodys.then_some("Harbor refused it")
            }
            ExchangeResult::Answered(answer) if answer.status == 401 => Some("Harbor refused it"),
            ExchangeResult::Answered(answer) if matches!(answer.status, 500 | 502 | 503) => None,
            ExchangeResult::Unreachable | ExchangeResult::Refused { .. } => None,
            // It may still be looked at.
            _ => (!self.is_good).then_some("it was sent, and what came of it is not known"),
        };
        if let Some(reason) = close {
            self.is_closed = true;
            self.reason = reason.to_string();
        }
    }
}
