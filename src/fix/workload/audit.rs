//! Mends for what is written down wrong: Secrets, and who names them.

use super::mends::{
    Place, WORKLOADS, docker_config_key, name_pull_secret_in_all, no_longer_name, renew, retype,
};
use crate::evidence::workloads::{EgressPolicy, PullSecret, PullSecretSeen};
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix};
use crate::registry::keyring::{
    KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, TYPE_DOCKER_CONFIG_JSON, TYPE_DOCKERCFG,
};

/// What the Secret is called that is made beside one of a wrong type.
pub(crate) fn second_name(secret: &PullSecret) -> String {
    format!("{}-pull", secret.name)
}

/// A Secret of a type that the kubelet does not read. A type cannot be changed, so that a second Secret is made (unless it
/// `is_made` already) and named beside it: the first may be of use to others, and stays. `lacking`: workloads that name it
/// and get no credential otherwise; `supplied`: those that get one from another pull secret, and name it for nothing.
pub(crate) fn wrong_type(
    secret: &PullSecret,
    seen: &PullSecretSeen,
    lacking: &[Place<'_>],
    supplied: &[Place<'_>],
    is_made: bool,
) -> Vec<Fix> {
    let mut fixes = match retype(secret, seen).filter(|_| !lacking.is_empty() && !is_made) {
        Some(at_source) => vec![at_source],
        None if lacking.is_empty() => Vec::new(),
        None => {
            let second = second_name(secret);
            let make = if is_made { Vec::new() } else { second_secret(secret, seen, &second) };
            make.into_iter().chain(name_pull_secret_in_all(lacking, &second)).collect()
        }
    };
    for fix in supplied.iter().take(WORKLOADS).flat_map(|place| no_longer_name(place, &secret.name)) {
        if !fixes.contains(&fix) {
            fixes.push(fix);
        }
    }
    fixes
}

fn second_secret(secret: &PullSecret, seen: &PullSecretSeen, second: &str) -> Vec<Fix> {
    let PullSecret { name, namespace, .. } = secret;
    let found = docker_config_key(seen).map(|key| (key, KEY_DOCKER_CONFIG_JSON, TYPE_DOCKER_CONFIG_JSON));
    let legacy = || seen.has_key(KEY_DOCKERCFG).then_some((KEY_DOCKERCFG, KEY_DOCKERCFG, TYPE_DOCKERCFG));
    let Some((from, key, kind)) = found.or_else(legacy) else {
        return vec![
            crate::fix::look_at_keys(name, namespace),
            fix("creates a pull secret of another name from a fresh login", create_secret(namespace, second)),
        ];
    };
    vec![fix(
        format!(
            "makes a second Secret from its key {from}, with the type that the kubelet reads, and leaves the first as \
             it is"
        ),
        format!(
            "{} | kubectl -n {namespace} create secret generic {second} --type={kind} --from-file={key}=/dev/stdin",
            value(namespace, name, from)
        ),
    )]
}

/// A public image that a credential shadows.
pub(crate) fn without_secret(secret: &PullSecret, image: &str) -> Vec<Fix> {
    let prove = fix(
        "proves that the image needs no credential",
        format!("kubectl regauth pull {} -n {} --no-pull-secret", quoted(image), secret.namespace),
    );
    let mut fixes = vec![prove];
    fixes.extend(renew(secret, ""));
    fixes
}

/// A policy that keeps pods from their registry.
pub(crate) fn look_at_policy(policy: &EgressPolicy) -> Vec<Fix> {
    vec![fix(
        "shows what it allows; a builder needs port 53 of the cluster's DNS and port 443 of its registry, its token \
         service and its storage",
        format!("kubectl -n {} get networkpolicy {} -o yaml", policy.namespace, policy.name),
    )]
}

fn value(namespace: &str, name: &str, key: &str) -> String {
    format!(
        "kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.{}}}' | base64 -d",
        key.replace('.', "\\.")
    )
}
