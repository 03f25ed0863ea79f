//! What is read from the cluster, one file a source.

pub mod access;
pub mod adopter;
pub mod ambient;
pub mod aside;
pub mod builder;
pub mod controllers;
pub mod harbor;
pub mod identity;
pub mod leases;
pub mod names;
mod namespace;
pub mod node_classes;
pub mod nodes;
pub mod policies;
pub mod pulled;
pub mod sample;
pub mod selector;
mod services;
pub mod workloads;
