//! The pods of Argo's workflows: each template that runs containers makes one, from fields of its own and of the workflow
//! (Argo Workflows 3.6, `WorkflowSpec` and `Template`).

use super::templates::{Found, Template, word};
use super::tree::Tree;

/// The kinds, each with where its workflow lies.
const KINDS: &[(&str, &[&str])] =
    &[("Workflow", &["spec"]), ("WorkflowTemplate", &["spec"]), ("CronWorkflow", &["spec", "workflowSpec"])];
/// Fields of a pod that a template has in place of the workflow's.
const OVERRIDDEN: &[&str] = &["serviceAccountName", "nodeSelector", "tolerations", "affinity"];

/// The workflow in an object of this kind.
pub(super) fn workflow<'t>(group: &str, kind: &str, object: &'t Tree) -> Option<&'t Tree> {
    let (_, path) = KINDS.iter().find(|(one, _)| group == "argoproj.io" && *one == kind)?;
    Some(object.at(path))
}

/// A pod template of each template that runs containers.
pub(super) fn found(workflow: &Tree) -> Vec<Found<'_>> {
    workflow.get("templates").items().iter().filter_map(|template| one(workflow, template)).collect()
}

fn one<'t>(workflow: &Tree, template: &Tree) -> Option<Found<'t>> {
    let single = ["container", "script"].map(|key| template.get(key)).into_iter().filter(|one| one.is_map());
    let several = template.at(&["containerSet", "containers"]).items().iter();
    let main: Vec<&Tree> = single.chain(several).collect();
    if main.is_empty() {
        return None;
    }
    let beside = template.get("sidecars").items().iter();
    let before = template.get("initContainers").items().iter();
    let mut unknown = 0;
    let mut containers = |all: &mut dyn Iterator<Item = &Tree>| {
        let (known, parameters): (Vec<&Tree>, Vec<&Tree>) =
            all.partition(|one| !one.get("image").text().contains("{{"));
        unknown += parameters.len();
        Tree::List(known.into_iter().map(Tree::copy).collect())
    };
    let volumes = [workflow, template].into_iter().flat_map(|one| one.get("volumes").items());
    let mut spec = vec![
        ("containers".to_string(), containers(&mut main.into_iter().chain(beside))),
        ("initContainers".into(), containers(&mut before.into_iter())),
        ("imagePullSecrets".into(), workflow.get("imagePullSecrets").copy()),
        ("volumes".into(), Tree::List(volumes.map(Tree::copy).collect())),
    ];
    for key in OVERRIDDEN {
        let own = template.get(key);
        let value = if own.is_null() { workflow.get(key) } else { own };
        spec.push(((*key).to_string(), value.copy()));
    }
    let labels = template.at(&["metadata", "labels"]).copy();
    let metadata = Tree::Map(vec![("labels".into(), labels)]);
    let made = Tree::Map(vec![("metadata".into(), metadata), ("spec".into(), Tree::Map(spec))]);
    Some(Found { part: word(template.get("name").text()), template: Template::Made(made), unknown })
}
