//! In which order pods are made, so that no account gets locked: one node goes first, and a credential that
//! is refused there is sent from no other.

use std::collections::VecDeque;

/// How many pods go one by one before the rest goes anyway: nodes that cannot reach the registry say nothing
/// about the credential. Probes that never looked are counted apart, and let only the other probes go: they
/// say nothing about what the kubelets will meet.
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
    /// Nothing: the probe never looked.
    NeverLooked,
}

/// Pods that wait for their turn.
#[derive(Debug)]
pub(super) struct Waves {
    waiting: VecDeque<Pod>,
    one_by_one: bool,
    /// The pod that goes alone just now.
    alone: Option<usize>,
    singles: usize,
    never_looked: usize,
}

#[derive(Clone, Copy, Debug)]
struct Pod {
    index: usize,
    is_probe: bool,
}

impl Waves {
    /// Pods in the order in which they are made; of each, whether it is a probe's.
    pub(super) fn new(pods: impl IntoIterator<Item = bool>, one_first: bool) -> Self {
        let waiting: VecDeque<Pod> =
            pods.into_iter().enumerate().map(|(index, is_probe)| Pod { index, is_probe }).collect();
        Self { one_by_one: one_first && waiting.len() > 1, waiting, alone: None, singles: 0, never_looked: 0 }
    }

    /// One more pod.
    pub(super) fn add(&mut self, index: usize, is_probe: bool) {
        self.waiting.push_back(Pod { index, is_probe });
    }

    /// Takes back pods that are not made after all.
    pub(super) fn forget(&mut self, which: impl Fn(usize) -> bool) {
        self.waiting.retain(|pod| !which(pod.index));
    }

    /// Pods whose turn has come.
    pub(super) fn due(&mut self) -> Vec<usize> {
        if !self.one_by_one {
            return self.waiting.drain(..).map(|pod| pod.index).collect();
        }
        let mut due = Vec::new();
        if self.never_looked >= SINGLES {
            due.extend(self.waiting.iter().filter(|pod| pod.is_probe).map(|pod| pod.index));
            self.waiting.retain(|pod| !pod.is_probe);
        }
        if self.alone.is_none() {
            self.alone = self.waiting.pop_front().map(|pod| pod.index);
            due.extend(self.alone);
        }
        due
    }

    /// The pod that the others wait for.
    pub(super) fn awaited(&self) -> Option<usize> {
        self.alone.filter(|_| self.one_by_one)
    }

    /// A pod's rows are known.
    pub(super) fn known(&mut self, pod: usize, word: &Word) {
        // A refusal that another pod than the awaited one met counts as well: the rest goes without.
        if *word == Word::Refused {
            self.one_by_one = false;
        }
        if self.awaited() != Some(pod) {
            return;
        }
        match word {
            Word::Refused | Word::Taken => self.one_by_one = false,
            Word::Nothing => self.next_single(),
            Word::NeverLooked => {
                self.never_looked += 1;
                self.alone = None;
            }
        }
    }

    /// The awaited pod takes long. A refusal comes within seconds, so a pull or a probe that has been going on
    /// is no refusal; one that has not begun says nothing.
    pub(super) fn patience_is_over(&mut self, asking: bool, is_probe: bool) {
        match (asking, is_probe) {
            (true, _) => self.one_by_one = false,
            (false, false) => self.next_single(),
            (false, true) => {
                self.never_looked += 1;
                self.alone = None;
            }
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
        assert_eq!(Waves::new([false; 3], false).due(), [0, 1, 2]);
    }

    #[test]
    fn a_refused_credential_is_sent_from_no_other_node() {
        let mut waves = Waves::new([false; 3], true);
        assert_eq!(waves.due(), [0]);
        assert_eq!(waves.due(), [] as [usize; 0]);
        waves.known(0, &Word::Refused);
        assert_eq!(waves.due(), [1, 2], "the others go without it");
    }

    #[test]
    fn a_credential_that_is_taken_lets_the_others_go_with_it() {
        let mut waves = Waves::new([false; 2], true);
        waves.due();
        waves.known(0, &Word::Taken);
        assert_eq!(waves.due(), [1]);
    }

    #[test]
    fn nodes_that_cannot_tell_are_followed_by_another_single_one_three_times() {
        let mut waves = Waves::new([false; 5], true);
        for pod in 0..3 {
            assert_eq!(waves.due(), [pod]);
            waves.known(pod, &Word::Nothing);
        }
        assert_eq!(waves.due(), [3, 4]);
    }

    #[test]
    fn a_long_pull_opens_the_way_and_one_that_has_not_begun_does_not() {
        let mut waves = Waves::new([false; 3], true);
        waves.due();
        waves.patience_is_over(false, false);
        assert_eq!(waves.due(), [1]);
        waves.patience_is_over(true, false);
        assert_eq!(waves.due(), [2]);
    }

    #[test]
    fn probes_that_never_looked_let_probes_go_and_the_kubelets_still_one_by_one() {
        let mut waves = Waves::new([true, false, true, false, true, false, true, false], true);
        assert_eq!(waves.due(), [0]);
        waves.known(0, &Word::NeverLooked);
        assert_eq!(waves.due(), [1]);
        waves.known(1, &Word::Nothing);
        assert_eq!(waves.due(), [2]);
        waves.patience_is_over(false, true);
        assert_eq!(waves.due(), [3]);
        waves.known(3, &Word::Nothing);
        assert_eq!(waves.due(), [4]);
        waves.known(4, &Word::NeverLooked);
        assert_eq!(waves.due(), [6, 5], "the last probe, and the next kubelet alone");
        waves.known(6, &Word::NeverLooked);
        assert_eq!(waves.due(), [] as [usize; 0]);
        waves.known(5, &Word::Taken);
        assert_eq!(waves.due(), [7]);
    }

    #[test]
    fn pods_that_are_added_wait_their_turn_and_those_taken_back_are_not_made() {
        let mut waves = Waves::new([true, true, true], true);
        assert_eq!(waves.due(), [0]);
        waves.forget(|pod| pod == 1);
        waves.add(3, false);
        waves.known(0, &Word::NeverLooked);
        assert_eq!(waves.due(), [2]);
        waves.known(2, &Word::Taken);
        assert_eq!(waves.due(), [3]);
    }
}
