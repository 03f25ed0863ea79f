//! Whether the loop goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When the loop was heard of last.
#[derive(Debug)]
pub struct Health {
    began: Instant,
    /// When a check-up began or ended last, in milliseconds since `began`.
    heard_ms: AtomicU64,
    patience: Duration,
}

impl Health {
    /// Alive from now on, and dead once nothing is heard for `patience`.
    pub fn new(patience: Duration) -> Self {
        Self { began: Instant::now(), heard_ms: AtomicU64::new(0), patience }
    }

    /// A check-up began or ended.
    pub fn heard(&self) {
        self.heard_ms.store(milliseconds(self.began.elapsed()), Ordering::Relaxed);
    }

    /// What is wrong, as one sentence; `None` while the loop goes on.
    pub fn complaint(&self) -> Option<String> {
        self.complaint_after(self.began.elapsed())
    }

    fn complaint_after(&self, running: Duration) -> Option<String> {
        let silent = milliseconds(running).saturating_sub(self.heard_ms.load(Ordering::Relaxed));
        (silent > milliseconds(self.patience)).then(|| {
            format!(
                "no check-up began or ended for {} s, and one should within {} s",
                silent / 1_000,
                self.patience.as_secs()
            )
        })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_is_silent_for_too_long_is_told() {
        let health = Health::new(Duration::from_secs(60));
        assert_eq!(health.complaint_after(Duration::from_secs(60)), None);
        assert_eq!(
            health.complaint_after(Duration::from_secs(62)).unwrap(),
            "no check-up began or ended for 62 s, and one should within 60 s"
        );
        health.heard_ms.store(30_000, Ordering::Relaxed);
        assert_eq!(health.complaint_after(Duration::from_secs(62)), None);
    }
}
