//! Mends for what is written down wrong: Secrets, and who names them.

use super::mends::{Place, name_pull_secret, renew, retype};
use crate::evidence::workloads::{EgressPolicy, PullSecret, PullSecretSeen};
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix};
use crate::registry::keyring::{
    KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, TYPE_DOCKER_CONFIG_JSON, TYPE_DOCKERCFG,
};

/// A Secret of a type that the kubelet does not read. A type cannot be changed, so that a second Secret is made and
/// named beside it: the first may be of use to others, and stays. `named_by`: a workload that has its name.
pub(crate) fn wrong_type(
    secret: &PullSecret,
    seen: &PullSecretSeen,
    named_by: Option<&Place<'_>>,
) -> Vec<Fix> {
    let PullSecret { name, .. } = secret;
    if let Some(at_source) = retype(secret, seen) {
        return vec![at_source];
    }
    let second = format!("{name}-pull");
    let mut fixes = second_secret(secret, seen, &second);
    fixes.extend(named_by.map(|place| name_pull_secret(place, &second)).unwrap_or_default());
    fixes
}

fn second_secret(secret: &PullSecret, seen: &PullSecretSeen, second: &str) -> Vec<Fix> {
    let PullSecret { name, namespace, .. } = secret;
    let has = |key: &&&str| seen.keys.iter().any(|one| one.as_str() == **key);
    let json = [KEY_DOCKER_CONFIG_JSON, "config.json", "dockerconfigjson"];
    let found = json.iter().find(has).map(|key| (*key, KEY_DOCKER_CONFIG_JSON, TYPE_DOCKER_CONFIG_JSON));
    let legacy = || [KEY_DOCKERCFG].iter().find(has).map(|key| (*key, KEY_DOCKERCFG, TYPE_DOCKERCFG));
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
