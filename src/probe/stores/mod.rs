//! The registry credentials of this machine: which store of which client has one for an image, which of them wins,
//! which comes next, and how each is removed.
//!
//! Kaniko, BuildKit's client and crane read what Docker reads; skopeo and buildah what Podman reads.

mod faults;
mod file;
pub mod helper;
mod logout;
mod merged;
mod places;
mod remember;
mod search;
#[cfg(test)]
mod tests;
mod told;

use std::path::PathBuf;

use crate::evidence::probe::{CredentialSeen, KeyringSeen};
use crate::finding::Fix;
use crate::registry::credential::{describe_entry, describe_identity_token};
use crate::registry::docker_config::client::Login;
use crate::registry::docker_config::{ConfigError, DockerConfig, Entry, Position};
use crate::registry::near_miss;
use crate::registry::reference::Reference;
use crate::secret::{RunKey, Secret};
use crate::text::Clean;
use helper::{HelperError, Helpers};
pub use places::{Env, Os};
pub use remember::Remembered;

use super::{Credential, Credentials};

/// Programs that keep registry credentials on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// The Docker CLI.
    Docker,
    /// Podman, skopeo and buildah.
    Podman,
    /// Helm.
    Helm,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Docker, Self::Podman, Self::Helm];

    /// The name of its program.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Helm => "helm",
        }
    }
}

/// Where a credential is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An entry of a file.
    File(PathBuf),
    /// A helper `docker-credential-NAME`.
    Helper(String),
    /// An environment variable that holds a configuration.
    Variable(&'static str),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", Clean::new(&path.display().to_string())),
            Self::Helper(name) => write!(f, "{}", Clean::new(&helper::program(name))),
            Self::Variable(name) => write!(f, "${name}"),
        }
    }
}

/// A credential for an image in a store of a client. It has no `Debug`: it holds secrets.
pub struct StoreEntry {
    /// Who reads it.
    pub client: Client,
    /// Where it is kept.
    pub place: Place,
    /// The file whose configuration led there.
    pub configured_in: Option<PathBuf>,
    /// The key under which it is kept, as written.
    pub key: String,
    /// What it is.
    entry: Entry,
}

impl StoreEntry {
    /// Whether it holds something that could be sent. Docker leaves empty entries in its file for what is in a
    /// helper.
    pub fn is_usable(&self) -> bool {
        matches!(
            self.entry.client_login(),
            Ok(Login::Basic { .. } | Login::IdentityToken { .. } | Login::RegistryToken(_))
        )
    }

    fn credential(&self, image: &Reference, key: &RunKey) -> Credential {
        let login = self.entry.client_login();
        let described = match &login {
            Ok(Login::IdentityToken { username, token }) => describe_identity_token(username, token, key),
            Ok(Login::RegistryToken(token)) => describe_identity_token("", token, key),
            _ => describe_entry(Some(image.registry()), &self.entry, key),
        };
        let seen = CredentialSeen {
            source: self.place.to_string(),
            key: Clean::with_cap(&self.key, 256),
            described,
            useless: Some(&self.entry).filter(|_| !self.is_usable()).and_then(|entry| {
                // What a store beside it holds is another place.
                near_miss::useless(entry, &DockerConfig::default())
            }),
        };
        match login {
            Ok(Login::Basic { username, password }) => {
                Credential::password(seen, username, Secret::new(password.to_string()))
            }
            Ok(Login::IdentityToken { token, .. }) => Credential::identity_token(seen, token.clone()),
            Ok(Login::RegistryToken(token)) => Credential::registry_token(seen, token.clone()),
            _ => Credential::password(seen, "", Secret::default()),
        }
    }
}

/// A file that a client read.
pub struct ReadFile {
    /// Its path.
    pub path: PathBuf,
    /// Why this client cannot read it.
    pub problem: Option<Problem>,
    /// The registries that it has something for, as they are written.
    pub keys: Vec<String>,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// One clause with class and position, never a value.
    pub text: Clean,
    /// Where the mistake is, if it is one in the text.
    pub position: Option<Position>,
}

