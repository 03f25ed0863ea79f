//! Pods as the three installers make them.

use serde_json::{Value, json};

use super::wire::Pod;
use super::*;
use crate::evidence::harbor::pods::{CorePod, KeyForm, KeySecretSeen};
use crate::evidence::harbor::{Installer, KeyPath, PodState};

mod compared;

const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const KEY: &str = include_str!("../../../../tests/fixtures/keys/rsa2048.pkcs1.pem");
const CERTIFICATE: &str = include_str!("../../../../tests/fixtures/keys/rsa2048.crt.pem");
const KID: &str = "NQLC:72R4:ABXP:HXST:6SIY:ZCIB:DL5R:JW7S:4DSQ:3LDI:WMU2:ERXT";

fn key() -> RunKey {
    RunKey::from_hex(HEX).unwrap()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A core pod as harbor-helm makes it.
fn helm(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"app": "harbor", "component": "core", "release": "r",
            "pod-template-hash": "5f4d"}},
        "spec": {
            "nodeName": "n1",
            "containers": [{
                "name": "core", "image": "goharbor/harbor-core:v2.16.0",
                "ports": [{"containerPort": 8080}],
                "envFrom": [{"configMapRef": {"name": "r-core"}}, {"secretRef": {"name": "r-core"}}],
                "env": [
                    {"name": "CORE_SECRET", "valueFrom": {"secretKeyRef": {"name": "r-core", "key": "secret"}}},
                    {"name": "JOBSERVICE_SECRET", "valueFrom": {"secretKeyRef": {"name": "r-jobservice", "key": "JOBSERVICE_SECRET"}}},
                ],
                "volumeMounts": [
                    {"name": "secret-key", "mountPath": "/etc/core/key", "subPath": "key"},
                    {"name": "token-service-private-key", "mountPath": "/etc/core/private_key.pem", "subPath": "tls.key"},
                    {"name": "psc", "mountPath": "/etc/core/token"},
                ],
            }],
            "volumes": [
                {"name": "secret-key", "secret": {"secretName": "r-core", "items": [{"key": "secretKey", "path": "key"}]}},
                {"name": "token-service-private-key", "secret": {"secretName": "r-core"}},
                {"name": "psc", "emptyDir": {}},
            ],
        },
        "status": {
            "phase": "Running", "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "core", "restartCount": 2, "imageID": "goharbor/harbor-core@sha256:abc",
                "state": {"running": {"startedAt": "2026-07-01T10:00:00Z"}}}],
        },
    })
}

fn pod(value: Value) -> Pod {
    serde_json::from_value(value).unwrap()
}

fn core(value: Value, objects: &Objects) -> CorePod {
    cores::core_pod(&pod(value), objects)
}

fn edited(mut pod: Value, path: &str, value: Value) -> Value {
    *pod.pointer_mut(path).unwrap() = value;
    pod
}

const MOUNTS: &str = "/spec/containers/0/volumeMounts";
const VOLUMES: &str = "/spec/volumes";
const ENV: &str = "/spec/containers/0/env";

