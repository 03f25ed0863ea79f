//! The files of an OCI archive: a tar with `oci-layout`, `index.json` and `blobs/ALGORITHM/HEX`. All is hostile:
//! nothing is unpacked to a disk, every size is bounded, and each blob is held to its name.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;

use super::error::Fault;
use crate::archive::{self, Limits, shown};
use crate::registry::digest::{Digest, DigestError};

/// The most bytes that are read of an archive. The probe's image may have 4 MB.
pub(super) const MAX_ARCHIVE: u64 = 128 * 1024 * 1024;

/// The most files that are read of an archive.
pub(super) const MAX_FILES: usize = 1024;

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
    pub(super) fn read(mut input: impl Read) -> Result<Self, Fault> {
        let head = archive::head(&mut input)?;
        recognise(&head)?;
        let mut files = Self::default();
        let limits = Limits { bytes: MAX_ARCHIVE, files: MAX_FILES };
        archive::each_file(Cursor::new(head).chain(input), limits, |file| files.take(file))?;
        match (&files.layout, &files.index) {
            (Some(_), Some(_)) => Ok(files),
            _ if files.docker => Err(Fault::DockerArchive),
            _ => Err(Fault::NotOci),
        }
    }

    /// Takes one file, if it is one of an image layout.
    fn take(&mut self, file: &mut archive::File<'_>) -> Result<(), Fault> {
        let name = file.name.clone();
        let blob = name.strip_prefix("blobs/").map(|name| name.replacen('/', ":", 1).parse::<Digest>());
        match (name.as_str(), blob) {
            ("oci-layout", _) => once(&name, &mut self.layout, file.content()?),
            ("index.json", _) => once(&name, &mut self.index, file.content()?),
            ("manifest.json" | "repositories", _) => {
                self.docker = true;
                Ok(())
            }
            (_, Some(Ok(digest))) => self.take_blob(digest, file.content()?),
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
        _ if archive::is_tar(head) => Ok(()),
        _ => Err(Fault::NotOci),
    }
}

impl From<archive::Fault> for Fault {
    fn from(fault: archive::Fault) -> Self {
        match fault {
            archive::Fault::Unreadable(text) => Self::Unreadable(text),
            archive::Fault::CutOff => Self::CutOff,
            archive::Fault::TooLarge => Self::TooLarge(MAX_ARCHIVE),
            archive::Fault::TooManyFiles => Self::TooManyFiles(MAX_FILES),
            archive::Fault::Name(name) => Self::Name(name),
        }
    }
}

fn once(name: &str, place: &mut Option<Vec<u8>>, bytes: Vec<u8>) -> Result<(), Fault> {
    match place.replace(bytes) {
        None => Ok(()),
        Some(_) => Err(Fault::Twice(shown(name))),
    }
}
