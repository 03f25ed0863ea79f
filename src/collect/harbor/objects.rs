//! The Secrets and ConfigMaps that Harbor's pods name, each read once.
//!
//! `harbor` is the one command whose client reads Secrets: those that the containers of core, jobservice and registry
//! name, with the user's own right to. Their values become checksums, key ids and fingerprints here and are forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::wire;
use crate::api::{Api, ApiError, path};
use crate::evidence::harbor::Unread;
use crate::evidence::{Outcome, Step};
use crate::text::{Clean, referenced_name};

/// Objects that are read at the same time.
const CONNECTIONS: usize = 8;

/// Which of the two kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ConfigMap,
    Secret,
}

/// A reference to one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub kind: Kind,
    pub name: String,
}

impl Reference {
    pub fn secret(name: &str) -> Self {
        Self { kind: Kind::Secret, name: referenced_name(name) }
    }

    pub fn config_map(name: &str) -> Self {
        Self { kind: Kind::ConfigMap, name: referenced_name(name) }
    }

    fn resource(&self) -> &'static str {
        match self.kind {
            Kind::ConfigMap => "configmaps",
            Kind::Secret => "secrets",
        }
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::ConfigMap => "configmap",
            Kind::Secret => "secret",
        };
        write!(f, "{kind}/{}", self.name)
    }
}

/// What an object holds. Values may be secret: there is no Debug.
#[derive(Default)]
pub(super) struct Object {
    values: BTreeMap<String, Zeroizing<Vec<u8>>>,
    metadata: wire::Meta,
}

impl Object {
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key).map(|value| value.as_slice())
    }

    /// When a key was written last: the latest time of a manager that owns it, else of the object's creation. A manager
    /// that writes the same value again leaves the time as it was.
    pub fn written_at(&self, key: &str) -> Option<Timestamp> {
        let field = format!("f:{key}");
        let owns = |fields: &serde_json::Value| {
            ["f:data", "f:stringData"].iter().any(|data| !fields[*data][&field].is_null())
        };
        let owners = self.metadata.managed_fields.iter().filter(|one| owns(&one.fields_v1));
        owners.filter_map(|one| one.time).max().or(self.metadata.creation_timestamp)
    }

    fn of(kind: Kind, object: wire::Object) -> Self {
        let decoded = |text: &str| Zeroizing::new(STANDARD.decode(text).unwrap_or_default());
        let plain = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
        let data = object.data.into_iter().map(|(key, value)| match kind {
            Kind::Secret => (key, decoded(value.expose())),
            Kind::ConfigMap => (key, plain(value.expose())),
        });
        let binary = object.binary_data.into_iter().map(|(key, value)| (key, decoded(value.expose())));
        Self { values: data.chain(binary).collect(), metadata: object.metadata }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Objects {
    read: BTreeMap<Reference, Result<Object, Outcome<Infallible>>>,
}

impl Objects {
    /// Reads each of the objects once.
    pub async fn read(api: &Api, namespace: &str, wanted: BTreeSet<Reference>) -> Self {
        let reading = wanted.into_iter().map(|reference| async move {
            let path = path::named(&path::core(namespace, reference.resource()), &reference.name);
            let what = match reference.kind {
                Kind::ConfigMap => "config map",
                Kind::Secret => "secret",
            };
            let answer = api.get::<wire::Object>(what, &path).await;
            let object = answer.map(|object| Object::of(reference.kind, object));
            (reference, object.map_err(|error| outcome_of(&error)))
        });
        Self { read: stream::iter(reading).buffer_unordered(CONNECTIONS).collect().await }
    }

    /// The object, or why it is not there.
    pub fn get(&self, reference: &Reference) -> Result<&Object, Outcome<Infallible>> {
        match self.read.get(reference) {
            Some(Ok(object)) => Ok(object),
            Some(Err(outcome)) => Err(outcome.clone()),
            None => Err(Outcome::Absent { message: Clean::new("it was not read") }),
        }
    }

    /// Takes over what was read later.
    pub fn extend(&mut self, later: Self) {
        self.read.extend(later.read);
    }

    /// Whether an object was asked for.
    pub fn was_asked(&self, reference: &Reference) -> bool {
        self.read.contains_key(reference)
    }

    /// Whether the API server says that there is no such object.
    pub fn is_absent(&self, reference: &Reference) -> bool {
        matches!(self.read.get(reference), Some(Err(Outcome::Absent { .. })))
    }

    /// Those that could not be read.
    pub fn unread(&self) -> Vec<Unread> {
        let failed =
            self.read.iter().filter_map(|(reference, object)| Some((reference, object.as_ref().err()?)));
        failed
            .map(|(reference, outcome)| Unread {
                what: reference.to_string(),
                outcome: outcome.of_any(),
                settled_by: match outcome {
                    Outcome::Denied { .. } => Clean::new(&format!("get {}", reference.resource())),
                    _ => Clean::default(),
                },
            })
            .collect()
    }

    #[cfg(test)]
    pub fn of(objects: Vec<(Reference, serde_json::Value)>) -> Self {
        let object = |kind, value| Object::of(kind, serde_json::from_value(value).unwrap());
        let read = objects.into_iter().map(|(reference, value)| match value {
            serde_json::Value::Null => {
                let message = Clean::new("forbidden");
                (reference, Err(Outcome::Denied { status: 403, message }))
            }
            value => (reference.clone(), Ok(object(reference.kind, value))),
        });
        Self { read: read.collect() }
    }
}

/// What a failed read is as evidence.
pub(super) fn outcome_of(error: &ApiError) -> Outcome<Infallible> {
    match error.code() {
        Some(status @ (401 | 403)) => Outcome::Denied { status, message: error.message() },
        Some(404) => Outcome::Absent { message: error.message() },
        _ => Outcome::Failed { step: Step::Read, message: error.message() },
    }
}
