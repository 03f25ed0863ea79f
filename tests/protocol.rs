//! The client and the probe against a scripted registry: the faults that real registries do not show on demand.
//!
//! Each test says what the registry does, and asserts what was seen (`ProbeSeen`), what the registry was sent
//! (above all: which credentials, how often, over what) and what `diagnose` makes of it.
#![cfg(feature = "probe")]
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/scripted/mod.rs"]
mod scripted;

mod protocol {
    mod clock;
    mod content;
    mod credentials;
    mod limits;
    mod mirrors;
    mod network;
    mod proxies;
    mod push;
    mod quirks;
    mod refusals;
    mod secrecy;
    mod storage;
    mod tls;
    mod tokens;
    mod world;
}
