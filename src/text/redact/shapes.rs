//! Credentials that are known by their own shape, wherever they stand.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use regex::Regex;

use super::pattern;

/// Tokens with a prefix of their issuer: GitHub, GitLab, Docker Hub, AWS, Google, Slack, Vault, npm, PyPI,
/// Atlassian, DigitalOcean; and base64 of a JSON object, which JWTs and ECR passwords start with.
static PREFIXED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:gh[opusr]_[A-Za-z0-9]{6,}|github_pat_[A-Za-z0-9_]{6,}",
        r"|gl(?:pat|dt|cbt|ptt|rt|ft|imt|agent|soat)-[A-Za-z0-9_.-]{6,}",
        r"|dckr_[op]at_[A-Za-z0-9_-]{4,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|ya29\.[A-Za-z0-9_.-]{4,}",
        r"|1//0[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}|xox[a-z]-[A-Za-z0-9-]{6,}|hv[sbr]\.[A-Za-z0-9_.-]{6,}",
        r"|npm_[A-Za-z0-9]{16,}|pypi-Ag[A-Za-z0-9_-]{6,}|pypi-[A-Za-z0-9_-]{40,}|ATATT[A-Za-z0-9_=-]{16,}",
        // A private RSA key's DER: its first fields are the same in all of them.
        r"|MII[BCEJ][A-Za-z0-9+/]{1,3}IBA[A-Za-z0-9+/=]{16,}",
        r"|do[opr]_v1_[a-f0-9]{16,}|eyJ[A-Za-z0-9_+/-]{6,}=*(?:\.[A-Za-z0-9_=-]*){0,4})",
    ))
});

/// A PEM private key; one whose start or end was cut off, too.
static PEM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?",
        r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        r"|[A-Za-z0-9+/=\\ ]{16,}-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    ))
});

static BASE64_RUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9+/_-]{10,}={0,2}"));

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
static ENGINES: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&STANDARD, LENIENT), GeneralPurpose::new(&URL_SAFE, LENIENT)];

pub(super) fn find(text: &str, out: &mut Vec<Range<usize>>) {
    out.extend(PREFIXED.find_iter(text).map(|found| found.range()));
    out.extend(PEM.find_iter(text).map(|found| found.range()));
    for found in BASE64_RUN.find_iter(text) {
        if ENGINES.iter().any(|engine| decodes_to_credential(engine, found.as_str())) {
            out.push(found.range());
        }
    }
}

fn decodes_to_credential(engine: &GeneralPurpose, run: &str) -> bool {
    let stem = run.trim_end_matches('=');
    // A run that was cut has bits to spare.
    let whole = if stem.len() % 4 == 1 { &stem[..stem.len() - 1] } else { stem };
    engine
        .decode(whole)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .is_some_and(|decoded| is_user_and_secret(&decoded) || is_json_with_secret(&decoded))
}

fn is_user_and_secret(decoded: &str) -> bool {
    let printable = decoded.trim_end().chars().all(|c| !c.is_control() && c != '\u{fffd}');
    let (user, secret) = decoded.split_once(':').unwrap_or_default();
    printable
        && secret.trim_end().len() >= 2
        && !user.is_empty()
        && user.chars().all(|c| c.is_alphanumeric() || "._-$+@/\\<>|".contains(c))
}

fn is_json_with_secret(decoded: &str) -> bool {
    let decoded = decoded.trim_start().to_ascii_lowercase();
    decoded.starts_with('{')
        && ["\"auth", "password", "token", "secret", "private_key", "credential"]
            .iter()
            .any(|name| decoded.contains(name))
}
