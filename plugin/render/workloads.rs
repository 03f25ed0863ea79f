//! Workloads: pulls that fail with the chain that leads to each, and what images have for credentials.

use regauth::evidence::Action;
use regauth::evidence::workloads::{Events, PullState};
use regauth::report::{
    AuditRow, CredentialRow, FailingRow, Report, TriedRow, Verdict, WorkloadSummary, WorksRow,
};

use super::findings::{DEFAULT_WIDTH, some, wrapped};
use super::grid::{Column, Layout, RESULT, grid};
use super::sheets::{ROOMY, Sheet};
use super::units::{certain, none, verdict};

/// How many chains are shown: one for each cause, and no more than fit on a screen or two.
const CHAINS: usize = 8;

/// The rows as a table; empty when there are none.
pub fn table(report: &Report, layout: &Layout) -> String {
    let failing: Vec<&FailingRow> = report.failing().collect();
    // Of an audit a person wants what is wrong; whoever reads lines gets all of them.
    let is_told = |row: &&AuditRow| layout.all() || row.result != Verdict::Ok;
    let audits: Vec<&AuditRow> = report.audits().filter(is_told).collect();
    let failing = match failing.is_empty() {
        true => String::new(),
        false => grid(&failing, &failing_columns(report, layout), |row| outcome(row), layout),
    };
    let audits = match audits.is_empty() {
        true => String::new(),
        false => grid(&audits, &audit_columns(report, layout), |row| row.result, layout),
    };
    failing + &audits
}

/// Pulls that fail as a sheet.
pub fn failing_sheet(report: &Report) -> Option<Sheet> {
    let rows: Vec<&FailingRow> = report.failing().collect();
    Sheet::of("Pods that lack their image", &rows, &failing_columns(report, &ROOMY), |row| outcome(row))
}

/// What images have for credentials as a sheet.
pub fn audit_sheet(report: &Report) -> Option<Sheet> {
    let rows: Vec<&AuditRow> = report.audits().collect();
    Sheet::of("Credentials of workloads", &rows, &audit_columns(report, &ROOMY), |row| row.result)
}

pub(super) fn several_namespaces(report: &Report) -> bool {
    report.plan.scope.as_ref().is_some_and(|scope| scope.all_namespaces)
}

