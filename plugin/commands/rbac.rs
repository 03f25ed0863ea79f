//! `kubectl regauth rbac`.

use super::Failure;
use crate::cli::Rbac;
use crate::output::Output;

/// The rights of each part, as they lie in manifests/.
const PULL: &str = include_str!("../../manifests/rbac/pull.yaml");
const CLEANUP: &str = include_str!("../../manifests/rbac/cleanup.yaml");
const HARBOR: &str = include_str!("../../manifests/rbac/harbor.yaml");
const CLOCK: &str = include_str!("../../manifests/rbac/clock.yaml");
const WORKLOADS: &str = include_str!("../../manifests/rbac/workloads.yaml");
const EVENTS: &str = include_str!("../../manifests/rbac/events.yaml");
const READ_ONLY: &str = include_str!("../../manifests/rbac/read-only.yaml");

/// Prints the rights that were asked for, or all.
pub fn run(args: &Rbac, output: &mut Output) -> Result<u8, Failure> {
    let some = [
        args.pull,
        args.cleanup,
        args.harbor,
        args.clock,
        args.why,
        args.events,
        args.preflight,
        args.doctor,
        args.read_only,
    ];
    let all = !some.contains(&true);
    let parts = [
        (args.read_only, READ_ONLY),
        (args.pull || args.preflight || args.doctor, PULL),
        (args.harbor || args.doctor, HARBOR),
        (args.clock || args.doctor, CLOCK),
        (args.why || args.preflight || args.doctor, WORKLOADS),
        (args.events, EVENTS),
        (args.cleanup, CLEANUP),
    ];
    let chosen: Vec<&str> =
        parts.iter().filter(|(wanted, _)| *wanted || all).map(|(_, text)| *text).collect();
    output.data(&chosen.join("---\n"))?;
    Ok(0)
}
