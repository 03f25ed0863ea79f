//! ServiceAccounts, Secrets and namespaces that manifests bring: they count as there, with what is written in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use zeroize::Zeroizing;

use super::Reader;
use super::objects::Object;
use super::tree::{Tree, write_map};
use crate::collect::workloads::secrets::{Reason, taken};
use crate::collect::workloads::{accounts, wire};
use crate::evidence::preflight::{Brought, ManifestPlace};
use crate::evidence::workloads::{Owner, OwnerKind, PullSecret, ServiceAccount};
use crate::evidence::{Outcome, Step};
use crate::text::Clean;

/// Who writes what manifests bring: the manifest itself.
pub(super) fn manifest_owner(place: &ManifestPlace) -> Owner {
    let source = match (place.is_piped(), place.template.is_empty()) {
        (false, _) => place.file.clone(),
        (true, false) => place.template.clone(),
        (true, true) => Clean::new("standard input"),
    };
    Owner {
        kind: OwnerKind::Manifest,
        name: source,
        namespace: String::new(),
        known_by: Clean::new(&place.describe()),
    }
}

impl Reader<'_> {
    /// A ServiceAccount as it will be: to apply a manifest leaves pull secrets that others have added to it.
    pub(super) fn bring_account(&self, account: &mut ServiceAccount) {
        let Some(object) = last(&self.manifests.accounts, &account.namespace, &account.name) else { return };
        let parsed: Result<wire::ServiceAccount, _> = serde_json::from_str(&object.tree.json());
        account.outcome = match parsed {
            Ok(parsed) => {
                let mut value = accounts::seen(&parsed);
                value.owners = vec![manifest_owner(&object.place)];
                let live = account.seen().into_iter().flat_map(|live| live.pull_secrets.clone());
                let others: Vec<String> = live.filter(|name| !value.pull_secrets.contains(name)).collect();
                value.pull_secrets.extend(others);
                Outcome::Seen { value }
            }
            Err(_) => Outcome::Failed {
                step: Step::Read,
                message: Clean::new(&format!("{} is not what Kubernetes takes", object.place.describe())),
            },
        };
    }

    /// A Secret as it will be; `None` where the manifests do not bring it.
    pub(super) fn bring_secret(&self, secret: &mut PullSecret, reason: &Reason) -> Option<Brought> {
        let found = last(&self.manifests.secrets, &secret.namespace, &secret.name);
        let Some(object) = found else { return self.bring_made(secret) };
        let live = secret.seen().map(|seen| (seen.kind.clone(), seen.docker_config.clone()));
        secret.outcome =
            taken(Bytes::from(as_the_server_has_it(&object.tree)), &secret.name, reason, self.key);
        if let Outcome::Seen { value } = &mut secret.outcome {
            value.owners = vec![manifest_owner(&object.place)];
        }
        let is_there = secret.seen().is_some_and(|seen| {
            live.is_some_and(|(kind, config)| kind == seen.kind && config == seen.docker_config)
        });
        Some(Brought { id: secret.id.clone(), place: object.place.clone(), is_there })
    }

    /// A Secret that a controller makes from an object of the manifests. The one that is there is as good as known.
    fn bring_made(&self, secret: &mut PullSecret) -> Option<Brought> {
        let mut made = self.manifests.made.iter();
        let (object, kind) =
            made.find(|(one, _)| one.namespace == secret.namespace && one.name == secret.name)?;
        if !secret.is_absent() {
            return None;
        }
        let why = format!("a controller makes it from the {kind} in {}", object.place.describe());
        secret.outcome = Outcome::Failed { step: Step::Read, message: Clean::new(&why) };
        Some(Brought { id: secret.id.clone(), place: object.place.clone(), is_there: false })
    }

    /// The ServiceAccounts and namespaces of the manifests.
    pub(super) fn other_brought(&self) -> Vec<Brought> {
        let of = |id: String, object: &Object| Brought { id, place: object.place.clone(), is_there: false };
        let accounts = self.manifests.accounts.iter();
        let accounts = accounts.map(|one| of(format!("serviceaccount/{}/{}", one.namespace, one.name), one));
        let namespaces = self.manifests.namespaces.iter();
        accounts.chain(namespaces.map(|one| of(format!("namespace/{}", one.name), one))).collect()
    }
}

/// Of several with one name the last counts, as it does when they are applied.
fn last<'o>(objects: &'o [Object], namespace: &str, name: &str) -> Option<&'o Object> {
    objects.iter().rev().find(|one| one.namespace == namespace && one.name == name)
}

/// A Secret as the API server gives it: `stringData` goes into `data`, in Base64, and wins.
fn as_the_server_has_it(tree: &Tree) -> Vec<u8> {
    let (data, plain) = (tree.get("data").entries(), tree.get("stringData").entries());
    let mut merged: Vec<(String, Tree)> = Vec::new();
    for (key, value) in data.iter().filter(|(key, _)| !plain.iter().any(|(other, _)| other == key)) {
        let text: String = value.text().chars().filter(|c| !c.is_ascii_whitespace()).collect();
        merged.push((key.clone(), Tree::Text(Zeroizing::new(text))));
    }
    for (key, value) in plain {
        let text = Zeroizing::new(STANDARD.encode(value.text().as_bytes()));
        merged.push((key.clone(), Tree::Text(text)));
    }
    let data = Tree::Map(merged);
    let kind = match tree.get("type").text() {
        "" => Tree::Text(Zeroizing::new("Opaque".into())),
        kind => Tree::Text(Zeroizing::new(kind.to_string())),
    };
    let room = data.json().len() + kind.json().len() + 32;
    // Not Zeroizing: whoever takes it overwrites it.
    let mut out = String::with_capacity(room);
    write_map([("type", &kind), ("data", &data)].into_iter(), &mut out);
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::tree::read;
    use super::*;

    fn merged(text: &str) -> serde_json::Value {
        let tree = read(text).unwrap_or_else(|broken| panic!("{broken:?}")).remove(0);
        serde_json::from_slice(&as_the_server_has_it(&tree)).unwrap()
    }

    #[test]
    fn plain_texts_are_encoded_and_win_over_encoded_ones() {
        let secret = merged("kind: Secret\ndata:\n  a: eA==\n  b: |\n    e\n    Q==\nstringData:\n  a: z\n");
        assert_eq!(secret["type"], "Opaque");
        assert_eq!(secret["data"], serde_json::json!({"a": "eg==", "b": "eQ=="}));
    }
}
