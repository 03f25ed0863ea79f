//! Mends for what workloads and their pull secrets lack: one function a cause.

pub(crate) mod mends;
