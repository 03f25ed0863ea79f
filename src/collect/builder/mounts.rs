//! What is at a path of a container, told from its mounts and the pod's volumes.

use super::DOCKER_CONFIG_JSON;
use crate::api::template::{Container, KeyToPath, PodSpec, Volume, VolumeMount};
use crate::plan::DockerConfigSource;
use crate::text::referenced_name;

/// What is at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A key of a Secret or ConfigMap; certain where the pod names the key.
    File {
        /// Which key of which object.
        source: DockerConfigSource,
        /// Whether the pod names the key. A volume without `items` has every key under its own name, and which
        /// those are the pod does not tell.
        certain: bool,
    },
    /// A place in a volume of another kind, which is filled when the pod runs.
    RunTime,
    /// Nothing that is mounted.
    Nothing,
}

/// A file that a mounted Secret becomes.
pub(super) struct File {
    /// Where it is.
    pub path: String,
    /// The Secret.
    pub secret: String,
    /// Its key.
    pub key: String,
    /// Whether the key is only supposed: the Secret is mounted whole.
    pub by_key: bool,
}

/// A Secret or ConfigMap in a volume.
struct Part<'a> {
    secret: &'a str,
    config_map: &'a str,
    items: &'a [KeyToPath],
}

/// What is at `path`: the mount with the longest path that holds it counts.
pub(super) fn origin(path: &str, container: &Container, spec: &PodSpec) -> Origin {
    let holding = |mount: &&VolumeMount| below(path, &mount.mount_path).is_some();
    let longest = container.volume_mounts.iter().filter(holding).max_by_key(|mount| mount.mount_path.len());
    let Some((mount, inside)) = longest.and_then(|mount| Some((mount, below(path, &mount.mount_path)?)))
    else {
        return Origin::Nothing;
    };
    let Some(volume) = spec.volumes.iter().find(|volume| volume.name == mount.name) else {
        return Origin::Nothing;
    };
    if !mount.sub_path_expr.is_empty() {
        return Origin::RunTime;
    }
    let inside = join(&mount.sub_path, inside);
    match parts(volume) {
        None => Origin::RunTime,
        Some(parts) => of_parts(path, &inside, &parts),
    }
}

/// The files that Secrets become in a container. Of a Secret that is mounted whole, the one that it has if it is
/// of the type `kubernetes.io/dockerconfigjson`.
pub(super) fn files(container: &Container, spec: &PodSpec) -> Vec<File> {
    let mut files = Vec::new();
    for mount in container.volume_mounts.iter().filter(|mount| mount.sub_path_expr.is_empty()) {
        let volume = spec.volumes.iter().find(|volume| volume.name == mount.name);
        for part in volume.and_then(parts).unwrap_or_default() {
            if !part.secret.is_empty() {
                files.extend(files_of(&part, mount));
            }
        }
    }
    files
}

fn files_of(part: &Part<'_>, mount: &VolumeMount) -> Vec<File> {
    let file = |key: &str, inside: &str, by_key: bool| {
        let rest = below(inside, &mount.sub_path)?;
        let path = join(mount.mount_path.trim_end_matches('/'), rest);
        Some(File { path, secret: referenced_name(part.secret), key: key.to_string(), by_key })
    };
    if part.items.is_empty() {
        // A subPath names the key.
        let named = mount.sub_path.trim_matches('/');
        let key = if named.is_empty() { DOCKER_CONFIG_JSON } else { named };
        return file(key, key, named.is_empty()).into_iter().collect();
    }
    part.items.iter().filter_map(|item| file(&item.key, &item.path, false)).collect()
}

fn of_parts(path: &str, inside: &str, parts: &[Part<'_>]) -> Origin {
    let source = |part: &Part<'_>, key: &str| DockerConfigSource {
        secret: if part.secret.is_empty() { String::new() } else { referenced_name(part.secret) },
        config_map: if part.config_map.is_empty() { String::new() } else { referenced_name(part.config_map) },
        key: key.to_string(),
        mounted_at: path.to_string(),
    };
    for part in parts {
        if let Some(item) = part.items.iter().find(|item| item.path.trim_matches('/') == inside) {
            return Origin::File { source: source(part, &item.key), certain: true };
        }
    }
    let whole =
        parts.iter().find(|part| part.items.is_empty() && !inside.is_empty() && !inside.contains('/'));
    match whole {
        // Only the type that pull secrets have makes this key, and it makes no other.
        Some(part) => Origin::File {
            source: source(part, inside),
            certain: inside == DOCKER_CONFIG_JSON || !part.config_map.is_empty(),
        },
        None => Origin::Nothing,
    }
}

/// The Secrets and ConfigMaps of a volume; `None` for a volume of another kind.
fn parts(volume: &Volume) -> Option<Vec<Part<'_>>> {
    if let Some(secret) = &volume.secret {
        return Some(vec![Part { secret: &secret.secret_name, config_map: "", items: &secret.items }]);
    }
    if let Some(map) = &volume.config_map {
        return Some(vec![Part { secret: "", config_map: &map.name, items: &map.items }]);
    }
    let sources = &volume.projected.as_ref()?.sources;
    let secrets = sources.iter().filter_map(|source| source.secret.as_ref());
    let maps = sources.iter().filter_map(|source| source.config_map.as_ref());
    Some(
        secrets
            .map(|one| Part { secret: &one.name, config_map: "", items: &one.items })
            .chain(maps.map(|one| Part { secret: "", config_map: &one.name, items: &one.items }))
            .collect(),
    )
}

/// What is left of `path` below `folder`; empty for the folder itself.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if rest.is_empty() || rest.starts_with('/') || folder.is_empty() {
        Some(rest.trim_matches('/'))
    } else {
        None
    }
}

fn join(folder: &str, rest: &str) -> String {
    match (folder.trim_end_matches('/'), rest) {
        ("", rest) => rest.to_string(),
        (folder, "") => folder.to_string(),
        (folder, rest) => format!("{folder}/{rest}"),
    }
}
