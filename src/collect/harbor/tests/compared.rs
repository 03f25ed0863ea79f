//! Settings that must be equal, and what of them is shown.

use serde_json::json;

use super::*;
use crate::collect::harbor::environment::{self, value};
use crate::collect::harbor::objects::Kind;

fn found(pods: Vec<Value>) -> Found {
    let release = "r".to_string();
    Found {
        installer: Installer::HarborHelm,
        release,
        cores: pods.into_iter().map(pod).collect(),
        others: Vec::new(),
    }
}

fn setting<'a>(settings: &'a [Setting], name: &str) -> &'a Setting {
    settings.iter().find(|setting| setting.name == name).unwrap()
}

#[test]
fn settings_are_compared_by_fingerprints_and_only_what_is_no_secret_is_shown() {
    let other = edited(
        helm("b"),
        ENV,
        json!([{"name": "CSRF_KEY", "value": "short"}, {"name": "CORE_LOCAL_URL", "value": "http://u:hunter2@r-core:80"}]),
    );
    let mut found = found(vec![helm("a"), other]);
    let jobs = json!({"metadata": {"name": "j"}, "spec": {"containers": [{"name": "jobservice", "env": [
        {"name": "CORE_SECRET", "value": "s1"}]}]}});
    found.others.push(("jobservice".into(), pod(jobs)));
    let settings = settings::from_specs(&settings::places(&found), &helm_objects(), &key());
    let csrf = &setting(&settings, "CSRF_KEY").values;
    assert_eq!(csrf.iter().map(|value| value.bytes).collect::<Vec<_>>(), [Some(32), Some(5)]);
    assert_ne!(csrf[0].fingerprint, csrf[1].fingerprint);
    assert_eq!((csrf[0].from.as_str(), csrf[1].from.as_str()), ("secret/r-core key CSRF_KEY", "env"));
    let secret = &setting(&settings, "CORE_SECRET").values;
    assert_eq!(
        secret.iter().map(|value| value.learnt).collect::<Vec<_>>(),
        [Learnt::FromSpec, Learnt::Unset, Learnt::FromSpec]
    );
    assert_eq!(secret[0].fingerprint, secret[2].fingerprint);
    assert_eq!(
        setting(&settings, "/etc/core/key").values[0].fingerprint,
        Some(key().setting("/etc/core/key", b"0123456789abcdef"))
    );
    let shown =
        |name: &str, at: usize| setting(&settings, name).values[at].shown.as_ref().map(Clean::to_string);
    assert_eq!(shown("CORE_LOCAL_URL", 0).as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(shown("CORE_LOCAL_URL", 1).as_deref(), Some("http://r-core:80"));
    assert_eq!(shown("_REDIS_URL_CORE", 0).as_deref(), Some("redis://redis:6379/0"));
    assert!(settings.iter().all(|setting| setting.name != "_REDIS_URL"), "set nowhere and needed nowhere");
    let text = serde_json::to_string(&settings).unwrap();
    for secret in ["hunter2", "0123456789abcdef", "12345678901234567890123456789012", "short"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn a_password_in_a_url_is_never_shown() {
    let shown = |text: &str| settings::shown(settings::Shown::Url, text).map(|text| text.to_string());
    for (text, left) in [
        ("redis://:p@ss@redis:6379/1?password=hunter2#x", "redis://redis:6379/1"),
        ("https://harbor.example.com?a=b", "https://harbor.example.com"),
        ("redis+sentinel://u:p@a:26379,b:26379/mymaster/0", "redis+sentinel://a:26379,b:26379/mymaster/0"),
    ] {
        assert_eq!(shown(text).as_deref(), Some(left));
    }
    for text in [
        "redis:6379,100,hunter2",
        "redis:6379,100,a://b@hunter2",
        "redis://redis:6379,100,hunter2",
        "redis://:hun/ter2@redis:6379/1",
        "redis://redis:6379/1?password=a@hunter2",
        "hunter2://redis:6379",
        "harbor.example.com",
        "redis://u:hunter2@",
        "",
    ] {
        assert_eq!(shown(text), None, "{text}");
    }
    assert_eq!(settings::shown(settings::Shown::Nothing, "x"), None);
}

#[test]
fn a_field_of_the_pod_can_be_told_in_the_pod_alone() {
    let env = json!([{"name": "CSRF_KEY", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}]);
    let found = found(vec![edited(helm("a"), ENV, env)]);
    let settings = settings::from_specs(&settings::places(&found), &helm_objects(), &key());
    assert_eq!(setting(&settings, "CSRF_KEY").values[0].learnt, Learnt::Unread);
    let unread = only_in_pods(&settings);
    assert_eq!(
        (unread.len(), unread[0].what.as_str(), unread[0].settled_by.as_str()),
        (1, "CSRF_KEY", "--exec")
    );
}

#[test]
fn a_prefix_of_a_whole_source_is_taken_off() {
    let container = json!({"envFrom": [{"prefix": "_REDIS_", "configMapRef": {"name": "r-core"}}]});
    let container = serde_json::from_value(container).unwrap();
    let objects = Objects::of(vec![(
        Reference { kind: Kind::ConfigMap, name: "r-core".into() },
        json!({"data": {"URL_CORE": "redis://x"}}),
    )]);
    assert!(matches!(value("_REDIS_URL_CORE", &container, &objects), environment::Value::Set { .. }));
    assert!(matches!(value("URL_CORE", &container, &objects), environment::Value::Unset));
}
