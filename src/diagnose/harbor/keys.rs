//! Token keys: which cores hold which, and whether they are what their Secret holds.

use super::about::{about, counted, group, list, names, one, short, whole};
use super::matrix::{self, odds_in_words};
use super::view::{Agrees, Core, Group, Key, View};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::harbor::pods::{KeyForm, TellingLine};
use crate::evidence::harbor::{KeyMount, PodState};
use crate::finding::{Finding, Severity};
use crate::registry::api_error::BodyKind;
use crate::text::url::authority;

/// Cores that hold different keys: by the keys' ids, by checksums, or by the front door's tokens.
pub(in crate::diagnose) fn mismatched(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let groups = view.groups();
    let in_cores = of_cores(&view, &groups);
    let at_front = if in_cores.is_none() { of_front(&view, &groups) } else { None };
    in_cores.or(at_front).into_iter().collect()
}

fn of_cores(view: &View<'_>, groups: &[Group<'_>]) -> Option<Finding> {
    let has =
        |group: &&Group<'_>, state: PodState| view.of_group(group).iter().any(|core| core.state() == state);
    let serving: Vec<&Group<'_>> = groups.iter().filter(|group| has(group, PodState::Ready)).collect();
    let unready = groups.iter().any(|group| has(&group, PodState::Unready));
    if groups.len() < 2 || (serving.len() < 2 && !unready) {
        // A pod that is being deleted serves nobody any more.
        return None;
    }
    // Two that are known by checksum only may differ in white space; so may one of them and one known by its id.
    let certain = groups.iter().filter(|group| matches!(group.key, Key::Kid(_))).count() > 1;
    let concerned = concerned(view, groups);
    let mut finding =
        about(view, Code::HarborKeyMismatch, &concerned, whole(view), sentence(view, groups, &serving));
    if serving.len() < 2 {
        finding.severity = Severity::Warning;
    }
    finding.certain = certain;
    if !certain {
        finding.also_possible = vec![Code::HarborKeyStale];
        finding.settle_by = Some(
            "the keys' ids, which white space does not change: a run that asks the cores for tokens (--via pod or --via port-forward)"
                .into(),
        );
    }
    add_witnesses(&mut finding, view, serving.len() > 1);
    Some(finding)
}

