//! Which program a container runs, and which files that program reads.
//!
//! Sources: Kaniko's `deploy/Dockerfile`, containers/image `pkg/docker/config`, containers/common `pkg/auth`,
//! go-containerregistry `pkg/authn`, docker/cli `cli/config`, jib `DefaultCredentialRetrievers`, Helm 3 and 4
//! `pkg/cli`, containers/image_build `skopeo/Containerfile`, Garden `container/build`.

use crate::api::template::Container;
use crate::evidence::builder::{Program, RunTime};

/// The files that a program reads, in its order.
pub(super) struct Reads {
    /// The files.
    pub paths: Vec<String>,
}

impl Reads {
    /// The file that a configuration at `mounted` should be instead: in the same folder if one is read there.
    pub fn wanted(&self, mounted: &str) -> String {
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_string());
        let same = self.paths.iter().find(|path| folder(path) == folder(mounted));
        same.or(self.paths.first()).cloned().unwrap_or_default()
    }
}

/// Programs by a word of their image's path.
const IMAGES: &[(&str, Program)] = &[
    ("kaniko", Program::Kaniko),
    ("kaniko-project", Program::Kaniko),
    ("k8s-util", Program::GardenUtil),
    ("buildkit", Program::BuildKit),
    ("buildkitd", Program::BuildKit),
    ("skopeo", Program::Skopeo),
    ("buildah", Program::Buildah),
    ("podman", Program::Podman),
    ("crane", Program::Crane),
    ("ko", Program::Ko),
    ("jib-cli", Program::Jib),
    ("jib", Program::Jib),
    ("docker", Program::Docker),
    ("helm", Program::Helm),
];

/// Programs by the name of their executable.
const COMMANDS: &[(&str, Program)] = &[
    ("/kaniko/executor", Program::Kaniko),
    ("buildkitd", Program::BuildKit),
    ("buildctl", Program::BuildKit),
    ("buildctl-daemonless.sh", Program::BuildKit),
    ("rootlesskit", Program::BuildKit),
    ("skopeo", Program::Skopeo),
    ("buildah", Program::Buildah),
    ("podman", Program::Podman),
    ("crane", Program::Crane),
    ("ko", Program::Ko),
    ("jib", Program::Jib),
    ("docker", Program::Docker),
    ("helm", Program::Helm),
];

/// Signs in a script that it logs in or writes a configuration.
const LOGINS: &[&str] =
    &["config.json", "auth.json", " login", "DOCKER_AUTH_CONFIG", "docker-credential-", ".dockerconfigjson"];

/// The program of a container, by its command and else by its image.
pub(super) fn of(container: &Container) -> Option<Program> {
    by_command(container).or_else(|| by_image(&container.image))
}

/// The word of the program stands first, or anywhere in a shell's script.
fn by_command(container: &Container) -> Option<Program> {
    let words = || container.command.0.iter().chain(&container.args.0);
    let named = |word: &str| {
        let base = word.rsplit_once("/bin/").map_or(word, |(_, base)| base);
        COMMANDS.iter().find(|(name, _)| *name == word || *name == base).map(|(_, program)| *program)
    };
    if let Some(program) = container.command.0.first().and_then(|word| named(word)) {
        return Some(program);
    }
    let is_script = |word: &&String| word.contains(char::is_whitespace);
    let tokens = words().filter(is_script).flat_map(|script| {
        script
            .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')' | '`' | '"' | '\''))
    });
    tokens.filter_map(named).next()
}

/// By the words of the image's path: `gcr.io/kaniko-project/executor`, `moby/buildkit`, `quay.io/skopeo/stable`.
fn by_image(image: &str) -> Option<Program> {
    let name = image.split('@').next().unwrap_or_default();
    let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
    let last = last.split(':').next().unwrap_or_default();
    let folder = folder.split('/').filter(|part| !part.contains(['.', ':']));
    // `docker/…`, `helm-controller` and their like are other programs.
    let known = |word: &str| IMAGES.iter().find(|(name, _)| *name == word).map(|(_, program)| *program);
    let telling = |word: &str| {
        known(word).filter(|program| !matches!(program, Program::Docker | Program::Helm | Program::Ko))
    };
    known(last).or_else(|| last.split('-').find_map(telling)).or_else(|| folder.filter_map(telling).next())
}

