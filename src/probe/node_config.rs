//! What the node's own configuration says of a registry: trust, hosts file, and containerd's registry hosts.
//!
//! containerd reads `certs.d/HOST/hosts.toml` at each pull (containerd 2.4, `core/remotes/docker/config/hosts.go`
//! and docs/hosts.md): the `[host."URL"]` sections in their order, then `server`. A section's keys are the top
//! level's, too. Without a `hosts.toml` the folder's `*.crt` are trusted, as Docker's are.
//!
//! What is not the node's: a `ca` counts for the whole probe and not for its host alone; `skip_verify` and `client`
//! are not followed, since no credential is sent where a certificate proves nothing; `config_path` is taken to be
//! `/etc/containerd/certs.d`, and of the node nothing outside `/etc` is seen. So what the probe says of trust is
//! never certain by this alone: the kubelet's own pull decides.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::node_root::below;
use crate::registry::transport::{BUNDLES, Origin, Settings, Target};

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The node's configuration below a folder that stands for the node's root.
pub struct NodeConfig {
    root: PathBuf,
}

/// A host that containerd asks in a registry's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Where it is.
    pub origin: Origin,
    /// What stands before the repository's path, such as `/v2` or `/v2/proxy`, without a slash at its end.
    pub prefix: String,
}

/// The hosts that containerd asks for pulls from a registry, each until the image comes from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Those that come before the registry, in order.
    pub mirrors: Vec<Mirror>,
    /// What stands for the registry itself and comes last; absent: the registry
    /// (`ConfigureHosts` in containerd 2.4, `core/remotes/docker/config/hosts.go`).
    pub server: Option<Mirror>,
}

/// One section of a `hosts.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Section {
    capabilities: Option<Vec<String>>,
    ca: Paths,
    override_path: bool,
}

/// A file, or several.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Paths {
    #[default]
    None,
    One(PathBuf),
    Several(Vec<PathBuf>),
}

impl Paths {
    fn iter(&self) -> impl Iterator<Item = &Path> {
        let paths = match self {
            Self::None => &[],
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths.as_slice(),
        };
        paths.iter().map(PathBuf::as_path)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HostsToml {
    server: Option<String>,
    #[serde(flatten)]
    top: Section,
    host: HostSections,
}

/// `[host."URL"]` sections in their order, which counts.
#[derive(Debug, Default)]
struct HostSections(Vec<(String, Section)>);

impl<'de> Deserialize<'de> for HostSections {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = HostSections;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("sections of hosts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HostSections, A::Error> {
                let mut hosts = Vec::new();
                while let Some(host) = map.next_key()? {
                    hosts.push((host, map.next_value()?));
                }
                Ok(HostSections(hosts))
            }

            fn visit_unit<E>(self) -> Result<HostSections, E> {
                let _ = IgnoredAny;
                Ok(HostSections::default())
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl NodeConfig {
    /// The configuration below `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Gives a transport what the node's runtime has: its CA bundle and hosts file.
    pub fn apply(&self, settings: &mut Settings) {
        // As with Go, the first bundle that is there counts, and what is odd in it is left out.
        if let Some(bundle) = BUNDLES.iter().filter_map(|file| self.file(file)).next() {
            settings.roots.add_file_as_it_is(&bundle);
        }
        if let Some(hosts) = self.file("etc/hosts") {
            settings.hosts_file = hosts;
        }
    }

    /// A file of the node.
    fn file(&self, path: impl AsRef<Path>) -> Option<PathBuf> {
        below(&self.root, path.as_ref()).filter(|file| file.is_file())
    }

    /// The hosts that containerd asks for pulls from `registry`; its own certificates are added to the roots. None
    /// but the registry where nothing is configured, or it cannot be read.
    pub fn hosts(&self, registry: &str, settings: &mut Settings) -> Hosts {
        let Some(folder) = self.folder(registry) else { return Hosts::default() };
        let config = self.hosts_toml(&folder);
        // containerd 2 looks at them where there is no `hosts.toml`, 1.6 also beside one without `[host]` sections.
        if config.as_ref().is_none_or(|config| config.host.0.is_empty()) {
            self.add_loose_certificates(&folder, settings);
        }
        let Some(config) = config else { return Hosts::default() };
        let mut mirrors = Vec::new();
        for (url, section) in &config.host.0 {
            self.add_authorities(&folder, section, settings);
            let pulls = section
                .capabilities
                .as_ref()
                .is_none_or(|all| all.iter().any(|capability| capability == "pull"));
            mirrors.extend(mirror(url, section.override_path).filter(|_| pulls));
        }
        self.add_authorities(&folder, &config.top, settings);
        let server = config.server.as_deref().and_then(|url| mirror(url, config.top.override_path));
        Hosts { mirrors, server }
    }

    /// The first folder that containerd looks into (`hostPaths` of the file above), as a path of the node.
    fn folder(&self, registry: &str) -> Option<PathBuf> {
        let folder = Path::new("etc/containerd/certs.d");
        let underlined = registry.rsplit_once(':').map(|(host, port)| format!("{host}_{port}_"));
        let names = underlined.into_iter().chain([registry.to_string(), "_default".to_string()]);
        let is_there = |folder: &PathBuf| below(&self.root, folder).is_some_and(|real| real.is_dir());
        names.map(|name| folder.join(name)).find(is_there)
    }

    fn hosts_toml(&self, folder: &Path) -> Option<HostsToml> {
        let file = self.file(folder.join("hosts.toml"))?;
        if fs::metadata(&file).ok()?.len() > MAX_FILE {
            return None;
        }
        toml::from_str(&fs::read_to_string(file).ok()?).ok()
    }

    /// `loadCertFiles` of the file above.
    fn add_loose_certificates(&self, folder: &Path, settings: &mut Settings) {
        let Some(entries) = below(&self.root, folder).and_then(|real| fs::read_dir(real).ok()) else {
            return;
        };
        let names = entries.flatten().map(|entry| PathBuf::from(entry.file_name()));
        for name in names.filter(|name| name.extension().is_some_and(|extension| extension == "crt")) {
            self.add_authority(&folder.join(name), settings);
        }
    }

    fn add_authorities(&self, folder: &Path, section: &Section, settings: &mut Settings) {
        for path in section.ca.iter() {
            self.add_authority(&folder.join(path), settings);
        }
    }

    /// What cannot be read the node has not got either.
    fn add_authority(&self, path: &Path, settings: &mut Settings) {
        if let Some(file) = self.file(path) {
            settings.roots.add_file_as_it_is(&file);
        }
    }
}

/// A URL of `hosts.toml`: without a scheme it is HTTPS, and `/v2` is put behind its path unless that is overridden.
fn mirror(url: &str, override_path: bool) -> Option<Mirror> {
    let url = if url.contains("://") { url.to_string() } else { format!("https://{url}") };
    let target = Target::parse(&url).ok()?;
    let path = target.path.path().trim_end_matches('/');
    let prefix = match override_path || path.ends_with("/v2") {
        true => path.to_string(),
        false => format!("{path}/v2"),
    };
    Some(Mirror { origin: target.origin, prefix })
}

#[cfg(test)]
#[path = "node_config_tests.rs"]
mod tests;
