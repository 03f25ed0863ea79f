//! What stands above every report that is read as a document: what was asked, of which cluster, and what came of it.

use regauth::evidence::Action;
use regauth::finding::Severity;
use regauth::plan::Check;
use regauth::report::{NotCheckedState, Report};

use super::findings::some;

/// The command, as a person types it.
pub fn command(report: &Report) -> &'static str {
    match report.plan.action {
        Action::Pull if report.plan.checks == [Check::ProbeLocal] => "kubectl regauth probe",
        Action::Pull => "kubectl regauth pull",
        Action::Push => "kubectl regauth push",
        Action::Limits => "kubectl regauth limits",
        Action::Harbor => "kubectl regauth harbor",
        Action::Clock => "kubectl regauth clock",
        Action::Explain => "kubectl regauth explain",
        Action::Why => "kubectl regauth why",
        Action::Secrets => "kubectl regauth secrets",
        Action::Doctor => "kubectl regauth doctor",
        Action::Preflight => "kubectl regauth preflight",
    }
}

/// How many findings there are of each severity, worst first; those that there are none of are left out.
pub fn counts(report: &Report) -> Vec<(Severity, usize)> {
    let all = [Severity::Error, Severity::Warning, Severity::Unknown, Severity::Info];
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    all.into_iter().map(|severity| (severity, count(severity))).filter(|(_, count)| *count > 0).collect()
}

/// What came of it, in one sentence.
pub fn outcome(report: &Report) -> String {
    let told: Vec<String> = counts(report)
        .into_iter()
        .map(|(severity, count)| match (severity, count) {
            (Severity::Info, 1) => "1 remark".into(),
            (Severity::Info, many) => format!("{many} remarks"),
            (Severity::Unknown, many) => format!("{many} unknown"),
            (severity, 1) => format!("1 {}", severity.as_str()),
            (severity, many) => format!("{many} {}s", severity.as_str()),
        })
        .collect();
    let found = if told.is_empty() { "Nothing was found".to_string() } else { told.join(", ") };
    let missed = report.not_checked.iter().filter(|item| item.state != NotCheckedState::LeftOut).count();
    let missed = match missed {
        0 => String::new(),
        1 => "; 1 check was not made".into(),
        many => format!("; {many} checks were not made"),
    };
    let interrupted = if report.run.interrupted { "; the run was interrupted" } else { "" };
    format!("{found}{missed}{interrupted}.")
}

/// What was asked, by whom and when: names and values.
pub fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let (run, plan) = (&report.run, &report.plan);
    // Workloads are looked at as themselves, each.
    let has_no_identity = report.text.is_some() || plan.scope.is_some();
    let facts = [
        ("Cluster", run.server.clone()),
        ("Namespace", namespace(report)),
        ("As", if has_no_identity { String::new() } else { plan.whom() }),
        ("Images", some(&plan.images)),
        ("Started", run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        ("Run", run.id.clone()),
        ("Version", run.version.clone()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn namespace(report: &Report) -> String {
    match report.plan.scope.as_ref().is_some_and(|scope| scope.all_namespaces) {
        true => "all".into(),
        false => report.plan.namespace.clone(),
    }
}

/// How something came not to be checked, in words.
pub fn state(state: NotCheckedState) -> &'static str {
    match state {
        NotCheckedState::LeftOut => "left out",
        NotCheckedState::Denied => "denied",
        NotCheckedState::Failed => "failed",
        NotCheckedState::TimedOut => "timed out",
    }
}
