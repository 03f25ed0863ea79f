//! What must be equal.

use serde_json::json;

use super::build::*;
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::harbor::pods::OtherPod;
use crate::evidence::harbor::seen::SystemInfo;
use crate::evidence::harbor::settings::Learnt;
use crate::evidence::harbor::{PodState, Setting, SettingValue};
use crate::finding::Severity;
use crate::text::Clean;

/// A setting of the cores, in their order: a fingerprint each, `""` for unset.
fn setting(evidence: &mut Evidence, name: &str, prints: &[&str]) {
    let value = |(place, print): (usize, &&str)| SettingValue {
        pod: super::build::name(place + 1),
        container: "core".into(),
        from: "secret/harbor-core key secret".into(),
        learnt: if print.is_empty() { Learnt::Unset } else { Learnt::InPod },
        fingerprint: (!print.is_empty()).then(|| serde_json::from_value(json!(print)).unwrap()),
        bytes: (!print.is_empty()).then_some(32),
        shown: None,
    };
    let values = prints.iter().enumerate().map(value).collect();
    shown(evidence).settings.push(Setting { name: name.into(), values });
}

fn harbor_with(name: &str, prints: &[&str]) -> Evidence {
    let mut evidence = harbor(&prints.iter().map(|_| A).collect::<Vec<_>>());
    setting(&mut evidence, name, prints);
    evidence
}

#[test]
fn equal_settings_are_no_finding() {
    assert_eq!(codes(&harbor_with("CORE_SECRET", &["0000000a", "0000000a"])), []);
}

#[test]
fn a_setting_that_differs_names_who_has_another_and_what_comes_of_it() {
    let finding = only(&harbor_with("CORE_SECRET", &["0000000a", "0000000a", "0000000b"]));
    assert_eq!(
        (finding.code, finding.certain, finding.severity),
        (Code::HarborConfigDrift, true, Severity::Warning)
    );
    assert_eq!(finding.subject.nodes, ["node3"]);
    assert!(finding.cause.contains("replication"), "{}", finding.cause);
    assert!(!finding.cause.contains("0000000a"), "a fingerprint is no news: {}", finding.cause);
}

#[test]
fn what_was_read_from_objects_may_be_newer_than_the_processes() {
    let mut evidence = harbor_with("CORE_SECRET", &["0000000a", "0000000b"]);
    shown(&mut evidence).settings[0].values[0].learnt = Learnt::FromSpec;
    let finding = only(&evidence);
    assert!(!finding.certain && finding.settle_by.is_some_and(|by| by.contains("--exec")));
}

#[test]
fn what_could_not_be_read_differs_from_nothing() {
    let mut evidence = harbor_with("CORE_SECRET", &["0000000a", ""]);
    shown(&mut evidence).settings[0].values[1].learnt = Learnt::Unread;
    assert_eq!(codes(&evidence), []);
}

#[test]
fn a_csrf_key_that_is_unset_or_of_another_length_is_made_up_by_each_of_several_cores() {
    assert!(only(&harbor_with("CSRF_KEY", &["", ""])).cause.contains("is not set"));
    assert_eq!(codes(&harbor_with("CSRF_KEY", &[""])), []);
    let mut evidence = harbor_with("CSRF_KEY", &["0000000a", "0000000a"]);
    assert_eq!(codes(&evidence), []);
    for value in &mut shown(&mut evidence).settings[0].values {
        value.bytes = Some(16);
    }
    assert!(only(&evidence).cause.contains("16 bytes in place of 32"));
}

#[test]
fn core_reaches_itself_by_loopback_only() {
    for (url, found) in [
        ("http://127.0.0.1:8080", false),
        ("https://localhost:8443", false),
        ("http://[::1]:8080", false),
        ("http://harbor-core:80", true),
        ("http://10.0.0.1", true),
    ] {
        let mut evidence = harbor_with("CORE_LOCAL_URL", &["0000000a", "0000000a"]);
        for value in &mut shown(&mut evidence).settings[0].values {
            value.shown = Some(Clean::new(url));
        }
        assert_eq!(codes(&evidence) == [Code::HarborConfigDrift], found, "{url}");
    }
}

