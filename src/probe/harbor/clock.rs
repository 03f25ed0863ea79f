//! The clock of a server, by what it stamps.

use std::time::Duration;

use jiff::Timestamp;

use super::place::Asker;
use super::{Place, paths};
use crate::evidence::clock::ClockBounds;
use crate::evidence::probe::ExchangeStep;
use crate::registry::client::{Authorization, Heard};

/// What `Date` and a token's `iat` cut off, in microseconds.
pub(super) const SECOND: i64 = 1_000_000;
/// How often a clock whose bounds are wide is asked once more: each halves them.
const ROUNDS: u32 = 4;
/// Bounds that are as close as this to either side are close enough, in microseconds: the narrowest threshold of a rule
/// is half a second.
const CLOSE: i64 = 50_000;
/// What is left to do afterwards needs time.
const SPARE: Duration = Duration::from_secs(4);

/// What is known of a server's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ServerClock {
    bounds: Option<ClockBounds>,
}

impl ServerClock {
    /// Its clock minus the observer's.
    pub(super) fn bounds(self) -> Option<ClockBounds> {
        self.bounds
    }

    /// One more stamp. Where it contradicts what was known the clock was set meanwhile: the later one counts.
    pub(super) fn note(&mut self, stamp: ClockBounds) {
        let both = self.bounds.and_then(|known| known.and(stamp));
        self.bounds = Some(both.unwrap_or(stamp));
    }

    /// The `Date` of an answer, where it is the core's own: what core hands on to the registry behind it has the
    /// registry's (2.16).
    pub(super) fn hear(&mut self, heard: &Heard) {
        let step = heard.exchange.step;
        let is_own = step.is_token() || matches!(step, ExchangeStep::Ping | ExchangeStep::Info);
        if let Some(bounds) = date(heard).filter(|_| is_own) {
            self.note(bounds);
        }
    }

    /// Whether it is known closely enough, or not at all: asking again tells nothing.
    fn is_settled(self) -> bool {
        self.bounds.is_none_or(|bounds| bounds.uncertainty_us() <= CLOSE)
    }

    /// How long from `now` on until a full second of the server's clock, if that is in the middle of its bounds: the
    /// `Date` of that moment tells on which side of the middle it is. `None` where it is known closely enough, or not
    /// at all.
    fn next_edge(self, now: Timestamp) -> Option<Duration> {
        let bounds = self.bounds.filter(|bounds| bounds.uncertainty_us() > CLOSE)?;
        let there = now.as_microsecond().saturating_add(bounds.middle_us());
        let until = SECOND - there.rem_euclid(SECOND);
        Some(Duration::from_micros(until.unsigned_abs()))
    }
}

/// What the `Date` of an answer says of the server's clock.
pub(super) fn date(heard: &Heard) -> Option<ClockBounds> {
    let stamp = heard.exchange.answer()?.date?;
    Some(ClockBounds::of_stamp(stamp, SECOND, heard.sent, heard.received))
}

/// What the `iat` of a token says of its issuer's clock.
pub(super) fn issued(heard: &Heard) -> Option<ClockBounds> {
    let stamp = heard.exchange.answer()?.claims.as_ref()?.iat?;
    Some(ClockBounds::of_stamp(stamp, SECOND, heard.sent, heard.received))
}

/// Several stamps, which are one clock's or not: their bounds, and whether they contradict each other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    common: Option<ClockBounds>,
    hull: Option<ClockBounds>,
    differ: bool,
}

impl Spread {
    pub(super) fn note(&mut self, stamp: ClockBounds) {
        let Some((common, hull)) = self.common.zip(self.hull) else {
            (self.common, self.hull) = (Some(stamp), Some(stamp));
            return;
        };
        match common.and(stamp) {
            Some(both) => self.common = Some(both),
            None => self.differ = true,
        }
        self.hull = Some(ClockBounds {
            low_us: hull.low_us.min(stamp.low_us),
            high_us: hull.high_us.max(stamp.high_us),
        });
    }

