//! Paths of a node whose root is mounted below a folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// Where a path of the node is below `root`. Links are followed as the node would: an absolute one starts at `root`
/// again, and none leads out of it. `None` where a link leads round in circles or cannot be read.
pub(super) fn below(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut links = 0;
    let mut real = PathBuf::new();
    let mut left: Vec<OsString> = parts(path);
    while let Some(part) = left.pop() {
        if part == ".." {
            real.pop();
            continue;
        }
        let next = real.join(&part);
        let full = root.join(&next);
        if !fs::symlink_metadata(&full).is_ok_and(|metadata| metadata.is_symlink()) {
            real = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return None;
        }
        let target = fs::read_link(&full).ok()?;
        if target.is_absolute() {
            real.clear();
        }
        left.extend(parts(&target));
    }
    Some(root.join(real))
}

/// The names in a path, the last first.
fn parts(path: &Path) -> Vec<OsString> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_os_string()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}
