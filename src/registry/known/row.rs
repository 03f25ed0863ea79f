//! A row of a table: which answers it is about, and what they mean.

use serde::Serialize;

use super::judge::{Action, Answer, Place};
use crate::finding::Code;

/// How a row is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "where", rename_all = "camelCase")]
pub enum Source {
    /// The page that documents it.
    Documented(&'static str),
    /// A public report of it.
    Reported(&'static str),
    /// The program and version that answered so, and was recorded.
    Seen(&'static str),
    /// The program and file whose code says so.
    Code(&'static str),
}

/// A row. What is empty or `None` in its conditions holds for every answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    status: &'static [u16],
    place: Option<Place>,
    code: &'static str,
    says: &'static str,
    action: Option<Action>,
    sent: Option<bool>,
    granted: Option<Granted>,
    test: Option<fn(&Answer<'_>) -> bool>,
    /// The causes, likeliest first, in the words of a pull: for a push, a missing right is `PushDenied` and a
    /// missing repository `RepositoryNotFound`.
    pub(super) codes: &'static [Code],
    pub(super) certain: bool,
    /// What the answer means, as one clause.
    pub(super) meaning: &'static str,
    pub(super) source: Source,
}

/// What the token that was sent grants, by its own claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Granted {
    /// It grants what was asked.
    Yes,
    /// It was issued to somebody and does not.
    No,
    /// It does not, and was issued to nobody although a credential was sent.
    Nobody,
}

impl Row {
    /// A row for every answer, open.
    pub(super) const fn new(codes: &'static [Code], meaning: &'static str, source: Source) -> Self {
        Self {
            status: &[],
            place: None,
            code: "",
            says: "",
            action: None,
            sent: None,
            granted: None,
            test: None,
            codes,
            certain: false,
            meaning,
            source,
        }
    }

    /// Its first cause is the only one.
    pub(super) const fn certain(mut self) -> Self {
        self.certain = true;
        self
    }

    /// One of these statuses.
    pub(super) const fn status(mut self, status: &'static [u16]) -> Self {
        self.status = status;
        self
    }

    pub(super) const fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// An error with this code, in any case.
    pub(super) const fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// A message, or the start of a body that is no error, of this form: words in any case, `*` for any text.
    /// It begins where the form begins; more may follow.
    pub(super) const fn says(mut self, form: &'static str) -> Self {
        self.says = form;
        self
    }

    pub(super) const fn on(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }

    /// Whether a credential was sent.
    pub(super) const fn sent(mut self, sent: bool) -> Self {
        self.sent = Some(sent);
        self
    }

    pub(super) const fn granted(mut self, granted: Granted) -> Self {
        self.granted = Some(granted);
        self
    }

    /// Anything else.
    pub(super) const fn when(mut self, test: fn(&Answer<'_>) -> bool) -> Self {
        self.test = Some(test);
        self
    }

    /// Whether the row is about `answer`.
    pub(super) fn fits(&self, answer: &Answer<'_>) -> bool {
        (self.status.is_empty() || self.status.contains(&answer.status))
            && self.place.is_none_or(|place| place == answer.place)
            && (self.code.is_empty() || answer.errors.has_code(self.code))
            && (self.says.is_empty() || answer.texts().any(|text| is_of_form(text, self.says)))
            && self.action.is_none_or(|action| action == answer.action)
            && self.sent.is_none_or(|sent| sent == answer.credential.is_some())
            && self.granted.is_none_or(|granted| answer.granted() == Some(granted))
            && self.test.is_none_or(|test| test(answer))
    }
}

/// Whether `text` begins in that form, without regard to ASCII case.
fn is_of_form(text: &str, form: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let form = form.to_ascii_lowercase();
    let mut parts = form.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}
