//! Programs in Python: Docker's library, `requests` and `urllib3`; and curl.

use super::layers::Effect::{Fails, Says};
use super::layers::{Program, Rule};
use super::reading::FailureKind as F;
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "python", rules: RULES };

const RULES: &[Rule] = &[
    Rule(r"(?P<status>\d{3}) (?:Client|Server) Error: [A-Za-z ]+ for url: (?P<url>https?://\S+)", &[]),
    // The Docker daemon's status says nothing of the registry's; what it was told is in brackets.
    Rule(
        r"\d{3} (?:Client|Server) Error(?: for http\+docker://\S+)?: [A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*){0,3}",
        &[],
    ),
    Rule(r"(?:[a-z]\w*\.)+[A-Z]\w*", &[]),
    Rule(r"HTTPS?ConnectionPool\(host='(?P<host>[^']*)', port=\d+\)", &[]),
    Rule(r"Max retries exceeded with url: \S+(?: \(Caused by)?", &[]),
    Rule(r"(?:\w+Error\()+(?:'?<[^>]*>|\d+|\w+\([^)]*\))?[,:'\s]*", &[]),
    Rule(r"\[Errno -?\d+\] |curl: \(\d+\) ", &[]),
    Rule(r"Failed to connect to (?P<host>\S+) port \d+(?: after \d+ ms)?", &[Fails(F::Dial)]),
    Rule(r"Connection to \S+ timed out", &[Fails(F::TimedOut)]),
    Rule(r"certificate verify failed: Hostname mismatch.*", &[Fails(F::OtherName)]),
    Rule(r"(?:Cannot connect to proxy|Tunnel connection failed: \d{3}).*", &[Says(S::ProxyRefused)]),
];
