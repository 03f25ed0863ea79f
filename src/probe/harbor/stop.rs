//! The user's wish that a look ends.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends a look early: nothing more is asked from then on, the request that is going on is not waited for, and what was
/// seen so far is returned. All clones are one. Never stopped unless somebody does.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Ends the look.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was ended.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is ended.
    pub async fn stopped(&self) {
        // It fails only where the sender is gone, which `self` keeps.
        let _ = self.0.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }

    /// What comes of `work`; `None` where the end comes first.
    pub(super) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stopped() => None,
            done = work => Some(done),
        }
    }
}
