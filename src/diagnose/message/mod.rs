//! What a failure message of the kubelet, a container runtime or a builder says, and what may be its cause.
//!
//! [`read`] turns a message into a [`Reading`]: typed parts, such as the HTTP status, the registry's error
//! code, the host that failed, the kind of transport failure. [`candidates`] says which causes fit what was
//! read.
//!
//! To add a program, add a file with the forms of its messages as a list of rules (see `layers`), each
//! anchored where a part of a message can begin, and add it to [`PROGRAMS`]. Where its statements mean
//! something that has no [`SignKind`] yet, add that, and to `causes` what follows from it. Nothing else knows
//! which program speaks.

mod bodies;
mod builders;
mod causes;
mod cloud;
mod containerd;
mod containers_image;
mod docker;
mod go_net;
mod harbor;
mod helm;
mod helpers;
mod hosts;
mod java;
mod kubelet;
mod layers;
mod logs;
mod nesting;
mod normal;
mod pulled;
mod python;
mod reading;
mod registry_error;
mod registry_text;
mod sign;
mod storage;
#[cfg(test)]
mod tests;

pub(crate) use causes::settle_by;
pub use causes::{Context, CredentialSent, candidates};
pub use pulled::{Pulled, missing_pull_secrets, pulled};
pub use reading::{Failure, FailureKind, Layer, Operation, Reading, RegistryError, Request, TokenFetch};
pub use sign::{Sign, SignKind};

use layers::Program;

/// The programs and libraries whose forms are known. A program's own come before those of the libraries it is
/// made of.
static PROGRAMS: &[&Program] = &[
    &logs::PROGRAM,
    &kubelet::PROGRAM,
    &helpers::PROGRAM,
    &containerd::PROGRAM,
    &containers_image::PROGRAM,
    &docker::PROGRAM,
    &builders::PROGRAM,
    &helm::PROGRAM,
    &harbor::PROGRAM,
    &cloud::PROGRAM,
    &storage::PROGRAM,
    &java::PROGRAM,
    &python::PROGRAM,
    &go_net::PROGRAM,
    &registry_error::PROGRAM,
    &registry_text::CREDENTIALS,
    &registry_text::REFUSALS,
    &go_net::LAST,
];

/// Reads a message. Never fails: what is not understood is left out.
pub fn read(message: &str) -> Reading {
    layers::read(message)
}
