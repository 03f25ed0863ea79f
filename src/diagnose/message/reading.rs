//! What a message says, as typed parts.

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
    /// The kubelet's attempts, one for each credential, when they failed differently.
    pub attempts: Vec<Reading>,
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
    /// The answer is not HTTP, or is not what the API defines.
    Malformed,
    /// The URL has no scheme, or one that clients cannot use.
    BadScheme,
}

/// A statement whose meaning is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// What it means.
    pub kind: SignKind,
    /// The words.
    pub text: Clean,
}

/// Meanings of statements. A program's grammar says which of its statements mean what; only `causes` says
/// what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignKind {
    /// A credential was asked for, and there was none to send.
    NoCredentialSent,
    /// Access was refused without saying whether for want of a credential, of a right or of the repository.
    AccessDenied,
    /// A token was refused as invalid.
    TokenRefused,
    /// User or password are wrong.
    WrongPassword,
    /// The credential has expired.
    Expired,
    /// A token has expired; whether the credential itself or one got with it is not said.
    TokenExpired,
    /// The registry does not serve this client's address.
    AddressRefused,
    /// The credential is invalid, or has expired.
    Invalid,
    /// A credential helper or provider failed.
    HelperFailed,
    /// The account is locked.
    Locked,
    /// The identity is known and lacks a right.
    NotPermitted,
    /// The credential was made for less than what was asked, reading or writing.
    ScopeMissing,
    /// The identity is known and lacks a right, or the repository does not exist.
    NotPermittedOrMissing,
    /// A token is not valid yet, or is used outside its times.
    OutsideTimes,
    /// A token was valid and is no more.
    TokenOver,
    /// A signed request is too old or too new for the verifier's clock.
    SkewedSignature,
    /// A token was signed by a key that the verifier does not know.
    UnknownKey,
    /// The token service cannot read its own key.
    UnreadableKey,
    /// A robot account is disabled or expired.
    RobotUnusable,
    /// A registry is read-only.
    ReadOnly,
    /// A policy of the registry refuses.
    Policy,
    /// The registry's rate limit.
    RateLimited,
    /// Not found, without a word on what.
    NotFound,
    /// No such project or repository.
    NoSuchRepository,
    /// Something that the manifest names is not there.
    ContentMissing,
    /// Content is damaged or not what was promised.
    Corrupt,
    /// Content ended early: cut off on the way, or incomplete where it is kept.
    Incomplete,
    /// A manifest that the runtime does not read.
    UnreadableManifest,
    /// No image for the platform.
    NoPlatform,
    /// Not a valid name.
    InvalidName,
    /// Pull policy `Never`.
    NeverPulled,
    /// A signature policy refused it.
    SignatureRejected,
    /// No room left.
    DiskFull,
    /// The container runtime failed.
    RuntimeFailed,
    /// The kubelet's own limit.
    Throttled,
    /// Pull secrets are missing.
    SecretsMissing,
    /// A pull secret is broken.
    SecretMalformed,
    /// The answer is a page, not an API's.
    NotRegistry,
    /// The challenge names no realm that can be used.
    BadRealm,
    /// An unspecific server error.
    ServerError,
    /// The kubelet says that the registry is not available.
    RegistryUnavailable,
    /// A proxy asks for a credential, or refuses.
    ProxyRefused,
    /// The kubelet waits before it tries again; the cause is elsewhere.
    BackOff,
}
