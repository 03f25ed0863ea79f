//! The contents of Secrets that workloads name, read one by one and never kept: a credential leaves this file as kind,
//! user, expiry and fingerprint.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::TOGETHER;
use super::lists::outcome_of;
use super::owners::{self, Marks};
use super::wire::Meta;
use crate::api::wire::null_as_default;
use crate::api::{Api, ApiError, JSON, path};
use crate::evidence::Outcome;
use crate::evidence::workloads::{PullSecret, PullSecretSeen, Written};
use crate::registry::keyring::evidence::SecretEvidence;
use crate::registry::keyring::{
    self, KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, Keyring, SecretState, TYPE_DOCKER_CONFIG_JSON,
    TYPE_DOCKERCFG,
};
use crate::secret::RunKey;
use crate::text::Clean;

/// Keys under which docker configurations lie that nobody named: the kubelet's and the programs' own file name.
const USUAL: [&str; 3] = [KEY_DOCKER_CONFIG_JSON, "config.json", KEY_DOCKERCFG];
/// So many keys of a Secret are named.
const KEYS: usize = 32;

/// Namespace and name.
pub(super) type Key = (String, String);

/// Why a Secret is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reason {
    /// Whether something names it as a pull secret: then the kubelet's rules count.
    pub for_kubelet: bool,
    /// Keys that builders mount.
    pub keys: BTreeSet<String>,
}

/// Secrets that are wanted, and why.
pub(super) type Wanted = BTreeMap<Key, Reason>;

/// A Secret. It has no Debug, and borrows from the answer, which is overwritten afterwards.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Object<'a> {
    metadata: Meta,
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, deserialize_with = "null_as_default")]
    data: BTreeMap<Cow<'a, str>, Value<'a>>,
}

/// A value in Base64.
#[derive(Deserialize)]
#[serde(transparent)]
struct Value<'a>(#[serde(borrow)] Cow<'a, str>);

impl Drop for Value<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

/// Reads each of them once.
pub(super) async fn read(api: &Api, key: &RunKey, wanted: &Wanted) -> Vec<PullSecret> {
    let reading = wanted.iter().map(|(place, reason)| async move {
        let (namespace, name) = place;
        let path = path::named(&path::core(namespace, "secrets"), name);
        let outcome = match api.get_bytes(JSON, &path).await {
            Ok(answer) => taken(answer.body, name, reason, key),
            Err(error) => outcome_of(&error),
        };
        PullSecret {
            id: format!("secret/{namespace}/{name}"),
            namespace: namespace.clone(),
            name: name.clone(),
            outcome,
            also_in: None,
        }
    });
    stream::iter(reading).buffered(TOGETHER).collect().await
}

/// Reads an answer and overwrites it.
pub(super) fn taken(body: Bytes, name: &str, reason: &Reason, key: &RunKey) -> Outcome<PullSecretSeen> {
    let outcome = match serde_json::from_slice::<Object<'_>>(&body) {
        Ok(object) => Outcome::Seen { value: seen(&object, name, reason, key) },
        Err(error) => outcome_of(&ApiError::undecodable("secret", &error)),
    };
    if let Ok(mut bytes) = body.try_into_mut() {
        bytes.as_mut().zeroize();
    }
    outcome
}

fn seen(object: &Object<'_>, name: &str, reason: &Reason, key: &RunKey) -> PullSecretSeen {
    let times = object.metadata.managed_fields.iter().filter_map(|fields| fields.time);
    PullSecretSeen {
        kind: Clean::with_cap(&object.kind, 256),
        keys: object.data.keys().take(KEYS).map(|key| Clean::with_cap(key, 256)).collect(),
        docker_config: docker_config(object, name, reason, key),
        written: Written { created_at: object.metadata.creation_timestamp, changed_at: times.max() },
        owners: owners::of(&Marks::of(&object.metadata)),
    }
}

/// What the kubelet makes of it. What it does not read is read as the file of a builder, and keeps the kubelet's word
/// as its state; where no pull names it, a file that is broken is told as such.
fn docker_config(object: &Object<'_>, name: &str, reason: &Reason, key: &RunKey) -> SecretEvidence {
    let data_key = data_key(object, reason);
    let pull_secret = |kind: &str, data_key: &str, data: Zeroizing<Vec<u8>>| keyring::PullSecret {
        name: name.to_string(),
        kind: kind.to_string(),
        key: data_key.to_string(),
        data,
    };
    let data = value(object, data_key);
    let by_kubelet = evidence(pull_secret(&object.kind, data_key, data.clone()), key);
    if !matches!(by_kubelet.state, SecretState::WrongType | SecretState::WrongKey) || data.is_empty() {
        return by_kubelet;
    }
    let legacy = data_key == KEY_DOCKERCFG;
    let (kind, file) = match legacy {
        true => (TYPE_DOCKERCFG, KEY_DOCKERCFG),
        false => (TYPE_DOCKER_CONFIG_JSON, KEY_DOCKER_CONFIG_JSON),
    };
    let as_file = evidence(pull_secret(kind, file, data), key);
    match as_file.state {
        SecretState::Broken { .. } if !reason.for_kubelet && reason.keys.contains(data_key) => as_file,
        _ => SecretEvidence { state: by_kubelet.state, ..as_file },
    }
}

fn evidence(secret: keyring::PullSecret, key: &RunKey) -> SecretEvidence {
    let name = Clean::new(&secret.name);
    let mut all = Keyring::new(&[secret]).evidence(key);
    all.pop().unwrap_or(SecretEvidence { name, state: SecretState::WrongKey, entries: Vec::new() })
}

/// The key that counts: the kubelet's by the Secret's type, else one that a builder mounts, else a usual one.
fn data_key<'o>(object: &'o Object<'_>, reason: &'o Reason) -> &'o str {
    let of_type = match object.kind.as_str() {
        TYPE_DOCKER_CONFIG_JSON => Some(KEY_DOCKER_CONFIG_JSON),
        TYPE_DOCKERCFG => Some(KEY_DOCKERCFG),
        _ => None,
    };
    let there = |key: &&str| object.data.contains_key(*key);
    let mounted = reason.keys.iter().map(String::as_str).find(there);
    let usual = USUAL.iter().copied().find(there);
    of_type.filter(there).or(mounted).or(usual).unwrap_or_default()
}

/// A value, decoded; empty where it is none.
fn value(object: &Object<'_>, key: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::new());
    if let Some(Value(text)) = object.data.get(key) {
        // With room for all of it from the start nothing is left behind by growing.
        bytes.reserve_exact(text.len());
        if STANDARD.decode_vec(text.as_bytes(), &mut bytes).is_err() {
            bytes.zeroize();
        }
    }
    bytes
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
