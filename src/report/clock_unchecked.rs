//! What was not learnt of clocks.

use super::unchecked::{NotChecked, NotCheckedState};
use crate::evidence::{Action, Evidence};

/// Everything about clocks that was not checked.
pub(super) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let mut items = silent_leases(evidence);
    items.extend(untold_times(evidence));
    items
}

/// Nodes of whose lease no renewal was seen, so that nothing is known of their clocks.
fn silent_leases(evidence: &Evidence) -> Vec<NotChecked> {
    let Some(leases) = &evidence.leases else { return Vec::new() };
    let silent: Vec<&str> = leases.silent().map(|lease| lease.node.as_str()).collect();
    let what = match silent.as_slice() {
        [] => return Vec::new(),
        [one] => format!("the clock of node {one}"),
        [first, ..] => format!("the clocks of {} nodes, such as {first}", silent.len()),
    };
    let seconds = leases.listened_ms / 1_000;
    let why = match evidence.run.interrupted {
        true => format!("their leases were not renewed in the {seconds} s until the interruption"),
        false => format!("no renewal of the lease came in {seconds} s; --listen 45s listens longer"),
    };
    vec![NotChecked { what, state: NotCheckedState::TimedOut, why }]
}

/// Servers that were to tell their time to a probe over HTTP, kernels that did not tell, and probes that say nothing.
fn untold_times(evidence: &Evidence) -> Vec<NotChecked> {
    let mut items = Vec::new();
    let looked = evidence.probes.iter().filter(|_| evidence.plan.action == Action::Clock);
    for (probe, seen) in looked.filter_map(|probe| Some((probe, probe.seen()?))) {
        let mut not = |what: String, why: String| {
            let what = format!("{what}, seen from {}", probe.node);
            items.push(NotChecked { what, state: NotCheckedState::Failed, why });
        };
        let Some(clock) = &seen.clock else {
            not("the clock".into(), "the probe says nothing of it: is its image of this version?".into());
            continue;
        };
        for untold in &clock.untold {
            not(format!("{} of {}", untold.what, untold.server), untold.why.to_string());
        }
        if let Some(why) = &clock.kernel_refusal {
            not("the kernel's word about its clock".into(), why.to_string());
        }
    }
    items
}
