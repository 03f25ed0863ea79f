//! The source that a program writes an object from, and how a change of it reaches the cluster.

use super::object::Object;
use crate::evidence::workloads::{Owner, OwnerKind};
use crate::fix::shell::quoted;
use crate::plan::FixFormat;

/// The form in which a change is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A command that patches the object itself.
    Command,
    /// An entry of `patches` in a kustomization.
    Kustomization,
    /// Values of a chart.
    Values,
    /// An entry of `patchResources` in a Garden action of type kubernetes.
    PatchResources,
    /// A change of the manifest that it is written in.
    Manifest,
}

/// Who writes an object.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) object: Object<'a>,
    pub(super) owners: &'a [Owner],
}

impl<'a> Source<'a> {
    /// The program whose source is to be changed: the outermost, since it writes what the others read.
    pub(super) fn owner(&self) -> Option<&'a Owner> {
        self.owners.first()
    }

    /// A controller that makes the object of a custom resource: it has no fields but its own.
    pub(super) fn controller(&self) -> Option<&'a Owner> {
        let by_controller = |kind| matches!(kind, OwnerKind::CustomResource | OwnerKind::SecretOperator);
        self.owner().filter(|owner| by_controller(owner.kind))
    }

    /// Whether it is in a manifest alone, so that there is nothing yet which could be patched or replaced.
    pub(super) fn is_planned(&self) -> bool {
        self.is(OwnerKind::Manifest)
    }

    pub(super) fn is(&self, kind: OwnerKind) -> bool {
        self.owner().is_some_and(|owner| owner.kind == kind)
    }

    /// The form that was asked for; with `kubectl`, that of the program which writes the object.
    pub(super) fn form(&self, format: FixFormat) -> Form {
        let of_chart = |owner: &&Owner| matches!(owner.kind, OwnerKind::Helm | OwnerKind::FluxHelmRelease);
        let is_chart = self.owners.iter().any(|owner| of_chart(&owner));
        match (format, self.owner().map(|owner| owner.kind)) {
            (FixFormat::Kustomize, _) => Form::Kustomization,
            (FixFormat::HelmValues, _) => Form::Values,
            // Actions of type helm have no patchResources.
            (FixFormat::Garden, _) if is_chart => Form::Values,
            (FixFormat::Garden, _) => Form::PatchResources,
            (FixFormat::Kubectl, None) => Form::Command,
            (FixFormat::Kubectl, Some(OwnerKind::Manifest)) => Form::Manifest,
            (FixFormat::Kubectl, Some(_)) if is_chart => Form::Values,
            (FixFormat::Kubectl, Some(OwnerKind::Garden)) => Form::PatchResources,
            (FixFormat::Kubectl, Some(OwnerKind::ArgoCd | OwnerKind::FluxKustomization)) => {
                Form::Kustomization
            }
            (FixFormat::Kubectl, Some(_)) => Form::Command,
        }
    }

    /// Why the object itself is not patched, as a clause; empty where nothing else writes it.
    pub(super) fn because(&self) -> String {
        let Some(owner) = self.owner() else { return String::new() };
        let writes = format!("the {} {} writes {}", owner.kind.as_str(), owner.name, self.object.short);
        let undone = match owner.kind {
            OwnerKind::Helm => "a patch is lost at its next upgrade",
            OwnerKind::Garden => "a patch is lost at its next deploy",
            OwnerKind::Manifest => return format!("{}", owner.known_by),
            _ => "it undoes a patch",
        };
        format!("{writes}, and {undone}")
    }

    /// The release of Helm, which is not always called as what installs it.
    pub(super) fn release(&self) -> String {
        let helm = self.owners.iter().find(|owner| owner.kind == OwnerKind::Helm);
        let flux = || self.owner().filter(|owner| owner.kind == OwnerKind::FluxHelmRelease);
        helm.or_else(flux).map_or_else(|| "RELEASE".into(), |owner| quoted(owner.name.as_str()))
    }

    /// The namespace of that release.
    pub(super) fn release_namespace(&self) -> &'a str {
        let helm = self.owners.iter().find(|owner| owner.kind == OwnerKind::Helm);
        let named = helm.map_or("", |owner| owner.namespace.as_str());
        if named.is_empty() { self.object.namespace } else { named }
    }

    /// The name of Garden's action: `deploy.web` is the action `web` of kind Deploy.
    pub(super) fn action(&self) -> String {
        let owner = self.owner().filter(|owner| owner.kind == OwnerKind::Garden);
        let name = owner.map(|owner| owner.name.as_str());
        name.map_or_else(|| "ACTION".into(), |name| quoted(name.strip_prefix("deploy.").unwrap_or(name)))
    }

    /// What brings a changed source to the cluster.
    pub(super) fn apply(&self, form: Form) -> String {
        match self.owner().filter(|owner| owner.kind != OwnerKind::CustomResource) {
            Some(owner) if form != Form::PatchResources || owner.kind == OwnerKind::Garden => {
                self.apply_by(owner, form)
            }
            _ => self.apply_as(form),
        }
    }

    fn apply_by(&self, owner: &Owner, form: Form) -> String {
        let name = quoted(owner.name.as_str());
        let namespace = match owner.namespace.as_str() {
            "" => self.object.namespace,
            named => named,
        };
        match owner.kind {
            OwnerKind::ArgoCd if owner.namespace.is_empty() => format!("argocd app sync {name}"),
            OwnerKind::ArgoCd => format!("argocd app sync {namespace}/{name}"),
            OwnerKind::FluxKustomization => {
                format!("flux reconcile kustomization {name} -n {namespace} --with-source")
            }
            OwnerKind::FluxHelmRelease => format!("flux reconcile helmrelease {name} -n {namespace}"),
            OwnerKind::Garden => format!("garden deploy {}", self.action()),
            OwnerKind::Helm | OwnerKind::SecretOperator | OwnerKind::CustomResource | OwnerKind::Manifest => {
                self.apply_as(form)
            }
        }
    }

    /// By the form alone: who writes the object is not known, or is Helm.
    fn apply_as(&self, form: Form) -> String {
        let upgrade = |flags: &str| {
            let (release, namespace) = (self.release(), self.release_namespace());
            format!("helm upgrade {release} CHART -n {namespace} --reuse-values {flags}")
        };
        match form {
            Form::Kustomization if self.is(OwnerKind::Helm) => upgrade("--post-renderer KUSTOMIZE"),
            Form::Kustomization => "kubectl apply -k DIRECTORY".into(),
            Form::Values => upgrade(&format!("-f {}", super::change::VALUES_FILE)),
            Form::PatchResources => format!("garden deploy {}", self.action()),
            Form::Command => String::new(),
            Form::Manifest => match self.owner().map(|owner| owner.name.as_str()) {
                Some(file) if file.contains('/') || file.contains('.') => {
                    format!("kubectl regauth preflight -f {}", quoted(file))
                }
                _ => "kubectl regauth preflight -f -".into(),
            },
        }
    }
}
