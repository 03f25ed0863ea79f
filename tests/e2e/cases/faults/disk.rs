//! The client's disk is full while it writes what it found.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{as_administrator, read};
use crate::support::plugin::{Plugin, wait};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "a report that cannot be written is said in one sentence with exit status 2, and nothing is left",
        needs: Needs::OwnCluster,
        run: full_device,
    },
    Case {
        name: "a report that is cut off by a full disk does not pass for one",
        needs: Needs::OwnCluster,
        run: full_disk,
    },
    Case {
        name: "evidence that finds no room leaves no part of a file, and the report is printed all the same",
        needs: Needs::OwnCluster,
        run: no_room,
    },
];

/// A file system of four kilobytes, until this is dropped.
struct Tiny(PathBuf);

impl Tiny {
    fn mount(space: &Space) -> Self {
        let folder = std::env::temp_dir().join(format!("{}-tiny", space.namespace));
        std::fs::create_dir(&folder).expect("a folder");
        let tiny = Self(folder);
        let status =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4k", "tiny"]).arg(&tiny.0).status();
        assert!(status.expect("mount runs").success(), "a tmpfs can be mounted");
        tiny
    }

    /// Leaves no room in it.
    fn fill(&self) {
        let filled = std::fs::write(self.0.join("ballast"), [0; 8192]);
        assert!(filled.is_err(), "it is smaller than that");
    }

    /// Names of the files in it.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

fn refused(plugin: Plugin, file: &Path, args: &[&str]) {
    let file = File::options().write(true).create(true).truncate(true).open(file).expect("a file");
    let ran = wait(plugin.into_command().stdout(Stdio::from(file)).spawn().expect("the plugin starts"));
    assert_eq!(ran.status, 2, "{args:?}: {}", ran.stderr);
    let sentence = "error: the output cannot be written: No space left on device";
    assert!(ran.stderr.starts_with(sentence), "{args:?}: {}", ran.stderr);
    assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{args:?}: {}", ran.stderr);
}

fn full_device(space: &Space) {
    let image = space.open_image();
    let all: [&[&str]; 6] = [
        &["pull", &image],
        &["pull", &image, "-o", "html"],
        &["why", "-o", "sarif"],
        &["secrets", "-o", "junit"],
        &["doctor", "--read-only", "-o", "prometheus"],
        &["rbac"],
    ];
    for args in all {
        refused(as_administrator(space, args), Path::new("/dev/full"), args);
    }
    // One whose lines are printed as they come ends when they cannot be.
    let args = ["clock", "--watch"];
    refused(as_administrator(space, &args), Path::new("/dev/full"), &args);
}

fn full_disk(space: &Space) {
    let tiny = Tiny::mount(space);
    let file = tiny.0.join("report");
    let args = ["pull", &space.open_image(), "-o", "html"];
    refused(as_administrator(space, &args), &file, &args);
    let size = std::fs::metadata(&file).expect("what had room").len();
    assert!(size <= 4096, "{size} bytes");
}

fn no_room(space: &Space) {
    let tiny = Tiny::mount(space);
    tiny.fill();
    let file = tiny.0.join("evidence").display().to_string();
    let sentence = format!("error: {file} cannot be written: No space left on device");
    for (args, prints) in [
        (["collect", &file, "--read-only"].as_slice(), false),
        (&["doctor", "--read-only", "-o", "json", "--save", &file], true),
    ] {
        let ran = as_administrator(space, args).run();
        assert_eq!(ran.status, 2, "{args:?}: {}", ran.stderr);
        let last = ran.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(&sentence), "{args:?}: {}", ran.stderr);
        assert_eq!(tiny.files(), ["ballast"], "{args:?}");
        assert_eq!(!ran.stdout.is_empty(), prints, "{args:?}: {}", ran.stdout);
        if prints {
            assert_eq!(read(&ran)["kind"], "Report", "{}", ran.stdout);
        }
    }
}
