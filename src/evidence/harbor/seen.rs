//! What Harbor's cores answered to whoever asked them: a pod in the cluster, or this machine.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::clock::ClockBounds;
use crate::evidence::probe::{Answer, Exchange};
use crate::rate::Rate;
use crate::registry::credential::Described;
use crate::registry::known;
use crate::text::Clean;

/// Everything that one observer saw of a Harbor's cores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct HarborSeen {
    /// How the cores were reached.
    pub via: Via,
    /// One item a core, or an address of the URL, in the order of the task.
    pub cores: Vec<CoreSeen>,
    /// What came of the credential, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Who accepts whose tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Matrix>,
    /// What clients see at the front door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<FrontSeen>,
    /// What the client's own token says of a repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What was to be asked and was not, because the time was up or the user ended it: `4 of 9 pairs`, `27 of 30
    /// requests at the front door`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<String>,
}

/// How cores are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Via {
    /// From a pod in the cluster, by the pods' own addresses.
    #[default]
    Pod,
    /// From this machine, through the API server's port-forward.
    PortForward,
    /// From this machine, by Harbor's URL.
    Url,
}

/// What one core answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreSeen {
    /// The pod's name, or the address of the URL.
    pub name: String,
    /// `ip:port`.
    pub address: String,
    /// The anonymous request of a token; its claims hold `kid`, `iat`, `nbf` and `exp`.
    pub token: Exchange,
    /// The first request that it left without an answer after it had answered others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Exchange>,
    /// `/api/v2.0/systeminfo`: the version and what else is told without or with a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<SystemInfo>,
    /// Its clock minus the observer's, from the `Date`s of all its answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockBounds>,
    /// Where it sends clients for tokens: the challenge's realm, as asked with the front door's `Host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm: Option<Clean>,
}

impl CoreSeen {
    /// The id of the key that it signs with, where it issues tokens.
    pub fn kid(&self) -> Option<&Clean> {
        self.token.answer()?.claims.as_ref()?.kid.as_ref()
    }

    /// Whether it answered at all.
    pub fn answers(&self) -> bool {
        self.token.answer().is_some()
    }

    /// Whether it could not issue: Harbor answers 500 with an empty body where it cannot read its key.
    pub fn cannot_issue(&self) -> bool {
        self.token.answer().is_some_and(|answer| answer.status == 500)
    }
}

/// What `/api/v2.0/systeminfo` tells. Without a login it has less.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SystemInfo {
    /// `harbor_version`, such as `v2.16.0-abcdef`; only with a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Clean>,
    /// `external_url`; only with a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_url: Option<Clean>,
    /// `read_only`; only with a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
}

/// What came of the one login with the given credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// What the credential is.
    pub credential: Described,
    /// Where it comes from: `secret/NAME`, a file.
    pub source: String,
    /// Why it was not sent, in words; then there is no exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Clean>,
    /// The core, or `front`, that refused it after another had taken it; from then on it was sent nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_later: Option<String>,
    /// The scopeless request of a token (or `GET /v2/` with Basic where no core issues); the credential is good where
    /// that is 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

impl Login {
    /// Whether Harbor took the credential.
    pub fn is_good(&self) -> bool {
        let answer = self.exchange.as_ref().and_then(Exchange::answer);
        answer.is_some_and(|answer| answer.status == 200 || is_refusal_of_core(answer))
    }

    /// Whether Harbor refused it.
    pub fn is_refused(&self) -> bool {
        let answer = self.exchange.as_ref().and_then(Exchange::answer);
        answer.is_some_and(|answer| answer.status == 401 && !is_refusal_of_core(answer))
    }
}

/// Whether the registry behind core refused core's own credential. Core asks it only for whom it knows (`GET /v2/`), so
/// that says nothing against the user's password or token: core has taken it.
pub fn is_refusal_of_core(answer: &Answer) -> bool {
    answer.status == 401 && known::asks_for_core(&answer.challenges)
}

