//! Lean types of workloads: their pod templates, as far as identities and builders need them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::wire::{NameRef, null_as_default};
use crate::collect::selector::{Labels, Selector};

/// A pod, anything with a pod template, or a CronJob.
#[derive(Deserialize)]
pub struct Templated {
    /// Metadata; the template's own where there is a template.
    #[serde(default)]
    pub metadata: PodMeta,
    /// Spec.
    pub spec: TemplatedSpec,
}

/// The spec of any of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplatedSpec {
    #[serde(default)]
    template: Option<PodTemplate>,
    #[serde(default)]
    job_template: Option<Box<Templated>>,
    #[serde(default)]
    selector: Option<serde_json::Value>,
    #[serde(flatten)]
    own: PodSpec,
}

impl Templated {
    /// The selector by which a ReplicaSet, DaemonSet or Job finds its pods.
    pub fn selector(&self) -> Option<Selector> {
        serde_json::from_value(self.spec.selector.clone()?).ok()
    }

    /// What its pods are made from; a pod's own labels and spec.
    pub fn into_template(self) -> PodTemplate {
        match (self.spec.job_template, self.spec.template) {
            (Some(job), _) => job.into_template(),
            (None, Some(template)) => template,
            (None, None) => PodTemplate { metadata: self.metadata, spec: self.spec.own },
        }
    }
}

/// What pods are made from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Metadata.
    pub metadata: PodMeta,
    /// Spec.
    pub spec: PodSpec,
}

/// A pod's metadata.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodMeta {
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: Labels,
    /// Owners; of a template there are none.
    #[serde(deserialize_with = "null_as_default")]
    pub owner_references: Vec<Owner>,
}

/// `metav1.OwnerReference`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Owner {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether it counts the object among its own.
    #[serde(deserialize_with = "null_as_default")]
    pub controller: bool,
}

/// A pod's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// Its ServiceAccount.
    pub service_account_name: String,
    /// Its pull secrets.
    #[serde(deserialize_with = "null_as_default")]
    pub image_pull_secrets: Vec<NameRef>,
    /// Init containers.
    #[serde(deserialize_with = "null_as_default")]
    pub init_containers: Vec<Container>,
    /// Containers.
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
    /// Volumes.
    #[serde(deserialize_with = "null_as_default")]
    pub volumes: Vec<Volume>,
}

/// A container's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// The program, in place of the image's own.
    #[serde(deserialize_with = "null_as_default")]
    pub command: Words,
    /// Its arguments.
    #[serde(deserialize_with = "null_as_default")]
    pub args: Words,
    /// Environment variables.
    #[serde(deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// Sources of further environment variables.
    #[serde(deserialize_with = "null_as_default")]
    pub env_from: Vec<serde::de::IgnoredAny>,
    /// Where volumes are mounted.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_mounts: Vec<VolumeMount>,
}

/// Words of a command line. They may hold a credential, so Debug shows how many there are and no more.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Words(pub Vec<String>);

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} words]", self.0.len())
    }
}

/// Variables whose values say where a program looks for its docker config; they hold paths.
const PATHS: &[&str] = &["DOCKER_CONFIG", "HOME", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"];

/// An environment variable. Of those that hold anything but paths only the name is kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "RawEnvVar")]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Value; `None` too where it comes from somewhere else.
    pub value: Option<String>,
}

#[derive(Deserialize)]
struct RawEnvVar {
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: Option<String>,
}

impl From<RawEnvVar> for EnvVar {
    fn from(raw: RawEnvVar) -> Self {
        let value = raw.value.filter(|_| PATHS.contains(&raw.name.as_str()));
        Self { name: raw.name, value }
    }
}

/// Where a volume is mounted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeMount {
    /// The volume's name.
    pub name: String,
    /// The folder or file in the container.
    pub mount_path: String,
    /// The folder or file in the volume; empty for its root.
    pub sub_path: String,
    /// The same with variables, which only the kubelet expands.
    pub sub_path_expr: String,
}

