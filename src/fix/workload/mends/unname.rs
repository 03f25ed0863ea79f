//! Taking a pull secret from those who name it.

use super::change::Change;
use super::object::{Kind, Object};
use super::source::Source;
use super::yaml::{Yaml, list, map, text};
use super::{Place, recreate_pods, values};
use crate::finding::Fix;
use crate::fix::shell::{literal, quoted};

/// Takes a pull secret out of the list that a workload's pods have it from: its own, else its ServiceAccount's; and has
/// pods made anew that have it from there.
pub(crate) fn unname_pull_secret(place: &Place<'_>, secret: &str) -> Vec<Fix> {
    let mut fixes = no_longer_name(place, secret);
    if !is_own(place, secret) {
        fixes.push(recreate_pods(place.workload));
    }
    fixes
}

/// The same for a pull secret that does no harm: pods may keep it until they are made anew.
pub(crate) fn no_longer_name(place: &Place<'_>, secret: &str) -> Vec<Fix> {
    if is_own(place, secret) {
        return from_workload(place, secret);
    }
    let in_account = place.account.and_then(|account| position(&account.pull_secrets, secret));
    in_account.map(|index| from_account(place, secret, index)).into_iter().collect()
}

fn position(list: &[String], secret: &str) -> Option<usize> {
    list.iter().position(|name| name == secret)
}

/// Whether the workload names it itself. Admission wrote the ServiceAccount's into a pod's own list, and does so again.
fn is_own(place: &Place<'_>, secret: &str) -> bool {
    let is_pod = Object::workload(place.workload).kind() == Kind::Pod;
    let is_carried =
        || place.account.is_some_and(|account| position(&account.pull_secrets, secret).is_some());
    position(&place.workload.pull_secrets, secret).is_some() && !(is_pod && is_carried())
}

fn from_workload(place: &Place<'_>, secret: &str) -> Vec<Fix> {
    let workload = place.workload;
    let object = Object::workload(workload);
    let source = Source { object, owners: &workload.owners };
    let effect = format!("takes secret/{secret} out of the pull secrets of {}", object.short);
    if source.controller().is_some() {
        return super::in_source(place, &effect).into_iter().collect();
    }
    let others: Vec<&str> =
        workload.pull_secrets.iter().map(String::as_str).filter(|name| *name != secret).collect();
    let gone = list([map([("$patch", text("delete")), ("name", text(secret))])]);
    let change = Change {
        source,
        effect,
        patch: gone.under(&["imagePullSecrets"]).under(object.kind().pod_spec()),
        values: values::pull_secrets(&others),
        value_names: "pullsecrets",
        shared: None,
    };
    change.fixes(place.format)
}

/// The list has no merge key: the place is tested before it is removed.
fn from_account(place: &Place<'_>, secret: &str, index: usize) -> Fix {
    let workload = place.workload;
    let name = if workload.service_account.is_empty() { "default" } else { &workload.service_account };
    let short = quoted(&format!("serviceaccount/{name}"));
    let namespace = &workload.namespace;
    let owner = place.account.and_then(|account| account.owners.first());
    if let Some(owner) = owner {
        return Fix::new(
            format!(
                "shows where {short} names secret/{secret}: take it out in the {} {}, which writes {short}",
                owner.kind.as_str(),
                owner.name
            ),
            format!("kubectl -n {namespace} get {short} -o yaml"),
        );
    }
    let path = format!("/imagePullSecrets/{index}");
    let test = map([("op", text("test")), ("path", text(&path)), ("value", map([("name", text(secret))]))]);
    let remove = map([("op", text("remove")), ("path", text(&path))]);
    let patch: Yaml = list([test, remove]);
    Fix::new(
        format!(
            "takes secret/{secret} out of the pull secrets of {short}, for every pod that is created from then on"
        ),
        format!("kubectl -n {namespace} patch {short} --type=json -p {}", literal(&patch.json())),
    )
}
