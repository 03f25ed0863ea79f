//! The clock of a node: by time servers, by its own kernel, by the `Date`s and tokens of registries.
//!
//! Nothing here carries a credential, and nothing is judged: [`crate::diagnose`] does that.

#[cfg(feature = "probe")]
mod dates;
#[cfg(feature = "probe")]
mod kernel;
#[cfg(feature = "probe")]
mod look;
pub mod packet;
#[cfg(test)]
mod packet_tests;
mod server;
#[cfg(feature = "probe")]
mod sntp;

#[cfg(feature = "probe")]
pub use look::{How, look};
pub use server::{NoServer, PORT, TimeServer};
#[cfg(feature = "probe")]
pub use sntp::Pace;