fn failing_columns<'r>(report: &Report, layout: &Layout) -> Vec<Column<&'r FailingRow>> {
    let column = Column::<&FailingRow>::new;
    let columns = [
        (layout.all() || several_namespaces(report), column("NAMESPACE", |row| row.namespace.clone())),
        (true, column("WORKLOAD", |row| row.workload.clone())),
        (true, column("IMAGE", |row| row.image.clone())),
        (true, column("FAILING", |row| format!("{} of {}", row.failing, row.pods))),
        (true, column("NODES", |row| if row.nodes.is_empty() { none() } else { some(&row.nodes) }).spare(1)),
        (true, column("CODE", |row| row.code.map_or_else(none, |code| code.to_string())).whole()),
        (true, column("CERTAIN", |row| certain(row.certain)).spare(3)),
        (layout.all(), column("STATE", |row| state(row).into())),
        (layout.all(), column("SINCE", |row| row.since.map_or_else(none, |at| at.to_string()))),
        (layout.all(), column("PULL SECRETS", |row| names(&row.credential.pull_secrets))),
        (layout.all(), column("MESSAGE", |row| row.message.as_ref().map_or_else(none, ToString::to_string))),
    ];
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

fn audit_columns<'r>(report: &Report, layout: &Layout) -> Vec<Column<&'r AuditRow>> {
    let column = Column::<&AuditRow>::new;
    let columns = [
        (layout.all() || several_namespaces(report), column("NAMESPACE", |row| row.namespace.clone())),
        (true, column("WORKLOAD", |row| row.workload.clone())),
        (true, column("IMAGE", |row| row.image.clone())),
        (layout.all(), column(RESULT, |row| verdict(row.result).into())),
        (true, column("PULL SECRETS", |row| names(&row.credential.pull_secrets)).spare(1)),
        (true, column("CODE", |row| row.code.map_or_else(none, |code| code.to_string())).whole()),
        (true, column("CERTAIN", |row| certain(row.certain)).spare(2)),
        (layout.all(), column("SERVICEACCOUNT", |row| row.credential.service_account.clone())),
        (layout.all(), column("MATCHES", |row| matches(&row.credential))),
        (layout.all(), column("STARTED", |row| row.started.to_string())),
        (layout.all(), column("FAILING", |row| row.failing.to_string())),
        (report.plan.action == Action::Preflight, column("WHERE", super::preflight::where_it_is)),
    ];
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

fn names(names: &[String]) -> String {
    if names.is_empty() { none() } else { names.join(", ") }
}

fn matches(credential: &CredentialRow) -> String {
    let tried: Vec<String> =
        credential.tried.iter().map(|one| format!("secret/{}: {}", one.secret, one.key)).collect();
    if tried.is_empty() { none() } else { tried.join(", ") }
}

/// What waits without a word is not known to fail.
pub fn outcome(row: &FailingRow) -> Verdict {
    match row.state {
        PullState::Pulling => Verdict::NotFinished,
        _ => Verdict::Failed,
    }
}

/// The kubelet's own words.
fn state(row: &FailingRow) -> &'static str {
    match row.state {
        PullState::ErrImagePull => "ErrImagePull",
        PullState::ImagePullBackOff => "ImagePullBackOff",
        PullState::InvalidImageName => "InvalidImageName",
        PullState::ErrImageNeverPull => "ErrImageNeverPull",
        PullState::Other => "failed",
        PullState::Pulling if row.events != Events::Found => "waiting",
        PullState::Pulling => "pulling",
        PullState::StartedAllTheSame => "started",
    }
}

/// How each cause comes about: the credentials that the kubelet tries, what was said, and where it works. One chain
/// for each cause and credential; the rows above name the rest.
pub fn chains(report: &Report, layout: &Layout) -> String {
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let mut told: Vec<&FailingRow> = Vec::new();
    for row in report.failing() {
        let same = |one: &&FailingRow| {
            one.code == row.code
                && one.image == row.image
                && one.namespace == row.namespace
                && one.credential == row.credential
        };
        if !told.iter().any(same) {
            told.push(row);
        }
    }
    let mut out: String = told.iter().take(CHAINS).map(|row| chain(row, width)).collect();
    if told.len() > CHAINS {
        let more = format!("{} more, as in the table; -o json has them all", told.len() - CHAINS);
        out.push_str(&format!("\n{}", wrapped("", &more, width)));
    }
    out
}

fn chain(row: &FailingRow, width: usize) -> String {
    let place = format!("{} in namespace {}: {}", row.workload, row.namespace, row.image);
    let mut out = format!("\n{}", wrapped("", &place, width));
    out.push_str(&wrapped("  as     ", &whom(&row.credential), width));
    for (at, tried) in row.credential.tried.iter().enumerate() {
        out.push_str(&wrapped(&format!("  try {}  ", at + 1), &entry(tried), width));
    }
    out.push_str(&wrapped("  then   ", &row.credential.then, width));
    let said = match (&row.message, row.events) {
        (Some(message), _) => message.to_string(),
        (None, Events::Expired) => {
            "nothing any more: the pod's events have expired, and its status keeps no message".into()
        }
        (None, Events::NotRead) => "not known: events could not be read".into(),
        (None, Events::Found) => "nothing".into(),
    };
    out.push_str(&wrapped("  said   ", &said, width));
    for works in &row.works_on {
        out.push_str(&wrapped("  works  ", &works_on(works), width));
    }
    out
}

fn whom(credential: &CredentialRow) -> String {
    let secrets = match credential.pull_secrets.len() {
        0 => "without a pull secret".to_string(),
        1 => format!("with secret/{}", credential.pull_secrets.join("")),
        _ => format!("with secrets {}", credential.pull_secrets.join(", ")),
    };
    format!("serviceaccount/{} {secrets}", credential.service_account)
}

fn entry(tried: &TriedRow) -> String {
    format!("secret/{}, entry {}: {}", tried.secret, tried.key, tried.is)
}

fn works_on(works: &WorksRow) -> String {
    let nodes = if works.nodes.is_empty() { String::new() } else { format!(" on {}", some(&works.nodes)) };
    let secrets = match works.pull_secrets.is_empty() {
        true => "without a pull secret".to_string(),
        false => format!("with {}", works.pull_secrets.join(", ")),
    };
    format!("{}{nodes}, {secrets}", works.workload)
}

/// What was looked at, in one sentence.
pub fn summary(report: &Report, summary: &WorkloadSummary) -> String {
    let place = match several_namespaces(report) {
        true => format!("in {}", count(summary.namespaces, "namespace", "namespaces")),
        false => format!("in namespace {}", report.plan.namespace),
    };
    if report.plan.action == Action::Preflight {
        return format!(
            "Looked at {} of {} in manifests, {}, and read {}.",
            count(summary.images, "image", "images"),
            count(summary.workloads, "workload", "workloads"),
            place.replacen("in ", "for ", 1),
            count(summary.secrets, "Secret", "Secrets")
        );
    }
    if summary.workloads == 0 && summary.pods == 0 {
        return nothing(report, summary);
    }
    let workloads = count(summary.workloads, "workload", "workloads");
    let pods = match (summary.pods_unread, summary.pods) {
        (true, 0) => None,
        (_, pods) => Some(plural(pods, "pod", "pods")),
    };
    match (report.plan.action, pods) {
        (Action::Secrets, pods) => format!(
            "Looked at {} of {workloads} ({}) {place}, and read {}.{}",
            count(summary.images, "image", "images"),
            pods.unwrap_or_else(|| "pods could not be listed".into()),
            count(summary.secrets, "Secret", "Secrets"),
            ask_why(summary)
        ),
        (_, None) => format!(
            "Looked at {workloads} {place}: whether pods lack their image is not known, since they could not be listed."
        ),
        (_, Some(_)) if summary.pods == 0 && !summary.pods_unread => {
            format!("Looked at {workloads} {place}: there are no pods of {}, and so no pulls.", them(summary))
        }
        (_, Some(pods)) => format!("Looked at {pods} of {workloads} {place}: {}.", lacking(summary)),
    }
}

fn them(summary: &WorkloadSummary) -> &'static str {
    if summary.workloads == 1 { "it" } else { "them" }
}

