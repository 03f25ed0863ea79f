//! The images of an archive: from `index.json` through indexes and manifests to configurations and layers.

use std::io::Read;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::archive::Files;
use super::bundle::Document;
use super::error::{ArchiveError, Fault};
use crate::registry::decode::json;
use crate::registry::digest::Digest;
use crate::registry::manifest::media_type::{DOCKER_IMAGE, DOCKER_LIST, OCI_IMAGE, OCI_INDEX};
use crate::registry::manifest::{Descriptor, IndexEntry, MAX_BODY, Manifest, ManifestError};
use crate::registry::platform::Platform;
use crate::text::Clean;

/// The most images of an archive, and how deep indexes may lie in `index.json`.
pub(super) const MAX_IMAGES: usize = 64;
const MAX_DEPTH: usize = 2;

/// An archive that was read and verified.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The archive's file, or what else tells it from others.
    pub name: Clean,
    /// Its images, in its own order; at least one.
    pub images: Vec<Image>,
}

/// An image for one platform.
#[derive(Clone, Debug)]
pub struct Image {
    /// What it runs on, by its configuration; in normal form.
    pub platform: Platform,
    /// Its manifest.
    pub manifest: Document,
    /// Its configuration and layers.
    pub blobs: Vec<Blob>,
}

/// Content that a manifest refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The digest that the content has.
    pub digest: Digest,
    /// The content.
    pub bytes: Arc<[u8]>,
}

impl Archive {
    /// Reads an OCI archive to its end and verifies every blob. `name` stands in errors.
    pub fn read(name: &str, input: impl Read) -> Result<Self, ArchiveError> {
        let name = Clean::new(name);
        match Files::read(input).and_then(|files| images(&files)) {
            Ok(images) => Ok(Self { name, images }),
            Err(fault) => Err(ArchiveError { archive: name, fault }),
        }
    }
}

fn images(files: &Files) -> Result<Vec<Image>, Fault> {
    let layout: Layout = document("an oci-layout", files.layout.as_deref().unwrap_or_default())?;
    if !layout.image_layout_version.starts_with("1.") {
        return Err(Fault::NotOci);
    }
    let entries = index("an index.json", files.index.as_deref().unwrap_or_default())?;
    let mut images = Vec::new();
    walk(files, &entries, 0, &mut images)?;
    if images.is_empty() { Err(Fault::Empty) } else { Ok(images) }
}

/// Adds the images of an index. One that is listed twice, as under two names, is taken once; what BuildKit says
/// about an image (an attestation) is not one.
fn walk(files: &Files, entries: &[IndexEntry], depth: usize, images: &mut Vec<Image>) -> Result<(), Fault> {
    for IndexEntry { manifest, platform } in entries {
        if platform.as_ref().is_some_and(Platform::is_unknown) {
            continue;
        }
        match manifest.media_type.as_str() {
            OCI_INDEX | DOCKER_LIST if depth < MAX_DEPTH => {
                walk(files, &index("an index", &files.blob(manifest)?.bytes)?, depth + 1, images)?;
            }
            OCI_INDEX | DOCKER_LIST => return Err(Fault::TooManyImages(MAX_IMAGES)),
            OCI_IMAGE | DOCKER_IMAGE => {
                let image = image(files, manifest)?;
                if images.iter().all(|known| known.manifest.digest != image.manifest.digest) {
                    images.push(image);
                }
            }
            _ => return Err(Fault::NotAnImage(manifest.media_type.clone())),
        }
        if images.len() > MAX_IMAGES {
            return Err(Fault::TooManyImages(MAX_IMAGES));
        }
    }
    Ok(())
}

fn image(files: &Files, descriptor: &Descriptor) -> Result<Image, Fault> {
    let Blob { digest, bytes } = files.blob(descriptor)?;
    let media_type = descriptor.media_type.as_str();
    // Registries refuse a manifest that is pushed as another type than it says itself.
    let own: OwnType = document("a manifest", &bytes)?;
    if let Some(own) = own.media_type.filter(|own| own != media_type) {
        return Err(Fault::NotAnImage(Clean::with_cap(&own, 128)));
    }
    let (config, layers) = match manifest("a manifest", media_type, &bytes)? {
        Manifest::Image { config, layers } => (config, layers),
        Manifest::Artifact { artifact_type, .. } => return Err(Fault::NotAnImage(artifact_type)),
        _ => return Err(Fault::NotAnImage(Clean::new("a chart"))),
    };
    let mut blobs = vec![files.blob(&config)?];
    let platform: Platform = document("a configuration", &blobs[0].bytes)?;
    if platform.os.is_empty() || platform.architecture.is_empty() {
        return Err(Fault::NoPlatform);
    }
    for layer in &layers {
        let layer = files.blob(layer)?;
        if blobs.iter().all(|known| known.digest != layer.digest) {
            blobs.push(layer);
        }
    }
    let manifest = Document { media_type: media_type.into(), digest, bytes: bytes.to_vec() };
    Ok(Image { platform: platform.normalized(), manifest, blobs })
}

impl Files {
    /// What a descriptor refers to.
    fn blob(&self, descriptor: &Descriptor) -> Result<Blob, Fault> {
        let digest = descriptor.digest.clone();
        match self.blobs.get(&digest) {
            None => Err(Fault::MissingBlob(digest)),
            Some(bytes) if bytes.len() as u64 != descriptor.size => Err(Fault::WrongSize(digest)),
            Some(bytes) => Ok(Blob { digest, bytes: bytes.clone() }),
        }
    }
}

fn index(what: &'static str, bytes: &[u8]) -> Result<Vec<IndexEntry>, Fault> {
    match manifest(what, OCI_INDEX, bytes)? {
        Manifest::Index { manifests } => Ok(manifests),
        _ => Err(Fault::Incomplete(what)),
    }
}

fn manifest(what: &'static str, media_type: &str, bytes: &[u8]) -> Result<Manifest, Fault> {
    Manifest::parse(Some(media_type), bytes).map_err(|error| match error {
        ManifestError::Unreadable { error } => Fault::Undecodable { what, error },
        ManifestError::NoManifest => Fault::Incomplete(what),
    })
}

fn document<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, Fault> {
    json(bytes, MAX_BODY).map_err(|error| Fault::Undecodable { what, error })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layout {
    image_layout_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnType {
    media_type: Option<String>,
}
