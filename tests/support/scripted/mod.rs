//! Servers for the faults that real registries, token services, storages and proxies cannot show on demand.
//!
//! [`Servers`] listens on any number of addresses; what each says is a function from [`Request`] to [`Reply`],
//! and [`registry::Registry`] is the one that most tests begin with: a registry that works, with knobs for what
//! it gets wrong. Every request is kept in the [`Log`], with the name of the credential that it presented and
//! never the credential, so that a failing test may print it.
//!
//! Shared by `#[path]`: the tests of the protocol and those on the cluster use other parts of it each.
#![allow(dead_code, unused_imports)]

pub mod accounts;
pub mod content;
pub mod log;
pub mod ntp;
pub mod pki;
pub mod proxy;
pub mod registry;
pub mod reply;
pub mod request;
pub mod serve;
pub mod token;

pub use accounts::{Account, Accounts, Grant, Presented, Rights};
pub use log::{Log, Seen};
pub use registry::{Auth, Class, Fault, Registry, Who};
pub use reply::{End, Reply};
pub use request::Request;
pub use serve::{Bound, Servers, Wire};
pub use token::{TokenService, WrongPassword};