/// An audit speaks of credentials alone: who says why else a pod lacks its image.
fn ask_why(summary: &WorkloadSummary) -> String {
    match summary.failing {
        0 => String::new(),
        1 => " 1 pod lacks an image: `kubectl regauth why` says why.".into(),
        many => format!(" {many} pods lack an image: `kubectl regauth why` says why."),
    }
}

/// How many pods lack an image, and of how many that is not known.
fn lacking(summary: &WorkloadSummary) -> String {
    let mut said = match summary.failing {
        0 if summary.not_told > 0 || summary.starting > 0 || summary.pods_unread => {
            "no pod is known to lack its image".to_string()
        }
        0 => "no pod lacks its image".to_string(),
        1 => "1 pod lacks an image".to_string(),
        many => format!("{many} pods lack an image"),
    };
    if summary.not_told > 0 {
        said.push_str(&format!(", and of {} it could not be told", count(summary.not_told, "pod", "pods")));
    }
    if let Ok(starting @ 1..) = usize::try_from(summary.starting) {
        let have = if starting == 1 { "has" } else { "have" };
        said.push_str(&format!(", and {} {have} not started yet", count(starting, "pod", "pods")));
    }
    if summary.pods_unread {
        said.push_str(", and not all pods could be listed");
    }
    said
}

/// Nothing was there to be looked at, or nothing that was asked for.
fn nothing(report: &Report, summary: &WorkloadSummary) -> String {
    let place = match several_namespaces(report) {
        true => "in any namespace".to_string(),
        false => format!("in namespace {}", report.plan.namespace),
    };
    let selector = report.plan.scope.as_ref().map(|scope| scope.selector.trim());
    let labelled = selector.filter(|selector| !selector.is_empty());
    let labelled = labelled.map(|selector| format!(" with the labels {selector}")).unwrap_or_default();
    match summary.pods_unread {
        true => format!(
            "Nothing was looked at: pods could not be listed, and no workload{labelled} was seen {place}."
        ),
        false => format!("There is no pod{labelled} {place}, and no workload was found."),
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    plural(u64::try_from(number).unwrap_or(u64::MAX), one, many)
}

fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
