//! What an attempt presents: its credential or a token for it, and what it presents when the registry asks again.

use super::auth::{Login, Token};
use super::pull::{Attempted, Subject};
use super::{Asked, Authorization, Client, Scope};
use crate::evidence::probe::{Exchange, ExchangeStep, Withheld};
use crate::registry::challenge::Challenge;
use crate::registry::claims::Claims;

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

    /// Whether the last token was issued to nobody although a credential was sent for it.
    pub(super) fn is_for_nobody(&self, login: &Login<'_>) -> bool {
        let token = self.exchanges.iter().rev().find(|one| one.step.is_token());
        let claims = token.and_then(|token| token.answer()?.claims.as_ref());
        !matches!(login, Login::Anonymous) && claims.is_some_and(Claims::is_for_nobody)
    }

    /// Keeps an exchange; says whether the attempt goes on.
    pub(super) fn keep(&mut self, exchange: Exchange) -> bool {
        let good = exchange.is_good();
        self.exchanges.push(exchange);
        good
    }
}

impl Client {
    /// What to put into the first request that needs it. `None` ends the attempt.
    pub(super) async fn authorize(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        challenges: &[Challenge],
        scope: &Scope,
    ) -> Option<Authorization> {
        let basic = challenges.iter().any(|one| matches!(one, Challenge::Basic { .. }));
        if let Some(challenge) = bearer(challenges) {
            return match self.token(subject.registry, challenge, scope, &subject.login).await {
                Token::Granted(exchange, token) => {
                    trail.exchanges.push(exchange);
                    Some(match subject.login {
                        Login::Anonymous => Authorization::Strangers(token),
                        _ => Authorization::Bearer(token),
                    })
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

    /// A registry that asks for a credential only now (it answers `/v2/` to everybody), or for another token than
    /// the one that was sent. `None`: it does not; `Some(None)`: it does, and the attempt ends there.
    pub(super) async fn challenged(
        &mut self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        asked: &Asked,
        sent: &Authorization,
    ) -> Option<Option<Authorization>> {
        let answer = asked.exchange.answer().filter(|answer| answer.status == 401)?;
        let scope = subject.scope(matches!(asked.exchange.step, ExchangeStep::UploadStart));
        let again = bearer(&answer.challenges);
        let news = match sent {
            Authorization::None => {
                let asks_at_all = again.is_some() || !matches!(subject.login, Login::Anonymous);
                subject.challenges.is_empty() && !answer.challenges.is_empty() && asks_at_all
            }
            // A credential that was not taken is not sent to another service.
            Authorization::Bearer(_) | Authorization::Strangers(_)
                if !trail.is_for_nobody(&subject.login) =>
            {
                let first = bearer(subject.challenges);
                first.zip(again).is_some_and(|(first, again)| scope.is_not_met(first, again))
            }
            _ => false,
        };
        if !news {
            return None;
        }
        Some(self.authorize(trail, subject, &answer.challenges.clone(), &scope).await)
    }
}

/// The challenge that asks for a token, which comes before all others.
pub(super) fn bearer(challenges: &[Challenge]) -> Option<&Challenge> {
    challenges.iter().find(|one| matches!(one, Challenge::Bearer { .. }))
}
