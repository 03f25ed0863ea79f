//! Content digests: `sha256:…`, `sha512:…`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::Digest as _;

/// A digest in the grammar of the OCI image specification (`algorithm:encoded`). It holds nothing that could
/// leave its place in a URL's path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
pub struct Digest(String);

/// Why content is not what its digest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum DigestError {
    /// Not a digest.
    #[error("not a digest of the form sha256:HEX")]
    Malformed,
    /// An algorithm that is not known here: the content could not be checked.
    #[error("a digest of an algorithm that cannot be checked")]
    Algorithm,
    /// The content has another digest.
    #[error("the content has the digest {actual}, not {expected}")]
    Mismatch {
        /// What was asked for.
        expected: Digest,
        /// What the content has.
        actual: Digest,
    },
}

impl Digest {
    /// The SHA-256 of `content`.
    pub fn sha256(content: &[u8]) -> Self {
        Self(format!("sha256:{}", hex(&sha2::Sha256::digest(content))))
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the algorithm: the hash in hexadecimal.
    pub fn encoded(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, encoded)| encoded)
    }

    /// The algorithm's name.
    pub fn algorithm(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// Checks `content` against the digest.
    ///
    /// # Errors
    ///
    /// Another digest, or an algorithm other than sha256 and sha512.
    pub fn verify(&self, content: &[u8]) -> Result<(), DigestError> {
        let actual = match self.algorithm() {
            "sha256" => Self::sha256(content),
            "sha512" => Self(format!("sha512:{}", hex(&sha2::Sha512::digest(content)))),
            _ => return Err(DigestError::Algorithm),
        };
        if actual == *self { Ok(()) } else { Err(DigestError::Mismatch { expected: self.clone(), actual }) }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (algorithm, encoded) = text.split_once(':').ok_or(DigestError::Malformed)?;
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_encoded = |c: char| c.is_ascii_alphanumeric() || "=_-".contains(c);
        let is_hex = |length: usize| {
            encoded.len() == length && encoded.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
        };
        let is_algorithm =
            algorithm.split(['+', '.', '_', '-']).all(|part| !part.is_empty() && part.chars().all(is_word));
        let fits = match algorithm {
            "sha256" => is_hex(64),
            "sha512" => is_hex(128),
            _ => is_algorithm && !encoded.is_empty() && encoded.chars().all(is_encoded) && text.len() <= 256,
        };
        if fits { Ok(Self(text.to_owned())) } else { Err(DigestError::Malformed) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn content_is_checked_against_its_digest() {
        let digest: Digest = EMPTY.parse().unwrap();
        assert_eq!(digest.verify(b""), Ok(()));
        let actual = Digest::sha256(b"x");
        assert_eq!(digest.verify(b"x"), Err(DigestError::Mismatch { expected: digest.clone(), actual }));
        let long: Digest = format!("sha512:{}", hex(&sha2::Sha512::digest(b"abc"))).parse().unwrap();
        assert_eq!(long.verify(b"abc"), Ok(()));
        assert!(long.verify(b"abd").is_err());
        assert_eq!("blake3:00".parse::<Digest>().unwrap().verify(b""), Err(DigestError::Algorithm));
    }

    #[test]
    fn nothing_else_is_a_digest() {
        for text in
            ["", ":", "sha256:", "sha256:00", "SHA256:00", "a:../../x", "a:b/c", "a b:c", "+:x", "x", "a:b?c"]
        {
            assert_eq!(text.parse::<Digest>(), Err(DigestError::Malformed), "{text}");
        }
        assert!(EMPTY.to_uppercase().parse::<Digest>().is_err());
        assert!(serde_json::from_str::<Digest>(r#""a:../b""#).is_err());
    }

    proptest! {
        #[test]
        fn the_digest_of_content_fits_that_content_alone(
            one in prop::collection::vec(any::<u8>(), 0..80), other in prop::collection::vec(any::<u8>(), 0..80)
        ) {
            let digest: Digest = Digest::sha256(&one).as_str().parse().unwrap();
            prop_assert_eq!(digest.verify(&one), Ok(()));
            prop_assert_eq!(digest.verify(&other).is_ok(), one == other);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,100}") {
            let safe = text.parse::<Digest>().map(|digest| !digest.as_str().contains(['/', '?', '#', '%', ' ']));
            prop_assert!(safe.unwrap_or(true));
        }
    }
}
