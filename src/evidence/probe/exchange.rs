//! One request of a probe and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::registry::api_error::{BodyKind, ErrorBody, Marks};
use crate::registry::challenge::Challenge;
use crate::registry::claims::Claims;
use crate::registry::rate_limit::RateLimit;
use crate::text::Clean;

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// Which step of a pull or push.
    pub step: ExchangeStep,
    /// The index of the endpoint that was asked in [`ProbeSeen::endpoints`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<usize>,
    /// The request, without host and query: `GET /v2/team/app/manifests/1`.
    pub request: Clean,
    /// How long it took, without opening the connection, in milliseconds.
    pub took_ms: u64,
    /// Hosts that it was redirected to, as indexes of endpoints; the last one answered, or failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<usize>,
    /// What came back.
    pub result: ExchangeResult,
}

impl Exchange {
    /// Of a request that was not made, and why, in words.
    pub fn not_made(step: ExchangeStep, why: &str) -> Self {
        Self {
            step,
            endpoint: None,
            request: Clean::default(),
            took_ms: 0,
            redirects: Vec::new(),
            result: ExchangeResult::Refused { message: Clean::new(why) },
        }
    }

    /// The answer, where there is one.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.result {
            ExchangeResult::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// Whether the step did what it should.
    pub fn is_good(&self) -> bool {
        self.answer().is_some_and(|answer| {
            let status = match self.step {
                // A challenge is what a registry answers that asks for credentials.
                ExchangeStep::Ping => answer.status == 200 || answer.status == 401,
                ExchangeStep::UploadStart => answer.status == 202,
                _ => (200..300).contains(&answer.status),
            };
            status && answer.trouble.is_none()
        })
    }
}

/// The steps of a pull or push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ExchangeStep {
    /// `GET /v2/`.
    Ping,
    /// A token for pulls.
    PullToken,
    /// A token for pulls and pushes.
    PushToken,
    /// The manifest that the reference names.
    Manifest,
    /// The manifest of the node's platform, of an index.
    PlatformManifest,
    /// The first bytes of the configuration.
    Config,
    /// The first bytes of a layer.
    Layer,
    /// The start of an upload.
    UploadStart,
    /// Its cancellation.
    UploadCancel,
    /// What is left of the pull limit.
    RateLimit,
    /// A blob or manifest that is kept (`image push`).
    Store,
    /// A token that grants nothing, for a credential: whether it is taken (Harbor).
    Login,
    /// Whether a token or credential verifies (Harbor).
    Verify,
    /// What a server tells of itself (Harbor).
    Info,
}

impl ExchangeStep {
    /// Whether it asks the token service.
    pub fn is_token(self) -> bool {
        matches!(self, Self::PullToken | Self::PushToken | Self::Login)
    }

    /// Whether its failure is a note rather than a failure of the attempt.
    pub fn is_optional(self) -> bool {
        self == Self::UploadCancel
    }

    /// The step in words, for tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ping => "challenge",
            Self::PullToken => "token",
            Self::PushToken => "push token",
            Self::Manifest => "manifest",
            Self::PlatformManifest => "platform manifest",
            Self::Config => "config",
            Self::Layer => "layer",
            Self::UploadStart => "upload",
            Self::UploadCancel => "upload cancel",
            Self::RateLimit => "rate limit",
            Self::Store => "store",
            Self::Login => "login",
            Self::Verify => "verification",
            Self::Info => "system information",
        }
    }
}

/// What came back for a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExchangeResult {
    /// An HTTP answer.
    Answered(Box<Answer>),
    /// The host could not be contacted: its endpoint says why.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The connection ended, or what came is not HTTP.
    Broken {
        /// In words.
        message: Clean,
    },
    /// The request could not be made: the realm or redirect target is no place to go to.
    Refused {
        /// In words.
        message: Clean,
    },
}

/// An HTTP answer, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The server's clock, by its `Date` header (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// What shows that a registry or token service answered.
    #[serde(default, skip_serializing_if = "is_unmarked")]
    pub marks: Marks,
    /// What it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub challenges: Vec<Challenge>,
    /// The error that it reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
    /// The `Server` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Clean>,
    /// Its rate limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// The claims of the token that it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Claims>,
    /// The digest of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Clean>,
    /// What is wrong with it although its status is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

impl Answer {
    /// Whether it is a web page without any mark of a registry: a portal's or a filter's, which looked at no
    /// credential.
    pub(super) fn is_page(&self) -> bool {
        !self.marks.any() && self.error.as_ref().is_some_and(|error| error.kind == BodyKind::Html)
    }

    /// Whether its error has that word, which is in lower case, in any case.
    pub(super) fn says(&self, word: &str) -> bool {
        let items = self.error.iter().flat_map(|error| &error.errors);
        let texts = items.flat_map(|item| [Some(&item.code), Some(&item.message), item.detail.as_ref()]);
        let excerpt = self.error.iter().map(|error| error.excerpt.as_ref());
        let mut texts = texts.chain(excerpt).flatten();
        texts.any(|text| text.as_str().to_ascii_lowercase().contains(word))
    }

    fn says_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.says(word))
    }

    /// Whether it speaks of an account that is locked because of earlier failures (Docker Hub:
    /// github.com/docker/hub-feedback/issues/814), whatever its status.
    pub(super) fn locks_account(&self) -> bool {
        self.status >= 400
            && self.says_any(&[
                "too many failed login",
                "account is locked",
                "account locked",
                "account has been locked",
            ])
    }

    /// Whether it speaks of the credential itself: OAuth's codes (RFC 6749, section 5.2), or words.
    pub(super) fn is_about_credential(&self) -> bool {
        const WORDS: &[&str] = &[
            "invalid_grant",
            "invalid_client",
            "invalid_token",
            "unauthorized",
            "expired",
            "revoked",
            "incorrect",
            "password",
            "credential",
            "authentication",
            "invalid token",
            "invalid user",
        ];
        self.says_any(WORDS)
    }

    /// Whether it speaks of a right that is missing.
    pub(super) fn is_about_right(&self) -> bool {
        const WORDS: &[&str] =
            &["access", "permission", "scope", "forbidden", "not allowed", "privilege", "resource", "role"];
        self.says_any(WORDS)
    }

    /// Whether it speaks of the request's form (RFC 6749, section 5.2), and so looked at no credential.
    pub(super) fn is_about_form(&self) -> bool {
        self.says_any(&["invalid_request", "invalid_scope", "invalid scope", "unsupported", "missing"])
    }

    /// Whether a registry that takes the token itself does not take this one.
    pub(super) fn rejects_token(&self) -> bool {
        self.says_any(&["authorization token", "invalid token"])
    }
}

fn is_unmarked(marks: &Marks) -> bool {
    !marks.any()
}

/// What is wrong with an answer whose status is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Trouble {
    /// The index has nothing for the platform.
    PlatformMissing {
        /// The platform that was looked for.
        wanted: String,
        /// What there is.
        available: Vec<Clean>,
    },
    /// It is not what its digest says.
    DigestMismatch,
    /// It cannot be read as what it should be.
    Unreadable {
        /// Why, without values.
        why: Clean,
    },
    /// It is no registry's: a page, a portal.
    NotARegistry,
}
