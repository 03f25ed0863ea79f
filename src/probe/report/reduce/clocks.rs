//! What a result about clocks can do without. Offsets, strata, the kernel's word and how a server failed never go before
//! the server itself does.

use crate::evidence::clock::ClockSeen;
use crate::evidence::{Outcome, ProbeSeen};
use crate::text::Clean;

/// The texts of failures.
pub(super) fn each_text(seen: &mut ProbeSeen, mut with: impl FnMut(&mut Clean)) {
    let Some(clock) = &mut seen.clock else { return };
    clock.kernel_refusal.iter_mut().for_each(&mut with);
    clock.untold.iter_mut().for_each(|untold| with(&mut untold.why));
    for ntp in &mut clock.ntp {
        if let Outcome::Failed { message, .. } = &mut ntp.outcome {
            with(message);
        }
    }
}

/// How registries were come to, where only their clocks are asked for: which one did not answer is told beside.
pub(super) fn endpoints(seen: &mut ProbeSeen) {
    if seen.clock.is_some() && seen.targets.is_empty() && seen.harbor.is_none() {
        seen.endpoints.clear();
    }
}

/// Where a server has its own time from, and which of its addresses answered.
pub(super) fn details(seen: &mut ProbeSeen) {
    for ntp in seen.clock.iter_mut().flat_map(|clock| &mut clock.ntp) {
        ntp.address.clear();
        if let Outcome::Seen { value } = &mut ntp.outcome
            && value.is_time()
        {
            value.reference = Clean::default();
        }
    }
}

/// The last of the longest list goes. False: there is nothing left but the kernel's word.
pub(in crate::probe::report) fn fewer(clock: &mut ClockSeen) -> bool {
    let ClockSeen { ntp, dates, tokens, untold, .. } = clock;
    let longest = [ntp.len(), dates.len(), tokens.len(), untold.len()].into_iter().max().unwrap_or(0);
    if longest == 0 {
        return false;
    }
    ntp.truncate(longest - 1);
    dates.truncate(longest - 1);
    tokens.truncate(longest - 1);
    untold.truncate(longest - 1);
    true
}
