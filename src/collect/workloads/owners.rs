//! Who writes an object, by the marks that the programs leave on it.
//!
//! Sources: Helm 3 and 4 `pkg/action/validate.go`; Argo CD `common/common.go` (tracking by annotation, label or both);
//! Flux kustomize-controller and helm-controller (labels of what they apply); Garden
//! `plugins/kubernetes/util.ts` (`gardenAnnotationKey`); External Secrets `apis/externalsecrets` (owner reference,
//! labels `reconcile.external-secrets.io/…`); Sealed Secrets (owner reference); emberstack Reflector, kubed
//! (config-syncer) and mittwald's kubernetes-replicator (annotations of their copies).

use std::collections::BTreeMap;

use super::wire::{Meta, OwnerReference};
use crate::collect::selector::Labels;
use crate::evidence::workloads::{Owner, OwnerKind};
use crate::text::{Clean, is_object_name};

const HELM_RELEASE: &str = "meta.helm.sh/release-name";
const HELM_NAMESPACE: &str = "meta.helm.sh/release-namespace";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const INSTANCE: &str = "app.kubernetes.io/instance";
const ARGO_TRACKING: &str = "argocd.argoproj.io/tracking-id";
const ARGO_INSTANCE: &str = "argocd.argoproj.io/instance";

/// Labels of what Flux applies: of the name, of the namespace.
const FLUX: &[(&str, &str, OwnerKind)] = &[
    (
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
        OwnerKind::FluxKustomization,
    ),
    ("helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace", OwnerKind::FluxHelmRelease),
];

/// Labels or annotations of what Garden deploys: since 0.13 the action, before that the service of a module.
const GARDEN: &[&str] = &["garden.io/action", "garden.io/service", "garden.io/module"];

/// Custom resources whose controllers write Secrets.
const SECRET_KINDS: &[&str] = &[
    "ExternalSecret",
    "ClusterExternalSecret",
    "PushSecret",
    "SealedSecret",
    "VaultStaticSecret",
    "VaultDynamicSecret",
    "BitwardenSecret",
    "OnePasswordItem",
    "InfisicalSecret",
    "DopplerSecret",
    "SecretProviderClassPodStatus",
];

/// Labels and annotations that writers of Secrets leave on theirs; a value that names the source is the owner's name.
const SECRET_MARKS: &[(&str, &str)] = &[
    ("reflector.v1.k8s.emberstack.com/reflects", "Reflector"),
    ("replicator.v1.mittwald.de/replicate-from", "kubernetes-replicator"),
    ("replicator.v1.mittwald.de/replicated-from-version", "kubernetes-replicator"),
    ("kubed.appscode.com/origin", "kubed (config-syncer)"),
    ("kubed.appscode.com/origin.name", "kubed (config-syncer)"),
    ("reconcile.external-secrets.io/created-by", "External Secrets"),
    ("reconcile.external-secrets.io/managed", "External Secrets"),
    ("reconcile.external-secrets.io/data-hash", "External Secrets"),
];

/// What a value of `app.kubernetes.io/managed-by` says of a Secret that something refreshes.
const SECRET_MANAGERS: &[&str] = &[
    "imagepullsecret-patcher",
    "registry-creds",
    "ecr-credential-helper",
    "k8s-ecr-login-renew",
    "kube-secret-sync",
    "reflector",
    "external-secrets",
];

/// What is known of an object's owners.
pub(super) struct Marks<'a> {
    pub labels: &'a Labels,
    pub annotations: &'a BTreeMap<String, String>,
    pub references: &'a [OwnerReference],
    /// Whether these are the marks of a pod that stand for those of its workload: a chart's labels are on both, the
    /// annotations of a release on the workload alone.
    pub of_pod: bool,
}

