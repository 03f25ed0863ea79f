//! The pages of the codes in other languages than English: those of the most common codes.

use super::Code;

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Every code has a page.
    #[default]
    English,
    /// Simplified Chinese: the most common codes have one ([`Code::IN_CHINESE`]).
    Chinese,
}

impl Language {
    /// Its tag by BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }
}

macro_rules! in_chinese {
    ($($code:ident)+) => {
        impl Code {
            /// The codes that have a page in Chinese.
            pub const IN_CHINESE: &'static [Self] = &[$(Self::$code,)+];

            fn chinese(self) -> Option<&'static str> {
                match self {
                    $(Self::$code => {
                        Some(include_str!(concat!("../../docs/runbooks/zh/", stringify!($code), ".md")))
                    })+
                    _ => None,
                }
            }
        }
    };
}

in_chinese! {
    NoCredential CredentialRejected CredentialExpired StaleCredential
    PullSecretNotReferenced PullSecretMissing PullSecretWrongType PullSecretMalformed PullSecretEmpty PullSecretNoMatch
    BuilderConfigNotMounted BuilderConfigMisnamed
    PermissionDenied PushDenied
    RateLimited
    ImageNotFound PlatformMissing
    RegistryNameUnresolved TokenServiceUnreachable ConnectionRefused ConnectionTimedOut EgressBlocked
    CertificateUntrusted CertificateNameMismatch CertificateNotValidNow
    ClockDrift
    HarborKeyMismatch HarborTokenRejected
}

impl Code {
    /// Its page in a language, as Markdown; `None` where it is not written in that one.
    pub fn runbook_in(self, language: Language) -> Option<&'static str> {
        match language {
            Language::English => Some(self.runbook()),
            Language::Chinese => self.chinese(),
        }
    }
}
