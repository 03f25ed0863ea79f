//! Programs in Java: Jib, Bazel's downloader, and the JDK and Apache HttpClient beneath them.

use super::layers::Effect::{During, Fails, Pushes, Says};
use super::layers::{Program, Rule};
use super::reading::{FailureKind as F, Operation};
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "java", rules: RULES };

const RULES: &[Rule] = &[
    // Exceptions that say what broke by their class. Packages go before the name.
    Rule(
        r"(?:\w+\.)*(?:ConnectTimeoutException|SocketTimeoutException|HttpTimeoutException|HttpConnectTimeoutException)",
        &[Fails(F::TimedOut)],
    ),
    Rule(
        r"(?:\w+\.)*UnknownHostException(?:: (?P<looked>[A-Za-z0-9][A-Za-z0-9.-]*)(?:$|:|\s))?",
        &[Fails(F::NameFailed)],
    ),
    Rule(r"(?:\w+\.)*(?:HttpHostConnectException|ConnectException)", &[Fails(F::Dial)]),
    Rule(r"(?:\w+\.)*NoRouteToHostException", &[Fails(F::Unreachable)]),
    Rule(r"(?:\w+\.)*NoHttpResponseException", &[Fails(F::Closed)]),
    Rule(r"(?:\w+\.)*SSLPeerUnverifiedException", &[Fails(F::OtherName)]),
    Rule(r"(?:\w+\.)*Certificate(?:Expired|NotYetValid)Exception", &[Fails(F::NotValidNow)]),
    // Every other class only wraps.
    Rule(r"(?:class )?(?:[a-z]\w*\.)+[A-Z][\w$]*(?:Exception|Error)", &[]),
    // Apache HttpClient, and the JDK's words
    Rule(r"Connect to (?P<host>[^\s\[]+)(?: \[[^\]]*\])? (?:failed|timed out)", &[Fails(F::Dial)]),
    Rule(r"(?i-u:(?:read|connect|connection|request) timed out)", &[Fails(F::TimedOut)]),
    Rule(r"(?i-u:connection reset)", &[Fails(F::Reset)]),
    Rule(r"\S+ failed to respond", &[Fails(F::Closed)]),
    Rule(r"(?i-u:remote host (?:closed connection|terminated the handshake).*)", &[Fails(F::Handshake)]),
    Rule(r"Received fatal alert: \w+", &[Fails(F::Handshake)]),
    Rule(r"(?:Unrecognized|Unsupported or unrecognized) SSL message.*", &[Fails(F::NotTls)]),
    Rule(
        concat!(
            r"(?:No (?:subject alternative (?:DNS )?names?|name) (?:matching|present).*|",
            r"Certificate for <[^>]*> doesn't match any of the subject alternative names.*)",
        ),
        &[Fails(F::OtherName)],
    ),
    Rule(r"Unable to tunnel through proxy.*", &[Says(S::ProxyRefused)]),
    // Bazel
    Rule(r"Download from (?P<url>https?://\S+) failed", &[During(Operation::Fetch)]),
    Rule(r"(?P<method>GET|HEAD) returned (?P<status>[45]\d\d)<phrase>", &[]),
    // Jib (`registry/RegistryErrorExceptionBuilder`, `RegistryClient`): what it tried, then an error's own text.
    Rule(
        r"Tried to push (?:BLOB|image manifest|manifest list) for \S+(?: with digest \S+)? but failed because",
        &[During(Operation::Push), Pushes],
    ),
    Rule(r"Tried to (?:\S+ ){1,6}?(?:with digest \S+ )?but failed because", &[]),
    Rule(
        r"Failed to authenticate with registry (?P<host>[^/\s]+)\S* because",
        &[During(Operation::Authorize)],
    ),
    Rule(
        r"Failed to verify the server at (?P<url>\S+) because only secure connections are allowed",
        &[Fails(F::Unverified)],
    ),
    Rule(r"Unauthorized for (?P<image>\S*[^\s:])", &[]),
    Rule(
        r"(?i-u:provided digest did not match uploaded content|provided length did not match content length)",
        &[Says(S::Corrupt)],
    ),
];
