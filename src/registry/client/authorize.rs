//! What an attempt presents: its credential or a token for it, and what it presents when the registry asks again.

use super::auth::{Login, Token};
use super::pull::{Attempted, Subject};
use super::{Asked, Authorization, Client, Scope};
use crate::evidence::probe::{Exchange, ExchangeStep, Withheld};
use crate::registry::challenge::Challenge;
use crate::registry::claims::Claims;
use crate::registry::transport::{Origin, Target};
use crate::text::Clean;

/// An attempt that is going on.
pub(super) struct Trail {
    pub(super) exchanges: Vec<Exchange>,
    pub(super) withheld: Option<Withheld>,
    /// Where the credential was sent: the token service's origin, or the registry's.
    pub(super) sent_to: Option<Origin>,
}

impl Trail {
    pub(super) fn new() -> Self {
        Self { exchanges: Vec::new(), withheld: None, sent_to: None }
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
        self.echoes.add_login(&subject.login);
        let basic = challenges.iter().any(|one| matches!(one, Challenge::Basic { .. }));
        if let Some(challenge) = bearer(challenges) {
            if let Login::RegistryToken(token) = &subject.login {
                let token = Authorization::Bearer((*token).clone());
                return self.present(trail, subject, token);
            }
            if !matches!(subject.login, Login::Anonymous) {
                trail.sent_to = challenge.realm().and_then(|realm| Some(Target::parse(realm).ok()?.origin));
            }
            return match self.token(subject.registry, challenge, scope, &subject.login).await {
                Token::Granted(exchange, token) => {
                    self.echoes.add_token(&token);
                    trail.exchanges.push(exchange);
                    Some(Authorization::Bearer(token))
                }
                Token::Refused(exchange) => {
                    trail.exchanges.push(exchange);
                    None
                }
                Token::Withheld(withheld) => {
                    trail.sent_to = None;
                    trail.withheld = Some(withheld);
                    None
                }
            };
        }
        match &subject.login {
            Login::Password { user, password } if basic => {
                self.present(trail, subject, Authorization::basic(user, password))
            }
            Login::Anonymous => Some(Authorization::None),
            // It may ask later.
            _ if challenges.is_empty() => Some(Authorization::None),
            _ => {
                trail.withheld = Some(Withheld::Scheme { asked: schemes(challenges) });
                None
            }
        }
    }

    /// A credential for the registry itself, if its connection may carry one.
    fn present(
        &self,
        trail: &mut Trail,
        subject: &Subject<'_>,
        authorization: Authorization,
    ) -> Option<Authorization> {
        match self.may_carry_credentials(subject.registry) {
            Ok(()) => {
                trail.sent_to = Some(subject.registry.clone());
                Some(authorization)
            }
            Err(withheld) => {
                trail.withheld = Some(withheld);
                None
            }
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
        let scope =
            subject.scope(matches!(asked.exchange.step, ExchangeStep::UploadStart | ExchangeStep::Store));
        let again = bearer(&answer.challenges);
        let has_other_tokens = !matches!(subject.login, Login::RegistryToken(_));
        let news = match sent {
            Authorization::None => {
                let asks_at_all = again.is_some() || !matches!(subject.login, Login::Anonymous);
                subject.challenges.is_empty() && !answer.challenges.is_empty() && asks_at_all
            }
            // A credential that was not taken is not sent to another service.
            Authorization::Bearer(_) if has_other_tokens && !trail.is_for_nobody(&subject.login) => {
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

    /// The end of an attempt. A 401 to a request without the credential, which was never asked for in a way that is
    /// known here, is no refusal of it.
    pub(super) fn end(&self, trail: Trail, login: &Login<'_>) -> Attempted {
        let Trail { exchanges, mut withheld, sent_to } = trail;
        let exchanges: Vec<Exchange> = exchanges.into_iter().map(|exchange| self.kept(exchange)).collect();
        let is_asked = exchanges.iter().filter_map(Exchange::answer).any(|answer| answer.status == 401);
        if sent_to.is_none() && withheld.is_none() && is_asked && !matches!(login, Login::Anonymous) {
            withheld = Some(Withheld::Scheme { asked: Vec::new() });
        }
        let sent_to = sent_to.map(|origin| Clean::with_cap(&origin.to_string(), 256));
        Attempted { exchanges, withheld, sent_to }
    }
}

/// The challenge that asks for a token, which comes before all others.
pub(super) fn bearer(challenges: &[Challenge]) -> Option<&Challenge> {
    challenges.iter().find(|one| matches!(one, Challenge::Bearer { .. }))
}

/// The schemes of challenges, by their names.
fn schemes(challenges: &[Challenge]) -> Vec<Clean> {
    let name = |challenge: &Challenge| match challenge {
        Challenge::Bearer { .. } => Clean::new("bearer"),
        Challenge::Basic { .. } => Clean::new("basic"),
        Challenge::Other { name } => Clean::with_cap(name.as_str(), 32),
    };
    challenges.iter().map(name).collect()
}
