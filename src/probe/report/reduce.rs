//! What a result can do without, least first. The outcome of a step never goes: its status, its kind of failure,
//! the registry's code.

pub(super) use clocks::fewer as fewer_clocks;

use super::harbor;
use crate::evidence::ProbeSeen;
use crate::evidence::endpoint::Endpoint;
use crate::evidence::probe::{Answer, Exchange, ExchangeResult, ExchangeStep, Trouble};
use crate::text::Clean;

mod clocks;

/// One thing that is left out.
pub(super) struct Step {
    /// What is missing then, for the reader.
    pub(super) leaves_out: &'static str,
    pub(super) apply: fn(&mut ProbeSeen),
}

const LONG_ERRORS: &str = "the ends of long error messages";
const CERTIFICATES: &str = "some details of certificates";
const ANSWERS: &str = "some details of answers";

/// In this order.
pub(super) const STEPS: &[Step] = &[
    Step { leaves_out: "details of later attempts' good answers", apply: later_good_answers },
    Step { leaves_out: "details of the cores' good answers", apply: harbor::good_answers },
    Step { leaves_out: "the ways to cores that answer", apply: harbor::ways },
    Step { leaves_out: "controls that hold", apply: harbor::controls },
    Step { leaves_out: "realms that several cores name", apply: harbor::realms },
    Step { leaves_out: "the times of the cores' tokens", apply: harbor::token_times },
    Step { leaves_out: CERTIFICATES, apply: sound_certificates },
    Step { leaves_out: LONG_ERRORS, apply: |seen| cut_errors(seen, 240) },
    Step { leaves_out: "connections beside the one that was used", apply: spare_connections },
    Step { leaves_out: ANSWERS, apply: good_answers },
    Step { leaves_out: ANSWERS, apply: dates_and_servers },
    Step { leaves_out: LONG_ERRORS, apply: |seen| cut_errors(seen, 120) },
    Step { leaves_out: CERTIFICATES, apply: issuers_chains },
    Step { leaves_out: "near misses and failures beyond the first", apply: lists_beyond_first },
    Step { leaves_out: "the texts of requests", apply: requests },
    Step { leaves_out: LONG_ERRORS, apply: |seen| cut_errors(seen, 60) },
    Step { leaves_out: "how long each step took", apply: durations },
    Step { leaves_out: "parts of a hundredth of a second of the cores' clocks", apply: harbor::clocks },
    Step { leaves_out: "the addresses of cores", apply: harbor::addresses },
    Step { leaves_out: "hosts that were contacted", apply: clocks::endpoints },
    Step { leaves_out: "details of time servers", apply: clocks::details },
];

/// Endpoints that no exchange names any more; the indexes move.
pub(super) fn forget_unused_endpoints(seen: &mut ProbeSeen) {
    let mut used = vec![false; seen.endpoints.len()];
    let mut mark = |index: usize| {
        if let Some(slot) = used.get_mut(index) {
            *slot = true;
        }
    };
    each_exchange(seen, |exchange| {
        exchange.endpoint.iter().chain(&exchange.redirects).for_each(|index| mark(*index));
    });
    // How many before each are kept is its new index.
    let moved: Vec<Option<usize>> = used
        .iter()
        .scan(0, |kept, used| {
            let index = *kept;
            *kept += usize::from(*used);
            Some(used.then_some(index))
        })
        .collect();
    let to = |index: &usize| moved.get(*index).copied().flatten();
    each_exchange(seen, |exchange| {
        exchange.endpoint = exchange.endpoint.as_ref().and_then(to);
        exchange.redirects = exchange.redirects.iter().filter_map(to).collect();
    });
    let mut used = used.into_iter();
    seen.endpoints.retain(|_| used.next().unwrap_or(false));
}

/// Every exchange of a result.
fn each_exchange(seen: &mut ProbeSeen, mut with: impl FnMut(&mut Exchange)) {
    seen.harbor.iter_mut().for_each(|seen| harbor::each_exchange(seen, &mut with));
    each_exchange_of_targets(seen, with);
}

fn each_exchange_of_targets(seen: &mut ProbeSeen, mut with: impl FnMut(&mut Exchange)) {
    for target in &mut seen.targets {
        target.ping.iter_mut().for_each(&mut with);
        target.attempts.iter_mut().flat_map(|attempt| &mut attempt.exchanges).for_each(&mut with);
        target.series.iter_mut().flat_map(|series| &mut series.failures).for_each(&mut with);
    }
}

fn each_answer(seen: &mut ProbeSeen, mut with: impl FnMut(&mut Answer)) {
    each_exchange(seen, |exchange| {
        if let ExchangeResult::Answered(answer) = &mut exchange.result {
            with(answer);
        }
    });
}

/// What a good answer says beside being one. What is left of a limit is what its own step is for, and a token's
/// claims say whom the registry takes the bearer for.
fn thin_out(exchange: &mut Exchange) {
    let is_good = exchange.is_good() && exchange.step != ExchangeStep::Ping;
    let keeps_limit = exchange.step == ExchangeStep::RateLimit;
    let ExchangeResult::Answered(answer) = &mut exchange.result else { return };
    if !is_good {
        return;
    }
    answer.date = None;
    answer.server = None;
    answer.digest = None;
    answer.challenges.clear();
    if !keeps_limit {
        answer.rate_limit = None;
    }
    if let Some(claims) = &mut answer.claims {
        claims.alg = None;
        claims.kid = None;
        claims.iss = None;
        claims.aud.clear();
    }
}

