//! Who may do what, and which credential a request presents.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::request::Request;

/// What somebody may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    /// Nothing.
    #[default]
    None,
    /// Pull.
    Pull,
    /// Pull and push.
    Push,
}

/// Somebody.
pub struct Account {
    /// The user name.
    pub user: &'static str,
    /// The password, or the identity token.
    pub password: &'static str,
    /// What they may do.
    pub rights: Rights,
}

/// What a request presents, by name.
#[derive(Clone, PartialEq, Eq)]
pub enum Presented {
    /// Nothing.
    Nothing,
    /// A user's password, in `Authorization` or in a form.
    Password { user: String, right: bool },
    /// An identity token; that of nobody has no user.
    IdentityToken { user: String },
    /// A token that was issued here to that user, or to nobody (empty).
    Token { user: String },
    /// Something else.
    Unknown,
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(f, "nothing"),
            Self::Password { user, right: true } => write!(f, "the password of {user}"),
            Self::Password { user, right: false } => write!(f, "a wrong password of {user}"),
            Self::IdentityToken { user } => write!(f, "the identity token of {user}"),
            Self::Token { user } if user.is_empty() => write!(f, "a token of nobody"),
            Self::Token { user } => write!(f, "a token of {user}"),
            Self::Unknown => write!(f, "something unknown"),
        }
    }
}

impl Presented {
    /// Whether it is a login of that user.
    pub fn is_login_of(&self, name: &str) -> bool {
        matches!(self, Self::Password { user, .. } | Self::IdentityToken { user } if user == name)
    }

    /// Whether it is a credential, or was had for one.
    pub fn is_credential(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Token { user } => !user.is_empty(),
            _ => true,
        }
    }
}

/// What a token is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Whom it was issued to; empty for nobody.
    pub user: String,
    /// For which repository.
    pub repository: String,
    /// What it grants there.
    pub rights: Rights,
}

/// Everybody, and the tokens that were issued.
#[derive(Default)]
pub struct Accounts {
    known: Vec<Account>,
    tokens: Mutex<HashMap<String, Grant>>,
}

impl Accounts {
    /// These people.
    pub fn of(known: Vec<Account>) -> Self {
        Self { known, tokens: Mutex::default() }
    }

    /// What a request presents.
    pub fn presented(&self, request: &Request) -> Presented {
        if let Some(value) = request.header("authorization") {
            return match value.split_once(' ') {
                Some(("Basic", encoded)) => self.basic(encoded),
                Some(("Bearer", token)) => self.bearer(token),
                _ => Presented::Unknown,
            };
        }
        if let Some(token) = request.parameter("refresh_token") {
            let known = self.known.iter().find(|one| one.password == token);
            return Presented::IdentityToken { user: known.map_or("", |one| one.user).to_string() };
        }
        match (request.parameter("username"), request.parameter("password")) {
            (Some(user), Some(password)) => self.password(&user, &password),
            (None, None) => Presented::Nothing,
            _ => Presented::Unknown,
        }
    }

    fn basic(&self, encoded: &str) -> Presented {
        let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(pair) = decoded else { return Presented::Unknown };
        let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
        self.password(user, password)
    }

    fn password(&self, user: &str, password: &str) -> Presented {
        let right = self.known.iter().any(|one| one.user == user && one.password == password);
        Presented::Password { user: user.to_string(), right }
    }

    fn bearer(&self, token: &str) -> Presented {
        match self.grant(token) {
            Some(grant) => Presented::Token { user: grant.user },
            None => Presented::Unknown,
        }
    }

    /// What somebody who presents this may do; `None` for one who is not known.
    pub fn rights(&self, presented: &Presented, nobody: Rights) -> Option<(String, Rights)> {
        match presented {
            Presented::Nothing => Some((String::new(), nobody)),
            Presented::Password { user, right: true } | Presented::IdentityToken { user } => {
                let known = self.known.iter().find(|one| one.user == user)?;
                Some((user.clone(), known.rights))
            }
            _ => None,
        }
    }

    /// What the token of a request grants.
    pub fn granted(&self, request: &Request) -> Option<Grant> {
        self.grant(request.header("authorization")?.strip_prefix("Bearer ")?)
    }

    fn grant(&self, token: &str) -> Option<Grant> {
        self.tokens.lock().expect("the tokens").get(token).cloned()
    }

    /// A new token: a JWT that says what it grants, or one that says nothing.
    pub fn issue(&self, grant: Grant, issuer: &str, opaque: bool) -> String {
        let mut tokens = self.tokens.lock().expect("the tokens");
        let number = tokens.len();
        let token = match opaque {
            true => format!("planted-opaque-token-{number}"),
            false => jwt(&grant, issuer, number),
        };
        tokens.insert(token.clone(), grant);
        token
    }

    /// Every token that was issued.
    pub fn tokens(&self) -> Vec<String> {
        self.tokens.lock().expect("the tokens").keys().cloned().collect()
    }
}

fn jwt(grant: &Grant, issuer: &str, number: usize) -> String {
    let actions: &[&str] = match grant.rights {
        Rights::None => &[],
        Rights::Pull => &["pull"],
        Rights::Push => &["pull", "push"],
    };
    let access = json!([{"type": "repository", "name": grant.repository, "actions": actions}]);
    let access = if actions.is_empty() { json!([]) } else { access };
    let mut claims = json!({"iss": issuer, "aud": "scripted", "access": access, "jti": format!("{number}")});
    if !grant.user.is_empty() {
        claims["sub"] = json!(grant.user);
    }
    let now = jiff::Timestamp::now().as_second();
    for (name, at) in [("iat", now), ("nbf", now), ("exp", now + 1_800)] {
        claims[name] = json!(at);
    }
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let head = part(json!({"alg": "RS256", "typ": "JWT", "kid": "scripted"}).to_string());
    format!("{head}.{}.{}", part(claims.to_string()), part(format!("planted-signature-{number}")))
}
