//! `kubectl regauth harbor` against three-pod stand-ins for Harbor's core, and what those stand on.

mod client;
mod keys;
mod pods;
mod standin;
mod ways;

use crate::Case;

/// Every case.
pub fn all() -> Vec<Case> {
    [standin::CASES, keys::CASES, pods::CASES, ways::CASES, client::CASES].concat()
}
