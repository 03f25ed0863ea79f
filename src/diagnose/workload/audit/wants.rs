//! What a pull that fails wants, by its words.

use crate::code::Code;
use crate::diagnose::message::{Context, CredentialSent, candidates};
use crate::evidence::workloads::{FailingPull, PullState};
use crate::finding::Candidate;
use crate::registry::reference::Reference;

/// What a pull that fails wants; first what weighs most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Want {
    /// A credential, or a better one.
    Credential,
    /// Nobody says (any more) why it fails.
    Unknown,
    /// A higher limit, which a credential may bring.
    Limit,
    /// Something that no credential mends.
    Other,
}

/// What a pull wants, given whether the pod's pull secrets are known to have nothing for it.
pub(super) fn want(pull: &FailingPull, image: &Reference, has_none: bool) -> Want {
    if matches!(pull.state, PullState::InvalidImageName | PullState::ErrImageNeverPull) {
        return Want::Other;
    }
    let credential = if has_none { CredentialSent::None } else { CredentialSent::Unknown };
    likeliest(pull, image, credential).map_or(Want::Unknown, |first| of_code(first.code, first.certain))
}

/// Whether the registry refused the credential itself, by a pull that sent one.
pub(super) fn refuses_credential(pull: &FailingPull, image: &Reference) -> bool {
    let first = likeliest(pull, image, CredentialSent::Some);
    first.is_some_and(|first| first.code.refuses_credential())
}

/// What a pull's words mean, as far as they are known.
fn likeliest(pull: &FailingPull, image: &Reference, credential: CredentialSent) -> Option<Candidate> {
    let context = Context { image: Some(image.clone()), credential };
    candidates(pull.message.as_ref()?.as_str(), &context).into_iter().next()
}

/// "Not found" is also what registries say that hide an image from strangers, unless it is sure.
fn of_code(code: Code, certain: bool) -> Want {
    match code {
        Code::ImageNotFound if certain => Want::Other,
        Code::Unknown => Want::Unknown,
        Code::RateLimited => Want::Limit,
        Code::CredentialNotVisible
        | Code::RobotAccountUnusable
        | Code::PullSecretMissing
        | Code::PullSecretMalformed
        | Code::PullSecretWrongType
        | Code::PullSecretEmpty
        | Code::PullSecretNoMatch
        | Code::PullSecretNotReferenced => Want::Credential,
        code if code.asks_for_credential() => Want::Credential,
        _ => Want::Other,
    }
}
