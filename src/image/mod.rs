//! The probe's image: its name, and archives of it as they are saved for and pushed to registries that cannot
//! reach the internet. No network here, and no container tool.
//!
//! [`Archive`] reads one OCI archive (image-spec 1.1: an image layout in a tar), and [`Bundle`] makes one
//! image of several: an index when there are several platforms.

#[cfg(feature = "image")]
mod archive;
#[cfg(feature = "image")]
mod bundle;
#[cfg(feature = "image")]
mod error;
#[cfg(feature = "image")]
mod layout;
#[cfg(test)]
#[cfg(feature = "image")]
mod tests;

#[cfg(feature = "image")]
pub use self::{
    bundle::{Bundle, Document},
    error::{ArchiveError, BundleError, Fault},
    layout::{Archive, Blob, Image},
};

/// The repository that the probe's image is published in, without a tag. The owner is set in that file alone.
pub const DEFAULT_REPOSITORY: &str = include_str!("../../manifests/probe-image/repository").trim_ascii();

/// The tag of the probe's image that fits this library: its own version.
pub const DEFAULT_TAG: &str = env!("CARGO_PKG_VERSION");

/// The probe's image that fits this library: [`DEFAULT_REPOSITORY`] with [`DEFAULT_TAG`].
pub fn default_reference() -> String {
    format!("{DEFAULT_REPOSITORY}:{DEFAULT_TAG}")
}

/// The archives that were put into this program when it was built (`REGAUTH_PROBE_ARCHIVES`, see `build.rs`);
/// none when it was built without.
#[cfg(feature = "image")]
pub fn embedded() -> &'static [&'static [u8]] {
    include!(concat!(env!("OUT_DIR"), "/probe_archives.rs"))
}
