//! Naming a pull secret in a workload, or in its ServiceAccount.

use super::change::{Change, Shared};
use super::object::{Kind, Object, Rolls};
use super::source::Source;
use super::yaml::{Yaml, list, map, text};
use super::{Place, recreate_pods, values};
use crate::evidence::workloads::ServiceAccountSeen;
use crate::finding::Fix;
use crate::fix::shell::{literal, quoted};
use crate::plan::FixFormat;

/// Names a pull secret that exists. In the workload it concerns that alone; in the ServiceAccount it reaches every pod
/// that is created from then on, and only workloads that name none themselves.
pub(crate) fn name_pull_secret(place: &Place<'_>, secret: &str) -> Vec<Fix> {
    let source = Source { object: Object::workload(place.workload), owners: &place.workload.owners };
    let carries = |account: &ServiceAccountSeen| account.pull_secrets.iter().any(|name| name == secret);
    if place.workload.pull_secrets.is_empty() && place.account.is_some_and(carries) {
        // New pods get it: those that are there are older than the list.
        return vec![recreate_pods(place.workload)];
    }
    let in_account = in_account(place, secret);
    let Some(owner) = source.controller() else {
        let mut in_workload = in_workload(place, secret, source).fixes(place.format);
        return match source.object.kind().rolls() {
            // To delete its pods is less than to make a Job anew.
            Rolls::MadeAnew => in_account.into_iter().chain(in_workload).collect(),
            Rolls::NotByItself => {
                in_workload.push(recreate_pods(place.workload));
                in_workload.into_iter().chain(in_account).collect()
            }
            Rolls::AtOnce | Rolls::AtNextRun => in_workload.into_iter().chain(in_account).collect(),
        };
    };
    let what = format!(
        "shows whether the custom resource {}, from which {} is made, has a field for pull secrets to name \
         secret/{secret} in; a patch of {} is undone",
        owner.name, place.workload.name, place.workload.name
    );
    let kind = owner.name.as_str().split_once('/').map_or(owner.name.as_str(), |(kind, _)| kind);
    let command =
        format!("kubectl explain {} --recursive | grep -n -i pullsecret", quoted(&kind.to_lowercase()));
    in_account.into_iter().chain([Fix::new(what, command)]).collect()
}

fn in_workload<'a>(place: &Place<'a>, secret: &str, source: Source<'a>) -> Change<'a> {
    let object = source.object;
    let path = object.kind().pod_spec();
    // The patch is merged by name; but a list in the template keeps the ServiceAccount's out, so those names go into it.
    let own = &place.workload.pull_secrets;
    let carried = place.account.map_or(&[][..], |account| &account.pull_secrets);
    let moved = names(if own.is_empty() { carried } else { &[] }, secret);
    let all = names(if own.is_empty() { carried } else { own }, secret);
    Change {
        source,
        effect: effect(place, secret, object),
        patch: in_pod_spec(path, objects(&moved)),
        values: values::pull_secrets(&all),
        value_names: "pullsecrets",
        shared: Some(Shared {
            project: project(&all, object.namespace),
            patch: in_pod_spec(path, text("${var.imagePullSecrets}")),
        }),
    }
}

fn effect(place: &Place<'_>, secret: &str, object: Object<'_>) -> String {
    let then = match object.kind().rolls() {
        Rolls::AtOnce => ", which replaces its pods",
        Rolls::AtNextRun => ", from its next run on",
        Rolls::NotByItself => "; existing pods must be deleted, so that new ones are made",
        Rolls::MadeAnew => "",
    };
    let unread =
        place.account.is_none() && place.workload.pull_secrets.is_empty() && object.kind() != Kind::Pod;
    let beside = match unread {
        true => " (pods then no longer get those of the ServiceAccount, if it has any: name them too)",
        false => "",
    };
    format!("names secret/{secret} in {}{then}{beside}", object.short)
}

