//! The credentials that a probe has, from mounted Secrets and docker configurations, in the order in which the
//! kubelet or a client tries them.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::task::{Reader, Source};
use crate::evidence::probe::{BrokenConfig, CredentialSeen, KeyringSeen};
use crate::registry::client::Login;
use crate::registry::credential::{describe_entry, describe_identity_token};
use crate::registry::docker_config::client::{Login as Stored, Source as Kept};
use crate::registry::docker_config::{self, ConfigError, DockerConfig};
use crate::registry::keyring::{
    KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, Keyring, Match, PullSecret, SecretState, TYPE_DOCKER_CONFIG_JSON,
    TYPE_DOCKERCFG,
};
use crate::registry::near_miss;
use crate::registry::reference::Reference;
use crate::secret::{RunKey, Secret};
use crate::text::Clean;

/// The largest docker configuration that is read: a Secret holds at most 1 MiB.
const MAX_CONFIG: u64 = 1024 * 1024;

/// One credential that matches an image. It has no `Debug`: it holds secrets.
pub struct Credential {
    /// What may be told of it.
    pub seen: CredentialSeen,
    material: Material,
}

enum Material {
    Nothing,
    Password { user: String, password: Secret },
    IdentityToken(Secret),
    RegistryToken(Secret),
}

impl Credential {
    /// A user and a password; nothing of it is sent where one of them is empty.
    pub fn password(seen: CredentialSeen, user: &str, password: Secret) -> Self {
        let material = match user.is_empty() || password.is_empty() {
            true => Material::Nothing,
            false => Material::Password { user: user.to_string(), password },
        };
        Self { seen, material }
    }

    /// An identity token.
    pub fn identity_token(seen: CredentialSeen, token: Secret) -> Self {
        Self { seen, material: Material::IdentityToken(token) }
    }

    /// A registry token, as clients read it: the kubelet does not.
    pub fn registry_token(seen: CredentialSeen, token: Secret) -> Self {
        Self { seen, material: Material::RegistryToken(token) }
    }

    /// Whether it holds nothing that could be sent.
    pub fn is_empty(&self) -> bool {
        matches!(self.material, Material::Nothing)
    }

    /// What it is sent as.
    pub fn login(&self) -> Login<'_> {
        match &self.material {
            Material::Nothing => Login::Anonymous,
            Material::Password { user, password } => Login::Password { user, password },
            Material::IdentityToken(token) => Login::IdentityToken(token),
            Material::RegistryToken(token) => Login::RegistryToken(token),
        }
    }
}

/// Whoever has credentials for images.
pub trait Credentials {
    /// What is known of an image's credentials, and those that match it in the order in which they are tried.
    fn for_image(&mut self, image: &Reference) -> (KeyringSeen, Vec<Credential>);
}

/// Mounted Secrets and docker configurations.
pub struct Sources {
    run_key: RunKey,
    keyring: Keyring,
    clients: Vec<(String, DockerConfig)>,
    names: Vec<String>,
    missing: Vec<String>,
    broken: Vec<BrokenConfig>,
}

impl Sources {
    /// Reads what is there.
    pub fn read(sources: &[Source], run_key: RunKey) -> Self {
        let mut secrets = Vec::new();
        let mut read = Self {
            run_key,
            keyring: Keyring::new(&[]),
            clients: Vec::new(),
            names: Vec::new(),
            missing: Vec::new(),
            broken: Vec::new(),
        };
        for source in sources {
            match source.reader {
                Reader::Kubelet => match pull_secret(source) {
                    Ok(Some(secret)) => {
                        read.names.push(source.name.clone());
                        secrets.push(secret);
                    }
                    Ok(None) => read.missing.push(source.name.clone()),
                    Err(error) => read.unreadable(source, &error),
                },
                Reader::Client => match docker_configuration(&source.path) {
                    Ok(Some(data)) => read.client(source, &data),
                    Ok(None) => read.missing.push(source.name.clone()),
                    Err(error) => read.unreadable(source, &error),
                },
            }
        }
        read.keyring = Keyring::new(&secrets);
        read
    }

    fn client(&mut self, source: &Source, data: &[u8]) {
        match docker_config::parse(data) {
            Ok(config) => {
                self.names.push(source.name.clone());
                self.clients.push((source.name.clone(), config));
            }
            Err(error) => self.broken.push(broken(&source.name, &error)),
        }
    }

    fn unreadable(&mut self, source: &Source, error: &io::Error) {
        let error = Clean::new(&format!("the file cannot be read: {}", error.kind()));
        self.broken.push(BrokenConfig { source: source.name.clone(), error, ..BrokenConfig::default() });
    }

