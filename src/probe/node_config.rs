//! What the node's own configuration says of a registry: trust, hosts file, and containerd's registry hosts.
//!
//! containerd reads `certs.d/HOST/hosts.toml` at each pull (containerd 2.4, `core/remotes/docker/config/hosts.go`
//! and docs/hosts.md): the `[host."URL"]` sections in their order, then `server`. A section's keys are the top
//! level's, too.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::registry::transport::{Origin, Settings, Target};

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// Where Go programs look for a CA bundle (crypto/x509, `root_linux.go`, Go 1.26).
const BUNDLES: [&str; 6] = [
    "etc/ssl/certs/ca-certificates.crt",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/ssl/ca-bundle.pem",
    "etc/pki/tls/cacert.pem",
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "etc/ssl/cert.pem",
];

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
        for bundle in BUNDLES {
            let file = self.root.join(bundle);
            if file.is_file() {
                // A bundle that cannot be read is one that the node has not got either.
                let _ = settings.roots.add_file(&file);
            }
        }
        let hosts = self.root.join("etc/hosts");
        if hosts.is_file() {
            settings.hosts_file = hosts;
        }
    }

    /// The hosts that containerd asks for pulls from `registry`; its own certificates are added to the roots. None
    /// but the registry where nothing is configured, or it cannot be read.
    pub fn hosts(&self, registry: &str, settings: &mut Settings) -> Hosts {
        let Some((folder, config)) = self.hosts_toml(registry) else { return Hosts::default() };
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

    /// The first folder that containerd looks into, with its `hosts.toml` (`hostPaths` of the file above).
    fn hosts_toml(&self, registry: &str) -> Option<(PathBuf, HostsToml)> {
        let folder = self.root.join("etc/containerd/certs.d");
        let underlined = registry.rsplit_once(':').map(|(host, port)| format!("{host}_{port}_"));
        let names = underlined.into_iter().chain([registry.to_string(), "_default".to_string()]);
        let found = names.map(|name| folder.join(name)).find(|folder| folder.is_dir())?;
        let file = found.join("hosts.toml");
        if fs::metadata(&file).ok()?.len() > MAX_FILE {
            return None;
        }
        let config = toml::from_str(&fs::read_to_string(file).ok()?).ok()?;
        Some((found, config))
    }

    fn add_authorities(&self, folder: &Path, section: &Section, settings: &mut Settings) {
        for path in section.ca.iter() {
            let file = match path.strip_prefix("/") {
                Ok(absolute) => self.root.join(absolute),
                Err(_) => folder.join(path),
            };
            let _ = settings.roots.add_file(&file);
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
mod tests {
    use super::*;
    use crate::evidence::endpoint::Scheme;

    fn node(files: &[(&str, &str)]) -> (tempdir::Dir, NodeConfig) {
        let dir = tempdir::Dir::new();
        for (name, text) in files {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let config = NodeConfig::new(dir.path().to_path_buf());
        (dir, config)
    }

    /// A folder that is gone afterwards.
    mod tempdir {
        use std::path::{Path, PathBuf};
        use std::sync::atomic::{AtomicU32, Ordering};

        static NEXT: AtomicU32 = AtomicU32::new(0);

        pub struct Dir(PathBuf);

        impl Dir {
            pub fn new() -> Self {
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let path = std::env::temp_dir().join(format!("regauth-node-{}-{number}", std::process::id()));
                std::fs::create_dir_all(&path).unwrap();
                Self(path)
            }

            pub fn path(&self) -> &Path {
                &self.0
            }
        }

        impl Drop for Dir {
            fn drop(&mut self) {
                let _ = std::fs::remove_dir_all(&self.0);
            }
        }
    }

    fn origins(text: &str) -> Vec<(String, String)> {
        let (_dir, config) = node(&[("etc/containerd/certs.d/r.example:5000/hosts.toml", text)]);
        let hosts = config.hosts("r.example:5000", &mut Settings::bare());
        hosts.mirrors.into_iter().chain(hosts.server).map(|mirror| (mirror.origin.to_string(), mirror.prefix)).collect()
    }

    #[test]
    fn mirrors_come_in_the_order_of_their_sections_and_the_server_last() {
        let text = r#"
            server = "https://r.example:5000"
            [host."https://z.example/v2/proxy"]
              capabilities = ["pull", "resolve"]
              override_path = true
            [host."http://a.example:8080"]
            [host."https://push.example"]
              capabilities = ["push"]
        "#;
        let wanted = [
            ("https://z.example", "/v2/proxy"),
            ("http://a.example:8080", "/v2"),
            ("https://r.example:5000", "/v2"),
        ];
        let wanted: Vec<_> = wanted.map(|(origin, prefix)| (origin.to_string(), prefix.to_string())).into();
        assert_eq!(origins(text), wanted);
    }

    #[test]
    fn without_a_server_the_registry_itself_comes_last() {
        let text = "[host.\"https://m.example\"]\n";
        let (_dir, config) = node(&[("etc/containerd/certs.d/r.example/hosts.toml", text)]);
        let hosts = config.hosts("r.example", &mut Settings::bare());
        assert_eq!((hosts.mirrors.len(), hosts.server), (1, None));
    }

    #[test]
    fn a_host_without_scheme_is_https() {
        assert_eq!(origins("server = \"m.example\"").len(), 1);
        assert_eq!(mirror("m.example", false).unwrap().origin.scheme(), Scheme::Https);
    }

    #[test]
    fn a_file_that_is_no_toml_says_nothing() {
        assert_eq!(origins("server = "), []);
        assert_eq!(origins("[host]\n"), []);
    }

    #[test]
    fn the_nodes_hosts_file_is_used_where_there_is_one() {
        let (_dir, config) = node(&[("etc/hosts", "192.0.2.1 r.example\n")]);
        let mut settings = Settings::bare();
        config.apply(&mut settings);
        assert!(
            settings.hosts_file.ends_with("etc/hosts")
                && settings.hosts_file.starts_with(std::env::temp_dir())
        );
        let (_dir, config) = node(&[]);
        let mut settings = Settings::bare();
        config.apply(&mut settings);
        assert_eq!(settings.hosts_file, Path::new("/etc/hosts"));
    }
}
