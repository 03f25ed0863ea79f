//! Rates and how sure they are.

use serde::{Deserialize, Serialize};

/// A share of tries, with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
        let percent = |share: f64| {
            let value = share * 100.0;
            if (0.05..9.95).contains(&value) { format!("{value:.1} %") } else { format!("{value:.0} %") }
        };
        format!("{} (95 % confidence: {} to {})", percent(self.rate), percent(self.low), percent(self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

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
    fn a_rate_reads_well() {
        assert_eq!(Rate::new(3, 30).unwrap().describe(), "10 % (95 % confidence: 3.5 % to 26 %)");
        assert_eq!(Rate::new(5, 5).unwrap().describe(), "100 % (95 % confidence: 57 % to 100 %)");
    }
}
