//! Commands that remove a credential from the store that holds it.

use std::path::Path;

use super::helper::{is_made_at_call, program};
use super::places::{DOCKER_AUTH_CONFIG, Env, Os};
use super::{Client, Place, StoreEntry};
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::registry::docker_config::client::{DOCKER_INDEX, hostname};
use crate::text::Clean;

/// How an entry is removed, the usual way first.
pub(super) fn commands(entry: &StoreEntry, env: &Env) -> Vec<Fix> {
    match &entry.place {
        Place::Variable(_) => vec![fix(
            "takes the credential out of this shell's environment; unset it where it is set, too",
            format!("unset {DOCKER_AUTH_CONFIG}"),
        )],
        Place::File(path) => in_file(entry, path, env),
        Place::Helper(name) if is_made_at_call(name) => vec![fix(
            format!(
                "{} keeps nothing: it makes a credential of the identity that this machine has in the cloud, which must be renewed there; this line in the file names it",
                program(name)
            ),
            format!("grep -n {} {}", quoted(name), quoted_path(entry.configured_in.as_deref())),
        )],
        Place::Helper(name) => in_helper(entry, name, env),
    }
}

fn in_file(entry: &StoreEntry, path: &Path, env: &Env) -> Vec<Fix> {
    let what = || format!("removes the credential from {}", Clean::new(&path.display().to_string()));
    if path == env.helm() && path != env.docker() {
        return vec![fix(what(), helm(&entry.key))];
    }
    if path == env.docker() {
        return vec![in_docker_config(entry, path, env, what())];
    }
    if path.file_name().is_some_and(|name| name == ".dockercfg") {
        let by_hand = format!(
            "no logout reaches {}: take the entry out by hand",
            Clean::new(&path.display().to_string())
        );
        return vec![fix(by_hand, format!("${{EDITOR:-vi}} {}", quoted_path(Some(path))))];
    }
    let file = if path == env.podman_default() && env.var("REGISTRY_AUTH_FILE").is_none() {
        String::new()
    } else {
        format!("--authfile {} ", quoted_path(Some(path)))
    };
    vec![fix(what(), format!("podman logout {file}{}", quoted(&entry.key)))]
}

/// Docker takes a folder whose file has its usual name; of another file an entry is taken out by hand.
fn in_docker_config(entry: &StoreEntry, path: &Path, env: &Env, what: String) -> Fix {
    match (&env.docker_config, path.parent(), path.file_name()) {
        (None, _, _) => fix(what, docker(&entry.key)),
        (Some(_), Some(folder), Some(name)) if name == "config.json" => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let logout = docker(&entry.key).replacen(
                "docker",
                &format!("docker --config {}", quoted_path(Some(folder))),
                1,
            );
            fix(what, logout)
        }
        _ => fix(
            format!("{what}: take the entry out by hand"),
            format!("${{EDITOR:-vi}} {}", quoted_path(Some(path))),
        ),
    }
}

fn in_helper(entry: &StoreEntry, name: &str, env: &Env) -> Vec<Fix> {
    let what = format!("removes the credential from {}", program(name));
    let command = match entry.client {
        Client::Helm if entry.configured_in.as_deref() == Some(&*env.helm()) => helm(&entry.key),
        Client::Docker | Client::Helm => docker(&entry.key),
        Client::Podman => format!("podman logout {}", quoted(&entry.key)),
    };
    let mut fixes = vec![fix(what, command)];
    fixes.push(fix(
        "the same without the client",
        format!("printf %s {} | {} erase", quoted(&entry.key), quoted(&program(name))),
    ));
    if name == "osxkeychain" || (name == "desktop" && env.os == Os::MacOs) {
        fixes.push(fix(
            "macOS only: removes the entry from the Keychain",
            format!("security delete-internet-password -s {}", quoted(hostname(&entry.key))),
        ));
    }
    fixes
}

/// `docker logout` takes a key as it is written, and Docker Hub's without a name.
fn docker(key: &str) -> String {
    if key == DOCKER_INDEX { "docker logout".into() } else { format!("docker logout {}", quoted(key)) }
}

/// Helm turns `docker.io` into Docker Hub's key.
fn helm(key: &str) -> String {
    let key = if key == DOCKER_INDEX { "docker.io" } else { key };
    format!("helm registry logout {}", quoted(key))
}

fn quoted_path(path: Option<&Path>) -> String {
    quoted(&path.map(|path| path.display().to_string()).unwrap_or_default())
}

fn fix(what: impl Into<String>, command: String) -> Fix {
    Fix { what: what.into(), command }
}
