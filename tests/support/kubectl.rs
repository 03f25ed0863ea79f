//! The real kubectl.

use std::fs;
use std::path::PathBuf;

/// That of `KUBECTL`, of PATH, or one that the test cluster was built with.
pub fn find() -> Option<PathBuf> {
    let named = std::env::var_os("KUBECTL").map(PathBuf::from);
    named.or_else(on_path).or_else(built)
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("kubectl")).find(|file| file.is_file())
}

fn built() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(std::env::home_dir()?.join(".cache")))?;
    let usual = cache.join("kubectl-regauth/cluster");
    let built = std::env::var_os("REGAUTH_CLUSTER_CACHE").map_or(usual, PathBuf::from);
    let folders = fs::read_dir(built).ok()?.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        folders.map(|folder| folder.join("kubectl")).filter(|file| file.is_file()).collect();
    found.sort();
    found.pop()
}
