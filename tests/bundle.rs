//! `kubectl regauth analyze` and `collect` as processes: what they read, what they print, how they end. No cluster.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/broken-cluster.regauth");

fn plugin(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-regauth"));
    command.args(args).env("KUBECONFIG", "/nonexistent").stdin(Stdio::null());
    command.output().expect("the plugin starts")
}

/// What it says where nothing can be done: one line on stderr, nothing on stdout, status 2.
#[track_caller]
fn refused(args: &[&str]) -> String {
    let output = plugin(args);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    error.trim_end().to_string()
}

#[track_caller]
fn report(args: &[&str]) -> Value {
    let output = plugin(args);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bundle-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn the_recorded_check_up_names_a_dozen_causes_without_a_cluster() {
    let report = report(&["analyze", EXAMPLE, "-o", "json"]);
    let mut codes: Vec<&str> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|one| one["code"].as_str().expect("a code"))
        .collect();
    codes.sort_unstable();
    let expected = [
        "BuilderConfigMisnamed",
        "ConnectionRefused",
        "CredentialRejected",
        "EgressBlocked",
        "ImageNeverPulled",
        "ImageNotFound",
        "InvalidImageName",
        "PullSecretEmpty",
        "PullSecretMalformed",
        "PullSecretMissing",
        "PullSecretNoMatch",
        "PullSecretNotReferenced",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn what_a_test_came_to_stands_with_the_pull_that_it_was_made_for() {
    let report = report(&["analyze", EXAMPLE, "-o", "json"]);
    let all = report["findings"].as_array().expect("findings");
    let of = |code: &str| all.iter().find(|one| one["code"] == code).expect("a finding");
    let is_tested = |code: &str| {
        let evidence = of(code)["evidence"].as_array().expect("ids").iter();
        evidence.filter_map(Value::as_str).any(|id| id.starts_with("probe/") || id.starts_with("pull/"))
    };
    // Both pull the same image in the same namespace, each with a Secret of its own; the first one's was tested.
    assert!(is_tested("CredentialRejected"));
    assert!(!is_tested("PullSecretEmpty"));
    let rejected = of("CredentialRejected");
    assert_eq!(
        rejected["alsoPossible"],
        serde_json::json!(["CredentialExpired", "PermissionDenied", "AccountLocked"])
    );
    assert_eq!(rejected["settleBy"], "the registry's own log of it, or a fresh login as that user");
}

#[test]
fn mends_are_written_as_asked_though_it_was_collected_otherwise() {
    let helm = report(&["analyze", EXAMPLE, "-o", "json", "--fix-format", "helm-values"]).to_string();
    assert!(helm.contains("values.yaml"), "{helm}");
    assert!(!report(&["analyze", EXAMPLE, "-o", "json"]).to_string().contains("values.yaml"));
}

#[test]
fn beside_itself_everything_is_still_there() {
    let compared = report(&["analyze", EXAMPLE, "--compare", EXAMPLE, "-o", "json"]);
    let count = |field: &str| compared["comparison"][field].as_array().expect(field).len();
    assert_eq!((count("new"), count("still"), count("gone"), count("notLookedAt")), (0, 12, 0, 0));
    let text = String::from_utf8(plugin(&["analyze", EXAMPLE, "--compare", EXAMPLE]).stdout).expect("UTF-8");
    assert!(text.starts_with("SINCE"), "{text}");
    assert!(text.contains("0 new, 12 still there, 0 gone, 0 not looked at again."), "{text}");
}

#[test]
fn what_is_no_bundle_is_told_in_one_sentence() {
    let folder = folder("broken");
    let path = |name: &str| folder.join(name).display().to_string();
    let whole = fs::read(EXAMPLE).expect("the example");
    fs::write(path("cut"), &whole[..whole.len() / 2]).expect("written");
    fs::write(path("text"), "hello").expect("written");
    let (cut, text, none) = (path("cut"), path("text"), path("none"));
    assert_eq!(
        refused(&["analyze", &cut]),
        format!("error: {cut} is cut off: copy it again, or collect it anew")
    );
    assert!(
        refused(&["analyze", &text])
            .starts_with(&format!("error: {text} is not what `kubectl regauth collect` writes"))
    );
    assert!(refused(&["analyze", &none]).starts_with(&format!("error: {none} cannot be read: No such file")));
    assert!(refused(&["analyze", &folder.display().to_string()]).contains("is a folder: name a file that"));
    assert!(refused(&["analyze", "-"]).starts_with("error: what was piped in is not what"));
    assert!(refused(&["analyze", "-", "--compare", "-"]).contains("only one of FILE and --compare"));
    assert!(refused(&["doctor", "--compare", &none]).contains("cannot be read"), "before a cluster is asked");
}

#[test]
fn what_cannot_be_written_is_told_before_a_cluster_is_asked() {
    let folder = folder("written");
    let there = folder.join("there.regauth").display().to_string();
    fs::write(&there, "mine").expect("written");
    assert_eq!(
        refused(&["collect", &there]),
        format!("error: {there} is there already: name another file, or remove it first")
    );
    assert!(refused(&["doctor", "--save", &there]).contains("is there already"));
    assert!(refused(&["collect", &folder.display().to_string()]).contains("is a folder: name a file in it"));
    let nowhere = folder.join("no/such/file").display().to_string();
    assert!(refused(&["collect", &nowhere]).contains("cannot be written: the folder"));
    assert_eq!(fs::read_to_string(&there).expect("the file"), "mine");
}
