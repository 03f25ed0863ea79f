//! Mends for what is written down wrong: Secrets, and who names them.

use serde_json::{Value, json};

use crate::evidence::workloads::{EgressPolicy, PullSecret, PullSecretSeen, ServiceAccountSeen, Workload};
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix, get_service_account};
use crate::registry::keyring::{
    KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, TYPE_DOCKER_CONFIG_JSON, TYPE_DOCKERCFG,
};

/// A pull secret that does not exist: the copy of another namespace, or a fresh login. `named_by`: a workload that
/// gets the name from itself or its ServiceAccount.
pub(crate) fn missing(secret: &PullSecret, named_by: Option<&Workload>) -> Vec<Fix> {
    let PullSecret { name, namespace, .. } = secret;
    let other = secret.also_in.iter().flatten().next();
    let copy = other.map(|other| {
        fix(
            format!("copies it from namespace {other}; pods find it at their next try"),
            copy(other, namespace, name),
        )
    });
    let create = fix(
        "creates it from the credential of a fresh login (docker login, podman login); pods find it at their next try",
        create_secret(namespace, name),
    );
    let look = named_by.map(|workload| match workload.pull_secrets.is_empty() {
        true => fix(
            "shows where it is named, if the name is wrong",
            get_service_account(namespace, &workload.service_account),
        ),
        false => fix(
            "shows where it is named, if the name is wrong",
            format!("kubectl -n {namespace} get {} -o yaml", workload.name),
        ),
    });
    copy.into_iter().chain([create]).chain(look).collect()
}

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

/// A Secret whose content is of no use (any more). `key`: the entry that is meant; empty: the whole.
pub(crate) fn renew(secret: &PullSecret, key: &str) -> Vec<Fix> {
    let to = if key.is_empty() { String::new() } else { format!(" to {key}") };
    vec![fix(
        format!(
            "replaces what is in it by the docker config of a fresh login{to} (with the entries of other registries, \
             if it has any); pods take it at their next pull"
        ),
        create_secret(&secret.namespace, &secret.name),
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

/// A copy that differs from those of other namespaces.
pub(crate) fn align(stale: &PullSecret, from: &str) -> Vec<Fix> {
    let PullSecret { name, namespace, .. } = stale;
    vec![fix(
        format!("copies that of namespace {from}, if its credential is the current one"),
        copy(from, namespace, name),
    )]
}

/// Names a Secret in a workload, or in its ServiceAccount. `own`: the pull secrets that its pods get now.
pub(crate) fn reference(
    workload: &Workload,
    account: Option<&ServiceAccountSeen>,
    secret: &str,
    own: &[String],
) -> Vec<Fix> {
    let Workload { name, namespace, .. } = workload;
    // A list in the template keeps the ServiceAccount's out, so those names move into it.
    let pod = json!({"spec": {"imagePullSecrets": names(own, secret)}});
    let patch = match name.split('/').next() {
        Some("deploy" | "sts" | "ds" | "rs") => Some(json!({"spec": {"template": pod}})),
        Some("cronjob") => Some(json!({"spec": {"jobTemplate": {"spec": {"template": pod}}}})),
        _ => None,
    };
    let in_workload = match patch {
        Some(patch) => fix(
            format!("names it in {name}, which replaces its pods"),
            format!("kubectl -n {namespace} patch {name} -p '{patch}'"),
        ),
        None => fix(
            "shows the pod, whose pull secrets cannot be changed: name it in what creates the pod, and make it anew",
            format!("kubectl -n {namespace} get {name} -o yaml"),
        ),
    };
    if !workload.pull_secrets.is_empty() {
        return vec![in_workload];
    }
    vec![in_workload, in_account(workload, account, secret)]
}

/// Appends a name to a ServiceAccount's list. A merge patch would replace the list, with what others put there.
fn in_account(workload: &Workload, account: Option<&ServiceAccountSeen>, secret: &str) -> Fix {
    let Workload { namespace, service_account, .. } = workload;
    let is_empty = account.is_none_or(|account| account.pull_secrets.is_empty());
    let patch = match is_empty {
        true => json!([{"op": "add", "path": "/imagePullSecrets", "value": [{"name": secret}]}]),
        false => json!([{"op": "add", "path": "/imagePullSecrets/-", "value": {"name": secret}}]),
    };
    fix(
        format!(
            "gives it to every pod of serviceaccount/{service_account} that is created from then on and names none of \
             its own; existing pods must be recreated"
        ),
        format!("kubectl -n {namespace} patch serviceaccount {service_account} --type=json -p '{patch}'"),
    )
}

/// A policy that keeps pods from their registry.
pub(crate) fn look_at_policy(policy: &EgressPolicy) -> Vec<Fix> {
    vec![fix(
        "shows what it allows; a builder needs port 53 of the cluster's DNS and port 443 of its registry, its token \
         service and its storage",
        format!("kubectl -n {} get networkpolicy {} -o yaml", policy.namespace, policy.name),
    )]
}

fn names(own: &[String], secret: &str) -> Vec<Value> {
    let own = own.iter().map(String::as_str).filter(|name| *name != secret);
    own.chain([secret]).map(|name| json!({ "name": name })).collect()
}

/// Nothing of the Secret is shown or stored on the way.
fn copy(from: &str, to: &str, name: &str) -> String {
    format!(
        "{} | kubectl -n {to} create secret generic {name} --type={TYPE_DOCKER_CONFIG_JSON} \
         --from-file={KEY_DOCKER_CONFIG_JSON}=/dev/stdin --dry-run=client -o yaml | kubectl apply -f -",
        value(from, name, KEY_DOCKER_CONFIG_JSON)
    )
}

fn value(namespace: &str, name: &str, key: &str) -> String {
    format!(
        "kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.{}}}' | base64 -d",
        key.replace('.', "\\.")
    )
}
