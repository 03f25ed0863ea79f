//! A registry that works, with knobs for what it gets wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::accounts::{Accounts, Presented, Rights};
use super::content::Content;
use super::reply::Reply;
use super::request::Request;
use super::token::TokenService;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `/v2/`.
    Ping,
    /// The token service.
    Token,
    /// A manifest.
    Manifest,
    /// A blob.
    Blob,
    /// The start of an upload.
    Upload,
    /// Its end.
    Cancel,
    /// Anything else.
    Other,
}

impl Class {
    /// What a request is for.
    pub fn of(request: &Request) -> Self {
        let path = request.path.as_str();
        match path {
            "/v2/" => Self::Ping,
            "/token" => Self::Token,
            _ if !path.starts_with("/v2/") => Self::Other,
            _ if path.contains("/manifests/") => Self::Manifest,
            _ if path.ends_with("/blobs/uploads/") => Self::Upload,
            _ if path.contains("/blobs/uploads/") => Self::Cancel,
            _ if path.contains("/blobs/") => Self::Blob,
            _ => Self::Other,
        }
    }
}

/// How it asks for credentials.
pub enum Auth {
    /// Not at all.
    Open,
    /// User name and password.
    Basic,
    /// A token of the service at that URL.
    Bearer(String),
}

/// Whose requests a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody's.
    Anyone,
    /// Those without a credential, or with a token of nobody.
    Nobody,
    /// Those with a credential, or with a token that was had for one.
    Somebody,
}

/// What it gets wrong.
pub struct Fault {
    class: Option<Class>,
    who: Who,
    method: Option<&'static str>,
    every: usize,
    reply: Reply,
    count: AtomicUsize,
}

impl Fault {
    /// This answer to everything.
    pub fn everywhere(reply: Reply) -> Self {
        Self { class: None, who: Who::Anyone, method: None, every: 1, reply, count: AtomicUsize::new(0) }
    }

    /// This answer to requests of a class.
    pub fn at(class: Class, reply: Reply) -> Self {
        Self { class: Some(class), ..Self::everywhere(reply) }
    }

    /// Only for some.
    pub fn to(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// Only for one method.
    pub fn by(self, method: &'static str) -> Self {
        Self { method: Some(method), ..self }
    }

    /// Only each `every`th time.
    pub fn each(self, every: usize) -> Self {
        Self { every, ..self }
    }

    fn hits(&self, class: Class, request: &Request, presented: &Presented) -> bool {
        let who = match self.who {
            Who::Anyone => true,
            Who::Nobody => !presented.is_credential(),
            Who::Somebody => presented.is_credential(),
        };
        let fits = self.class.is_none_or(|own| own == class)
            && self.method.is_none_or(|method| method == request.method)
            && who;
        fits && (self.count.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.every)
    }
}

/// A registry.
pub struct Registry {
    /// Who may do what.
    pub accounts: Arc<Accounts>,
    /// How it asks for credentials.
    pub auth: Auth,
    /// What strangers may do.
    pub nobody: Rights,
    /// Whether only requests after `/v2/` are asked for credentials.
    pub open_ping: bool,
    /// The challenge in place of its own.
    pub challenge: Option<String>,
    /// Its token service, at `/token`, where it has one itself.
    pub token: Option<TokenService>,
    /// Where its uploads go on; `{path}` is the path.
    pub location: String,
    /// What it gets wrong: the first that fits answers.
    pub faults: Vec<Fault>,
    /// Headers of every answer.
    pub headers: Vec<(&'static str, &'static str)>,
    /// What it holds, in every repository.
    pub content: Content,
}

impl Registry {
    /// One that asks for nothing.
    pub fn open(accounts: &Arc<Accounts>) -> Self {
        Self {
            accounts: accounts.clone(),
            auth: Auth::Open,
            nobody: Rights::Push,
            open_ping: false,
            challenge: None,
            token: None,
            location: "{path}".into(),
            faults: Vec::new(),
            headers: Vec::new(),
            content: Content::default(),
        }
    }

