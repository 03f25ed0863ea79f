//! Which docker configuration the containers of a builder mount, told from their pod template alone: no Secret
//! is read.
//!
//! `imagePullSecrets` play no part: the kubelet uses them for the pod's own images, programs in it do not.

mod mounts;
mod program;
mod pushes;
#[cfg(test)]
mod tests;

use crate::api::template::{Container, PodSpec};
use crate::evidence::builder::{Ambient, BuilderConfig, Misnamed, Program, RunTime};
use crate::plan::DockerConfigSource;
use crate::text::Clean;
use mounts::{Origin, origin};
use program::{Reads, reads};

/// The key under which `kubernetes.io/dockerconfigjson` Secrets hold their configuration.
pub const DOCKER_CONFIG_JSON: &str = ".dockerconfigjson";

/// The docker configurations of every container of a pod that is known to push images, or mounts a docker
/// configuration; in the pod's order, init containers first. Empty when no container does.
pub fn configs(spec: &PodSpec, ambient: &[Ambient]) -> Vec<BuilderConfig> {
    let containers = || spec.init_containers.iter().chain(&spec.containers);
    let known = |container: &&Container| program::of(container).is_some();
    let any_known = containers().any(|container| known(&container));
    containers()
        .filter_map(|container| match program::of(container) {
            Some(program) => Some(config(program, container, spec, ambient)),
            // Sidecars of a known builder may mount the same folder; they are not what pushes.
            None if any_known => None,
            None => Some(config(Program::Other, container, spec, ambient))
                .filter(|config| config.found.is_some() || config.misnamed.is_some()),
        })
        .collect()
}

/// The docker configuration of a builder's pod that is gone, from the name of the Secret that it mounted.
pub fn from_flags(secret: &str) -> DockerConfigSource {
    DockerConfigSource {
        secret: secret.to_string(),
        config_map: String::new(),
        key: DOCKER_CONFIG_JSON.into(),
        mounted_at: String::new(),
    }
}

fn config(program: Program, container: &Container, spec: &PodSpec, ambient: &[Ambient]) -> BuilderConfig {
    let reads = reads(program, container);
    let (found, by_volume) = first_source(&reads, container, spec);
    let certainly_found = found.as_ref().is_some_and(|(_, certain)| *certain);
    let misnamed = if certainly_found { None } else { misnamed(&reads, container, spec) };
    let run_time = by_volume.then_some(RunTime::Volume).or_else(|| program::run_time(program, container));
    BuilderConfig {
        id: format!("builder/{}", container.name),
        program,
        container: container.name.clone(),
        init: spec.init_containers.iter().any(|one| one.name == container.name),
        image: Clean::with_cap(&container.image, 512),
        written_at_run_time: run_time.filter(|_| !certainly_found),
        found: found.map(|(source, _)| source),
        misnamed,
        ambient: ambient.to_vec(),
        pushes: pushes::pushes(program, container),
        pull_secrets: spec
            .image_pull_secrets
            .iter()
            .filter(|reference| !reference.name.is_empty())
            .map(|reference| crate::text::referenced_name(&reference.name))
            .collect(),
        reads: reads.paths,
    }
}

/// The first file of `reads` that something is mounted at, and whether it is certainly there; and whether one of
/// them lies in a volume that is filled when the pod runs.
fn first_source(
    reads: &Reads,
    container: &Container,
    spec: &PodSpec,
) -> (Option<(DockerConfigSource, bool)>, bool) {
    let mut run_time = false;
    for path in &reads.paths {
        match origin(path, container, spec) {
            Origin::File { source, certain } => return (Some((source, certain)), run_time),
            Origin::RunTime => run_time = true,
            Origin::Nothing => {}
        }
    }
    (None, run_time)
}

/// A Secret's docker configuration that is mounted next to what the program reads, or in the folder of another
/// program.
fn misnamed(reads: &Reads, container: &Container, spec: &PodSpec) -> Option<Misnamed> {
    let looks_right = |file: &&mounts::File| {
        let folder = parent(&file.path);
        let beside = reads.paths.iter().any(|path| parent(path) == folder);
        !reads.paths.contains(&file.path)
            && (beside || folder.ends_with("/.docker") || (!file.by_key && file.key == DOCKER_CONFIG_JSON))
    };
    let files = mounts::files(container, spec);
    let file = files.iter().find(looks_right)?;
    Some(Misnamed {
        mounted_as: file.path.clone(),
        wanted: reads.wanted(&file.path),
        secret: file.secret.clone(),
        key: file.key.clone(),
        by_key: file.by_key && parent(&file.path) == parent(&reads.wanted(&file.path)),
    })
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
