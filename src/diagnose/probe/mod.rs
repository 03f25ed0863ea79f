//! Rules about what probes saw: the way to the registry, its answers, and what the comparison of attempts,
//! networks, nodes and kubelets adds.
//!
//! A rule judges one [`look::Look`] (one image of one probe) at a time. [`way`] reads hosts, [`answer`] requests;
//! [`credential`] puts the attempts with and without credentials together, [`egress`] the networks, [`kubelet`]
//! the node's own word, which decides about the node's own path.

mod about;
mod answer;
mod credential;
mod egress;
mod expiry;
mod helpers;
mod keyring;
mod kubelet;
mod limits;
mod look;
mod path;
mod series;
mod stored;
mod unseen;
mod way;
mod without;

pub(crate) use about::policies;
pub(crate) use answer::words;
pub(super) use credential::failed_attempts;
pub(super) use expiry::expiring;
pub(super) use helpers::failed_helpers;
pub(super) use keyring::{broken, missing};
pub(super) use kubelet::{agree, differ};
pub(super) use limits::low;
pub(crate) use limits::{charged, headroom};
pub(crate) use look::{Look, looks};
pub(super) use path::{broken_ways, dead_addresses};
pub(super) use series::intermittent;
pub(super) use unseen::could_not_look;
pub(crate) use way::{Fault, authority, fault};

#[cfg(test)]
mod tests;
