//! One image of several archives, and what is written of it.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::build::{Files, OCI_INDEX, OCI_MANIFEST, config};
use crate::image::{Archive, Bundle, BundleError, DEFAULT_REPOSITORY, default_reference, embedded};

use crate::registry::digest::Digest;

fn archive(name: &str, architecture: &str) -> Archive {
    Archive::read(name, Files::of(architecture).tar().as_slice()).expect("an archive")
}

fn bundle(architectures: &[&str]) -> Bundle {
    let archives = architectures.iter().map(|architecture| archive("probe.tar", architecture));
    Bundle::new(archives.collect()).expect("a bundle")
}

fn written(bundle: &Bundle) -> Vec<u8> {
    let mut bytes = Vec::new();
    bundle.write("registry.test:5000/probe", "1.0", &mut bytes).expect("written");
    bytes
}

#[test]
fn one_platform_is_pushed_as_the_manifest_that_was_built() {
    let bundle = bundle(&["amd64"]);
    assert_eq!(bundle.top, archive("probe.tar", "amd64").images[0].manifest);
    assert!(bundle.manifests.is_empty());
    assert_eq!(bundle.blobs.len(), 3);
    let sizes = bundle.top.bytes.len() + bundle.blobs.iter().map(|blob| blob.bytes.len()).sum::<usize>();
    assert_eq!(bundle.size(), sizes as u64);
}

#[test]
fn several_platforms_are_an_index_of_the_manifests_that_were_built() {
    let bundle = bundle(&["arm64", "amd64"]);
    let platforms: Vec<String> = bundle.platforms.iter().map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!(
        (bundle.top.media_type.as_str(), &bundle.top.digest),
        (OCI_INDEX, &Digest::sha256(&bundle.top.bytes))
    );
    let built = |architecture: &str| archive("x", architecture).images[0].manifest.clone();
    assert_eq!(bundle.manifests, [built("amd64"), built("arm64")]);
    let described = |manifest: usize, architecture: &str| {
        let manifest = &bundle.manifests[manifest];
        json!({"mediaType": OCI_MANIFEST, "digest": manifest.digest.as_str(), "size": manifest.bytes.len(),
            "platform": {"os": "linux", "architecture": architecture}})
    };
    let index: Value = serde_json::from_slice(&bundle.top.bytes).expect("JSON");
    let manifests = [described(0, "amd64"), described(1, "arm64")];
    assert_eq!(index, json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}));
}

#[test]
fn all_that_a_manifest_refers_to_is_there_before_it_and_each_blob_once() {
    let bundle = bundle(&["amd64", "arm64"]);
    let mut pushed: HashSet<String> = HashSet::new();
    for blob in &bundle.blobs {
        assert!(pushed.insert(blob.digest.to_string()), "{} comes twice", blob.digest);
    }
    for document in bundle.manifests.iter().chain([&bundle.top]) {
        let text: Value = serde_json::from_slice(&document.bytes).expect("JSON");
        let lists = [&text["layers"], &text["manifests"]];
        let listed = lists.iter().filter_map(|list| list.as_array()).flatten();
        for descriptor in listed.chain(text.get("config")) {
            let digest = descriptor["digest"].as_str().expect("a digest");
            assert!(pushed.contains(digest), "{digest} of {text} comes too late");
        }
        pushed.insert(document.digest.to_string());
    }
}

#[test]
fn the_order_of_archives_makes_no_difference() {
    assert_eq!(
        written(&bundle(&["amd64", "arm64", "s390x"])),
        written(&bundle(&["s390x", "amd64", "arm64"]))
    );
}

#[test]
fn what_is_written_reads_as_what_it_was_written_from() {
    for architectures in [&["amd64"][..], &["amd64", "arm64"]] {
        let before = bundle(architectures);
        let bytes = written(&before);
        let after = Bundle::new(vec![Archive::read("written.tar", bytes.as_slice()).expect("an archive")]);
        let after = after.expect("a bundle");
        assert_eq!(
            (&after.top, &after.manifests, &after.blobs, &after.platforms),
            (&before.top, &before.manifests, &before.blobs, &before.platforms)
        );
        assert_eq!(written(&after), bytes);
    }
}

#[test]
fn a_written_archive_names_its_image_for_the_tools_that_load_it() {
    let bytes = written(&bundle(&["amd64"]));
    let mut tar = tar::Archive::new(bytes.as_slice());
    let mut entries = tar.entries().expect("a tar").map(|entry| entry.expect("an entry"));
    let index = entries.find(|entry| &*entry.path_bytes() == b"index.json").expect("an index.json");
    let index: Value = serde_json::from_reader(index).expect("JSON");
    let annotations = json!({
        "io.containerd.image.name": "registry.test:5000/probe:1.0", "org.opencontainers.image.ref.name": "1.0",
    });
    assert_eq!(index["manifests"][0]["annotations"], annotations);
    assert_eq!(index["manifests"][0]["platform"], json!({"os": "linux", "architecture": "amd64"}));
}

#[test]
fn nothing_of_this_machine_or_hour_is_written() {
    let bytes = written(&bundle(&["amd64", "arm64"]));
    let mut tar = tar::Archive::new(bytes.as_slice());
    for entry in tar.entries().expect("a tar") {
        let header = entry.expect("an entry").header().clone();
        let numbers = (header.mtime().ok(), header.uid().ok(), header.gid().ok());
        assert_eq!(numbers, (Some(0), Some(0), Some(0)));
        assert_eq!((header.username(), header.groupname()), (Ok(Some("")), Ok(Some(""))));
    }
}

#[test]
fn two_archives_for_one_platform_are_refused_with_both_names() {
    let refused =
        Bundle::new(vec![archive("a.tar", "amd64"), archive("b.tar", "amd64")]).expect_err("refused");
    let sentence = "linux/amd64 is in a.tar and in b.tar: give one archive for each platform";
    assert_eq!(refused.to_string(), sentence);
    assert_eq!(Bundle::new(Vec::new()).err(), Some(BundleError::NoArchive));
}

#[test]
fn a_platform_is_the_same_with_its_usual_variant_and_without() {
    let with = |architecture: &str, variant: &str| {
        let mut files = Files::default();
        let mut config = config(architecture);
        config["variant"] = json!(variant);
        let image = files.image(&config, &[variant]);
        files.finish(&[image]).read().expect("an archive")
    };
    for (architecture, variant) in [("arm64", "v8"), ("amd64", "v1")] {
        let both = vec![archive("a.tar", architecture), with(architecture, variant)];
        assert!(
            matches!(Bundle::new(both), Err(BundleError::SamePlatform { .. })),
            "{architecture}/{variant}"
        );
    }
    let both = Bundle::new(vec![archive("a.tar", "arm"), with("arm", "v6")]).expect("a bundle");
    let platforms: Vec<String> = both.platforms.iter().map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/arm/v6", "linux/arm/v7"]);
}

#[test]
fn the_default_reference_is_one_that_the_kubelet_takes() {
    let reference: crate::registry::reference::Reference = default_reference().parse().expect("a reference");
    assert_eq!(reference.to_string(), default_reference());
    assert!(!DEFAULT_REPOSITORY.contains(char::is_whitespace));
}

#[test]
fn the_archives_within_the_program_are_whole_and_make_one_image() {
    let archives = embedded().iter().map(|bytes| Archive::read("embedded", *bytes).expect("an archive"));
    match Bundle::new(archives.collect()) {
        Ok(bundle) => assert!(bundle.platforms.len() >= embedded().len()),
        Err(error) => assert_eq!((error, embedded().len()), (BundleError::NoArchive, 0)),
    }
}
