//! The cause that is chosen, while it is being weighed.

use crate::code::Code;
use crate::finding::{Candidate, Fix, Severity};

/// One cause, how sure it is, and what is said of it.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) code: Code,
    pub(super) certain: bool,
    /// The causes that come next.
    pub(super) also: Vec<Code>,
    pub(super) settle_by: Option<String>,
    /// The sentence, where it is not the code's usual one, without its full stop.
    pub(super) cause: Option<String>,
    /// What else is seen that speaks for or against it: clauses that follow the sentence.
    pub(super) remarks: Vec<String>,
    /// The subject, where it is not the code's usual one.
    pub(super) subject: Option<String>,
    /// A pull secret that would mend it.
    pub(super) mend_with: Option<String>,
    /// The mends, where they are not the code's usual ones.
    pub(super) fixes: Option<Vec<Fix>>,
    pub(super) severity: Severity,
}

impl Choice {
    /// What a message gives by itself; `None` where nothing was said.
    pub(super) fn of(candidates: &[Candidate]) -> Option<Self> {
        let (first, rest) = candidates.split_first()?;
        let mut choice = Self::new(first.code, first.certain);
        if !first.certain {
            choice.also = rest.iter().map(|candidate| candidate.code).collect();
            choice.settle_by = first.settle_by.clone();
        }
        Some(choice)
    }

    pub(super) fn new(code: Code, certain: bool) -> Self {
        Self {
            code,
            certain,
            also: Vec::new(),
            settle_by: None,
            cause: None,
            remarks: Vec::new(),
            subject: None,
            mend_with: None,
            fixes: None,
            severity: code.severity(),
        }
    }

    /// Another code stands first, for sure.
    pub(super) fn settle(&mut self, code: Code) {
        self.code = code;
        self.severity = code.severity();
        self.certain = true;
        self.also.clear();
        self.settle_by = None;
    }

    /// Another code stands first; what stood there may be the cause all the same.
    pub(super) fn prefer(&mut self, code: Code, settle_by: impl Into<String>) {
        let before = self.code;
        let also = std::mem::take(&mut self.also);
        self.code = code;
        self.severity = code.severity();
        self.also = std::iter::once(before).chain(also).filter(|one| *one != code).collect();
        self.doubt(settle_by);
    }

    /// It is not certain (any more).
    pub(super) fn doubt(&mut self, settle_by: impl Into<String>) {
        self.certain = false;
        self.settle_by = Some(settle_by.into());
    }

    /// Whether a cause is thought of at all.
    pub(super) fn names(&self, code: Code) -> bool {
        self.code == code || self.also.contains(&code)
    }

    /// The registry wants a credential, a better one, or hides the image from those who have none.
    pub(super) fn wants_credential(&self) -> bool {
        self.code.asks_for_credential() && !(self.code == Code::ImageNotFound && self.certain)
    }
}
