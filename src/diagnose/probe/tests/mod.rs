//! Rules on small evidence of probes, one file a family.

mod build;
mod credentials;
mod kubelets;
mod pushes;
mod rows;
mod stores;
mod unseen;
mod ways;
