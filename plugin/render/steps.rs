//! The steps of a probe: the way to the hosts, then the requests of each attempt.

use std::fmt::Write;

use regauth::evidence::Network;
use regauth::report::{AttemptRow, ProbeRow, Report, StepRow};

use super::findings::{DEFAULT_WIDTH, wrapped};
use super::grid::Layout;
use super::units::{millis, verdict};
use super::wrap::{self, chars};

/// How wide the column of what was asked is at most.
const WIDEST: usize = 56;
/// How wide the column of times is.
const TIME: usize = 6;
/// What was seen is told beside a step where it has this much room, else below it.
const ROOM_TO_SAY: usize = 24;
/// How far further lines are indented under their first.
const HANGING: &str = "  ";
/// How a digest starts, and how many of its digits tell one from another.
const DIGEST: &str = "sha256:";
const DIGITS: usize = 12;

/// The steps that a report shows: those of the deciding attempt where this machine looked, with `-o wide` those of
/// every attempt of every probe.
pub fn blocks(report: &Report, layout: &Layout) -> String {
    let shown = |row: &&ProbeRow| layout.wide || row.network == Network::Local;
    let rows = report.probes().filter(shown).filter(|row| !row.path.is_empty() || !row.attempts.is_empty());
    rows.map(|row| block(row, layout)).collect()
}

fn block(row: &ProbeRow, layout: &Layout) -> String {
    let place = match row.network {
        Network::Local => "this machine".to_string(),
        network => format!("{} ({} network)", row.node, network.as_str()),
    };
    let width = layout.width.map(usize::from);
    let mut out = String::from("\n");
    out.push_str(&heading("", &format!("{} from {place}", row.image), width));
    let deciding = deciding(row);
    let attempts: Vec<&AttemptRow> = match layout.wide {
        true => row.attempts.iter().collect(),
        false => deciding.into_iter().collect(),
    };
    let all: Vec<&StepRow> = row.path.iter().chain(attempts.iter().flat_map(|one| &one.steps)).collect();
    let widths = Widths::of(&all);
    for step in &row.path {
        out.push_str(&line(step, "", &widths, layout));
    }
    for attempt in &row.attempts {
        out.push_str(&heading("  ", &title(attempt), width));
        if attempts.iter().any(|shown| std::ptr::eq(*shown, attempt)) {
            for step in &attempt.steps {
                out.push_str(&line(step, "  ", &widths, layout));
            }
        }
    }
    if let Some(message) = row.message.as_ref().filter(|_| row.code.is_none()) {
        out.push_str(&wrapped("  said: ", message.as_str(), width.unwrap_or(DEFAULT_WIDTH)));
    }
    out
}

/// The attempt that decided the row: the one of the row's identity, else the last one.
pub fn deciding(row: &ProbeRow) -> Option<&AttemptRow> {
    let named = |attempt: &&AttemptRow| attempt.credential.as_deref().unwrap_or("anonymous") == row.identity;
    // Of two entries of one file, the one that worked, or was sent at all.
    let candidates = || row.attempts.iter().filter(named);
    candidates().find(|one| one.result == row.result).or_else(|| candidates().next()).or(row.attempts.last())
}

/// `with secret/regcred (password of user ci): failed`.
fn title(attempt: &AttemptRow) -> String {
    let whose = match (&attempt.credential, &attempt.is) {
        (None, _) => "without a credential".to_string(),
        (Some(source), None) => format!("with {source}"),
        (Some(source), Some(is)) => format!("with {source} ({is})"),
    };
    let end = attempt.withheld.clone().unwrap_or_else(|| verdict(attempt.result).into());
    format!("{whose}: {end}")
}

/// A request with its digest cut short: the whole one is in JSON and YAML.
fn short(what: &str) -> String {
    match what.split_once(DIGEST) {
        Some((before, digits)) if digits.len() > DIGITS && digits.is_ascii() => {
            format!("{before}{DIGEST}{}…", &digits[..DIGITS])
        }
        _ => what.to_string(),
    }
}

struct Widths {
    step: usize,
    what: usize,
}

impl Widths {
    fn of(steps: &[&StepRow]) -> Self {
        let widest = |text: fn(&StepRow) -> &str| {
            steps.iter().map(|step| text(step).chars().count()).max().unwrap_or_default()
        };
        Self {
            step: widest(|step| &step.step),
            what: steps
                .iter()
                .map(|step| short(&step.what).chars().count())
                .max()
                .unwrap_or_default()
                .min(WIDEST),
        }
    }
}

/// A line that a person's terminal breaks nowhere; a pipe gets it whole.
fn heading(indent: &str, text: &str, width: Option<usize>) -> String {
    let fits = width.is_none_or(|width| indent.len() + chars(text) <= width);
    let room = if fits {
        usize::MAX
    } else {
        width.unwrap_or_default().saturating_sub(indent.len() + HANGING.len())
    };
    let mut hanging = indent.to_string();
    let mut out = String::new();
    for line in wrap::lines(text, room) {
        let _ = writeln!(out, "{hanging}{line}");
        hanging = format!("{indent}{HANGING}");
    }
    out
}

fn line(step: &StepRow, indent: &str, widths: &Widths, layout: &Layout) -> String {
    let mark = if step.ok { ' ' } else { '!' };
    let begin = format!("{indent}{mark} {:<first$}  ", step.step, first = widths.step);
    let text = text(step, &begin, widths.what, layout.width.map(usize::from));
    let text = text.trim_end();
    match layout.colour && !step.ok {
        true => format!("\x1b[31m{text}\x1b[0m\n"),
        false => format!("{text}\n"),
    }
}

/// What was asked, how long it took and what was seen, each with its further lines below its own beginning; what was
/// seen below all where there is no room beside it.
fn text(step: &StepRow, begin: &str, second: usize, width: Option<usize>) -> String {
    let (what, time) = (short(&step.what), millis(step.took_ms));
    let whole = format!("{begin}{what:<second$}  {time:>TIME$}  {}", step.saw);
    let Some(width) = width.filter(|width| chars(whole.trim_end()) > *width) else { return whole };
    let first = chars(begin);
    let second = second.min(width.saturating_sub(first + 2 + TIME)).max(1);
    let beside = width.saturating_sub(first + second + 2 + TIME + 2);
    let is_beside = beside >= ROOM_TO_SAY.min(chars(&step.saw)) && chars(&what) <= second;
    let mut what = wrap::lines(&what, second).into_iter();
    let mut out = format!("{begin}{:<second$}  {time:>TIME$}", what.next().unwrap_or_default());
    for more in what {
        let _ = write!(out, "\n{:first$}{more}", "");
    }
    let (indent, room) = match is_beside {
        true => (width - beside, beside),
        false => (first + HANGING.len(), width.saturating_sub(first + HANGING.len())),
    };
    let mut saw = wrap::lines(&step.saw, room).into_iter();
    match saw.next().filter(|_| !step.saw.is_empty()) {
        Some(first) if is_beside => out.push_str(&format!("  {first}")),
        Some(first) => out.push_str(&format!("\n{:indent$}{first}", "")),
        None => return out,
    }
    for more in saw {
        let _ = write!(out, "\n{:indent$}{more}", "");
    }
    out
}
