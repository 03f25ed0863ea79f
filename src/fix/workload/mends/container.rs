//! Changes of one container.

use serde_json::Value;

use super::change::{MADE_ANEW, made_anew};
use super::object::{Kind, Object, Rolls};
use super::yaml::Yaml;
use super::{Place, in_source, recreate_pods};
use crate::finding::Fix;
use crate::fix::shell::quoted;

/// A field of a container, and what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Its image, which the reader names.
    Image,
    /// `imagePullPolicy`, so that the node pulls what it lacks.
    PullPolicy,
}

/// Changes a field of a container: in place where the API server takes that, else with the object made anew.
pub(crate) fn change_container(place: &Place<'_>, container: &str, field: Field) -> Vec<Fix> {
    let object = Object::workload(place.workload);
    let what = match field {
        Field::Image => format!("gives the container {container} an image by its right name"),
        Field::PullPolicy => {
            format!(
                "to have the node pull it: sets imagePullPolicy of the container {container} to IfNotPresent"
            )
        }
    };
    if let Some(fix) = in_source(place, &what) {
        return vec![fix];
    }
    // Of a pod the image alone may change, of a Job's template nothing (validation in k8s.io/kubernetes, 1.36).
    let is_fixed = object.kind() == Kind::Job || object.kind() == Kind::Pod && field != Field::Image;
    if is_fixed {
        let program = program(object, container, field);
        let command = made_anew(object, Some(&program), &Yaml::Map(Vec::new()));
        return vec![Fix::new(format!("{what}: {MADE_ANEW}"), command)];
    }
    let (namespace, short) = (quoted(object.namespace), quoted(object.short));
    let command = match field {
        Field::Image => format!("kubectl -n {namespace} set image {short} {}=IMAGE", quoted(container)),
        Field::PullPolicy => format!("kubectl -n {namespace} edit {short}"),
    };
    let then = (object.kind().rolls() == Rolls::NotByItself).then(|| recreate_pods(place.workload));
    std::iter::once(Fix::new(what, command)).chain(then).collect()
}

/// Whether the container is an init container is not known here, and a patch of the wrong list would add one.
fn program(object: Object<'_>, container: &str, field: Field) -> String {
    let (key, value) = match field {
        Field::Image => ("image", "IMAGE"),
        Field::PullPolicy => ("imagePullPolicy", "IfNotPresent"),
    };
    let pod = object.kind().pod_spec().join(".");
    format!(
        "(.{pod}.initContainers[]?, .{pod}.containers[]) |= if .name == {} then .{key} = \"{value}\" else . end",
        Value::from(container)
    )
}
