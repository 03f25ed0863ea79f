//! The finding codes. A code is an interface: it is added, never renamed, and means one thing.

mod pages;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::pages::Language;
use crate::finding::Severity;

macro_rules! codes {
    ($($code:ident $severity:ident $meaning:literal)+) => {
        /// A finding code. Its text form is its name, in every format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Code {
            $(#[doc = $meaning] $code,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$code,)+];

            /// The code's name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)+ }
            }

            /// What it means, as one clause.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning,)+ }
            }

            /// Its page, as Markdown: what it means, how it shows, how to confirm and to mend it. A code without a page
            /// does not compile.
            pub fn runbook(self) -> &'static str {
                match self {
                    $(Self::$code => include_str!(concat!("../docs/runbooks/", stringify!($code), ".md")),)+
                }
            }

            /// Its usual severity; a rule may rate one finding differently.
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)+ }
            }
        }
    };
}

codes! {
    // Credentials
    NoCredential Error "the registry asks for a credential and the identity has none for it"
    CredentialNotVisible Unknown "a node or cloud identity may supply the credential; the API cannot show it"
    CredentialRejected Error "the registry refused the user and secret, without a sign of expiry"
    CredentialExpired Error "the registry refused the credential, which has expired"
    CredentialExpiresSoon Warning "little of the credential's lifetime is left"
    StaleCredential Error "a matching credential is refused while an anonymous pull succeeds"
    CredentialHelperFailed Error "a credential helper or provider plugin is missing, failed or timed out"
    AccountLocked Error "the registry refuses a right password because of earlier failures"
    PullSecretNotReferenced Error "an entry for this registry exists and the workload does not name its Secret"
    PullSecretMissing Error "a named pull secret does not exist in the namespace"
    PullSecretWrongType Error "a pull secret has a type, or lacks the key, that the kubelet reads"
    PullSecretMalformed Error "a pull secret's JSON or auth field is broken, which fails the look-up for the whole pod"
    PullSecretEmpty Error "the matching entry holds no user and secret that the kubelet reads"
    PullSecretNoMatch Error "the named pull secrets have entries, none of which matches the image"
    PullSecretCopiesDiffer Warning "copies of one pull secret hold different credentials in different namespaces"
    BuilderConfigNotMounted Error "a builder mounts no docker config where its program reads one"
    BuilderConfigMisnamed Error "a builder's docker config is mounted under a name that nothing reads"
    // Rights
    PermissionDenied Error "the registry knows the credential, which may not pull this"
    PushDenied Error "the registry knows the credential, which may not push here"
    RefusedByPolicy Error "a policy of the registry refuses an operation that is otherwise allowed"
    RobotAccountUnusable Error "a robot account is disabled or expired"
    RegistryReadOnly Error "the registry is read-only, in maintenance, or a proxy project"
    // Limits
    RateLimited Error "the registry's rate limit was reached"
    RateLimitLow Warning "little of the registry's rate limit is left"
    NodePullThrottled Warning "the kubelet's own pull limit, or serial pulls behind a long one"
    // Image
    ImageNotFound Error "the registry has no such repository, tag or digest"
    RepositoryNotFound Error "the registry has no such project or repository to push to"
    PlatformMissing Error "the image has nothing for the node's platform"
    InvalidImageName Error "not an image reference that the kubelet takes"
    ImageNeverPulled Error "the pull policy is Never and the image is not on the node"
    SignatureRejected Error "a signature policy of the node refused the image"
    ContentCorrupt Error "what the registry delivers is damaged or incomplete"
    CachedImageHidesFailure Warning "pods start from the node's copy while a pull fails"
    PullNotFinished Unknown "the pull was still going on when the time was up"
    // Network
    RegistryNameUnresolved Error "the name of the registry or of its storage does not resolve"
    RealmMismatch Error "the token realm's scheme or host is not one that clients can use"
    TokenServiceUnreachable Error "the registry answers and its token service does not"
    ConnectionRefused Error "the connection to the registry was refused, reset or has no route"
    ConnectionTimedOut Error "the registry did not answer in time"
    EgressBlocked Error "one network, node or identity is cut off where another is not"
    ProxyFailed Error "a proxy refuses, is unreachable, or breaks the exchange"
    UnexpectedResponder Error "what answers is not a registry"
    RegistryServerError Error "the registry failed with a server error"
    PlainHttpRegistry Error "HTTP where HTTPS is spoken, or the other way round"
    // TLS
    CertificateUntrusted Error "the registry's certificate is signed by an authority that is not trusted"
    CertificateNameMismatch Error "the registry's certificate is for another name"
    CertificateNotValidNow Error "the registry's certificate is expired or not yet valid"
    TlsHandshakeFailed Error "the TLS handshake failed: version, cipher, client certificate or cut off"
    // Clock
    ClockDrift Error "clocks differ by more than the threshold"
    ClockUnsynchronised Warning "the kernel or the NTP server says that the clock is not synchronised"
    NtpUnreachable Warning "the NTP server does not answer"
    LeaseFrozen Warning "a node's lease does not move"
    TokenTimeRejected Error "a token is refused for its times by the verifier's clock"
    TokenOutlived Error "the operation takes longer than its token lives"
    // Harbor
    HarborKeyMismatch Error "Harbor's core pods hold different token keys"
    HarborKeyUnreadable Error "a Harbor core cannot read its token key"
    HarborKeyStale Error "a Harbor core's token key differs from what its Secret holds now"
    HarborKeyNotMounted Error "Harbor's token key is not mounted from a shared Secret"
    HarborTokenRejected Error "Harbor refused a token that grants the right"
    HarborConfigDrift Warning "Harbor's replicas differ in what must be equal"
    HarborVersionMismatch Warning "Harbor's components run different versions"
    HarborCoreUnreachable Error "a Harbor core does not answer"
    // Node and run
    NodeDiskFull Error "the node has no room for the image"
    RuntimeFailed Error "the node's container runtime or kubelet failed"
    NodeNotTested Info "a node was left out of the test"
    ProbeImageUnavailable Unknown "the probe's own image could not be pulled"
    NotPermitted Unknown "the API server or an admission plugin refused a check"
    Unknown Unknown "what was seen fits no code"
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a finding code"))
    }
}

