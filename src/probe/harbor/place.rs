//! Whoever is asked, a core or the front door, and what a login may be sent to.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;

use super::clock::ServerClock;
use super::stop::Stop;
use super::wallet::Wallet;
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep, Withheld};
use crate::registry::challenge::Challenge;
use crate::registry::client::{Authorization, Client, Direct, Heard};
use crate::registry::transport::Origin;

/// An upload that was started when the user ended the look is waited for so long, so that it can be cancelled.
const TO_CANCEL: Duration = Duration::from_secs(5);

/// A core, or the front door.
pub(super) struct Place {
    /// The core's name, or `front`.
    pub(super) name: String,
    pub(super) origin: Origin,
    /// The `Host` that it is asked as, where that is not its origin's.
    pub(super) host: Option<String>,
    pub(super) clock: ServerClock,
    /// The first request that it left without an answer after it had answered others.
    pub(super) stopped: Option<Exchange>,
    answered: bool,
    /// Whether it answered at `/v2/` as a registry does: whatever else listens there is no business of a password.
    is_registry: bool,
}

impl Place {
    /// One that was not asked yet.
    pub(super) fn new(name: &str, origin: Origin, host: Option<String>) -> Self {
        Self {
            name: name.to_string(),
            origin,
            host,
            clock: ServerClock::default(),
            stopped: None,
            answered: false,
            is_registry: false,
        }
    }

    /// What an answer, or that there is none, says of the place itself.
    fn hear(&mut self, heard: &Heard) {
        self.clock.hear(heard);
        if heard.exchange.answer().is_some() {
            self.answered = true;
            self.is_registry |= heard.exchange.step == ExchangeStep::Ping && is_of_registry(&heard.exchange);
        } else if self.answered && !matches!(heard.exchange.result, ExchangeResult::Refused { .. }) {
            self.stopped.get_or_insert_with(|| heard.exchange.clone());
        }
    }
}

/// Whether an answer bears what Harbor's (and any registry's that has a token service) does. A challenge for a password
/// alone is any web server's.
fn is_of_registry(exchange: &Exchange) -> bool {
    exchange.answer().is_some_and(|answer| {
        let marks = answer.marks;
        let asks_for_token = |challenge: &Challenge| matches!(challenge, Challenge::Bearer { .. });
        marks.api_version
            || marks.error_code
            || marks.registry_header
            || answer.challenges.iter().any(asks_for_token)
    })
}

/// Sends requests, one after the other.
pub(super) struct Asker {
    pub(super) client: Client,
    pub(super) stop: Stop,
}

impl Asker {
    /// How long it is until the deadline.
    pub(super) fn time_left(&self) -> Duration {
        self.client.time_left()
    }

    /// Whether nothing more is asked: the time is up, or the user ended it.
    pub(super) fn is_over(&self) -> bool {
        self.stop.is_stopped() || self.client.is_over()
    }

    /// Whether a request was not sent, or not waited for, since nothing more is asked: it says nothing of whom it went
    /// to.
    pub(super) fn is_cut(&self, heard: &Heard) -> bool {
        heard.exchange.answer().is_none() && self.is_over()
    }

    /// Why nothing more is asked.
    pub(super) fn why_over(&self) -> &'static str {
        match self.stop.is_stopped() {
            true => "it was ended before this was answered",
            false => "the time was up before this was answered",
        }
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
        // What was begun is cancelled even then.
        if self.is_over() && method != Method::DELETE {
            return not_answered(step, self.why_over());
        }
        let is_read = method == Method::GET;
        let direct = Direct { step, method, path, authorization, host: place.host.as_deref() };
        let asked = self.client.direct(&place.origin, direct);
        let heard = match is_read {
            true => self.stop.or(asked).await,
            false => {
                let late = async {
                    self.stop.stopped().await;
                    tokio::time::sleep(TO_CANCEL).await;
                };
                tokio::select! {
                    heard = asked => Some(heard),
                    () = late => None,
                }
            }
        };
        let heard = heard.filter(|heard| !self.is_cut(heard));
        let heard = heard.unwrap_or_else(|| not_answered(step, self.why_over()));
        place.hear(&heard);
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
        self.client.expect_login(wallet.login());
        let heard = self.get(place, step, path, &basic).await;
        wallet.judge(&heard.exchange, &place.name);
        Ok(heard)
    }

    /// Whether a password or its token may go there, which must have been pinged before.
    ///
    /// # Errors
    ///
    /// Why it may not, in words.
    pub(super) async fn may_carry(&mut self, place: &Place) -> Result<(), String> {
        let why = |why: &str| format!("{}: {why}", place.name);
        if self.is_over() {
            return Err(why(self.why_over()));
        }
        if !place.answered {
            return Err(why("it does not answer"));
        }
        if !place.is_registry {
            return Err(why("what answers there shows no mark of a Harbor, or of any registry, at /v2/"));
        }
        let may = self.stop.or(self.client.may_send_to(&place.origin)).await;
        may.unwrap_or(Ok(())).map_err(|withheld| {
            why(match withheld {
                Withheld::PlainHttp => "it speaks plain HTTP",
                Withheld::UntrustedCertificate => "its certificate is not to be trusted",
                _ => "its connection is none for credentials",
            })
        })
    }
}

/// What is heard where nothing more is asked.
fn not_answered(step: ExchangeStep, why: &str) -> Heard {
    let now = Timestamp::now();
    Heard {
        exchange: Exchange::not_made(step, why),
        sent: now,
        received: now,
        token: None,
        cookies: Vec::new(),
        location: None,
        body: Vec::new(),
    }
}