/// Why a configuration may be there that nothing mounts.
pub(super) fn run_time(program: Program, container: &Container) -> Option<RunTime> {
    let set = |name: &str| container.env.iter().any(|variable| variable.name == name);
    let hidden =
        |name: &str| container.env.iter().any(|variable| variable.name == name && variable.value.is_none());
    if set("DOCKER_AUTH_CONFIG") || hidden("DOCKER_CONFIG") || hidden("REGISTRY_AUTH_FILE") {
        return Some(RunTime::Variable);
    }
    let words = || container.command.0.iter().chain(&container.args.0);
    let logs_in =
        |word: &String| word.contains(char::is_whitespace) && LOGINS.iter().any(|sign| word.contains(sign));
    // `skopeo copy --dest-creds`, `buildah push --creds`: the credential is an argument.
    let creds = |word: &String| {
        ["--creds", "--dest-creds", "--dest-username"].iter().any(|flag| word.starts_with(flag))
    };
    if words().any(|word| logs_in(word) || creds(word)) {
        return Some(RunTime::Command);
    }
    if is_told_from_outside(program, container) {
        return Some(RunTime::Session);
    }
    (!container.env_from.is_empty()).then_some(RunTime::Variable)
}

/// A daemon that clients bring credentials to, or a container that waits for `kubectl exec`.
fn is_told_from_outside(program: Program, container: &Container) -> bool {
    let words = || container.command.0.iter().chain(&container.args.0);
    let waits = |word: &str| matches!(word.rsplit('/').next().unwrap_or_default(), "sleep" | "cat" | "tail");
    let is_client = |word: &String| word.contains("buildctl");
    container.command.0.first().is_some_and(|word| waits(word))
        || words().any(|word| word.starts_with("sleep ") || word.contains("sleep infinity"))
        || (program == Program::BuildKit && !words().any(is_client))
}