    /// One that asks for user name and password.
    pub fn basic(accounts: &Arc<Accounts>) -> Self {
        Self { auth: Auth::Basic, nobody: Rights::None, ..Self::open(accounts) }
    }

    /// One that asks for a token of the service at `realm`.
    pub fn bearer(accounts: &Arc<Accounts>, realm: &str) -> Self {
        Self { auth: Auth::Bearer(realm.into()), nobody: Rights::None, ..Self::open(accounts) }
    }

    /// The same with something that it gets wrong.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Reply {
        let (class, presented) = (Class::of(request), self.accounts.presented(request));
        let fault = self.faults.iter().find(|fault| fault.hits(class, request, &presented));
        let reply = match fault {
            Some(fault) => fault.reply.clone(),
            None => self.right(class, request, &presented),
        };
        self.headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }

    fn right(&self, class: Class, request: &Request, presented: &Presented) -> Reply {
        if let (Class::Token, Some(token)) = (class, &self.token) {
            return token.answer(request);
        }
        let needed = match class {
            Class::Ping if self.open_ping => Rights::None,
            Class::Upload | Class::Cancel => Rights::Push,
            _ => Rights::Pull,
        };
        match self.rights(class, request, presented) {
            Some(rights) if rights >= needed => self.found(class, request),
            Some(_) if presented.is_credential() && !matches!(self.auth, Auth::Bearer(_)) => {
                Reply::error(403, "DENIED", "requested access to the resource is denied")
            }
            _ => self.asks(),
        }
    }

    fn rights(&self, class: Class, request: &Request, presented: &Presented) -> Option<Rights> {
        match &self.auth {
            Auth::Open => Some(Rights::Push),
            // Clients ask without a token first.
            Auth::Bearer(_) if class == Class::Ping => {
                let granted = self.accounts.granted(request).map(|_| Rights::Pull);
                granted.or(self.open_ping.then_some(Rights::None))
            }
            Auth::Bearer(_) => match presented {
                Presented::Nothing => None,
                _ => self.accounts.granted(request).map(|grant| {
                    if request.path.starts_with(&format!("/v2/{}/", grant.repository)) {
                        grant.rights
                    } else {
                        Rights::None
                    }
                }),
            },
            Auth::Basic if class == Class::Ping && *presented == Presented::Nothing => {
                self.open_ping.then_some(Rights::None)
            }
            Auth::Basic => self.accounts.rights(presented, self.nobody).map(|(_, rights)| rights),
        }
    }

    /// 401 with the challenge.
    fn asks(&self) -> Reply {
        let challenge = self.challenge.clone().unwrap_or_else(|| match &self.auth {
            Auth::Bearer(realm) => format!("Bearer realm=\"{realm}\",service=\"scripted\""),
            _ => "Basic realm=\"scripted\"".into(),
        });
        Reply::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", &challenge)
    }

    fn found(&self, class: Class, request: &Request) -> Reply {
        let last = request.path.rsplit('/').next().unwrap_or_default();
        match class {
            Class::Ping => Reply::json(200, &serde_json::json!({})).marked(),
            Class::Manifest => match self.content.manifest(last) {
                Some(piece) => Reply::with(200, piece.media_type, piece.bytes.clone())
                    .header("Docker-Content-Digest", &piece.digest),
                None => Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            },
            Class::Blob => match self.content.blob(last) {
                Some(piece) => Reply::with(200, "application/octet-stream", piece.bytes.clone()),
                None => Reply::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
            },
            Class::Upload => {
                let path = format!("{}one?_state=planted-state", request.path);
                Reply::new(202).header("Location", &self.location.replace("{path}", &path)).marked()
            }
            Class::Cancel => Reply::new(204),
            Class::Token | Class::Other => Reply::new(404),
        }
    }
}
