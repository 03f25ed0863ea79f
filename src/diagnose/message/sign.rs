//! Statements whose meaning is known.

use crate::text::Clean;

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
    /// User or password are wrong, or none was sent.
    WrongPasswordOrNone,
    /// The credential has expired.
    Expired,
    /// What a helper or provider asks its cloud with has expired.
    SessionExpired,
    /// A token has expired; whether the credential itself or one got with it is not said.
    TokenExpired,
    /// The registry does not serve this client's address.
    AddressRefused,
    /// The credential is invalid, or has expired.
    Invalid,
    /// A credential helper or provider is not there, or is not one that can be run.
    HelperMissing,
    /// A credential helper or provider failed, for reasons of its own.
    HelperFailed,
    /// A credential helper has nothing for this registry.
    HelperHasNone,
    /// What a helper or provider asks its cloud with lacks a right there.
    HelperNotPermitted,
    /// The account is locked.
    Locked,
    /// Too many attempts to log in, of this account or from this address.
    TooManyLogins,
    /// The identity is known and lacks a right.
    NotPermitted,
    /// The credential was made for less than what was asked, reading or writing.
    ScopeMissing,
    /// The identity is known and lacks a right, or the repository does not exist.
    NotPermittedOrMissing,
    /// The same of the right to read.
    ReadNotPermittedOrMissing,
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
    /// A robot account's token has expired.
    RobotTokenOver,
    /// A registry is read-only.
    ReadOnly,
    /// A policy of the registry refuses.
    Policy,
    /// A policy of the registry refuses, or its state.
    MayBePolicy,
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
    /// Content of another size than promised, or that ended early: cut off on the way, or incomplete where it is kept.
    Incomplete,
    /// The node's own store lacks something that it should have.
    StoreIncomplete,
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
    /// What checks signatures failed, or has no policy to go by.
    VerifierFailed,
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
    /// Something that should be JSON is not: a pull secret, or an answer.
    JsonSyntax,
    /// A docker config is not where a program reads it.
    ConfigMissing,
    /// The answer is a page, not an API's.
    NotRegistry,
    /// The challenge names no realm that can be used.
    BadRealm,
    /// Parts of the push had gone through.
    PushUnderway,
    /// The server that answered does not reach what is behind it.
    BackendUnreachable,
    /// The registry does not get on with its own storage.
    StorageFailed,
    /// The store that has the registry's content refuses.
    StorageRefused,
    /// It was Harbor's core that answered.
    HarborCore,
    /// An unspecific server error.
    ServerError,
    /// The kubelet says that the registry is not available.
    RegistryUnavailable,
    /// A proxy asks for a credential, or refuses.
    ProxyRefused,
    /// The kubelet waits before it tries again; the cause is elsewhere.
    BackOff,
}
