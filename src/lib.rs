//! Why can this cluster not pull (or push) this image?
//!
//! One way through the crate: a [`plan::Plan`] says what to ask, [`evidence::Evidence`] what was seen,
//! [`diagnose`] turns evidence into [`finding::Finding`]s, and [`report::Report`] is what every command emits.
//! The library prints nothing and never exits; the plugin (`plugin/`) does.
// Futures of the registry client lie deeper in each other than the compiler's usual limit for layouts.
#![recursion_limit = "256"]
#![forbid(unsafe_code)]

#[cfg(feature = "cluster")]
pub mod api;
#[cfg(any(feature = "bundle", feature = "image"))]
mod archive;
#[cfg(feature = "bundle")]
pub mod bundle;
pub mod code;
#[cfg(feature = "cluster")]
pub mod collect;
pub mod compatibility;
pub mod diagnose;
#[cfg(feature = "cluster")]
pub mod error;
#[cfg(feature = "cluster")]
pub mod events;
pub mod evidence;
pub mod explain;
pub mod finding;
pub mod fix;
pub mod image;
pub mod plan;
pub mod probe;
pub mod rate;
pub mod registry;
pub mod report;
#[cfg(feature = "cluster")]
pub mod run;
#[cfg(feature = "schema")]
pub mod schema;
pub mod secret;
pub mod text;