/// The cores to be mended: all but those of the Secret's own key, or of the key that most of them hold.
fn concerned<'v, 'a>(view: &'v View<'a>, groups: &[Group<'a>]) -> Vec<&'v Core<'a>> {
    let right = match groups {
        [first, ..] if first.fits == Agrees::Yes => Some(first.key),
        [first, second, ..] if first.cores.len() > second.cores.len() => Some(first.key),
        _ => None,
    };
    view.cores.iter().filter(|core| view.key(core) != Key::Unknown && Some(view.key(core)) != right).collect()
}

fn sentence(view: &View<'_>, groups: &[Group<'_>], serving: &[&Group<'_>]) -> String {
    let told: Vec<String> = groups.iter().map(|one| group(view, one)).collect();
    let sums = groups.iter().any(|group| matches!(group.key, Key::Sum(_)));
    let by = if sums { " by the checksums of their files" } else { "" };
    let mut text = format!("Harbor's cores hold {} token keys{by}: {}.", groups.len(), told.join("; "));
    text.push_str(match serving.len() {
        0 | 1 => " Those that serve share one key; a token of the others will not verify once they serve too.",
        _ => " A token of one group is no token to the others: the request is taken for an anonymous one, so pushes and private pulls fail now and then.",
    });
    if let Some(rollout) = view.rollout() {
        let RolloutWords(words) = RolloutWords::of(rollout);
        text.push_str(&words);
    }
    if let Some(odds) = matrix::odds(view).filter(|_| serving.len() > 1) {
        text.push_str(&format!(" {}", odds_in_words(&odds)));
    }
    text.push_str(&matrix::front_in_words(view));
    text
}

/// What a rollout has to do with it.
struct RolloutWords(String);

impl RolloutWords {
    fn of(rollout: &crate::evidence::harbor::pods::Rollout) -> Self {
        let (updated, wanted, workload) = (rollout.updated, rollout.wanted, &rollout.workload);
        Self(match rollout.stuck {
            true => format!(
                " The rollout of {workload} is stuck with {updated} of {wanted} pods renewed, so this stays until it goes on."
            ),
            false => format!(
                " A rollout of {workload} is in progress ({updated} of {wanted} pods renewed): this passes when it ends, until the next one makes a new key."
            ),
        })
    }
}

/// What else was seen of it: the matrix, the front door, the client's own token, the logs.
fn add_witnesses(finding: &mut Finding, view: &View<'_>, serving_differ: bool) {
    if !serving_differ {
        return;
    }
    if matrix::has_rejections(view) {
        finding.evidence.push(view.part("matrix"));
    }
    if view.seen.and_then(|seen| seen.front.as_ref()).is_some_and(|front| front.kids.len() > 1) {
        finding.evidence.push(view.part("front"));
    }
    if super::decision::is_refused_push(view) {
        finding.evidence.push(view.part("decision"));
    }
    finding.messages.extend(matrix::example_words(view));
    let lines = view.logged_by_all(TellingLine::KeyDoesNotFit);
    if lines > 0 {
        finding.cause.push_str(&format!(
            " Their logs have {lines} line{} of tokens whose signature does not fit.",
            if lines == 1 { "" } else { "s" }
        ));
    }
}

/// The front door hands out tokens of keys that no core found here holds, or of several.
fn of_front(view: &View<'_>, groups: &[Group<'_>]) -> Option<Finding> {
    let front = view.seen?.front.as_ref()?;
    let known: Vec<&str> = groups
        .iter()
        .filter_map(|group| if let Key::Kid(kid) = group.key { Some(kid) } else { None })
        .collect();
    let strange = front.kids.iter().any(|one| !known.is_empty() && !known.contains(&one.kid.as_str()));
    if front.kids.len() < 2 && !strange {
        return None;
    }
    let told: Vec<String> = front
        .kids
        .iter()
        .map(|one| format!("{} ({})", short(Key::Kid(one.kid.as_str())), counted(one.count, "time", "times")))
        .collect();
    let url = &front.url;
    let cause = match (front.kids.len() > 1, strange) {
        (true, false) => format!(
            "{url} hands out tokens of {} keys: {}. So the cores behind it hold different ones, and a token of one is no token to the others.",
            front.kids.len(),
            list(&told)
        ),
        _ => format!(
            "{url} hands out tokens of a key that none of the cores found here holds: {}. Other cores than these stand behind it too.",
            list(&told)
        ),
    };
    let cause = format!("{cause}{}", matrix::front_in_words(view));
    let mut finding =
        about(view, Code::HarborKeyMismatch, &[], format!("registry/{}", authority(url.as_str())), cause);
    finding.evidence = vec![view.part("front")];
    if matrix::has_rejections(view) {
        finding.evidence.push(view.part("matrix"));
    }
    if super::decision::is_refused_push(view) {
        finding.evidence.push(view.part("decision"));
    }
    Some(finding)
}

/// Cores that cannot issue tokens, and Secrets whose key will not let them.
pub(in crate::diagnose) fn unreadable(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let failing = |core: &&Core<'_>| core.seen.is_some_and(|seen| seen.cannot_issue());
    let mut findings: Vec<Finding> =
        view.cores.iter().filter(failing).map(|core| cannot_issue(&view, core)).collect();
    if findings.is_empty() {
        findings.extend(will_not_issue(&view));
    }
    findings
}

fn cannot_issue(view: &View<'_>, core: &Core<'_>) -> Finding {
    let form = view
        .secret_seen(core)
        .filter(|_| view.agrees(core) != (Agrees::No { certain: true }))
        .map(|seen| seen.form);
    let lines = view.logged(core.name, TellingLine::KeyUnreadable).unwrap_or_default();
    let is_empty = core
        .seen
        .and_then(|seen| seen.token.answer())
        .is_none_or(|answer| answer.error.as_ref().is_none_or(|error| matches!(error.kind, BodyKind::Empty)));
    let why = match form {
        Some(KeyForm::Pkcs8) => {
            ": the key is in PKCS#8 form (BEGIN PRIVATE KEY), with which Harbor verifies tokens and cannot issue any"
        }
        Some(KeyForm::Other) => ": the key is no RSA key, and Harbor signs with RSA only",
        Some(KeyForm::Unreadable) => ": its Secret holds no key that can be read",
        _ if lines > 0 => ": its log says that it cannot read its key",
        _ => "",
    };
    let cause = format!("Core {} answers 500 to requests of tokens{why}.", core.name);
    let mut finding = about(view, Code::HarborKeyUnreadable, &[core], one(core), cause);
    finding.certain = is_empty && (lines > 0 || matches!(form, Some(form) if form != KeyForm::Pkcs1));
    if !finding.certain {
        finding.also_possible = vec![Code::RegistryServerError];
        finding.settle_by = Some(
            "the core's log (--logs), and the form of the key in its Secret (the right to get it)".into(),
        );
    }
    finding
}

