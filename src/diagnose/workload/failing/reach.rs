//! How far a pull came before it broke off.

use super::case::Case;
use crate::diagnose::asked;
use crate::diagnose::message::{self, FailureKind, Operation, Reading};

/// Where a pull broke off, as its message tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// No connection to the registry's own host.
    NoConnection,
    /// Before an answer of the registry, as far as is known.
    #[default]
    NoAnswer,
    /// After the registry had answered, or at another host: its storage, a mirror.
    Elsewhere,
}

/// Of several attempts that which came farthest counts.
pub(super) fn of(case: &Case<'_>) -> Reach {
    let Some(words) = &case.pull.message else { return Reach::default() };
    let host = asked(&case.registry);
    let reading = message::read(words.as_str());
    match reading.attempts.as_slice() {
        [] => of_reading(&reading, &host),
        attempts => attempts.iter().map(|one| of_reading(one, &host)).max().unwrap_or_default(),
    }
}

fn of_reading(reading: &Reading, host: &str) -> Reach {
    let Some(request) = reading.request() else { return Reach::NoAnswer };
    // A blob is asked for once the manifest was read.
    let had_manifest =
        matches!(reading.operation, Some(Operation::Fetch)) || request.url.as_str().contains("/blobs/");
    if without_port(&request.host) != without_port(host) || had_manifest {
        return Reach::Elsewhere;
    }
    if is_connecting(reading) { Reach::NoConnection } else { Reach::NoAnswer }
}

/// Go's `net` says `dial tcp` of what breaks before a connection stands, and `read tcp` or `write tcp` after that; its
/// HTTP client says "waiting for connection".
fn is_connecting(reading: &Reading) -> bool {
    let words = |text: &str| text.contains("dial tcp") || text.contains("while waiting for connection");
    let by_kind = |kind| matches!(kind, FailureKind::Dial | FailureKind::Refused | FailureKind::Unreachable);
    reading.failure.as_ref().is_some_and(|failure| by_kind(failure.kind) || words(failure.text.as_str()))
        || reading.layers.iter().any(|layer| words(layer.text.as_str()))
}

fn without_port(host: &str) -> &str {
    host.strip_suffix(":443").unwrap_or(host)
}
