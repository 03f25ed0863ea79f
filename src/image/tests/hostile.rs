//! Archives that are broken, or made to harm.

use std::io::{self, Read};

use serde_json::json;

use super::build::{Files, OCI_INDEX, OCI_MANIFEST, config, read};
use crate::image::archive::{MAX_ARCHIVE, MAX_FILES};
use crate::image::bundle::file;
use crate::image::layout::MAX_IMAGES;
use crate::image::{Archive, Fault};
use crate::registry::decode::DecodeError;
use crate::registry::digest::Digest;
use crate::registry::manifest::MAX_BODY;

#[test]
fn an_archive_that_is_cut_off_anywhere_is_refused_or_whole() {
    let whole = Files::of("amd64").tar();
    // What follows is the end mark, two empty blocks; before it, the last file is filled up to a whole block.
    let content = whole.len() - 2 * 512;
    for end in 0..whole.len() {
        match read(&whole[..end]) {
            Ok(archive) => {
                assert!(end > content - 512, "{end} of {content}");
                assert_eq!(archive.images.len(), 1);
            }
            Err(fault) => {
                assert_ne!(end, content);
                let said = matches!(fault, Fault::CutOff | Fault::NotOci);
                assert!(said, "{end} of {content}: {fault}");
            }
        }
    }
}

#[test]
fn a_changed_byte_anywhere_is_no_panic_and_never_passes_as_another_image() {
    let whole = Files::of("amd64").tar();
    let known = read(&whole).expect("an archive").images[0].manifest.clone();
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x41;
        match read(&changed) {
            Ok(archive) => assert_eq!(archive.images[0].manifest, known, "byte {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn a_blob_is_held_to_its_name_even_when_nothing_refers_to_it() {
    let digest = Digest::sha256(b"something");
    let files = Files::of("amd64").with(&file(&digest), b"something else");
    assert_eq!(files.read().err(), Some(Fault::WrongDigest(digest)));
}

#[test]
fn a_blob_that_is_missing_or_of_another_size_is_named() {
    let mut files = Files::default();
    let mut image = files.image(&config("amd64"), &["a layer"]);
    let layer = Digest::sha256(b"a layer");
    let without = files.clone().finish(&[image.clone()]).without(&file(&layer));
    assert_eq!(without.read().err(), Some(Fault::MissingBlob(layer)));
    image["size"] = json!(1);
    let digest = image["digest"].as_str().expect("text").parse().expect("a digest");
    assert_eq!(files.finish(&[image]).read().err(), Some(Fault::WrongSize(digest)));
}

#[test]
fn names_that_lead_out_of_the_archive_are_refused() {
    for name in ["../index.json", "/index.json", "blobs/../../etc/passwd", "blobs/sha256/..", "./../x"] {
        let fault = Files::of("amd64").with(name, b"x").read().err();
        assert!(matches!(&fault, Some(Fault::Name(shown)) if shown.as_str() == name), "{name}: {fault:?}");
    }
    for name in ["blobs/sha256/short", "blobs/sha256/a/b"] {
        let fault = Files::of("amd64").with(name, b"x").read().err();
        assert!(matches!(fault, Some(Fault::Name(_))), "{name}: {fault:?}");
    }
}

#[test]
fn a_name_is_shown_without_what_steers_a_terminal() {
    let fault = Files::of("amd64").with("../\u{1b}[2Jx", b"").read().expect_err("refused");
    assert!(!fault.to_string().contains('\u{1b}'), "{fault}");
}

#[test]
fn a_file_that_comes_twice_is_refused() {
    let files = Files::of("amd64");
    for (name, bytes) in files.0.clone() {
        let fault = files.clone().with(&name, &bytes).read().err();
        assert!(matches!(fault, Some(Fault::Twice(_))), "{name}: {fault:?}");
    }
}

#[test]
fn a_link_stands_for_nothing() {
    let mut tar = tar::Builder::new(Vec::new());
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, "index.json", "/etc/passwd").expect("written");
    }
    let links = tar.into_inner().expect("written");
    assert_eq!(read(&links).err(), Some(Fault::NotOci));
}

/// A tar of one file that goes on and on, without the memory for it.
struct Endless {
    head: io::Cursor<Vec<u8>>,
}

impl Endless {
    fn new(name: &str, kind: tar::EntryType) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_path(name).expect("a name");
        header.set_entry_type(kind);
        header.set_size(1 << 50);
        header.set_cksum();
        Self { head: io::Cursor::new(header.as_bytes().to_vec()) }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buffer)? {
            0 => {
                buffer.fill(b'x');
                Ok(buffer.len())
            }
            some => Ok(some),
        }
    }
}

