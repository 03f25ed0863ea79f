//! Rules about pulls of workloads that fail, on small evidence.

mod build;
mod comparing;
mod credentials;
mod files;
mod images;
mod limits;
mod mends;
mod nodes;
mod order;
mod together;
mod waiting;
