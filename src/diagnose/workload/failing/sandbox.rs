//! The image of a pod's sandbox, which the node's runtime pulls by itself.

use super::case::Case;
use super::choice::Choice;
use crate::code::Code;

/// No pull secret of the pod has a part in it.
pub(super) fn weigh(case: &Case<'_>, choice: &mut Choice) {
    if wants_credential(choice.code) {
        choice.cause =
            Some(format!("{} refuses the node's own runtime, or asks it for a credential", case.registry));
    }
    choice.remarks.push(
        "it is the image of the pod's sandbox, which the runtime pulls by its own configuration, without the pod's \
         secrets"
            .into(),
    );
}

/// A registry that wants a credential, or another one. Which pull secret a pod has matters nothing then.
pub(super) fn wants_credential(code: Code) -> bool {
    code.asks_for_credential() && code != Code::ImageNotFound
}
