//! Files that clients keep credentials in.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

/// The largest file that is read.
const MAX_FILE: u64 = 1 << 20;

/// A file's content, which is secret.
///
/// # Errors
///
/// It cannot be read, is too large, or is a pipe (`Unsupported`).
pub(super) fn content(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // To open a pipe that nobody writes to takes for ever.
    if is_pipe(path)? {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut data = Zeroizing::new(Vec::new());
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut data)?;
    if data.len() as u64 > MAX_FILE { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(data) }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt as _;
    Ok(std::fs::metadata(path)?.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> io::Result<bool> {
    Ok(false)
}
