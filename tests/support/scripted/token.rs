//! Token services.

use std::sync::Arc;

use serde_json::json;

use super::accounts::{Accounts, Grant, Presented, Rights};
use super::reply::Reply;
use super::request::Request;

/// A token service that works, with knobs for what it gets wrong.
pub struct TokenService {
    /// Who may do what.
    pub accounts: Arc<Accounts>,
    /// What strangers may do; `None`: they get no token.
    pub nobody: Option<Rights>,
    /// The methods that it knows.
    pub methods: &'static [&'static str],
    /// The fields that hold the token.
    pub fields: &'static [&'static str],
    /// Whether its tokens say nothing of themselves.
    pub opaque: bool,
    /// Who issued it, in its tokens.
    pub issuer: &'static str,
    /// What it says to a wrong password.
    pub wrong_password: WrongPassword,
}

/// What a token service says to a wrong password.
#[derive(Clone)]
pub enum WrongPassword {
    /// This.
    Refused(Reply),
    /// 200, with a token for nobody, as Harbor does.
    TokenForNobody,
}

impl TokenService {
    /// One that works and gives strangers a token that lets them pull.
    pub fn new(accounts: &Arc<Accounts>) -> Self {
        Self {
            accounts: accounts.clone(),
            nobody: Some(Rights::None),
            methods: &["GET", "POST"],
            fields: &["token"],
            opaque: false,
            issuer: "scripted-issuer",
            wrong_password: WrongPassword::Refused(Reply::error(
                401,
                "UNAUTHORIZED",
                "incorrect username or password",
            )),
        }
    }

    /// Answers a request for a token.
    pub fn answer(&self, request: &Request) -> Reply {
        if !self.methods.contains(&request.method.as_str()) {
            return Reply::new(405);
        }
        let presented = self.accounts.presented(request);
        let is_stranger = presented == Presented::Nothing;
        let known = self.accounts.rights(&presented, self.nobody.unwrap_or_default());
        match (known, &self.wrong_password) {
            (Some(_), _) if is_stranger && self.nobody.is_none() => {
                Reply::error(401, "UNAUTHORIZED", "authentication required")
            }
            (Some((user, rights)), _) => self.grant(request, user, rights),
            (None, WrongPassword::Refused(reply)) => reply.clone(),
            (None, WrongPassword::TokenForNobody) => {
                self.grant(request, String::new(), self.nobody.unwrap_or_default())
            }
        }
    }

    fn grant(&self, request: &Request, user: String, rights: Rights) -> Reply {
        let scope = request.parameter("scope").unwrap_or_default();
        let mut parts = scope.split(':');
        let (_, repository, actions) = (parts.next(), parts.next().unwrap_or_default(), parts.next());
        let asked =
            if actions.is_some_and(|actions| actions.contains("push")) { Rights::Push } else { Rights::Pull };
        let grant = Grant { user, repository: repository.to_string(), rights: rights.min(asked) };
        let token = self.accounts.issue(grant, self.issuer, self.opaque);
        let mut body = json!({"expires_in": 300});
        for field in self.fields {
            body[*field] = json!(token);
        }
        Reply::json(200, &body)
    }
}
