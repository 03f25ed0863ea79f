//! Rules on small evidence, one file a family.

pub(crate) mod build;
mod builders;
mod credentials;
mod documents;
mod healthy;
mod network;
mod nodes;
mod order;
mod pulls;
mod refusals;
mod settling;
