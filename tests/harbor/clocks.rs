//! The clocks of cores.

use super::world::{Core, Harbor, PASSWORD, Seen, key};

/// Bounds hold the truth, and are closer than that.
#[track_caller]
fn is(seen: &Seen, core: usize, offset_s: i64, within_us: i64) {
    let bounds = seen.core(core).clock.unwrap_or_else(|| panic!("no clock: {}", seen.shown()));
    let offset = offset_s * 1_000_000;
    assert!(bounds.low_us <= offset && offset <= bounds.high_us, "core {core}: {bounds:?}");
    assert!(bounds.uncertainty_us() < within_us, "core {core}: {bounds:?}");
}

#[tokio::test]
async fn clocks_are_bounded_by_dates_alone() {
    let ahead = |offset| Core { offset, ..key(0) };
    let harbor = Harbor::start(&[key(0), ahead(7), ahead(-90)]);
    let seen = harbor.look().await;
    for (core, offset) in [(0, 0), (1, 7), (2, -90)] {
        is(&seen, core, offset, 500_000);
    }
    // 60 s are forgiven, and an old token is good for half an hour.
    assert_eq!(seen.picture(), ["AAR", "AAR", "AAA"], "{}", seen.shown());
}

#[tokio::test]
async fn with_a_login_milliseconds_bound_them() {
    let harbor = Harbor::start(&[key(0), Core { offset: 7, ..key(0) }]);
    let seen = harbor.look_as("dev", PASSWORD).await;
    is(&seen, 0, 0, 500_000);
    is(&seen, 1, 7, 500_000);
}
