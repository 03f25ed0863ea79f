//! The images of an archive: from `index.json` through indexes and manifests to configurations and layers.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::archive::Files;
use super::bundle::Document;
use super::digest::Digest;
use super::error::{ArchiveError, Fault};
use super::platform::Platform;
use crate::text::Clean;

/// The media types of image-spec 1.1 and of Docker's schema 2, which builders still write into OCI layouts.
pub(super) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// The annotation by which BuildKit marks what it says about an image, in the same index.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
const ATTESTATION: &str = "attestation-manifest";

/// The most bytes of a JSON document: registries need not take more of a manifest (distribution-spec 1.1).
pub(super) const MAX_DOCUMENT: usize = 4 * 1024 * 1024;

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
    /// What it runs on, by its configuration.
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
    let index: Index = document("an index.json", files.index.as_deref().unwrap_or_default())?;
    let mut images = Vec::new();
    walk(files, &index, 0, &mut images)?;
    if images.is_empty() { Err(Fault::Empty) } else { Ok(images) }
}

/// Adds the images of an index. One that is listed twice, as under two names, is taken once.
fn walk(files: &Files, index: &Index, depth: usize, images: &mut Vec<Image>) -> Result<(), Fault> {
    for descriptor in &index.manifests {
        if descriptor.annotations.get(REFERENCE_TYPE).is_some_and(|kind| kind == ATTESTATION) {
            continue;
        }
        match descriptor.media_type.as_str() {
            OCI_INDEX | DOCKER_LIST if depth < MAX_DEPTH => {
                let index: Index = document("an index", &files.blob(descriptor)?.bytes)?;
                walk(files, &index, depth + 1, images)?;
            }
            OCI_INDEX | DOCKER_LIST => return Err(Fault::TooManyImages(MAX_IMAGES)),
            OCI_MANIFEST | DOCKER_MANIFEST => {
                let image = image(files, descriptor)?;
                if images.iter().all(|known| known.manifest.digest != image.manifest.digest) {
                    images.push(image);
                }
            }
            other => return Err(Fault::NotAnImage(Clean::with_cap(other, 128))),
        }
        if images.len() > MAX_IMAGES {
            return Err(Fault::TooManyImages(MAX_IMAGES));
        }
    }
    Ok(())
}

fn image(files: &Files, descriptor: &Descriptor) -> Result<Image, Fault> {
    let blob = files.blob(descriptor)?;
    let manifest: Manifest = document("a manifest", &blob.bytes)?;
    // Registries refuse a manifest that is pushed as another type than it says itself.
    let types = [manifest.media_type.as_deref(), Some(descriptor.media_type.as_str())];
    if manifest.schema_version != 2 || types[0].is_some_and(|_| types[0] != types[1]) {
        return Err(Fault::NotAnImage(Clean::with_cap(types[0].unwrap_or("no schemaVersion 2"), 128)));
    }
    if !matches!(manifest.config.media_type.as_str(), OCI_CONFIG | DOCKER_CONFIG) {
        return Err(Fault::NotAnImage(Clean::with_cap(&manifest.config.media_type, 128)));
    }
    let config = files.blob(&manifest.config)?;
    let platform: Config = document("a configuration", &config.bytes)?;
    if platform.os.is_empty() || platform.architecture.is_empty() {
        return Err(Fault::NoPlatform);
    }
    let mut blobs = vec![config];
    for layer in &manifest.layers {
        let layer = files.blob(layer)?;
        if !blobs.contains(&layer) {
            blobs.push(layer);
        }
    }
    Ok(Image {
        platform: Platform::new(&platform.os, &platform.architecture, platform.variant.as_deref()),
        manifest: Document {
            media_type: descriptor.media_type.clone(),
            digest: blob.digest,
            bytes: blob.bytes.to_vec(),
        },
        blobs,
    })
}

impl Files {
    /// What a descriptor refers to.
    fn blob(&self, descriptor: &Descriptor) -> Result<Blob, Fault> {
        let digest = Digest::parse(&descriptor.digest)
            .ok_or_else(|| Fault::NoDigest(Clean::with_cap(&descriptor.digest, 128)))?;
        let bytes = self.blobs.get(&digest).ok_or_else(|| Fault::MissingBlob(digest.clone()))?;
        if bytes.len() as u64 != descriptor.size {
            return Err(Fault::WrongSize(digest));
        }
        Ok(Blob { digest, bytes: bytes.clone() })
    }
}

/// Reads a JSON document. serde's own texts quote values: only class and position are taken.
fn document<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, Fault> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(Fault::DocumentTooLarge { what, limit: MAX_DOCUMENT });
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let class = match error.classify() {
            serde_json::error::Category::Io => "io",
            serde_json::error::Category::Syntax => "syntax",
            serde_json::error::Category::Data => "data",
            serde_json::error::Category::Eof => "eof",
        };
        Fault::Undecodable { what, class, line: error.line(), column: error.column() }
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layout {
    image_layout_version: String,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u8,
    media_type: Option<String>,
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
}
