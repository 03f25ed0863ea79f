//! What cases and scenarios stand on.

pub mod audit;
pub mod cluster;
pub mod fault;
pub mod harbor;
pub mod kubelets;
pub mod plugin;
pub mod plugin_image;
pub mod probe_image;
#[path = "../../deploy/prometheus.rs"]
pub mod prometheus;
pub mod proxy;
pub mod release;
pub mod scripted;
pub mod scripted_tls;
pub mod space;
#[path = "../../deploy/toolbox.rs"]
#[allow(dead_code)]
pub mod toolbox;
pub mod webhook;
