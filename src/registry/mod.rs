//! What is known of registries without asking one.

pub mod api_error;
pub mod challenge;
pub mod credential;
pub mod near_miss;
pub mod rate_limit;
pub mod reference;
pub mod token;
