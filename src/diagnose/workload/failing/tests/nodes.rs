//! Nodes and their ways to the registry.

use super::build::*;
use crate::code::Code;
use crate::evidence::node::Pressure;
use crate::evidence::workloads::PullState;
use crate::finding::Severity;

#[test]
fn a_node_that_is_cut_off_where_others_were_answered_has_its_egress_blocked() {
    let web = deploy("web", IMAGE);
    let found = judged(&why(
        vec![web.clone()],
        vec![waits(&web, "node1", NO_CREDENTIAL), waits(&web, "node3", TIMED_OUT)],
    ));
    let blocked = found.iter().find(|one| one.code == Code::EgressBlocked).unwrap();
    assert!(blocked.certain);
    assert_eq!(blocked.subject.nodes, ["node3"]);
    assert!(found.iter().all(|one| one.code != Code::ConnectionTimedOut));
}

#[test]
fn pods_that_started_elsewhere_at_some_time_make_it_likely() {
    let web = deploy("web", IMAGE).started(&["node1", "node2"], &[]);
    let finding = one(&why(vec![web.clone()], vec![waits(&web, "node3", REFUSED)]));
    assert_eq!(
        told(std::slice::from_ref(&finding)),
        [(Code::EgressBlocked, "registry/registry.example.com", false)]
    );
    assert_eq!(finding.also_possible[0], Code::ConnectionRefused);
    assert!(finding.cause.contains("pods have started with its images on node1, node2"), "{}", finding.cause);
}

#[test]
fn a_node_that_reached_the_registry_before_is_not_cut_off() {
    let web = deploy("web", IMAGE).started(&["node1", "node2"], &[]);
    let finding = one(&why(vec![web.clone()], vec![waits(&web, "node2", TIMED_OUT)]));
    assert_eq!(finding.code, Code::ConnectionTimedOut);
}

#[test]
fn a_registry_that_refuses_all_nodes_is_one_finding_across_workloads() {
    let all: Vec<_> = (0..5).map(|number| deploy(&format!("app{number}"), IMAGE)).collect();
    let pulls = all.iter().enumerate().map(|(at, of)| waits(of, &format!("node{at}"), REFUSED)).collect();
    let finding = one(&why(all, pulls));
    assert_eq!(
        told(std::slice::from_ref(&finding)),
        [(Code::ConnectionRefused, "registry/registry.example.com", false)]
    );
    assert_eq!(finding.subject.nodes.len(), 5);
    assert!(
        finding.cause.ends_with(
            "(5 pods of deploy/app0, deploy/app1 and 3 more workloads, on 5 nodes; for example pod/app0-node0 on node0)."
        ),
        "{}",
        finding.cause
    );
}

#[test]
fn a_dead_proxy_is_one_finding_across_registries() {
    let web = deploy("web", IMAGE);
    let hub = deploy("hub", HUB);
    let pulls = vec![
        waits(&web, "node1", PROXY_DOWN),
        waits(&hub, "node2", &PROXY_DOWN.replace("registry.example.com", "registry-1.docker.io")),
    ];
    let finding = one(&why(vec![web, hub], pulls));
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::ProxyFailed, "proxy/192.0.2.1:3128", true)]);
    assert_eq!(finding.subject.nodes, ["node2", "node1"]);
}

#[test]
fn a_certificate_that_one_node_alone_does_not_trust_is_shown_as_that() {
    let web = deploy("web", IMAGE).started(&["node1", "node2"], &[]);
    let finding = one(&why(vec![web.clone()], vec![waits(&web, "node3", UNTRUSTED)]));
    assert_eq!((finding.code, finding.certain), (Code::CertificateUntrusted, true));
    assert!(finding.cause.contains("which does not happen on node1, node2"), "{}", finding.cause);
}

#[test]
fn a_node_without_room_is_itself_the_subject() {
    let web = deploy("web", IMAGE);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", NO_SPACE)]).node(node(
        "node1",
        &[Pressure::Disk],
        &[],
    ));
    let finding = one(&evidence);
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::NodeDiskFull, "node/node1", true)]);
    assert!(finding.cause.contains("DiskPressure"));
}

#[test]
fn a_pull_that_goes_on_is_not_finished() {
    let web = deploy("web", IMAGE);
    let mut pull = waits(&web, "node1", "");
    pull.state = PullState::Pulling;
    pull.message = None;
    let finding = one(&why(vec![web.clone()], vec![pull.clone()]));
    assert_eq!(
        (finding.code, finding.severity, finding.certain),
        (Code::PullNotFinished, Severity::Unknown, false)
    );
    let other = deploy("other", IMAGE);
    let finding = one(&why(vec![web, other.clone()], vec![pull, waits(&other, "node2", TIMED_OUT)]));
    assert_eq!(finding.code, Code::ConnectionTimedOut, "the silent registry is one finding");
}

#[test]
fn a_pull_without_words_on_a_node_that_is_not_ready_is_the_nodes_matter() {
    let web = deploy("web", IMAGE);
    let evidence =
        why(vec![web.clone()], vec![silent(&web, "node1")]).node(node("node1", &[Pressure::NotReady], &[]));
    assert_eq!(told(&judged(&evidence)), [(Code::RuntimeFailed, "node/node1", false)]);
}

#[test]
fn a_node_that_read_the_manifest_or_broke_off_at_the_storage_is_not_cut_off_for_sure() {
    let layer = "failed to copy: httpReadSeeker: failed open: failed to do request: Get \
         \"https://registry.example.com/v2/team/app/blobs/sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef\": \
         read tcp 192.0.2.2:4444->192.0.2.7:443: read: connection reset by peer";
    let storage = "failed to copy: httpReadSeeker: failed open: failed to do request: Get \
         \"https://s3.eu-west-1.amazonaws.com/bucket/x?X-Amz-Signature=aa\": dial tcp 192.0.2.9:443: i/o timeout";
    let other = deploy("other", IMAGE);
    for (words, code) in [(layer, Code::ConnectionRefused), (storage, Code::ConnectionTimedOut)] {
        for web in [deploy("web", IMAGE), deploy("web", IMAGE).started(&["node2"], &[])] {
            let pulls = vec![waits(&web, "node1", words), waits(&other, "node2", NO_CREDENTIAL)];
            let found = judged(&why(vec![web, other.clone()], pulls));
            let broken = found.iter().find(|one| one.subject.nodes == ["node1"]).unwrap();
            assert_eq!((broken.code, broken.certain), (code, false), "{broken:#?}");
            assert!(broken.also_possible.contains(&Code::EgressBlocked), "{broken:#?}");
        }
    }
}

#[test]
fn an_answer_that_does_not_come_is_likely_and_not_surely_a_matter_of_egress() {
    let reset = "failed to resolve image: failed to do request: Head \
         \"https://registry.example.com/v2/team/app/manifests/1\": read tcp 192.0.2.2:4444->192.0.2.7:443: read: \
         connection reset by peer";
    let web = deploy("web", IMAGE);
    let pulls = vec![waits(&web, "node1", NO_CREDENTIAL), waits(&web, "node3", reset)];
    let found = judged(&why(vec![web], pulls));
    let blocked = found.iter().find(|one| one.code == Code::EgressBlocked).unwrap();
    assert!(!blocked.certain && blocked.also_possible.contains(&Code::ConnectionRefused), "{blocked:#?}");
}
