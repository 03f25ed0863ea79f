//! What is known of registries without asking one.

pub mod reference;
#[cfg(feature = "probe")]
pub mod transport;
