//! Mends for what `why` and `secrets` find: one function a cause.

mod audit;
pub(crate) mod failing;

pub(crate) use audit::{align, look_at_policy, missing, reference, renew, without_secret, wrong_type};
