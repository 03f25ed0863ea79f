//! What cases and scenarios stand on.

pub mod audit;
pub mod cluster;
pub mod fault;
pub mod harbor;
pub mod kubelets;
pub mod plugin;
pub mod probe_image;
pub mod proxy;
pub mod scripted;
pub mod scripted_tls;
pub mod space;
pub mod webhook;
