//! The registry protocol: references, and what registries and token services answer. Only the client asks one.

pub mod api_error;
pub mod challenge;
pub mod claims;
#[cfg(feature = "probe")]
pub mod client;
pub mod credential;
pub mod decode;
pub mod digest;
pub mod docker_config;
pub mod header;
#[cfg(any(feature = "cluster", feature = "probe"))]
pub mod key_id;
pub mod keyring;
pub mod known;
pub mod manifest;
pub mod near_miss;
pub mod outside;
pub mod platform;
pub mod rate_limit;
pub mod reference;
#[cfg(test)]
mod reference_properties;
mod scalar;
pub mod token;
#[cfg(feature = "probe")]
pub mod transport;
