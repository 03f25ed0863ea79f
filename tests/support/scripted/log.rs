//! What was asked, without secrets.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::accounts::Presented;
use super::request::Request;

/// Everything that was asked so far.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Seen>>>);

/// One request, as it may be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// The listener.
    pub listener: String,
    /// The number of the connection.
    pub connection: usize,
    /// Who sent it.
    pub remote: SocketAddr,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What it presented.
    pub presented: Presented,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, connection, method, path, presented, .. } = self;
        write!(f, "{listener} #{connection}: {method} {path} with {presented:?}")
    }
}

impl Log {
    /// Keeps a request.
    pub fn note(&self, request: &Request, presented: Presented) {
        self.0.lock().expect("the log").push(Seen {
            listener: request.listener.clone(),
            connection: request.connection,
            remote: request.remote,
            method: request.method.clone(),
            path: request.path.clone(),
            presented,
        });
    }

    /// All requests, in order.
    pub fn all(&self) -> Vec<Seen> {
        self.0.lock().expect("the log").clone()
    }

    /// The requests to one listener.
    pub fn of(&self, listener: &str) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| seen.listener == listener).collect()
    }

    /// `METHOD path` of the requests to one listener.
    pub fn lines(&self, listener: &str) -> Vec<String> {
        self.of(listener).iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect()
    }

    /// How often a password or identity token of that user was presented, right or wrong.
    pub fn logins(&self, user: &str) -> usize {
        let is_login = |seen: &&Seen| seen.presented.is_login_of(user);
        self.all().iter().filter(is_login).count()
    }

    /// Requests with any credential, the tokens of nobody left aside.
    pub fn with_credentials(&self) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| seen.presented.is_credential()).collect()
    }
}
