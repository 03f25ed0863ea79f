//! What keeps a request from an answer.

use crate::text::Clean;

/// Why there is no answer. Every variant names the endpoint, whose evidence has the details; none holds a URL
/// or anything of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection: the endpoint's evidence (or that of its proxy) says at which phase and why.
    #[error("no connection could be made")]
    Unreachable {
        /// Index of the endpoint.
        endpoint: usize,
    },
    /// A server named a target where the probe does not go: [`crate::evidence::endpoint::Endpoint::refused_target`].
    #[error("the target is one that a server must not send clients to")]
    RefusedTarget {
        /// Index of the endpoint.
        endpoint: usize,
    },
    /// The request carries a credential, and the connection is not one for credentials. Nothing was sent.
    #[error("the credential was not sent: {why}")]
    Withheld {
        /// Index of the endpoint.
        endpoint: usize,
        /// Why.
        why: Withheld,
    },
    /// The request was sent and no answer began in time.
    #[error("no answer in time")]
    TimedOut {
        /// Index of the endpoint.
        endpoint: usize,
    },
    /// The connection was closed, reset or broken before an answer.
    #[error("the connection was cut off: {message}")]
    CutOff {
        /// Index of the endpoint.
        endpoint: usize,
        /// In words.
        message: Clean,
    },
    /// The server refused the connection by a TLS alert after the handshake, as TLS 1.3 does for lack of a client
    /// certificate: the endpoint's [`crate::evidence::endpoint::Tls::failure`] says which.
    #[error("the server refused by a TLS alert")]
    RefusedByTls {
        /// Index of the endpoint.
        endpoint: usize,
    },
    /// What was asked in the clear answers with TLS.
    #[error("the server speaks TLS")]
    SpeaksTls {
        /// Index of the endpoint.
        endpoint: usize,
    },
    /// No request can be made of what was asked: the path is not one.
    #[error("no request can be made of this path")]
    NotARequest {
        /// Index of the endpoint.
        endpoint: usize,
    },
    /// The answer is not HTTP, or its headers are over the limit.
    #[error("the answer is not understood: {message}")]
    Malformed {
        /// Index of the endpoint.
        endpoint: usize,
        /// In words.
        message: Clean,
    },
}

impl SendError {
    /// Index of the endpoint in [`super::Transport::endpoints`].
    pub fn endpoint(&self) -> usize {
        match self {
            Self::Unreachable { endpoint }
            | Self::RefusedTarget { endpoint }
            | Self::Withheld { endpoint, .. }
            | Self::TimedOut { endpoint }
            | Self::CutOff { endpoint, .. }
            | Self::RefusedByTls { endpoint }
            | Self::SpeaksTls { endpoint }
            | Self::NotARequest { endpoint }
            | Self::Malformed { endpoint, .. } => *endpoint,
        }
    }
}

/// Why a credential does not go to an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Withheld {
    /// There is no connection that could be judged.
    #[error("there is no connection yet")]
    NotConnected,
    /// Plain HTTP that was not allowed for this origin.
    #[error("the connection is plain HTTP")]
    PlainHttp,
    /// No root that the probe has signs for the certificate.
    #[error("the certificate is not trusted")]
    UntrustedCertificate,
    /// The certificate is for another name.
    #[error("the certificate is for another name")]
    NameMismatch,
    /// The certificate, or one that signs for it, is expired or not valid yet.
    #[error("the certificate is not valid now")]
    NotValidNow,
}
