//! In which order pods are made, so that no account gets locked: one node goes first, and a credential that
//! is refused there is sent from no other.

use std::collections::VecDeque;

/// How many pods go one by one before the rest goes anyway: nodes that cannot reach the registry say nothing
/// about the credential. Probes that never looked tried none at all, so they never let the rest go; after as many
/// of them a kubelet is asked first, where one waits: it can tell.
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

    /// Whether no pod waits for its turn.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Pods whose turn has come.
    pub(super) fn due(&mut self) -> Vec<usize> {
        if !self.one_by_one {
            return self.waiting.drain(..).map(|pod| pod.index).collect();
        }
        if self.alone.is_some() {
            return Vec::new();
        }
        let kubelet = self.waiting.iter().position(|pod| !pod.is_probe);
        let next = kubelet.filter(|_| self.never_looked >= SINGLES).unwrap_or(0);
        self.alone = self.waiting.remove(next).map(|pod| pod.index);
        self.alone.into_iter().collect()
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

    /// The awaited pod takes long. A refusal comes within seconds, so a pull that has been going on is no refusal;
    /// a pod that has not begun says nothing, and no more does a probe: it asks without a credential first, one
    /// image after the other.
    pub(super) fn patience_is_over(&mut self, asking: bool, is_probe: bool) {
        match (asking, is_probe) {
            (true, false) => self.one_by_one = false,
            (false, false) => self.next_single(),
            (_, true) => {
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
    fn probes_that_never_looked_go_on_one_by_one() {
        let mut waves = Waves::new([true; 6], true);
        for pod in 0..5 {
            assert_eq!(waves.due(), [pod]);
            waves.known(pod, &Word::NeverLooked);
        }
        assert_eq!(waves.due(), [5]);
    }

    #[test]
    fn after_three_probes_that_never_looked_a_kubelet_is_asked_and_opens_the_way() {
        let mut waves = Waves::new([true, true, true, true, false, true], true);
        for pod in 0..3 {
            assert_eq!(waves.due(), [pod]);
            waves.known(pod, &Word::NeverLooked);
        }
        assert_eq!(waves.due(), [4], "the kubelet");
        waves.known(4, &Word::Taken);
        assert_eq!(waves.due(), [3, 5]);
    }

    #[test]
    fn a_probe_that_takes_too_long_is_followed_by_a_single_one_whether_it_runs_or_not() {
        let mut waves = Waves::new([true; 4], true);
        waves.due();
        waves.patience_is_over(false, true);
        assert_eq!(waves.due(), [1]);
        waves.patience_is_over(true, true);
        assert_eq!(waves.due(), [2]);
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