/// Nothing where the ServiceAccount's pull secrets do not reach the pods, or where something else writes it.
fn in_account(place: &Place<'_>, secret: &str) -> Vec<Fix> {
    let workload = place.workload;
    let is_pod = Object::workload(workload).kind() == Kind::Pod;
    let is_written = place.account.is_some_and(|account| !account.owners.is_empty());
    if is_pod || is_written || !workload.pull_secrets.is_empty() {
        return Vec::new();
    }
    let name = if workload.service_account.is_empty() { "default" } else { &workload.service_account };
    let short = format!("serviceaccount/{name}");
    let effect = format!(
        "names secret/{secret} in {short}: every pod of it that is created from then on gets it; existing pods must be \
         recreated"
    );
    let object = Object::of(&short, &workload.namespace);
    let fixes = match (place.account, account_format(place, name)) {
        (None, _) => vec![Fix::new(effect, add_to_unread(object, secret))],
        (Some(account), FixFormat::Kubectl) => {
            let patch = added(!account.pull_secrets.is_empty(), secret);
            let command = format!(
                "kubectl -n {} patch {} --type=json -p {}",
                object.namespace,
                quoted(&short),
                literal(&patch.json())
            );
            vec![Fix::new(effect, command)]
        }
        (Some(account), format) => {
            manifest(object, effect, &names(&account.pull_secrets, secret)).fixes(format)
        }
    };
    fixes.into_iter().chain([recreate_pods(workload)]).collect()
}

/// The list of a ServiceAccount has no merge key (k8s.io/api core/v1): a merge would drop what is in it, such as the
/// pull secret that OpenShift makes.
fn added(to_others: bool, secret: &str) -> Yaml {
    let (path, value) = match to_others {
        true => ("/imagePullSecrets/-", map([("name", text(secret))])),
        false => ("/imagePullSecrets", objects(&[secret])),
    };
    list([map([("op", text("add")), ("path", text(path)), ("value", value)])])
}

/// In a manifest, the whole list.
fn manifest<'a>(object: Object<'a>, effect: String, all: &[&str]) -> Change<'a> {
    Change {
        source: Source { object, owners: &[] },
        effect,
        patch: objects(all).under(&["imagePullSecrets"]),
        values: Vec::new(),
        value_names: "pullsecrets",
        shared: None,
    }
}

/// Nobody's manifests have the ServiceAccount `default`, nor those of another program the one that it does not write.
fn account_format(place: &Place<'_>, name: &str) -> FixFormat {
    let is_written = name != "default" && place.workload.owners.is_empty();
    match place.format {
        FixFormat::Kustomize | FixFormat::Garden if is_written => place.format,
        _ => FixFormat::Kubectl,
    }
}

/// A list that was not read is added to where it is.
fn add_to_unread(object: Object<'_>, secret: &str) -> String {
    let added = objects(&[secret]).json();
    let program = format!(".imagePullSecrets = ((.imagePullSecrets // []) + {added} | unique_by(.name))");
    format!(
        "kubectl -n {0} get {1} -o json | jq {2} | kubectl -n {0} replace -f -",
        object.namespace,
        quoted(object.short),
        literal(&program)
    )
}

/// What Garden shares between actions: the names as a variable, and as what its provider gives to actions of type
/// container (and copies from that namespace, where it deploys to another).
fn project(names: &[&str], namespace: &str) -> Yaml {
    let with_namespace = |name: &&str| map([("name", text(name)), ("namespace", text(namespace))]);
    let provider =
        map([("name", text("kubernetes")), ("imagePullSecrets", list(names.iter().map(with_namespace)))]);
    map([("variables", objects(names).under(&["imagePullSecrets"])), ("providers", list([provider]))])
}

fn in_pod_spec(path: &[&str], secrets: Yaml) -> Yaml {
    secrets.under(&["imagePullSecrets"]).under(path)
}

fn names<'n>(own: &'n [String], secret: &'n str) -> Vec<&'n str> {
    own.iter().map(String::as_str).filter(|name| *name != secret).chain([secret]).collect()
}

fn objects(names: &[&str]) -> Yaml {
    list(names.iter().map(|name| map([("name", text(name))])))
}
