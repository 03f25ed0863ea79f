//! What the tests of Harbor stand on: that stand-ins for core can be installed, and made to differ.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::harbor::{Group, Harbor, KeySource, Setup, TokenKey, password, world};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "three stand-ins for Harbor's core let a push through to a real registry, and can be broken",
        needs: Needs::OwnCluster,
        run: three_alike,
    },
    Case {
        name: "stand-ins for Harbor's core differ in keys, versions and configuration as a test wants",
        needs: Needs::OwnCluster,
        run: all_different,
    },
];

fn three_alike(space: &Space) {
    let harbor = Harbor::install(space, &Setup::default());
    let cores = harbor.cores();
    assert_eq!(cores.len(), 3);
    assert_eq!(kids(space, "http", &cores).len(), 1, "one key");

    let pushed = push(space, &harbor.front_door(), "robot$team+push", "1");
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let refused = push(space, &harbor.front_door(), "robot$team+pull", "2");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("UNAUTHORIZED"), "{refused:?}");
    harbor.change_world(|world| world["read_only"] = json!(true));
    let refused = push(space, &harbor.front_door(), "robot$team+push", "3");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("DENIED"), "{refused:?}");

    // As somebody who rotates the Secret does it: what runs keeps the old key.
    harbor.change_key(&TokenKey::new());
    assert_eq!(kids(space, "http", &cores).len(), 1, "a Secret mounted by subPath does not change");
    let replaced = harbor.replace_a_core();
    let cores = harbor.cores();
    assert_eq!((cores.len(), kids(space, "http", &cores).len()), (3, 2), "one has another key");
    assert_eq!(checksums(space, &cores).len(), 2);

    harbor.shift_clock(&node_of(space, &replaced), 86_400.0);
    let days: BTreeSet<i64> = cores.iter().map(|core| days_ahead(&token(space, "http", core))).collect();
    assert_eq!(days, BTreeSet::from([0, 1]), "the clock of one node's cores is a day ahead");
    harbor.take_down(&replaced);
    assert!(try_token(space, "http", &replaced).is_err(), "it still answers");
    harbor.begin_stuck_rollout();
    assert!(harbor.cores().len() > 3);
}

fn all_different(space: &Space) {
    let key = TokenKey::new();
    let group = |key| Group { key, ..Group::of(1) };
    let as_pkcs8 = key.as_pkcs8();
    let pkcs8 = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pkcs8"},
        "stringData": {"tls.key": as_pkcs8.key, "tls.crt": as_pkcs8.certificate}});
    let mut known = world();
    known["projects"][1]["public"] = json!(false);
    let setup = Setup {
        groups: vec![
            Group::of(1),
            Group { bare: true, ..group(KeySource::Own) },
            group(KeySource::Secret("pkcs8")),
            group(KeySource::NotMounted),
            Group { version: "2.10.0", env: vec![("CORE_SECRET", "another".into())], ..Group::of(1) },
        ],
        key: key.clone(),
        ext_endpoint: "https://harbor.example.test".into(),
        internal_tls: true,
        affinity: "ClientIP",
        world: known,
        objects: vec![pkcs8],
    };
    let harbor = Harbor::install(space, &setup);
    assert!(harbor.front_door().starts_with("https://"));
    let cores = harbor.cores();
    let tokens: Vec<_> = cores.iter().filter_map(|core| try_token(space, "https", core).ok()).collect();
    assert_eq!(
        (cores.len(), tokens.len()),
        (5, 3),
        "without a key, and with one in PKCS#8, there is no token"
    );
    assert_eq!(tokens.iter().map(kid).collect::<BTreeSet<_>>().len(), 2, "one has a key of its own");

    harbor.change_key(&key.with_white_space());
    let files = ["get", "secret", "harbor-core", "-o", "jsonpath={.data.tls\\.key}"];
    let now = STANDARD.decode(space.kubectl(&files, "")).expect("base64");
    assert_eq!(String::from_utf8(now).expect("PEM").trim(), key.key.trim(), "the same key in other bytes");
    assert!(harbor.values.planted().iter().all(|value| value.len() >= 16));
}

/// Pushes a small image by crane, under a new tag: it asks first whether the image is there.
fn push(space: &Space, url: &str, user: &str, tag: &str) -> Output {
    let bin = Path::new(space.cluster.setting("BIN"));
    let host = url.trim_start_matches("http://");
    let name = user.rsplit('+').next().expect("a name");
    let config = json!({"auths": {host: {"username": user, "password": password(name)}}});
    let folder = std::env::temp_dir().join(format!("{}-crane", space.namespace));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.json"), config.to_string()).expect("it is written");
    let mut crane = Command::new(bin.join("crane"));
    crane
        .args(["push", "--insecure"])
        .arg(bin.join("images/pause.tar"))
        .arg(format!("{host}/team/app:{tag}"));
    let output = crane.env("DOCKER_CONFIG", &folder).output().expect("crane runs");
    std::fs::remove_dir_all(folder).expect("it is removed");
    output
}

/// The header and claims of an anonymous token of a core, asked for through the API server.
fn try_token(space: &Space, scheme: &str, pod: &str) -> Result<(Value, Value), String> {
    let port = if scheme == "https" { 8443 } else { 8080 };
    let path = format!(
        "/api/v1/namespaces/{}/pods/{scheme}:{pod}:{port}/proxy/service/token?service=harbor-registry&scope=repository:library/x:pull",
        space.namespace
    );
    let answer = space.cluster.try_kubectl(&["get", "--raw", &path], "")?;
    let answer: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
    let token = answer["token"].as_str().ok_or("no token")?;
    let mut parts = token.split('.').map(|part| {
        let text = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or(Value::Null)
    });
    Ok((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
}

fn token(space: &Space, scheme: &str, pod: &str) -> (Value, Value) {
    try_token(space, scheme, pod).unwrap_or_else(|error| panic!("{pod}: {error}"))
}

fn kid(token: &(Value, Value)) -> String {
    token.0["kid"].as_str().expect("a kid").to_string()
}

fn kids(space: &Space, scheme: &str, pods: &[String]) -> BTreeSet<String> {
    pods.iter().map(|pod| kid(&token(space, scheme, pod))).collect()
}

/// When a token was issued by the core's clock, in days as of now: tokens of one clock round to the same one.
fn days_ahead(token: &(Value, Value)) -> i64 {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let ahead = token.1["iat"].as_i64().expect("a time") - i64::try_from(now).expect("a time");
    (ahead + 43_200).div_euclid(86_400)
}

fn checksums(space: &Space, pods: &[String]) -> BTreeSet<String> {
    let look = |pod: &String| {
        let printed =
            space.kubectl(&["exec", pod, "-c", "core", "--", "sha256sum", "/etc/core/private_key.pem"], "");
        printed.split_whitespace().next().expect("a checksum").to_string()
    };
    pods.iter().map(look).collect()
}

fn node_of(space: &Space, pod: &str) -> String {
    space.kubectl(&["get", "pod", pod, "-o", "jsonpath={.spec.nodeName}"], "")
}
