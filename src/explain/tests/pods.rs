//! Several pods and containers in one text: what is told of one is not told of another.

use super::super::explain;
use super::{causes, codes};
use crate::code::Code as C;

#[test]
fn a_pull_secret_that_cannot_be_read_is_found_among_other_lines() {
    let parse = "unable to parse auth field, must be formatted as base64(username:password)";
    let base64 = "illegal base64 data at input byte 4";
    for said in [parse, base64] {
        let event = format!(
            "  Warning  Failed     6m (x5 over 7m)  kubelet            spec.containers{{a}}: Error: {said}"
        );
        let described = format!(
            "Name:             mal\nNamespace:        a1\nPriority:         0\nStatus:           Pending\nContainers:\n  a:\n    \
             State:          Waiting\n      Reason:       {said}\n    Ready:          False\nEvents:\n{event}\n"
        );
        let yaml = format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: mal\n  namespace: a1\nstatus:\n  containerStatuses:\n  - state:\n      \
             waiting:\n        message: {said}\n        reason: {said}\n"
        );
        let json = format!(
            "{{\n    \"kind\": \"Pod\",\n    \"metadata\": {{\n        \"name\": \"mal\",\n        \"namespace\": \"a1\"\n    }},\n    \
             \"status\": {{\n        \"message\": \"{said}\"\n    }}\n}}"
        );
        for text in [described, yaml, json] {
            let explained = explain(&text);
            assert_eq!(codes(&text), [C::PullSecretMalformed], "{text}: {explained:#?}");
            assert_eq!(explained.causes[0].pods, ["a1/mal"], "{text}");
        }
    }
    let events = format!(
        "4s   Normal    Scheduled   pod/mal   Successfully assigned a1/mal\n4s   Warning   Failed      pod/mal   Error: {parse}"
    );
    assert_eq!(codes(&events), [C::PullSecretMalformed]);
    assert_eq!(codes(&format!("begin\nError: {parse}")), [C::PullSecretMalformed]);
    // Without a pod, it may be anybody's.
    assert_eq!(codes(&format!("begin\nError: {base64}")), []);
}

#[test]
fn in_events_of_many_pods_each_line_is_tied_to_its_own() {
    let text = "\
LAST SEEN   TYPE      REASON             OBJECT       MESSAGE
8m          Normal    Pulling            pod/badok    Pulling image \"secure.example.com/team/app:2\"
8m          Warning   Failed             pod/inval    Error: InvalidImageName
8m          Warning   InspectFailed      pod/inval    Failed to apply default image tag \"Team/App:1:2\": couldn't parse image name \"Team/App:1:2\": invalid reference format
8m          Normal    Pulling            pod/multi    Pulling image \"nowhere.example.com/x:1\"
8m          Warning   Failed             pod/multi    Failed to pull image \"nowhere.example.com/x:1\": failed to pull and unpack image \"nowhere.example.com/x:1\": failed to resolve image: failed to do request: Head \"https://nowhere.example.com/v2/x/manifests/1\": dial tcp: lookup nowhere.example.com on 10.0.0.1:53: no such host
8m          Warning   Failed             pod/multi    Error: ErrImagePull
8m          Warning   ErrImageNeverPull  pod/multi    Container image \"open.example.com/team/pause:1\" is not present with pull policy of Never
8m          Warning   Failed             pod/multi    Error: ErrImageNeverPull
8m          Warning   Failed             pod/gone     Error: ImagePullBackOff
";
    let explained = explain(text);
    assert_eq!(
        causes(&explained),
        [
            (C::InvalidImageName, 3, 2, "Team/App:1:2"),
            (C::RegistryNameUnresolved, 6, 1, "nowhere.example.com/x:1"),
            (C::ImageNeverPulled, 8, 2, "open.example.com/team/pause:1"),
            (C::Unknown, 10, 1, ""),
        ],
        "{explained:#?}"
    );
    let pods: Vec<_> = explained.causes.iter().map(|cause| cause.pods.join(" ")).collect();
    assert_eq!(pods, ["inval", "multi", "multi", "gone"]);
    let followers: Vec<_> = explained.followers.iter().map(|one| (one.line, one.follows)).collect();
    assert_eq!(followers, [(7, 6)]);
}

#[test]
fn what_containers_of_one_pod_wait_for_is_told_apart() {
    let text = "\
Name:             multi
Namespace:        a1
Priority:         0
Events:
  Type     Reason   Age   From     Message
  ----     ------   ----  ----     -------
  Warning  Failed   6m    kubelet  spec.containers{a}: Error: ErrImagePull
  Warning  Failed   6m    kubelet  spec.containers{a}: Failed to pull image \"r.example.com/a:1\": failed to resolve image: r.example.com/a:1: not found
  Warning  Failed   6m    kubelet  spec.containers{c}: Failed to pull image \"s.example.com/c:1\": failed to resolve image: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials
  Warning  Failed   6m    kubelet  spec.containers{c}: Error: ErrImagePull
  Warning  Failed   6m    kubelet  spec.containers{a}: Error: ImagePullBackOff
";
    let explained = explain(text);
    assert_eq!(
        causes(&explained),
        [(C::ImageNotFound, 8, 1, "r.example.com/a:1"), (C::NoCredential, 9, 1, "s.example.com/c:1")],
        "{explained:#?}"
    );
    let followers: Vec<_> = explained.followers.iter().map(|one| (one.line, one.follows)).collect();
    assert_eq!(followers, [(7, 8), (10, 9), (11, 8)]);
    assert!(explained.causes.iter().all(|cause| cause.pods == ["a1/multi"]));
}

#[test]
fn pods_of_a_list_without_a_word_on_why_are_one_cause() {
    let list = "NAME    READY   STATUS             RESTARTS   AGE\nweb-1   0/1     ImagePullBackOff   0          5m\nweb-2   0/1     ErrImagePull       0          5m\n";
    let explained = explain(list);
    assert_eq!(causes(&explained), [(C::Unknown, 2, 2, "")], "{explained:#?}");
    assert_eq!(explained.causes[0].pods, ["web-1", "web-2"]);
}

#[test]
fn the_next_command_has_the_tag_and_the_version_that_the_text_names() {
    for (text, image, command) in [
        (
            "│ Error: unable to pull image r.example.com/x/y:1: Error response from daemon: pull access denied for r.example.com/x/y, \
             repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
            "r.example.com/x/y:1",
            "kubectl regauth probe r.example.com/x/y:1",
        ),
        (
            "$ helm pull oci://ghcr.io/acme/charts/app --version 1.0.0\nError: failed to authorize: failed to fetch anonymous token: \
             unexpected status from GET request: 401 Unauthorized",
            "ghcr.io/acme/charts/app:1.0.0",
            "kubectl regauth probe oci://ghcr.io/acme/charts/app:1.0.0",
        ),
        (
            "Error: failed to download \"oci://ghcr.io/acme/charts/app\" at version \"1.2.3\": unexpected status: 403 Forbidden",
            "ghcr.io/acme/charts/app:1.2.3",
            "kubectl regauth probe oci://ghcr.io/acme/charts/app:1.2.3",
        ),
    ] {
        let explained = explain(text);
        assert_eq!(explained.causes.len(), 1, "{explained:#?}");
        assert_eq!(explained.causes[0].images, [image], "{explained:#?}");
        let commands: Vec<String> =
            explained.causes[0].next(None).into_iter().map(|fix| fix.command).collect();
        assert!(commands.contains(&command.to_owned()), "{text}: {commands:?}");
    }
}
