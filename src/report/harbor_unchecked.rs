//! What of a Harbor was not checked: reads that were refused or left out, and methods that say nothing here.

use super::unchecked::{NotChecked, NotCheckedState, joined, not_read, state};
use crate::diagnose::harbor::View;
use crate::evidence::harbor::seen::{Method, Via};
use crate::evidence::harbor::{Harbor, HarborSeen};
use crate::evidence::probe::ExchangeStep;
use crate::evidence::{Evidence, Outcome};
use crate::plan::HarborPlan;
use crate::text::url::authority;

/// Everything about a Harbor that was not checked.
pub(super) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let mut items: Vec<NotChecked> =
        view.harbor.iter().flat_map(|harbor| &harbor.unread).map(not_read).collect();
    if let (Some(harbor), Some(plan)) = (view.harbor, &evidence.plan.harbor) {
        items.extend(left_out(harbor, plan));
        items.extend(logs(harbor));
        items.extend(files(harbor));
    }
    if let Some(seen) = view.seen {
        items.extend(unasked(&view));
        items.extend(cut_short(&view));
        items.extend(matrix(seen));
        items.extend(withheld(seen));
        items.extend(decision(seen, evidence.plan.harbor.as_ref()));
    }
    items
}

/// What the user did not ask for.
fn left_out(harbor: &Harbor, plan: &HarborPlan) -> Vec<NotChecked> {
    let told = |flag: &str| harbor.unread.iter().any(|unread| unread.settled_by.as_str().starts_with(flag));
    let item = |what: &str, why: &str| NotChecked {
        what: what.into(),
        state: NotCheckedState::LeftOut,
        why: why.into(),
    };
    let exec = item(
        "checksums of the key files and the settings of the running cores",
        "--exec computes them in the pods, where no key leaves them; it needs the right: create pods/exec",
    );
    let logs = item(
        "what the cores logged about tokens",
        "--logs counts the lines that tell a key from a clock; it needs the right: get pods/log",
    );
    let exec = Some(exec).filter(|_| !plan.exec && !told("--exec"));
    let logs = Some(logs).filter(|_| plan.logs_seconds.is_none() && !told("--logs"));
    exec.into_iter().chain(logs).collect()
}

fn logs(harbor: &Harbor) -> Vec<NotChecked> {
    let unread = harbor.logs.iter().filter(|log| !matches!(log.outcome, Outcome::Seen { .. }));
    let told = |what: &str| harbor.unread.iter().any(|unread| unread.what == what);
    unread
        .map(|log| {
            let (state, why) = state(&log.outcome);
            NotChecked { what: format!("the log of {}", log.pod), state, why }
        })
        .filter(|item| !told(&item.what))
        .collect()
}

/// Checksums that a pod did not compute.
fn files(harbor: &Harbor) -> Vec<NotChecked> {
    let failed = harbor.cores.iter().filter_map(|core| {
        let file = core.file.as_ref().filter(|file| !matches!(file, Outcome::Seen { .. }))?;
        let (state, why) = state(file);
        Some(NotChecked { what: format!("the checksum of the key file of {}", core.name), state, why })
    });
    // Where the right is missing, it is missing for all: that is told once.
    let told = harbor.unread.iter().any(|unread| {
        matches!(unread.outcome, Outcome::Denied { .. }) && unread.settled_by.as_str().contains("exec")
    });
    failed.filter(|item| !(told && item.state == NotCheckedState::Denied)).collect()
}

/// A matrix whose control does not hold says nothing.
fn matrix(seen: &HarborSeen) -> Option<NotChecked> {
    let matrix = seen.matrix.as_ref()?;
    let lacking = || matrix.controls.iter().filter(|control| !control.holds);
    let all = matrix.controls.len();
    // Only 401 says that it was not let in: a core that does not answer, or that fails, says nothing of its
    // configuration.
    let of = lacking().filter(|control| control.status == Some(401)).count();
    let failed = lacking().find_map(|control| control.status.filter(|status| *status != 401));
    let silent = lacking().filter(|control| control.status.is_none()).count();
    if lacking().count() == 0 {
        return None;
    }
    let why = match (matrix.method, failed) {
        (_, Some(status)) if of == 0 => {
            let of = lacking().filter(|control| control.status == Some(status)).count();
            format!("{of} of {all} cores answered {status} to the control of the method")
        }
        _ if of == 0 => format!("{silent} of {all} cores did not answer the control of the method"),
        (Method::Anonymous, _) => format!(
            "project library is not public at {of} of {all} cores, or there is none: without a credential the method says nothing; give one with {}",
            credential_flag(seen.via)
        ),
        (Method::Credential, _) => format!(
            "{of} of {all} cores did not take the credential itself, so that a refused token says nothing there"
        ),
    };
    Some(NotChecked { what: "who accepts whose tokens".into(), state: NotCheckedState::Failed, why })
}