/// Whether a core that cannot issue has no RSA key at all, so that it verifies nothing either: nothing is mounted, or
/// what its Secret holds is none. That has findings of its own.
pub(super) fn has_none(view: &View<'_>, core: &Core<'_>) -> bool {
    let form = view.secret_seen(core).map(|seen| seen.form);
    core.seen.is_some_and(|seen| seen.cannot_issue())
        && (super::mounts::own_key(core) == Some(None)
            || matches!(form, Some(KeyForm::Unreadable | KeyForm::Other)))
}

/// A Secret whose key lets no core issue that starts from now on.
fn will_not_issue(view: &View<'_>) -> Option<Finding> {
    let bad = |core: &&Core<'_>| view.secret_seen(core).is_some_and(|seen| seen.form != KeyForm::Pkcs1);
    let core = view.cores.iter().find(bad)?;
    let secret = view.secret(core)?;
    let form = match view.secret_seen(core)?.form {
        KeyForm::Pkcs8 => "a key in PKCS#8 form (BEGIN PRIVATE KEY)",
        KeyForm::Other => "no RSA key",
        _ => "no key that can be read",
    };
    let cause = format!(
        "secret/{} holds {form}: a core that starts with it cannot issue tokens; those that run still have another one.",
        secret.name
    );
    let mut finding =
        about(view, Code::HarborKeyUnreadable, &[core], format!("secret/{}", secret.name), cause);
    finding.severity = Severity::Warning;
    finding.evidence = vec![format!("harbor/secret/{}", secret.name)];
    // Without an answer of a core, nobody can say that they still issue.
    finding.certain = view.cores.iter().any(|core| core.kid().is_some());
    Some(finding)
}

/// Cores whose key is not what their Secret holds now.
pub(in crate::diagnose) fn stale(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let mut findings = Vec::new();
    for certain in [true, false] {
        let stale: Vec<&Core<'_>> = view
            .cores
            .iter()
            .filter(|core| core.state() != PodState::Terminating)
            .filter(|core| view.agrees(core) == Agrees::No { certain })
            .collect();
        let mut secrets: Vec<&str> =
            stale.iter().filter_map(|core| Some(view.secret(core)?.name.as_str())).collect();
        secrets.sort_unstable();
        secrets.dedup();
        for secret in secrets {
            let own: Vec<&Core<'_>> = stale
                .iter()
                .copied()
                .filter(|core| view.secret(core).is_some_and(|one| one.name == secret))
                .collect();
            findings.push(stale_cores(&view, &own, secret, certain));
        }
    }
    findings
}

fn stale_cores(view: &View<'_>, cores: &[&Core<'_>], secret: &str, certain: bool) -> Finding {
    let sub_path = cores.iter().any(|core| {
        matches!(core.pod.map(|pod| &pod.key.mount), Some(KeyMount::Secret { sub_path: true, .. }))
    });
    let why = match sub_path {
        true => {
            "It is mounted by subPath, which never changes in a running pod: those that start from now on hold the Secret's key, and then keys differ."
        }
        false => "The kubelet brings a change within a minute or two; until then, keys differ.",
    };
    let has = if cores.len() == 1 { "holds" } else { "hold" };
    let cause = format!("{} {has} another token key than secret/{secret} has now. {why}", names(cores));
    let mut finding = about(view, Code::HarborKeyStale, cores, format!("secret/{secret}"), cause);
    finding.certain = certain;
    if !certain {
        finding.settle_by = Some(
            "the key's id, which white space does not change: a run that asks the cores for tokens (--via pod or --via port-forward)"
                .into(),
        );
    }
    finding
}
