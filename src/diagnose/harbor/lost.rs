//! Requests of a token at the front door that gave none: what their status says of the cores behind it.

use crate::code::Code;
use crate::evidence::harbor::FrontSeen;

/// Whose fault a missing token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// A core answers 500 where it cannot sign (Harbor 2.16), and where its database fails.
    NotSigned,
    /// 502, 503 or 504 is the word of what stands before the cores.
    NoCore,
    /// Another status, or none: it does not say.
    Unclear,
}

impl Lost {
    /// By the status that most of those requests had.
    pub(super) fn of(front: &FrontSeen) -> Self {
        match front.failed_status {
            Some(500) => Self::NotSigned,
            Some(502..=504) => Self::NoCore,
            _ => Self::Unclear,
        }
    }

    /// The code, and what else it may be, while no core was asked by itself.
    pub(super) fn codes(self) -> (Code, Vec<Code>) {
        match self {
            Self::NotSigned => (Code::HarborKeyUnreadable, vec![Code::RegistryServerError]),
            Self::NoCore => (Code::HarborCoreUnreachable, vec![Code::TokenServiceUnreachable]),
            Self::Unclear => {
                (Code::TokenServiceUnreachable, vec![Code::HarborKeyUnreadable, Code::HarborCoreUnreachable])
            }
        }
    }
}

/// `, and it answers 503`, for a sentence.
pub(super) fn answers(front: &FrontSeen) -> String {
    front.failed_status.map(|status| format!(", and it answers {status}")).unwrap_or_default()
}
