//! Lines of core's log that tell a cause, counted.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::time::timeout;

use super::checksums::PODS_AT_ONCE;
use super::objects::outcome_of;
use crate::api::{Api, path};
use crate::evidence::harbor::pods::{CoreLog, LogCount, TellingLine};
use crate::evidence::harbor::{CorePod, Harbor, Unread};
use crate::evidence::{LastSeen, Outcome, Step};
use crate::text::Clean;

/// How many of the last lines are read.
const LINES: &str = "100000";
/// How many bytes of them; the kubelet cuts what comes after.
const BYTES: u64 = 32 << 20;
/// How long reading one log may take.
const LIMIT: Duration = Duration::from_secs(60);

/// More accounts of a kind of line are not kept.
const MAX_ACCOUNTS: usize = 8;
/// What is kept of an account's name, in bytes.
const MAX_ACCOUNT: usize = 256;

/// What a line says, and the lines that say it, in lower case. From Harbor 2.16, with golang-jwt 5, and 2.10, with
/// golang-jwt 4 (whose words are the ends of the newer ones).
const TELLING: &[(TellingLine, &[&str])] = &[
    // golang-jwt's and Go's own words, after `parse token error, ` (src/pkg/token/token.go) and
    // `failed to decode bearer token: ` (src/server/middleware/security/v2_token.go).
    (TellingLine::KeyDoesNotFit, &["crypto/rsa: verification error"]),
    (TellingLine::NotValidYet, &["token is not valid yet", "token used before issued"]),
    (TellingLine::TokenExpired, &["token is expired"]),
    // src/server/middleware/security/robot.go
    (
        TellingLine::RobotUnusable,
        &["the robot account is expired", "failed to authenticate deactivated robot account"],
    ),
    // `Unexpected error when creating the token, error: …` (src/core/service/token/token.go) with the words of
    // docker/libtrust (key.go and key_files.go); `failed to read private key` (src/pkg/token/options.go).
    (
        TellingLine::KeyUnreadable,
        &[
            "unable to get privatekey from pem type",
            "unable to find pem encoded data",
            "unable to decode rsa private key pem data",
            "unable to decode ec private key pem data",
            "unable to read private key file",
            "key file does not exist",
            "failed to read private key",
        ],
    ),
];

/// The lines by which one refused token is logged twice, at different levels: each is counted for itself, and the
/// larger number stands.
const TWICE: [&str; 2] = ["parse token error", "failed to decode bearer token"];

/// Counts the telling lines in the log of each core since so long ago, at most 100,000 lines and 32 MiB of each. Eight
/// logs are read at a time; nothing of them is kept but one line of a kind.
pub async fn logs(api: &Api, harbor: &mut Harbor, since: Duration) {
    let namespace = harbor.namespace.clone();
    let running = harbor.cores.iter().filter(|core| core.started_at.is_some());
    let reading = running.map(|core| of_core(api, &namespace, core, since));
    let read: Vec<(CoreLog, bool)> = stream::iter(reading).buffered(PODS_AT_ONCE).collect().await;
    let denied = read.iter().find_map(|(log, _)| match &log.outcome {
        Outcome::Denied { status, message } => Some((*status, message.clone())),
        _ => None,
    });
    if let Some((status, message)) = denied {
        harbor.unread.push(Unread {
            what: "logs of core".into(),
            outcome: Outcome::Denied { status, message },
            settled_by: Clean::new("get pods/log"),
        });
    }
    for (log, cut) in read {
        if cut {
            let message = Clean::new("it is longer than 32 MiB; what was logged after those was not read");
            harbor.unread.push(Unread {
                what: format!("the whole log of pod {}", log.pod),
                outcome: Outcome::Failed { step: Step::Read, message },
                settled_by: Clean::new("a shorter time for --logs"),
            });
        }
        harbor.logs.push(log);
    }
}

