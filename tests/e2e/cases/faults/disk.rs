//! The client's disk is full while it writes what it found.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{as_administrator, read};
use crate::support::plugin::{Plugin, wait};
use crate::support::probe_image;
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

/// Starts it with a file as its stdout.
fn start(plugin: Plugin, file: &Path) -> Child {
    let file = File::options().write(true).create(true).truncate(true).open(file).expect("a file");
    plugin.into_command().stdout(Stdio::from(file)).spawn().expect("the plugin starts")
}

fn is_refused(child: Child, args: &[&str]) {
    let ran = wait(child);
    assert_eq!(ran.status, 2, "{args:?}: {}", ran.stderr);
    let sentence = "error: the output cannot be written: No space left on device";
    assert!(ran.stderr.starts_with(sentence), "{args:?}: {}", ran.stderr);
    assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{args:?}: {}", ran.stderr);
}

fn full_device(space: &Space) {
    let image = space.open_image();
    let all: [&[&str]; 7] = [
        &["pull", &image],
        &["pull", &image, "-o", "html"],
        &["why", "-o", "sarif"],
        &["secrets", "-o", "junit"],
        &["doctor", "--read-only", "-o", "prometheus"],
        &["rbac"],
        // Its lines are printed as they come, and it ends when they cannot be.
        &["clock", "--watch"],
    ];
    let all = all.map(|args| (args, start(as_administrator(space, args), Path::new("/dev/full"))));
    for (args, child) in all {
        is_refused(child, args);
    }
}

fn full_disk(space: &Space) {
    let tiny = Tiny::mount(space);
    let file = tiny.0.join("report");
    let args = ["pull", &space.open_image(), "-o", "html"];
    is_refused(start(as_administrator(space, &args), &file), &args);
    let begun = std::fs::read_to_string(&file).expect("what had room");
    assert!(begun.starts_with("<!doctype html>") && !begun.contains("</html>"), "{begun}");
    // A file that the plugin itself opens does not stay cut off: this one is larger than the disk.
    std::fs::remove_file(&file).expect("removed");
    let (saved, archive) = (file.display().to_string(), probe_image::archive().display().to_string());
    let ran = as_administrator(space, &["image", "save", &saved, "--archive", &archive]).run();
    let sentence = format!("error: {saved} cannot be written: No space left on device");
    assert!(ran.status == 2 && ran.stderr.starts_with(&sentence), "exit {} {}", ran.status, ran.stderr);
    assert_eq!(tiny.files(), [] as [&str; 0], "no part of a file stays");
}

fn no_room(space: &Space) {
    let tiny = Tiny::mount(space);
    tiny.fill();
    let [collected, saved] = ["collected", "saved"].map(|name| tiny.0.join(name).display().to_string());
    let collect = ["collect", &collected, "--read-only"];
    let doctor = ["doctor", "--read-only", "-o", "json", "--save", &saved];
    let both = [as_administrator(space, &collect).spawn(), as_administrator(space, &doctor).spawn()];
    let [collect, doctor] = both.map(wait);
    for (ran, file) in [(&collect, &collected), (&doctor, &saved)] {
        let sentence = format!("error: {file} cannot be written: No space left on device");
        let last = ran.stderr.lines().last().unwrap_or_default();
        assert!(ran.status == 2 && last.starts_with(&sentence), "exit {} {}", ran.status, ran.stderr);
    }
    assert_eq!(tiny.files(), ["ballast"]);
    assert_eq!(collect.stdout, "");
    assert_eq!(read(&doctor)["kind"], "Report", "{}", doctor.stdout);
}
