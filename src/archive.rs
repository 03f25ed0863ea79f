//! The files of a tar that nobody vouches for: nothing is unpacked to a disk, every size is bounded, and no name leads
//! out of it.

use std::io::{self, Read};

use crate::text::Clean;

/// A tar's block, in bytes: as much as is needed to recognise one.
pub(crate) const BLOCK: u64 = 512;

/// How much of a name is shown in an error, in bytes.
const SHOWN: usize = 128;

/// What is read of an archive at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes, the tar's own included.
    pub(crate) bytes: u64,
    /// Files, folders and links.
    pub(crate) files: usize,
}

/// Why a tar cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Reading it failed.
    Unreadable(Clean),
    /// It ends before its content does.
    CutOff,
    /// It has more bytes than are read.
    TooLarge,
    /// It has more files than are read.
    TooManyFiles,
    /// A file with a name that leads out of the archive, or that is no text.
    Name(Clean),
}

/// One file, whose content is read only if it is asked for.
pub(crate) struct File<'a> {
    /// Its name, without `./`.
    pub(crate) name: String,
    size: u64,
    input: &'a mut dyn Read,
}

impl File<'_> {
    /// The bytes, which must be as many as the header says.
    pub(crate) fn content(&mut self) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        self.input.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        if bytes.len() as u64 == self.size { Ok(bytes) } else { Err(Fault::CutOff) }
    }
}

/// The first block, by which an archive is told from other files.
pub(crate) fn head(input: &mut impl Read) -> Result<Vec<u8>, Fault> {
    let mut head = Vec::new();
    input.by_ref().take(BLOCK).read_to_end(&mut head).map_err(|error| unreadable(&error))?;
    Ok(head)
}

/// Whether a file that begins so is a tar, POSIX's or GNU's.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// Hands over each file. Folders, links and devices are never looked at: what such a name stands for is missing then.
pub(crate) fn each_file<E: From<Fault>>(
    input: impl Read,
    limits: Limits,
    mut take: impl FnMut(&mut File<'_>) -> Result<(), E>,
) -> Result<(), E> {
    // One byte more than is allowed, so that what is exactly as large as allowed is taken.
    let mut limited = input.take(limits.bytes + 1);
    let read = each_entry(&mut limited, limits.files, &mut take);
    if limited.limit() == 0 { Err(Fault::TooLarge.into()) } else { read }
}

fn each_entry<E: From<Fault>>(
    input: &mut impl Read,
    files: usize,
    take: &mut impl FnMut(&mut File<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut tar = tar::Archive::new(input);
    for (count, entry) in tar.entries().map_err(|error| unreadable(&error))?.enumerate() {
        if count >= files {
            return Err(Fault::TooManyFiles.into());
        }
        let mut entry = entry.map_err(|error| unreadable(&error))?;
        let name = plain_name(&entry.path_bytes())?;
        if entry.header().entry_type().is_file() {
            let size = entry.size();
            take(&mut File { name, size, input: &mut entry })?;
        }
    }
    Ok(())
}

/// A file's name without `./`; names that lead elsewhere are refused.
fn plain_name(bytes: &[u8]) -> Result<String, Fault> {
    let name = String::from_utf8_lossy(bytes);
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let leads_elsewhere = name.starts_with('/') || parts.contains(&"..");
    if leads_elsewhere || name.contains(['\0', '\u{fffd}']) {
        return Err(Fault::Name(shown(&name)));
    }
    Ok(parts.join("/"))
}

/// The tar reader says `unexpected EOF during skip` and `failed to read entire block` of what is cut off.
pub(crate) fn unreadable(error: &io::Error) -> Fault {
    let text = error.to_string();
    let cut_off = error.kind() == io::ErrorKind::UnexpectedEof
        || text.contains("unexpected EOF")
        || text.contains("failed to read entire block");
    if cut_off { Fault::CutOff } else { Fault::Unreadable(Clean::with_cap(&text, SHOWN)) }
}

/// A name as errors show it.
pub(crate) fn shown(name: &str) -> Clean {
    Clean::with_cap(name, SHOWN)
}
