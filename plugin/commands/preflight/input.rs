//! Manifests from files, folders and the standard input.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use regauth::collect::workloads::planned::Source;
use zeroize::Zeroizing;

use crate::cli::Preflight;
use crate::commands::Failure;

/// The standard input, as kubectl calls it.
const STDIN: &str = "-";
/// The largest file that is read, in bytes.
const LARGEST: u64 = 32 << 20;
/// How many files are read.
const FILES: usize = 10_000;
/// The names by which kustomize knows its files.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// All that was named.
pub fn sources(args: &Preflight) -> Result<Vec<Source>, Failure> {
    if let Some(folder) = &args.kustomize {
        return Err(kustomization(folder).into());
    }
    let mut sources = Vec::new();
    let mut is_read = false;
    for name in &args.filenames {
        if name == STDIN {
            if !is_read {
                sources
                    .push(Source { file: STDIN.into(), text: text(std::io::stdin(), "the standard input")? });
            }
            is_read = true;
            continue;
        }
        for file in files(name, args.recursive)? {
            let shown = shown(&file);
            let opened = fs::File::open(&file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
            sources.push(Source { text: text(opened, &shown)?, file: shown });
        }
    }
    Ok(sources)
}

fn kustomization(folder: &str) -> String {
    format!(
        "{folder} is a kustomization, which has to be built first: \
         `kubectl kustomize {folder} | kubectl regauth preflight -f -`"
    )
}

/// The path as a person and a repository know it: relative to where the command runs, with slashes.
fn shown(file: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = file.strip_prefix(&here).unwrap_or(file);
    let relative = relative.strip_prefix(".").unwrap_or(relative);
    relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// A file itself, or the manifests of a folder, in the order of their names.
fn files(name: &str, recursive: bool) -> Result<Vec<PathBuf>, Failure> {
    if name.starts_with("http://") || name.starts_with("https://") {
        return Err(format!(
            "{name} is an address: fetch it, as in `curl -sS {name} | kubectl regauth preflight -f -`"
        )
        .into());
    }
    let path = Path::new(name);
    let about = fs::metadata(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    if !about.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    in_folder(path, recursive, &mut found)?;
    match found.is_empty() {
        false => Ok(found),
        true if !recursive => {
            Err(format!("{name} holds no *.yaml, *.yml or *.json: -R looks into the folders in it as well")
                .into())
        }
        true => Err(format!("{name} holds no *.yaml, *.yml or *.json").into()),
    }
}

fn in_folder(folder: &Path, recursive: bool, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let shown = folder.to_string_lossy();
    if KUSTOMIZATIONS.iter().any(|name| folder.join(name).is_file()) {
        return Err(kustomization(&shown).into());
    }
    if folder.join("Chart.yaml").is_file() {
        return Err(format!(
            "{shown} is a Helm chart, which has to be rendered first: \
             `helm template RELEASE {shown} | kubectl regauth preflight -f -`"
        )
        .into());
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        // A link to a folder may lead round in a circle.
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|about| about.is_dir());
        let is_manifest = path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        if is_folder && recursive {
            in_folder(&path, recursive, found)?;
        } else if is_manifest && path.is_file() {
            found.push(path);
        }
        if found.len() > FILES {
            return Err(format!("{shown} holds more than {FILES} files: name fewer of them").into());
        }
    }
    Ok(())
}

/// What it says, which may hold Secrets.
fn text(from: impl Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = from.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("{name} cannot be read: {error}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(
            format!("{name} is larger than {} MiB: name fewer manifests at a time", LARGEST >> 20).into()
        );
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_string())),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(format!("{name} is no manifest: it is no UTF-8 text, at line {line}").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[&str]) -> Self {
            let folder =
                std::env::temp_dir().join(format!("regauth-preflight-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            for file in files {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "kind: Pod\n").unwrap();
            }
            Self(folder)
        }

        fn found(&self, recursive: bool) -> Result<Vec<String>, String> {
            let found = files(&self.0.to_string_lossy(), recursive).map_err(|error| error.to_string())?;
            let name = |path: &PathBuf| path.strip_prefix(&self.0).unwrap().to_string_lossy().into_owned();
            Ok(found.iter().map(name).collect())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_folder_gives_its_manifests_and_with_r_those_below_it() {
        let folder = Folder::new("plain", &["b.yaml", "a.json", "notes.md", "sub/c.yml"]);
        assert_eq!(folder.found(false).unwrap(), ["a.json", "b.yaml"]);
        assert_eq!(folder.found(true).unwrap(), ["a.json", "b.yaml", "sub/c.yml"]);
        let folder = Folder::new("deep", &["sub/c.yml"]);
        assert!(folder.found(false).unwrap_err().contains("-R looks into"));
    }

    #[test]
    fn what_has_to_be_built_first_is_told_with_how() {
        let told = Folder::new("kustomize", &["kustomization.yaml", "a.yaml"]).found(false).unwrap_err();
        assert!(
            told.contains("| kubectl regauth preflight -f -`") && told.contains("kubectl kustomize"),
            "{told}"
        );
        let told = Folder::new("chart", &["web/Chart.yaml", "web/values.yaml"]).found(true).unwrap_err();
        assert!(told.contains("helm template"), "{told}");
        let told = files("https://example.com/x.yaml", false).unwrap_err().to_string();
        assert!(told.contains("curl"), "{told}");
    }

    #[test]
    fn what_is_no_text_or_not_there_is_told_in_a_sentence() {
        let told = text(&b"kind: Pod\n\xff\xfe"[..], "x.yaml").map(|_| ()).unwrap_err().to_string();
        assert_eq!(told, "x.yaml is no manifest: it is no UTF-8 text, at line 2");
        let told = files("/nowhere/x.yaml", false).unwrap_err().to_string();
        assert!(told.starts_with("/nowhere/x.yaml cannot be read"), "{told}");
    }
}