/// A volume: of its sources those that hold files which the API knows; none of them for any other source.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Volume {
    /// Name.
    pub name: String,
    /// A Secret.
    pub secret: Option<SecretVolume>,
    /// A ConfigMap.
    pub config_map: Option<Projection>,
    /// Several sources in one folder.
    pub projected: Option<Projected>,
}

/// A Secret as a volume, which spells its name field differently.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SecretVolume {
    /// The Secret's name.
    pub secret_name: String,
    /// Keys and the files that they become; none: every key under its own name.
    #[serde(deserialize_with = "null_as_default")]
    pub items: Vec<KeyToPath>,
}

/// A ConfigMap as a volume, or either in a projected volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Projection {
    /// The object's name.
    pub name: String,
    /// Keys and the files that they become; none: every key under its own name.
    #[serde(deserialize_with = "null_as_default")]
    pub items: Vec<KeyToPath>,
}

/// A projected volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Projected {
    /// Its sources.
    #[serde(deserialize_with = "null_as_default")]
    pub sources: Vec<ProjectedSource>,
}

/// One source of a projected volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProjectedSource {
    /// A Secret.
    pub secret: Option<Projection>,
    /// A ConfigMap.
    pub config_map: Option<Projection>,
}

/// A key and the file that it becomes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct KeyToPath {
    /// The key.
    pub key: String,
    /// The file, below the volume's root.
    pub path: String,
}

/// A ServiceAccount.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceAccount {
    /// Metadata.
    pub metadata: Annotated,
    /// Its pull secrets.
    #[serde(deserialize_with = "null_as_default")]
    pub image_pull_secrets: Vec<NameRef>,
}

/// Metadata of which only annotations are wanted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotated {
    /// Annotations.
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cronjobs_template_is_two_deep() {
        let text = r#"{"metadata":{"labels":{"on":"cronjob"}},"spec":{"jobTemplate":{"metadata":{"labels":{"on":"job"}},
            "spec":{"template":{"metadata":{"labels":{"on":"pod"}},"spec":{"serviceAccountName":"sa"}}}}}}"#;
        let template = serde_json::from_str::<Templated>(text).unwrap().into_template();
        assert_eq!(template.spec.service_account_name, "sa");
        assert_eq!(template.metadata.labels["on"], "pod");
    }

    #[test]
    fn a_pods_labels_and_spec_are_its_own() {
        let text = r#"{"metadata":{"labels":{"a":"b"}},"spec":{"serviceAccountName":"sa",
            "containers":[{"name":"c","image":"i"}],"nodeName":"n"}}"#;
        let template = serde_json::from_str::<Templated>(text).unwrap().into_template();
        assert_eq!(template.spec.containers[0].image, "i");
        assert_eq!(template.metadata.labels["a"], "b");
    }

    #[test]
    fn a_templates_selector_is_kept_and_one_that_is_no_label_selector_is_not() {
        let selector = |text: &str| serde_json::from_str::<Templated>(text).unwrap().selector();
        let daemon_set = r#"{"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{"spec":{}}}}"#;
        assert_eq!(selector(daemon_set).unwrap().match_labels["app"], "x");
        assert_eq!(selector(r#"{"spec":{"template":{"spec":{}}}}"#), None);
        assert_eq!(selector(r#"{"spec":{"selector":7}}"#), None);
    }

    #[test]
    fn what_may_be_secret_in_a_command_line_or_a_variable_is_not_shown() {
        let text = r#"{"name":"c","args":["login","-p","hunter2"],"env":[{"name":"PASSWORD","value":"hunter2"},
            {"name":"DOCKER_AUTH_CONFIG","value":"hunter2"},{"name":"HOME","value":"/root"}]}"#;
        let container: Container = serde_json::from_str(text).unwrap();
        let shown = format!("{container:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(container.env[2].value.as_deref(), Some("/root"));
        assert_eq!(container.args.0.len(), 3);
    }
}
