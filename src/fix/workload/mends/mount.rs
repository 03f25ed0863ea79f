//! Giving a builder its docker configuration.

use super::change::Change;
use super::object::{Kind, Object, Rolls};
use super::source::Source;
use super::yaml::{Yaml, list, map, text};
use super::{Place, values};
use crate::evidence::builder::BuilderConfig;
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{fix, mounted_at};
use crate::plan::FixFormat;

/// The volume that the mend adds.
const VOLUME: &str = "docker-config-json";

/// Mounts a Secret's docker configuration as the file that a builder's program reads. `secret`: its name and the key that
/// holds it; a name that is empty is for the reader to fill in.
pub(crate) fn mount_docker_config(
    place: &Place<'_>,
    builder: &BuilderConfig,
    file: &str,
    (secret, key): (&str, &str),
) -> Vec<Fix> {
    let source = Source { object: Object::workload(place.workload), owners: &place.workload.owners };
    let object = source.object;
    let secret = if secret.is_empty() { "SECRET" } else { secret };
    let is_made_by_code = object.kind() == Kind::Pod && place.format == FixFormat::Kubectl;
    if is_made_by_code || source.controller().is_some() {
        return vec![fix(
            format!(
                "shows what the builder mounts; in what creates it, mount the key {key} of \
                 secret/{secret} at {file}"
            ),
            format!("kubectl -n {} get {} -o yaml", object.namespace, quoted(object.short)),
        )];
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    let (path, part) = mounted_at(file);
    let item = map([("key", text(key)), ("path", text(name))]);
    let content = map([("secretName", text(secret)), ("items", list([item]))]);
    let volume = map([("name", text(VOLUME)), ("secret", content)]);
    let mount = map([("name", text(VOLUME)), ("mountPath", text(path)), ("readOnly", Yaml::True)]);
    let mount = match part {
        Some(part) => mount.merged(map([("subPath", text(part))])),
        None => mount,
    };
    let values = values::volume(&volume, &mount);
    let containers = if builder.init { "initContainers" } else { "containers" };
    let container = map([("name", text(&builder.container)), ("volumeMounts", list([mount]))]);
    let pod = map([("volumes", list([volume])), (containers, list([container]))]);
    let then = match object.kind().rolls() {
        Rolls::AtOnce => ", which replaces its pods",
        Rolls::AtNextRun => ", from its next run on",
        Rolls::NotByItself => "; existing pods must be deleted, so that new ones are made",
        Rolls::MadeAnew => "",
    };
    let change = Change {
        source,
        effect: format!(
            "mounts the key {key} of secret/{secret} at {file} in the container {} of {}{then}",
            builder.container, object.short
        ),
        patch: pod.under(object.kind().pod_spec()),
        values,
        value_names: "volume",
        shared: None,
    };
    change.fixes(place.format)
}
