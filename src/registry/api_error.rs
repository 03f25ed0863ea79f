//! The body of a refusal: what a registry, a token service, its storage, or something else in between says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::challenge;
use super::header::{Headers, first, values};
use crate::text::Clean;

/// How much of a body is looked at.
const MAX_BODY: usize = 64 * 1024;
/// How many errors are kept.
const MAX_ERRORS: usize = 16;
/// What is kept of a code.
const MAX_CODE: usize = 64;
/// What is kept of a message.
const MAX_MESSAGE: usize = 1024;
/// What is kept of a detail.
const MAX_DETAIL: usize = 512;
/// What is kept of a body that is no error.
const MAX_EXCERPT: usize = 512;

/// Codes of the registry API (Distribution specification; `registry/api/errcode` of Distribution 2.8 and 3.1),
/// and those that registries add: Harbor (`src/lib/errors` of 2.16), Quay, Google.
const CODES: &[&str] = &[
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "BLOB_UPLOAD_UNKNOWN",
    "DENIED",
    "DIGEST_INVALID",
    "MANIFEST_BLOB_UNKNOWN",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "MANIFEST_UNVERIFIED",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "PAGINATION_NUMBER_INVALID",
    "RANGE_INVALID",
    "SIZE_INVALID",
    "TAG_INVALID",
    "TOOMANYREQUESTS",
    "UNAUTHORIZED",
    "UNAVAILABLE",
    "UNKNOWN",
    "UNSUPPORTED",
    "CONFLICT",
    "FORBIDDEN",
    "METHOD_NOT_ALLOWED",
    "NOT_FOUND",
    "PRECONDITION",
    "PROJECTPOLICYVIOLATION",
    "MANIFEST_NOT_FOUND",
    "QUOTA_EXCEEDED",
    "TOO_MANY_REQUESTS",
];

/// Errors of a token service (RFC 6749, section 5.2; RFC 6750, section 3.1).
const OAUTH_CODES: &[&str] = &[
    "access_denied",
    "insufficient_scope",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_token",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_token_type",
];

/// What an error's body is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum BodyKind {
    /// JSON.
    Json,
    /// JSON in the form of OAuth 2.0: `error` and `error_description`.
    Oauth,
    /// XML, as object stores answer.
    Xml,
    /// A web page.
    Html,
    /// Any other text, and what is no text.
    Text,
    /// Nothing.
    #[default]
    Empty,
}

/// One error of a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RegistryErrorItem {
    /// Its code; empty when the answer has none.
    pub code: Clean,
    /// Its text.
    pub message: Clean,
    /// What the answer adds, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Clean>,
}

/// What the body of a refusal says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What it is.
    pub kind: BodyKind,
    /// The errors in it, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RegistryErrorItem>,
    /// How it begins, when no error could be read from it; the title of a web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Clean>,
}

impl ErrorBody {
    /// Reads a body of any kind.
    pub fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(MAX_BODY)]);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Self::default();
        }
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            return Self::of_json(text, &value);
        }
        let start = crate::text::prefix(text, 2048).to_ascii_lowercase();
        if ["<!doctype html", "<html", "<head", "<body", "<title"].iter().any(|tag| start.contains(tag)) {
            let title = element(text, "title").unwrap_or_default();
            let excerpt = Some(if title.is_empty() { text } else { title });
            return Self { kind: BodyKind::Html, errors: Vec::new(), excerpt: excerpt.map(excerpt_of) };
        }
        if text.starts_with("<?xml") || text.starts_with("<Error>") {
            let item = item(element(text, "Code"), element(text, "Message"), None);
            return Self::of_items(BodyKind::Xml, item.into_iter().collect(), text);
        }
        Self { kind: BodyKind::Text, errors: Vec::new(), excerpt: Some(excerpt_of(text)) }
    }

    fn of_json(text: &str, value: &Value) -> Self {
        let is_oauth = value.get("errors").is_none() && value.get("error").is_some_and(Value::is_string);
        let kind = if is_oauth { BodyKind::Oauth } else { BodyKind::Json };
        Self::of_items(kind, items(value), text)
    }

    fn of_items(kind: BodyKind, errors: Vec<RegistryErrorItem>, text: &str) -> Self {
        let excerpt = errors.is_empty().then(|| excerpt_of(text));
        Self { kind, errors, excerpt }
    }

    /// Whether an error has that code, in any case.
    pub fn has_code(&self, code: &str) -> bool {
        self.errors.iter().any(|error| error.code.as_str().eq_ignore_ascii_case(code))
    }

    /// Whether an error's code is one that registries use.
    pub fn has_known_code(&self) -> bool {
        CODES.iter().any(|code| self.has_code(code))
    }
}

