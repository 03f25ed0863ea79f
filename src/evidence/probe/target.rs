//! One image or repository as a probe saw it, with each credential.

use serde::{Deserialize, Serialize};

use super::{Action, Exchange};
use crate::registry::claims::Claims;
use crate::registry::credential::Described;
use crate::registry::docker_config::Position;
use crate::registry::near_miss::{NearMiss, Useless};
use crate::text::Clean;

/// What was seen of one image or repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Credential helpers of this machine that gave nothing because they failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_helpers: Vec<FailedHelper>,
    /// Keys that nearly match an image that matches nothing, and why they miss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<NearMiss>,
    /// Entries of this machine's stores that match and hold nothing, which clients pass over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<CredentialSeen>,
}

/// A credential helper that was asked and failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailedHelper {
    /// Its program: `docker-credential-NAME`.
    pub program: Clean,
    /// The class of its failure, never what it wrote.
    pub error: Clean,
    /// The clients that give up at it; others go on without a credential.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<String>,
    /// It was not asked, because the time was up: nothing is known of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_asked: bool,
}

/// A docker configuration that cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BrokenConfig {
    /// `secret/NAME`, or a file.
    pub source: String,
    /// Class and position, never a value.
    pub error: Clean,
    /// Where the mistake is, if it is one in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The clients of this machine that cannot read it; one mistake may be in the way of one and not of another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// Those of them that give up at it; others go on without its entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<String>,
}

/// What was asked with one credential, or without.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The credential; absent for the attempt without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialSeen>,
    /// Why the credential was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// Where the credential was sent: the origin of the token service, or of the registry. A credential that is
    /// refused there is refused for all that share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<Clean>,
    /// What was asked and answered, in order; the last one decides.
    #[serde(default)]
    pub exchanges: Vec<Exchange>,
}

impl Attempt {
    /// Whether everything that was to be shown was shown.
    pub fn succeeded(&self) -> bool {
        !self.exchanges.is_empty() && self.exchanges.iter().all(|one| one.is_good() || one.step.is_optional())
    }

    /// Whether the registry refused the credential itself, so that it must not be sent again: by status, in words
    /// (an account that is locked, ECR's 403 for one that expired), or by treating its bearer as a stranger. Marks of
    /// a registry are not asked for: token services answer 401 without any, and a refusal that counts too much
    /// locks no account.
    pub fn refuses_credential(&self) -> bool {
        let was_sent = self.credential.is_some() && self.withheld.is_none();
        was_sent && self.exchanges.iter().enumerate().any(|(at, one)| self.refuses(at, one))
    }

    fn refuses(&self, at: usize, exchange: &Exchange) -> bool {
        let Some(answer) = exchange.answer().filter(|answer| !answer.is_page()) else { return false };
        if answer.locks_account() {
            return true;
        }
        if exchange.step.is_token() {
            // Harbor's answer to a wrong password is a token for nobody.
            let to_nobody = answer.claims.as_ref().is_some_and(Claims::is_for_nobody);
            return to_nobody
                || match answer.status {
                    401 => true,
                    // Without words it is counted, lest an account be locked.
                    403 => answer.is_about_credential() || !answer.is_about_right(),
                    // As ECR Public (github.com/awslabs/eksdemo/pull/68).
                    400 => answer.is_about_credential() || !answer.is_about_form(),
                    _ => false,
                };
        }
        // With a token, the registry's 401 is about what the token grants; with Basic, about the password.
        let with_token = self.exchanges.iter().take(at).any(|before| before.step.is_token());
        let in_words =
            matches!(answer.status, 400 | 403) && (answer.says("expired") || answer.rejects_token());
        !with_token && (answer.status == 401 || in_words)
    }

    /// The exchange that the attempt failed at.
    pub fn failure(&self) -> Option<&Exchange> {
        self.exchanges.iter().find(|one| !one.is_good() && !one.step.is_optional())
    }
}

/// A credential, as far as it leaves the code that holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The registry asks in no way in which it can be sent: an identity token by Basic, a password by Negotiate.
    Scheme {
        /// What it asks for, in lower case; empty where it refuses and names none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        asked: Vec<Clean>,
    },
    /// The entry holds nothing that could be sent.
    Empty,
}

/// The same push again and again, each over a fresh connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl Series {
    /// How often it was told whether a token that had been granted is accepted.
    pub fn judged(&self) -> u32 {
        // Here and below: an archive's numbers may be any.
        self.accepted.saturating_add(self.refused)
    }

    /// How often it was tried.
    pub fn tried(&self) -> u32 {
        self.judged().saturating_add(self.failed)
    }
}
