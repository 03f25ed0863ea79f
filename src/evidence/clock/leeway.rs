//! Whether a verifier takes a token's times, by the rules of Harbor's versions.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ClockBounds, TokenTimes};

/// What a token's times may be off by, from Harbor 2.11 on (`common.JwtLeeway` in `src/common/const.go`).
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// How a version of Harbor's core judges a token's times by its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRules {
    /// How far `nbf`, `iat` and `exp` may be off.
    pub leeway: SignedDuration,
    /// Whether a token is refused that was issued more than a minute before its project was created.
    pub looks_at_project: bool,
}

/// What a verifier makes of a token's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "verdict", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TokenVerdict {
    /// It takes them.
    Accepted,
    /// It holds the token for one of the future: its clock is behind the issuer's.
    NotYet {
        /// How much too far its clock is behind, in milliseconds.
        by_ms: u64,
    },
    /// It holds the token for an old one.
    Expired {
        /// Since when, in milliseconds.
        by_ms: u64,
    },
    /// It holds the token for older than its project.
    BeforeProject {
        /// How much too early it was issued, in milliseconds.
        by_ms: u64,
    },
    /// The verifier's clock is not known well enough to tell.
    Unsure,
}

impl TokenRules {
    /// The rules of Harbor 2.11 and later, without the one about projects.
    pub const LENIENT: Self = Self { leeway: LEEWAY, looks_at_project: false };
    /// The rules up to Harbor 2.10.
    pub const STRICT: Self = Self { leeway: SignedDuration::ZERO, looks_at_project: false };

    /// The rules of a version, as Harbor writes it (`v2.11.0-6b7ecba1`) or its image is tagged; `None` where that is no
    /// version.
    pub fn of_harbor(version: &str) -> Option<Self> {
        let version = version.trim().trim_start_matches(['v', 'V']);
        let mut parts = version.split(['.', '-', '+']).map(str::parse::<u32>);
        let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let patch = parts.next().and_then(Result::ok).unwrap_or(0);
        let looks_at_project = match (major, minor) {
            (2, 13) => patch >= 5,
            (2, 14) => patch >= 3,
            later => later >= (2, 15),
        };
        let rules = if (major, minor) >= (2, 11) { Self::LENIENT } else { Self::STRICT };
        Some(Self { looks_at_project, ..rules })
    }

    /// What a verifier whose clock shows `now` makes of the times.
    ///
    /// A token is valid before `exp` and from `nbf` and `iat` on, each moved by the leeway (`Validator` of
    /// golang-jwt 5; `RegisteredClaims.Valid` of golang-jwt 4 without leeway). What a token does not say is not looked
    /// at.
    pub fn judge(&self, token: &TokenTimes, now: Timestamp) -> TokenVerdict {
        let from = [token.nbf, token.iat].into_iter().flatten().max();
        let early = from.map(|from| from.duration_since(now) - self.leeway);
        if let Some(early) = early.filter(SignedDuration::is_positive) {
            return TokenVerdict::NotYet { by_ms: millis(early) };
        }
        let late = token.exp.map(|exp| now.duration_since(exp) - self.leeway);
        match late {
            Some(late) if !late.is_negative() => TokenVerdict::Expired { by_ms: millis(late) },
            _ => TokenVerdict::Accepted,
        }
    }

    /// The same for a verifier whose clock minus the observer's is `clock`, at the observer's time `at`.
    pub fn judge_within(&self, token: &TokenTimes, clock: ClockBounds, at: Timestamp) -> TokenVerdict {
        let moved = |by_us| at.checked_add(SignedDuration::from_micros(by_us)).ok();
        let (Some(low), Some(high)) = (moved(clock.low_us), moved(clock.high_us)) else {
            return TokenVerdict::Unsure;
        };
        match (self.judge(token, low), self.judge(token, high)) {
            (one, other) if one == other => one,
            // The least that it is off by is certain.
            (TokenVerdict::NotYet { .. }, least @ TokenVerdict::NotYet { .. }) => least,
            (least @ TokenVerdict::Expired { .. }, TokenVerdict::Expired { .. }) => least,
            _ => TokenVerdict::Unsure,
        }
    }

    /// Whether the token, which is good by its times, is refused because of the project's age: it was issued more than a
    /// minute before, by the issuer's clock, than the project was created, by the database's.
    pub fn judge_project(&self, token: &TokenTimes, created: Timestamp) -> TokenVerdict {
        let before =
            token.iat.filter(|_| self.looks_at_project).map(|iat| created.duration_since(iat) - LEEWAY);
        match before {
            Some(before) if before.is_positive() => TokenVerdict::BeforeProject { by_ms: millis(before) },
            _ => TokenVerdict::Accepted,
        }
    }
}

