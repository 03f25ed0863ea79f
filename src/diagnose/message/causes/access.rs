//! Causes of what the registry, or what stands in its place, answered: statuses and error codes.

use super::super::hosts::{self, Kind, Role};
use super::super::sign::SignKind;
use super::Causes;
use super::facts::{Facts, Sent};
use super::forbidden::forbidden;
use super::refusals::{denied, unauthorized};
use crate::finding::Code as C;

/// What the answer means.
pub(super) fn answered(facts: &Facts<'_>) -> Option<Causes> {
    let because = because(facts);
    let code = facts.reading.registry_error.as_ref().map(|error| error.code.as_str());
    match (code, facts.reading.status) {
        // Harbor says 401 of a project that does not exist.
        (Some("UNAUTHORIZED" | "DENIED"), _) if facts.reading.sign(SignKind::NoSuchRepository).is_some() => {
            Some(not_found(facts, because))
        }
        // Docker Hub's token service counts logins that failed, too.
        (None, Some(429)) if facts.at_token_service() && facts.kind == Kind::DockerHub => {
            Some(Causes::open(&[C::RateLimited, C::AccountLocked], because))
        }
        (Some("TOOMANYREQUESTS" | "TOO_MANY_REQUESTS"), _) | (_, Some(429)) => {
            Some(Causes::certain(C::RateLimited, because))
        }
        (
            Some(
                "UNAUTHORIZED"
                | "AUTHENTICATION_REQUIRED"
                | "AUTHENTICATION_IS_REQUIRED"
                | "AUTHORIZATION_TOKEN_REQUIRED",
            ),
            status,
        ) if status != Some(403) => Some(Causes::open(&unauthorized(facts), because)),
        (Some("DENIED" | "FORBIDDEN" | "PERMISSION_DENIED" | "UNAUTHORIZED"), _) => {
            Some(Causes::open(&denied(facts), because))
        }
        // The manifest is not what is wrong if what is behind the registry refused to take it.
        (Some("MANIFEST_INVALID"), Some(403)) => by_status(facts, 403, because),
        (code, status) => code
            .and_then(|code| about_content(facts, code, &because))
            .or_else(|| by_status(facts, status?, because)),
    }
}

/// What a code says that is not about who asks.
fn about_content(facts: &Facts<'_>, code: &str, because: &str) -> Option<Causes> {
    let codes: &[C] = match code {
        // A manifest that names another goes after it.
        "MANIFEST_UNKNOWN" | "NOT_FOUND" if facts.reading.push => {
            &[C::RepositoryNotFound, C::ContentCorrupt, C::ImageNotFound, C::PushDenied]
        }
        "MANIFEST_UNKNOWN" | "MANIFEST_NOT_FOUND" | "TAG_EXPIRED" | "NAME_UNKNOWN" => {
            return Some(not_found(facts, because.to_owned()));
        }
        "TAG_INVALID" if facts.reading.push => {
            &[C::RefusedByPolicy, C::InvalidImageName, C::RepositoryNotFound]
        }
        "TAG_INVALID" => return Some(not_found(facts, because.to_owned())),
        _ if code.starts_with("REPOSITORY_NAME_NOT_KNOWN") => {
            return Some(not_found(facts, because.to_owned()));
        }
        "NAME_INVALID" => &[C::InvalidImageName, C::ImageNotFound],
        "BLOB_UNKNOWN" | "UNKNOWN_BLOB" | "MANIFEST_BLOB_UNKNOWN" if facts.reading.push => {
            &[C::ContentCorrupt, C::RegistryServerError, C::ProxyFailed]
        }
        "BLOB_UNKNOWN" | "UNKNOWN_BLOB" | "MANIFEST_BLOB_UNKNOWN" => {
            &[C::ContentCorrupt, C::ImageNotFound, C::ProxyFailed]
        }
        "DIGEST_INVALID" | "SIZE_INVALID" | "MANIFEST_INVALID" | "MANIFEST_UNVERIFIED" => {
            &[C::ContentCorrupt, C::RefusedByPolicy]
        }
        "BLOB_UPLOAD_UNKNOWN" | "BLOB_UPLOAD_INVALID" => {
            &[C::RegistryServerError, C::HarborConfigDrift, C::ProxyFailed]
        }
        "UNAVAILABLE" => return Some(server_error(facts, because.to_owned())),
        "UNSUPPORTED" | "METHOD_NOT_ALLOWED" => &[C::RegistryReadOnly, C::RefusedByPolicy],
        "PRECONDITION" | "PRECONDITIONFAILED" => {
            &[C::RefusedByPolicy, C::ProxyFailed, C::UnexpectedResponder]
        }
        _ => return None,
    };
    Some(Causes::open(codes, because))
}

fn by_status(facts: &Facts<'_>, status: u16, because: String) -> Option<Causes> {
    Some(match status {
        401 => Causes::open(&unauthorized(facts), because),
        403 => Causes::open(&forbidden(facts), because),
        // The base of the API is there wherever there is a registry.
        404 if facts.is_base() => {
            Causes::open(&[C::UnexpectedResponder, C::ProxyFailed, C::ImageNotFound], because)
        }
        404 if facts.is_content() && facts.role == Role::Registry => {
            Causes::open(&[C::ContentCorrupt, C::ImageNotFound], because)
        }
        404 if facts.at_token_service() => Causes::open(
            &[C::RealmMismatch, C::UnexpectedResponder, C::ProxyFailed, C::ImageNotFound],
            because,
        ),
        404 => not_found(facts, because),
        407 => Causes::certain(C::ProxyFailed, because),
        408 => Causes::open(&[C::ConnectionTimedOut, C::ProxyFailed, C::RegistryServerError], because),
        413 => Causes::open(&[C::ProxyFailed, C::RefusedByPolicy, C::UnexpectedResponder], because),
        402 | 412 | 451 => {
            Causes::open(&[C::RefusedByPolicy, C::ProxyFailed, C::UnexpectedResponder], because)
        }
        500.. => server_error(facts, because),
        400 => Causes::open(bad_request(facts), because),
        200..500 => Causes::open(&[C::UnexpectedResponder, C::ProxyFailed, C::RegistryServerError], because),
        _ => return None,
    })
}

