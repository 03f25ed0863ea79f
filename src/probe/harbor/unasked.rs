//! What there was no time for, in words.

/// `4 of 9 cores`; `nouns` are one and many of it. `None` where nothing is left.
pub(super) fn left(left: usize, all: usize, (one, many): (&str, &str)) -> Option<String> {
    let noun = if all == 1 { one } else { many };
    (left > 0).then(|| format!("{left} of {all} {noun}"))
}

/// One and many.
pub(super) const CORES: (&str, &str) = ("core", "cores");
/// One and many.
pub(super) const PAIRS: (&str, &str) = ("pair of cores", "pairs of cores");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted_and_nothing_is_not_told() {
        assert_eq!(left(4, 9, PAIRS).as_deref(), Some("4 of 9 pairs of cores"));
        assert_eq!(left(1, 1, CORES).as_deref(), Some("1 of 1 core"));
        assert_eq!(left(0, 3, CORES), None);
    }
}
