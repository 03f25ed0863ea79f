//! In which order pods are made, so that no account gets locked: one node goes first, and a credential that
//! is refused there is sent from no other.

use std::collections::VecDeque;

use crate::evidence::CredentialUse;

/// How many nodes go one by one before the rest goes anyway: nodes that cannot reach the registry say
/// nothing about the credential.
const SINGLES: usize = 3;

/// What a pod's rows said about the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The registry refused it.
    Refused,
    /// The registry took it, or did not ask.
    Taken,
    /// Nothing: the registry was not reached, or the test not made.
    Nothing,
}

/// Pods that wait for their turn.
#[derive(Debug)]
pub(super) struct Waves {
    waiting: VecDeque<usize>,
    one_by_one: bool,
    /// The pod that goes alone just now.
    alone: Option<usize>,
    singles: usize,
    refused_on: Option<String>,
}

impl Waves {
    pub(super) fn new(pods: usize, one_first: bool) -> Self {
        Self {
            waiting: (0..pods).collect(),
            one_by_one: one_first && pods > 1,
            alone: None,
            singles: 0,
            refused_on: None,
        }
    }

    /// Pods whose turn has come.
    pub(super) fn due(&mut self) -> Vec<usize> {
        if !self.one_by_one {
            return self.waiting.drain(..).collect();
        }
        if self.alone.is_none() {
            self.alone = self.waiting.pop_front();
            return self.alone.into_iter().collect();
        }
        Vec::new()
    }

    /// How a pod that is made now uses the credential.
    pub(super) fn credential(&self) -> CredentialUse {
        match &self.refused_on {
            Some(node) => CredentialUse::HeldBack { refused_on: node.clone() },
            None => CredentialUse::AsPlanned,
        }
    }

    /// The pod that the others wait for.
    pub(super) fn awaited(&self) -> Option<usize> {
        self.alone.filter(|_| self.one_by_one)
    }

    /// A pod's rows are known.
    pub(super) fn known(&mut self, pod: usize, node: &str, word: &Word) {
        if self.awaited() != Some(pod) {
            return;
        }
        match word {
            Word::Refused => {
                self.refused_on = Some(node.to_string());
                self.one_by_one = false;
            }
            Word::Taken => self.one_by_one = false,
            Word::Nothing => self.next_single(),
        }
    }

    /// The awaited pod takes long. A refusal comes within seconds, so a pull that has been going on is no
    /// refusal; a pull that has not begun says nothing.
    pub(super) fn patience_is_over(&mut self, pulling: bool) {
        if pulling {
            self.one_by_one = false;
        } else {
            self.next_single();
        }
    }

    fn next_single(&mut self) {
        self.singles += 1;
        self.alone = None;
        self.one_by_one = self.singles < SINGLES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_rule_all_go_at_once() {
        assert_eq!(Waves::new(3, false).due(), [0, 1, 2]);
    }

    #[test]
    fn a_refused_credential_is_sent_from_no_other_node() {
        let mut waves = Waves::new(3, true);
        assert_eq!(waves.due(), [0]);
        assert_eq!(waves.due(), [] as [usize; 0]);
        waves.known(0, "node1", &Word::Refused);
        assert_eq!(waves.due(), [1, 2]);
        assert_eq!(waves.credential(), CredentialUse::HeldBack { refused_on: "node1".into() });
    }

    #[test]
    fn a_credential_that_is_taken_lets_the_others_go_with_it() {
        let mut waves = Waves::new(2, true);
        waves.due();
        waves.known(0, "node1", &Word::Taken);
        assert_eq!((waves.due(), waves.credential()), (vec![1], CredentialUse::AsPlanned));
    }

    #[test]
    fn nodes_that_cannot_tell_are_followed_by_another_single_one_three_times() {
        let mut waves = Waves::new(5, true);
        for pod in 0..3 {
            assert_eq!(waves.due(), [pod]);
            waves.known(pod, "n", &Word::Nothing);
        }
        assert_eq!(waves.due(), [3, 4]);
    }

    #[test]
    fn a_long_pull_opens_the_way_and_one_that_has_not_begun_does_not() {
        let mut waves = Waves::new(3, true);
        waves.due();
        waves.patience_is_over(false);
        assert_eq!(waves.due(), [1]);
        waves.patience_is_over(true);
        assert_eq!((waves.due(), waves.credential()), (vec![2], CredentialUse::AsPlanned));
    }
}
