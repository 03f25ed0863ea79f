//! Archives to test with, from whole images down to single files of a tar.

use serde_json::{Value, json};

use crate::image::bundle::file;
use crate::image::{Archive, Fault};
use crate::registry::digest::Digest;

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The files of an archive that is being made.
#[derive(Clone, Default)]
pub struct Files(pub Vec<(String, Vec<u8>)>);

impl Files {
    /// Adds a blob; returns its descriptor.
    pub fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::sha256(bytes);
        let name = file(&digest);
        if self.0.iter().all(|(known, _)| *known != name) {
            self.0.push((name, bytes.to_vec()));
        }
        json!({"mediaType": media_type, "digest": digest.as_str(), "size": bytes.len()})
    }

    /// Adds an image with this configuration and these layers; returns its manifest's descriptor.
    pub fn image(&mut self, config: &Value, layers: &[&str]) -> Value {
        let config = self.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layers: Vec<Value> = layers
            .iter()
            .map(|layer| self.blob("application/vnd.oci.image.layer.v1.tar+gzip", layer.as_bytes()))
            .collect();
        let manifest =
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers});
        self.blob(OCI_MANIFEST, manifest.to_string().as_bytes())
    }

    /// Adds `oci-layout` and an `index.json` of these descriptors.
    pub fn finish(mut self, manifests: &[Value]) -> Self {
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
        self.0.push(("index.json".into(), index.to_string().into_bytes()));
        self.0.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
        self
    }

    /// The archive of an image for `linux/ARCHITECTURE`.
    pub fn of(architecture: &str) -> Self {
        let mut files = Self::default();
        let manifest = files.image(&config(architecture), &[architecture, "the CA bundle"]);
        files.finish(&[manifest])
    }

    /// Without the files whose names start so.
    pub fn without(mut self, start: &str) -> Self {
        self.0.retain(|(name, _)| !name.starts_with(start));
        self
    }

    /// With one more file, which may have a name that another has.
    pub fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.0.push((name.into(), bytes.to_vec()));
        self
    }

    /// The tar.
    pub fn tar(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in &self.0 {
            let mut header = tar::Header::new_gnu();
            // Not by set_path, which refuses the names that are worth testing.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            tar.append(&header, bytes.as_slice()).expect("written");
        }
        tar.into_inner().expect("written")
    }

    pub fn read(&self) -> Result<Archive, Fault> {
        read(&self.tar())
    }
}

pub fn config(architecture: &str) -> Value {
    json!({"os": "linux", "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}})
}

/// Reads an archive with the name `probe.tar`.
pub fn read(bytes: &[u8]) -> Result<Archive, Fault> {
    Archive::read("probe.tar", bytes).map_err(|error| {
        assert_eq!(error.archive.as_str(), "probe.tar");
        let sentence = error.to_string();
        assert!(sentence.starts_with("the archive probe.tar ") && !sentence.contains('\n'), "{sentence}");
        error.fault
    })
}
