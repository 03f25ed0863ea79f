//! Mends for what `why` and `secrets` find: one function a cause.

mod audit;
pub(crate) mod failing;
mod mends;

pub(crate) use audit::{look_at_policy, second_name, without_secret, wrong_type};
pub(crate) use mends::{
    Elsewhere, Field, Place, add_to_account, align, change_container, docker_config_key, missing,
    missing_file, mount_docker_config, name_pull_secret, name_pull_secret_in_all, put, recreate_pods, renew,
    renew_file, unname_pull_secret,
};