/// A core's log, and whether there is more of it.
async fn of_core(api: &Api, namespace: &str, core: &CorePod, since: Duration) -> (CoreLog, bool) {
    let container = if core.container.is_empty() { "core" } else { &core.container };
    let log = path::named(&path::core(namespace, "pods"), &core.name) + "/log";
    // The kubelet refuses 0.
    let (seconds, bytes) = (since.as_secs().max(1).to_string(), BYTES.to_string());
    let path = path::with(
        &log,
        &[
            ("container", container),
            ("sinceSeconds", &seconds),
            ("tailLines", LINES),
            ("limitBytes", &bytes),
            ("timestamps", "true"),
        ],
    );
    let mut tally = Tally::default();
    let reading = timeout(LIMIT, api.lines(&path, |line| tally.take(line))).await;
    let mut cut = false;
    let outcome = match reading {
        Ok(Ok(size)) => {
            cut = size >= BYTES;
            Outcome::Seen { value: tally.counts() }
        }
        Ok(Err(error)) => outcome_of(&error).of_any(),
        Err(_) => Outcome::TimedOut { after_ms: LIMIT.as_millis() as u64, last_seen: LastSeen::Running },
    };
    let since = jiff::SignedDuration::try_from(since).ok();
    let since = since.and_then(|since| Timestamp::now().checked_sub(since).ok());
    (CoreLog { pod: core.name.clone(), since, outcome }, cut)
}

/// What was counted so far.
#[derive(Default)]
struct Tally {
    kinds: Vec<Kind>,
}

struct Kind {
    line: TellingLine,
    /// By [`TWICE`], and all others.
    counts: [u32; 3],
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    example: Clean,
    accounts: Vec<Clean>,
}

impl Tally {
    /// A line with its time before it, as the kubelet writes it.
    fn take(&mut self, line: &str) {
        let (at, words) = match line.split_once(' ').map(|(at, words)| (at.parse::<Timestamp>(), words)) {
            Some((Ok(at), words)) => (Some(at), words),
            _ => (None, line),
        };
        let lower = words.to_ascii_lowercase();
        let said = |texts: &[&str]| texts.iter().find_map(|text| Some(lower.find(text)? + text.len()));
        let found = TELLING.iter().find_map(|(telling, texts)| Some((telling, said(texts)?)));
        let Some((telling, end)) = found else { return };
        let way = TWICE.iter().position(|text| lower.contains(text)).unwrap_or(TWICE.len());
        let known = self.kinds.iter().position(|kind| kind.line == *telling);
        let place = known.unwrap_or_else(|| {
            let example = Clean::with_cap(words, 512);
            let (line, counts, accounts) = (*telling, [0; 3], Vec::new());
            self.kinds.push(Kind { line, counts, first: at, last: at, example, accounts });
            self.kinds.len() - 1
        });
        let kind = &mut self.kinds[place];
        kind.counts[way] = kind.counts[way].saturating_add(1);
        kind.first = [kind.first, at].into_iter().flatten().min();
        kind.last = kind.last.max(at);
        let named = words.get(end..).filter(|_| *telling == TellingLine::RobotUnusable).and_then(account);
        let fits = |name: &Clean| kind.accounts.len() < MAX_ACCOUNTS && !kind.accounts.contains(name);
        if let Some(name) = named.filter(fits) {
            kind.accounts.push(name);
        }
    }

    fn counts(self) -> Vec<LogCount> {
        let order = |line| TELLING.iter().position(|(telling, _)| *telling == line);
        let mut kinds = self.kinds;
        kinds.sort_by_key(|kind| order(kind.line));
        let count = |kind: Kind| {
            let [parse, decode, other] = kind.counts;
            let count = parse.max(decode).saturating_add(other);
            let Kind { line, first, last, example, accounts, .. } = kind;
            LogCount { line, count, first, last, example, accounts }
        };
        kinds.into_iter().map(count).collect()
    }
}

