//! What is known of registries without asking one.

pub mod credential;
pub mod docker_config;
pub mod keyring;
pub mod near_miss;
pub mod reference;
