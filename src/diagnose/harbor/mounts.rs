//! Where token keys lie: what is mounted there, and whether other cores can have the same.

use super::about::{about, names, whole};
use super::view::{Core, Key, View};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::harbor::{KeyMount, PodState};
use crate::finding::Finding;

/// Cores whose key is their image's own, or of a volume that no other pod has.
pub(in crate::diagnose) fn not_mounted(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let current = || view.cores.iter().filter(|core| core.state() != PodState::Terminating);
    let of_image: Vec<&Core<'_>> = current().filter(|core| own_key(core) == Some(None)).collect();
    let on_volumes: Vec<&Core<'_>> = current().filter(|core| own_key(core).flatten().is_some()).collect();
    images_own(&view, &of_image).into_iter().chain(on_own_volumes(&view, &on_volumes)).collect()
}

/// Where a core looks for its key.
fn key_path<'a>(core: &Core<'a>) -> &'a str {
    let path = core.pod.map(|pod| pod.key.path.as_str()).filter(|path| !path.is_empty());
    path.unwrap_or("TOKEN_PRIVATE_KEY_PATH")
}

fn images_own(view: &View<'_>, cores: &[&Core<'_>]) -> Option<Finding> {
    let path = key_path(cores.first()?);
    let cause = format!(
        "Nothing is mounted at {path} of {}: the token key is the one in the image, which everybody has who has the image.",
        names(cores)
    );
    Some(about(view, Code::HarborKeyNotMounted, cores, whole(view), cause))
}

/// Cores whose key lies on a volume of their own pod or node. Whoever fills such volumes may put one key on all of them:
/// equal keys are in order, however they came there.
fn on_own_volumes(view: &View<'_>, cores: &[&Core<'_>]) -> Option<Finding> {
    let first = cores.first()?;
    let mut keys: Vec<Key<'_>> =
        cores.iter().map(|core| view.key(core)).filter(|key| *key != Key::Unknown).collect();
    let known = keys.len();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() < known {
        return None;
    }
    let (path, source) = (key_path(first), own_key(first).flatten()?);
    let differ = known > 1;
    let has = if differ { "has" } else { "may have" };
    let cause = format!(
        "The token key {path} of {} lies on a volume of its pod or node alone ({source}), so each core {has} one of its own.",
        names(cores)
    );
    let mut finding = about(view, Code::HarborKeyNotMounted, cores, whole(view), cause);
    finding.certain = differ;
    if !differ {
        finding.settle_by = Some(
            "the keys of two or more cores: a run that asks them for tokens, or the checksums of their files (--exec)"
                .into(),
        );
    }
    Some(finding)
}

/// `Some(None)` for the image's own key, `Some(Some(volume))` for one on a volume that is not shared.
pub(super) fn own_key<'a>(core: &Core<'a>) -> Option<Option<&'a str>> {
    match &core.pod?.key.mount {
        KeyMount::Nothing => Some(None),
        KeyMount::Other { source } if source.starts_with("emptyDir") || source.starts_with("hostPath") => {
            Some(Some(source))
        }
        _ => None,
    }
}
