//! The files of an OCI archive: a tar with `oci-layout`, `index.json` and `blobs/ALGORITHM/HEX`. All is hostile:
//! nothing is unpacked to a disk, every size is bounded, and each blob is held to its name.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::error::Fault;
use crate::registry::digest::{Digest, DigestError};
use crate::text::Clean;

/// The most bytes that are read of an archive. The probe's image may have 4 MB.
pub(super) const MAX_ARCHIVE: u64 = 128 * 1024 * 1024;

/// The most files that are read of an archive.
pub(super) const MAX_FILES: usize = 1024;

/// A tar's block.
const BLOCK: u64 = 512;

/// How much of a name is shown in an error, in bytes.
const SHOWN: usize = 128;

/// What an archive holds, each blob with the digest that it really has.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) layout: Option<Vec<u8>>,
    pub(super) index: Option<Vec<u8>>,
    pub(super) blobs: BTreeMap<Digest, Arc<[u8]>>,
    /// Whether there is a file that only `docker save` writes.
    docker: bool,
}

impl Files {
    /// Reads an archive to its end.
    pub(super) fn read(input: impl Read) -> Result<Self, Fault> {
        // One byte more than is allowed, so that what is exactly as large as allowed is taken.
        let mut limited = input.take(MAX_ARCHIVE + 1);
        let read = Self::read_limited(&mut limited);
        if limited.limit() == 0 { Err(Fault::TooLarge(MAX_ARCHIVE)) } else { read }
    }

    fn read_limited(input: &mut impl Read) -> Result<Self, Fault> {
        let mut head = Vec::new();
        input.by_ref().take(BLOCK).read_to_end(&mut head).map_err(unreadable)?;
        recognise(&head)?;
        let mut files = Self::default();
        let mut tar = tar::Archive::new(Cursor::new(head).chain(input));
        for (count, entry) in tar.entries().map_err(unreadable)?.enumerate() {
            if count >= MAX_FILES {
                return Err(Fault::TooManyFiles(MAX_FILES));
            }
            files.take(entry.map_err(unreadable)?)?;
        }
        match (&files.layout, &files.index) {
            (Some(_), Some(_)) => Ok(files),
            _ if files.docker => Err(Fault::DockerArchive),
            _ => Err(Fault::NotOci),
        }
    }

    /// Takes one file, if it is one of an image layout. Folders, links and devices are never looked at: what
    /// such a name stands for is missing then.
    fn take(&mut self, mut entry: tar::Entry<'_, impl Read>) -> Result<(), Fault> {
        let name = plain_name(&entry.path_bytes())?;
        if !entry.header().entry_type().is_file() {
            return Ok(());
        }
        let blob = name.strip_prefix("blobs/").map(|name| name.replacen('/', ":", 1).parse::<Digest>());
        match (name.as_str(), blob) {
            ("oci-layout", _) => once(&name, &mut self.layout, content(&mut entry)?),
            ("index.json", _) => once(&name, &mut self.index, content(&mut entry)?),
            ("manifest.json" | "repositories", _) => {
                self.docker = true;
                Ok(())
            }
            (_, Some(Ok(digest))) => self.take_blob(digest, content(&mut entry)?),
            (_, Some(Err(_))) => Err(Fault::Name(shown(&name))),
            _ => Ok(()),
        }
    }

    fn take_blob(&mut self, digest: Digest, bytes: Vec<u8>) -> Result<(), Fault> {
        match digest.verify(&bytes) {
            Ok(()) => {}
            Err(DigestError::Algorithm) => return Err(Fault::Unverifiable(digest)),
            Err(_) => return Err(Fault::WrongDigest(digest)),
        }
        let name = shown(digest.as_str());
        match self.blobs.insert(digest, bytes.into()) {
            None => Ok(()),
            Some(_) => Err(Fault::Twice(name)),
        }
    }
}

/// Says what is no tar at all, by its first block.
fn recognise(head: &[u8]) -> Result<(), Fault> {
    match head {
        [0x1f, 0x8b, ..] => Err(Fault::Compressed("gunzip")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(Fault::Compressed("unzstd")),
        [b'B', b'Z', b'h', ..] => Err(Fault::Compressed("bunzip2")),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Err(Fault::Compressed("unxz")),
        // POSIX and GNU tars alike.
        _ if head.get(257..262) == Some(b"ustar") => Ok(()),
        _ => Err(Fault::NotOci),
    }
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

/// The bytes of a file, which must be as many as its header says.
fn content(entry: &mut tar::Entry<'_, impl Read>) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 == entry.size() { Ok(bytes) } else { Err(Fault::CutOff) }
}

fn once(name: &str, place: &mut Option<Vec<u8>>, bytes: Vec<u8>) -> Result<(), Fault> {
    match place.replace(bytes) {
        None => Ok(()),
        Some(_) => Err(Fault::Twice(shown(name))),
    }
}

/// The tar reader says `unexpected EOF during skip` and `failed to read entire block` of what is cut off.
fn unreadable(error: io::Error) -> Fault {
    let text = error.to_string();
    let cut_off = error.kind() == io::ErrorKind::UnexpectedEof
        || text.contains("unexpected EOF")
        || text.contains("failed to read entire block");
    if cut_off { Fault::CutOff } else { Fault::Unreadable(Clean::with_cap(&text, SHOWN)) }
}

fn shown(name: &str) -> Clean {
    Clean::with_cap(name, SHOWN)
}
