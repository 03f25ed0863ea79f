//! What krew/pack makes of stand-ins for the binaries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::folder::{Folder, PLUGIN, on_path, stderr, stdout};
use super::programs::program;
use super::{Case, root, text};

pub const CASES: &[Case] = &[
    packing("archives_are_the_same_bytes_whenever_and_wherever_they_are_packed", reproducible),
    packing("the_manifest_is_written_only_when_all_five_platforms_are_there", all_five),
    packing("a_file_that_is_no_program_for_its_platform_or_a_dynamic_one_is_refused", refused),
    packing("a_ready_binary_counts_before_the_one_of_this_machine", ready_first),
];

/// A test of what krew/pack needs programs for.
pub const fn packing(name: &'static str, run: fn()) -> Case {
    let is_possible = || ["gzip", "readelf", "unzip", "zip"].iter().all(|program| on_path(program).is_some());
    Case { name, is_possible, run }
}

pub const PLATFORMS: [&str; 5] =
    ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64", "windows-amd64"];
pub const VERSION: &str = "1.2.3";

pub fn executable(platform: &str) -> &'static str {
    if platform.starts_with("windows") { "kubectl-regauth.exe" } else { "kubectl-regauth" }
}

pub fn archive(platform: &str) -> String {
    let ending = if platform.starts_with("windows") { "zip" } else { "tar.gz" };
    format!("kubectl-regauth-v{VERSION}-{platform}.{ending}")
}

/// A folder with a stand-in for each of these platforms' binaries, which names the platform and the folder.
pub fn stand_ins(folder: &Folder, name: &str, platforms: &[&str]) -> PathBuf {
    let binaries = folder.folder(name);
    for platform in platforms {
        let suffix = if platform.starts_with("windows") { ".exe" } else { "" };
        let file = binaries.join(format!("kubectl-regauth-{platform}{suffix}"));
        fs::write(file, program(platform, &format!("{platform} of {name}"))).unwrap();
    }
    binaries
}

/// Packs into `out`, with the manifest beside it.
pub fn pack(out: &Path, binaries: &[&Path]) -> Output {
    let manifest = out.with_file_name("regauth.yaml");
    let mut command = Command::new(root().join("krew/pack"));
    command.arg(VERSION).args([out, &manifest]).args(binaries).stdin(Stdio::null());
    command.output().expect("the script runs")
}

/// A folder in which everything is packed, and the archives' folder.
pub fn packed() -> (Folder, PathBuf) {
    let folder = Folder::new();
    let binaries = stand_ins(&folder, "binaries", &PLATFORMS);
    let out = folder.path("out");
    let done = pack(&out, &[&binaries]);
    assert!(done.status.success(), "{}", stderr(&done));
    (folder, out)
}

fn reproducible() {
    let (_first, out) = packed();
    let other = Folder::new();
    let binaries = stand_ins(&other, "binaries", &PLATFORMS);
    for file in fs::read_dir(&binaries).unwrap().flatten() {
        let touched = Command::new("touch").args(["-d", "2001-02-03"]).arg(file.path()).status();
        assert!(touched.unwrap().success());
    }
    let again = other.path("deeper/out");
    let ran = Command::new("bash")
        .args(["-c", r#"umask 077; exec "$0" "$@""#])
        .arg(root().join("krew/pack"))
        .arg(VERSION)
        .args([&again, &other.path("regauth.yaml"), &binaries])
        .envs([("LC_ALL", "C.UTF-8"), ("TZ", "Pacific/Apia"), ("GZIP", "-1"), ("ZIPOPT", "-1")])
        .current_dir("/")
        .output()
        .expect("the script runs");
    assert_eq!(stderr(&ran), "");
    for name in PLATFORMS.map(archive).iter().map(String::as_str).chain(["SHA256SUMS"]) {
        assert!(fs::read(out.join(name)).unwrap() == fs::read(again.join(name)).unwrap(), "{name} differs");
    }
}

fn all_five() {
    let (folder, out) = packed();
    let manifest = folder.path("regauth.yaml");
    assert!(!fs::read_to_string(&manifest).unwrap().contains('@'), "nothing is left to fill in");
    let sums =
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&out).output();
    assert_eq!(stdout(&sums.unwrap()).lines().filter(|line| line.ends_with(": OK")).count(), 5);
    let fewer = stand_ins(&folder, "fewer", &["linux-amd64", "linux-arm64", "darwin-arm64", "windows-amd64"]);
    let done = pack(&out, &[&fewer]);
    assert!(done.status.success() && stdout(&done).contains("binaries of darwin-amd64"), "{}", stdout(&done));
    assert!(!manifest.exists(), "the old one would be wrong");
    assert!(!out.join(archive("darwin-amd64")).exists());
    let none = pack(&out, &[&folder.folder("none")]);
    assert!(!none.status.success() && stderr(&none).contains("make dist-binary"), "{}", stderr(&none));
    assert!(text("Makefile").contains("\ndist-binary: "));
}

fn refused() {
    let folder = Folder::new();
    let own = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let other = if own == "amd64" { "arm64" } else { "amd64" };
    let dynamic = fs::read(PLUGIN).unwrap();
    let not_for = "is not a program for";
    let is_refused = |platform: &str, file: &[u8], why: &str| {
        let binaries = folder.folder("binaries");
        let suffix = if platform.starts_with("windows") { ".exe" } else { "" };
        fs::write(binaries.join(format!("kubectl-regauth-{platform}{suffix}")), file).unwrap();
        let done = pack(&folder.path("out"), &[&binaries]);
        fs::remove_dir_all(binaries).unwrap();
        assert!(!done.status.success() && stderr(&done).contains(why), "{platform}: {}", stderr(&done));
    };
    is_refused(&format!("linux-{own}"), &dynamic, "is linked dynamically");
    is_refused(&format!("linux-{other}"), &dynamic, not_for);
    is_refused(&format!("darwin-{own}"), &dynamic, not_for);
    for platform in PLATFORMS {
        is_refused(platform, b"#!/bin/sh\necho an error page that was downloaded\n", not_for);
        for another in PLATFORMS.into_iter().filter(|another| *another != platform) {
            is_refused(platform, &program(another, "another"), not_for);
        }
    }
}

fn ready_first() {
    let folder = Folder::new();
    let own = stand_ins(&folder, "own", &["linux-amd64"]);
    let ready = stand_ins(&folder, "ready", &PLATFORMS);
    let out = folder.path("out");
    let done = pack(&out, &[&own, &ready]);
    assert!(done.status.success(), "{}", stderr(&done));
    let unpacked = Command::new("tar")
        .arg("-xzOf")
        .arg(out.join(archive("linux-amd64")))
        .arg("kubectl-regauth")
        .output();
    let unpacked = String::from_utf8_lossy(&unpacked.unwrap().stdout).into_owned();
    assert!(unpacked.contains("of ready"), "{unpacked}");
}
