//! How certain the answer sounds, and what comes with it.

use super::super::{Context, CredentialSent, candidates};
use super::{judge, of_private};
use crate::finding::Code as C;

#[test]
fn a_certain_cause_stands_alone_and_an_open_one_says_what_would_settle_it() {
    let open = judge(&of_private("registry.example.net/team/app:1.0: not found"), CredentialSent::Unknown);
    assert!(
        open.len() > 1 && open.iter().all(|candidate| !candidate.certain && candidate.settle_by.is_some())
    );
    let certain = judge(&of_private("no match for platform in manifest: not found"), CredentialSent::Unknown);
    assert_eq!(certain.len(), 1);
    assert!(certain[0].certain && certain[0].settle_by.is_none());
}

#[test]
fn a_message_that_was_cut_is_never_certain() {
    let whole = of_private("no match for platform in manifest: not found");
    let found = judge(&format!("{whole}..."), CredentialSent::Unknown);
    assert_eq!((found[0].code, found[0].certain), (C::PlatformMissing, false));
}

#[test]
fn a_connection_that_is_cut_before_its_end_is_still_one() {
    let message = of_private(
        "failed to do request: Head \"https://registry.example.net/v2/team/app/manifests/1.0\": dial tcp 10.0.0.7:443...",
    );
    assert_eq!(judge(&message, CredentialSent::Unknown)[0].code, C::ConnectionTimedOut);
}

#[test]
fn attempts_put_the_first_cause_of_each_in_front() {
    let one = "rpc error: code = Unknown desc = failed to authorize: failed to fetch oauth token: unexpected status: 401 \
               Unauthorized";
    let other = "rpc error: code = Unknown desc = pull access denied, repository does not exist or may require \
                 authorization: server message: insufficient_scope: authorization failed";
    let message = format!("Failed to pull image \"registry.example.net/team/app:1.0\": [{one}, {other}]");
    let found = judge(&message, CredentialSent::Unknown);
    assert_eq!([found[0].code, found[1].code], [C::CredentialRejected, C::PermissionDenied]);
    assert!(found.iter().all(|candidate| !candidate.certain));
    let agreed = "rpc error: code = Unknown desc = no match for platform in manifest: not found";
    let same = format!("Failed to pull image \"registry.example.net/a:1\": [{agreed}, {agreed} again]");
    assert!(judge(&same, CredentialSent::Unknown)[0].certain);
}

#[test]
fn what_speaks_for_a_cause_holds_no_secret() {
    let message = of_private(
        "failed to authorize: failed to fetch oauth token: unexpected status from GET request to \
         https://auth.example.net/token?account=ci&password=hunter2&service=r: 401 password=hunter2",
    );
    for candidate in judge(&message, CredentialSent::Some) {
        assert!(!format!("{candidate:?}").contains("hunter2"), "{candidate:?}");
    }
    let reading = super::super::read(&message);
    assert!(!format!("{reading:?}").contains("hunter2"), "{reading:?}");
}

#[test]
fn nothing_known_is_unknown() {
    for message in
        ["", " ", "...", "something else entirely", "ErrImagePull", "rpc error: code = Unknown desc = x"]
    {
        let found = candidates(message, &Context::default());
        assert_eq!(found.len(), 1, "{message}");
        assert_eq!((found[0].code, found[0].certain), (C::Unknown, false), "{message}");
    }
}

#[test]
fn a_grpc_status_is_better_than_nothing() {
    let message = "rpc error: code = ResourceExhausted desc = something new";
    assert_eq!(judge(message, CredentialSent::Unknown)[0].code, C::RateLimited);
}
