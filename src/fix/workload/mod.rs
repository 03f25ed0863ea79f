//! Mends for what `why` and `secrets` find: one function a cause.

mod audit;
pub(crate) mod failing;
mod mends;

pub(crate) use audit::{look_at_policy, without_secret, wrong_type};
pub(crate) use mends::{
    Place, align, in_source, missing, missing_file, mount_docker_config, name_pull_secret, renew, renew_file,
    unname_pull_secret,
};
