//! The image itself: whether it is there, for this platform, and whether it may be pulled at all.

use super::case::{Case, shown};
use super::choice::Choice;
use super::scene::Scene;
use super::words;
use crate::code::Code;
use crate::registry::reference::Reference;

/// How long what a registry once let somebody pull speaks for his rights, in seconds: a day.
const LATELY: i64 = 86_400;

pub(super) fn weigh(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    match choice.code {
        Code::ImageNotFound => not_found(scene, case, choice),
        Code::PlatformMissing => platform(case, choice),
        Code::ImageNeverPulled => never_pulled(scene, case, choice),
        Code::InvalidImageName => invalid(case, choice),
        _ => {}
    }
}

/// "Not found" is also what registries say that hide what may not be read. It is certain where the same identity
/// surely pulled from the repository within a day, and otherwise not, unless the message itself proves it.
fn not_found(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    let same = |started: &&super::scene::Started<'_>| {
        started.workload.namespace == case.pull.namespace
            && started.image.started_with.contains(&case.pull.pull_secrets)
    };
    let is_this_tag =
        |one: &super::scene::Started<'_>| scene.started(case).iter().any(|this| this.image == one.image);
    let readers = || scene.started_of_repository(case).iter().filter(same);
    let of_other_tags = || readers().filter(|one| !is_this_tag(one));
    // The identity was let in then. Others may run from an old copy of their node, and rights may have changed since.
    let lately = |one: &&super::scene::Started<'_>| {
        one.image.last_pulled_at().is_some_and(|at| scene.view.seconds_since(at) < LATELY)
    };
    if let Some(other) = of_other_tags().find(lately) {
        choice.settle(Code::ImageNotFound);
        choice.remarks.push(runs_with_same(case, other));
    } else if let Some(other) = of_other_tags().next() {
        unless_gone(case, choice);
        choice.remarks.push(format!("{}, perhaps from an earlier pull", runs_with_same(case, other)));
    } else if let Some(other) = readers().next() {
        unless_gone(case, choice);
        choice.remarks.push(format!("although {} runs it, from an earlier pull", words::whose(case, other)));
    } else if choice.certain && !case.tried.is_empty() {
        unless_gone(case, choice);
    }
}

fn runs_with_same(case: &Case<'_>, other: &super::scene::Started<'_>) -> String {
    let runs = shown(&other.image.image);
    format!("{} runs {runs} with the same identity", words::whose(case, other))
}

fn unless_gone(case: &Case<'_>, choice: &mut Choice) {
    if choice.certain {
        let of = words::repository(case);
        choice.doubt(format!("a pull of a tag of {of} that is known to exist, with the same identity"));
        choice.also = vec![Code::PermissionDenied];
    }
}

fn platform(case: &Case<'_>, choice: &mut Choice) {
    let Some(node) = case.node.filter(|node| !node.architecture.is_empty()) else { return };
    let os = if node.os.is_empty() { "linux" } else { &node.os };
    choice.cause = Some(format!(
        "{} has nothing for {os}/{}, the platform of the node",
        shown(&case.pull.image),
        node.architecture
    ));
}

fn never_pulled(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    let mut have = scene.nodes_with(case);
    have.extend(scene.started(case).iter().flat_map(|one| one.image.started_on.iter()).map(String::as_str));
    have.remove(case.pull.node.as_str());
    let who = match have.is_empty() {
        true => "no node is known to have it".to_owned(),
        false => format!("{} has it", words::list_nodes(&have)),
    };
    choice.cause = Some(format!(
        "The pull policy of {} is Never and the pods' nodes do not have it; {who}",
        shown(&case.pull.image)
    ));
}

fn invalid(case: &Case<'_>, choice: &mut Choice) {
    let why = Reference::parse(&case.pull.image).err().map(|error| format!(": {error}")).unwrap_or_default();
    choice.cause =
        Some(format!("\"{}\" is no image reference that the kubelet takes{why}", shown(&case.pull.image)));
}
