//! The rules about workloads: what the API server shows of their pods, ServiceAccounts, pull secrets and policies.
//!
//! Two questions share them. `why`: which cause has this pull that fails? `secrets`: which workload lacks what its
//! images need, before a pull fails? `failing/` judges pulls that fail, `audit/` what is written down.

pub(super) mod audit;
pub(super) mod failing;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use view::{Keyring, View};
