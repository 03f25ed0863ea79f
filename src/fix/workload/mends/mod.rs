//! Mends of workloads, their ServiceAccounts and pull secrets that follow who writes the object, in the format that
//! was asked for.
//!
//! An object that a program writes from a source of its own is mended in that source; else a patch would be reverted or
//! lost at the next release. Where the source is a controller, the ServiceAccount is mended, if a person writes that.

mod change;
mod container;
mod file;
mod mount;
mod object;
mod pods;
mod reference;
mod renew;
mod secret;
mod source;
mod unname;
mod values;
mod yaml;

#[cfg(test)]
mod tests;

use self::object::Object;
use self::source::Source;
use crate::evidence::workloads::{ServiceAccountSeen, Workload};
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::plan::FixFormat;

pub(crate) use container::{Field, change_container};
pub(crate) use file::{docker_config_key, missing_file, renew_file};
pub(crate) use mount::mount_docker_config;
pub(crate) use pods::recreate_pods;
pub(crate) use reference::{WORKLOADS, add_to_account, name_pull_secret, name_pull_secret_in_all};
pub(crate) use renew::{align, put, renew, retype};
pub(crate) use secret::{Elsewhere, missing};
pub(crate) use unname::{no_longer_name, unname_pull_secret};

/// A change of a workload where another program writes that, in words: what brings the changed source to the cluster, or
/// shows it. `None` where nothing else writes the workload.
pub(crate) fn in_source(place: &Place<'_>, change: &str) -> Option<Fix> {
    let source = Source { object: Object::workload(place.workload), owners: &place.workload.owners };
    let owner = source.owner()?;
    let command = match source.controller() {
        Some(_) => {
            format!("kubectl -n {} get {} -o yaml", source.object.namespace, quoted(owner.name.as_str()))
        }
        None => source.apply(source.form(place.format)).replace(change::VALUES_FILE, "VALUES.yaml"),
    };
    Some(Fix::new(format!("{change}, in its source ({})", source.because()), command))
}

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