fn helm_objects() -> Objects {
    Objects::of(vec![
        (
            Reference::config_map("r-core"),
            json!({"data": {"EXT_ENDPOINT": "https://harbor.example.com", "CORE_LOCAL_URL": "http://127.0.0.1:8080",
                "_REDIS_URL_CORE": "redis://user:hunter2@redis:6379/0?idle=30", "POSTGRESQL_HOST": "db"}}),
        ),
        (
            Reference::secret("r-core"),
            json!({"metadata": {"managedFields": [
                    {"time": "2026-06-01T00:00:00Z", "fieldsV1": {"f:data": {"f:tls.key": {}}}},
                    {"time": "2026-06-02T00:00:00Z", "fieldsV1": {"f:data": {"f:tls.key": {}}}},
                    {"time": "2026-06-03T00:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {}}}}]},
                "data": {"tls.key": base64(KEY), "tls.crt": base64(CERTIFICATE), "secretKey": base64("0123456789abcdef"),
                    "secret": base64("s1"), "CSRF_KEY": base64("12345678901234567890123456789012")}}),
        ),
        (Reference::secret("r-jobservice"), json!({"data": {"JOBSERVICE_SECRET": base64("s2")}})),
    ])
}

fn mount(secret: &str, key: &str, sub_path: bool) -> KeyMount {
    KeyMount::Secret { name: secret.into(), key: key.into(), sub_path }
}

#[test]
fn a_core_pod_of_harbor_helm_is_read_whole() {
    let seen = core(helm("r-core-1"), &helm_objects());
    assert_eq!((seen.address().as_str(), seen.tls, seen.state), ("10.0.0.7:8080", false, PodState::Ready));
    assert_eq!((seen.node.as_str(), seen.restarts, seen.revision.as_str()), ("n1", 2, "5f4d"));
    assert_eq!(seen.started_at, Some("2026-07-01T10:00:00Z".parse().unwrap()));
    assert_eq!((seen.image.as_str(), seen.container.as_str()), ("goharbor/harbor-core:v2.16.0", ""));
    let path = "/etc/core/private_key.pem".to_string();
    let expected = KeyPath { path, set_by: "default".into(), mount: mount("r-core", "tls.key", true) };
    assert_eq!(seen.key, expected);
}

#[test]
fn a_pod_is_terminating_before_it_is_ready_or_not() {
    let mut terminating = helm("a");
    terminating["metadata"]["deletionTimestamp"] = json!("2026-07-01T10:00:00Z");
    assert_eq!(core(terminating, &helm_objects()).state, PodState::Terminating);
    let unready = edited(helm("a"), "/status/conditions/0/status", json!("False"));
    assert_eq!(core(unready, &helm_objects()).state, PodState::Unready);
}

#[test]
fn internal_tls_is_told_by_the_variable_and_else_by_the_port() {
    let env = |value: &str| json!([{"name": "INTERNAL_TLS_ENABLED", "value": value}]);
    let seen = core(edited(helm("a"), ENV, env("true")), &helm_objects());
    assert_eq!((seen.port, seen.tls), (8443, true));
    let seen = core(edited(helm("a"), ENV, env("false")), &helm_objects());
    assert_eq!((seen.port, seen.tls), (8080, false));
    let ports = edited(helm("a"), "/spec/containers/0/ports", json!([{"containerPort": 8443}]));
    assert_eq!(core(ports.clone(), &Objects::default()).port, 8443);
    assert!(!core(ports, &helm_objects()).tls, "nothing sets the variable, and all that could was read");
    let chosen =
        edited(helm("a"), "/spec/containers/0/ports", json!([{"name": "http", "containerPort": 9090}]));
    assert_eq!(core(chosen, &helm_objects()).port, 9090);
}

fn key_of(env: Value, objects: Vec<(Reference, Value)>) -> KeyPath {
    let pod = edited(helm("a"), ENV, env);
    core(pod, &Objects::of(objects)).key
}

#[test]
fn the_keys_path_is_set_in_kubernetes_order_of_precedence() {
    let map =
        |path: &str| (Reference::config_map("r-core"), json!({"data": {"TOKEN_PRIVATE_KEY_PATH": path}}));
    let secret =
        |path: &str| (Reference::secret("r-core"), json!({"data": {"TOKEN_PRIVATE_KEY_PATH": base64(path)}}));
    let empty = || (Reference::secret("r-core"), json!({"data": {}}));
    let told = |key: KeyPath| (key.path, key.set_by);
    let own = json!([{"name": "TOKEN_PRIVATE_KEY_PATH", "value": "/own"}]);
    let pair = |path: &str, set_by: &str| (path.to_string(), set_by.to_string());
    assert_eq!(told(key_of(json!([]), vec![map("/map"), empty()])), pair("/map", "configmap/r-core"));
    assert_eq!(
        told(key_of(json!([]), vec![map("/map"), secret("/secret")])),
        pair("/secret", "secret/r-core")
    );
    assert_eq!(told(key_of(own, vec![map("/map"), secret("/secret")])), pair("/own", "env"));
    let missing = json!([{"name": "TOKEN_PRIVATE_KEY_PATH", "valueFrom": {"configMapKeyRef":
        {"name": "r-core", "key": "no", "optional": true}}}]);
    assert_eq!(told(key_of(missing, vec![map("/map"), empty()])), pair("/map", "configmap/r-core"));
    let empty_value = json!([{"name": "TOKEN_PRIVATE_KEY_PATH"}]);
    assert_eq!(told(key_of(empty_value, vec![map("/map"), empty()])).1, "default");
    let expanded = json!([{"name": "DIR", "value": "/d"}, {"name": "TOKEN_PRIVATE_KEY_PATH", "value": "$(DIR)/k$$x$(NO)"}]);
    assert_eq!(told(key_of(expanded, vec![map("/map"), empty()])).0, "/d/k$x$(NO)");
}

#[test]
fn a_path_that_an_unreadable_object_sets_is_not_told() {
    let denied = || (Reference::secret("r-core"), Value::Null);
    let map = || (Reference::config_map("r-core"), json!({"data": {}}));
    let named = json!([{"name": "TOKEN_PRIVATE_KEY_PATH", "valueFrom": {"secretKeyRef": {"name": "r-core", "key": "p"}}}]);
    let key = key_of(named, vec![map(), denied()]);
    assert_eq!((key.path.as_str(), key.set_by.as_str(), key.mount), ("", "secret/r-core", KeyMount::Unknown));
    // A whole object that may not be read only could set it: what is mounted at the usual place tells.
    assert_eq!(key_of(json!([]), vec![map(), denied()]).mount, mount("r-core", "tls.key", true));
    let pod = edited(helm("a"), MOUNTS, json!([]));
    assert_eq!(core(pod, &Objects::of(vec![map(), denied()])).key.mount, KeyMount::Unknown);
}

#[test]
fn a_relative_path_is_told_without_what_is_there() {
    let key = key_of(json!([{"name": "TOKEN_PRIVATE_KEY_PATH", "value": "key.pem"}]), vec![]);
    assert_eq!((key.path.as_str(), key.mount), ("key.pem", KeyMount::Unknown));
}

fn mounted(mounts: Value, volume: Value) -> KeyMount {
    let mut volume = volume;
    volume["name"] = json!("v");
    let pod = edited(edited(helm("a"), MOUNTS, mounts), VOLUMES, json!([volume]));
    core(pod, &helm_objects()).key.mount
}

#[test]
fn what_is_mounted_at_the_key_is_told_for_every_kind_of_volume() {
    let whole = || json!([{"name": "v", "mountPath": "/etc/core/"}]);
    let at = |sub_path: &str| json!([{"name": "v", "mountPath": "/etc/core/private_key.pem", "subPath": sub_path}]);
    let items = json!({"secret": {"secretName": "s", "items": [{"key": "k", "path": "private_key.pem"}]}});
    assert_eq!(mounted(whole(), items), mount("s", "k", false));
    assert_eq!(
        mounted(whole(), json!({"secret": {"secretName": "s"}})),
        mount("s", "private_key.pem", false)
    );
    let other = json!({"secret": {"secretName": "s", "items": [{"key": "k", "path": "other"}]}});
    assert_eq!(mounted(whole(), other), KeyMount::Nothing);
    let projected = json!({"projected": {"sources": [{"secret": {"name": "r-core"}},
        {"secret": {"name": "s", "items": [{"key": "k", "path": "d/key"}]}}]}});
    assert_eq!(mounted(at("d/key"), projected.clone()), mount("s", "k", true));
    assert_eq!(mounted(at("tls.key"), projected.clone()), mount("r-core", "tls.key", true));
    assert_eq!(mounted(at("no.key"), projected), KeyMount::Nothing);
    let source = |volume| match mounted(whole(), volume) {
        KeyMount::Other { source } => source,
        other => format!("{other:?}"),
    };
    assert_eq!(source(json!({"configMap": {"name": "c"}})), "configmap/c");
    assert_eq!(
        source(json!({"csi": {"driver": "secrets-store.csi.k8s.io"}})),
        "csi/secrets-store.csi.k8s.io"
    );
    assert_eq!(source(json!({"persistentVolumeClaim": {"claimName": "p"}})), "persistentvolumeclaim/p");
    assert_eq!(source(json!({"emptyDir": {}})), "emptyDir");
    assert_eq!(source(json!({"hostPath": {"path": "/x"}})), "hostPath");
    assert_eq!(source(json!({"nfs": {}})), "volume v");
    let folder = json!([{"name": "v", "mountPath": "/etc/core/private_key.pem"}]);
    assert_eq!(
        mounted(folder, json!({"secret": {"secretName": "s"}})),
        KeyMount::Other { source: "secret/s as a folder".into() }
    );
    assert_eq!(mounted(json!([]), json!({})), KeyMount::Nothing);
}

#[test]
fn the_longest_mount_counts_and_a_longer_name_is_no_folder_above() {
    let mounts = json!([
        {"name": "v", "mountPath": "/etc/core/private_key.pem", "subPath": "tls.key"},
        {"name": "w", "mountPath": "/etc"},
        {"name": "w", "mountPath": "/etc/core/private_key.pem.d"},
        {"name": "w", "mountPath": "/etc/core/private"},
    ]);
    assert_eq!(mounted(mounts, json!({"secret": {"secretName": "s"}})), mount("s", "tls.key", true));
}

#[test]
fn the_secret_of_the_key_is_hashed_and_its_ids_computed() {
    let objects = helm_objects();
    let pods = [core(helm("a"), &objects), core(helm("b"), &objects)];
    let secrets = key_secrets::of(&pods, &objects);
    assert_eq!(secrets.len(), 1);
    let Outcome::Seen { value } = &secrets[0].outcome else { panic!("{secrets:?}") };
    let expected = KeySecretSeen {
        sha256: "".into(),
        form: KeyForm::Pkcs1,
        kid: Some(KID.into()),
        certificate_kid: Some(KID.into()),
        written_at: Some("2026-06-02T00:00:00Z".parse().unwrap()),
    };
    assert_eq!(KeySecretSeen { sha256: String::new(), ..value.clone() }, expected);
    assert_eq!(value.sha256.len(), 64);
}

#[test]
fn a_secret_that_may_not_be_read_is_denied_and_told() {
    let objects = Objects::of(vec![(Reference::secret("r-core"), Value::Null)]);
    let secrets = key_secrets::of(&[core(helm("a"), &objects)], &objects);
    assert!(matches!(secrets[0].outcome, Outcome::Denied { status: 403, .. }), "{secrets:?}");
    let unread = objects.unread();
    assert_eq!((unread[0].what.as_str(), unread[0].settled_by.as_str()), ("secret/r-core", "get secrets"));
}
