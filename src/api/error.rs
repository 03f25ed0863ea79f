//! What can go wrong between this client and the API server. No body's text is kept but the `message` of a
//! `Status`, cleaned.

use serde::Deserialize;

use crate::text::Clean;

/// A request to the API server that failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApiError {
    /// No connection, or none that lasted.
    #[error("the API server {server} cannot be reached: {cause}")]
    Unreachable {
        /// The server's URL.
        server: String,
        /// Why, in the words of the network layer.
        cause: Clean,
    },
    /// The server did not answer in the time of `--request-timeout`.
    #[error("the API server {server} did not answer within {limit:?}")]
    TimedOut {
        /// The server's URL.
        server: String,
        /// The limit.
        limit: std::time::Duration,
    },
    /// The credential of the kubeconfig could not be had.
    #[error("the credential of the kubeconfig's user cannot be used: {cause}")]
    Credential {
        /// Why, without anything that a credential plugin printed.
        cause: Clean,
    },
    /// The server answered with an error.
    #[error("{}", status_text(*.code, .reason, .message))]
    Status {
        /// The HTTP status.
        code: u16,
        /// The `reason` of the `Status`, such as `AlreadyExists`.
        reason: String,
        /// The `message` of the `Status`.
        message: Clean,
        /// The resource that `details` names, such as `namespaces`.
        resource: String,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// The server's answer is not what it should be. The position is in the answer; its text is not shown.
    #[error("the API server's answer ({what}) cannot be read: {class} at line {line} column {column}")]
    Undecodable {
        /// What was read.
        what: &'static str,
        /// The class of the error: `syntax`, `data`, `eof` or `io`.
        class: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

fn status_text(code: u16, reason: &str, message: &Clean) -> String {
    match code {
        401 => "the API server refused the kubeconfig's credential (401 Unauthorized): it may have expired; \
                log in again"
            .into(),
        _ if message.is_empty() => format!("the API server answered {code} {reason}").trim_end().to_string(),
        _ => format!("the API server answered {code}: {message}"),
    }
}

impl ApiError {
    /// From the HTTP answer of a failed request.
    pub(super) fn from_answer(code: u16, retry_after: Option<u64>, body: &[u8]) -> Self {
        let status: Status = serde_json::from_slice(body).unwrap_or_default();
        Self::from_status(Status { code: Some(code), ..status }, retry_after)
    }

    pub(super) fn from_status(status: Status, retry_after: Option<u64>) -> Self {
        Self::Status {
            code: status.code.unwrap_or_default(),
            reason: Clean::with_cap(&status.reason, 64).to_string(),
            message: Clean::new(&status.message),
            resource: Clean::with_cap(&status.details.kind, 64).to_string(),
            retry_after: retry_after.or(status.details.retry_after_seconds),
        }
    }

    /// From the refusal of an upgrade, which the library decodes itself.
    pub(super) fn from_kube(status: &kube::core::Status) -> Self {
        let details = StatusDetails {
            kind: status.details.as_ref().map(|details| details.kind.clone()).unwrap_or_default(),
            retry_after_seconds: None,
        };
        let (reason, message) = (status.reason.clone(), status.message.clone());
        Self::from_status(Status { code: Some(status.code), reason, message, details }, None)
    }

    /// serde's own texts quote values, which may be secret: only class and position are taken.
    pub(crate) fn undecodable(what: &'static str, error: &serde_json::Error) -> Self {
        let class = match error.classify() {
            serde_json::error::Category::Io => "io",
            serde_json::error::Category::Syntax => "syntax",
            serde_json::error::Category::Data => "data",
            serde_json::error::Category::Eof => "eof",
        };
        Self::Undecodable { what, class, line: error.line(), column: error.column() }
    }

    /// The HTTP status, where there was one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The API server's words, without the frame of a sentence.
    pub fn message(&self) -> Clean {
        match self {
            Self::Status { message, .. } if !message.is_empty() => message.clone(),
            other => Clean::new(&other.to_string()),
        }
    }

    /// Whether the same request may well succeed a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Status { code, .. } => matches!(code, 429 | 500 | 502 | 503 | 504),
            Self::Credential { .. } | Self::Undecodable { .. } => false,
        }
    }
}

/// `metav1.Status`, as far as it is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Status {
    code: Option<u16>,
    reason: String,
    message: String,
    details: StatusDetails,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusDetails {
    kind: String,
    retry_after_seconds: Option<u64>,
}
