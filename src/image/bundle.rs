//! One image of several archives, and the archive that is written of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::error::BundleError;
use super::layout::{Archive, Blob, Image};
use crate::registry::digest::Digest;
use crate::registry::manifest::media_type::OCI_INDEX;
use crate::registry::manifest::{Descriptor, IndexEntry};
use crate::registry::platform::Platform;
use crate::text::Clean;

/// The annotations by which `ctr images import`, `docker load` and `podman load` name what they load.
const CONTAINERD_NAME: &str = "io.containerd.image.name";
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The mode of files in an archive.
const MODE: u32 = 0o644;

/// A manifest or an index, as it is pushed: byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is pushed as (`Content-Type`).
    pub media_type: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One image for all platforms that its archives have. It is pushed in the order of a registry's needs: first
/// `blobs`, then `manifests` by their digests, then `top` by its tag.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The index; with one platform that image's manifest.
    pub top: Document,
    /// What the index refers to, by platform; empty when `top` is a manifest.
    pub manifests: Vec<Document>,
    /// Configurations and layers, each once.
    pub blobs: Vec<Blob>,
    /// What it runs on, sorted; at least one.
    pub platforms: Vec<Platform>,
}

impl Bundle {
    /// Makes one image of archives, the same whatever their order.
    pub fn new(archives: Vec<Archive>) -> Result<Self, BundleError> {
        let mut images: BTreeMap<Platform, (Clean, Image)> = BTreeMap::new();
        for Archive { name, images: held } in archives {
            for image in held {
                let platform = image.platform.clone();
                if let Some((first, _)) = images.get(&platform) {
                    let (platform, first) = (Box::new(platform), first.clone());
                    return Err(BundleError::SamePlatform { platform, first, second: name });
                }
                images.insert(platform, (name.clone(), image));
            }
        }
        let platforms: Vec<Platform> = images.keys().cloned().collect();
        let mut seen = BTreeSet::new();
        let mut blobs = Vec::new();
        let mut manifests = Vec::new();
        for (_, image) in images.into_values() {
            blobs.extend(image.blobs.into_iter().filter(|blob| seen.insert(blob.digest.clone())));
            manifests.push(image.manifest);
        }
        let top = match manifests.as_slice() {
            [] => return Err(BundleError::NoArchive),
            [_] => manifests.remove(0),
            several => index(several.iter().zip(&platforms)),
        };
        Ok(Self { top, manifests, blobs, platforms })
    }

    /// The size of all that a registry stores of it, in bytes.
    pub fn size(&self) -> u64 {
        let documents = self.documents().map(|document| document.bytes.len());
        documents.chain(self.blobs.iter().map(|blob| blob.bytes.len())).map(|len| len as u64).sum()
    }

    /// Writes it as one OCI archive, in which it is called `repository:tag`: the same bytes for the same
    /// content.
    pub fn write(&self, repository: &str, tag: &str, out: impl Write) -> io::Result<()> {
        let name = format!("{repository}:{tag}");
        let platform = self.platforms.first().filter(|_| self.manifests.is_empty());
        let annotations = BTreeMap::from([(CONTAINERD_NAME, name.as_str()), (REF_NAME, tag)]);
        let listed = Index::of(vec![Listed { entry: entry(&self.top, platform), annotations }]);
        let documents = self.documents().map(|document| (&document.digest, document.bytes.as_slice()));
        let blobs = self.blobs.iter().map(|blob| (&blob.digest, &*blob.bytes));
        let files: BTreeMap<String, &[u8]> =
            documents.chain(blobs).map(|(d, bytes)| (file(d), bytes)).collect();

        let mut tar = tar::Builder::new(out);
        append(&mut tar, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        append(&mut tar, "index.json", &listed)?;
        for (name, bytes) in files {
            append(&mut tar, &name, bytes)?;
        }
        tar.into_inner()?.flush()
    }

    fn documents(&self) -> impl Iterator<Item = &Document> {
        self.manifests.iter().chain([&self.top])
    }
}

fn index<'a>(manifests: impl Iterator<Item = (&'a Document, &'a Platform)>) -> Document {
    let entries = manifests.map(|(manifest, platform)| entry(manifest, Some(platform)));
    let bytes = Index::of(entries.map(|entry| Listed { entry, annotations: BTreeMap::new() }).collect());
    Document { media_type: OCI_INDEX.into(), digest: Digest::sha256(&bytes), bytes }
}

fn entry(document: &Document, platform: Option<&Platform>) -> IndexEntry {
    let manifest = Descriptor {
        digest: document.digest.clone(),
        size: document.bytes.len() as u64,
        media_type: Clean::new(&document.media_type),
    };
    IndexEntry { manifest, platform: platform.cloned() }
}

/// The file of a blob in an image layout.
pub(super) fn file(digest: &Digest) -> String {
    format!("blobs/{}", digest.as_str().replacen(':', "/", 1))
}

/// Adds a file, with a header that says nothing about this machine or hour.
fn append(tar: &mut tar::Builder<impl Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_mode(MODE);
    header.set_size(bytes.len() as u64);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    tar.append_data(&mut header, name, bytes)
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Index<'a> {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Listed<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Listed<'a> {
    #[serde(flatten)]
    entry: IndexEntry,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, &'a str>,
}

impl<'a> Index<'a> {
    /// The JSON of an index, which is the same for the same content.
    fn of(manifests: Vec<Listed<'a>>) -> Vec<u8> {
        let index = Self { schema_version: 2, media_type: OCI_INDEX, manifests };
        // Texts and numbers in structs: there is nothing in it that JSON cannot hold.
        serde_json::to_vec(&index).unwrap_or_default()
    }
}
