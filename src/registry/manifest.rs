//! Manifests: what an image, an index or a chart consists of.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::decode::{DecodeError, json};
use super::digest::Digest;
use super::platform::{Platform, part};
use super::scalar::Scalar;
use crate::text::{Clean, prefix};

/// Larger manifests are not read: registries take 4 MiB (Distribution specification), and a probe's pod has little
/// memory.
pub const MAX_BODY: usize = 4 * 1024 * 1024;

/// Media types of manifests.
pub mod media_type {
    /// Docker's image, schema 1, without a signature.
    pub const DOCKER_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
    /// Docker's image, schema 1, signed.
    pub const DOCKER_SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    /// Docker's image, schema 2.
    pub const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker's list of images for platforms.
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// The OCI image.
    pub const OCI_IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
    /// The OCI index.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// The OCI artifact, which was in a candidate of the specification.
    pub const OCI_ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
    /// The configuration of a Helm chart.
    pub const HELM_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
    /// What a runtime asks for, as containerd 2.4 does.
    pub const ACCEPT: [&str; 5] = [DOCKER_IMAGE, DOCKER_LIST, OCI_IMAGE, OCI_INDEX, "*/*"];
    /// Configurations of images.
    pub(super) const IMAGE_CONFIGS: [&str; 2] =
        ["application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"];
}

/// Points to content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The content's digest.
    pub digest: Digest,
    /// Its length in bytes, as the manifest says.
    pub size: u64,
    /// Its media type; empty when the manifest does not say.
    pub media_type: Clean,
}

/// Points to a manifest for a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IndexEntry {
    /// The manifest.
    #[serde(flatten)]
    pub manifest: Descriptor,
    /// What it is for; `None` when only its configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

/// What a manifest is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Manifest {
    /// Images for several platforms.
    Index {
        /// In the order of the index.
        manifests: Vec<IndexEntry>,
    },
    /// An image for one platform.
    Image {
        /// Its configuration.
        config: Descriptor,
        /// Its layers, the lowest first.
        layers: Vec<Descriptor>,
    },
    /// A Helm chart.
    Chart {
        /// Its metadata.
        config: Descriptor,
        /// The archive, and its provenance when there is one.
        layers: Vec<Descriptor>,
    },
    /// Something else that a registry keeps: a signature, a bill of materials.
    Artifact {
        /// What it says that it is.
        artifact_type: Clean,
        /// Its parts.
        layers: Vec<Descriptor>,
    },
    /// An image of Docker's schema 1, which containerd 2 and later refuse.
    Schema1,
}

/// Why a manifest could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ManifestError {
    /// It is no JSON of a manifest's form.
    #[error("the manifest is {error}")]
    Unreadable {
        /// Class and position.
        error: DecodeError,
    },
    /// It is JSON, and no manifest.
    #[error("the answer is JSON and no manifest")]
    NoManifest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    schema_version: Scalar,
    #[serde(default)]
    media_type: Scalar,
    #[serde(default)]
    artifact_type: Scalar,
    manifests: Option<Vec<Entry>>,
    config: Option<Entry>,
    layers: Option<Vec<Entry>>,
    blobs: Option<Vec<Entry>>,
    fs_layers: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    digest: Digest,
    #[serde(default)]
    size: Option<u64>,
    media_type: Option<String>,
    platform: Option<EntryPlatform>,
}

#[derive(Deserialize)]
struct EntryPlatform {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
}

impl Entry {
    fn descriptor(&self) -> Descriptor {
        let media_type = Clean::with_cap(self.media_type.as_deref().unwrap_or_default(), 128);
        Descriptor { digest: self.digest.clone(), size: self.size.unwrap_or_default(), media_type }
    }

    fn index_entry(self) -> IndexEntry {
        let manifest = self.descriptor();
        let text = |text: Option<String>| part(text.as_deref().unwrap_or_default());
        let platform = self.platform.map(|found| Platform {
            os: text(found.os),
            architecture: text(found.architecture),
            variant: text(found.variant),
            os_version: text(found.os_version),
        });
        IndexEntry { manifest, platform }
    }
}

/// What a media type stands for.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Index,
    Image,
    Artifact,
    Schema1,
}

