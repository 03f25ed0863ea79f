//! The image: there or not, for this platform, allowed to be pulled.

use super::build::*;
use crate::code::Code;
use crate::evidence::workloads::{Owner, OwnerKind, PullPolicy, PullState};
use crate::text::Clean;

#[test]
fn an_image_that_is_not_found_is_certain_where_the_same_identity_reads_the_repository() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let secrets = || vec![secret("regcred", &["registry.example.com"])];
    let alone = one(&why(vec![web.clone()], vec![waits(&web, "node1", NOT_FOUND)]).secrets(secrets()));
    assert_eq!((alone.code, alone.certain), (Code::ImageNotFound, false));
    assert_eq!(alone.also_possible, [Code::PermissionDenied]);
    let mut old = deploy("old", "registry.example.com/team/app:0")
        .naming(&["regcred"])
        .started(&["node1"], &["regcred"]);
    let long_ago =
        one(&why(vec![web.clone(), old.clone()], vec![waits(&web, "node1", NOT_FOUND)]).secrets(secrets()));
    assert_eq!((long_ago.code, long_ago.certain), (Code::ImageNotFound, false));
    assert!(long_ago.cause.contains("perhaps from an earlier pull"), "{}", long_ago.cause);
    old.images[0].pull_policy = PullPolicy::Always;
    let mut evidence =
        why(vec![web.clone(), old.clone()], vec![waits(&web, "node1", NOT_FOUND)]).secrets(secrets());
    let hours_ago =
        |hours: i64| evidence.collected_at.checked_sub(jiff::SignedDuration::from_hours(hours)).ok();
    let (month, hour) = (hours_ago(30 * 24), hours_ago(1));
    for (started, certain) in [(month, false), (hour, true)] {
        old.images[0].last_started_at = started;
        evidence.workloads.as_mut().unwrap().workloads[1] = old.clone();
        let finding = one(&evidence);
        assert_eq!((finding.code, finding.certain), (Code::ImageNotFound, certain), "{started:?}");
    }
    let beside = one(&evidence);
    assert_eq!((beside.code, beside.certain), (Code::ImageNotFound, true));
    assert!(beside.cause.contains("deploy/old runs registry.example.com/team/app:0 with the same identity"));
}

#[test]
fn a_missing_platform_names_that_of_the_node() {
    let web = deploy("web", IMAGE);
    let evidence =
        why(vec![web.clone()], vec![waits(&web, "node1", NO_PLATFORM)]).node(node("node1", &[], &[]));
    let finding = one(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::PlatformMissing, true));
    assert!(
        finding.cause.contains("has nothing for linux/arm64, the platform of the node"),
        "{}",
        finding.cause
    );
}

#[test]
fn an_image_that_may_not_be_pulled_says_which_nodes_have_it() {
    let web = deploy("web", IMAGE);
    let mut pull = waits(&web, "node1", "");
    pull.state = PullState::ErrImageNeverPull;
    pull.message = None;
    let evidence =
        why(vec![web], vec![pull]).node(node("node1", &[], &[])).node(node("node2", &[], &[IMAGE]));
    let finding = one(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::ImageNeverPulled, true));
    assert_eq!(finding.subject.name, format!("image/{IMAGE}"));
    assert!(finding.cause.contains("node2 has it"), "{}", finding.cause);
}

#[test]
fn a_name_that_is_no_reference_is_said_to_be_none_and_stands_in_no_command() {
    let name = "Registry.example.com/Team/App:1 $(reboot)";
    let web = deploy("web", name);
    let mut pull = waits(&web, "node1", "");
    pull.state = PullState::InvalidImageName;
    pull.message = None;
    let finding = one(&why(vec![web], vec![pull]));
    assert_eq!((finding.code, finding.certain), (Code::InvalidImageName, true));
    assert!(finding.fixes.iter().all(|fix| !fix.command.contains("reboot")), "{:?}", finding.fixes);
}

#[test]
fn an_image_that_others_still_run_is_not_surely_gone() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let other = deploy("other", IMAGE).naming(&["regcred"]).started(&["node2"], &["regcred"]);
    let evidence = why(vec![web.clone(), other], vec![waits(&web, "node1", NOT_FOUND)])
        .secrets(vec![secret("regcred", &["registry.example.com"])]);
    let finding = one(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::ImageNotFound, false));
    assert!(
        finding.cause.contains("although deploy/other runs it, from an earlier pull"),
        "{}",
        finding.cause
    );
}

#[test]
fn what_another_program_writes_is_changed_in_its_source() {
    let mut web = deploy("web", IMAGE);
    let owner = |kind, name: &str| Owner {
        kind,
        name: Clean::new(name),
        namespace: String::new(),
        known_by: Clean::new("a label"),
    };
    for (owner, wanted) in [
        (owner(OwnerKind::ArgoCd, "shop"), "argocd app sync shop"),
        (owner(OwnerKind::Helm, "shop"), "helm upgrade shop CHART -n team --reuse-values -f VALUES.yaml"),
        (owner(OwnerKind::CustomResource, "Rollout/web"), "kubectl -n team get Rollout/web -o yaml"),
    ] {
        web.owners = vec![owner];
        for state in [PullState::ErrImageNeverPull, PullState::InvalidImageName] {
            let mut pull = waits(&web, "node1", "");
            (pull.state, pull.message) = (state, None);
            let finding = one(&why(vec![web.clone()], vec![pull]));
            let [fix] = finding.fixes.as_slice() else { panic!("{finding:#?}") };
            assert_eq!(fix.command, wanted);
            assert!(fix.what.contains("in its source"), "{}", fix.what);
        }
    }
}
