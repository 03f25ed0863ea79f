//! `kubectl regauth image save`, and the archives within the plugin.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::PathBuf;

use regauth::image::{Archive, Bundle, embedded};

use crate::build_script;
use crate::support::{Folder, plugin};

fn text(path: PathBuf) -> String {
    path.to_string_lossy().into_owned()
}

/// Runs what must fail; returns its sentence.
fn refused(args: &[&str]) -> String {
    let ran = plugin(args);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(2), &b""[..]), "{args:?}: {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}

#[test]
fn archives_of_two_architectures_are_saved_as_one_image() {
    let folder = Folder::new();
    let amd64 = text(folder.archive("amd64.tar", "amd64"));
    let arm64 = text(folder.archive("arm64.tar", "arm64"));
    let (file, again) = (text(folder.path("both.tar")), text(folder.path("again.tar")));
    let ran = plugin(&["save", &file, "--archive", &amd64, "--archive", &arm64]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    let saved = fs::read(&file).expect("an archive");
    let bundle = Bundle::new(vec![Archive::read("both", saved.as_slice()).expect("an archive")]);
    let bundle = bundle.expect("a bundle");
    assert_eq!((bundle.platforms.len(), bundle.manifests.len()), (2, 2));
    let line =
        format!("{file}: {}, linux/amd64 and linux/arm64, {} bytes\n", bundle.top.digest, bundle.size());
    assert_eq!(String::from_utf8_lossy(&ran.stdout), line);
    plugin(&["save", &again, "--archive", &arm64, "--archive", &amd64]);
    assert!(fs::read(&again).expect("an archive") == saved, "the order of archives matters");
    let piped = plugin(&["save", "-", "--archive", &file]);
    assert_eq!(piped.stderr, b"");
    assert!(piped.stdout == saved, "stdout is another archive than the file");
}

#[test]
fn a_file_is_replaced_whole_or_left_as_it_was() {
    let folder = Folder::new();
    let archive = text(folder.archive("amd64.tar", "amd64"));
    folder.file("target.tar", b"old");
    symlink(folder.path("target.tar"), folder.path("link.tar")).expect("a link");
    let before = folder.names();
    refused(&["save", &text(folder.path("target.tar")), "--archive", &text(folder.path("program"))]);
    assert_eq!(fs::read(folder.path("target.tar")).expect("a file"), b"old");
    let ran = plugin(&["save", &text(folder.path("link.tar")), "--archive", &archive]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(fs::symlink_metadata(folder.path("link.tar")).expect("a link").is_symlink());
    assert!(fs::read(folder.path("target.tar")).expect("a file").len() > 512);
    assert_eq!(folder.names(), before);
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    let folder = Folder::new();
    let archive = text(folder.archive("amd64.tar", "amd64"));
    assert_eq!(plugin(&["save", "/dev/null", "--archive", &archive]).status.code(), Some(0));
    assert!(fs::metadata("/dev/null").expect("a device").file_type().is_char_device());
}

#[test]
fn bad_input_gets_one_sentence() {
    let folder = Folder::new();
    let archive = text(folder.archive("amd64.tar", "amd64"));
    let other = text(folder.archive("other.tar", "amd64"));
    let (out, nowhere) = (text(folder.path("out.tar")), text(folder.path("nowhere")));
    assert!(refused(&["save", &out, "--archive", &nowhere]).contains("nowhere cannot be read: No such file"));
    let program = text(folder.path("program"));
    assert!(refused(&["save", &out, "--archive", &program]).contains("is not an OCI archive"));
    let twice = refused(&["save", &out, "--archive", &archive, "--archive", &other]);
    assert!(twice.contains("give one archive for each platform"), "{twice}");
    let deeper = text(folder.path("no/such/folder.tar"));
    assert!(refused(&["save", &deeper, "--archive", &archive]).contains("cannot be written: No such file"));
    let place = text(folder.path(""));
    assert!(refused(&["save", &place, "--archive", &archive]).contains("cannot be written: Is a directory"));
    assert!(!folder.path("out.tar").exists());
}

#[test]
fn without_an_archive_the_one_within_the_program_is_saved_or_asked_for() {
    let folder = Folder::new();
    let out = text(folder.path("out.tar"));
    if embedded().is_empty() {
        let said = refused(&["save", &out]);
        assert!(said.contains("built without the probe's image: give it with --archive FILE"), "{said}");
    } else {
        assert_eq!(plugin(&["save", &out]).status.code(), Some(0));
    }
}

#[test]
fn the_build_takes_the_archives_that_its_variable_names() {
    let folder = Folder::new();
    let (one, two) = (folder.file("one.tar", b"1"), folder.file("two \"2\".tar", b"2"));
    let archives = |value: &str| build_script::archives(&OsString::from(value));
    assert_eq!(archives(""), Ok(Vec::new()));
    assert_eq!(build_script::code(&[]), "&[]\n");
    let named = archives(&format!("{}::{}", one.display(), two.display())).expect("archives");
    assert_eq!(named, [one.canonicalize().expect("a path"), two.canonicalize().expect("a path")]);
    let code = build_script::code(&named);
    assert!(code.starts_with("&[include_bytes!(\"/"), "{code}");
    assert!(code.ends_with("two \\\"2\\\".tar\")]\n"), "{code}");
    let missing = archives(&text(folder.path("nowhere"))).expect_err("refused");
    assert!(missing.contains("cannot be read") && missing.contains("`make image`"), "{missing}");
    assert!(archives(&text(folder.path(""))).expect_err("refused").contains("not a file"));
}
