//! Pull secrets without their secrets: enough to look up credentials again a month later.

use serde::{Deserialize, Serialize};

use super::index::kept;
use super::{Index, Keyring, KeyringError, SecretState};
use crate::registry::credential::{self, Described};
use crate::registry::docker_config::ConfigError;
use crate::registry::near_miss::{self, Useless};
use crate::registry::reference::Reference;
use crate::secret::RunKey;
use crate::text::Clean;

/// A pull secret as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SecretEvidence {
    /// The Secret's name.
    pub name: Clean,
    /// What the kubelet makes of it.
    #[serde(flatten)]
    pub state: SecretState,
    /// Its entries in the order of the document.
    pub entries: Vec<EntryEvidence>,
}

/// One entry of a pull secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EntryEvidence {
    /// The key as it is written.
    pub key: Clean,
    /// The key as it is compared: without scheme, user, version prefix and query. None if it is none that could
    /// match.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lookup_key: Option<Clean>,
    /// What the kubelet reads of it.
    pub credential: Described,
    /// The identity token beside it, which other programs read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub identity_token: Option<Described>,
    /// Why it is of no use to the kubelet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub useless: Option<Useless>,
    /// What is wrong in it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ConfigError>,
}

impl Keyring {
    /// The pull secrets without their secrets.
    pub fn evidence(&self, key: &RunKey) -> Vec<SecretEvidence> {
        let secrets = self.secrets().iter().map(|secret| SecretEvidence {
            name: Clean::new(&secret.name),
            state: secret.state.clone(),
            entries: secret
                .config
                .entries
                .iter()
                .map(|entry| EntryEvidence::of(entry, secret, key))
                .collect(),
        });
        secrets.collect()
    }
}

impl EntryEvidence {
    fn of(entry: &super::Entry, secret: &super::KeyringSecret, key: &RunKey) -> Self {
        let host = super::KeyParts::of(&entry.key).map(|parts| parts.host);
        let token = entry.identity_token.as_ref();
        Self {
            key: Clean::new(&entry.key),
            lookup_key: kept(&entry.key),
            credential: credential::describe_entry(host.as_deref(), entry, key),
            identity_token: token
                .map(|token| credential::describe_identity_token(&entry.username, token, key)),
            useless: near_miss::useless(entry, &secret.config),
            error: entry.error.clone(),
        }
    }
}

/// What [`Keyring::lookup`] answers, from evidence: the entries in the order in which the kubelet tries them, each
/// with the secret that it is from.
///
/// # Errors
///
/// The first pull secret that is broken.
pub fn lookup<'e>(
    secrets: impl IntoIterator<Item = &'e SecretEvidence>,
    image: &Reference,
) -> Result<Vec<(&'e SecretEvidence, &'e EntryEvidence)>, KeyringError> {
    let secrets: Vec<&SecretEvidence> = secrets.into_iter().collect();
    for secret in &secrets {
        if let SecretState::Broken { error } = &secret.state {
            return Err(KeyringError { secret: secret.name.clone(), error: error.clone() });
        }
    }
    let read = secrets.into_iter().filter(|secret| secret.state == SecretState::Read);
    let entries: Vec<_> =
        read.flat_map(|secret| secret.entries.iter().map(move |entry| (secret, entry))).collect();
    let key = |entry: &EntryEvidence| Some(entry.lookup_key.as_ref()?.as_str().as_bytes().to_vec());
    let found = Index::of_normalized(entries.iter().map(|(_, entry)| key(entry))).lookup(image);
    Ok(found.groups.concat().into_iter().map(|number| entries[number]).collect())
}
