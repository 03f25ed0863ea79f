//! What a probe saw of a registry: the way to it, and for each image and credential what was asked and answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::endpoint::Endpoint;
use super::{CredentialUse, Outcome};
use crate::registry::api_error::{BodyKind, ErrorBody, Marks};
use crate::registry::challenge::Challenge;
use crate::registry::claims::Claims;
use crate::registry::credential::Described;
use crate::registry::near_miss::{NearMiss, Useless};
use crate::registry::rate_limit::RateLimit;
use crate::text::Clean;

/// One probe: a pod on a node, or this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// The item's id, unique in its document: `probe/NODE/NETWORK`, or `probe/local`.
    pub id: String,
    /// The node that the pod really got, else the planned one; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// From which network it looked.
    pub network: Network,
    /// The namespace of the pod; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name of the pod; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pod: String,
    /// Whether the identity's credentials were used.
    pub credential: CredentialUse,
    /// How it ended.
    pub outcome: Outcome<ProbeSeen>,
    /// When the outcome was known, by the observer's clock (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
}

impl Probe {
    /// What was seen, where the probe could look.
    pub fn seen(&self) -> Option<&ProbeSeen> {
        match &self.outcome {
            Outcome::Seen { value } => Some(value),
            _ => None,
        }
    }
}

/// The network that a probe looks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Network {
    /// The node's own (hostNetwork), as the kubelet's pulls.
    Node,
    /// The pods' network, as a builder's pushes; NetworkPolicies apply.
    Pod,
    /// This machine's.
    Local,
}

impl Network {
    /// The word for tables and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Pod => "pod",
            Self::Local => "local",
        }
    }
}

/// What is asked of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Manifest, configuration and first bytes of a layer.
    Pull,
    /// An upload that is started and cancelled.
    Push,
    /// What is left of the registry's pull limit.
    Limits,
}

/// Everything that one probe saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeSeen {
    /// The version of the probe program.
    #[serde(default)]
    pub version: String,
    /// When it began, by the clock of its own node (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Hosts that were contacted. Exchanges name them by their index.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// One an image or repository, in the order of the plan.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// What had to be left out of the termination message, in words; empty when all is here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub truncated: Vec<String>,
}

/// What was seen of one image or repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The image or repository as the user wrote it.
    pub image: String,
    /// What was asked.
    pub action: Action,
    /// The host that was asked in the registry's place, by the node's own configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Clean>,
    /// What the docker configurations have for it.
    #[serde(default)]
    pub keyring: KeyringSeen,
    /// `GET /v2/` without credentials, where the registry could be contacted; the first target of a registry
    /// has it, the others share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping: Option<Exchange>,
    /// First without a credential, then with each that matches, in the kubelet's order.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// The same push again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}

impl Target {
    /// A target of which nothing was seen yet.
    pub fn new(image: &str, action: Action) -> Self {
        Self {
            image: image.to_string(),
            action,
            via: None,
            keyring: KeyringSeen::default(),
            ping: None,
            attempts: Vec::new(),
            series: None,
        }
    }
}

/// What the docker configurations have for an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyringSeen {
    /// The configurations that were there, in order: `secret/NAME`, or a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Named Secrets that are not there or have no key that the kubelet reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Configurations that cannot be read, each with the class and position of the error. One of them fails
    /// the kubelet's look-up for the whole pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<BrokenConfig>,
    /// Credential helpers that a configuration names for the registry, which a probe has not got.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub helpers: Vec<Clean>,
    /// Keys that nearly match an image that matches nothing, and why they miss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<NearMiss>,
}

/// A docker configuration that cannot be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokenConfig {
    /// `secret/NAME`, or a file.
    pub source: String,
    /// Class and position, never a value.
    pub error: Clean,
}

/// What was asked with one credential, or without.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The credential; absent for the attempt without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialSeen>,
    /// Why the credential was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// What was asked and answered, in order; the last one decides.
    #[serde(default)]
    pub exchanges: Vec<Exchange>,
}

impl Attempt {
    /// Whether everything that was to be shown was shown.
    pub fn succeeded(&self) -> bool {
        !self.exchanges.is_empty() && self.exchanges.iter().all(|one| one.is_good() || one.step.is_optional())
    }

    /// Whether the registry refused the credential itself, so that it must not be sent again: by status, by saying
    /// that it expired (ECR's 403), or by treating its bearer as a stranger. Marks of a registry are not asked for:
    /// token services answer 401 without any, and a refusal that counts too much locks no account.
    pub fn refuses_credential(&self) -> bool {
        self.credential.is_some() && self.exchanges.iter().enumerate().any(|(at, one)| self.refuses(at, one))
    }

    fn refuses(&self, at: usize, exchange: &Exchange) -> bool {
        let Some(answer) = exchange.answer().filter(|answer| !answer.is_page()) else { return false };
        if exchange.step.is_token() {
            // Harbor's answer to a wrong password is a token for nobody.
            let to_nobody = answer.claims.as_ref().is_some_and(Claims::is_for_nobody);
            return matches!(answer.status, 401 | 403) || to_nobody;
        }
        // With a token, the registry's 401 is about what the token grants; with Basic, about the password.
        let with_token = self.exchanges.iter().take(at).any(|before| before.step.is_token());
        let expired = answer.status == 403 && answer.says("expired");
        !with_token && (answer.status == 401 || expired)
    }

    /// The exchange that the attempt failed at.
    pub fn failure(&self) -> Option<&Exchange> {
        self.exchanges.iter().find(|one| !one.is_good() && !one.step.is_optional())
    }
}

/// A credential, as far as it leaves the code that holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialSeen {
    /// `secret/NAME`, a file, or a store.
    pub source: String,
    /// The key of its entry, as written.
    pub key: Clean,
    /// What it is.
    pub described: Described,
    /// Why the entry is of no use although it matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub useless: Option<Useless>,
}

/// Why a credential was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Withheld {
    /// The registry had refused it elsewhere in this run.
    RefusedElsewhere {
        /// Where.
        on: String,
    },
    /// The registry had refused it for another image of this probe.
    RefusedBefore,
    /// The registry speaks plain HTTP, and the user did not say that it may be sent so.
    PlainHttp,
    /// The certificate is not to be trusted.
    UntrustedCertificate,
    /// The token realm is in the clear, or is no place to send a credential to.
    Realm,
    /// The entry holds nothing that could be sent.
    Empty,
}

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}

impl ExchangeStep {
    /// Whether it asks the token service.
    pub fn is_token(self) -> bool {
        matches!(self, Self::PullToken | Self::PushToken)
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
        }
    }
}

/// What came back for a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    fn is_page(&self) -> bool {
        !self.marks.any() && self.error.as_ref().is_some_and(|error| error.kind == BodyKind::Html)
    }

    /// Whether one of its errors has that word.
    fn says(&self, word: &str) -> bool {
        let errors = self.error.iter().flat_map(|error| &error.errors);
        errors.into_iter().any(|error| error.message.as_str().contains(word))
    }
}

fn is_unmarked(marks: &Marks) -> bool {
    !marks.any()
}

/// What is wrong with an answer whose status is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The token's claims do not grant what was asked for.
    NotGranted,
}

/// The same push again and again, each over a fresh connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// How often it was to be tried.
    pub asked: u32,
    /// How often the upload was accepted.
    pub accepted: u32,
    /// How often it was refused, with a token that had been granted.
    pub refused: u32,
    /// How often it could not be told.
    pub failed: u32,
    /// Why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Clean>,
    /// The first refusals and failures, at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Exchange>,
    /// From the beginning to the end, in milliseconds.
    pub took_ms: u64,
}
