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
/// Why a series ends early that the deadline ended.
const TIME_UP: &str = "the time was up";

/// The credential to repeat the push with: the first that the registry has not refused, and its place among the
/// credentials. `None`: without one.
pub(super) fn choose<'a>(target: &Target, credentials: &'a [Credential]) -> Option<(usize, &'a Credential)> {
    let tried = target.attempts.iter().skip(1).zip(credentials).enumerate();
    let usable = |attempt: &Attempt| attempt.withheld.is_none() && !attempt.refuses_credential();
    let mut usable = tried.filter(|(_, (attempt, _))| usable(attempt)).map(|(index, (_, own))| (index, own));
    usable.next().or_else(|| credentials.first().map(|first| (0, first)))
}

/// Another push after the pause; `None` where the deadline leaves no time for it, or cut it short.
async fn again(
    client: &mut Client,
    subject: &Subject<'_>,
    first: Option<&Attempt>,
    pause: std::time::Duration,
) -> Option<Attempt> {
    if pause >= client.time_left() {
        return None;
    }
    tokio::time::sleep(pause).await;
    client.disconnect();
    let pushed = client.push(subject).await;
    let attempt = Attempt { credential: first.and_then(|first| first.credential.clone()), ..pushed.into() };
    let is_cut_short = client.is_over() && matches!(came(&attempt), Came::NotTold);
    (!is_cut_short).then_some(attempt)
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
            None => match again(client, subject, first, looking.interval).await {
                Some(attempt) => attempt,
                None => {
                    series.stopped = Some(Clean::new(TIME_UP));
                    break;
                }
            },
        };
        if !count(&mut series, &attempt) {
            refusal = Some(attempt).filter(Attempt::refuses_credential);
            break;
        }
        if client.is_over() && number + 1 < looking.repeat {
            series.stopped = Some(Clean::new(TIME_UP));
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
