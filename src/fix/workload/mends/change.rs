//! One change of one object, in every form.

use super::object::{Kind, Object, Rolls};
use super::source::{Form, Source};
use super::values::{self, Convention};
use super::yaml::{Yaml, list, map, text};
use crate::evidence::workloads::OwnerKind;
use crate::finding::{Fix, Patch};
use crate::fix::shell::{literal, quoted};
use crate::plan::FixFormat;

/// The file of values that `helm upgrade` is given.
pub(super) const VALUES_FILE: &str = "pull-secret-values.yaml";

/// What is to be changed.
pub(super) struct Change<'a> {
    pub(super) source: Source<'a>,
    /// What the change does, as a clause.
    pub(super) effect: String,
    /// A strategic merge patch of the object.
    pub(super) patch: Yaml,
    /// The same as values of a chart.
    pub(super) values: Vec<Convention>,
    /// What a chart's values for it have in their names: a basic regular expression.
    pub(super) value_names: &'static str,
    /// Garden's project file, where a part of it is shared by all actions.
    pub(super) shared: Option<Shared>,
}

/// What is written once in `project.garden.yml`, and the patch that takes it from there.
pub(super) struct Shared {
    pub(super) project: Yaml,
    pub(super) patch: Yaml,
}

impl Change<'_> {
    /// The commands and files that make it, least invasive first.
    pub(super) fn fixes(&self, format: FixFormat) -> Vec<Fix> {
        let form = self.source.form(format);
        match form {
            Form::Command => vec![self.by_command()],
            Form::Kustomization => vec![self.by_file(form, vec![self.kustomization()])],
            Form::Values => vec![self.look_at_values(), self.by_file(form, vec![self.values()])],
            Form::PatchResources => vec![self.by_file(form, self.patch_resources())],
            Form::Manifest => vec![self.in_manifest()],
        }
    }

    fn by_command(&self) -> Fix {
        let object = self.source.object;
        let (namespace, short) = (object.namespace, quoted(object.short));
        if object.kind().rolls() == Rolls::MadeAnew {
            let what = format!("{}: {MADE_ANEW}", self.effect);
            return Fix::new(what, made_anew(object, None, &self.patch));
        }
        let patch = literal(&self.patch.json());
        Fix::new(&self.effect, format!("kubectl -n {namespace} patch {short} --type=strategic -p {patch}"))
    }

    fn by_file(&self, form: Form, patches: Vec<Patch>) -> Fix {
        let because = self.source.because();
        let what = match (because.is_empty(), self.source.is(OwnerKind::ArgoCd), form) {
            (true, ..) => self.effect.clone(),
            (_, true, Form::Kustomization) => format!(
                "{}, in Git ({because}); `--fix-format helm-values` if a chart is the source",
                self.effect
            ),
            _ => format!("{}, at the source ({because})", self.effect),
        };
        Fix { what: what + self.remark(form), patches, command: self.source.apply(form) }
    }

    /// The part of the manifest that is to be changed; the command looks whether that is enough.
    fn in_manifest(&self) -> Fix {
        let owner = self.source.owner();
        let file = owner.map_or_else(String::new, |owner| owner.known_by.to_string());
        let text = self.source.object.manifest(self.patch.clone()).render();
        Fix {
            what: format!("{}, in its manifest", self.effect),
            patches: vec![Patch { file, text }],
            command: self.source.apply(Form::Manifest),
        }
    }

    fn remark(&self, form: Form) -> &'static str {
        let is_new = self.source.object.kind().rolls() == Rolls::MadeAnew;
        match form {
            Form::Kustomization if self.source.is(OwnerKind::Helm) => {
                "; KUSTOMIZE: what runs `kubectl kustomize` over Helm's output (a program; with Helm 4 a plugin)"
            }
            Form::Values if self.source.is(OwnerKind::Helm) => {
                "; CHART: the one that is installed, in its version (`helm list`)"
            }
            _ if is_new => "; it cannot be changed in place: delete it, and have it made anew",
            _ => "",
        }
    }

    fn kustomization(&self) -> Patch {
        let object = self.source.object;
        let target = map([("kind", text(object.kind().as_str())), ("name", text(object.name))]);
        let manifest = object.manifest(self.patch.clone()).render();
        let patches = list([map([("target", target), ("patch", Yaml::Block(manifest))])]);
        let kustomization = patches.under(&["patches"]);
        match self.source.owner().filter(|owner| owner.kind == OwnerKind::FluxHelmRelease) {
            Some(owner) => Patch {
                file: format!("the HelmRelease {}", owner.name),
                text: list([kustomization.under(&["kustomize"])]).under(&["spec", "postRenderers"]).render(),
            },
            None => Patch { file: "kustomization.yaml".into(), text: kustomization.render() },
        }
    }

    fn values(&self) -> Patch {
        let text = values::render(&self.values);
        let nested = || format!("spec:\n  values:\n{}", indented(&text, "    "));
        match self.source.owner() {
            Some(owner) if owner.kind == OwnerKind::FluxHelmRelease => {
                Patch { file: format!("the HelmRelease {}", owner.name), text: nested() }
            }
            Some(owner) if owner.kind == OwnerKind::Garden => {
                Patch { file: format!("garden.yml, in the action {}", owner.name), text: nested() }
            }
            Some(owner) if owner.kind == OwnerKind::ArgoCd => {
                Patch { file: "the values of the chart in Git".into(), text }
            }
            _ => Patch { file: VALUES_FILE.into(), text },
        }
    }

    /// A release's values with the chart's own show which of the conventions the chart has.
    fn look_at_values(&self) -> Fix {
        let source = self.source;
        let values = match source.release().as_str() {
            "RELEASE" => "helm show values CHART".to_string(),
            release => format!("helm get values {release} -n {} --all", source.release_namespace()),
        };
        let command = format!("{values} | grep -n -i -A 3 {}", quoted(self.value_names));
        Fix::new("shows which values the chart has for it, and what they are now", command)
    }

    fn patch_resources(&self) -> Vec<Patch> {
        let object = self.source.object;
        let patch = self.shared.as_ref().map_or(&self.patch, |shared| &shared.patch);
        let entry = map([
            ("name", text(object.name)),
            ("kind", text(object.kind().as_str())),
            ("patch", patch.clone()),
        ]);
        let project = self.shared.as_ref().map(|shared| Patch {
            file: "project.garden.yml, once for all actions".into(),
            text: shared.project.render(),
        });
        let action = Patch {
            file: format!("garden.yml, in the action {} (of type kubernetes)", self.source.action()),
            text: list([entry]).under(&["spec", "patchResources"]).render(),
        };
        project.into_iter().chain([action]).collect()
    }
}

