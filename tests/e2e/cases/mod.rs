//! What a scenario cannot tell: several runs, signals, requests, limits.

mod cleaning;
mod commands;
mod harbor;
mod limits;
mod probes;
mod pulls;
mod secrecy;
mod signals;

use crate::Case;

/// Every case.
pub fn all() -> Vec<Case> {
    [
        pulls::CASES,
        probes::CASES,
        limits::CASES,
        signals::CASES,
        cleaning::CASES,
        commands::CASES,
        &harbor::all(),
        secrecy::CASES,
    ]
    .concat()
}