/// What was to be asked when the time was up or the user ended it, of the cores and by the nodes.
fn cut_short(view: &View<'_>) -> Vec<NotChecked> {
    let by_nodes = view.by_nodes();
    let ended =
        if view.evidence.run.interrupted { "the run was ended" } else { "the time was up (--timeout)" };
    let of = |view: &View<'_>, place: &str| -> Vec<NotChecked> {
        let unasked = view.seen.iter().flat_map(|seen| &seen.unasked);
        let item = |what: &String| NotChecked {
            what: format!("{place}{what}"),
            state: NotCheckedState::TimedOut,
            why: format!("{ended} before they were asked"),
        };
        unasked.map(item).collect()
    };
    let node = |view: &View<'_>| view.probe.map(|probe| format!("node/{}: ", probe.node)).unwrap_or_default();
    of(view, "").into_iter().chain(by_nodes.iter().flat_map(|one| of(one, &node(one)))).collect()
}

/// Cores that serve and were not asked.
fn unasked(view: &View<'_>) -> Vec<NotChecked> {
    let unasked = view.serving().filter(|core| core.seen.is_none());
    unasked
        .map(|core| NotChecked {
            what: format!("core {}", core.name),
            state: NotCheckedState::Failed,
            why: "the evidence holds no answer of it".into(),
        })
        .collect()
}

/// The flag that names a credential, by how the cores are reached.
fn credential_flag(via: Via) -> &'static str {
    match via {
        Via::Pod => "--pull-secret NAME",
        Via::PortForward | Via::Url => "--docker-config FILE or --client NAME",
    }
}

fn withheld(seen: &HarborSeen) -> Option<NotChecked> {
    let login = seen.login.as_ref()?;
    let withheld = login.withheld.as_ref()?;
    let (what, why) = (format!("what needs a login, with {}", login.source), withheld.to_string());
    Some(NotChecked { what, state: NotCheckedState::Failed, why: joined(&why, &allowing(seen, &why)) })
}

/// What lets a credential go where it was withheld for want of TLS; empty where that is not why. The reason has words
/// only.
fn allowing(seen: &HarborSeen, why: &str) -> String {
    if !why.contains("plain HTTP") {
        return String::new();
    }
    let front = seen.front.as_ref().filter(|_| seen.cores.is_empty() || seen.via == Via::Url);
    match front.map(|front| front.url.as_str()).filter(|url| url.starts_with("http://")) {
        Some(url) => {
            format!("--plain-http {} lets it be sent there in the clear, if you mean that", authority(url))
        }
        None => String::new(),
    }
}

/// A repository was named, and nothing came of it.
fn decision(seen: &HarborSeen, plan: Option<&HarborPlan>) -> Option<NotChecked> {
    let repository = plan?.ask.repository.as_ref()?;
    if seen.decision.as_ref().is_some_and(|decision| decision.token.step == ExchangeStep::PushToken) {
        return None;
    }
    let why = match &seen.login {
        None => format!("it needs a credential: {}", credential_flag(seen.via)),
        Some(login) if login.is_refused() => "the login was refused; not asked".into(),
        Some(login) => match (&login.refused_later, &login.withheld) {
            (Some(at), _) => format!("{at} refused the credential that another had taken; not asked"),
            (None, Some(_)) => "the credential was sent nowhere; not asked".into(),
            (None, None) if !seen.unasked.is_empty() => "the time was up; not asked".into(),
            (None, None) => "no core gave a token for it".into(),
        },
    };
    let what = format!("whether a push to {repository} is granted");
    Some(NotChecked { what, state: NotCheckedState::Failed, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::harbor::FrontSeen;
    use crate::evidence::harbor::seen::{Control, Matrix};
    use crate::text::Clean;

    fn control(status: Option<u16>) -> Control {
        Control { verifier: 0, status, holds: false }
    }

    fn why(method: Method, controls: Vec<Control>) -> String {
        let matrix = Matrix { method, controls, cells: Vec::new(), example: None };
        super::matrix(&HarborSeen { matrix: Some(matrix), ..HarborSeen::default() }).unwrap().why
    }

    #[test]
    fn only_401_says_that_the_project_is_not_public() {
        let told = why(Method::Anonymous, vec![control(Some(401)), control(Some(502))]);
        assert!(told.starts_with("project library is not public at 1 of 2 cores"), "{told}");
        for method in [Method::Anonymous, Method::Credential] {
            let told = why(method, vec![control(Some(502)), control(None)]);
            assert_eq!(told, "1 of 2 cores answered 502 to the control of the method");
        }
        assert!(why(Method::Anonymous, vec![control(None)]).contains("did not answer"));
    }

    #[test]
    fn plain_http_is_allowed_only_where_it_is_why() {
        let front = FrontSeen { url: Clean::new("http://harbor.example.com"), ..FrontSeen::default() };
        let seen = HarborSeen { front: Some(front), ..HarborSeen::default() };
        assert!(allowing(&seen, "front: it speaks plain HTTP").contains("--plain-http harbor.example.com"));
        assert_eq!(allowing(&seen, "front: it does not answer"), "");
    }
}