    fn pulled_with(&self, image: &Reference, seen: &mut KeyringSeen) -> Vec<Credential> {
        for secret in self.keyring.secrets() {
            match &secret.state {
                SecretState::Broken { error } => seen.broken.push(broken(&secret.name, error)),
                SecretState::Empty => seen.missing.push(secret.name.clone()),
                _ => {}
            }
        }
        let Ok(matches) = self.keyring.lookup(image) else { return Vec::new() };
        matches.iter().map(|found| self.pulled_credential(image, found)).collect()
    }

    fn pulled_credential(&self, image: &Reference, found: &Match<'_>) -> Credential {
        let (entry, config) = (found.entry, &found.secret.config);
        let seen = CredentialSeen {
            source: found.secret.name.clone(),
            key: Clean::with_cap(&entry.key, 256),
            described: describe_entry(Some(image.registry()), entry, &self.run_key),
            useless: near_miss::useless(entry, config),
        };
        Credential::password(seen, &entry.username, entry.password.clone())
    }

    /// What a client reads: the entry of the registry, unless a helper or store is named for it.
    fn client_credential(
        &self,
        name: &str,
        config: &DockerConfig,
        image: &Reference,
        seen: &mut KeyringSeen,
    ) -> Option<Credential> {
        let entry = match config.client_source(image.registry()) {
            Kept::Helper(helper) | Kept::Store(helper) => {
                seen.helpers.push(Clean::with_cap(&format!("docker-credential-{helper}"), 128));
                return None;
            }
            Kept::Entry(entry) => entry,
            Kept::None => return None,
        };
        let login = entry.client_login();
        let described = match &login {
            Ok(Stored::IdentityToken { username, token }) => {
                describe_identity_token(username, token, &self.run_key)
            }
            Ok(Stored::RegistryToken(token)) => describe_identity_token("", token, &self.run_key),
            _ => describe_entry(Some(image.registry()), entry, &self.run_key),
        };
        let useless = match &login {
            Ok(Stored::None) => near_miss::useless(entry, config),
            _ => None,
        };
        let key = Clean::with_cap(&entry.key, 256);
        let about = CredentialSeen { source: name.to_string(), key, described, useless };
        Some(match login {
            Ok(Stored::Basic { username, password }) => {
                Credential::password(about, username, Secret::new(password.to_string()))
            }
            Ok(Stored::IdentityToken { token, .. }) => Credential::identity_token(about, token.clone()),
            Ok(Stored::RegistryToken(token)) => Credential::registry_token(about, token.clone()),
            _ => Credential { seen: about, material: Material::Nothing },
        })
    }
}

impl Credentials for Sources {
    fn for_image(&mut self, image: &Reference) -> (KeyringSeen, Vec<Credential>) {
        let mut seen = KeyringSeen {
            sources: self.names.clone(),
            missing: self.missing.clone(),
            broken: self.broken.clone(),
            ..KeyringSeen::default()
        };
        let mut credentials = self.pulled_with(image, &mut seen);
        for (name, config) in &self.clients {
            credentials.extend(self.client_credential(name, config, image, &mut seen));
        }
        if credentials.is_empty() {
            let pulled = self.keyring.secrets().iter().map(|secret| &secret.config);
            let configs = pulled.chain(self.clients.iter().map(|(_, config)| config));
            let keys = configs.flat_map(|config| &config.entries).map(|entry| entry.key.as_str());
            seen.near_misses = near_miss::near_misses(image, keys);
        }
        (seen, credentials)
    }
}

fn broken(source: &str, error: &ConfigError) -> BrokenConfig {
    let text = Clean::new(&error.to_string());
    BrokenConfig { source: source.to_string(), error: text, ..BrokenConfig::default() }
}

/// A mounted Secret. Its type cannot be told from its files; the key that is there tells which it should be. The
/// kubelet passes over a Secret of another type (`Opaque`, say) with the same key
/// (`pkg/credentialprovider/secrets` of Kubernetes 1.36), so here it is tried although no kubelet would: with
/// `--method both` the kubelet's pull shows it.
fn pull_secret(source: &Source) -> io::Result<Option<PullSecret>> {
    let kinds = [(KEY_DOCKER_CONFIG_JSON, TYPE_DOCKER_CONFIG_JSON), (KEY_DOCKERCFG, TYPE_DOCKERCFG)];
    for (key, kind) in kinds {
        if let Some(data) = read(&source.path.join(key))? {
            let (name, kind, key) = (source.name.clone(), kind.to_string(), key.to_string());
            return Ok(Some(PullSecret { name, kind, key, data }));
        }
    }
    Ok(None)
}

/// A docker configuration: the file itself, or `config.json` in the folder.
fn docker_configuration(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let file: PathBuf = if path.is_dir() { path.join("config.json") } else { path.to_path_buf() };
    read(&file)
}

/// A file's content, which may be secret; `None` when there is none.
fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut data = Zeroizing::new(Vec::new());
    file.take(MAX_CONFIG + 1).read_to_end(&mut data)?;
    match data.len() as u64 > MAX_CONFIG {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(Some(data)),
    }
}
