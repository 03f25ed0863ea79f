//! What the Secrets hold that token keys are mounted from. The private key is hashed and its id computed at once.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::objects::{Object, Objects, Reference};
use crate::evidence::Outcome;
use crate::evidence::harbor::pods::KeySecretSeen;
use crate::evidence::harbor::{CorePod, KeyMount, KeySecret};
use crate::registry::key_id;
use crate::text::Clean;

/// The certificate beside a key of a Secret of the type `kubernetes.io/tls`, which harbor-helm, bitnami's chart and
/// the operator write.
const CERTIFICATE: &str = "tls.crt";

/// The Secrets that the cores' token keys are mounted from, each key once.
pub(super) fn of(cores: &[CorePod], objects: &Objects) -> Vec<KeySecret> {
    let mounted = cores.iter().filter_map(|core| match &core.key.mount {
        KeyMount::Secret { name, key, .. } => Some((name.clone(), key.clone())),
        _ => None,
    });
    let distinct: BTreeSet<(String, String)> = mounted.collect();
    distinct
        .into_iter()
        .map(|(name, key)| {
            let outcome = match objects.get(&Reference::secret(&name)) {
                Ok(object) => seen(object, &name, &key),
                Err(outcome) => outcome.of_any(),
            };
            KeySecret { name, key, outcome }
        })
        .collect()
}

fn seen(object: &Object, name: &str, key: &str) -> Outcome<KeySecretSeen> {
    let Some(value) = object.get(key) else {
        return Outcome::Absent { message: Clean::new(&format!("secret/{name} has no key {key}")) };
    };
    // What is not text is no PEM either.
    let private = key_id::private_key(std::str::from_utf8(value).unwrap_or_default());
    let certificate = object.get(CERTIFICATE).and_then(|pem| std::str::from_utf8(pem).ok());
    Outcome::Seen {
        value: KeySecretSeen {
            sha256: Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect(),
            form: private.form,
            kid: private.kid,
            certificate_kid: certificate.and_then(key_id::certificate_kid),
            written_at: object.written_at(key),
        },
    }
}
