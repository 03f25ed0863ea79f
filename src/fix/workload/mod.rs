//! Mends for what workloads and their pull secrets lack: one function a cause.

mod audit;

pub(crate) use audit::{align, look_at_policy, missing, reference, renew, without_secret, wrong_type};
