//! Credential helpers that are asked each question once: some ask the user, some make a new credential each time.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::helper::{Given, HelperError, Helpers};

type Answer = Result<Option<Given>, HelperError>;

/// Helpers whose answers are kept. It has no `Debug`: it holds secrets.
pub struct Remembered<H> {
    helpers: H,
    answers: RefCell<BTreeMap<(String, String), Answer>>,
}

impl<H: Helpers> Remembered<H> {
    /// Remembers what these helpers answer.
    pub fn new(helpers: H) -> Self {
        Self { helpers, answers: RefCell::default() }
    }

    #[cfg(test)]
    pub(super) fn into_inner(self) -> H {
        self.helpers
    }
}

impl<H: Helpers> Helpers for Remembered<H> {
    fn get(&self, name: &str, server: &str) -> Answer {
        let question = (name.to_string(), server.to_string());
        if let Some(answer) = self.answers.borrow().get(&question) {
            return answer.clone();
        }
        let answer = self.helpers.get(name, server);
        self.answers.borrow_mut().insert(question, answer.clone());
        answer
    }

    fn has(&self, program: &str) -> bool {
        self.helpers.has(program)
    }
}
