//! Mends for what is written down wrong: Secrets, and who names them.

use super::mends::renew;
use crate::evidence::workloads::{EgressPolicy, PullSecret, PullSecretSeen};
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix};
use crate::registry::keyring::{
    KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, TYPE_DOCKER_CONFIG_JSON, TYPE_DOCKERCFG,
};

/// A Secret of a type that the kubelet does not read. A type cannot be changed, so it is made anew.
pub(crate) fn wrong_type(secret: &PullSecret, seen: &PullSecretSeen) -> Vec<Fix> {
    let PullSecret { name, namespace, .. } = secret;
    let has = |key: &&&str| seen.keys.iter().any(|one| one.as_str() == **key);
    let json = [KEY_DOCKER_CONFIG_JSON, "config.json", "dockerconfigjson"];
    let found = json.iter().find(has).map(|key| (*key, KEY_DOCKER_CONFIG_JSON, TYPE_DOCKER_CONFIG_JSON));
    let legacy = || [KEY_DOCKERCFG].iter().find(has).map(|key| (*key, KEY_DOCKERCFG, TYPE_DOCKERCFG));
    let Some((from, key, kind)) = found.or_else(legacy) else {
        return vec![
            crate::fix::look_at_keys(name, namespace),
            fix(
                "creates a pull secret of another name from a fresh login, to be named instead",
                create_secret(namespace, &format!("{name}-pull")),
            ),
        ];
    };
    vec![fix(
        format!("makes it anew from its own key {from}, with the type that the kubelet reads"),
        format!(
            "{} | kubectl -n {namespace} create secret generic {name} --type={kind} --from-file={key}=/dev/stdin \
             --dry-run=client -o yaml | kubectl replace --force -f -",
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
