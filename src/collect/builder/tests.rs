//! Pod templates as builders have them.

use serde_json::{Value, json};

use super::*;
use crate::api::template::Container;
use crate::evidence::builder::Pushes;

fn spec(containers: Value, volumes: Value) -> PodSpec {
    serde_json::from_value(
        json!({"containers": containers, "volumes": volumes, "imagePullSecrets": [{"name": "pull"}]}),
    )
    .unwrap()
}

/// The only builder of a pod with one container and one volume `v`.
fn one(mut container: Value, volume: Value) -> BuilderConfig {
    container["name"] = json!("c");
    let mut volume = volume;
    volume["name"] = json!("v");
    let mut found = configs(&spec(json!([container]), json!([volume])), &[]);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn kaniko(mount: Value, volume: Value) -> BuilderConfig {
    one(json!({"image": "gcr.io/kaniko-project/executor:v1.23.2", "volumeMounts": [mount]}), volume)
}

fn secret(name: &str, items: Value) -> Value {
    json!({"secret": {"secretName": name, "items": items}})
}

fn renamed() -> Value {
    secret("regcred", json!([{"key": ".dockerconfigjson", "path": "config.json"}]))
}

fn at(path: &str) -> Value {
    json!({"name": "v", "mountPath": path})
}

fn key(config: &BuilderConfig) -> Option<(&str, &str, &str)> {
    let found = config.found.as_ref()?;
    Some((&found.secret, &found.key, &found.mounted_at))
}

const WANTED: &str = "/kaniko/.docker/config.json";

#[test]
fn a_key_that_is_mounted_as_config_json_is_found() {
    for mount in [at("/kaniko/.docker"), at("/kaniko/.docker/")] {
        let config = kaniko(mount, renamed());
        assert_eq!(key(&config), Some(("regcred", ".dockerconfigjson", WANTED)));
        assert_eq!((config.misnamed, config.written_at_run_time), (None, None));
        assert_eq!(config.pull_secrets, ["pull"]);
    }
}

#[test]
fn a_sub_path_that_names_the_key_is_found() {
    let mount = json!({"name": "v", "mountPath": WANTED, "subPath": ".dockerconfigjson"});
    let config = kaniko(mount, secret("regcred", json!(null)));
    assert_eq!(key(&config), Some(("regcred", ".dockerconfigjson", WANTED)));
    assert_eq!(config.misnamed, None);
    let mount = json!({"name": "v", "mountPath": WANTED, "subPath": "config.json"});
    assert_eq!(key(&kaniko(mount, renamed())), Some(("regcred", ".dockerconfigjson", WANTED)));
}

#[test]
fn a_secret_that_is_mounted_whole_is_misnamed_unless_it_has_the_key() {
    let config = kaniko(at("/kaniko/.docker"), secret("regcred", json!(null)));
    assert_eq!(key(&config), Some(("regcred", "config.json", WANTED)));
    let misnamed = config.misnamed.unwrap();
    assert_eq!(misnamed.mounted_as, "/kaniko/.docker/.dockerconfigjson");
    assert_eq!((misnamed.wanted.as_str(), misnamed.by_key), (WANTED, true));
}

#[test]
fn a_file_under_another_name_or_in_another_folder_is_misnamed_for_certain() {
    let other_name = secret("regcred", json!([{"key": ".dockerconfigjson", "path": "docker.json"}]));
    for (mount, volume, mounted_as) in [
        (at("/kaniko/.docker"), other_name, "/kaniko/.docker/docker.json"),
        (at("/root/.docker"), renamed(), "/root/.docker/config.json"),
        (at("/root/.docker"), secret("regcred", json!(null)), "/root/.docker/.dockerconfigjson"),
        (
            json!({"name": "v", "mountPath": "/kaniko/.docker/.dockerconfigjson", "subPath": ".dockerconfigjson"}),
            secret("regcred", json!(null)),
            "/kaniko/.docker/.dockerconfigjson",
        ),
    ] {
        let config = kaniko(mount, volume);
        assert_eq!(config.found, None);
        let misnamed = config.misnamed.unwrap();
        assert_eq!((misnamed.mounted_as.as_str(), misnamed.wanted.as_str()), (mounted_as, WANTED));
        assert!(!misnamed.by_key, "{mounted_as}");
    }
}

#[test]
fn docker_config_moves_where_kaniko_looks() {
    let config = one(
        json!({"image": "gcr.io/kaniko-project/executor:debug", "env": [{"name": "DOCKER_CONFIG", "value": "/cfg/"}],
            "volumeMounts": [{"name": "v", "mountPath": "/cfg"}]}),
        renamed(),
    );
    assert_eq!(key(&config), Some(("regcred", ".dockerconfigjson", "/cfg/config.json")));
}

#[test]
fn a_config_map_is_found() {
    let config = kaniko(at("/kaniko/.docker"), json!({"configMap": {"name": "helpers"}}));
    assert_eq!(config.found.as_ref().unwrap().config_map, "helpers");
    assert_eq!((key(&config), config.misnamed.as_ref()), (Some(("", "config.json", WANTED)), None));
}

#[test]
fn a_projected_volume_is_searched_for_the_file_by_name_first() {
    let volume = json!({"projected": {"sources": [
        {"secret": {"name": "certs"}},
        {"serviceAccountToken": {"path": "token"}},
        {"secret": {"name": "regcred", "items": [{"key": ".dockerconfigjson", "path": "config.json"}]}},
        {"configMap": {"name": "more", "items": [{"key": "x", "path": "y"}]}},
    ]}});
    let config = kaniko(at("/kaniko/.docker"), volume);
    assert_eq!(
        (key(&config), config.misnamed.as_ref()),
        (Some(("regcred", ".dockerconfigjson", WANTED)), None)
    );
}

#[test]
fn a_volume_that_is_filled_later_is_told_as_such() {
    for volume in
        [json!({"emptyDir": {}}), json!({"persistentVolumeClaim": {"claimName": "x"}}), json!({"csi": {}})]
    {
        let config = kaniko(at("/kaniko/.docker"), volume);
        assert_eq!((config.found, config.written_at_run_time), (None, Some(RunTime::Volume)));
    }
}

#[test]
fn nothing_mounted_is_nothing_found() {
    let config = kaniko(at("/workspace"), json!({"emptyDir": {}}));
    assert_eq!((config.found, config.misnamed, config.written_at_run_time), (None, None, None));
}

#[test]
fn the_longest_mount_holds_the_path() {
    let container = json!([{"name": "c", "image": "gcr.io/kaniko-project/executor:v1", "volumeMounts": [
        {"name": "work", "mountPath": "/kaniko"}, {"name": "v", "mountPath": "/kaniko/.docker"}]}]);
    let mut docker = renamed();
    docker["name"] = json!("v");
    let found = configs(&spec(container, json!([{"name": "work", "emptyDir": {}}, docker])), &[]);
    assert_eq!(key(&found[0]), Some(("regcred", ".dockerconfigjson", WANTED)));
    assert_eq!(found[0].written_at_run_time, None);
}

#[test]
fn gardens_buildkit_and_util_containers_read_the_same_secret() {
    let containers = json!([
        {"name": "buildkitd", "image": "gardendev/buildkit:v0.23.1", "args": ["--addr", "unix:///run/buildkit/buildkitd.sock"],
         "env": [{"name": "DOCKER_CONFIG", "value": "/.docker"}], "volumeMounts": [{"name": "a", "mountPath": "/.docker"}]},
        {"name": "util", "image": "gardendev/k8s-util:0.6.4", "volumeMounts": [{"name": "a", "mountPath": "/home/user/.docker"}]},
    ]);
    let volumes = json!([{"name": "a", "secret": {"secretName": "garden-docker-auth-abc123",
        "items": [{"key": ".dockerconfigjson", "path": "config.json"}]}}]);
    let found = configs(&spec(containers, volumes), &[]);
    let programs: Vec<Program> = found.iter().map(|one| one.program).collect();
    assert_eq!(programs, [Program::BuildKit, Program::GardenUtil]);
    let paths: Vec<_> = found.iter().map(|one| key(one).unwrap().2).collect();
    assert_eq!(paths, ["/.docker/config.json", "/home/user/.docker/config.json"]);
}

#[test]
fn buildkits_daemon_alone_is_told_credentials_by_its_clients() {
    let config = one(json!({"image": "moby/buildkit:v0.21-rootless"}), json!({}));
    assert_eq!(config.reads, ["/home/user/.docker/config.json"]);
    assert_eq!(config.written_at_run_time, Some(RunTime::Session));
    let client =
        json!({"image": "moby/buildkit:v0.21", "command": ["buildctl-daemonless.sh"], "args": ["build"]});
    let config = one(client, json!({}));
    assert_eq!((config.reads, config.written_at_run_time), (vec!["/root/.docker/config.json".into()], None));
}

#[test]
fn skopeo_reads_the_files_of_containers_image_in_their_order() {
    let reads = |env: Value, image: &str, args: Value| {
        one(json!({"image": image, "command": ["skopeo"], "args": args, "env": env}), json!({})).reads
    };
    let home = json!([{"name": "HOME", "value": "/h"}, {"name": "XDG_RUNTIME_DIR", "value": "/run/user/1"}]);
    assert_eq!(
        reads(home, "example.com/tools:1", json!([])),
        ["/run/user/1/containers/auth.json", "/h/.config/containers/auth.json", "/h/.docker/config.json"]
    );
    let named = json!([{"name": "REGISTRY_AUTH_FILE", "value": "/auth/a.json"}]);
    assert_eq!(reads(named.clone(), "example.com/tools:1", json!([])), ["/auth/a.json"]);
    assert_eq!(reads(named, "x", json!(["copy", "--authfile", "/b.json"])), ["/b.json"]);
    assert_eq!(reads(json!([]), "x", json!(["copy", "--dest-authfile=/b.json"])), ["/b.json"]);
    assert_eq!(reads(json!([]), "quay.io/skopeo/stable:latest", json!([])), ["/tmp/auth.json"]);
}

#[test]
fn podman_and_buildah_stop_at_docker_config() {
    let env = json!([{"name": "DOCKER_CONFIG", "value": "/d"}]);
    let config = one(json!({"image": "quay.io/buildah/stable", "env": env}), json!({}));
    assert_eq!((config.program, config.reads), (Program::Buildah, vec!["/d/config.json".into()]));
}

#[test]
fn jib_reads_a_whole_pull_secret() {
    let config = one(
        json!({"image": "example.com/jib-cli:1", "volumeMounts": [{"name": "v", "mountPath": "/root/.docker",}]}),
        secret("regcred", json!([{"key": ".dockerconfigjson", "path": ".dockerconfigjson"}])),
    );
    assert_eq!(key(&config), Some(("regcred", ".dockerconfigjson", "/root/.docker/.dockerconfigjson")));
    assert_eq!(config.misnamed, None);
}

#[test]
fn a_home_that_the_pod_does_not_tell_is_seen_by_what_is_mounted_there() {
    let container = json!({"image": "example.com/ci/crane:1", "volumeMounts": [{"name": "v", "mountPath": "/home/nonroot/.docker"}]});
    let config = one(container, renamed());
    assert_eq!(key(&config), Some(("regcred", ".dockerconfigjson", "/home/nonroot/.docker/config.json")));
}

#[test]
fn programs_are_known_by_command_and_image() {
    for (image, command, expected) in [
        ("gcr.io/kaniko-project/executor@sha256:0", json!([]), Some(Program::Kaniko)),
        ("martizih/kaniko:v1.25.0-debug", json!([]), Some(Program::Kaniko)),
        ("registry:5000/mirror/kaniko-executor:1", json!([]), Some(Program::Kaniko)),
        ("cgr.dev/x/base", json!(["/kaniko/executor"]), Some(Program::Kaniko)),
        ("moby/buildkit:master-rootless", json!([]), Some(Program::BuildKit)),
        ("alpine", json!(["sh", "-c", "cd /w && buildah bud . && buildah push x"]), Some(Program::Buildah)),
        ("alpine", json!(["/usr/bin/skopeo", "copy"]), Some(Program::Skopeo)),
        ("gcr.io/go-containerregistry/crane:debug", json!([]), Some(Program::Crane)),
        ("ghcr.io/ko-build/ko:latest", json!([]), Some(Program::Ko)),
        ("docker:27-cli", json!([]), Some(Program::Docker)),
        ("alpine/helm:3.17.0", json!([]), Some(Program::Helm)),
        ("docker.io/library/nginx:1", json!([]), None),
        ("ghcr.io/fluxcd/helm-controller:v1", json!([]), None),
        ("docker/whalesay", json!([]), None),
        ("registry.example.com/team/web:1", json!(["/app/docker", "x"]), None),
    ] {
        let container: Container =
            serde_json::from_value(json!({"name": "c", "image": image, "command": command})).unwrap();
        assert_eq!(super::program::of(&container), expected, "{image} {command}");
    }
}

#[test]
fn commands_and_variables_that_supply_a_credential_are_seen() {
    for (container, expected) in [
        (
            json!({"command": ["sh", "-c", "skopeo login -u x -p y r && skopeo copy a b"]}),
            Some(RunTime::Command),
        ),
        (json!({"command": ["skopeo"], "args": ["copy", "--dest-creds=x:y"]}), Some(RunTime::Command)),
        (json!({"command": ["skopeo"], "env": [{"name": "DOCKER_AUTH_CONFIG"}]}), Some(RunTime::Variable)),
        (json!({"command": ["skopeo"], "envFrom": [{"secretRef": {"name": "x"}}]}), Some(RunTime::Variable)),
        (
            json!({"image": "gcr.io/kaniko-project/executor:debug", "command": ["sleep"], "args": ["9999"]}),
            Some(RunTime::Session),
        ),
        (json!({"command": ["skopeo"], "args": ["copy", "a", "b"]}), None),
    ] {
        let config = one(container.clone(), json!({}));
        assert_eq!(config.written_at_run_time, expected, "{container}");
    }
}

#[test]
fn a_container_that_is_not_known_counts_only_when_it_mounts_a_configuration() {
    let container = |path: &str| json!([{"name": "c", "image": "example.com/ci:1", "volumeMounts": [{"name": "v", "mountPath": path}]}]);
    let mut volume = renamed();
    volume["name"] = json!("v");
    let found = configs(&spec(container("/root/.docker"), json!([volume.clone()])), &[]);
    assert_eq!((found.len(), found[0].program), (1, Program::Other));
    assert_eq!(configs(&spec(json!([{"name": "c", "image": "example.com/ci:1"}]), json!([volume])), &[]), []);
}

#[test]
fn an_init_container_that_pushes_is_told_as_such() {
    let spec: PodSpec = serde_json::from_value(
        json!({"initContainers": [{"name": "copy", "image": "example.com/tools/crane:1"}], "containers": [{"name": "c"}]}),
    )
    .unwrap();
    let found = configs(&spec, &[]);
    assert_eq!((found[0].container.as_str(), found[0].init), ("copy", true));
}

#[test]
fn a_builder_that_is_gone_is_known_by_its_secret() {
    let source = from_flags("regcred");
    assert_eq!((source.secret.as_str(), source.key.as_str()), ("regcred", ".dockerconfigjson"));
}

#[test]
fn names_that_no_object_can_have_do_not_get_into_commands() {
    let config =
        kaniko(at("/kaniko/.docker"), secret("x; rm -rf /", json!([{"key": "k", "path": "config.json"}])));
    assert_eq!(key(&config).unwrap().0, "INVALID-NAME");
}

#[test]
fn where_kaniko_pushes_to_is_read_from_its_arguments() {
    let of = |args: Value| {
        let container = json!({"image": "gcr.io/kaniko-project/executor:v1", "args": args});
        one(container, json!({"emptyDir": {}})).pushes
    };
    let to = |images: &[&str]| Some(Pushes::To(images.iter().map(|image| Clean::new(image)).collect()));
    assert_eq!(
        of(json!(["--context=dir://x", "--destination=r.example.com/a:1"])),
        to(&["r.example.com/a:1"])
    );
    assert_eq!(
        of(json!(["--destination", "r/a:1", "-d", "r/b:1", "-d=r/c:1"])),
        to(&["r/a:1", "r/b:1", "r/c:1"])
    );
    let script = "/kaniko/executor --context /x --destination='r.example.com/a:1'; echo done";
    assert_eq!(of(json!(["sh", "-c", script])), to(&["r.example.com/a:1"]));
    assert_eq!(of(json!(["--destination=$(IMAGE)"])), None, "a variable is not known");
    assert_eq!(of(json!(["--no-push", "--destination=r/a:1"])), Some(Pushes::Nothing));
    assert_eq!(of(json!(["--no-push-cache"])), None);
}