#[test]
fn a_certificate_of_another_key_is_told_of_its_secret() {
    let mut evidence = harbor(&[A, A]);
    in_secret(&mut evidence, |secret| secret.certificate_kid = Some(B.into()));
    let finding = only(&evidence);
    assert_eq!(
        (finding.code, finding.subject.name.as_str()),
        (Code::HarborConfigDrift, "secret/harbor-core")
    );
}

#[test]
fn cores_of_different_images_are_a_warning_and_in_a_rollout_a_remark() {
    let mut evidence = harbor(&[A, A]);
    shown(&mut evidence).cores[1].image = "goharbor/harbor-core:v2.15.0".into();
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::HarborVersionMismatch, Severity::Warning));
    rollout(&mut evidence, false);
    let finding = only(&evidence);
    assert_eq!(finding.severity, Severity::Info);
    assert!(finding.cause.contains("this passes when it ends"), "{}", finding.cause);
}

#[test]
fn one_tag_may_be_two_images() {
    let mut evidence = harbor(&[A, A]);
    for (pod, digit) in shown(&mut evidence).cores.iter_mut().zip(["1", "2"]) {
        pod.image_id = format!("docker.io/goharbor/harbor-core@sha256:{}", digit.repeat(64));
    }
    assert_eq!(only(&evidence).code, Code::HarborVersionMismatch);
}

#[test]
fn digests_of_different_things_and_names_of_mirrors_are_no_different_images() {
    let manifest = format!("docker.io/goharbor/harbor-core@sha256:{}", "1".repeat(64));
    let configuration = format!("sha256:{}", "2".repeat(64));
    let mut evidence = harbor(&[A, A]);
    for (pod, id) in shown(&mut evidence).cores.iter_mut().zip([&manifest, &configuration]) {
        pod.image_id = id.clone();
    }
    assert_eq!(codes(&evidence), [], "a manifest's digest and a configuration's");
    for pod in &mut shown(&mut evidence).cores {
        pod.image_id = manifest.clone();
    }
    shown(&mut evidence).cores[1].image = "mirror.example.com/goharbor/harbor-core:v2.16.0".into();
    assert_eq!(codes(&evidence), [], "the same image from two places");
}

#[test]
fn jobservice_of_another_release_is_told() {
    let mut evidence = harbor(&[A, A]);
    let other = |tag: &str| OtherPod {
        component: "jobservice".into(),
        name: "harbor-jobservice-1".into(),
        node: "node1".into(),
        state: PodState::Ready,
        image: format!("goharbor/harbor-jobservice:{tag}"),
    };
    shown(&mut evidence).others = vec![other("v2.16.0")];
    assert_eq!(codes(&evidence), []);
    shown(&mut evidence).others = vec![other("v2.12.1")];
    let finding = only(&evidence);
    assert_eq!(finding.code, Code::HarborVersionMismatch);
    assert!(finding.cause.contains("v2.12.1"), "{}", finding.cause);
}

#[test]
fn by_the_url_cores_are_of_different_versions_and_nobody_saw_an_image() {
    let mut evidence = by_url(&[(A, 30)]);
    let mut second = core(2, A);
    second.name = "192.0.2.8:443".into();
    seen(&mut evidence).cores.push(second);
    for (core, version) in seen(&mut evidence).cores.iter_mut().zip(["v2.16.0-1", "v2.15.2-7"]) {
        core.info = Some(SystemInfo { version: Some(Clean::new(version)), ..SystemInfo::default() });
    }
    let finding = only(&evidence);
    assert_eq!(finding.code, Code::HarborVersionMismatch);
    assert!(
        finding.cause.contains("different versions") && !finding.cause.contains("image"),
        "{}",
        finding.cause
    );
}

#[test]
fn a_password_file_of_the_registry_that_differs_says_what_comes_of_it() {
    let finding = only(&harbor_with("/etc/registry/passwd", &["0000000a", "0000000b"]));
    assert!(finding.cause.contains("the same password with another salt"), "{}", finding.cause);
    assert!(!finding.certain && finding.settle_by.is_some_and(|by| by.contains("REGISTRY_CREDENTIAL_")));
    let finding = only(&harbor_with("REGISTRY_CREDENTIAL_PASSWORD", &["0000000a", "0000000b"]));
    assert!(finding.certain && !finding.cause.contains("salt"), "{}", finding.cause);
}