impl Problem {
    fn of(error: &ConfigError) -> Self {
        Self { text: Clean::new(&error.to_string()), position: Some(error.position) }
    }

    fn told(text: &str) -> Self {
        Self { text: Clean::new(text), position: None }
    }
}

/// What one client has for an image.
pub struct Lookup {
    /// The client.
    pub client: Client,
    /// The files that it read; those that are not there are left out.
    pub files: Vec<ReadFile>,
    /// What it has, in its order: the first wins, the next is used once that one is removed.
    pub entries: Vec<StoreEntry>,
    /// Entries that match and hold nothing; it passes over them.
    pub empty: Vec<StoreEntry>,
    /// Helpers that gave nothing because they failed.
    pub failed: Vec<(String, HelperError)>,
    /// Whether the client gives up because of a file or helper that failed, instead of going on.
    pub stopped: bool,
}

impl Lookup {
    /// The credential that the client sends; `None`: it is anonymous, or gives up.
    pub fn winner(&self) -> Option<&StoreEntry> {
        self.entries.first()
    }
}

/// One store that holds a credential for an image, and how it is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Where it is kept.
    pub place: Place,
    /// The key under which it is kept.
    pub key: Clean,
    /// Who reads it.
    pub clients: Vec<Client>,
    /// Commands that remove it, the usual one first.
    pub logout: Vec<Fix>,
}

/// The stores of this machine.
pub struct Stores<H> {
    env: Env,
    helpers: H,
    run_key: RunKey,
    clients: Vec<Client>,
}

impl<H: Helpers> Stores<H> {
    /// Stores in the places that `env` tells, with these helpers. Nothing is read yet.
    pub fn new(env: Env, helpers: H, run_key: RunKey) -> Self {
        Self { env, helpers, run_key, clients: Client::ALL.to_vec() }
    }

    /// Only what these clients have.
    pub fn only(mut self, clients: &[Client]) -> Self {
        self.clients = clients.to_vec();
        self
    }

    /// What each client has for an image.
    pub fn lookups(&self, image: &Reference) -> Vec<Lookup> {
        self.clients.iter().map(|client| search::lookup(*client, image, &self.env, &self.helpers)).collect()
    }

    /// Every store that holds a credential for an image, each once, in the order in which clients come to them.
    pub fn holders(&self, image: &Reference) -> Vec<Holder> {
        let mut holders: Vec<Holder> = Vec::new();
        for entry in self.lookups(image).into_iter().flat_map(|lookup| lookup.entries) {
            let key = Clean::with_cap(&entry.key, 256);
            let known = holders.iter_mut().find(|holder| holder.place == entry.place && holder.key == key);
            let commands = logout::commands(&entry, &self.env);
            match known {
                Some(holder) => {
                    holder.clients.push(entry.client);
                    holder.clients.dedup();
                    // Of a helper that two clients were told of, either logout removes the credential.
                    let new = commands.into_iter().filter(|fix| !holder.logout.contains(fix));
                    if matches!(entry.place, Place::Helper(_)) {
                        let new: Vec<Fix> = new.collect();
                        holder.logout.extend(new);
                    }
                }
                None => {
                    let clients = vec![entry.client];
                    holders.push(Holder { place: entry.place, key, clients, logout: commands });
                }
            }
        }
        holders
    }
}

impl<H: Helpers> Credentials for Stores<H> {
    /// Each store's credential once, Docker's first.
    fn for_image(&mut self, image: &Reference) -> (KeyringSeen, Vec<Credential>) {
        let lookups = self.lookups(image);
        let mut seen = merged::keyring(&lookups);
        let credentials = |of: fn(&Lookup) -> &Vec<StoreEntry>| {
            let each = merged::each_once(lookups.iter().flat_map(of));
            each.into_iter().map(|entry| entry.credential(image, &self.run_key)).collect::<Vec<_>>()
        };
        let mine = credentials(|lookup| &lookup.entries);
        seen.empty = credentials(|lookup| &lookup.empty).into_iter().map(|one| one.seen).collect();
        if mine.is_empty() && seen.empty.is_empty() {
            seen.near_misses = merged::near_misses(image, &lookups);
        }
        (seen, mine)
    }
}