fn excerpt_of(text: &str) -> Clean {
    Clean::with_cap(text, MAX_EXCERPT)
}

/// The text of the first element `name`, found without regard to case.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    let open = lower.find(&format!("<{name}"))?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find(&format!("</{name}"))?;
    Some(text[start..end].trim())
}

fn item(code: Option<&str>, message: Option<&str>, detail: Option<&Value>) -> Option<RegistryErrorItem> {
    let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
    if code.is_empty() && message.is_empty() {
        return None;
    }
    let says_more = |detail: &&Value| match detail {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        other => other.as_str() != Some(""),
    };
    Some(RegistryErrorItem {
        code: Clean::with_cap(code, MAX_CODE),
        message: Clean::with_cap(message, MAX_MESSAGE),
        detail: detail.filter(says_more).map(|detail| Clean::with_cap(&detail.to_string(), MAX_DETAIL)),
    })
}

/// The errors in a JSON answer: the registry API's `errors` (Artifactory's have a `status` in the place of a
/// code), Google's `error` object, OAuth's `error`, Docker Hub's `details`, AWS's `__type`, and `message`.
fn items(value: &Value) -> Vec<RegistryErrorItem> {
    let listed = value.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut out: Vec<_> = listed.iter().take(MAX_ERRORS).filter_map(listed_error).collect();
    if out.is_empty() {
        out.extend(single_error(value));
    }
    out
}

fn listed_error(value: &Value) -> Option<RegistryErrorItem> {
    if let Some(message) = value.as_str() {
        return item(None, Some(message), None);
    }
    let code = word(value, "code").or_else(|| word(value, "status"));
    item(code.as_deref(), word(value, "message").as_deref(), value.get("detail"))
}

fn single_error(value: &Value) -> Option<RegistryErrorItem> {
    if let Some(error) = value.get("error").filter(|error| error.is_object()) {
        let code = word(error, "status").or_else(|| word(error, "code"));
        return item(code.as_deref(), word(error, "message").as_deref(), None);
    }
    let message = ["error_description", "message", "Message", "details", "detail", "error_message"]
        .iter()
        .find_map(|name| word(value, name));
    let kind = word(value, "__type").map(|kind| kind.rsplit('#').next().unwrap_or_default().to_owned());
    let code = word(value, "error").or(kind).or_else(|| word(value, "code"));
    // An `error` that is a sentence is no code.
    match (code, message) {
        (Some(code), None) if code.contains(' ') => item(None, Some(&code), None),
        (code, message) => item(code.as_deref(), message.as_deref(), None),
    }
}

/// A text or a number.
fn word(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What shows that a registry, or its token service, is what answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Marks {
    /// The header `Docker-Distribution-Api-Version`.
    pub api_version: bool,
    /// A Bearer or Basic challenge.
    pub challenge: bool,
    /// JSON errors with a code that registries use.
    pub error_code: bool,
    /// An error in the form of a token service.
    pub token_error: bool,
    /// Another header that only registries send: `Docker-Content-Digest`, `Docker-Upload-UUID`,
    /// `OCI-Subject`, `Docker-RateLimit-Source`.
    pub registry_header: bool,
}

impl Marks {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self.api_version || self.challenge || self.error_code || self.token_error || self.registry_header
    }
}

/// Which marks of a registry an answer bears.
pub fn is_from_registry(headers: Headers<'_>, body: &ErrorBody) -> Marks {
    let challenges = challenge::parse_all(values(headers, "www-authenticate"));
    let is_known = |known: &challenge::Challenge| known.realm().is_some();
    let header = |name: &str| first(headers, name).is_some();
    let oauth = || OAUTH_CODES.iter().any(|code| body.has_code(code));
    // Docker Hub's token service says `details` and nothing else.
    let names_details = || {
        body.kind == BodyKind::Json
            && body.errors.iter().any(|error| says_wrong_password(error.message.as_str()))
    };
    Marks {
        api_version: header("docker-distribution-api-version"),
        challenge: challenges.iter().any(is_known),
        error_code: body.has_known_code(),
        token_error: oauth() || names_details(),
        registry_header: [
            "docker-content-digest",
            "docker-upload-uuid",
            "oci-subject",
            "docker-ratelimit-source",
        ]
        .iter()
        .any(|name| header(name)),
    }
}

fn says_wrong_password(message: &str) -> bool {
    message.to_ascii_lowercase().contains("incorrect username or password")
}

#[cfg(test)]
#[path = "api_error_tests.rs"]
mod tests;
