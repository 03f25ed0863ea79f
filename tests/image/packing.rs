//! What `make image` packs.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;

use regauth::image::{Archive, Bundle, DEFAULT_REPOSITORY};
use regauth::registry::digest::Digest;
use serde_json::{Value, json};

use crate::support::{CA_BUNDLE, Folder, PACKER, PROGRAM, pack};

fn bundle(path: &Path) -> Bundle {
    let archive = Archive::read("packed", File::open(path).expect("a file")).expect("an archive");
    Bundle::new(vec![archive]).expect("a bundle")
}

/// The files of a layer, with mode and owner.
fn files(layer: &[u8]) -> Vec<(String, u32, u64, Vec<u8>)> {
    let mut tar = tar::Archive::new(layer);
    let entries = tar.entries().expect("a tar").map(|entry| {
        let mut entry = entry.expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("content");
        let header = entry.header();
        assert_eq!(header.mtime().expect("a time"), 0);
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        (name, header.mode().expect("a mode"), header.uid().expect("an owner"), content)
    });
    entries.collect()
}

fn gunzip(bytes: &[u8], folder: &Folder) -> Vec<u8> {
    let file = folder.file("layer.gz", bytes);
    let unpacked = Command::new("gzip").args(["-d", "-c"]).arg(file).output().expect("gzip runs");
    assert!(unpacked.status.success());
    unpacked.stdout
}

