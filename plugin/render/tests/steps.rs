//! The steps of a probe, and the stores of this machine.

use super::*;
use regauth::finding::Fix;
use regauth::report::stores::{StoreEntryRow, StoreRow};

#[test]
fn from_this_machine_the_steps_of_the_deciding_attempt_are_shown() {
    let row = Row::Probe(probe("", Network::Local, Verdict::Failed));
    let text = rendered(&report(Action::Pull, &[Check::ProbeLocal], vec![row]), Some(100), false);
    assert_eq!(
        text,
        "\
IMAGE                      RESULT   STEP    TIME   CODE                 CERTAIN
r.example.com/team/app:1   failed   token   21ms   CredentialRejected   yes

r.example.com/team/app:1 from this machine
  DNS      r.example.com     3ms  192.0.2.7
  connect  192.0.2.7:443     3ms  connected
  without a credential: failed
  with secret/regcred (password of user ci): failed
  ! token    POST /token       3ms  401

0 of 1 probes worked, from this machine.
as: this machine: secret/regcred
"
    );
}

#[test]
fn with_all_columns_a_probe_shows_the_steps_of_every_attempt() {
    let row = Row::Probe(probe("node1", Network::Node, Verdict::Failed));
    let text = rendered(&report(Action::Pull, &[Check::ProbeNode], vec![row]), Some(100), true);
    assert!(text.contains("r.example.com/team/app:1 from node1 (node network)"), "{text}");
    assert!(text.contains("! token    GET /token") && text.contains("! token    POST /token"), "{text}");
}

#[test]
fn a_credential_that_is_refused_is_named_with_every_store_and_its_logout() {
    let entry = |place: &str, command: &str| StoreEntryRow {
        place: Clean::new(place),
        key: Clean::new("public.ecr.aws"),
        is: Some("Amazon ECR Public token of user AWS".into()),
        result: Verdict::Failed,
        refused: true,
        logout: vec![Fix::new(format!("removes the credential from {place}"), command)],
    };
    let helm = entry("/home/ci/.config/helm/registry/config.json", "helm registry logout public.ecr.aws");
    let docker = entry("/home/ci/.docker/config.json", "docker logout public.ecr.aws");
    let row = |client: &str, entries: Vec<StoreEntryRow>| StoreRow {
        image: IMAGE.into(),
        client: client.into(),
        files: Vec::new(),
        entries,
        failed_helpers: Vec::new(),
        gives_up: false,
        empty: Vec::new(),
    };
    let mut report =
        report(Action::Pull, &[Check::ProbeLocal], vec![Row::Probe(probe("", Network::Local, Verdict::Ok))]);
    report.stores =
        vec![row("docker", vec![docker.clone()]), row("podman", Vec::new()), row("helm", vec![helm, docker])];
    let text = rendered(&report, Some(200), false);
    assert!(
        text.contains("helm: sends /home/ci/.config/helm/registry/config.json, key public.ecr.aws"),
        "{text}"
    );
    assert!(text.contains("    then: /home/ci/.docker/config.json"), "{text}");
    assert!(text.contains("podman: has none and goes without"), "{text}");
    for command in ["docker logout public.ecr.aws", "helm registry logout public.ecr.aws"] {
        assert_eq!(text.matches(&format!("    {command}\n")).count(), 1, "{text}");
    }
    let piped = rendered(&report, None, false);
    assert!(piped.lines().skip(2).all(|line| line.starts_with('#')), "{piped}");
}

#[test]
fn the_stores_of_several_images_are_told_apart() {
    let store = |image: &str| StoreRow {
        image: image.into(),
        client: "docker".into(),
        files: Vec::new(),
        entries: Vec::new(),
        failed_helpers: Vec::new(),
        gives_up: false,
        empty: Vec::new(),
    };
    let mut several = report(Action::Limits, &[Check::ProbeLocal], Vec::new());
    several.stores = vec![store("a"), store("b")];
    let text = rendered(&several, Some(120), false);
    assert!(text.contains("this machine for a:") && text.contains("this machine for b:"), "{text}");
    several.stores.truncate(1);
    assert!(rendered(&several, Some(120), false).contains("Credentials of this machine:"));
}
