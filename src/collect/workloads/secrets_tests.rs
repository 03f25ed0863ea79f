use super::*;
use crate::registry::keyring::SecretState;

const PASSWORD: &str = "hunter2-planted";

fn config() -> String {
    let auth = STANDARD.encode(format!("robot:{PASSWORD}"));
    format!(r#"{{"auths":{{"harbor.example.com":{{"auth":"{auth}"}}}}}}"#)
}

fn secret(kind: &str, key: &str, value: &str) -> Bytes {
    let data = STANDARD.encode(value);
    Bytes::from(format!(
        r#"{{"metadata":{{"name":"s","creationTimestamp":"2026-07-01T10:00:00Z","managedFields":[
        {{"manager":"a","time":"2026-07-02T10:00:00Z"}},{{"manager":"b","time":"2026-07-03T10:00:00Z"}}]}},
        "type":"{kind}","data":{{"{key}":"{data}"}}}}"#
    ))
}

fn read_as(body: Bytes, reason: &Reason) -> PullSecretSeen {
    match taken(body, "s", reason, &RunKey::random().unwrap()) {
        Outcome::Seen { value } => {
            let shown = format!("{value:?} {}", serde_json::to_string(&value).unwrap());
            assert!(!shown.contains(PASSWORD) && !shown.contains(&STANDARD.encode(PASSWORD)), "{shown}");
            value
        }
        other => panic!("{other:?}"),
    }
}

fn for_kubelet() -> Reason {
    Reason { for_kubelet: true, keys: BTreeSet::new() }
}

fn for_builder(key: &str) -> Reason {
    Reason { for_kubelet: false, keys: BTreeSet::from([key.to_string()]) }
}

#[test]
fn a_pull_secret_is_read_without_its_secret() {
    let seen = read_as(secret(TYPE_DOCKER_CONFIG_JSON, ".dockerconfigjson", &config()), &for_kubelet());
    assert_eq!(seen.docker_config.state, SecretState::Read);
    assert_eq!(seen.docker_config.entries[0].key.as_str(), "harbor.example.com");
    assert_eq!(seen.keys, [Clean::new(".dockerconfigjson")]);
    let written = seen.written;
    assert_eq!(written.created_at.unwrap().to_string(), "2026-07-01T10:00:00Z");
    assert_eq!(written.changed_at.unwrap().to_string(), "2026-07-03T10:00:00Z");
}

#[test]
fn what_the_kubelet_does_not_read_is_read_as_a_file_and_said_to_be_no_pull_secret() {
    let opaque = read_as(secret("Opaque", "config.json", &config()), &for_builder("config.json"));
    assert_eq!(opaque.docker_config.state, SecretState::WrongType);
    assert_eq!(opaque.docker_config.entries.len(), 1);
    let wrong_key = read_as(secret(TYPE_DOCKER_CONFIG_JSON, "config.json", &config()), &for_kubelet());
    assert_eq!(wrong_key.docker_config.state, SecretState::WrongKey);
    assert_eq!(wrong_key.docker_config.entries.len(), 1);
    let odd = read_as(secret("Opaque", "docker.cfg", &config()), &for_builder("docker.cfg"));
    assert_eq!(odd.docker_config.entries.len(), 1);
    let unknown = read_as(secret("Opaque", "password", PASSWORD), &for_kubelet());
    assert_eq!(unknown.docker_config.state, SecretState::WrongType);
    assert!(unknown.docker_config.entries.is_empty());
}

#[test]
fn a_broken_file_of_a_builder_is_told_and_as_a_pull_secret_it_is_passed_over() {
    let broken = || secret("Opaque", "config.json", r#"{"auths":"#);
    let of_builder = read_as(broken(), &for_builder("config.json"));
    assert!(matches!(of_builder.docker_config.state, SecretState::Broken { .. }));
    let both = Reason { for_kubelet: true, ..for_builder("config.json") };
    assert_eq!(read_as(broken(), &both).docker_config.state, SecretState::WrongType);
    let pull_secret =
        secret(TYPE_DOCKER_CONFIG_JSON, ".dockerconfigjson", &format!(r#"{{"auths":"{PASSWORD}"}}"#));
    let state = read_as(pull_secret, &for_kubelet()).docker_config.state;
    assert!(matches!(state, SecretState::Broken { .. }));
}

#[test]
fn the_old_form_is_read_and_data_that_is_no_base64_is_empty() {
    let inner = format!(r#"{{"harbor.example.com":{{"username":"u","password":"{PASSWORD}"}}}}"#);
    let legacy = read_as(secret(TYPE_DOCKERCFG, ".dockercfg", &inner), &for_kubelet());
    assert_eq!((legacy.docker_config.state, legacy.docker_config.entries.len()), (SecretState::Read, 1));
    let body = format!(r#"{{"type":"{TYPE_DOCKER_CONFIG_JSON}","data":{{".dockerconfigjson":"%%%"}}}}"#);
    assert_eq!(read_as(body.into(), &for_kubelet()).docker_config.state, SecretState::Empty);
}

#[test]
fn an_answer_that_cannot_be_read_is_not_quoted() {
    let body = format!(r#"{{"type":{{"x":"{PASSWORD}"}},"data":{{}}}}"#);
    let outcome = taken(body.into(), "s", &for_kubelet(), &RunKey::random().unwrap());
    assert!(matches!(outcome, Outcome::Failed { .. }));
    assert!(!format!("{outcome:?}").contains(PASSWORD));
}
