//! Signals that end a run: the first one in order, a second one at once.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Whoever holds down Ctrl-C means one signal.
const ONE_SIGNAL: Duration = Duration::from_millis(300);

/// Listens from now on, beside whatever is done; the first signal cancels `stop`. The task ends at the second.
pub fn listen(stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
    let stop = stop.clone();
    tokio::spawn(async move { twice_stopped(&stop).await })
}

/// Returns at the second signal; the first one cancels `stop`.
pub async fn twice_stopped(stop: &CancellationToken) {
    let mut signals = Signals::new();
    signals.next().await;
    stop.cancel();
    tokio::time::sleep(ONE_SIGNAL).await;
    signals.next().await;
}

/// Ctrl-C, and on Unix SIGTERM and SIGHUP.
struct Signals {
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Self { streams: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let waits = self.streams.iter_mut().map(|stream| Box::pin(stream.recv()));
        futures_util::future::select_all(waits).await;
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
