//! Rules about workloads, from evidence as the API server gives it.

mod build;
mod builders;
mod compared;
mod contents;
mod expiry;
mod fitting;
mod healthy;
mod missing;
mod properties;
mod recovered;
mod references;
mod refused;
mod unchecked;
