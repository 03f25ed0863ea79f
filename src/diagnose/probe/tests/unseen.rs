//! Probes that could not look.

use super::build::*;
use crate::code::Code;
use crate::evidence::probe::Network;
use crate::evidence::{LastSeen, Outcome, Step};
use crate::finding::Severity;
use crate::report::{ExitStatus, Report};
use crate::text::Clean;

#[test]
fn what_could_not_look_is_said_and_is_never_healthy() {
    let text = || Clean::new("said the API server");
    for (outcome, code) in [
        (Outcome::Denied { status: 403, message: text() }, Code::NotPermitted),
        (Outcome::Failed { step: Step::ProbeImage, message: text() }, Code::ProbeImageUnavailable),
        (Outcome::Failed { step: Step::Probe, message: text() }, Code::Unknown),
        (Outcome::Failed { step: Step::Mount, message: text() }, Code::Unknown),
        (Outcome::Failed { step: Step::Sandbox, message: text() }, Code::RuntimeFailed),
        (Outcome::Failed { step: Step::Schedule, message: text() }, Code::NodeNotTested),
        (Outcome::Absent { message: text() }, Code::NodeNotTested),
        (Outcome::TimedOut { after_ms: 9, last_seen: LastSeen::Running }, Code::PullNotFinished),
        (Outcome::TimedOut { after_ms: 9, last_seen: LastSeen::Planned }, Code::NodeNotTested),
    ] {
        let evidence = evidence(vec![probe("node1", Network::Node, outcome.clone())], Vec::new());
        let report = Report::of(&evidence);
        assert_eq!(codes(&report.findings), [code], "{outcome:?}");
        assert_ne!(report.exit_status(None), ExitStatus::Healthy, "{outcome:?}");
        assert_eq!(report.not_checked.len(), 1);
        assert_eq!(report.probes().next().unwrap().code, Some(code));
    }
}

#[test]
fn a_refused_host_network_offers_the_ways_around_it() {
    let denied = Outcome::Denied { status: 403, message: Clean::new("violates PodSecurity: hostNetwork") };
    let one = only(vec![probe("node1", Network::Node, denied)]);
    assert_eq!((one.severity, one.subject.name.as_str()), (Severity::Unknown, "namespace/team"));
    assert!(one.cause.contains("hostNetwork"));
    assert!(one.fixes.iter().any(|fix| fix.command.contains("--network pod")));
}

#[test]
fn a_probe_of_the_plan_that_left_no_trace_is_not_healthy() {
    let mut evidence = evidence(vec![pulled_by("node1", vec![anonymous(all_good())])], Vec::new());
    assert_eq!(Report::of(&evidence).exit_status(Some(Severity::Info)), ExitStatus::Healthy);
    evidence.plan.nodes.push(crate::plan::PlannedNode { name: "node2".into(), skip: None });
    assert_eq!(Report::of(&evidence).exit_status(Some(Severity::Info)), ExitStatus::Incomplete);
}

#[test]
fn without_the_probes_image_a_push_and_a_limit_are_tested_from_this_machine() {
    use crate::evidence::Action;
    for (action, command) in [
        (Action::Pull, "kubectl regauth pull -n team --method kubelet "),
        (Action::Push, "kubectl regauth push "),
        (Action::Limits, "kubectl regauth limits "),
    ] {
        let outcome = Outcome::Failed { step: Step::ProbeImage, message: Clean::new("ImagePullBackOff") };
        let mut of = evidence(vec![probe("node1", Network::Node, outcome)], Vec::new());
        of.plan.action = action;
        let first = crate::diagnose::diagnose(&of)[0].fixes[0].command.clone();
        assert!(first.starts_with(command), "{first}");
        assert_eq!(first.ends_with("--network local"), action != Action::Pull, "{first}");
    }
}

#[test]
fn an_object_with_certificates_that_is_not_there_is_named() {
    use crate::plan::CaBundle;
    let pem = CaBundle::Pem("-----BEGIN CERTIFICATE-----".into());
    for (given, missing, subject) in [
        (CaBundle::ConfigMap("nope".into()), "configmap \"nope\" not found", "configmap/nope"),
        (CaBundle::Secret("nope".into()), "secret \"nope\" not found", "secret/nope"),
        (CaBundle::ConfigMap("nope".into()), "secret \"other\" not found", "namespace/team"),
        (pem, "secret \"other\" not found", "namespace/team"),
    ] {
        let message = Clean::new(&format!("MountVolume.SetUp failed for volume \"ca\" : {missing}"));
        let outcome = Outcome::Failed { step: Step::Mount, message: message.clone() };
        let mut of = evidence(vec![probe("node1", Network::Node, outcome)], Vec::new());
        of.plan.probe.as_mut().unwrap().ca_bundle = Some(given);
        let one = crate::diagnose::diagnose(&of).remove(0);
        assert_eq!((one.code, one.certain, one.subject.name.as_str()), (Code::Unknown, false, subject));
        assert_eq!(
            one.cause.contains(&format!("{subject} (--ca-bundle) is not there in namespace team")),
            subject != "namespace/team",
            "{}",
            one.cause
        );
        assert!(one.settle_by.as_ref().unwrap().starts_with("kubectl -n team get "), "{:?}", one.settle_by);
        assert_eq!(one.messages, [message]);
    }
}
