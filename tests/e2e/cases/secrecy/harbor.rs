//! What a Harbor keeps secret, searched for in what `harbor` and `clock` say, send and leave.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{FORMATS, Search};
use crate::support::harbor::{
    EXEC, Group, Harbor, KeySource, READ, SECRETS, Setup, TokenKey, only_rights, password,
};
use crate::support::plugin::rbac;
use crate::support::space::Space;

/// The host by which clients know it.
const HOST: &str = "harbor.example.test";

pub(super) fn all(space: &Space) {
    let mut search = Search::new(space);
    only_rights(space, &[READ, SECRETS, EXEC]);
    // Two keys, and one that cannot be read: what is said of them is about each of their forms.
    let key = TokenKey::new();
    let pkcs8 = key.as_pkcs8();
    let pkcs8 = serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pkcs8"},
        "stringData": {"tls.key": pkcs8.key, "tls.crt": pkcs8.certificate}});
    let group = |key| Group { key, ..Group::of(1) };
    let other = "planted-core-secret-of-another";
    let setup = Setup {
        groups: vec![
            Group { env: vec![("CORE_SECRET", other.into())], ..Group::of(1) },
            group(KeySource::Own),
            group(KeySource::Secret("pkcs8")),
        ],
        key: key.clone(),
        objects: vec![pkcs8],
        ..Setup::default()
    };
    let harbor = Harbor::install(space, &setup);
    plant(&mut search, &harbor, &key);
    search.planted.add(other);
    let wrong = "planted-wrong-robot-password";
    for (name, user, password) in
        [("right", "robot$team+push", password("push").as_str()), ("wrong", "robot$team+push", wrong)]
    {
        space.pull_secret(name, HOST, user, password);
        search.planted.add_login(user, password);
    }
    asked_in_the_cluster(&mut search);
    asked_from_here(&mut search, &harbor);
    clocks(&mut search);
    search.end();
}

/// Every value of every Secret of the namespace, line by line, but not what is public.
fn plant(search: &mut Search<'_>, harbor: &Harbor<'_>, key: &TokenKey) {
    let lines = |text: &str| -> Vec<String> {
        let is_secret = |line: &&str| line.len() >= 16 && !line.starts_with("-----");
        text.lines().map(str::trim).filter(is_secret).map(ToString::to_string).collect()
    };
    let secrets: Value =
        serde_json::from_str(&search.space.kubectl(&["get", "secrets", "-o", "json"], "")).expect("JSON");
    let mut planted = 0;
    for secret in secrets["items"].as_array().expect("a list") {
        for (name, value) in secret["data"].as_object().expect("data") {
            let value = STANDARD.decode(value.as_str().expect("text")).expect("base64");
            if name != "tls.crt" {
                let lines = lines(&String::from_utf8(value).expect("text"));
                planted += lines.len();
                lines.iter().for_each(|line| search.planted.add(line));
            }
        }
    }
    assert!(planted > 3 * 20, "three private keys have more lines: {planted}");
    assert!(lines(&key.key).len() > 20);
    search.planted.add(&key.key);
    harbor.values.planted().iter().for_each(|value| search.planted.add(value));
}

fn asked_in_the_cluster(search: &mut Search<'_>) {
    for (secret, format) in ["right", "wrong", "right", "wrong"].into_iter().zip(FORMATS) {
        let args =
            ["harbor", "--exec", "--logs", "--pull-secret", secret, "--project", "team/app", "-o", format];
        let ran = search.run(&[&args[..], &["--front-requests", "5"]].concat());
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("HarborKeyUnreadable"), "{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout.contains("CredentialRejected"), secret == "wrong", "{}", ran.stdout);
    }
    let ran = search.run(&["harbor", "--pull-secret", "right", "--project", "team/app", "--keep"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let kept = search.kept();
    assert_eq!((kept.pods, kept.logs), (1, 1));
    search.run(&["harbor", "--pull-secret", "right", "--dry-run"]);
}

fn asked_from_here(search: &mut Search<'_>, harbor: &Harbor<'_>) {
    let door = harbor.front_door();
    let host = door.trim_start_matches("http://").to_string();
    let config = |password: &str| {
        let auth = STANDARD.encode(format!("robot$team+push:{password}"));
        serde_json::json!({"auths": {&host: {"auth": auth}}}).to_string()
    };
    for (ways, password) in [
        (&["--via", "port-forward", "--front"][..], password("push")),
        (&["--plain-http", &host, "--url"], password("push")),
        (&["--plain-http", &host, "--url"], "planted-wrong-robot-password".into()),
    ] {
        let args = [&["harbor", "--project", "team/app", "-o", "json"], ways, &[&door]].concat();
        search.run_here(&args, &config(&password));
    }
}

/// By leases and by probes, with images whose registry asks for a credential.
fn clocks(search: &mut Search<'_>) {
    let space = search.space;
    space.cluster.kubectl(&["apply", "-f", "-"], &rbac(&["--clock", "--pull"]));
    let account = format!("--serviceaccount={}:tester", space.namespace);
    space.kubectl(&["create", "rolebinding", "pull", "--clusterrole=regauth-pull", &account], "");
    let leases = format!("leases-{}", space.namespace);
    let bind =
        ["-n", "kube-node-lease", "create", "rolebinding", &leases, "--clusterrole=regauth-clock", &account];
    space.cluster.kubectl(&bind, "");
    let (image, ca) = (space.private_image(), space.cluster.setting("SECURE_CA").to_string());
    let server = space.cluster.setting("TIME_SERVER").to_string();
    let args =
        ["clock", "--method", "both", "--ntp-server", &server, "--ca-bundle", &ca, &image, "-o", "json"];
    let ran = search.run(&args);
    space.cluster.kubectl(&["-n", "kube-node-lease", "delete", "rolebinding", &leases], "");
    // Whether something keeps the machine's clock right is not this test's matter.
    assert!([0, 1].contains(&ran.status), "{}{}", ran.stdout, ran.stderr);
    let seen = [r#""evidence": "lease/node3""#, r#""evidence": "probe/node3/node""#, "secure.registry.test"];
    assert!(seen.iter().all(|text| ran.stdout.contains(text)), "{}", ran.stdout);
}
