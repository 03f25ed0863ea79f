//! New content for a pull secret that exists.

use super::secret::operator;
use crate::evidence::workloads::{Owner, OwnerKind, PullSecret, PullSecretSeen};
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix};
use crate::registry::keyring::{
    KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, TYPE_DOCKER_CONFIG_JSON, TYPE_DOCKERCFG,
};

/// A Secret whose content is of no use (any more). `key`: the entry that is meant; empty: the whole.
pub(crate) fn renew(secret: &PullSecret, key: &str) -> Vec<Fix> {
    vec![written_by(secret, key).unwrap_or_else(|| replace(secret, key))]
}

/// The same of a Secret that a program writes; `None` where nothing does.
pub(super) fn written_by(secret: &PullSecret, key: &str) -> Option<Fix> {
    let owners = &secret.seen()?.owners;
    let owner = operator(owners).or(owners.first())?;
    Some(at_source(secret, owner, key))
}

/// A Secret of a wrong type that a program writes: it is for that program to write one of the right type. `None` where
/// nothing writes it.
pub(crate) fn retype(secret: &PullSecret, seen: &PullSecretSeen) -> Option<Fix> {
    let owner = operator(&seen.owners).or(seen.owners.first())?;
    let PullSecret { name, namespace, .. } = secret;
    let custom = owner.name.as_str().split_once('/').filter(|_| owner.kind == OwnerKind::SecretOperator);
    let command = match custom {
        Some((kind @ ("ExternalSecret" | "SealedSecret"), resource)) => {
            format!("kubectl -n {namespace} get {} {} -o yaml", kind.to_lowercase(), quoted(resource))
        }
        _ if owner.kind == OwnerKind::SecretOperator => {
            format!("kubectl -n {namespace} get secret {name} -o jsonpath='{{.metadata.annotations}}'")
        }
        _ => at_source(secret, owner, "").command,
    };
    let template = match custom {
        Some(("ExternalSecret", _)) => " (spec.target.name and spec.target.template.type)",
        Some(("SealedSecret", _)) => " (metadata.name and spec.template.type, sealed anew for that name)",
        _ => "",
    };
    Some(fix(
        format!(
            "secret/{name} is written by the {} {}, and a type cannot be changed: there, have a Secret of another name \
             written with the type {TYPE_DOCKER_CONFIG_JSON} and the docker config under the key \
             {KEY_DOCKER_CONFIG_JSON}{template}, and name that",
            owner.kind.as_str(),
            owner.name
        ),
        command,
    ))
}

/// A copy that differs from those of other namespaces: is given the content of the one in namespace `from`.
pub(crate) fn align(stale: &PullSecret, from: &str) -> Vec<Fix> {
    if let Some(at_source) = written_by(stale, "") {
        return vec![at_source];
    }
    let PullSecret { name, namespace, .. } = stale;
    vec![fix(
        format!(
            "gives it the content of that in namespace {from}, without showing it, if the credential there is the \
             current one; pods take it at their next pull"
        ),
        format!("{} | {}", entries(from, name), put(namespace, name)),
    )]
}

/// `(docker login HOST, podman login HOST)`.
pub(super) fn login(key: &str) -> String {
    let host = key
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap_or_default();
    let to = if host.is_empty() { String::new() } else { format!(" {}", quoted(host)) };
    format!(" (docker login{to}, podman login{to})")
}

/// A Secret without what belongs to its namespace, on stdout.
pub(super) fn entries(namespace: &str, name: &str) -> String {
    format!(
        "kubectl -n {namespace} get secret {name} -o json | jq '{{apiVersion, kind, type, data, metadata: {{name: \
         .metadata.name}}}}'"
    )
}

/// A patch keeps labels and annotations, by which other programs know the Secret; `kubectl apply` would remove them, and
/// write the credential into an annotation.
pub(crate) fn put(namespace: &str, name: &str) -> String {
    format!("kubectl -n {namespace} patch secret {name} --patch-file=/dev/stdin")
}

fn replace(secret: &PullSecret, key: &str) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    let is_legacy = secret.seen().is_some_and(|seen| seen.kind.as_str() == TYPE_DOCKERCFG);
    let create = match is_legacy {
        // The older format is the inner part of the newer.
        true => format!(
            "jq .auths DOCKER_CONFIG.json | kubectl -n {namespace} create secret generic {name} \
             --type={TYPE_DOCKERCFG} --from-file={KEY_DOCKERCFG}=/dev/stdin"
        ),
        false => create_secret(namespace, name),
    };
    let others = match secret.seen().filter(|_| !key.is_empty()).map(|seen| seen.docker_config.entries.len())
    {
        Some(0 | 1) => "",
        Some(2) => " (with the Secret's other entry, which is lost otherwise)",
        Some(_) => " (with the Secret's other entries, which are lost otherwise)",
        None => " (with the entries of other registries, if it has any)",
    };
    fix(
        format!(
            "replaces what is in secret/{name} by the docker config of a fresh login{}{others}; pods take it at their \
             next pull",
            login(key)
        ),
        format!("{create} --dry-run=client -o yaml | {}", put(namespace, name)),
    )
}

