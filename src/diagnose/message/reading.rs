//! What a message says, as typed parts.

use super::sign::{Sign, SignKind};
use crate::text::Clean;

/// A message, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What was recognised, outermost first.
    pub layers: Vec<Layer>,
    /// The image that the message names; the innermost name, which is the complete one.
    pub image: Option<Clean>,
    /// The innermost operation that failed.
    pub operation: Option<Operation>,
    /// Whether it is the pod sandbox's own image, which the runtime pulls without the pod's secrets.
    pub sandbox: bool,
    /// Whether it is a push.
    pub push: bool,
    /// How a token was asked for.
    pub token: Option<TokenFetch>,
    /// HTTP requests, outermost first; the last one is the one that failed.
    pub requests: Vec<Request>,
    /// The HTTP status that was answered.
    pub status: Option<u16>,
    /// The registry's own error.
    pub registry_error: Option<RegistryError>,
    /// The status of a gRPC error around the message (`NotFound`, `Unavailable`, …).
    pub grpc: Option<Clean>,
    /// What broke below HTTP.
    pub failure: Option<Failure>,
    /// Statements whose meaning is known.
    pub signs: Vec<Sign>,
    /// Attempts that failed differently: the kubelet's, one for each credential, or others at several places.
    pub attempts: Vec<Reading>,
    /// Whether the attempts were made at several registries or mirrors, not with several credentials.
    pub several_places: bool,
    /// Whether the message was cut off.
    pub truncated: bool,
}

impl Reading {
    /// The request that failed.
    pub fn request(&self) -> Option<&Request> {
        self.requests.last()
    }

    /// The host that failed.
    pub fn host(&self) -> Option<&str> {
        self.request().map(|request| request.host.as_str())
    }

    /// The first statement of this meaning.
    pub(super) fn sign(&self, kind: SignKind) -> Option<&Sign> {
        self.signs.iter().find(|sign| sign.kind == kind)
    }
}

/// A part of a message that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The program or library whose wording it is.
    pub by: &'static str,
    /// Its text.
    pub text: Clean,
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Asking the registry's base endpoint whether it is one.
    Ping,
    /// Logging in.
    Login,
    /// Turning a tag into a digest.
    Resolve,
    /// Getting a token, or answering a challenge.
    Authorize,
    /// Fetching a manifest or a layer.
    Fetch,
    /// Writing layers to the node's disk.
    Unpack,
    /// Pushing.
    Push,
}

/// How a token was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFetch {
    /// Without a credential.
    Anonymous,
    /// With one.
    WithCredential,
}

/// An HTTP request that a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD`, …, in upper case.
    pub method: Option<&'static str>,
    /// The URL, cleaned; empty if only the host is known.
    pub url: Clean,
    /// Host and port as in the URL.
    pub host: String,
}

/// An error of the registry API (OCI distribution specification 1.1, "Error Codes"; Docker Registry API V2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryError {
    /// The code in upper case: `UNAUTHORIZED`, `DENIED`, `MANIFEST_UNKNOWN`, …
    pub code: String,
    /// What comes with it.
    pub message: Clean,
}

/// What broke below HTTP, or in HTTP itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// Whether it broke on the way to, or at, a proxy.
    pub proxy: bool,
    /// The words.
    pub text: Clean,
}

/// Kinds of transport failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Connection refused.
    Refused,
    /// Connection reset, broken pipe.
    Reset,
    /// The other side ended it without an answer.
    Closed,
    /// No route, network unreachable.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// Connected, but no end of the TLS handshake in time.
    HandshakeTimedOut,
    /// The time for the whole operation was up.
    Deadline,
    /// Somebody gave up waiting.
    Canceled,
    /// Connecting failed; the message ends before it says how.
    Dial,
    /// The name does not exist.
    NameUnknown,
    /// The name server did not answer.
    NameTimedOut,
    /// The name server failed.
    NameFailed,
    /// The certificate's authority is not trusted.
    Untrusted,
    /// The certificate is for another name.
    OtherName,
    /// The certificate names no address, and one was used.
    NoAddress,
    /// The certificate is expired or not yet valid.
    NotValidNow,
    /// The server was not verified; it is not said why.
    Unverified,
    /// The certificate is not one that the client reads.
    Unreadable,
    /// The TLS handshake failed otherwise.
    Handshake,
    /// HTTP was answered to HTTPS.
    HttpAnswered,
    /// Something that is neither TLS nor HTTP, or HTTP seen by the TLS layer.
    NotTls,
    /// HTTPS was wanted where HTTP was sent.
    HttpsWanted,
    /// A proxy answered CONNECT with an error.
    ConnectRefused,
    /// A proxy answered CONNECT with a refusal.
    ConnectForbidden,
    /// The answer is not HTTP, or is not what the API defines.
    Malformed,
    /// The URL has no scheme, or one that clients cannot use.
    BadScheme,
}
