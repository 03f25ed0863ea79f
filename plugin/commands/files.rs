//! Files that commands write: whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::Failure;
use crate::output::Output;

/// Whether a path stands for stdin or stdout.
pub fn is_stream(path: &Path) -> bool {
    path == Path::new("-")
}

/// Writes a file, or to stdout where it is `-`; returns whether it is a file.
pub fn write(
    path: &Path,
    output: &mut Output,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<bool, Failure> {
    if !is_stream(path) {
        replace(path, write)
            .map_err(|error| Failure::from(format!("{} cannot be written: {error}", path.display())))?;
        return Ok(true);
    }
    not_for_a_terminal(output)?;
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    output.bytes(&bytes)?;
    Ok(false)
}

/// Refuses to write an archive where a person would see it.
pub fn not_for_a_terminal(output: &Output) -> Result<(), Failure> {
    match output.is_read_by_a_person() {
        true => Err("an archive is not for a terminal: name a FILE, or pipe the output".into()),
        false => Ok(()),
    }
}

/// Writes a file whole or not at all, by way of another beside it. What is not a file, such as a pipe or
/// `/dev/null`, is written to.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return write(&mut fs::OpenOptions::new().write(true).open(path)?);
    }
    // Where a link leads is replaced, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let mut out = BufWriter::new(File::create_new(&beside)?);
    let written = write(&mut out).and_then(|()| out.flush()).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