#[test]
fn the_image_is_the_same_bytes_at_each_build() {
    let (one, other) = (Folder::new(), Folder::new());
    let first = fs::read(one.archive("image.tar", "amd64")).expect("an archive");
    // Other places, times, modes, language and time zone, and a narrow umask.
    let program = other.file("another-name", PROGRAM);
    let ca = other.file("another.pem", CA_BUNDLE.as_bytes());
    let touched = Command::new("touch").args(["-d", "2001-02-03"]).args([&program, &ca]).status();
    assert!(touched.expect("touch runs").success());
    let out = other.path("deeper/image.tar");
    let ran = Command::new("bash")
        .args(["-c", r#"umask 077; exec "$0" "$@""#, PACKER])
        .args([&program, &ca, Path::new("amd64"), Path::new("1.2.3"), &out])
        .envs([("LC_ALL", "C.UTF-8"), ("TZ", "Pacific/Apia")])
        .envs([("GZIP", "-1"), ("TAR_OPTIONS", "--mode=0700")])
        .current_dir("/")
        .output()
        .expect("the script runs");
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
    assert!(fs::read(out).expect("an archive") == first, "two builds differ");
}

#[test]
fn the_image_holds_the_program_and_the_ca_bundle_and_nothing_else() {
    let folder = Folder::new();
    let bundle = bundle(&folder.archive("image.tar", "arm64"));
    assert_eq!(bundle.platforms.iter().map(ToString::to_string).collect::<Vec<_>>(), ["linux/arm64"]);
    assert_eq!(bundle.blobs.len(), 2);
    let config: Value = serde_json::from_slice(&bundle.blobs[0].bytes).expect("JSON");
    let layer = gunzip(&bundle.blobs[1].bytes, &folder);
    let expected = [
        ("etc/", 0o755, &b""[..]),
        ("etc/ssl/", 0o755, b""),
        ("etc/ssl/certs/", 0o755, b""),
        ("etc/ssl/certs/ca-certificates.crt", 0o644, CA_BUNDLE.as_bytes()),
        ("regauth-probe", 0o755, PROGRAM),
    ];
    let expected = expected.map(|(name, mode, content)| (name.to_string(), mode, 0, content.to_vec()));
    assert_eq!(files(&layer), expected);
    assert_eq!(config["rootfs"], json!({"type": "layers", "diff_ids": [Digest::sha256(&layer).as_str()]}));
    assert_eq!(config["config"]["User"], "65534:65534");
    assert_eq!(config["config"]["Entrypoint"], json!(["/regauth-probe"]));
    assert_eq!(config["config"]["Labels"]["org.opencontainers.image.version"], "1.2.3");
    assert_eq!(config.get("created"), None);
}

#[test]
fn what_is_packed_has_the_name_that_the_library_looks_for() {
    let folder = Folder::new();
    let packed = fs::read(folder.archive("image.tar", "amd64")).expect("an archive");
    let mut saved = Vec::new();
    bundle(&folder.path("image.tar")).write(DEFAULT_REPOSITORY, "1.2.3", &mut saved).expect("written");
    let index = |bytes: &[u8]| -> Value {
        let found = files(bytes).into_iter().find(|(name, ..)| name == "index.json").expect("an index.json");
        serde_json::from_slice(&found.3).expect("JSON")
    };
    assert_eq!(index(&packed), index(&saved));
}

#[test]
fn skopeo_agrees_where_it_is_there() {
    let folder = Folder::new();
    let archive = folder.archive("image.tar", "amd64");
    let bundle = bundle(&archive);
    let digest = bundle.top.digest.to_string();
    let inspect =
        Command::new("skopeo").arg("inspect").arg(format!("oci-archive:{}", archive.display())).output();
    match inspect {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let seen = (&said["Digest"], &said["Os"], &said["Architecture"]);
            assert_eq!(seen, (&json!(digest), &json!("linux"), &json!("amd64")));
            assert_eq!(said["Layers"], json!([bundle.blobs[1].digest.as_str()]));
        }
        // The layout is held to the specification by the tests above; this one asks a second reader.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}

#[test]
fn what_cannot_be_packed_is_said_in_one_sentence_and_nothing_is_left() {
    let folder = Folder::new();
    let program = folder.file("program", PROGRAM);
    let ca = folder.file("ca.crt", CA_BUNDLE.as_bytes());
    let empty = folder.file("empty", b"");
    // Noise, since gzip would make little of anything else.
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    });
    let large = folder.file("large", &noise.take(4_100_000).collect::<Vec<u8>>());
    let nowhere = folder.path("nowhere");
    let [amd64, odd, version, bad] = ["amd64", "AMD 64", "1.2.3", "a b"].map(Path::new);
    for (program, bundle, architecture, version, sentence) in [
        (&nowhere, &ca, amd64, version, "there is no program"),
        (&program, &nowhere, amd64, version, "install the package ca-certificates"),
        (&program, &empty, amd64, version, "there is no certificate in"),
        (&program, &ca, odd, version, "is no architecture"),
        (&program, &ca, amd64, bad, "cannot be a tag"),
        (&large, &ca, amd64, version, "may have at most 4000000"),
    ] {
        let before = folder.names();
        let ran = pack(&[program, bundle, architecture, version, &folder.path("out.tar")]);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success() && said.contains(sentence), "{sentence}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert_eq!(folder.names(), before);
    }
}

#[test]
fn the_plugins_own_image_is_packed_in_the_same_way() {
    let folder = Folder::new();
    let (program, ca) = (folder.file("program", PROGRAM), folder.file("ca.crt", CA_BUNDLE.as_bytes()));
    let packer = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/plugin-image/build");
    let out = folder.path("plugin.tar");
    let ran = Command::new(packer)
        .args([&program, &ca, Path::new("arm64"), Path::new("1.2.3"), &out])
        .output()
        .expect("the script runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(said.contains("linux/arm64, ") && said.contains("(at most 20000000)"), "{said}");
    let bundle = bundle(&out);
    let config: Value = serde_json::from_slice(&bundle.blobs[0].bytes).expect("JSON");
    assert_eq!(config["config"]["Entrypoint"], json!(["/kubectl-regauth"]));
    assert_eq!(config["config"]["User"], "65534:65534");
    let layer = files(&gunzip(&bundle.blobs[1].bytes, &folder));
    let names: Vec<&str> = layer.iter().map(|(name, ..)| name.as_str()).collect();
    let expected =
        ["etc/", "etc/ssl/", "etc/ssl/certs/", "etc/ssl/certs/ca-certificates.crt", "kubectl-regauth"];
    assert_eq!(names, expected, "no shell, nothing else");
    let archive = fs::read(&out).expect("an archive");
    let index = files(&archive).into_iter().find(|(name, ..)| name == "index.json").expect("an index.json");
    let index: Value = serde_json::from_slice(&index.3).expect("JSON");
    let name = &index["manifests"][0]["annotations"]["io.containerd.image.name"];
    assert_eq!(*name, "ghcr.io/kubectl-regauth/kubectl-regauth:1.2.3");
}
