//! Which credentials the kubelet tries for an image.

use super::{CredentialRow, TriedRow};
use crate::diagnose::workload::View;
use crate::evidence::probe::CredentialSeen;
use crate::plan::SecretSource;
use crate::registry::reference::Reference;
use crate::report::steps;

/// Which credentials the kubelet tries for an image, and what follows.
pub(super) fn credential(
    view: &View<'_>,
    (namespace, service_account): (&str, &str),
    known: Option<(&[String], SecretSource)>,
    image: &str,
) -> CredentialRow {
    let mut row = CredentialRow {
        service_account: service_account.to_string(),
        pull_secrets: known.map(|(names, _)| names.to_vec()).unwrap_or_default(),
        source: known.map(|(_, source)| source),
        tried: Vec::new(),
        then: String::new(),
    };
    let Some((names, _)) = known else {
        row.then = format!("not known: serviceaccount/{service_account} could not be read");
        return row;
    };
    let keyring = view.keyring(namespace, names);
    let Ok(reference) = Reference::parse(image) else {
        row.then = "none is looked up: this is no image name that the kubelet takes".into();
        return row;
    };
    row.then = match keyring.lookup(&reference) {
        Err(error) => format!("the look-up fails for the whole pod: {error}"),
        Ok(entries) => {
            row.tried = entries
                .iter()
                .map(|(secret, entry)| TriedRow {
                    secret: secret.name.to_string(),
                    key: entry.key.clone(),
                    expires_at: entry.credential.expires_at,
                    is: steps::describe(&CredentialSeen {
                        source: format!("secret/{}", secret.name),
                        key: entry.key.clone(),
                        described: entry.credential.clone(),
                        useless: entry.useless.clone(),
                    }),
                })
                .collect();
            what_follows(&keyring.missing, &keyring.unread, names, !row.tried.is_empty())
        }
    };
    row
}

fn what_follows(missing: &[&str], unread: &[&str], names: &[String], any_matches: bool) -> String {
    let list =
        |names: &[&str]| names.iter().map(|name| format!("secret/{name}")).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("{} does not exist", list(missing)));
    }
    if !unread.is_empty() {
        parts.push(format!("what {} holds is not known", list(unread)));
    }
    parts.push(match (any_matches, names.is_empty(), unread.is_empty()) {
        (true, ..) => "an entry matches, so no anonymous pull is tried".into(),
        (false, true, _) => "no pull secret: anonymous, unless the node has a credential".into(),
        (false, false, true) => "no entry matches: anonymous, unless the node has a credential".into(),
        (false, false, false) => "whether an entry matches is not known".into(),
    });
    parts.join("; ")
}