/// Codes as people type them.
impl Code {
    /// The code of this name, whatever its case and with or without hyphens.
    pub fn named(word: &str) -> Option<Self> {
        let typed = letters(word);
        Self::ALL.iter().copied().find(|code| letters(code.as_str()) == typed)
    }

    /// The code that `word` is a slip of the pen for; `None` where it is nothing like one.
    pub fn nearest(word: &str) -> Option<Self> {
        let typed = letters(word);
        let (distance, code) =
            Self::ALL.iter().map(|code| (distance(&typed, &letters(code.as_str())), *code)).min()?;
        (distance <= typed.len() / 4).then_some(code)
    }
}

fn letters(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// How many letters must be changed, left out or put in (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = row[j] + usize::from(x != *y);
            next.push(replaced.min(row[j + 1] + 1).min(next[j] + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Families of codes that rules compare.
impl Code {
    /// The registry refused the credential that was sent: it must not be sent again.
    pub fn refuses_credential(self) -> bool {
        matches!(
            self,
            Self::CredentialRejected | Self::CredentialExpired | Self::StaleCredential | Self::AccountLocked
        )
    }

    /// The registry wants a (better) credential, or hides an image from those who have none.
    pub fn asks_for_credential(self) -> bool {
        self.refuses_credential()
            || matches!(self, Self::NoCredential | Self::PermissionDenied | Self::ImageNotFound)
    }

    /// The registry itself answered, so the node's path to it works.
    pub fn is_registrys_answer(self) -> bool {
        self.asks_for_credential()
            || matches!(
                self,
                Self::RateLimited
                    | Self::RefusedByPolicy
                    | Self::RegistryReadOnly
                    | Self::RobotAccountUnusable
                    | Self::PlatformMissing
                    | Self::ContentCorrupt
            )
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn a_code_is_known_however_it_is_typed_and_slips_are_told() {
        for word in ["NoCredential", "nocredential", "no-credential", "NO_CREDENTIAL"] {
            assert_eq!(Code::named(word), Some(Code::NoCredential), "{word}");
        }
        assert_eq!(Code::named("NoCredentials"), None);
        assert_eq!(Code::nearest("NoCredentials"), Some(Code::NoCredential));
        assert_eq!(Code::nearest("pull-secret-mising"), Some(Code::PullSecretMissing));
        for word in ["ImagePullBackOff", "ErrImagePull", "denied", "x", ""] {
            assert_eq!(Code::nearest(word), None, "{word}");
        }
    }
}
