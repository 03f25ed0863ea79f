//! What runs inside a probe pod and on this machine: every step of a pull or push, with each credential.

pub mod clock;
#[cfg(feature = "probe")]
mod credentials;
#[cfg(feature = "probe")]
pub mod harbor;
#[cfg(feature = "probe")]
mod local;
#[cfg(feature = "probe")]
mod look;
#[cfg(feature = "probe")]
mod node_config;
#[cfg(feature = "probe")]
mod node_root;
#[cfg(feature = "probe")]
mod place;
#[cfg(feature = "probe")]
mod pod;
pub mod report;
#[cfg(feature = "probe")]
mod series;
#[cfg(feature = "stores")]
pub mod stores;
pub mod task;

#[cfg(feature = "probe")]
pub use credentials::{Credential, Credentials, Sources};
#[cfg(feature = "probe")]
pub use harbor::{HarborHere, Stop, look_at_harbor};
#[cfg(feature = "probe")]
pub use local::{Here, LOCAL_PROBE, interrupted, look_from_here};
#[cfg(feature = "probe")]
pub use look::{Looking, look};
#[cfg(feature = "probe")]
pub use node_config::{Hosts, Mirror, NodeConfig};
#[cfg(feature = "probe")]
pub use pod::{go_architecture, run};
pub use task::{Reader, Refused, Source, Task};
