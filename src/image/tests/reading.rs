//! What tools write into OCI archives.

use serde_json::json;

use super::build::{Files, OCI_INDEX, config};
use crate::image::{Archive, Fault};
use crate::registry::digest::Digest;

fn platforms(archive: &Archive) -> Vec<String> {
    archive.images.iter().map(|image| image.platform.to_string()).collect()
}

#[test]
fn an_image_is_read_with_its_platform_manifest_and_blobs() {
    let archive = Files::of("amd64").read().expect("an archive");
    assert_eq!(platforms(&archive), ["linux/amd64"]);
    let image = &archive.images[0];
    assert_eq!(image.manifest.digest, Digest::sha256(&image.manifest.bytes));
    let texts: Vec<String> =
        image.blobs.iter().map(|blob| String::from_utf8_lossy(&blob.bytes).into_owned()).collect();
    assert_eq!(texts, [config("amd64").to_string(), "amd64".into(), "the CA bundle".into()]);
    assert!(image.blobs.iter().all(|blob| blob.digest == Digest::sha256(&blob.bytes)));
}

#[test]
fn an_index_within_the_index_is_followed_and_attestations_of_builders_are_left_out() {
    let mut files = Files::default();
    let (amd64, arm64) = (files.image(&config("amd64"), &["a"]), files.image(&config("arm64"), &["b"]));
    let mut attestation = files.image(&json!({"os": "unknown", "architecture": "unknown"}), &["in-toto"]);
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    let index = json!({"schemaVersion": 2, "manifests": [amd64, attestation, arm64]});
    let index = files.blob(OCI_INDEX, index.to_string().as_bytes());
    let archive = files.finish(&[index]).read().expect("an archive");
    assert_eq!(platforms(&archive), ["linux/amd64", "linux/arm64"]);
}

#[test]
fn an_image_under_two_names_is_one_image() {
    let mut files = Files::default();
    let image = files.image(&config("amd64"), &["a"]);
    assert_eq!(
        platforms(&files.finish(&[image.clone(), image]).read().expect("an archive")),
        ["linux/amd64"]
    );
}

#[test]
fn a_layer_that_is_used_twice_is_one_blob() {
    let mut files = Files::default();
    let image = files.image(&config("amd64"), &["a", "a"]);
    assert_eq!(files.finish(&[image]).read().expect("an archive").images[0].blobs.len(), 2);
}

#[test]
fn dockers_own_media_types_are_taken_too() {
    let mut files = Files::default();
    let kind = "application/vnd.docker.distribution.manifest.v2+json";
    let config = files.blob(
        "application/vnd.docker.container.image.v1+json",
        br#"{"os":"linux","architecture":"arm","variant":"v6"}"#,
    );
    let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []});
    let manifest = files.blob(kind, manifest.to_string().as_bytes());
    let archive = files.finish(&[manifest]).read().expect("an archive");
    assert_eq!(platforms(&archive), ["linux/arm/v6"]);
    assert_eq!(archive.images[0].manifest.media_type, kind);
}

#[test]
fn names_with_a_leading_dot_and_files_beside_the_layout_do_not_matter() {
    let mut files = Files::of("amd64");
    files.0.iter_mut().for_each(|(name, _)| *name = format!("./{name}"));
    let archive = files.with("README", b"text").with("manifest.json", b"[]").read().expect("an archive");
    assert_eq!(platforms(&archive), ["linux/amd64"]);
}

#[test]
fn what_is_no_oci_archive_is_said_with_what_to_do() {
    for (start, fault) in [
        (&b"\x1f\x8b\x08\0"[..], Fault::Compressed("gunzip")),
        (b"\x28\xb5\x2f\xfd", Fault::Compressed("unzstd")),
        (b"BZh9", Fault::Compressed("bunzip2")),
        (b"\xfd7zXZ\0", Fault::Compressed("unxz")),
        (b"", Fault::NotOci),
        (b"\x7fELF", Fault::NotOci),
    ] {
        assert_eq!(super::build::read(start).err(), Some(fault));
    }
    let docker = Files::default().with("manifest.json", b"[]").with("repositories", b"{}");
    assert_eq!(docker.read().err(), Some(Fault::DockerArchive));
    assert_eq!(Files::default().with("etc/passwd", b"root").read().err(), Some(Fault::NotOci));
    assert_eq!(Files::of("amd64").without("oci-layout").read().err(), Some(Fault::NotOci));
    let newer =
        Files::of("amd64").without("oci-layout").with("oci-layout", br#"{"imageLayoutVersion":"2.0.0"}"#);
    assert_eq!(newer.read().err(), Some(Fault::NotOci));
}
