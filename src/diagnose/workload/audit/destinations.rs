//! Builders whose docker configuration has no entry for the registry that their arguments name.

use std::collections::{BTreeMap, BTreeSet};

use super::words::some_of;
use crate::code::Code;
use crate::evidence::builder::{BuilderConfig, Pushes};
use crate::evidence::workloads::{PullSecret, PullSecretSeen, Workload};
use crate::finding::{Finding, Severity, Subject};
use crate::fix::workload as fix;
use crate::registry::docker_config::client::hostname;
use crate::registry::keyring::SecretState;
use crate::registry::known::Provider;
use crate::registry::reference::Reference;

/// Destinations without an entry, by the Secret and the registry.
#[derive(Default)]
pub(super) struct Missed<'e>(BTreeMap<(&'e str, String), Miss<'e>>);

struct Miss<'e> {
    secret: &'e PullSecret,
    /// The keys of its entries.
    keys: Vec<&'e str>,
    /// The key of the Secret that becomes the file.
    file: &'e str,
    destination: &'e str,
    workloads: Vec<&'e Workload>,
}

impl<'e> Missed<'e> {
    /// Compares where a builder pushes to with what is in the Secret that it mounts under `file`.
    pub(super) fn note(
        &mut self,
        workload: &'e Workload,
        builder: &'e BuilderConfig,
        (secret, file): (&'e PullSecret, &'e str),
    ) {
        let Some(Pushes::To(images)) = &builder.pushes else { return };
        let Some(seen) = secret.seen().filter(|seen| has_entries(seen)) else { return };
        let keys: Vec<&str> = seen.docker_config.entries.iter().map(|entry| entry.key.as_str()).collect();
        for image in images {
            let Ok(reference) = Reference::parse(image.as_str()) else { continue };
            if is_supplied(&reference) || keys.iter().any(|key| fits(key, &reference)) {
                continue;
            }
            let (keys, destination) = (keys.clone(), image.as_str());
            let new = || Miss { secret, keys, file, destination, workloads: Vec::new() };
            let key = (secret.id.as_str(), reference.registry().to_owned());
            self.0.entry(key).or_insert_with(new).workloads.push(workload);
        }
    }

    pub(super) fn into_findings(self) -> impl Iterator<Item = Finding> {
        self.0.into_iter().map(|((_, registry), miss)| without_entry(&registry, &miss))
    }
}

/// What cannot be read has a fault of its own.
fn has_entries(seen: &PullSecretSeen) -> bool {
    let config = &seen.docker_config;
    !matches!(config.state, SecretState::Broken { .. }) && !config.entries.is_empty()
}

/// Kaniko carries the helpers of the clouds, which log in as the node or the ServiceAccount.
fn is_supplied(destination: &Reference) -> bool {
    Provider::of_host(destination.registry()).has_node_identity()
}

/// Docker's own rule, which Kaniko's library follows: the whole key, else its host (docker/cli `config/credentials`,
/// go-containerregistry `pkg/authn`).
fn fits(key: &str, destination: &Reference) -> bool {
    let host = hostname(key);
    if destination.is_docker_hub() {
        return matches!(host, "docker.io" | "index.docker.io" | "registry-1.docker.io");
    }
    host == destination.registry()
}

fn without_entry(registry: &str, miss: &Miss<'_>) -> Finding {
    let Miss { secret, keys, file, destination, workloads } = miss;
    let keys: BTreeSet<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let names: BTreeSet<&str> = workloads.iter().map(|workload| workload.name.as_str()).collect();
    let several = names.len() > 1;
    let cause = format!(
        "{} push{} to {destination} with the docker configuration of secret/{} in namespace {}, which has no entry \
         for {registry}: its {} {}.",
        some_of(names),
        if several { "" } else { "es" },
        secret.name,
        secret.namespace,
        if keys.len() == 1 { "key is" } else { "keys are" },
        some_of(keys.iter().copied())
    );
    let subject = Subject { name: format!("secret/{}", secret.name), ..Subject::default() };
    let mut finding = Finding::new(Code::PullSecretNoMatch, subject, cause);
    // That the registry asks for a credential only a push says, and a helper beside the entries may have one.
    finding.severity = Severity::Warning;
    finding.certain = false;
    finding.also_possible = vec![Code::CredentialNotVisible];
    finding.settle_by = Some(
        "the builder's own log of a push; a helper (`credHelpers`) beside the entries may supply it".into(),
    );
    finding.evidence = vec![secret.id.clone()];
    finding.evidence.extend(workloads.iter().map(|workload| workload.id.clone()));
    finding.evidence.dedup();
    finding.fixes = fix::renew_file(secret, file);
    finding
}
