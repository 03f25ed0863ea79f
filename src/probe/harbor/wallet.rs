//! The user's credential, and how long it may be sent.

use crate::evidence::harbor::seen::is_refusal_of_core;
use crate::evidence::probe::{Exchange, ExchangeResult};
use crate::probe::Credential;
use crate::registry::client::{Authorization, Login};

/// Why a password is sent no more, mostly.
pub(super) const REFUSED: &str = "Harbor refused it";

/// The credential, as long as it may be sent. Harbor blocks a user's right logins while it answers a wrong one (2.16:
/// for 1.6 s), so a refused password is never sent again, and none that is not known to be right is sent while another
/// request with it may still be going on.
pub(super) struct Wallet<'a> {
    login: Login<'a>,
    is_good: bool,
    is_closed: bool,
    /// Why nothing is sent any more.
    pub(super) reason: String,
    /// Who refused it although another had taken it.
    pub(super) refused_later: Option<String>,
}

impl<'a> Wallet<'a> {
    pub(super) fn new(credential: &'a Credential) -> Self {
        let login = credential.login();
        let reason = match login {
            Login::Password { .. } => "",
            Login::Anonymous => "there is no user and password in it",
            _ => "it is a token; Harbor takes a user and a password",
        };
        let (is_closed, reason) = (!reason.is_empty(), reason.to_string());
        Self { login, is_good: false, is_closed, reason, refused_later: None }
    }

    /// For what must be taken out of everything that is kept.
    pub(super) fn login(&self) -> &Login<'a> {
        &self.login
    }

    /// Whether Harbor has taken it, and nowhere refused it since.
    pub(super) fn is_good(&self) -> bool {
        self.is_good && !self.is_closed
    }

    /// Whether it may be sent.
    pub(super) fn is_open(&self) -> bool {
        !self.is_closed
    }

    /// What is sent, as long as it may be.
    pub(super) fn basic(&self) -> Option<Authorization> {
        match self.login {
            Login::Password { user, password } if !self.is_closed => {
                Some(Authorization::basic(user, password))
            }
            _ => None,
        }
    }

    /// What an answer to it says of it.
    pub(super) fn judge(&mut self, exchange: &Exchange, at: &str) {
        let close = match &exchange.result {
            ExchangeResult::Answered(answer) if answer.status == 200 => {
                // Where a wrong password is no error, the token is nobody's.
                let is_nobodys = answer.claims.as_ref().is_some_and(|claims| claims.is_for_nobody());
                self.is_good |= !is_nobodys;
                is_nobodys.then_some(REFUSED)
            }
            ExchangeResult::Answered(answer) if is_refusal_of_core(answer) => {
                self.is_good = true;
                None
            }
            ExchangeResult::Answered(answer) if answer.status == 401 => Some(REFUSED),
            ExchangeResult::Answered(answer) if matches!(answer.status, 500 | 502 | 503) => None,
            ExchangeResult::Unreachable | ExchangeResult::Refused { .. } => None,
            // It may still be looked at.
            _ => (!self.is_good).then_some("it was sent, and what came of it is not known"),
        };
        if let Some(reason) = close {
            self.refuse(reason, at);
        }
    }

    /// From now on it is sent nowhere.
    pub(super) fn refuse(&mut self, reason: &str, at: &str) {
        self.refused_later = self.is_good.then(|| at.to_string());
        self.is_closed = true;
        self.reason = reason.to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::probe::{Answer, CredentialSeen, ExchangeStep};
    use crate::registry::credential::describe;
    use crate::secret::{RunKey, Secret};
    use crate::text::Clean;

    fn credential() -> Credential {
        let (password, key) = (Secret::new("planted".into()), RunKey::from_hex(&"0".repeat(64)).unwrap());
        let described = describe(None, "joe", &password, &key);
        let seen = CredentialSeen { source: "a file".into(), key: Clean::new("h"), described, useless: None };
        Credential::password(seen, "joe", password)
    }

    fn came(result: ExchangeResult) -> Exchange {
        let (step, request) = (ExchangeStep::Login, Clean::default());
        Exchange { step, endpoint: None, request, took_ms: 0, redirects: Vec::new(), result }
    }

    fn status(status: u16) -> Exchange {
        came(ExchangeResult::Answered(Box::new(Answer { status, ..Answer::default() })))
    }

    #[test]
    fn a_password_is_sent_until_it_is_refused_or_nobody_knows_what_came_of_it() {
        let credential = credential();
        let silent = || came(ExchangeResult::TimedOut);
        for (exchange, goes_on) in [
            (status(200), true),
            (status(500), true),
            (status(503), true),
            (came(ExchangeResult::Unreachable), true),
            (status(401), false),
            (status(429), false),
            (silent(), false),
            (came(ExchangeResult::Broken { message: Clean::default() }), false),
        ] {
            let mut wallet = Wallet::new(&credential);
            wallet.judge(&exchange, "a");
            assert_eq!((wallet.is_open(), wallet.basic().is_some()), (goes_on, goes_on), "{exchange:?}");
        }
        let mut wallet = Wallet::new(&credential);
        wallet.judge(&status(200), "a");
        wallet.judge(&silent(), "b");
        assert!(wallet.is_good(), "one that is known to be right locks nobody");
        wallet.judge(&status(401), "c");
        assert!(!wallet.is_good() && !wallet.is_open());
        assert_eq!(wallet.refused_later.as_deref(), Some("c"));
    }

    #[test]
    fn what_the_registry_refuses_core_is_not_held_against_the_user() {
        let challenge = "Basic realm=\"harbor-registry-basic-realm\"";
        let challenges = crate::registry::challenge::parse_all([challenge]);
        let answer = Answer { status: 401, challenges, ..Answer::default() };
        let credential = credential();
        let mut wallet = Wallet::new(&credential);
        wallet.judge(&came(ExchangeResult::Answered(Box::new(answer))), "a");
        assert!(wallet.is_good() && wallet.basic().is_some() && wallet.refused_later.is_none());
    }

    #[test]
    fn a_token_for_nobody_is_a_refusal() {
        let credential = credential();
        let claims = crate::registry::claims::Claims::default();
        let answer = Answer { status: 200, claims: Some(claims), ..Answer::default() };
        let mut wallet = Wallet::new(&credential);
        wallet.judge(&came(ExchangeResult::Answered(Box::new(answer))), "a");
        assert!(!wallet.is_open() && wallet.refused_later.is_none());
    }
}