fn bad_request(facts: &Facts<'_>) -> &'static [C] {
    let url = facts.reading.request().map_or("", |request| request.url.as_str());
    match facts.kind {
        // Says so to a credential that has expired, where none would do.
        Kind::EcrPublic => &[
            C::StaleCredential,
            C::CredentialExpired,
            C::CredentialRejected,
            C::ProxyFailed,
            C::UnexpectedResponder,
        ],
        _ if hosts::is_http_at_tls_port(url) => {
            &[C::PlainHttpRegistry, C::UnexpectedResponder, C::ProxyFailed]
        }
        _ if hosts::asks_for_no_name(url) => {
            &[C::InvalidImageName, C::UnexpectedResponder, C::CredentialExpired, C::CredentialRejected]
        }
        // It asks for no more than who is there.
        _ if facts.is_base() && url.starts_with("http://") => {
            &[C::UnexpectedResponder, C::PlainHttpRegistry, C::ProxyFailed]
        }
        _ if facts.at_token_service() && facts.sent != Sent::No => {
            &[C::CredentialRejected, C::CredentialExpired, C::InvalidImageName, C::UnexpectedResponder]
        }
        _ => &[C::UnexpectedResponder, C::ProxyFailed, C::RegistryServerError],
    }
}

/// Not there, or not for this reader to know.
pub(super) fn not_found(facts: &Facts<'_>, because: String) -> Causes {
    if facts.reading.push {
        return Causes::open(&[C::RepositoryNotFound, C::PushDenied, C::ImageNotFound], because);
    }
    let refused = facts.reading.registry_error.as_ref().is_some_and(|error| error.code == "DENIED");
    if refused && facts.may_push() {
        return Causes::open(
            &[C::RepositoryNotFound, C::PushDenied, C::NoCredential, C::ImageNotFound],
            because,
        );
    }
    let code = facts.reading.registry_error.as_ref().map_or("", |error| error.code.as_str());
    let has_code = ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "TAG_EXPIRED"].contains(&code);
    let is_tag = code == "MANIFEST_UNKNOWN" && facts.kind.never_hides();
    let read_with_credential = matches!(facts.sent, Sent::Likely | Sent::Yes);
    if (read_with_credential || is_tag) && facts.role != Role::Elsewhere {
        return Causes::certain(C::ImageNotFound, because);
    }
    let mut codes = vec![C::ImageNotFound, C::NoCredential, C::PermissionDenied];
    // Without a request and an image it may as well be a push.
    if facts.image.is_none() && facts.reading.requests.is_empty() {
        codes.insert(1, C::RepositoryNotFound);
    }
    if !has_code {
        // A path that no registry has was not asked for by a client of registries.
        let led_away = facts.reading.request().is_some_and(|request| {
            request.url.as_str().starts_with("http") && !hosts::is_api(request.url.as_str())
        });
        codes.insert(if led_away { 1 } else { codes.len() }, C::UnexpectedResponder);
    }
    if facts.kind.has_node_identity() {
        codes.push(C::CredentialNotVisible);
    }
    Causes::open(&codes, because)
}

pub(super) fn server_error(facts: &Facts<'_>, because: String) -> Causes {
    let mut codes = if facts.at_token_service() {
        let third = match facts.reading.status {
            Some(500) => C::HarborKeyUnreadable,
            _ => C::HarborCoreUnreachable,
        };
        vec![C::TokenServiceUnreachable, C::RegistryServerError, third]
    } else {
        vec![C::RegistryServerError]
    };
    codes.extend([
        C::ProxyFailed,
        C::UnexpectedResponder,
        C::TokenServiceUnreachable,
        C::HarborCoreUnreachable,
    ]);
    if facts.kind != Kind::Other {
        codes.retain(|code| !matches!(code, C::HarborKeyUnreadable | C::HarborCoreUnreachable));
    }
    Causes::open(&codes, because)
}

fn because(facts: &Facts<'_>) -> String {
    let who = match facts.role {
        _ if facts.at_token_service() => "the token service",
        Role::Elsewhere => "the redirect's host",
        _ => "the registry",
    };
    let host = facts.host();
    let to = match facts.sent {
        Sent::No if facts.proven_anonymous => " to a request without a credential",
        Sent::Yes => " to a request with a credential",
        _ => "",
    };
    let told = match (&facts.reading.registry_error, facts.reading.status) {
        (Some(error), _) if error.message.is_empty() => error.code.clone(),
        (Some(error), _) => format!("{}: {}", error.code, error.message),
        (None, Some(status)) => phrase(status),
        (None, None) => String::new(),
    };
    let refused = facts.reading.sign(SignKind::AccessDenied).map(|sign| format!(" (\"{}\")", sign.text));
    let host = if host == "the registry" { String::new() } else { format!(" ({host})") };
    format!("{who}{host} answered \"{told}\"{to}{}", refused.unwrap_or_default())
}

/// A status with the phrase of RFC 9110.
fn phrase(status: u16) -> String {
    let phrase = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return format!("status {status}"),
    };
    format!("{status} {phrase}")
}
