//! Naming a pull secret in a workload, or in its ServiceAccount.

use super::change::{Change, Shared};
use super::object::{Kind, Object, Rolls};
use super::source::{Form, Source};
use super::yaml::{Yaml, list, map, text};
use super::{Place, recreate_pods, values};
use crate::evidence::workloads::{ServiceAccountSeen, Workload};
use crate::finding::Fix;
use crate::fix::shell::{literal, quoted};
use crate::plan::FixFormat;

/// How many workloads get commands of their own.
pub(crate) const WORKLOADS: usize = 5;

/// Names a pull secret that exists. In the workload it concerns that alone; in the ServiceAccount it reaches every pod
/// that is created from then on, and only workloads that name none themselves.
pub(crate) fn name_pull_secret(place: &Place<'_>, secret: &str) -> Vec<Fix> {
    if is_carried(place, secret) {
        // New pods get it: those that are there are older than the list.
        return new_pods(place.workload).into_iter().collect();
    }
    let mut in_account = in_account(place, secret);
    if !in_account.is_empty() {
        in_account.extend(new_pods(place.workload));
    }
    let object = Object::workload(place.workload);
    let is_made = Source { object, owners: &place.workload.owners }.controller().is_some();
    // To delete its pods is less than to make a Job anew.
    match is_made || object.kind().rolls() == Rolls::MadeAnew {
        true => in_account.into_iter().chain(by_itself(place, secret)).collect(),
        false => by_itself(place, secret).into_iter().chain(in_account).collect(),
    }
}

/// Names a pull secret for several workloads: once in the ServiceAccount that they share, and for each what gives its pods
/// the change; in the workload itself where that is not reached, or is written in another form.
pub(crate) fn name_pull_secret_in_all(places: &[Place<'_>], secret: &str) -> Vec<Fix> {
    if let [place] = places {
        return name_pull_secret(place, secret);
    }
    let shown = places.get(..WORKLOADS).unwrap_or(places);
    let is_reached = |place: &Place<'_>| is_carried(place, secret) || !in_account(place, secret).is_empty();
    let mut fixes: Vec<Fix> = Vec::new();
    for place in shown.iter().filter(|place| !is_reached(place) || form(place) != Form::Command) {
        fixes.extend(by_itself(place, secret));
    }
    for fix in
        shown.iter().filter(|place| !is_carried(place, secret)).flat_map(|place| in_account(place, secret))
    {
        let fix = and_others(fix, places.len());
        if !fixes.contains(&fix) {
            fixes.push(fix);
        }
    }
    let reached = shown.iter().filter(|place| is_reached(place));
    fixes.extend(reached.filter_map(|place| new_pods(place.workload)));
    fixes
}

/// Has pods made anew, where there are any: what is in a manifest alone has none yet.
fn new_pods(workload: &Workload) -> Option<Fix> {
    let source = Source { object: Object::workload(workload), owners: &workload.owners };
    (!source.is_planned()).then(|| recreate_pods(workload))
}

fn and_others(fix: Fix, count: usize) -> Fix {
    match count > WORKLOADS {
        true => {
            Fix { what: format!("{}; commands for the first {WORKLOADS} of {count} follow", fix.what), ..fix }
        }
        false => fix,
    }
}

fn form(place: &Place<'_>) -> Form {
    let object = Object::workload(place.workload);
    Source { object, owners: &place.workload.owners }.form(place.format)
}

/// Whether new pods get it from their ServiceAccount as things are.
fn is_carried(place: &Place<'_>, secret: &str) -> bool {
    let carries = |account: &ServiceAccountSeen| account.pull_secrets.iter().any(|name| name == secret);
    place.workload.pull_secrets.is_empty() && place.account.is_some_and(carries)
}

/// Names it in the workload itself, or shows where what makes the workload may name it.
fn by_itself(place: &Place<'_>, secret: &str) -> Vec<Fix> {
    let source = Source { object: Object::workload(place.workload), owners: &place.workload.owners };
    let Some(owner) = source.controller() else {
        let then = new_pods(place.workload).filter(|_| source.object.kind().rolls() == Rolls::NotByItself);
        return in_workload(place, secret, source).fixes(place.format).into_iter().chain(then).collect();
    };
    let what = format!(
        "shows whether the custom resource {}, from which {} is made, has a field for pull secrets to name \
         secret/{secret} in; a patch of {} is undone",
        owner.name, place.workload.name, place.workload.name
    );
    let kind = owner.name.as_str().split_once('/').map_or(owner.name.as_str(), |(kind, _)| kind);
    let command =
        format!("kubectl explain {} --recursive | grep -n -i pullsecret", quoted(&kind.to_lowercase()));
    vec![Fix::new(what, command)]
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
    let carried = place.account.map(|account| account.pull_secrets.as_slice());
    match (carried, account_format(place, name)) {
        (None, _) | (_, FixFormat::Kubectl) => {
            vec![add_to_account(&workload.namespace, name, carried, secret)]
        }
        (Some(carried), format) => {
            let short = format!("serviceaccount/{name}");
            let object = Object::of(&short, &workload.namespace);
            manifest(object, in_account_effect(&short, secret), &names(carried, secret)).fixes(format)
        }
    }
}

fn in_account_effect(short: &str, secret: &str) -> String {
    format!(
        "names secret/{secret} in {short}: every pod of it that is created from then on, and names none itself, gets it; \
         existing pods must be recreated"
    )
}

/// Adds a pull secret to those of a ServiceAccount. `carried`: those that it has; `None` where its list was not read.
pub(crate) fn add_to_account(namespace: &str, name: &str, carried: Option<&[String]>, secret: &str) -> Fix {
    let short = format!("serviceaccount/{name}");
    let command = match carried {
        None => add_to_unread(Object::of(&short, namespace), secret),
        Some(carried) => format!(
            "kubectl -n {namespace} patch {} --type=json -p {}",
            quoted(&short),
            literal(&added(!carried.is_empty(), secret).json())
        ),
    };
    Fix::new(in_account_effect(&short, secret), command)
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