/// The account that stands behind a line's words: `: robot$ci`.
fn account(rest: &str) -> Option<Clean> {
    let name = rest.strip_prefix(':')?.split_whitespace().next()?;
    Some(Clean::with_cap(name.trim_matches('"'), MAX_ACCOUNT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &[&str]) -> Vec<LogCount> {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.take(line));
        tally.counts()
    }

    #[test]
    fn one_refused_token_that_is_logged_twice_is_counted_once() {
        let parse = "2026-07-01T10:00:00.5Z 2026-07-01T10:00:00Z [ERROR] [/pkg/token/token.go:81]: parse token error, token signature is invalid: crypto/rsa: verification error";
        let decode = "2026-07-01T10:00:01Z 2026-07-01T10:00:00Z [WARNING] [/server/middleware/security/v2_token.go:67]: failed to decode bearer token: token signature is invalid: crypto/rsa: verification error";
        let counts = counted(&[parse, decode, "2026-07-01T10:00:02Z nothing", parse, decode]);
        assert_eq!((counts.len(), counts[0].line, counts[0].count), (1, TellingLine::KeyDoesNotFit, 2));
        assert_eq!(counts[0].first, Some("2026-07-01T10:00:00.5Z".parse().unwrap()));
        assert_eq!(counts[0].last, Some("2026-07-01T10:00:01Z".parse().unwrap()));
        assert!(counts[0].example.as_str().contains("[ERROR]"));
    }

    #[test]
    fn the_words_of_old_and_new_harbors_are_known() {
        for (line, telling) in [
            ("parse token error, crypto/rsa: verification error", TellingLine::KeyDoesNotFit),
            ("parse token error, token is not valid yet", TellingLine::NotValidYet),
            (
                "failed to decode bearer token: token has invalid claims: token is not valid yet",
                TellingLine::NotValidYet,
            ),
            ("parse token error, Token used before issued", TellingLine::NotValidYet),
            (
                "failed to decode bearer token: token has invalid claims: token is expired",
                TellingLine::TokenExpired,
            ),
            ("parse token error, Token is expired by 3s", TellingLine::TokenExpired),
            ("[ERROR] the robot account is expired: robot$ci", TellingLine::RobotUnusable),
            ("failed to authenticate deactivated robot account: robot$ci", TellingLine::RobotUnusable),
            (
                "[ERROR] [/core/service/token/token.go:50]: Unexpected error when creating the token, error: unable to get PrivateKey from PEM type: PRIVATE KEY",
                TellingLine::KeyUnreadable,
            ),
            (
                "failed to read private key open /etc/core/private_key.pem: permission denied",
                TellingLine::KeyUnreadable,
            ),
        ] {
            let counts = counted(&[line]);
            assert_eq!((counts.len(), counts[0].line, counts[0].count), (1, telling, 1), "{line}");
            assert_eq!(counts[0].first, None);
        }
        assert_eq!(counted(&["", "[INFO] all is well", "failed to authenticate user:admin"]), []);
    }

    #[test]
    fn the_robots_that_lines_name_are_kept_once_and_only_so_many() {
        let lines = [
            "2026-07-01T10:00:00Z [ERROR] [/server/middleware/security/robot.go:77]: the robot account is expired: robot$Team+ci",
            "failed to authenticate deactivated robot account: robot$old",
            "the robot account is expired: robot$Team+ci",
            "the robot account is expired",
        ];
        let counts = counted(&lines);
        assert_eq!((counts.len(), counts[0].count), (1, 4));
        assert_eq!(counts[0].accounts, [Clean::new("robot$Team+ci"), Clean::new("robot$old")]);
        let many: Vec<String> =
            (0..20).map(|at| format!("the robot account is expired: robot${at}")).collect();
        let many = counted(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((many[0].count, many[0].accounts.len()), (20, MAX_ACCOUNTS));
        assert_eq!(counted(&["Token is expired: robot$ci"])[0].accounts, []);
    }

    #[test]
    fn a_credential_in_a_line_does_not_become_evidence() {
        let line =
            "2026-07-01T10:00:00Z crypto/rsa: verification error, Authorization: Basic YWRtaW46aHVudGVyMg==";
        assert!(!counted(&[line])[0].example.as_str().contains("YWRtaW46aHVudGVyMg"));
    }
}
