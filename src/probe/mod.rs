//! What runs inside a probe pod and on this machine: every step of a pull or push, with each credential.

pub mod task;

pub use task::{Reader, Refused, Source, Task};
