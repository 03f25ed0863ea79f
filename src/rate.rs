//! Rates and how sure they are.

use serde::{Deserialize, Serialize};

/// A share of tries, with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// How many of them.
    pub hits: u32,
    /// Of how many.
    pub of: u32,
    /// `hits / of`, from 0 to 1.
    pub rate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl Rate {
    /// `hits` of `of` tries; `None` of no tries. The interval is Wilson's (J. Am. Stat. Assoc. 22, 1927), which
    /// holds for few tries and for rates near 0 and 1, where the textbook one does not.
    pub fn new(hits: u32, of: u32) -> Option<Self> {
        if of == 0 || hits > of {
            return None;
        }
        let (n, rate) = (f64::from(of), f64::from(hits) / f64::from(of));
        let square = Z * Z;
        let middle = rate + square / (2.0 * n);
        let spread = Z * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
        let scale = 1.0 + square / n;
        let end = |value: f64| (value / scale).clamp(0.0, 1.0);
        Some(Self { hits, of, rate, low: end(middle - spread), high: end(middle + spread) })
    }

    /// `12 % (95 % confidence: 6 % to 22 %)`.
    pub fn describe(self) -> String {
        format!("{} (95 % confidence: {} to {})", percent(self.rate), percent(self.low), percent(self.high))
    }
}

/// What is nearer to none or all than this is none or all: arithmetic is not exact.
const EXACT: f64 = 1e-9;

/// A share from 0 to 1 in per cent. What is not all is never `100 %`, and what is not none never `0 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    match share {
        _ if share < EXACT => "0 %".into(),
        _ if value < 0.05 => "< 0.1 %".into(),
        _ if value < 9.95 => format!("{value:.1} %"),
        _ if value >= 99.5 && share < 1.0 - EXACT => "> 99 %".into(),
        _ => format!("{value:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, percent};

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let rate = Rate::new(hits, of).unwrap();
            assert!((rate.low - low).abs() < 5e-5 && (rate.high - high).abs() < 5e-5, "{rate:?}");
            assert!(rate.low <= rate.rate && rate.rate <= rate.high);
        }
    }

    #[test]
    fn nothing_was_tried_and_there_is_no_rate() {
        assert_eq!(Rate::new(0, 0), None);
        assert_eq!(Rate::new(2, 1), None);
    }

    #[test]
    fn what_is_not_all_is_no_hundred_per_cent_and_what_is_not_none_no_zero() {
        let shares = [0.0, 0.0001, 0.031, 0.44, 0.994, 0.996, 0.9999, 1.0];
        let told: Vec<String> = shares.into_iter().map(percent).collect();
        assert_eq!(told, ["0 %", "< 0.1 %", "3.1 %", "44 %", "99 %", "> 99 %", "> 99 %", "100 %"]);
    }

    #[test]
    fn a_rate_reads_well() {
        assert_eq!(Rate::new(3, 30).unwrap().describe(), "10 % (95 % confidence: 3.5 % to 26 %)");
        assert_eq!(Rate::new(5, 5).unwrap().describe(), "100 % (95 % confidence: 57 % to 100 %)");
    }
}