    /// Whether no single clock can have made all of them.
    pub(super) fn differ(self) -> bool {
        self.differ
    }

    /// What all of them allow; where they differ, from the least to the most that one of them does.
    pub(super) fn bounds(self) -> Option<ClockBounds> {
        if self.differ { self.hull } else { self.common }
    }
}

/// Asks cores whose clocks are known badly a few times more, each at the moment that tells most. One round takes a
/// second at most, however many they are. Returns of how many there was no time to do so.
pub(super) async fn narrow(asker: &mut Asker, cores: &mut [Place]) -> usize {
    rounds(asker, cores).await;
    let wide = cores.iter().filter(|core| core.stopped.is_none() && !core.clock.is_settled()).count();
    if asker.is_over() || asker.time_left() < SPARE { wide } else { 0 }
}

async fn rounds(asker: &mut Asker, cores: &mut [Place]) {
    for _ in 0..ROUNDS {
        let begun = Timestamp::now();
        let edge = |(index, core): (usize, &Place)| Some((core.clock.next_edge(begun)?, index));
        let mut due: Vec<(Duration, usize)> = cores.iter().enumerate().filter_map(edge).collect();
        due.sort();
        let start = tokio::time::Instant::now();
        for (wait, index) in due {
            if asker.time_left() < SPARE {
                return;
            }
            if asker.stop.or(tokio::time::sleep_until(start + wait)).await.is_none() {
                return;
            }
            if let Some(core) = cores.get_mut(index) {
                asker.get(core, ExchangeStep::Info, paths::PING, &Authorization::None).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(low_us: i64, high_us: i64) -> ClockBounds {
        ClockBounds { low_us, high_us }
    }

    #[test]
    fn stamps_narrow_a_clock_and_one_that_was_set_meanwhile_counts_from_then_on() {
        let mut clock = ServerClock::default();
        clock.note(bounds(-400_000, 700_000));
        clock.note(bounds(-100_000, 900_000));
        assert_eq!(clock.bounds(), Some(bounds(-100_000, 700_000)));
        clock.note(bounds(5_000_000, 6_000_000));
        assert_eq!(clock.bounds(), Some(bounds(5_000_000, 6_000_000)));
    }

    #[test]
    fn bisecting_finds_a_clock_within_a_few_requests() {
        for offset in [-7_300_000_i64, -1, 0, 123_456, 999_999, 61_500_000] {
            let mut clock = ServerClock::default();
            let mut now: Timestamp = "2026-11-21T10:00:00.321Z".parse().unwrap();
            let ask = |clock: &mut ServerClock, now: Timestamp| {
                let there = now.as_microsecond() + 2_000 + offset;
                let date = Timestamp::from_second(there.div_euclid(SECOND)).unwrap();
                let received = now + Duration::from_millis(4);
                clock.note(ClockBounds::of_stamp(date, SECOND, now, received));
            };
            ask(&mut clock, now);
            for _ in 0..ROUNDS {
                let Some(wait) = clock.next_edge(now) else { break };
                assert!(wait <= Duration::from_secs(1), "{wait:?}");
                now += wait;
                ask(&mut clock, now);
            }
            let found = clock.bounds().unwrap();
            assert!(found.low_us <= offset && offset <= found.high_us, "{offset}: {found:?}");
            assert!(found.uncertainty_us() <= CLOSE, "{offset}: {found:?}");
        }
        assert_eq!(ServerClock::default().next_edge(Timestamp::UNIX_EPOCH), None);
    }

    #[test]
    fn stamps_of_two_clocks_are_told_from_those_of_one() {
        let mut one = Spread::default();
        one.note(bounds(-500_000, 500_000));
        one.note(bounds(0, 1_000_000));
        assert!(!one.differ());
        assert_eq!(one.bounds(), Some(bounds(0, 500_000)));
        one.note(bounds(7_000_000, 8_000_000));
        assert!(one.differ());
        assert_eq!(one.bounds(), Some(bounds(-500_000, 8_000_000)));
        assert_eq!(Spread::default().bounds(), None);
    }
}
