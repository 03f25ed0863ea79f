//! The smallest images there are, and broken ones.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// An empty tar archive: two blocks of zeros.
const LAYER: [u8; 1024] = [0; 1024];
/// The image's media type.
pub const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The index's.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A blob or manifest: what it is called by, what it is, its bytes.
pub struct Piece {
    /// Its digest, as it is asked for.
    pub digest: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes, which need not fit the digest.
    pub bytes: Vec<u8>,
}

impl Piece {
    fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { digest: digest(&bytes), media_type, bytes }
    }

    fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len()})
    }
}

/// What a repository holds.
pub struct Content {
    /// Tags and what they name.
    tags: Vec<(&'static str, String)>,
    manifests: Vec<Piece>,
    blobs: Vec<Piece>,
}

/// This machine's architecture, in Go's names.
pub fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

fn config(note: &str) -> Piece {
    let rootfs = json!({"type": "layers", "diff_ids": [digest(&LAYER)]});
    let config = json!({"architecture": architecture(), "os": "linux", "config": {}, "rootfs": rootfs, "author": note});
    Piece::new("application/vnd.oci.image.config.v1+json", config.to_string().into_bytes())
}

fn layer() -> Piece {
    Piece::new("application/vnd.oci.image.layer.v1.tar", LAYER.to_vec())
}

fn image(config: &Piece, layer: &Piece) -> Piece {
    let manifest = json!({
        "schemaVersion": 2, "mediaType": IMAGE, "config": config.descriptor(), "layers": [layer.descriptor()],
    });
    Piece::new(IMAGE, manifest.to_string().into_bytes())
}

fn index(entries: &[(&Piece, &str, &str)]) -> Piece {
    let entries: Vec<Value> = entries
        .iter()
        .map(|(piece, os, architecture)| {
            let mut entry = piece.descriptor();
            entry["platform"] = json!({"os": os, "architecture": architecture});
            entry
        })
        .collect();
    Piece::new(
        INDEX,
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string().into_bytes(),
    )
}

impl Default for Content {
    fn default() -> Self {
        Self::noted("good")
    }
}

impl Content {
    /// `1`: an image; `index`: one for this machine and another platform; `attested`: one with attestations;
    /// `elsewhere`: an index for another platform; `no-config`, `no-layer`: an image whose blob is missing;
    /// `bad-config`: one whose configuration is not what its digest says; `bad-manifest`: an index whose image is
    /// not; `unreadable`: a manifest that is none. The configuration of `1` holds the note, so that with another one
    /// its digest is one that no node has met.
    pub fn noted(note: &str) -> Self {
        let (good, layer) = (config(note), layer());
        let one = image(&good, &layer);
        let attestation = image(&config("attestation"), &layer);
        let both = index(&[(&attestation, "linux", "s390x"), (&one, "linux", architecture())]);
        let attested = index(&[(&attestation, "unknown", "unknown"), (&one, "linux", architecture())]);
        let elsewhere = index(&[(&attestation, "linux", "s390x")]);
        let no_config = image(&config("missing"), &layer);
        let gone = Piece::new("application/vnd.oci.image.layer.v1.tar", vec![1; 512]);
        let no_layer = image(&good, &gone);
        let mut bad = config("corrupt");
        let bad_config = image(&bad, &layer);
        bad.bytes[2] = b'#';
        let mut spoilt = image(&good, &Piece::new("application/vnd.oci.image.layer.v1.tar", vec![2; 512]));
        let bad_manifest = index(&[(&spoilt, "linux", architecture())]);
        spoilt.bytes.push(b'\n');
        let unreadable = Piece::new(IMAGE, b"{\"schemaVersion\": \"planted-in-manifest\"".to_vec());
        let tags = [
            ("1", &one),
            ("index", &both),
            ("attested", &attested),
            ("elsewhere", &elsewhere),
            ("no-config", &no_config),
            ("no-layer", &no_layer),
            ("bad-config", &bad_config),
            ("bad-manifest", &bad_manifest),
            ("unreadable", &unreadable),
        ];
        let tags = tags.into_iter().map(|(tag, piece)| (tag, piece.digest.clone())).collect();
        let manifests = vec![
            one,
            attestation,
            both,
            attested,
            elsewhere,
            no_config,
            no_layer,
            bad_config,
            spoilt,
            bad_manifest,
            unreadable,
        ];
        Self { tags, manifests, blobs: vec![good, bad, layer] }
    }

    /// The manifest that a tag or digest names.
    pub fn manifest(&self, reference: &str) -> Option<&Piece> {
        let named = self.tags.iter().find(|(tag, _)| *tag == reference);
        let digest = named.map_or(reference, |(_, digest)| digest);
        self.manifests.iter().find(|piece| piece.digest == digest)
    }

    /// A blob.
    pub fn blob(&self, digest: &str) -> Option<&Piece> {
        self.blobs.iter().find(|piece| piece.digest == digest)
    }
}

/// `sha256:…` of bytes.
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
