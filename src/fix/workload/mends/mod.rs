//! Mends of workloads, their ServiceAccounts and pull secrets that follow who writes the object, in the format that
//! was asked for.
//!
//! An object that a program writes from a source of its own is mended in that source; else a patch would be reverted or
//! lost at the next release. Where the source is a controller, the ServiceAccount is mended, if a person writes that.

mod change;
mod mount;
mod object;
mod pods;
mod reference;
mod renew;
mod secret;
mod source;
mod values;
mod yaml;

#[cfg(test)]
mod tests;

use crate::evidence::workloads::{ServiceAccountSeen, Workload};
use crate::plan::FixFormat;

pub(crate) use mount::mount_docker_config;
use pods::recreate_pods;
pub(crate) use reference::name_pull_secret;
pub(crate) use renew::{align, renew};
pub(crate) use secret::missing;

/// The workload that is to be mended.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The workload.
    pub(crate) workload: &'a Workload,
    /// Its ServiceAccount, where that was read.
    pub(crate) account: Option<&'a ServiceAccountSeen>,
    /// The form of the mends.
    pub(crate) format: FixFormat,
}
