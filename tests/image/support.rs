//! A folder to work in, and a program that stands in for the probe.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The packing script.
pub const PACKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/probe-image/build");

/// A certificate is not looked into, but one must be there.
pub const CA_BUNDLE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

/// What [`Folder::archive`] packs as the program.
pub const PROGRAM: &[u8] = b"#!/bin/sh\nexit 0\n";

/// A folder that is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("regauth-image-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("written");
        path
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Packs an image of [`PROGRAM`] for an architecture.
    pub fn archive(&self, name: &str, architecture: &str) -> PathBuf {
        let (program, bundle) = (self.file("program", PROGRAM), self.file("ca.crt", CA_BUNDLE.as_bytes()));
        let out = self.path(name);
        let packed = pack(&[&program, &bundle, Path::new(architecture), Path::new("1.2.3"), &out]);
        assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
        out
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the packing script.
pub fn pack(args: &[&Path]) -> Output {
    Command::new(PACKER).args(args).stdin(Stdio::null()).output().expect("the script runs")
}

/// `kubectl regauth image`.
pub fn plugin(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-regauth"));
    command.arg("image").args(args).stdin(Stdio::null()).output().expect("the plugin runs")
}
