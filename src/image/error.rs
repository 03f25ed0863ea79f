//! Why an archive cannot be used: one sentence each, that says what to do where something can be done.

use crate::registry::decode::DecodeError;
use crate::registry::digest::Digest;
use crate::registry::platform::Platform;
use crate::text::Clean;

/// An archive that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the archive {archive} {fault}")]
pub struct ArchiveError {
    /// The archive's file, or what else tells it from others.
    pub archive: Clean,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with an archive. Its message fits behind `the archive X `.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Reading it failed.
    #[error("cannot be read: {0}")]
    Unreadable(Clean),
    /// It is a tar that was compressed, by the program named.
    #[error("is compressed: unpack it with `{0}` first")]
    Compressed(&'static str),
    /// It is none of the things that an archive can be.
    #[error(
        "is not an OCI archive: `make image` writes one, and so does `skopeo copy docker://IMAGE oci-archive:FILE`"
    )]
    NotOci,
    /// It is what `docker save` wrote before Docker 25.
    #[error(
        "is a docker archive, not an OCI archive: `skopeo copy docker-archive:FILE oci-archive:OTHER` makes one of it"
    )]
    DockerArchive,
    /// It ends before its content does.
    #[error("is cut off: copy or build it again")]
    CutOff,
    /// More than is read of any archive.
    #[error("is larger than {0} bytes, the most that is read")]
    TooLarge(u64),
    /// More files than are read of any archive.
    #[error("holds more than {0} files, the most that are read")]
    TooManyFiles(usize),
    /// A file with a name that leads out of the archive, or that is no text.
    #[error("holds a file with the name \"{0}\", which no image layout has: build it again")]
    Name(Clean),
    /// Two files of one name.
    #[error("holds {0} twice: build it again")]
    Twice(Clean),
    /// A blob is not what its name says.
    #[error("holds a blob {0} whose content is another: copy or build it again")]
    WrongDigest(Digest),
    /// A descriptor tells another size than the blob has.
    #[error("holds a blob {0} of another size than is said of it: build it again")]
    WrongSize(Digest),
    /// A blob that is referred to is not there.
    #[error("lacks the blob {0}: copy or build it again")]
    MissingBlob(Digest),
    /// A blob whose digest is of an algorithm that is not known here.
    #[error("holds a blob {0}, which cannot be checked: build it with another tool")]
    Unverifiable(Digest),
    /// A document that cannot be read; its text is not shown.
    #[error("holds {what} that cannot be read ({error}): build it again")]
    Undecodable {
        /// The document.
        what: &'static str,
        /// Class and position of what is wrong.
        error: DecodeError,
    },
    /// A document that is JSON, and lacks what its kind must have.
    #[error("holds {0} that lacks what one must have: build it again")]
    Incomplete(&'static str),
    /// Content of a kind that is not an image, by its media type.
    #[error("holds something that is not an image (\"{0}\"): give one that holds the probe's image alone")]
    NotAnImage(Clean),
    /// An image that does not say what it runs on.
    #[error("holds an image that does not say its operating system and architecture: build it again")]
    NoPlatform,
    /// Indexes in indexes, or more images than there are platforms.
    #[error(
        "holds more than {0} images, or indexes within indexes: give one that holds the probe's image alone"
    )]
    TooManyImages(usize),
    /// No image at all.
    #[error("holds no image: build it again")]
    Empty,
}

/// Archives that make no image together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// There is none.
    #[error("there is no archive of the probe's image")]
    NoArchive,
    /// Two images for one platform.
    #[error("{platform} is in {first} and in {second}: give one archive for each platform")]
    SamePlatform {
        /// The platform.
        platform: Box<Platform>,
        /// The archive that had it first.
        first: Clean,
        /// The archive that had it again.
        second: Clean,
    },
}
