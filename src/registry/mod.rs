//! What is known of registries without asking one.

pub mod reference;
