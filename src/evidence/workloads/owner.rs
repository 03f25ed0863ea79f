//! Who writes an object.

use serde::{Deserialize, Serialize};

use crate::text::Clean;

/// A program that writes an object from a source of its own: what is patched in the object itself is reverted, or
/// lost at the next release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Which program.
    pub kind: OwnerKind,
    /// The name of its release, application, kustomization, action or custom resource.
    pub name: Clean,
    /// The namespace of that; empty where it is not known or the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// How it is known: the label, annotation, field manager or reference.
    pub known_by: Clean,
}

/// Programs that write objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum OwnerKind {
    /// Helm: a release.
    Helm,
    /// Argo CD: an Application.
    ArgoCd,
    /// Flux: a Kustomization.
    FluxKustomization,
    /// Flux: a HelmRelease.
    FluxHelmRelease,
    /// Garden: an action.
    Garden,
    /// External Secrets, Sealed Secrets, Reflector, kubed and others that write Secrets.
    SecretOperator,
    /// A custom resource whose controller owns the object (`ownerReferences`).
    CustomResource,
    /// A manifest that is not applied yet.
    Manifest,
}

impl OwnerKind {
    /// The name that its users know.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Helm => "Helm release",
            Self::ArgoCd => "Argo CD application",
            Self::FluxKustomization => "Flux Kustomization",
            Self::FluxHelmRelease => "Flux HelmRelease",
            Self::Garden => "Garden action",
            Self::SecretOperator => "secret operator",
            Self::CustomResource => "custom resource",
            Self::Manifest => "manifest",
        }
    }
}