fn form(text: &str) -> Option<Form> {
    use media_type as m;
    let name = prefix(text, 256).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(match name.as_str() {
        m::DOCKER_LIST | m::OCI_INDEX => Form::Index,
        m::DOCKER_IMAGE | m::OCI_IMAGE => Form::Image,
        m::OCI_ARTIFACT => Form::Artifact,
        m::DOCKER_SCHEMA1 | m::DOCKER_SCHEMA1_SIGNED => Form::Schema1,
        _ => return None,
    })
}

impl Manifest {
    /// Reads a manifest. What it is, is decided by the `Content-Type` of the answer, then by its own
    /// `mediaType`, then by its shape.
    ///
    /// # Errors
    ///
    /// It is no JSON, a digest in it is none, or it lacks what its type must have.
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, ManifestError> {
        let body: Body = json(body, MAX_BODY).map_err(|error| ManifestError::Unreadable { error })?;
        let own = body.media_type.text();
        let form = content_type.and_then(form).or_else(|| own.and_then(form)).or_else(|| shape(&body));
        match form.ok_or(ManifestError::NoManifest)? {
            Form::Schema1 => Ok(Self::Schema1),
            Form::Index => {
                let manifests = body.manifests.ok_or(ManifestError::NoManifest)?;
                Ok(Self::Index { manifests: manifests.into_iter().map(Entry::index_entry).collect() })
            }
            Form::Artifact => Ok(artifact(&body)),
            Form::Image => image(&body),
        }
    }
}

fn shape(body: &Body) -> Option<Form> {
    if body.manifests.is_some() {
        Some(Form::Index)
    } else if body.config.is_some() && body.layers.is_some() {
        Some(Form::Image)
    } else if body.fs_layers.is_some() && body.schema_version.number() == Some(1) {
        Some(Form::Schema1)
    } else if body.blobs.is_some() && body.artifact_type.text().is_some() {
        Some(Form::Artifact)
    } else {
        None
    }
}

fn image(body: &Body) -> Result<Manifest, ManifestError> {
    let (Some(config), Some(entries)) = (&body.config, &body.layers) else {
        return Err(ManifestError::NoManifest);
    };
    let (config, layers) = (config.descriptor(), descriptors(entries));
    match config.media_type.as_str() {
        media_type::HELM_CONFIG => Ok(Manifest::Chart { config, layers }),
        "" => Ok(Manifest::Image { config, layers }),
        known if media_type::IMAGE_CONFIGS.contains(&known) => Ok(Manifest::Image { config, layers }),
        _ => Ok(artifact(body)),
    }
}

fn artifact(body: &Body) -> Manifest {
    let own = body.artifact_type.text();
    let config = body.config.as_ref().and_then(|config| config.media_type.as_deref());
    let layers = body.layers.as_ref().or(body.blobs.as_ref());
    Manifest::Artifact {
        artifact_type: Clean::with_cap(own.or(config).unwrap_or_default(), 128),
        layers: layers.map(|layers| descriptors(layers)).unwrap_or_default(),
    }
}

fn descriptors(entries: &[Entry]) -> Vec<Descriptor> {
    entries.iter().map(Entry::descriptor).collect()
}

/// Which of an index's manifests a node takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// That one.
    Entry(Descriptor),
    /// None fits.
    Missing {
        /// The platforms that there are, such as `linux/arm64`: sorted, without attestations, at most 64.
        available: Vec<String>,
    },
}

/// How many platforms an answer names.
const MAX_AVAILABLE: usize = 64;

/// The manifest that a node of `platform` takes, as containerd 2.4 chooses (`images.Manifest`): the best fit,
/// the first of equals, and an entry that names no platform only when nothing else fits.
pub fn choose(manifests: &[IndexEntry], platform: &Platform) -> Choice {
    let fits = |entry: &IndexEntry| match &entry.platform {
        Some(found) => platform.rank(found),
        None => Some(usize::MAX),
    };
    let best = manifests.iter().filter_map(|entry| fits(entry).map(|rank| (rank, entry)));
    if let Some((_, entry)) = best.min_by_key(|(rank, _)| *rank) {
        return Choice::Entry(entry.manifest.clone());
    }
    let known = manifests.iter().filter_map(|entry| entry.platform.as_ref());
    let mut available: Vec<_> = known
        .filter(|platform| !platform.is_unknown())
        .map(|platform| platform.normalized().to_string())
        .collect();
    available.sort();
    available.dedup();
    available.truncate(MAX_AVAILABLE);
    Choice::Missing { available }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
