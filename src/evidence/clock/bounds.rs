//! How far a clock is off, as an interval that is known to hold the truth.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Another's clock minus the observer's lies between these, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClockBounds {
    /// At least this, in microseconds.
    pub low_us: i64,
    /// At most this, in microseconds.
    pub high_us: i64,
}

impl ClockBounds {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { low_us: i64::MIN, high_us: i64::MAX };

    /// [`ClockBounds::UNKNOWN`].
    pub(super) fn unknown() -> Self {
        Self::UNKNOWN
    }

    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::UNKNOWN
    }

    /// From a value and its uncertainty to both sides, in microseconds.
    pub fn around(value_us: i64, uncertainty_us: i64) -> Self {
        Self {
            low_us: value_us.saturating_sub(uncertainty_us),
            high_us: value_us.saturating_add(uncertainty_us),
        }
    }

    /// From a stamp that another clock made at some time between `sent` and `received` of the observer's, and which
    /// cuts off what is below `resolution_us`: 1,000,000 for `Date` and for a token's `iat`, 1,000 for milliseconds.
    pub fn of_stamp(stamp: Timestamp, resolution_us: i64, sent: Timestamp, received: Timestamp) -> Self {
        let stamp = stamp.as_microsecond();
        Self {
            low_us: stamp.saturating_sub(received.as_microsecond()),
            high_us: stamp.saturating_add(resolution_us).saturating_sub(sent.as_microsecond()),
        }
    }

    /// What both allow; `None` where they contradict each other, as when a clock was set in between.
    pub fn and(self, other: Self) -> Option<Self> {
        let both = Self { low_us: self.low_us.max(other.low_us), high_us: self.high_us.min(other.high_us) };
        (both.low_us <= both.high_us).then_some(both)
    }

    /// What either allows, and what is between.
    pub fn or(self, other: Self) -> Self {
        Self { low_us: self.low_us.min(other.low_us), high_us: self.high_us.max(other.high_us) }
    }

    /// This one's clock minus the other's, both seen by one observer.
    pub fn minus(self, other: Self) -> Self {
        Self {
            low_us: self.low_us.saturating_sub(other.high_us),
            high_us: self.high_us.saturating_sub(other.low_us),
        }
    }

    /// The middle, in microseconds.
    pub fn middle_us(self) -> i64 {
        self.low_us.midpoint(self.high_us)
    }

    /// The uncertainty to either side, in microseconds.
    pub fn uncertainty_us(self) -> i64 {
        self.high_us.saturating_sub(self.low_us) / 2
    }

    /// How far the clock is off at the least, in microseconds: 0 where it may be right.
    pub fn least_us(self) -> i64 {
        if self.low_us > 0 {
            self.low_us
        } else if self.high_us < 0 {
            self.high_us.saturating_neg()
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_bounds_a_clock_to_a_second_and_several_bound_it_closer() {
        let first = ClockBounds::of_stamp(
            at("2026-11-21T10:00:07Z"),
            1_000_000,
            at("2026-11-21T10:00:00.900Z"),
            at("2026-11-21T10:00:00.950Z"),
        );
        assert_eq!(first, ClockBounds { low_us: 6_050_000, high_us: 7_100_000 });
        let second = ClockBounds::of_stamp(
            at("2026-11-21T10:00:07Z"),
            1_000_000,
            at("2026-11-21T10:00:00.050Z"),
            at("2026-11-21T10:00:00.060Z"),
        );
        let both = first.and(second).unwrap();
        assert_eq!(both, ClockBounds { low_us: 6_940_000, high_us: 7_100_000 });
        assert_eq!(
            (both.middle_us(), both.uncertainty_us(), both.least_us()),
            (7_020_000, 80_000, 6_940_000)
        );
    }

    #[test]
    fn bounds_that_contradict_each_other_say_nothing_together() {
        let (early, late) = (ClockBounds::around(-5, 1), ClockBounds::around(5, 1));
        assert_eq!(early.and(late), None);
        assert_eq!(late.minus(early), ClockBounds { low_us: 8, high_us: 12 });
        assert_eq!(ClockBounds::around(0, 3).least_us(), 0);
        assert_eq!(early.least_us(), 4);
    }

    #[test]
    fn the_extremes_overflow_nothing() {
        let all = ClockBounds { low_us: i64::MIN, high_us: i64::MAX };
        assert_eq!(all.least_us(), 0);
        assert_eq!(all.minus(all), all);
        assert_eq!(all.uncertainty_us(), i64::MAX / 2);
    }
}
