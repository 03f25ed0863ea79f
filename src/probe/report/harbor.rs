//! What a result about Harbor can do without. Key ids, verdicts, the login and the decision never go by a step.

use std::collections::HashSet;

use super::reduce::forget_unused_endpoints;
use crate::evidence::ProbeSeen;
use crate::evidence::clock::ClockBounds;
use crate::evidence::harbor::HarborSeen;
use crate::evidence::probe::{Exchange, ExchangeResult};
use crate::registry::api_error::Marks;
use crate::registry::claims::Claims;
use crate::text::Clean;

/// Clocks are rounded outwards to this, in microseconds.
const ROUND: i64 = 10_000;

/// Every exchange about Harbor.
pub(super) fn each_exchange(seen: &mut HarborSeen, with: &mut impl FnMut(&mut Exchange)) {
    seen.cores.iter_mut().for_each(|core| {
        with(&mut core.token);
        core.stopped.iter_mut().for_each(&mut *with);
    });
    seen.login.iter_mut().filter_map(|login| login.exchange.as_mut()).for_each(&mut *with);
    seen.matrix.iter_mut().filter_map(|matrix| matrix.example.as_mut()).for_each(&mut *with);
    seen.front.iter_mut().filter_map(|front| front.ping.as_mut()).for_each(&mut *with);
    if let Some(decision) = &mut seen.decision {
        with(&mut decision.token);
        decision.upload.iter_mut().chain(&mut decision.cancel).for_each(with);
    }
}

/// Each token that a core granted.
fn each_token(seen: &mut ProbeSeen, with: impl Fn(&mut Exchange)) {
    let cores = seen.harbor.iter_mut().flat_map(|harbor| &mut harbor.cores);
    cores.map(|core| &mut core.token).filter(|token| token.is_good()).for_each(with);
}

fn each_claims(seen: &mut ProbeSeen, with: impl Fn(&mut Claims)) {
    each_token(seen, |token| {
        if let ExchangeResult::Answered(answer) = &mut token.result {
            answer.claims.iter_mut().for_each(&with);
        }
    });
}

/// What a token says beside whose key signed it and when.
pub(super) fn good_answers(seen: &mut ProbeSeen) {
    each_token(seen, |token| {
        token.request = Clean::default();
        token.took_ms = 0;
        if let ExchangeResult::Answered(answer) = &mut token.result {
            answer.date = None;
            answer.server = None;
            answer.marks = Marks::default();
            answer.rate_limit = None;
        }
    });
    each_claims(seen, |claims| {
        claims.alg = None;
        claims.iss = None;
        claims.aud.clear();
        claims.nbf = None;
        claims.access = None;
    });
}

/// A core that answers was reached.
pub(super) fn ways(seen: &mut ProbeSeen) {
    each_token(seen, |token| token.endpoint = None);
    if seen.harbor.is_some() {
        forget_unused_endpoints(seen);
    }
}

pub(super) fn controls(seen: &mut ProbeSeen) {
    let matrix = seen.harbor.as_mut().and_then(|harbor| harbor.matrix.as_mut());
    matrix.into_iter().for_each(|matrix| matrix.controls.retain(|control| !control.holds));
}

/// Each realm once: at the first core that names it.
pub(super) fn realms(seen: &mut ProbeSeen) {
    let mut known = HashSet::new();
    for core in seen.harbor.iter_mut().flat_map(|harbor| &mut harbor.cores) {
        core.realm = core.realm.take().filter(|realm| known.insert(realm.clone()));
    }
}

/// The first core's show how long tokens live; all cores' clocks are known beside them.
pub(super) fn token_times(seen: &mut ProbeSeen) {
    let tokens = seen.harbor.iter_mut().flat_map(|harbor| &mut harbor.cores).map(|core| &mut core.token);
    for token in tokens.filter(|token| token.is_good()).skip(1) {
        let ExchangeResult::Answered(answer) = &mut token.result else { continue };
        if let Some(claims) = &mut answer.claims {
            (claims.iat, claims.exp) = (None, None);
        }
    }
}

/// Wider, never narrower.
pub(super) fn clocks(seen: &mut ProbeSeen) {
    for core in seen.harbor.iter_mut().flat_map(|harbor| &mut harbor.cores) {
        core.clock = core.clock.map(|clock| ClockBounds {
            low_us: clock.low_us.div_euclid(ROUND).saturating_mul(ROUND),
            high_us: clock.high_us.div_euclid(ROUND).saturating_add(1).saturating_mul(ROUND),
        });
    }
}

/// The plan has them.
pub(super) fn addresses(seen: &mut ProbeSeen) {
    let cores = seen.harbor.iter_mut().flat_map(|harbor| &mut harbor.cores);
    cores.for_each(|core| core.address.clear());
}

/// The last resort: cells of the matrix, then cores, from the end, until it fits.
pub(super) fn without_the_last(
    seen: &mut ProbeSeen,
    fits: impl Fn(&ProbeSeen) -> Option<String>,
) -> Option<String> {
    let said = seen.truncated.clone();
    loop {
        let harbor = seen.harbor.as_mut()?;
        let cells = harbor.matrix.as_mut().map(|matrix| &mut matrix.cells).filter(|cells| !cells.is_empty());
        match cells {
            Some(cells) => {
                cells.truncate(cells.len() - 1 - cells.len() / 16);
                let left = cells.len();
                seen.truncated = said.clone();
                seen.truncated.push(format!("the matrix of tokens and cores, but for {left} pairs"));
            }
            None => {
                harbor.matrix = None;
                let left = harbor.cores.len().checked_sub(1)?;
                harbor.cores.truncate(left);
                seen.truncated = said.clone();
                seen.truncated.push(format!("the matrix of tokens and cores, and all but {left} cores"));
            }
        }
        forget_unused_endpoints(seen);
        if let Some(text) = fits(seen) {
            return Some(text);
        }
    }
}
