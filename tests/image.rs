//! The probe's image from end to end: packed by manifests/probe-image/build, read by the library, looked at by
//! skopeo where that is there, put into the plugin by build.rs, and written by `kubectl regauth image save`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../build.rs"]
#[allow(dead_code)]
mod build_script;
#[path = "image/packing.rs"]
mod packing;
#[path = "image/saving.rs"]
mod saving;
#[path = "image/support.rs"]
mod support;
