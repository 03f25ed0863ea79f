//! What is read from the cluster, one file a source.

pub mod access;
pub mod identity;
pub mod nodes;
pub mod policies;
pub mod sample;
pub mod selector;
