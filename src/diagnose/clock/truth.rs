//! Which of the clocks that a probe was told is believed: what most of them agree on (Marzullo's algorithm, as in RFC 5905,
//! section 11.2.1). A server that disagrees with most is said, and not believed.

use crate::evidence::clock::{ClockBounds, ClockSeen, LeaseClocks, NtpAnswer};
use crate::evidence::{Outcome, Probe};

/// Somebody who told the time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Witness {
    /// `ntp/time.example.com`, `server/registry.example.com:443`, `the API server`.
    pub name: String,
    /// Its clock minus the node's, as wide as it is sure.
    pub clock: ClockBounds,
    /// How many answers.
    pub answers: u32,
    /// Whether tokens are made or checked by this clock.
    pub is_registry: bool,
}

/// What the witnesses of one node come to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nobody told the time.
    Nothing,
    /// More than half agree: true time minus the node's clock, by those who say so, against those who do not.
    Agreed { truth: ClockBounds, by: Vec<Witness>, against: Vec<Witness> },
    /// No more than half agree on anything.
    Contradictory(Vec<Witness>),
}

impl Verdict {
    /// The node's clock minus true time.
    pub(crate) fn node(&self) -> Option<ClockBounds> {
        match self {
            Self::Agreed { truth, .. } => Some(ClockBounds { low_us: 0, high_us: 0 }.minus(*truth)),
            Self::Nothing | Self::Contradictory(_) => None,
        }
    }
}

/// What a probe's witnesses, and the API server, come to.
pub(crate) fn of(probe: &Probe, seen: &ClockSeen, leases: Option<&LeaseClocks>) -> Verdict {
    judge(witnesses(probe, seen, leases))
}

fn witnesses(probe: &Probe, seen: &ClockSeen, leases: Option<&LeaseClocks>) -> Vec<Witness> {
    let mut witnesses = Vec::new();
    for ntp in &seen.ntp {
        if let Outcome::Seen { value } = &ntp.outcome
            && value.is_time()
        {
            witnesses.push(Witness {
                name: format!("ntp/{}", ntp.server),
                clock: as_wide_as_sure(value),
                answers: value.samples,
                is_registry: false,
            });
        }
    }
    for date in &seen.dates {
        witnesses.push(Witness {
            name: format!("server/{}", date.server),
            clock: date.offset,
            answers: date.answers.max(1),
            is_registry: true,
        });
    }
    for token in &seen.tokens {
        let name = format!("server/{}", token.service);
        let is_known = witnesses.iter().any(|one| one.name == name);
        if let (Some(clock), false) = (token.issuer(), is_known) {
            witnesses.push(Witness { name, clock, answers: 1, is_registry: true });
        }
    }
    if let Some(clock) = leases.and_then(|leases| leases.api_server_to(&probe.node)) {
        witnesses.push(Witness { name: "the API server".into(), clock, answers: 1, is_registry: false });
    }
    witnesses
}

/// What the server itself says that it may be wrong by is added.
fn as_wide_as_sure(answer: &NtpAnswer) -> ClockBounds {
    let distance = answer.root_distance_us.max(0);
    ClockBounds {
        low_us: answer.offset.low_us.saturating_sub(distance),
        high_us: answer.offset.high_us.saturating_add(distance),
    }
}

fn judge(witnesses: Vec<Witness>) -> Verdict {
    let holds = |one: &Witness, point: i64| one.clock.low_us <= point && point <= one.clock.high_us;
    let votes = |point: i64| witnesses.iter().filter(|one| holds(one, point)).count();
    // The most that agree do so where one of them begins.
    let points = witnesses.iter().map(|one| one.clock.low_us);
    let Some(point) = points.max_by_key(|point| votes(*point)) else { return Verdict::Nothing };
    if votes(point) * 2 <= witnesses.len() {
        return Verdict::Contradictory(witnesses);
    }
    let (by, against): (Vec<Witness>, Vec<Witness>) =
        witnesses.into_iter().partition(|one| holds(one, point));
    let truth =
        by.iter().fold(ClockBounds { low_us: i64::MIN, high_us: i64::MAX }, |both, one| ClockBounds {
            low_us: both.low_us.max(one.clock.low_us),
            high_us: both.high_us.min(one.clock.high_us),
        });
    Verdict::Agreed { truth, by, against }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn witness(name: &str, ms: i64, uncertainty_ms: i64) -> Witness {
        let clock = ClockBounds::around(ms * 1_000, uncertainty_ms * 1_000);
        Witness { name: name.into(), clock, answers: 1, is_registry: false }
    }

    fn names(witnesses: &[Witness]) -> Vec<&str> {
        witnesses.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn what_most_agree_on_is_believed_and_who_disagrees_is_named() {
        let verdict = judge(vec![witness("a", 1, 3), witness("liar", 7_000, 2), witness("date", 100, 500)]);
        let Verdict::Agreed { truth, by, against } = &verdict else { panic!("{verdict:?}") };
        assert_eq!((names(by), names(against)), (vec!["a", "date"], vec!["liar"]));
        assert_eq!(*truth, ClockBounds::around(1_000, 3_000));
        assert_eq!(verdict.node(), Some(ClockBounds::around(-1_000, 3_000)));
    }

    #[test]
    fn one_word_against_another_settles_nothing() {
        let two = vec![witness("a", 0, 3), witness("b", 7_000, 3)];
        assert!(matches!(judge(two), Verdict::Contradictory(witnesses) if witnesses.len() == 2));
        let four =
            vec![witness("a", 0, 3), witness("b", 1, 3), witness("c", 7_000, 3), witness("d", 7_001, 3)];
        assert!(matches!(judge(four), Verdict::Contradictory(_)));
    }

    #[test]
    fn one_witness_is_all_there_is_and_none_tells_nothing() {
        assert_eq!(judge(Vec::new()), Verdict::Nothing);
        let one = judge(vec![witness("a", -7_000, 3)]);
        assert_eq!(one.node(), Some(ClockBounds::around(7_000_000, 3_000)));
    }
}