impl<'a> Marks<'a> {
    pub fn of(meta: &'a Meta) -> Self {
        Self {
            labels: &meta.labels,
            annotations: &meta.annotations,
            references: &meta.owner_references,
            of_pod: false,
        }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        let value = self.annotations.get(key).or_else(|| self.labels.get(key))?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Who writes an object, outermost first.
pub(super) fn of(marks: &Marks<'_>) -> Vec<Owner> {
    let mut owners: Vec<Owner> = Vec::new();
    owners.extend(garden(marks));
    owners.extend(argo(marks));
    owners.extend(FLUX.iter().filter_map(|row| flux(marks, row)));
    owners.extend(helm(marks, !owners.is_empty()));
    owners.extend(secret_writer(marks, owners.is_empty()));
    owners.extend(marks.references.iter().filter_map(custom_resource));
    owners
}

fn owner(kind: OwnerKind, name: &str, namespace: &str, known_by: &str) -> Owner {
    let namespace = if is_object_name(namespace) { namespace } else { "" };
    Owner {
        kind,
        name: Clean::with_cap(name, 256),
        namespace: namespace.to_string(),
        known_by: Clean::with_cap(known_by, 256),
    }
}

fn garden(marks: &Marks<'_>) -> Option<Owner> {
    let (key, name) = GARDEN.iter().find_map(|key| Some((*key, marks.get(key)?)))?;
    Some(owner(OwnerKind::Garden, name, "", key))
}

/// `APPLICATION:GROUP/KIND:NAMESPACE/NAME`; an Application outside Argo CD's own namespace is `NAMESPACE_NAME`.
fn argo(marks: &Marks<'_>) -> Option<Owner> {
    let named = |name: &str, known_by: &str| {
        let (namespace, name) = name.split_once('_').unwrap_or(("", name));
        owner(OwnerKind::ArgoCd, name, namespace, known_by)
    };
    if let Some(tracked) = marks.annotations.get(ARGO_TRACKING) {
        let name = tracked.split(':').next().unwrap_or_default();
        return Some(named(name, ARGO_TRACKING)).filter(|one| !one.name.is_empty());
    }
    marks.get(ARGO_INSTANCE).map(|name| named(name, ARGO_INSTANCE))
}

fn flux(marks: &Marks<'_>, (name, namespace, kind): &(&str, &str, OwnerKind)) -> Option<Owner> {
    let value = marks.get(name)?;
    Some(owner(*kind, value, marks.get(namespace).unwrap_or_default(), name))
}

/// A release leaves annotations. The label alone is what charts write, also where another program renders them.
fn helm(marks: &Marks<'_>, is_rendered: bool) -> Option<Owner> {
    if let Some(name) = marks.annotations.get(HELM_RELEASE).filter(|name| !name.is_empty()) {
        let namespace = marks.annotations.get(HELM_NAMESPACE).map_or("", String::as_str);
        return Some(owner(OwnerKind::Helm, name, namespace, HELM_RELEASE));
    }
    let by_label = marks.of_pod && !is_rendered && marks.get(MANAGED_BY) == Some("Helm");
    let name = marks.get(INSTANCE).filter(|_| by_label)?;
    Some(owner(OwnerKind::Helm, name, "", MANAGED_BY))
}

/// What writes a Secret from elsewhere. That an object is refreshed by a manager is said only where nothing else is.
fn secret_writer(marks: &Marks<'_>, alone: bool) -> Option<Owner> {
    let is_operator = |reference: &&OwnerReference| SECRET_KINDS.contains(&reference.kind.as_str());
    if let Some(reference) = marks.references.iter().find(is_operator) {
        let name = format!("{}/{}", reference.kind, reference.name);
        return Some(owner(OwnerKind::SecretOperator, &name, "", "ownerReferences"));
    }
    let mark = SECRET_MARKS.iter().find_map(|(key, program)| Some((*key, *program, marks.get(key)?)));
    if let Some((key, program, value)) = mark {
        let source = value.split_once('/').filter(|(ns, name)| is_object_name(ns) && is_object_name(name));
        let (namespace, name) =
            source.map_or(("", String::new()), |(ns, name)| (ns, format!(" ({ns}/{name})")));
        return Some(owner(OwnerKind::SecretOperator, &format!("{program}{name}"), namespace, key));
    }
    let manager = marks.get(MANAGED_BY).filter(|one| alone && SECRET_MANAGERS.contains(one))?;
    Some(owner(OwnerKind::SecretOperator, manager, "", MANAGED_BY))
}

/// Kinds that kubectl users write themselves are no owners in this sense: a Deployment is patched, not its ReplicaSet.
fn custom_resource(reference: &OwnerReference) -> Option<Owner> {
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    let is_builtin = matches!(group, "apps" | "batch") || (group.is_empty() && reference.kind != "Node");
    let is_told = SECRET_KINDS.contains(&reference.kind.as_str());
    if is_builtin || is_told || reference.kind.is_empty() {
        return None;
    }
    let name = format!("{}/{}", reference.kind, reference.name);
    Some(owner(OwnerKind::CustomResource, &name, "", "ownerReferences"))
}

#[cfg(test)]
#[path = "owners_tests.rs"]
mod tests;