#[test]
fn a_file_without_end_is_read_to_the_limit_only() {
    let name = file(&Digest::sha256(b""));
    for kind in [tar::EntryType::Regular, tar::EntryType::GNULongName] {
        let refused = Archive::read("probe.tar", Endless::new(&name, kind)).expect_err("refused");
        assert_eq!(refused.fault, Fault::TooLarge(MAX_ARCHIVE));
    }
}

#[test]
fn too_many_files_are_refused() {
    let mut files = Files::of("amd64");
    (0..MAX_FILES).for_each(|n| files.0.push((format!("file-{n}"), Vec::new())));
    assert_eq!(files.read().err(), Some(Fault::TooManyFiles(MAX_FILES)));
}

#[test]
fn too_many_images_and_indexes_that_lie_deep_are_refused() {
    let mut files = Files::default();
    let images: Vec<_> = (0..=MAX_IMAGES).map(|n| files.image(&config(&format!("a{n}")), &[])).collect();
    assert_eq!(files.finish(&images).read().err(), Some(Fault::TooManyImages(MAX_IMAGES)));

    let mut files = Files::default();
    let mut inner = files.image(&config("amd64"), &[]);
    for depth in 1..=3 {
        let index = json!({"schemaVersion": 2, "manifests": [inner]});
        inner = files.blob(OCI_INDEX, index.to_string().as_bytes());
        let read = files.clone().finish(&[inner.clone()]).read();
        assert_eq!(read.is_ok(), depth <= 2, "{depth}");
    }
}

#[test]
fn documents_larger_than_registries_take_are_refused() {
    let mut files = Files::default();
    let manifest = files.blob(OCI_MANIFEST, &vec![b' '; MAX_BODY + 1]);
    let fault = files.finish(&[manifest]).read().err();
    assert_eq!(
        fault,
        Some(Fault::Undecodable { what: "a manifest", error: DecodeError::TooLarge { limit: MAX_BODY } })
    );
}

#[test]
fn a_document_that_cannot_be_read_is_told_by_its_position_and_not_quoted() {
    let mut files = Files::default();
    let manifest = files.blob(OCI_MANIFEST, br#"{"schemaVersion":2,"config":"hunter2"}"#);
    let fault = files.finish(&[manifest]).read().expect_err("refused");
    assert!(
        matches!(fault, Fault::Undecodable { what: "a manifest", error: DecodeError::Form { line: 1, .. } }),
        "{fault}"
    );
    assert!(!fault.to_string().contains("hunter2"), "{fault}");
    let broken = Files::of("amd64").without("index.json").with("index.json", b"{").read().err();
    assert!(matches!(
        broken,
        Some(Fault::Undecodable { what: "an index.json", error: DecodeError::Cut { .. } })
    ));
    // Deeper than serde_json goes, so that nothing overflows the stack.
    let deep = Files::of("amd64").without("index.json").with("index.json", "[".repeat(100_000).as_bytes());
    assert!(matches!(deep.read().err(), Some(Fault::Undecodable { .. })));
}

#[test]
fn what_is_no_image_is_refused_by_its_media_type() {
    let manifest = |kind: &str, says: &str, config: &str| {
        let mut files = Files::default();
        let config = files.blob(config, br#"{"os":"linux","architecture":"amd64"}"#);
        let manifest = json!({"schemaVersion": 2, "mediaType": says, "config": config, "layers": []});
        let manifest = files.blob(kind, manifest.to_string().as_bytes());
        files.finish(&[manifest]).read().err()
    };
    let chart = "application/vnd.cncf.helm.config.v1+json";
    let oci_config = "application/vnd.oci.image.config.v1+json";
    for (kind, says, config) in [
        ("text/plain", "text/plain", oci_config),
        (OCI_MANIFEST, "text/plain", oci_config),
        (OCI_MANIFEST, OCI_MANIFEST, chart),
    ] {
        let fault = manifest(kind, says, config);
        assert!(matches!(fault, Some(Fault::NotAnImage(_))), "{kind} {says} {config}: {fault:?}");
    }
    assert_eq!(manifest(OCI_MANIFEST, OCI_MANIFEST, oci_config), None);
}

#[test]
fn an_image_without_platform_and_no_image_at_all_are_refused() {
    let mut files = Files::default();
    let image = files.image(&json!({"os": "linux"}), &[]);
    assert_eq!(files.finish(&[image]).read().err(), Some(Fault::NoPlatform));
    assert_eq!(Files::default().finish(&[]).read().err(), Some(Fault::Empty));
}

#[test]
fn a_digest_that_cannot_be_checked_is_refused() {
    let odd = Files::of("amd64").with("blobs/blake3/00", b"x").read().err();
    assert_eq!(odd, Some(Fault::Unverifiable("blake3:00".parse().expect("a digest"))));
    let none = json!({"mediaType": OCI_MANIFEST, "digest": "../../etc/passwd", "size": 1});
    assert!(matches!(Files::default().finish(&[none]).read().err(), Some(Fault::Undecodable { .. })));
}