/// The files that `program` reads in this container.
pub(super) fn reads(program: Program, container: &Container) -> Reads {
    let mut paths: Vec<String> = Vec::new();
    for path in order(program, container) {
        let path = tidy(&path);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Reads { paths }
}

fn order(program: Program, container: &Container) -> Vec<String> {
    let docker = || homes_docker(program, container);
    match program {
        // Kaniko and crane look the same way; only Kaniko's image sets DOCKER_CONFIG.
        Program::Kaniko | Program::Crane | Program::Ko => {
            let mut paths = docker();
            paths.extend(value(container, "REGISTRY_AUTH_FILE"));
            paths.extend(
                value(container, "XDG_RUNTIME_DIR").map(|folder| format!("{folder}/containers/auth.json")),
            );
            paths
        }
        Program::BuildKit | Program::Docker | Program::Other => docker(),
        Program::Skopeo | Program::GardenUtil | Program::Buildah | Program::Podman => {
            containers(program, container)
        }
        Program::Jib => jib(container),
        Program::Helm => {
            let mut paths: Vec<String> = homes(program, container)
                .map(|home| format!("{home}/.config/helm/registry/config.json"))
                .collect();
            paths.extend(docker());
            paths
        }
    }
}

/// `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
fn homes_docker(program: Program, container: &Container) -> Vec<String> {
    let set_by_image = (program == Program::Kaniko).then(|| "/kaniko/.docker".to_string());
    match value(container, "DOCKER_CONFIG").or(set_by_image) {
        Some(folder) => vec![format!("{folder}/config.json")],
        None => homes(program, container).map(|home| format!("{home}/.docker/config.json")).collect(),
    }
}

/// containers/image: one named file excludes the others.
fn containers(program: Program, container: &Container) -> Vec<String> {
    let by_image = program == Program::Skopeo && is_skopeos_own(&container.image);
    let set_by_image = by_image.then(|| "/tmp/auth.json".to_string());
    let named = authfile(container).or_else(|| value(container, "REGISTRY_AUTH_FILE")).or(set_by_image);
    if let Some(path) = named {
        return vec![path];
    }
    // skopeo, unlike buildah and podman, goes on past DOCKER_CONFIG.
    let docker = value(container, "DOCKER_CONFIG");
    if let (Some(folder), Program::Buildah | Program::Podman) = (&docker, program) {
        return vec![format!("{folder}/config.json")];
    }
    // Without the variable the folder has the user's id, which the pod does not tell; 0 is root's.
    let runtime = value(container, "XDG_RUNTIME_DIR").map(|folder| format!("{folder}/containers/auth.json"));
    let mut paths = vec![runtime.unwrap_or_else(|| "/run/containers/0/auth.json".into())];
    match value(container, "XDG_CONFIG_HOME") {
        Some(folder) => paths.push(format!("{folder}/containers/auth.json")),
        None => {
            paths.extend(homes(program, container).map(|home| format!("{home}/.config/containers/auth.json")))
        }
    }
    paths.extend(homes_docker(program, container));
    paths
}

/// Jib reads what the type of pull secrets makes, too (jib issue 2260).
fn jib(container: &Container) -> Vec<String> {
    let mut paths = Vec::new();
    paths.extend(value(container, "XDG_RUNTIME_DIR").map(|folder| format!("{folder}/containers/auth.json")));
    paths.extend(value(container, "XDG_CONFIG_HOME").map(|folder| format!("{folder}/containers/auth.json")));
    paths.extend(homes(Program::Jib, container).map(|home| format!("{home}/.config/containers/auth.json")));
    let folders = value(container, "DOCKER_CONFIG").into_iter();
    for folder in folders.chain(homes(Program::Jib, container).map(|home| format!("{home}/.docker"))) {
        for name in ["config.json", ".dockerconfigjson", ".dockercfg"] {
            paths.push(format!("{folder}/{name}"));
        }
    }
    paths
}

/// The home folder as the pod sets it; else the one that the program's image is known to have; else, since a
/// pod does not tell, root's, and that of each mounted folder which can only be meant for a home.
fn homes(program: Program, container: &Container) -> impl Iterator<Item = String> + use<> {
    let known = match program {
        Program::GardenUtil => Some("/home/user"),
        Program::BuildKit if container.image.contains("rootless") => Some("/home/user"),
        _ => None,
    };
    let certain = value(container, "HOME").or_else(|| known.map(String::from));
    let mut homes: Vec<String> = certain.iter().cloned().collect();
    if certain.is_none() {
        homes.push("/root".into());
        homes.extend(container.volume_mounts.iter().filter_map(|mount| {
            let folder = mount.mount_path.trim_end_matches('/').trim_end_matches("/config.json");
            // Another program's own folder is no home.
            folder.strip_suffix("/.docker").filter(|home| *home != "/kaniko").map(String::from)
        }));
    }
    homes.into_iter()
}

/// `--authfile FILE` or `--authfile=FILE`, as a word or in a script.
fn authfile(container: &Container) -> Option<String> {
    let words = container.command.0.iter().chain(&container.args.0);
    let mut tokens = words.flat_map(|word| word.split_whitespace());
    while let Some(token) = tokens.next() {
        let name = token.trim_matches(['"', '\'']);
        if matches!(name, "--authfile" | "--dest-authfile") {
            return tokens.next().map(|path| path.trim_matches(['"', '\'', ';']).to_string());
        }
        if let Some((_, path)) = name.split_once('=').filter(|(flag, _)| flag.ends_with("authfile")) {
            return Some(path.to_string());
        }
    }
    None
}

/// `quay.io/skopeo/stable` and its like set `REGISTRY_AUTH_FILE` themselves.
fn is_skopeos_own(image: &str) -> bool {
    image.starts_with("quay.io/skopeo/") || image.starts_with("quay.io/containers/skopeo")
}

fn value(container: &Container, name: &str) -> Option<String> {
    let variable = container.env.iter().rev().find(|variable| variable.name == name)?;
    variable.value.clone().filter(|value| !value.is_empty())
}

/// Without doubled and closing slashes.
fn tidy(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}
