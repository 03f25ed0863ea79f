mod certainty;
mod corpus;
mod families;
mod forms;
mod node;
mod programs;
mod robustness;
mod spread;

use super::{Context, CredentialSent, candidates};
use crate::finding::{Candidate, Code};
use crate::registry::reference::Reference;

/// The kubelet's wrapping of what containerd 1.x says when it resolves the image.
fn pulled(image: &str, cause: &str) -> String {
    format!(
        "Failed to pull image \"{image}\": rpc error: code = Unknown desc = failed to pull and unpack image \
         \"{image}\": failed to resolve reference \"{image}\": {cause}"
    )
}

/// The same of an image of a private registry.
fn of_private(cause: &str) -> String {
    pulled("registry.example.net/team/app:1.0", cause)
}

fn judge(message: &str, credential: CredentialSent) -> Vec<Candidate> {
    candidates(message, &Context { image: None, credential })
}

fn codes(message: &str, credential: CredentialSent) -> Vec<Code> {
    judge(message, credential).into_iter().map(|candidate| candidate.code).collect()
}

fn asked_for(image: &str, credential: CredentialSent) -> Context {
    Context { image: Some(Reference::parse(image).unwrap()), credential }
}

/// The first candidate is `code`, and certain or not as said.
#[track_caller]
fn is(message: &str, code: Code, certain: bool) {
    let found = judge(message, CredentialSent::Unknown);
    assert_eq!((found[0].code, found[0].certain), (code, certain), "{message}\n{found:#?}");
}

#[track_caller]
fn certainly(message: &str, code: Code) {
    is(message, code, true);
}

#[track_caller]
fn likely(message: &str, code: Code) {
    is(message, code, false);
}
