//! Which files each client reads, in its order.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Client;

/// Operating systems that put their files in different places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// Linux.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// What clients learn from their environment. It has no `Debug`: a variable may hold a whole configuration.
pub struct Env {
    /// Environment variables.
    pub vars: BTreeMap<String, String>,
    /// A docker configuration that the user names in place of Docker's own.
    pub docker_config: Option<PathBuf>,
    /// The user's home folder.
    pub home: PathBuf,
    /// The operating system.
    pub os: Os,
    /// The user's number, where there is one.
    pub uid: u32,
}

/// The variable that the Docker CLI (28.3 and later) reads a whole configuration from.
pub(super) const DOCKER_AUTH_CONFIG: &str = "DOCKER_AUTH_CONFIG";

/// The variables that are read; no others are kept.
const VARIABLES: &[&str] = &[
    "APPDATA",
    "DOCKER_CONFIG",
    DOCKER_AUTH_CONFIG,
    "HELM_CONFIG_HOME",
    "HELM_REGISTRY_CONFIG",
    "REGISTRY_AUTH_FILE",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
];

impl Env {
    /// This process's.
    pub fn current() -> Self {
        let os = if cfg!(target_os = "macos") {
            Os::MacOs
        } else if cfg!(windows) {
            Os::Windows
        } else {
            Os::Linux
        };
        let vars = VARIABLES.iter().filter_map(|name| Some((name.to_string(), std::env::var(name).ok()?)));
        Self {
            vars: vars.collect(),
            docker_config: None,
            home: std::env::home_dir().unwrap_or_default(),
            os,
            uid: uid(),
        }
    }

    /// An environment in which Docker has this configuration and nothing else.
    pub fn of_docker_config(file: PathBuf) -> Self {
        Self { vars: BTreeMap::new(), docker_config: Some(file), ..Self::current() }
    }

    /// A variable that is set to something.
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn folder(&self, name: &str) -> Option<PathBuf> {
        self.var(name).map(PathBuf::from)
    }

    /// `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json` (docker/cli `cli/config`).
    pub(super) fn docker(&self) -> PathBuf {
        if let Some(file) = &self.docker_config {
            return file.clone();
        }
        self.folder("DOCKER_CONFIG").unwrap_or_else(|| self.home.join(".docker")).join("config.json")
    }

    /// Where `podman login` writes when it is told nothing else (containers/image `getPathToAuthWithOS`).
    pub(super) fn podman_default(&self) -> PathBuf {
        match (self.os, self.folder("XDG_RUNTIME_DIR")) {
            (Os::MacOs | Os::Windows, _) => self.home.join(".config/containers/auth.json"),
            (Os::Linux, Some(folder)) => folder.join("containers/auth.json"),
            (Os::Linux, None) => PathBuf::from(format!("/run/containers/{}/auth.json", self.uid)),
        }
    }

    /// The files of containers/image 5 (`getAuthFilePaths`); one that the environment names excludes the others
    /// (containers/common `GetDefaultAuthFile`).
    fn podman(&self) -> Vec<PathBuf> {
        if let Some(file) = self.folder("REGISTRY_AUTH_FILE") {
            return vec![file];
        }
        if self.var("DOCKER_CONFIG").is_some() {
            return vec![self.docker()];
        }
        let config = self.folder("XDG_CONFIG_HOME").unwrap_or_else(|| self.home.join(".config"));
        let mut files = vec![
            self.podman_default(),
            config.join("containers/auth.json"),
            self.home.join(".docker/config.json"),
            self.home.join(".dockercfg"),
        ];
        files.dedup();
        files
    }

    /// Helm's own file (`helmpath.ConfigPath("registry/config.json")` in Helm 3 and 4).
    pub(super) fn helm(&self) -> PathBuf {
        if let Some(file) = self.folder("HELM_REGISTRY_CONFIG") {
            return file;
        }
        let own = self.folder("HELM_CONFIG_HOME");
        let shared = || self.folder("XDG_CONFIG_HOME").map(|folder| folder.join("helm"));
        let platform = || match self.os {
            Os::Linux => self.home.join(".config/helm"),
            Os::MacOs => self.home.join("Library/Preferences/helm"),
            Os::Windows => self.folder("APPDATA").unwrap_or_default().join("helm"),
        };
        own.or_else(shared).unwrap_or_else(platform).join("registry/config.json")
    }

    /// The files that a client reads, in its order.
    pub fn files(&self, client: Client) -> Vec<PathBuf> {
        match client {
            Client::Docker => vec![self.docker()],
            Client::Podman => self.podman(),
            Client::Helm => vec![self.helm(), self.docker()],
        }
    }
}

#[cfg(unix)]
fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(not(unix))]
fn uid() -> u32 {
    0
}
