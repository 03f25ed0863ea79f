//! Why a text is not an image reference.

use crate::text::Clean;

/// Why a text is not an image reference. Its message says what to do, and fits behind
/// `"X" is not an image name the kubelet takes: `.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing is left to name a repository.
    #[error("name a repository, as in `registry.example.com/team/app:1.0`")]
    NoRepository,
    /// It is a URL.
    #[error("leave out `{0}://`, a reference starts with the registry's host")]
    Scheme(Clean),
    /// It has white space in it or around it.
    #[error("remove the white space")]
    Space,
    /// It is an image id.
    #[error("64 hexadecimal digits are an image's id; write `REPOSITORY@sha256:ID`")]
    Identifier,
    /// The path has upper-case letters.
    #[error("write the path `{0}` in lower case")]
    UpperCase(Clean),
    /// The first part is taken for a host and cannot be one.
    #[error("`{0}` is not a host name or address with an optional port")]
    Host(Clean),
    /// A part of the path is not allowed.
    #[error(
        "`{0}` cannot be part of a path: use lower-case letters and digits, joined by `.`, `_`, `__` or `-`"
    )]
    PathPart(Clean),
    /// The path is too long.
    #[error("shorten the path from {0} to at most 255 characters")]
    TooLong(usize),
    /// The tag is not allowed.
    #[error(
        "`{0}` cannot be a tag: use up to 128 letters, digits, `_`, `.` and `-`, and none of `.-` in front"
    )]
    Tag(Clean),
    /// The digest's algorithm is not known.
    #[error("use a sha256, sha384 or sha512 digest instead of `{0}`")]
    Algorithm(Clean),
    /// The digest's hexadecimal part is wrong.
    #[error("give the digest {expected} lower-case hexadecimal digits, all of its algorithm's")]
    Digest {
        /// How many the algorithm has.
        expected: usize,
    },
}
