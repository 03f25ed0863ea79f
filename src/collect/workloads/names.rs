//! Names of pull secrets, without their contents.

use std::collections::{BTreeMap, BTreeSet};

use super::lists::{Fold, List, Listed};
use super::wire::Named;
use crate::api::Api;
use crate::evidence::Outcome;
use crate::evidence::workloads::PullSecret;
use crate::registry::keyring::{TYPE_DOCKER_CONFIG_JSON, TYPE_DOCKERCFG};

/// Names of pull secrets.
#[derive(Default)]
pub(super) struct Names {
    /// The namespaces of each name.
    by_name: BTreeMap<String, BTreeSet<String>>,
    /// The names of each namespace.
    by_namespace: BTreeMap<String, BTreeSet<String>>,
    /// Whether those of all namespaces are known.
    everywhere: bool,
}

impl Fold for Names {
    type Item<'a> = Named;

    fn add(&mut self, secret: Named) -> Result<(), serde_json::Error> {
        let Named { metadata } = secret;
        self.by_name.entry(metadata.name.clone()).or_default().insert(metadata.namespace.clone());
        self.by_namespace.entry(metadata.namespace).or_default().insert(metadata.name);
        Ok(())
    }
}

/// Reads the names in all namespaces; where that is refused, in the given one, if one is given.
pub(super) async fn read(api: &Api, namespace: &str) -> (Names, Outcome<u64>) {
    let (mut names, outcome) = of(api, "").await;
    if !matches!(outcome, Outcome::Denied { .. }) || namespace.is_empty() {
        names.everywhere = matches!(outcome, Outcome::Seen { .. });
        return (names, outcome);
    }
    of(api, namespace).await
}

async fn of(api: &Api, namespace: &str) -> (Names, Outcome<u64>) {
    let list = |kind: &str| {
        let list = List::of("secrets", "v1", namespace, "secrets");
        list.fields(&format!("type={kind}")).metadata_only()
    };
    let (current, legacy) = (list(TYPE_DOCKER_CONFIG_JSON), list(TYPE_DOCKERCFG));
    let (current, legacy): (Listed<Names>, Listed<Names>) =
        tokio::join!(current.fold(api, Names::default), legacy.fold(api, Names::default));
    let outcome = match (current.outcome(), legacy.outcome()) {
        (Outcome::Seen { value: a }, Outcome::Seen { value: b }) => Outcome::Seen { value: a + b },
        (Outcome::Seen { .. }, other) | (other, _) => other,
    };
    let mut names = current.state;
    for (name, namespaces) in legacy.state.by_name {
        names.by_name.entry(name).or_default().extend(namespaces);
    }
    for (namespace, of_it) in legacy.state.by_namespace {
        names.by_namespace.entry(namespace).or_default().extend(of_it);
    }
    (names, outcome)
}

impl Names {
    /// Writes into a Secret in which other namespaces its name exists.
    pub fn tell(&self, secret: &mut PullSecret) {
        if self.everywhere {
            let namespaces = self.by_name.get(&secret.name).into_iter().flatten();
            secret.also_in = Some(namespaces.filter(|one| **one != secret.namespace).cloned().collect());
        }
    }

    /// The pull secrets of a namespace.
    pub fn of_namespace(&self, namespace: &str) -> impl Iterator<Item = &String> {
        self.by_namespace.get(namespace).into_iter().flatten()
    }
}
