//! Findings about a Harbor, with the words that several of them need.

use super::view::{Agrees, Core, Group, Key, View};
use crate::code::Code;
use crate::evidence::harbor::PodState;
use crate::finding::{Finding, Subject};
use crate::fix;
use crate::text::url::authority;

/// How many names a sentence has before the rest is counted.
const NAMED: usize = 4;
/// How many groups of four letters of a key's id a sentence shows.
const KID: usize = 2;
/// How many letters of a key's id of another form are shown.
const LETTERS: usize = 12;

/// A finding about these cores, at its usual severity and certain, with the mends of its code.
pub(super) fn about(
    view: &View<'_>,
    code: Code,
    cores: &[&Core<'_>],
    name: String,
    cause: String,
) -> Finding {
    let mut nodes: Vec<String> = Vec::new();
    for node in cores.iter().filter_map(|core| Some(core.pod?.node.as_str())).filter(|node| !node.is_empty())
    {
        if nodes.iter().all(|known| known != node) {
            nodes.push(node.to_string());
        }
    }
    let mut finding = Finding::new(code, Subject { name, images: Vec::new(), nodes }, cause);
    finding.evidence = cores.iter().map(|core| core.id()).collect();
    finding.fixes = fix::harbor::mends(code, view, cores);
    finding
}

/// The object that the cores belong to: their workload, else their namespace, else the URL.
pub(super) fn whole(view: &View<'_>) -> String {
    match (view.harbor, view.seen) {
        (Some(_), _) => view.workload().unwrap_or_else(|| format!("namespace/{}", view.namespace())),
        (None, Some(seen)) => seen
            .front
            .as_ref()
            .map_or_else(|| "harbor".into(), |front| format!("registry/{}", authority(front.url.as_str()))),
        (None, None) => "harbor".into(),
    }
}

/// One core: `pod/harbor-core-1`, or its address.
pub(super) fn one(core: &Core<'_>) -> String {
    match core.pod {
        Some(_) => format!("pod/{}", core.name),
        None => format!("address/{}", core.name),
    }
}

/// `a, b and c`; the first few of many.
pub(super) fn list<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => "none".into(),
        [one] => (*one).into(),
        many if many.len() > NAMED => {
            let named: Vec<&str> = many.iter().take(NAMED).copied().collect();
            format!("{} and {} more", named.join(", "), many.len() - NAMED)
        }
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// The names of cores, with what keeps one from serving.
pub(super) fn names(cores: &[&Core<'_>]) -> String {
    let named: Vec<String> = cores
        .iter()
        .map(|core| match core.state() {
            PodState::Ready => core.name.to_string(),
            PodState::Unready => format!("{} (not ready)", core.name),
            PodState::Terminating => format!("{} (terminating)", core.name),
        })
        .collect();
    list(&named)
}

/// What a key is known by, short: `ZJXH:E6TN…`, `SHA-256 1f3a5c7e…`.
pub(super) fn short(key: Key<'_>) -> String {
    match key {
        Key::Kid(kid) => short_kid(kid),
        Key::Sum(sum) => format!("SHA-256 {}…", sum.chars().take(8).collect::<String>()),
        Key::Unknown => "unknown".into(),
    }
}

/// The beginning of a key's id: its first two groups, `ZJXH:E6TN…`; of one of another form the first twelve letters.
pub fn short_kid(kid: &str) -> String {
    let groups = kid.match_indices(':').nth(KID - 1).map_or(kid, |(at, _)| &kid[..at]);
    let end = groups.char_indices().nth(LETTERS).map_or(groups.len(), |(at, _)| at);
    if end == kid.len() { kid.to_string() } else { format!("{}…", &groups[..end]) }
}

/// One group in a sentence: `key A (ZJXH:E6TN…, what secret/harbor-core holds) on harbor-core-1 and harbor-core-2`.
pub(super) fn group(view: &View<'_>, group: &Group<'_>) -> String {
    let cores = view.of_group(group);
    let secret = cores.iter().find_map(|core| view.secret(core)).map(|secret| secret.name.as_str());
    let fits = match (group.fits, secret) {
        (Agrees::Yes, Some(secret)) => format!(", what secret/{secret} holds now"),
        (Agrees::No { .. }, Some(secret)) => {
            format!(", not what secret/{secret} holds now{}", when(view, &cores))
        }
        _ => String::new(),
    };
    format!("key {} ({}{fits}) on {}", group.letter, short(group.key), names(&cores))
}

/// Whether these cores started before their Secret was written, or after. Both times are whole seconds: equal ones have
/// no order.
fn when(view: &View<'_>, cores: &[&Core<'_>]) -> &'static str {
    let written = cores.iter().find_map(|core| view.secret_seen(core)?.written_at);
    let started: Vec<_> = cores.iter().filter_map(|core| core.started_at()).collect();
    match written {
        Some(written) if !started.is_empty() && started.iter().all(|at| *at < written) => {
            ", which was written after they started"
        }
        Some(written) if !started.is_empty() && started.iter().all(|at| *at > written) => {
            ", although they started after it was written"
        }
        _ => "",
    }
}

/// `1 token`, `30 tokens`.
pub(super) fn counted(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Seconds in words: `7.0 s`, `95 s`.
pub(super) fn seconds(us: i64) -> String {
    let seconds = us as f64 / 1e6;
    if seconds.abs() < 20.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}