/// What is done to an object that cannot be changed in place, as a clause.
pub(super) const MADE_ANEW: &str =
    "deletes it and creates it again, once a dry run has shown that the API server takes it";

/// The name under which that is tried.
const TRIED: &str = "regauth-dry-run";

/// Deletes an object and creates it again, changed by a jq program (where there is one) and by a patch. What it becomes is
/// tried first, by a server's dry run under another name: if that is refused, nothing is deleted.
pub(super) fn made_anew(object: Object<'_>, program: Option<&str>, patch: &Yaml) -> String {
    let get = format!("kubectl -n {} get {}", object.namespace, quoted(object.short));
    let read = match program {
        Some(program) => format!("{get} -o json | jq {}", literal(program)),
        None => format!("{get} -o yaml"),
    };
    let changed = |patch: &Yaml| {
        let patch = literal(&patch.json());
        format!("{read} | kubectl patch --local -f - --type=strategic -p {patch} -o yaml")
    };
    let patch = patch.clone().merged(removals(object.kind()));
    let tried = patch.clone().merged(text(TRIED).under(&["metadata", "name"]));
    format!(
        "{} | kubectl create --dry-run=server -f - && {} | kubectl replace --force -f -",
        changed(&tried),
        changed(&patch)
    )
}

/// What the API server filled in, or refuses in a new object. A pod keeps no node, and no containers of `kubectl debug`; a
/// Job gets its selector and its pods' labels from its own name and uid.
fn removals(kind: Kind) -> Yaml {
    let none = |keys: &[&str]| Yaml::Map(keys.iter().map(|key| ((*key).to_string(), Yaml::Null)).collect());
    let spec = match kind {
        Kind::Job => {
            let labels = [
                "controller-uid",
                "batch.kubernetes.io/controller-uid",
                "job-name",
                "batch.kubernetes.io/job-name",
            ];
            none(&["selector"]).merged(none(&labels).under(&["template", "metadata", "labels"]))
        }
        _ => none(&["nodeName", "ephemeralContainers"]),
    };
    map([("spec", spec), ("status", Yaml::Null)])
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}
