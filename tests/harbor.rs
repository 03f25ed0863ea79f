//! What the probe sees of Harbor's cores: processes of the stand-in (`tests/cluster/harbor-core`), which is held to
//! exchanges that were recorded with real ones.
//!
//! Between the probe and each core is a tap, which notes what was sent: above all which credentials, how often, and
//! whether one request was sent while another was going on.
#![cfg(feature = "probe")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harbor {
    mod clocks;
    mod cores;
    mod decision;
    mod ended;
    mod front;
    mod order;
    mod strangers;
    mod tap;
    mod url;
    mod world;
}
