//! How each client looks for an image's credential.

use std::io;
use std::path::Path;

use super::file::content;
use super::helper::{Given, Helpers};
use super::places::{DOCKER_AUTH_CONFIG, Env, Os};
use super::{Client, Lookup, Place, Problem, ReadFile, StoreEntry, faults};
use crate::registry::docker_config::client::{DOCKER_INDEX, Login, Source};
use crate::registry::docker_config::{self, DockerConfig, Entry};
use crate::registry::reference::Reference;

/// What a client has for an image.
pub(super) fn lookup(client: Client, image: &Reference, env: &Env, helpers: &dyn Helpers) -> Lookup {
    let found = Lookup {
        client,
        files: Vec::new(),
        entries: Vec::new(),
        empty: Vec::new(),
        failed: Vec::new(),
        stopped: false,
    };
    let mut search = Search { image, env, helpers, found };
    match client {
        Client::Docker => search.docker(),
        Client::Podman => search.podman(),
        Client::Helm => search.helm(),
    }
    search.found
}

struct Search<'a> {
    image: &'a Reference,
    env: &'a Env,
    helpers: &'a dyn Helpers,
    found: Lookup,
}

impl Search<'_> {
    /// The host as clients ask for it. Docker's own registry has two names.
    fn registry(&self) -> &str {
        if self.image.registry() == "registry-1.docker.io" { "docker.io" } else { self.image.registry() }
    }

    /// The name of the registry in Docker's stores.
    fn server(&self) -> String {
        if self.registry() == "docker.io" { DOCKER_INDEX.into() } else { self.registry().into() }
    }

    /// docker/cli 28: the variable, then a helper or else the file. What is broken is passed over.
    fn docker(&mut self) {
        if let Some(text) = self.env.var(DOCKER_AUTH_CONFIG) {
            let config = docker_config::parse(text.as_bytes()).ok();
            let sound = config.filter(|config| faults::of_file(Client::Docker, config).is_none());
            let config = sound.unwrap_or_default();
            // In the variable only the exact key counts.
            if let Some(entry) = config.entry(&self.server()) {
                self.add(Place::Variable(DOCKER_AUTH_CONFIG), None, entry);
            }
        }
        let path = self.env.docker();
        if let Some(config) = self.read(&path, false) {
            self.by_docker(&path, &config);
        }
    }

    /// oras-go 2, which Helm 3 and 4 use: its own file or the system's store, then Docker's; an error ends it.
    fn helm(&mut self) {
        let (own, docker) = (self.env.helm(), self.env.docker());
        let config = self.read(&own, false);
        if self.stops() {
            return;
        }
        let config = config.unwrap_or_default();
        let configured =
            config.creds_store.is_some() || !config.cred_helpers.is_empty() || !config.entries.is_empty();
        match (configured, self.system_store()) {
            (false, Some(store)) => self.ask(&own, store),
            _ => self.by_docker(&own, &config),
        }
        if self.stops() {
            return;
        }
        if let Some(config) = self.read(&docker, false) {
            self.by_docker(&docker, &config);
        }
        self.stops();
    }

    /// A client that ends at an error, unless it had a credential before.
    fn stops(&mut self) -> bool {
        let broken = self.found.files.iter().any(|file| file.problem.is_some());
        let failed = broken || !self.found.failed.is_empty();
        self.found.stopped = failed && self.found.entries.is_empty();
        failed
    }

    /// The helper that oras-go falls back to when nothing is configured, if it is installed.
    fn system_store(&self) -> Option<&'static str> {
        let name = match self.env.os {
            Os::MacOs => "osxkeychain",
            Os::Windows => "wincred",
            Os::Linux if self.helpers.has("pass") => "pass",
            Os::Linux => "secretservice",
        };
        self.helpers.has(&format!("docker-credential-{name}")).then_some(name)
    }

    /// containers/image 5: each file in turn; in each the registry's helper, else the longest key. It reads no
    /// `credsStore`.
    fn podman(&mut self) {
        for path in self.env.files(Client::Podman) {
            let legacy = path.file_name().is_some_and(|name| name == ".dockercfg");
            let Some(config) = self.read(&path, legacy) else {
                if self.stops() {
                    return;
                }
                continue;
            };
            if let Some(helper) = config.cred_helpers.get(self.registry()) {
                let server = self.registry().to_string();
                self.ask_for(&path, helper, &server);
                if self.stops() {
                    return;
                }
                continue;
            }
            self.by_longest_key(&path, &config, legacy);
            if self.stops() {
                return;
            }
        }
    }

    fn by_longest_key(&mut self, path: &Path, config: &DockerConfig, legacy: bool) {
        let registry = self.registry().to_string();
        let keys = if legacy { vec![registry.clone()] } else { namespaces(&registry, self.image.path()) };
        let exact = keys.iter().filter_map(|key| config.entry(key));
        let normal = config.entries.iter().filter(|entry| {
            !keys.contains(&entry.key) && normalized(&entry.key, legacy) == normalized_host(&registry)
        });
        let mut matching = exact.chain(normal);
        let Some(first) = matching.next() else { return };
        self.add(Place::File(path.into()), Some(path), first);
        // An empty first one hides the others of its file: the next file is looked at.
        if matches!(first.client_login(), Ok(Login::None) | Err(_)) {
            return;
        }
        for entry in matching.filter(|entry| faults::of_entry(Client::Podman, entry).is_none()) {
            self.add(Place::File(path.into()), Some(path), entry);
        }
    }

    fn by_docker(&mut self, path: &Path, config: &DockerConfig) {
        match config.client_source(self.registry()) {
            Source::Helper(name) | Source::Store(name) if !name.is_empty() => self.ask(path, name),
            Source::Entry(entry) => self.add(Place::File(path.into()), Some(path), entry),
            _ => {}
        }
    }

    fn ask(&mut self, path: &Path, helper: &str) {
        let server = self.server();
        self.ask_for(path, helper, &server);
    }

    fn ask_for(&mut self, path: &Path, helper: &str, server: &str) {
        match self.helpers.get(helper, server) {
            Ok(None) => {}
            Ok(Some(given)) => {
                let entry = of_helper(given, server);
                self.add(Place::Helper(helper.into()), Some(path), &entry);
            }
            Err(error) => self.found.failed.push((helper.into(), error)),
        }
    }

    /// Entries without a credential are passed over, as by the clients; at some mistakes in one they end.
    fn add(&mut self, place: Place, configured_in: Option<&Path>, entry: &Entry) {
        if let Some(error) = faults::of_entry(self.found.client, entry) {
            if let Some(file) = self.found.files.last_mut() {
                file.problem = Some(Problem::of(&error));
            }
            return;
        }
        let entry = StoreEntry {
            client: self.found.client,
            place,
            configured_in: configured_in.map(Path::to_path_buf),
            key: entry.key.clone(),
            entry: copy(entry),
        };
        match entry.is_usable() {
            true => self.found.entries.push(entry),
            false => self.found.empty.push(entry),
        }
    }

    /// What this client has of a file; `None`: nothing, or it cannot read it.
    fn read(&mut self, path: &Path, legacy: bool) -> Option<DockerConfig> {
        let parsed = match content(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                Err(Problem::told("it is a pipe, of which clients and tests would each read a part"))
            }
            Err(error) => Err(Problem::told(&format!("the file cannot be read: {}", error.kind()))),
            Ok(data) => {
                let parse = if legacy { docker_config::parse_legacy } else { docker_config::parse };
                parse(&data).map_err(|error| Problem::of(&error))
            }
        };
        let (config, problem) = match parsed {
            Ok(config) => self.as_read(config),
            Err(problem) => (None, Some(problem)),
        };
        let keys = config.as_ref().map(keys).unwrap_or_default();
        self.found.files.push(ReadFile { path: path.to_path_buf(), problem, keys });
        config
    }

    /// Docker goes on with the helpers of a file whose entries it cannot decode; the others end.
    fn as_read(&self, mut config: DockerConfig) -> (Option<DockerConfig>, Option<Problem>) {
        let Some(error) = faults::of_file(self.found.client, &config) else { return (Some(config), None) };
        config.entries.clear();
        let kept = Some(config).filter(|_| self.found.client == Client::Docker);
        (kept, Some(Problem::of(&error)))
    }
}

