//! The clocks of HTTP servers by their `Date`s, which are whole seconds: a few requests at well-chosen times narrow
//! them down, since the second changes before or after each.

use std::time::Duration;

use jiff::Timestamp;

use crate::evidence::clock::{ClockBounds, DateSeen, Untold};
use crate::evidence::endpoint::Role;
use crate::evidence::probe::ExchangeResult;
use crate::registry::client::{Client, Stamped};
use crate::registry::transport::Origin;
use crate::text::Clean;

/// How many requests a server is sent: each halves what is left of the second, down to 31 ms.
const REQUESTS: u32 = 6;
/// `Date` cuts off what is below this, in microseconds.
const SECOND_US: i64 = 1_000_000;
/// What is known to this is known well enough: half a round trip may be no less, in microseconds.
const ENOUGH_US: i64 = 20_000;

/// What the answers of one server have told so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Narrowing {
    bounds: Option<ClockBounds>,
    answers: u32,
    contradictory: bool,
}

impl Narrowing {
    /// Another answer. Those that contradict each other leave what either allows.
    pub(super) fn add(&mut self, stamped: &Stamped) {
        let Some(date) = stamped.date else { return };
        let new = ClockBounds::of_stamp(date, SECOND_US, stamped.sent, stamped.received);
        self.answers += 1;
        self.bounds = Some(match self.bounds {
            None => new,
            Some(known) if self.contradictory => known.or(new),
            Some(known) => known.and(new).unwrap_or_else(|| {
                self.contradictory = true;
                known.or(new)
            }),
        });
    }

    /// Whether another answer would tell more.
    fn is_done(&self) -> bool {
        let narrow = self.bounds.is_some_and(|bounds| bounds.uncertainty_us() <= ENOUGH_US);
        narrow || self.contradictory || self.answers >= REQUESTS
    }

    /// How long to wait, so that the server's second changes in the middle of what is possible when the request is
    /// there: what comes back then tells which half it is.
    fn wait(&self, now: Timestamp, trip_us: i64) -> Duration {
        let Some(bounds) = self.bounds else { return Duration::ZERO };
        let there = now.as_microsecond().saturating_add(trip_us / 2).saturating_add(bounds.middle_us());
        let until_next = SECOND_US - there.rem_euclid(SECOND_US);
        Duration::from_micros(until_next.unsigned_abs())
    }

    fn seen(self, server: String) -> Option<DateSeen> {
        let Self { bounds, answers, contradictory } = self;
        Some(DateSeen { server, offset: bounds?, answers, contradictory })
    }
}

/// The clock of a server, which has maybe told something before.
pub(super) async fn narrow(
    client: &mut Client,
    origin: &Origin,
    role: Role,
    path: &str,
    mut told: Narrowing,
) -> Result<DateSeen, Untold> {
    let untold = |why: Clean| Untold { server: origin.authority(), what: "Date".into(), why };
    let mut trip_us = 0;
    for _ in 0..REQUESTS {
        if told.is_done() {
            break;
        }
        tokio::time::sleep(told.wait(Timestamp::now(), trip_us).min(client.time_left())).await;
        match client.stamped(origin, role, path).await {
            Ok(stamped) => {
                trip_us = stamped.received.duration_since(stamped.sent).as_micros().try_into().unwrap_or(0);
                told.add(&stamped);
                if told.answers == 0 {
                    return Err(untold(Clean::new("its answer has no Date that is its own")));
                }
            }
            // What it has told before stands.
            Err(_) if told.answers > 0 => break,
            Err(result) => return Err(untold(why(&result))),
        }
    }
    told.seen(origin.authority()).ok_or_else(|| untold(Clean::new("it was not asked")))
}

/// Why there is no answer, in words.
pub(super) fn why(result: &ExchangeResult) -> Clean {
    match result {
        ExchangeResult::Answered(answer) => Clean::new(&format!("it answers with status {}", answer.status)),
        ExchangeResult::Unreachable => Clean::new("it cannot be contacted"),
        ExchangeResult::TimedOut => Clean::new("it does not answer in time"),
        ExchangeResult::Broken { message } | ExchangeResult::Refused { message } => message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    /// A server whose clock is so far ahead, seen by requests that take `trip_us` and are made when they tell most.
    fn watched(ahead_us: i64, trip_us: i64) -> Narrowing {
        let mut now: Timestamp = "2026-11-21T10:00:00.123456Z".parse().unwrap();
        let mut told = Narrowing::default();
        while !told.is_done() {
            let wait = told.wait(now, trip_us);
            assert!(wait <= Duration::from_secs(1));
            let sent = now + SignedDuration::try_from(wait).unwrap();
            let stamp = (sent.as_microsecond() + trip_us / 2 + ahead_us).div_euclid(SECOND_US) * SECOND_US;
            let received = sent + SignedDuration::from_micros(trip_us);
            told.add(&Stamped { date: Timestamp::from_microsecond(stamp).ok(), sent, received });
            now = received + SignedDuration::from_millis(3);
        }
        told
    }

    #[test]
    fn six_requests_tell_a_clock_to_a_few_hundredths_of_a_second() {
        for ahead_us in [0, 7_000_000, -90_000_000, 1, 499_999, 500_000, 999_999, -1, 123_456_789] {
            let told = watched(ahead_us, 4_000);
            let bounds = told.bounds.unwrap();
            assert!(!told.contradictory && told.answers <= REQUESTS, "{ahead_us}: {told:?}");
            assert!(bounds.low_us <= ahead_us && ahead_us <= bounds.high_us, "{ahead_us}: {bounds:?}");
            assert!(bounds.uncertainty_us() <= 25_000, "{ahead_us}: {bounds:?}");
        }
    }

    #[test]
    fn a_long_way_leaves_half_of_itself_open() {
        let bounds = watched(-3_000_000, 300_000).bounds.unwrap();
        assert!(bounds.low_us <= -3_000_000 && -3_000_000 <= bounds.high_us);
        assert!(bounds.uncertainty_us() <= 180_000, "{bounds:?}");
    }

    #[test]
    fn several_clocks_behind_one_name_leave_what_any_of_them_says() {
        let at: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let mut told = Narrowing::default();
        for ahead in [0, 5, 2] {
            let date = Some(at + SignedDuration::from_secs(ahead));
            told.add(&Stamped { date, sent: at, received: at });
        }
        assert!(told.contradictory && told.is_done());
        assert_eq!(told.bounds, Some(ClockBounds { low_us: 0, high_us: 6_000_000 }));
    }

    #[test]
    fn an_answer_without_a_date_tells_nothing() {
        let at = Timestamp::UNIX_EPOCH;
        let mut told = Narrowing::default();
        told.add(&Stamped { date: None, sent: at, received: at });
        assert_eq!(told.seen("registry.example.com:443".into()), None);
    }
}