/// What is written by a program is renewed where that program has it from.
fn at_source(secret: &PullSecret, owner: &Owner, key: &str) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    let owned = format!("secret/{name} is written by the {} {}", owner.kind.as_str(), owner.name);
    let quoted_name = quoted(owner.name.as_str());
    let of_owner = if owner.namespace.is_empty() { namespace } else { &owner.namespace };
    let (how, command) = match owner.kind {
        OwnerKind::SecretOperator => return at_operator(secret, owner, key),
        OwnerKind::Helm => (
            "put the docker config of a fresh login into the value that it is made from",
            format!(
                "helm upgrade {quoted_name} CHART -n {of_owner} --reuse-values -f CREDENTIAL_VALUES.yaml"
            ),
        ),
        OwnerKind::ArgoCd => (
            "renew its source in Git, sealed or encrypted as that is",
            format!("argocd app sync {quoted_name}"),
        ),
        OwnerKind::FluxKustomization => (
            "renew its source in Git, sealed or encrypted as that is",
            format!("flux reconcile kustomization {quoted_name} -n {of_owner} --with-source"),
        ),
        OwnerKind::FluxHelmRelease => (
            "put the docker config of a fresh login into the value that it is made from",
            format!("flux reconcile helmrelease {quoted_name} -n {of_owner}"),
        ),
        OwnerKind::Garden => (
            "renew the Secret that it is copied from (imagePullSecrets, copySecrets of its provider), or its manifest",
            format!("garden deploy {}", quoted(owner.name.as_str().trim_start_matches("deploy."))),
        ),
        OwnerKind::Manifest => {
            return fix(
                format!(
                    "secret/{name} is written in the manifest {}: put the docker config of a fresh login{} there (such as \
                     this command prints)",
                    owner.name,
                    login(key)
                ),
                format!("{} --dry-run=client -o yaml", create_secret(namespace, name)),
            );
        }
        OwnerKind::CustomResource => {
            ("renew what that reads", format!("kubectl -n {of_owner} get {quoted_name} -o yaml"))
        }
    };
    fix(format!("{owned}, which undoes a change of the Secret itself: {how}"), command)
}

fn at_operator(secret: &PullSecret, owner: &Owner, key: &str) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    let (kind, resource) = owner.name.as_str().split_once('/').unwrap_or((owner.name.as_str(), ""));
    match kind {
        "ExternalSecret" => fix(
            format!(
                "once the credential is new in the store that {} reads: has it read anew at once",
                owner.name
            ),
            format!(
                "kubectl -n {namespace} annotate externalsecret {} force-sync=\"$(date +%s)\" --overwrite",
                quoted(resource)
            ),
        ),
        "SealedSecret" => fix(
            format!(
                "seals the docker config of a fresh login{}; then apply the file, or commit it where {} lies",
                login(key),
                owner.name
            ),
            format!(
                "kubectl -n {namespace} create secret generic {name} --type={TYPE_DOCKER_CONFIG_JSON} \
                 --from-file={KEY_DOCKER_CONFIG_JSON}=DOCKER_CONFIG.json --dry-run=client -o json | kubeseal --format \
                 yaml > {name}.yaml"
            ),
        ),
        _ => match copied_from(owner) {
            Some((from, original)) => {
                let source = PullSecret { name: original, namespace: from, ..secret.clone() };
                let Fix { what, command, .. } = replace(&source, key);
                fix(
                    format!(
                        "at its source secret/{} in namespace {}, from which it is copied: {what}",
                        source.name, source.namespace
                    ),
                    command,
                )
            }
            None => fix(
                format!("shows where {} has it from: renew it there", owner.name),
                format!("kubectl -n {namespace} get secret {name} -o jsonpath='{{.metadata.annotations}}'"),
            ),
        },
    }
}

/// Namespace and name of the original: `Reflector (infra/regcred)`.
fn copied_from(owner: &Owner) -> Option<(String, String)> {
    let (_, source) = owner.name.as_str().strip_suffix(')')?.rsplit_once('(')?;
    let (namespace, name) = source.split_once('/')?;
    Some((namespace.to_string(), name.to_string()))
}
