//! Commands that give a builder its docker configuration.

use serde_json::json;

use super::fix;
use crate::finding::Fix;

/// Mounts a Secret's docker configuration as the file that a builder's program reads. `workload` is `KIND/NAME`; of the
/// Secret, the name (empty: for the reader to fill in) and the key that holds it.
pub fn mount_docker_config(
    workload: &str,
    namespace: &str,
    container: (&str, bool),
    file: &str,
    (secret, key): (&str, &str),
) -> Vec<Fix> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let (container, init) = container;
    let volume = json!({"name": "docker-config-json", "secret": {
        "secretName": if secret.is_empty() { "SECRET" } else { secret },
        "items": [{"key": key, "path": name}],
    }});
    let (path, part) = mounted_at(file);
    let mut mount = json!({"name": "docker-config-json", "mountPath": path, "readOnly": true});
    if let Some(part) = part {
        mount["subPath"] = part.into();
    }
    let mount = json!({"name": container, "volumeMounts": [mount]});
    let containers = if init { "initContainers" } else { "containers" };
    let pod = json!({"spec": {"volumes": [volume], containers: [mount]}});
    let patch = match workload.split('/').next() {
        Some("deploy" | "sts" | "ds" | "rs") => json!({"spec": {"template": pod}}),
        Some("cronjob") => json!({"spec": {"jobTemplate": {"spec": {"template": pod}}}}),
        // A pod's or Job's volumes cannot be changed: what creates it must.
        _ => {
            return vec![fix(
                format!(
                    "shows what the builder mounts; in what creates it, mount the Secret's key {key} at {file}"
                ),
                format!("kubectl -n {namespace} get {workload} -o yaml"),
            )];
        }
    };
    vec![fix(
        format!(
            "mounts the Secret's key {key} at {file}; Garden, Helm, Argo CD or Flux revert it, so change it there if they own {workload}"
        ),
        format!("kubectl -n {namespace} patch {workload} -p '{patch}'"),
    )]
}

/// Where one file is mounted, and as which part of its volume. A folder of docker configurations alone is mounted as a
/// whole, so that a renewed Secret reaches the pod; in any other (`/tmp`) the file alone, since the mount would hide what
/// is in the folder and make it read-only.
pub(crate) fn mounted_at(file: &str) -> (&str, Option<&str>) {
    match file.rsplit_once('/') {
        Some((folder, _)) if folder.ends_with("/.docker") => (folder, None),
        Some((_, name)) => (file, Some(name)),
        None => (file, Some(file)),
    }
}

/// Shows the keys of a Secret and nothing of their values.
pub fn look_at_keys(secret: &str, namespace: &str) -> Fix {
    fix(
        "shows the Secret's type and keys, and no value",
        format!("kubectl -n {namespace} describe secret {secret}"),
    )
}
