//! What becomes of subjects and causes.

use super::event::Planned;
use super::objects::Object;
use super::*;
use crate::finding::{Severity, Subject};

fn finding(code: Code, subject: &str, cause: &str) -> Finding {
    Finding::new(code, Subject { name: subject.into(), ..Subject::default() }, cause)
}

fn planned(findings: &[Finding]) -> (Vec<Planned>, Emitted) {
    let placed: Vec<Placed<'_>> =
        findings.iter().map(|finding| Placed { finding, namespace: "team".into() }).collect();
    let mut emitted = Emitted::default();
    let planned = plan(&placed, |code| format!("https://example.com/{code}"), &mut emitted);
    (planned, emitted)
}

#[test]
fn subjects_that_are_objects_are_named_as_the_api_server_has_them() {
    let of = |subject: &str| {
        let object = Object::of(subject, "team").unwrap();
        (object.api_version.clone(), object.kind, object.path.clone(), object.events_in().to_string())
    };
    let own = |version: &str, kind, path: &str| (version.to_string(), kind, path.to_string(), "team".into());
    assert_eq!(
        of("deploy/web"),
        own("apps/v1", "Deployment", "/apis/apps/v1/namespaces/team/deployments/web")
    );
    assert_eq!(of("deployment/harbor-core").1, "Deployment");
    assert_eq!(
        of("cronjob/nightly"),
        own("batch/v1", "CronJob", "/apis/batch/v1/namespaces/team/cronjobs/nightly")
    );
    assert_eq!(of("pod/web-1"), own("v1", "Pod", "/api/v1/namespaces/team/pods/web-1"));
    assert_eq!(of("secret/regcred"), own("v1", "Secret", "/api/v1/namespaces/team/secrets/regcred"));
    assert_eq!(of("serviceaccount/ci").1, "ServiceAccount");
    assert_eq!(of("node/node-1"), ("v1".into(), "Node", "/api/v1/nodes/node-1".into(), "default".into()));
}

#[test]
fn what_is_no_object_with_events_has_none() {
    for subject in
        ["registry/r.example.com", "image/r/app:1", "nodes", "namespace/x", "networkpolicy/x", "deploy/a/b"]
    {
        assert_eq!(Object::of(subject, "team"), None, "{subject}");
    }
    assert_eq!(Object::of("deploy/web", ""), None);
    assert_eq!(Object::of("secret/INVALID-NAME", "team"), None);
}

#[test]
fn findings_of_one_code_about_one_object_are_one_event() {
    let two = finding(Code::ImageNotFound, "deploy/web", "there is no tag 1");
    let (planned, emitted) = planned(&[
        two.clone(),
        two,
        finding(Code::NoCredential, "deploy/web", "x"),
        finding(Code::RateLimited, "registry/r", "y"),
    ]);
    assert_eq!(planned.iter().map(|one| one.more).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(emitted.without_object, 1);
}

#[test]
fn a_namespace_is_that_of_the_subject_or_of_the_part_that_found_it() {
    let mut report = Report::of(&crate::diagnose::tests::build::evidence(Vec::new()));
    let mut own = finding(Code::NoCredential, "serviceaccount/ci", "x");
    own.subject.namespace = "other".into();
    report.findings = vec![own, finding(Code::NoCredential, "serviceaccount/default", "x")];
    let namespaces: Vec<String> = placed(&report, &[]).into_iter().map(|one| one.namespace).collect();
    assert_eq!(namespaces, ["other".to_string(), report.plan.namespace.clone()]);
}

#[test]
fn a_note_is_short_clean_and_ends_with_the_runbook() {
    let long =
        format!("{} Authorization: Basic YWRtaW46aHVudGVyMg== {}", "ä".repeat(300), "x ".repeat(2_000));
    for severity in [Severity::Error, Severity::Unknown, Severity::Info] {
        let mut one = finding(Code::CredentialRejected, "secret/regcred", &long);
        (one.severity, one.certain) = (severity, false);
        let event = &planned(&[one.clone(), one]).0[0];
        let json = event.object_of("n", "u", jiff::Timestamp::UNIX_EPOCH);
        let note = json["message"].as_str().unwrap();
        assert!(note.len() <= 1024, "{}", note.len());
        assert!(note.ends_with(
            " This is not certain. 1 more of this kind. See https://example.com/CredentialRejected"
        ));
        assert!(!note.contains("YWRtaW46aHVudGVyMg"), "{note}");
        assert_eq!(json["type"], if severity == Severity::Info { "Normal" } else { "Warning" });
    }
}

#[test]
fn a_name_is_the_same_for_the_same_object_and_code_and_no_other() {
    let name = |code, subject: &str, uid: &str| planned(&[finding(code, subject, "x")]).0[0].name(uid);
    let one = name(Code::NoCredential, "deploy/web", "1");
    assert_eq!(one, name(Code::NoCredential, "deploy/web", "1"));
    assert!(one.starts_with("web.regauth-") && crate::text::is_object_name(&one), "{one}");
    for other in [
        name(Code::PermissionDenied, "deploy/web", "1"),
        name(Code::NoCredential, "sts/web", "1"),
        name(Code::NoCredential, "deploy/web", "2"),
    ] {
        assert_ne!(one, other);
    }
    let long = name(Code::NoCredential, &format!("deploy/{}", "a.".repeat(126) + "a"), "1");
    assert!(crate::text::is_object_name(&long), "{long}");
}
