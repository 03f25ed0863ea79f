//! What is at a path of a container: which key of which Secret, or what else is mounted there.

use super::objects::{Object, Objects, Reference};
use super::wire::{Container, Volume};
use crate::api::template::{KeyToPath, VolumeMount};
use crate::evidence::harbor::KeyMount;
use crate::text::{Clean, referenced_name};

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A key of a Secret or a ConfigMap.
    Key {
        /// The object.
        object: Reference,
        /// The key of its data.
        key: String,
        /// Whether by `subPath`.
        sub_path: bool,
    },
    /// Something else: a volume of another kind, or one that cannot be told from outside.
    Other(String),
    /// Nothing that is mounted.
    Nothing,
}

impl Origin {
    /// As evidence.
    pub fn as_key_mount(&self) -> KeyMount {
        match self {
            Self::Key { object, key, sub_path } if *object == Reference::secret(&object.name) => {
                KeyMount::Secret { name: object.name.clone(), key: key.clone(), sub_path: *sub_path }
            }
            Self::Key { object, .. } => KeyMount::Other { source: object.to_string() },
            Self::Other(source) => KeyMount::Other { source: source.clone() },
            Self::Nothing => KeyMount::Nothing,
        }
    }
}

/// One object of a volume.
struct Part<'a> {
    object: Reference,
    items: &'a [KeyToPath],
}

/// What is at an absolute path: the mount with the longest path that holds it counts, and of two at the same path the
/// later one, which lies over the other.
pub(super) fn origin(path: &str, container: &Container, volumes: &[Volume], objects: &Objects) -> Origin {
    let path = normal(path);
    let holding =
        container.volume_mounts.iter().filter_map(|mount| Some((mount, below(&path, &mount.mount_path)?)));
    let Some((mount, rest)) = holding.max_by_key(|(mount, _)| normal(&mount.mount_path).len()) else {
        return Origin::Nothing;
    };
    let Some(volume) = volumes.iter().find(|volume| volume.known.name == mount.name) else {
        return Origin::Nothing;
    };
    let Some(parts) = parts(volume) else { return Origin::Other(kind(volume)) };
    if !mount.sub_path_expr.is_empty() {
        return Origin::Other(format!("{} by subPathExpr", kind(volume)));
    }
    in_parts(&inside(mount, &rest), &parts, objects, !mount.sub_path.is_empty())
}

/// The path in the volume.
fn inside(mount: &VolumeMount, rest: &str) -> String {
    normal(&format!("{}/{rest}", mount.sub_path)).trim_start_matches('/').to_string()
}

fn in_parts(inside: &str, parts: &[Part<'_>], objects: &Objects, sub_path: bool) -> Origin {
    if inside.is_empty() {
        // The path itself is a folder, so that there is no file to read.
        let all: Vec<String> = parts.iter().map(|part| part.object.to_string()).collect();
        return Origin::Other(format!("{} as a folder", all.join(" and ")));
    }
    let key = |part: &Part<'_>, key: &str| Origin::Key {
        object: part.object.clone(),
        key: Clean::with_cap(key, 253).to_string(),
        sub_path,
    };
    // Of several sources in one folder the later ones write over the earlier ones.
    for part in parts.iter().rev() {
        let item = part.items.iter().find(|item| normal(&item.path).trim_start_matches('/') == inside);
        if let Some(item) = item {
            return key(part, &item.key);
        }
        let whole = part.items.is_empty() && !inside.contains('/');
        // A single source is taken at its word; of several, one that is known not to have the key is passed over.
        let has = |object: &Object| object.get(inside).is_some();
        if whole && (parts.len() == 1 || objects.get(&part.object).map_or(true, has)) {
            return key(part, inside);
        }
    }
    Origin::Nothing
}

/// The Secrets and ConfigMaps of a volume; `None` for a volume of another kind.
fn parts(volume: &Volume) -> Option<Vec<Part<'_>>> {
    let known = &volume.known;
    if let Some(secret) = &known.secret {
        return Some(vec![Part { object: Reference::secret(&secret.secret_name), items: &secret.items }]);
    }
    if let Some(map) = &known.config_map {
        return Some(vec![Part { object: Reference::config_map(&map.name), items: &map.items }]);
    }
    let sources = known.projected.as_ref()?.sources.iter().filter_map(|source| {
        let secret = source.secret.as_ref().map(|one| (Reference::secret(&one.name), &one.items));
        let map = || source.config_map.as_ref().map(|one| (Reference::config_map(&one.name), &one.items));
        secret.or_else(map).map(|(object, items)| Part { object, items })
    });
    Some(sources.collect())
}

/// The objects that a path may come from: of all volumes that are mounted at it or above.
pub(super) fn candidates(path: &str, container: &Container, volumes: &[Volume]) -> Vec<Reference> {
    let path = normal(path);
    let mounts = container.volume_mounts.iter().filter(|mount| below(&path, &mount.mount_path).is_some());
    let mounted = mounts.filter_map(|mount| volumes.iter().find(|volume| volume.known.name == mount.name));
    mounted.filter_map(parts).flatten().map(|part| part.object).collect()
}

/// A volume in words.
fn kind(volume: &Volume) -> String {
    let parts = parts(volume).unwrap_or_default();
    if let Some(part) = parts.first() {
        return part.object.to_string();
    }
    match volume {
        Volume { csi: Some(csi), .. } => format!("csi/{}", Clean::with_cap(&csi.driver, 128)),
        Volume { persistent_volume_claim: Some(claim), .. } => {
            format!("persistentvolumeclaim/{}", referenced_name(&claim.claim_name))
        }
        Volume { empty_dir: Some(_), .. } => "emptyDir".into(),
        Volume { host_path: Some(_), .. } => "hostPath".into(),
        _ => format!("volume {}", Clean::with_cap(&volume.known.name, 64)),
    }
}

/// An absolute path without empty, `.` and `..` parts.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// What is left of a normal path below a folder; empty for the folder itself.
fn below(path: &str, folder: &str) -> Option<String> {
    match normal(folder).as_str() {
        "/" => Some(path.trim_start_matches('/').to_string()),
        folder => {
            let rest = path.strip_prefix(folder)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').to_string())
        }
    }
}
