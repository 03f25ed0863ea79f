//! The same push again and again, to see refusals that come and go.
//!
//! A refused credential ends it, since accounts get locked; a refusal that comes with a granted token does not:
//! that is the fault that is looked for (Harbor cores with different keys).

use std::time::Instant;

use super::credentials::Credential;
use super::look::Looking;
use crate::evidence::probe::{Attempt, Exchange, ExchangeResult, ExchangeStep, Series, Target};
use crate::registry::client::{Client, Subject};
use crate::text::Clean;

/// How many failed exchanges are kept.
const KEPT: usize = 3;

/// The credential to repeat the push with: the first that the registry has not refused, and its place among the
/// credentials. `None`: without one.
pub(super) fn choose<'a>(target: &Target, credentials: &'a [Credential]) -> Option<(usize, &'a Credential)> {
    let tried = target.attempts.iter().skip(1).zip(credentials).enumerate();
    let usable = |attempt: &Attempt| attempt.withheld.is_none() && !attempt.refuses_credential();
    let mut usable = tried.filter(|(_, (attempt, _))| usable(attempt)).map(|(index, (_, own))| (index, own));
    usable.next().or_else(|| credentials.first().map(|first| (0, first)))
}

/// What one push came to.
enum Came {
    Accepted,
    Refused,
    NotTold,
    CredentialRefused,
}

/// Repeats a push, whose first try was `first`. With the series comes the attempt that refused the credential, where
/// one did.
pub(super) async fn run(
    client: &mut Client,
    subject: &Subject<'_>,
    first: Option<&Attempt>,
    looking: &Looking,
) -> (Series, Option<Attempt>) {
    let begun = Instant::now();
    let mut series = Series { asked: looking.repeat, ..Series::default() };
    let (mut next, mut refusal) = (first.cloned(), None);
    for number in 0..looking.repeat {
        let attempt = match next.take() {
            Some(attempt) => attempt,
            None => {
                tokio::time::sleep(looking.interval).await;
                client.disconnect();
                let pushed = client.push(subject).await;
                Attempt { credential: first.and_then(|first| first.credential.clone()), ..pushed.into() }
            }
        };
        if !count(&mut series, &attempt) {
            refusal = Some(attempt).filter(Attempt::refuses_credential);
            break;
        }
        if client.is_over() && number + 1 < looking.repeat {
            series.stopped = Some(Clean::new("the time was up"));
            break;
        }
    }
    series.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    (series, refusal)
}

/// Counts a push; says whether there may be another.
fn count(series: &mut Series, attempt: &Attempt) -> bool {
    let came = came(attempt);
    match came {
        Came::Accepted => series.accepted += 1,
        Came::Refused => series.refused += 1,
        Came::NotTold => series.failed += 1,
        Came::CredentialRefused => {
            series.failed += 1;
            series.stopped = Some(Clean::new("the registry refused the credential, which is not sent again"));
        }
    }
    let is_new = |failure: &Exchange| series.failures.iter().all(|kept| timeless(kept) != timeless(failure));
    let keep = |failure: &Exchange| series.failures.len() < KEPT && is_new(failure);
    if let Some(failure) = attempt.failure().filter(|failure| keep(failure)) {
        series.failures.push(failure.clone());
    }
    series.stopped.is_none()
}

/// The same failure at any time.
fn timeless(exchange: &Exchange) -> Exchange {
    let mut same = Exchange { took_ms: 0, ..exchange.clone() };
    if let ExchangeResult::Answered(answer) = &mut same.result {
        answer.date = None;
    }
    same
}

fn came(attempt: &Attempt) -> Came {
    if attempt.withheld.is_some() {
        return Came::CredentialRefused;
    }
    let Some(failure) = attempt.failure() else { return Came::Accepted };
    if attempt.refuses_credential() {
        return Came::CredentialRefused;
    }
    let status = failure.answer().map(|answer| answer.status);
    match (failure.step, status) {
        (ExchangeStep::UploadStart, Some(401 | 403)) => Came::Refused,
        _ => Came::NotTold,
    }
}
