//! Differences between clocks in words.

use super::Limits;
use crate::plan::clock::{HARBOR_LEEWAY_MS, NO_LEEWAY_MS};

/// A span of time as people read it: `3 ms`, `7.0 s`, `90.0 s`, `25 min`, `3.2 days`.
pub fn span(us: i64) -> String {
    let us = us.unsigned_abs();
    let rounded = |unit: u64| us.saturating_add(unit / 2) / unit;
    let tenths = |unit: u64| format!("{}.{}", rounded(unit / 10) / 10, rounded(unit / 10) % 10);
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{} ms", tenths(1_000)),
        10_000..1_000_000 => format!("{} ms", rounded(1_000)),
        1_000_000..600_000_000 => format!("{} s", tenths(1_000_000)),
        600_000_000..7_200_000_000 => format!("{} min", rounded(60_000_000)),
        7_200_000_000..172_800_000_000 => format!("{} hours", tenths(3_600_000_000)),
        _ => format!("{} days", tenths(86_400_000_000)),
    }
}

/// The same with its sign: `+7.0 s`, `-90.0 s`.
pub fn offset(us: i64) -> String {
    format!("{}{}", if us < 0 { '-' } else { '+' }, span(us))
}

/// Ahead or behind.
pub(super) fn side(us: i64) -> &'static str {
    if us < 0 { "behind" } else { "ahead of" }
}

/// What a difference means for tokens and certificates.
pub(super) fn meaning(us: i64, limits: Limits) -> String {
    let us = us.saturating_abs();
    let micros = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000);
    let mut told = Vec::new();
    if us > limits.error_us && limits.error_us != micros(HARBOR_LEEWAY_MS) {
        told.push(format!("it is over the threshold of {}", span(limits.error_us)));
    }
    if us > micros(HARBOR_LEEWAY_MS) {
        told.push(
            "Harbor forgives a token's times 60 s from 2.11 on and nothing before, so that pushes and private pulls \
             are refused as unauthorized, and a certificate that was issued just now is not valid yet for a clock that \
             is behind"
                .into(),
        );
    } else if us > micros(NO_LEEWAY_MS) {
        told.push(
            "Harbor up to 2.10 forgives a token's times nothing and refuses those of the future; from 2.11 on it \
             forgives 60 s"
                .into(),
        );
    }
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_unit_that_fits() {
        let told = [0, 999, 3_340, 52_900, 7_040_000, -90_000_000, 1_500_000_000, 11_520_000_000, i64::MIN]
            .map(span);
        assert_eq!(told[..4], ["0 µs", "999 µs", "3.3 ms", "53 ms"]);
        assert_eq!(told[4..8], ["7.0 s", "90.0 s", "25 min", "3.2 hours"]);
        assert!(told[8].ends_with(" days"));
        assert_eq!([offset(7_000_000), offset(-3_340), offset(0)], ["+7.0 s", "-3.3 ms", "+0 µs"]);
    }

    #[test]
    fn a_difference_means_what_the_verifiers_forgive() {
        let usual = Limits { warning_us: 500_000, error_us: 60_000_000 };
        assert!(meaning(-90_000_000, usual).contains("60 s from 2.11 on"));
        assert!(meaning(7_000_000, usual).starts_with("Harbor up to 2.10 forgives"));
        let own = Limits { warning_us: 40_000, error_us: 40_000 };
        assert_eq!(meaning(52_000, own), "it is over the threshold of 40 ms");
    }
}
