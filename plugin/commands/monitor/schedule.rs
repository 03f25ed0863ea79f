//! When something is due.

use std::time::Duration;

use tokio::time::Instant;

/// The interval, up to 10 % shorter or longer, so that many clients of one registry do not ask at the same time.
pub fn jittered(interval: Duration) -> Duration {
    // Without random numbers it is just not spread.
    spread(interval, getrandom::u32().unwrap_or(u32::MAX / 2))
}

fn spread(interval: Duration, random: u32) -> Duration {
    interval.mul_f64(0.9 + 0.2 * f64::from(random) / f64::from(u32::MAX))
}

/// When the next one begins: an interval after the last began, and not before it has ended.
pub fn next(began: Instant, interval: Duration) -> Instant {
    (began + jittered(interval)).max(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_spread_by_a_tenth_to_either_side() {
        let of = |random| spread(Duration::from_secs(100), random).as_secs_f64().round();
        assert_eq!((of(0), of(u32::MAX / 2), of(u32::MAX)), (90.0, 100.0, 110.0));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_took_longer_than_its_interval_is_followed_at_once() {
        let began = Instant::now();
        tokio::time::advance(Duration::from_secs(500)).await;
        assert_eq!(next(began, Duration::from_secs(100)), Instant::now());
    }
}