fn later_good_answers(seen: &mut ProbeSeen) {
    let later = seen.targets.iter_mut().flat_map(|target| target.attempts.iter_mut().skip(1));
    later.flat_map(|attempt| &mut attempt.exchanges).for_each(thin_out);
}

/// What Harbor's cores say is thinned out by steps of their own: key ids are what they are asked for.
fn good_answers(seen: &mut ProbeSeen) {
    each_exchange_of_targets(seen, thin_out);
}

/// The clock of one answer of each endpoint is enough.
fn dates_and_servers(seen: &mut ProbeSeen) {
    let mut dated = std::collections::HashSet::new();
    each_exchange(seen, |exchange| {
        let endpoint = exchange.endpoint;
        if let ExchangeResult::Answered(answer) = &mut exchange.result {
            if answer.date.is_some() && !dated.insert(endpoint) {
                answer.date = None;
            }
            // It says who answered where no registry did.
            if answer.marks.any() {
                answer.server = None;
            }
        }
    });
}

/// Of a certificate that is in order, its own name and times; of another, its first names.
fn sound_certificates(seen: &mut ProbeSeen) {
    for tls in seen.endpoints.iter_mut().filter_map(|endpoint| endpoint.tls.as_mut()) {
        if tls.is_sound() {
            tls.chain.truncate(1);
        }
        let names = if tls.name_fits { 2 } else { 6 };
        tls.chain.iter_mut().for_each(|certificate| certificate.names.truncate(names));
    }
}

/// The server's own certificate and the last of its chain, which says whose CA is to be trusted.
fn issuers_chains(seen: &mut ProbeSeen) {
    for tls in seen.endpoints.iter_mut().filter_map(|endpoint| endpoint.tls.as_mut()) {
        if tls.chain.len() > 2 {
            tls.chain.drain(1..tls.chain.len() - 1);
        }
    }
}

/// Where a connection was made, the tries beside it; else all but the first few.
fn spare_connections(seen: &mut ProbeSeen) {
    for Endpoint { connects, resolve, .. } in &mut seen.endpoints {
        let made = connects.iter().position(|connect| connect.failure.is_none());
        match made {
            Some(made) => {
                connects.swap(0, made);
                connects.truncate(1);
            }
            None => connects.truncate(4),
        }
        resolve.iter_mut().for_each(|resolve| resolve.addresses.truncate(4));
    }
}

fn lists_beyond_first(seen: &mut ProbeSeen) {
    for target in &mut seen.targets {
        target.keyring.near_misses.truncate(1);
        target.series.iter_mut().for_each(|series| series.failures.truncate(1));
    }
    each_answer(seen, |answer| {
        if let Some(error) = &mut answer.error {
            error.errors.truncate(1);
            error.errors.iter_mut().for_each(|item| item.detail = None);
        }
        if let Some(Trouble::PlatformMissing { available, .. }) = &mut answer.trouble {
            available.truncate(4);
        }
    });
}

fn requests(seen: &mut ProbeSeen) {
    each_exchange(seen, |exchange| exchange.request = Clean::default());
}

fn durations(seen: &mut ProbeSeen) {
    each_exchange(seen, |exchange| exchange.took_ms = 0);
}

fn cut_errors(seen: &mut ProbeSeen, bytes: usize) {
    let cut = |text: &mut Clean| {
        if text.as_str().len() > bytes {
            *text = Clean::with_cap(text.as_str(), bytes);
        }
    };
    for endpoint in &mut seen.endpoints {
        endpoint
            .resolve
            .iter_mut()
            .filter_map(|one| one.failure.as_mut())
            .for_each(|one| cut(&mut one.message));
        endpoint.tls.iter_mut().filter_map(|one| one.failure.as_mut()).for_each(|one| cut(&mut one.message));
        endpoint.proxy_refusal.iter_mut().for_each(|one| cut(&mut one.message));
        endpoint.refused_target.iter_mut().for_each(cut);
    }
    for broken in seen.targets.iter_mut().flat_map(|target| &mut target.keyring.broken) {
        cut(&mut broken.error);
    }
    clocks::each_text(seen, cut);
    each_exchange(seen, |exchange| match &mut exchange.result {
        ExchangeResult::Broken { message } | ExchangeResult::Refused { message } => cut(message),
        ExchangeResult::Answered(answer) => {
            if let Some(error) = &mut answer.error {
                for item in &mut error.errors {
                    cut(&mut item.message);
                    item.detail.iter_mut().for_each(cut);
                }
                error.excerpt.iter_mut().for_each(cut);
            }
            if let Some(Trouble::Unreadable { why }) = &mut answer.trouble {
                cut(why);
            }
        }
        ExchangeResult::Unreachable | ExchangeResult::TimedOut => {}
    });
}
