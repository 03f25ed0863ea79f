//! Puts ready archives of the probe's image into the plugin, since one cargo binary cannot embed another:
//! `REGAUTH_PROBE_ARCHIVES` names them, separated as PATH is (`:`). Unset or empty, none is put in.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const VARIABLE: &str = "REGAUTH_PROBE_ARCHIVES";

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            let _ = writeln!(io::stdout(), "cargo::error={sentence}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let archives = archives(&env::var_os(VARIABLE).unwrap_or_default())?;
    // Without these, cargo would run this again whenever any file of the package changes.
    let mut watched =
        vec!["rerun-if-changed=build.rs".to_string(), format!("rerun-if-env-changed={VARIABLE}")];
    watched.extend(archives.iter().map(|path| format!("rerun-if-changed={}", path.display())));
    for line in watched {
        writeln!(io::stdout(), "cargo::{line}").map_err(|error| error.to_string())?;
    }
    let out = env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR: run this by cargo")?;
    let file = Path::new(&out).join("probe_archives.rs");
    fs::write(&file, code(&archives)).map_err(|error| format!("{}: {error}", file.display()))
}

/// The archives that a value of the variable names, as absolute paths: relative ones start at the package.
pub fn archives(value: &OsStr) -> Result<Vec<PathBuf>, String> {
    env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).map(|path| archive(&path)).collect()
}

fn archive(path: &Path) -> Result<PathBuf, String> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => {
            return Err(format!(
                "{VARIABLE} names {shown}, which is not a file: name OCI archives of the probe's image"
            ));
        }
        Err(error) => {
            return Err(format!(
                "{VARIABLE} names {shown}, which cannot be read ({error}): `make image` writes one"
            ));
        }
    }
    let absolute = path.canonicalize().map_err(|error| format!("{shown}: {error}"))?;
    match absolute.to_str() {
        Some(_) => Ok(absolute),
        None => Err(format!("{VARIABLE} names {shown}, which is not UTF-8: move it to another folder")),
    }
}

/// An expression of type `&[&[u8]]`.
pub fn code(archives: &[PathBuf]) -> String {
    let items: Vec<String> =
        archives.iter().map(|path| format!("include_bytes!({:?})", path.display().to_string())).collect();
    format!("&[{}]\n", items.join(", "))
}
