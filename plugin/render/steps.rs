//! The steps of a probe: the way to the hosts, then the requests of each attempt.

use std::fmt::Write;

use regauth::evidence::Network;
use regauth::report::{AttemptRow, ProbeRow, Report, StepRow};

use super::findings::{DEFAULT_WIDTH, wrapped};
use super::grid::Layout;
use super::units::{millis, verdict};

/// How wide the column of what was asked is at most.
const WIDEST: usize = 56;
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
    let mut out = format!("\n{} from {place}\n", row.image);
    let deciding = deciding(row);
    let attempts: Vec<&AttemptRow> = match layout.wide {
        true => row.attempts.iter().collect(),
        false => deciding.into_iter().collect(),
    };
    let all: Vec<&StepRow> = row.path.iter().chain(attempts.iter().flat_map(|one| &one.steps)).collect();
    let widths = Widths::of(&all);
    for step in &row.path {
        out.push_str(&line(step, &widths, layout));
    }
    for attempt in &row.attempts {
        let _ = writeln!(out, "  {}", title(attempt));
        if attempts.iter().any(|shown| std::ptr::eq(*shown, attempt)) {
            for step in &attempt.steps {
                let _ = write!(out, "  {}", line(step, &widths, layout));
            }
        }
    }
    if let Some(message) = row.message.as_ref().filter(|_| row.code.is_none()) {
        let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
        out.push_str(&wrapped("  said: ", message.as_str(), width));
    }
    out
}

/// The attempt that decided the row: the one of the row's identity, else the last one.
fn deciding(row: &ProbeRow) -> Option<&AttemptRow> {
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

fn line(step: &StepRow, widths: &Widths, layout: &Layout) -> String {
    let mark = if step.ok { ' ' } else { '!' };
    let (first, second) = (widths.step, widths.what);
    let text = format!(
        "{mark} {:<first$}  {:<second$}  {:>6}  {}",
        step.step,
        short(&step.what),
        millis(step.took_ms),
        step.saw
    );
    let text = text.trim_end();
    match layout.colour && !step.ok {
        true => format!("\x1b[31m{text}\x1b[0m\n"),
        false => format!("{text}\n"),
    }
}