/// The registries that a configuration has something for.
fn keys(config: &DockerConfig) -> Vec<String> {
    let entries = config.entries.iter().map(|entry| &entry.key);
    entries.chain(config.cred_helpers.keys()).cloned().collect()
}

fn of_helper(given: Given, server: &str) -> Entry {
    let Given { username, secret, is_token } = given;
    let key = server.to_string();
    match is_token {
        true => Entry { key, username, identity_token: Some(secret), ..Entry::default() },
        false => Entry { key, username, password: secret, ..Entry::default() },
    }
}

fn copy(entry: &Entry) -> Entry {
    Entry {
        key: entry.key.clone(),
        username: entry.username.clone(),
        password: entry.password.clone(),
        identity_token: entry.identity_token.clone(),
        registry_token: entry.registry_token.clone(),
        auth_at: entry.auth_at,
        is_unpadded: entry.is_unpadded,
        is_lossy: entry.is_lossy,
        error: entry.error.clone(),
    }
}

/// `host/a/b`, `host/a`, `host` (`authKeysForKey`).
fn namespaces(registry: &str, path: &str) -> Vec<String> {
    let mut key = format!("{registry}/{path}");
    let mut keys = vec![key.clone()];
    while let Some(cut) = key.rfind('/') {
        key.truncate(cut);
        keys.push(key.clone());
    }
    keys
}

/// `normalizeAuthFileKey`: a key with a scheme is a URL, of which the host counts; any other is a host or a
/// namespace.
fn normalized(key: &str, legacy: bool) -> String {
    let bare = key.strip_prefix("http://").unwrap_or(key);
    let bare = bare.strip_prefix("https://").unwrap_or(bare);
    let is_url = legacy || bare != key;
    normalized_host(if is_url { bare.split('/').next().unwrap_or_default() } else { bare })
}

/// `normalizeRegistry`: Docker Hub's names are one.
fn normalized_host(host: &str) -> String {
    match host {
        "registry-1.docker.io" | "docker.io" => "index.docker.io".into(),
        host => host.into(),
    }
}
