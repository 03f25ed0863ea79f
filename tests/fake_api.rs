//! Runs against a fake API server: what a real one does not show on demand.
#![cfg(feature = "cluster")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fake_api {
    mod as_workload;
    mod aside;
    mod cleaning;
    mod connection;
    mod emitting;
    mod harbor;
    mod leases;
    mod log;
    mod malformed;
    mod one_first;
    mod outages;
    mod plan;
    mod probe_fallbacks;
    mod probe_turns;
    mod probes;
    mod refusals;
    mod runs;
    mod server;
    mod sockets;
    mod watches;
    mod workloads;
    mod world;
}
