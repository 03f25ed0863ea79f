//! Making a pull secret that is not there.

use super::renew::{entries, login};
use super::yaml::{Yaml, list, map, text};
use crate::evidence::workloads::{Owner, OwnerKind, PullSecret, Workload};
use crate::finding::{Fix, Patch};
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix, get_service_account};
use crate::plan::FixFormat;
use crate::registry::keyring::{KEY_DOCKER_CONFIG_JSON, TYPE_DOCKER_CONFIG_JSON};

/// Another namespace that has a pull secret of the same name.
#[derive(Clone, Copy)]
pub(crate) struct Elsewhere<'a> {
    /// The namespace.
    pub(crate) namespace: &'a str,
    /// Its Secret, where that was read.
    pub(crate) secret: Option<&'a PullSecret>,
}

/// A pull secret that does not exist: taken from another namespace that has one of its name, or from a fresh login.
/// `named_by`: a workload that has the name from itself or its ServiceAccount.
pub(crate) fn missing(
    secret: &PullSecret,
    source: Option<Elsewhere<'_>>,
    named_by: Option<&Workload>,
    format: FixFormat,
) -> Vec<Fix> {
    let from_elsewhere = source.map(|Elsewhere { namespace, secret: source }| {
        let writer = source.and_then(PullSecret::seen).and_then(|seen| operator(&seen.owners));
        match writer {
            Some(writer) => at_operator(secret, namespace, writer),
            None => copy(secret, namespace, format),
        }
    });
    // What is in a manifest alone is there for the reader to see.
    let is_there = |one: &&Workload| one.owners.iter().all(|owner| owner.kind != OwnerKind::Manifest);
    let look = named_by.filter(is_there).map(look_at_name);
    from_elsewhere.into_iter().chain([create(secret, format)]).chain(look).collect()
}

/// What writes a Secret from elsewhere.
pub(super) fn operator(owners: &[Owner]) -> Option<&Owner> {
    owners.iter().find(|owner| owner.kind == OwnerKind::SecretOperator)
}

fn look_at_name(workload: &Workload) -> Fix {
    let namespace = &workload.namespace;
    let what = "shows where it is named, if the name is wrong";
    match workload.pull_secrets.is_empty() {
        true => fix(what, get_service_account(namespace, &workload.service_account)),
        false => fix(what, format!("kubectl -n {namespace} get {} -o yaml", quoted(&workload.name))),
    }
}

fn create(secret: &PullSecret, format: FixFormat) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    let what = format!(
        "creates it from the docker config of a fresh login{}; pods find it at their next try",
        login("")
    );
    let command = create_secret(namespace, name);
    if format != FixFormat::Kustomize {
        return fix(what, command);
    }
    let generator = map([
        ("name", text(name)),
        ("namespace", text(namespace)),
        ("type", text(TYPE_DOCKER_CONFIG_JSON)),
        ("files", list([text(&format!("{KEY_DOCKER_CONFIG_JSON}=DOCKER_CONFIG.json"))])),
        // Else the name gets a hash, which workloads of other kustomizations and ServiceAccounts do not know.
        ("options", Yaml::True.under(&["disableNameSuffixHash"])),
    ]);
    let patch = Patch {
        file: "kustomization.yaml".into(),
        text: list([generator]).under(&["secretGenerator"]).render(),
    };
    Fix {
        what: format!("{what}; DOCKER_CONFIG.json does not belong into Git"),
        patches: vec![patch],
        command: "kubectl apply -k DIRECTORY".into(),
    }
}

/// Nothing of the Secret is shown, and its labels, annotations and owners stay behind.
fn copy(secret: &PullSecret, other: &str, format: FixFormat) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    if format == FixFormat::Garden {
        let copied = map([("name", text(name)), ("namespace", text(other))]);
        let provider = map([("name", text("kubernetes")), ("copySecrets", list([copied]))]);
        let patch = Patch {
            file: "project.garden.yml, in the provider that is there".into(),
            text: list([provider]).under(&["providers"]).render(),
        };
        return Fix {
            what: format!("has Garden copy it from namespace {other} into each namespace that it deploys to"),
            patches: vec![patch],
            command: "garden deploy ACTION".into(),
        };
    }
    fix(
        format!("copies it from namespace {other} without showing it; pods find it at their next try"),
        format!("{} | kubectl -n {namespace} create -f -", entries(other, name)),
    )
}

/// The Secret of the other namespace is written by an operator: a copy would not be renewed with it.
fn at_operator(secret: &PullSecret, other: &str, writer: &Owner) -> Fix {
    let PullSecret { name, namespace, .. } = secret;
    let (kind, resource) = writer.name.as_str().split_once('/').unwrap_or((writer.name.as_str(), name));
    match kind {
        "ExternalSecret" => fix(
            format!(
                "copies the ExternalSecret from namespace {other}, so that this one is renewed too; a SecretStore of that \
                 namespace must be there as well (a ClusterSecretStore serves all)"
            ),
            format!(
                "kubectl -n {other} get externalsecret {0} -o json | jq '{{apiVersion, kind, metadata: {{name: \
                 .metadata.name}}, spec}}' | kubectl -n {namespace} create -f -",
                quoted(resource)
            ),
        ),
        "SealedSecret" => fix(
            format!(
                "seals it for this namespace, without showing it (what is sealed for {other} opens there alone); then apply \
                 the file, or commit it where the other lies"
            ),
            format!(
                "{} | jq '.metadata.namespace = \"{namespace}\"' | kubeseal --format yaml > {name}-{namespace}.yaml",
                entries(other, name)
            ),
        ),
        _ => fix(
            format!(
                "shows by which annotations or rules {} writes it into namespace {other}: have it write to {namespace} too",
                writer.name
            ),
            format!("kubectl -n {other} get secret {name} -o jsonpath='{{.metadata.annotations}}'"),
        ),
    }
}
