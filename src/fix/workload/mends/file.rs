//! Secrets that builders mount as a docker configuration: the key is a file's name, and the type may be any.

use super::renew::{entries, login, put, written_by};
use crate::evidence::workloads::{PullSecret, PullSecretSeen};
use crate::finding::Fix;
use crate::fix::fix;
use crate::fix::shell::quoted;
use crate::registry::keyring::KEY_DOCKER_CONFIG_JSON;

/// Keys under which Secrets hold a docker configuration of the newer format.
const DOCKER_CONFIG_KEYS: [&str; 3] = [KEY_DOCKER_CONFIG_JSON, "config.json", "dockerconfigjson"];

/// A Secret that lacks the key `file`, or holds nothing of use under it.
pub(crate) fn renew_file(secret: &PullSecret, file: &str) -> Vec<Fix> {
    if let Some(at_source) = written_by(secret, "") {
        return vec![at_source];
    }
    let held = secret.seen().filter(|seen| !seen.has_key(file)).and_then(docker_config_key);
    held.map(|from| copy_key(secret, from, file)).into_iter().chain([fill(secret, file)]).collect()
}

/// A mounted Secret that does not exist and is to have the key `file`. `other`: a namespace that has one of its name.
pub(crate) fn missing_file(secret: &PullSecret, other: Option<&str>, file: &str) -> Vec<Fix> {
    let PullSecret { name, namespace, .. } = secret;
    let copy = other.map(|other| {
        fix(
            format!("copies it from namespace {other} without showing it, if it is meant for this one too"),
            format!("{} | kubectl -n {namespace} create -f -", entries(other, name)),
        )
    });
    let create = fix(
        format!("creates it from the docker config of a fresh login{}", login("")),
        format!("kubectl -n {namespace} {}", generic(name, file)),
    );
    copy.into_iter().chain([create]).collect()
}

/// The key under which a Secret holds a docker configuration of the newer format.
pub(crate) fn docker_config_key(seen: &PullSecretSeen) -> Option<&'static str> {
    DOCKER_CONFIG_KEYS.into_iter().find(|key| seen.has_key(key))
}

fn copy_key(secret: &PullSecret, from: &str, file: &str) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    let change = format!("{{data: {{\"{file}\": .data[\"{from}\"]}}}}");
    fix(
        format!(
            "gives it its key {from} as {file} too, without showing it; pods that start from then on have it"
        ),
        format!(
            "kubectl -n {namespace} get secret {name} -o json | jq {} | {}",
            quoted(&change),
            put(namespace, name)
        ),
    )
}

/// Without a type: that of a Secret cannot be changed, and only kubelets mind it.
fn fill(secret: &PullSecret, file: &str) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    fix(
        format!(
            "puts the docker config of a fresh login{} under its key {file} (with the entries of other registries, if \
             it has any); builders read it when they start",
            login("")
        ),
        format!(
            "kubectl -n {namespace} {} --dry-run=client -o yaml | {}",
            generic(name, file),
            put(namespace, name)
        ),
    )
}

fn generic(name: &str, file: &str) -> String {
    // The key alone is quoted: what follows a key and `=` looks like a credential, and would be removed as one.
    format!("create secret generic {name} --from-file={}=DOCKER_CONFIG.json", quoted(file))
}
