//! Rules about workloads, from evidence as the API server gives it.

mod build;
mod builders;
mod contents;
mod expiry;
mod healthy;
mod missing;
mod properties;
mod references;
mod unchecked;