/// Who accepts whose tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Matrix {
    /// How it was found out.
    pub method: Method,
    /// Whether each verifier behaves as the method needs.
    pub controls: Vec<Control>,
    /// One item a pair that was tried, by issuer, then verifier. As text a row an issuer: `AR.`.
    #[serde(with = "super::rows")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub cells: Vec<Cell>,
    /// One exchange of a rejection, as evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Exchange>,
}

impl Matrix {
    /// The verdict of a pair of indexes into [`HarborSeen::cores`], where it was tried.
    pub fn verdict(&self, issuer: usize, verifier: usize) -> Option<Verdict> {
        let pair = |cell: &&Cell| cell.issuer == issuer && cell.verifier == verifier;
        self.cells.iter().find(pair).map(|cell| cell.verdict)
    }
}

/// How a matrix was found out (Harbor 2.16; see `docs/harbor.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// A scopeless token of a user: `GET /v2/` is 200 where it verifies, 401 where not (see [`is_refusal_of_core`]).
    Credential,
    /// An anonymous token for a project that does not exist: a manifest of the public `library` is 401 where it
    /// verifies (it grants nothing), 404 where it does not (the request is anonymous).
    Anonymous,
}

/// The control of one verifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Control {
    /// Index into [`HarborSeen::cores`].
    pub verifier: usize,
    /// What a garbage token came to (anonymous method: must be 404), or Basic (with a credential: must be 200).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whether that is as it must be.
    pub holds: bool,
}

/// One pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// Index into [`HarborSeen::cores`] of who issued the token.
    pub issuer: usize,
    /// Index of who was to verify it.
    pub verifier: usize,
    /// What came of it.
    pub verdict: Verdict,
}

/// What a verifier made of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It verified.
    Accepted,
    /// It did not.
    Rejected,
    /// The issuer gave no token.
    NoToken,
    /// The verifier did not answer.
    Unreachable,
    /// The control does not hold, or the answer is another: it says nothing.
    Unclear,
}

/// What clients see at the front door: the Service or the external URL, each time over a fresh connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FrontSeen {
    /// The URL, without user and password.
    pub url: Clean,
    /// The URL that was named, where it led clients elsewhere: to HTTPS. `url` is where it was asked then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirected_from: Option<Clean>,
    /// `GET /v2/` without a credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping: Option<Exchange>,
    /// The key ids of anonymous tokens, each with how often it came.
    pub kids: Vec<KidCount>,
    /// Requests of tokens that gave none.
    pub without_token: u32,
    /// The HTTP status that those had most often; absent where none of them was answered. 500 is a core that cannot sign
    /// (its key, or its database), 502 to 504 are the word of what stands before the cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_status: Option<u16>,
    /// The same token and request again and again: how often it was *rejected*.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Rate>,
    /// How that was asked; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Names of cookies that it sets, which may keep a client at one core. They are not sent back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<Clean>,
    /// The `Date`s minus the observer's clock: what all of them allow; where they differ, from the least to the most
    /// that one of them does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<ClockBounds>,
    /// Whether those bounds contradict each other: no single clock can have stamped all of them.
    pub dates_differ: bool,
    /// Like `dates`, of the tokens' `iat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued: Option<ClockBounds>,
    /// Like `dates_differ`, of the tokens' `iat`.
    pub issued_differ: bool,
}

/// A key id and how often it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KidCount {
    /// The key's id.
    pub kid: Clean,
    /// How often.
    pub count: u32,
}

/// What the client's own token says of a repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// `PROJECT/REPOSITORY`.
    pub repository: String,
    /// Which core, or `front`.
    pub at: String,
    /// The token for pull and push; its claims say what it grants.
    pub token: Exchange,
    /// The start of an upload with that token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<Exchange>,
    /// Its cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<Exchange>,
    /// The observer's clock when the upload was asked (UTC), for the token's times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
}