fn millis(duration: SignedDuration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issued at 10:00:00 for half an hour, as Harbor does by default.
    fn token() -> TokenTimes {
        let at = issued();
        TokenTimes {
            service: "harbor.example.com:443".into(),
            iat: Some(at),
            nbf: Some(at),
            exp: Some(at + SignedDuration::from_secs(1_800)),
            sent_at: None,
            received_at: at,
        }
    }

    fn issued() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    /// What a verifier says whose clock is so many seconds after the token's beginning.
    fn after(rules: TokenRules, seconds: i64) -> TokenVerdict {
        rules.judge(&token(), issued() + SignedDuration::from_secs(seconds))
    }

    #[test]
    fn the_edges_that_were_measured_on_harbor_2_16() {
        let rules = TokenRules::of_harbor("v2.16.0-abcdef12").unwrap();
        assert_eq!(after(rules, -55), TokenVerdict::Accepted);
        assert_eq!(after(rules, -65), TokenVerdict::NotYet { by_ms: 5_000 });
        assert_eq!(after(rules, 1_855), TokenVerdict::Accepted);
        assert_eq!(after(rules, 1_865), TokenVerdict::Expired { by_ms: 5_000 });
    }

    #[test]
    fn up_to_2_10_a_second_is_too_much() {
        let rules = TokenRules::of_harbor("2.10.3").unwrap();
        assert_eq!(after(rules, 0), TokenVerdict::Accepted);
        assert_eq!(after(rules, -1), TokenVerdict::NotYet { by_ms: 1_000 });
        assert_eq!(after(rules, 1_799), TokenVerdict::Accepted);
        assert_eq!(after(rules, 1_800), TokenVerdict::Expired { by_ms: 0 });
    }

    #[test]
    fn a_token_that_is_issued_a_minute_before_its_project_is_refused_by_the_newest() {
        let created = |seconds| issued() + SignedDuration::from_secs(seconds);
        for version in ["v2.13.5", "2.14.3-rc1", "v2.15.0", "v2.16.0-abcdef12", "3.0.0"] {
            let rules = TokenRules::of_harbor(version).unwrap();
            assert_eq!(rules.judge_project(&token(), created(58)), TokenVerdict::Accepted, "{version}");
            let refused = TokenVerdict::BeforeProject { by_ms: 30_000 };
            assert_eq!(rules.judge_project(&token(), created(90)), refused, "{version}");
        }
        for version in ["v2.13.4", "2.14.2", "v2.11.0", "v1.10.19"] {
            let rules = TokenRules::of_harbor(version).unwrap();
            assert_eq!(rules.judge_project(&token(), created(90)), TokenVerdict::Accepted, "{version}");
        }
    }

    #[test]
    fn versions_are_read_as_they_come() {
        assert_eq!(TokenRules::of_harbor("v2.11.0-6b7ecba1"), Some(TokenRules::LENIENT));
        assert_eq!(TokenRules::of_harbor("v2.10.3"), Some(TokenRules::STRICT));
        assert_eq!(TokenRules::of_harbor("v1.10.19"), Some(TokenRules::STRICT));
        for text in ["", "dev", "latest", "v2", "2.x"] {
            assert_eq!(TokenRules::of_harbor(text), None, "{text}");
        }
    }

    #[test]
    fn a_clock_that_is_not_known_well_enough_leaves_it_open() {
        let rules = TokenRules::LENIENT;
        let judge = |low: i64, high: i64| {
            let clock = ClockBounds { low_us: low * 1_000_000, high_us: high * 1_000_000 };
            rules.judge_within(&token(), clock, issued())
        };
        assert_eq!(judge(-10, 10), TokenVerdict::Accepted);
        assert_eq!(judge(-70, -50), TokenVerdict::Unsure);
        assert_eq!(judge(-80, -70), TokenVerdict::NotYet { by_ms: 10_000 });
        assert_eq!(judge(1_870, 1_900), TokenVerdict::Expired { by_ms: 10_000 });
        assert_eq!(judge(-100, 2_000), TokenVerdict::Unsure);
        assert_eq!(rules.judge_within(&token(), ClockBounds::UNKNOWN, issued()), TokenVerdict::Unsure);
    }

    #[test]
    fn a_token_without_times_is_not_refused_for_them() {
        let bare = TokenTimes { iat: None, nbf: None, exp: None, ..token() };
        assert_eq!(TokenRules::STRICT.judge(&bare, issued()), TokenVerdict::Accepted);
        let rules = TokenRules { looks_at_project: true, ..TokenRules::LENIENT };
        assert_eq!(rules.judge_project(&bare, issued()), TokenVerdict::Accepted);
    }
}
