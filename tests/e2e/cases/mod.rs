//! What a scenario cannot tell: several runs, signals, requests, limits.

mod cleaning;
mod clock;
mod clock_probe;
mod clocks;
mod commands;
mod deployed;
mod faults;
mod harbor;
mod healthy;
mod limits;
mod monitor;
mod preflight;
mod probes;
mod pulls;
mod secrecy;
mod signals;

use crate::Case;

/// Every case.
pub fn all() -> Vec<Case> {
    [
        pulls::CASES,
        preflight::CASES,
        probes::CASES,
        limits::CASES,
        clocks::CASES,
        signals::CASES,
        cleaning::CASES,
        clock::CASES,
        clock_probe::CASES,
        commands::CASES,
        deployed::CASES,
        &harbor::all(),
        monitor::CASES,
        healthy::CASES,
        secrecy::CASES,
        &faults::all(),
    ]
    .concat()
}
