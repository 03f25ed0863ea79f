//! Secrets in memory, and the fingerprints that may leave it.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::text::Clean;

/// A credential's secret part. It can be neither shown nor serialised, and is overwritten when dropped.
///
/// There is no `Debug` on purpose: a type that holds one writes its own, without it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `text`. Copies that the caller made of it are the caller's to overwrite.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Zeroizing<String>> for Secret {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

/// Why there is no key of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunKeyError {
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random numbers; without them no run can be told from another")]
    NoRandom,
    /// What was handed over is no key.
    #[error("the key of the run must be 64 hexadecimal digits; hand over what the run printed for the probe")]
    NotHex,
}

/// The random key of one run. It makes fingerprints comparable within the run and with nothing outside of it.
///
/// A fingerprint is 32 bits of an HMAC under this key. Those who may read the run's pods can see the key in their
/// arguments, and could try guesses of a secret against a fingerprint; a guess that fits is right but for a chance of
/// one in 2^32. To others a fingerprint tells nothing.
#[derive(Clone)]
pub struct RunKey(Zeroizing<[u8; 32]>);

impl RunKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    ///
    /// [`RunKeyError::NoRandom`].
    pub fn random() -> Result<Self, RunKeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| RunKeyError::NoRandom)?;
        Ok(Self(bytes))
    }

    /// The key as 64 lower-case hexadecimal digits, to hand to a probe of the same run.
    pub fn to_hex(&self) -> Secret {
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.iter() {
            let _ = write!(text, "{byte:02x}");
        }
        text.into()
    }

    /// Reads what [`RunKey::to_hex`] wrote.
    ///
    /// # Errors
    ///
    /// [`RunKeyError::NotHex`].
    pub fn from_hex(text: &str) -> Result<Self, RunKeyError> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(RunKeyError::NotHex);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(RunKeyError::NotHex);
            *byte = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Ok(Self(bytes))
    }

    /// The key under which values of settings are compared, as 64 hexadecimal digits: a pod that computes
    /// [`RunKey::setting`] itself is handed this one, from which the run's own cannot be told.
    pub fn settings_key(&self) -> Secret {
        let mut text = Zeroizing::new(String::with_capacity(64));
        // HMAC takes a key of any length, so there is no error to come.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_slice()) {
            mac.update(b"settings");
            for byte in mac.finalize().into_bytes() {
                let _ = write!(text, "{byte:02x}");
            }
        }
        text.into()
    }

    /// What a setting's value is known by within the run: the first 8 hexadecimal digits of SHA-256 over
    /// [`RunKey::settings_key`], the setting's name and the value, each of the first two with a line feed after it. It
    /// is not an HMAC so that a shell with `sha256sum` can compute it.
    pub fn setting(&self, name: &str, value: &[u8]) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(self.settings_key().expose());
        hash.update(format!("\n{name}\n"));
        hash.update(value);
        Fingerprint(hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect())
    }

    /// What user name and secret are known by within the run: the first 8 hexadecimal digits of an
    /// HMAC-SHA256. The registry is not part of it, so that a copy of a credential elsewhere is seen as one.
    pub fn fingerprint(&self, username: &str, secret: &Secret) -> Fingerprint {
        // HMAC takes a key of any length, so there is no error to come.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_slice()) else {
            return Fingerprint("00000000".to_owned());
        };
        // The length keeps `ab` + `c` and `a` + `bc` apart.
        mac.update(&(username.len() as u64).to_be_bytes());
        mac.update(username.as_bytes());
        mac.update(secret.expose().as_bytes());
        let mut text = String::with_capacity(8);
        for byte in mac.finalize().into_bytes().iter().take(4) {
            let _ = write!(text, "{byte:02x}");
        }
        Fingerprint(text)
    }
}

/// A run's key as it is handed to a probe, in a pod's arguments: whoever may read the run's pods can see it. `Debug`
/// does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RunKeyText(String);

impl RunKeyText {
    /// The 64 digits; empty where there is no key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&RunKey> for RunKeyText {
    fn from(key: &RunKey) -> Self {
        Self(key.to_hex().expose().to_string())
    }
}

impl From<String> for RunKeyText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for RunKeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunKeyText([redacted])")
    }
}

/// What a credential is known by within one run: 8 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The 8 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Fingerprint {
    /// From the 64 hexadecimal digits of a SHA-256 that somebody else computed as [`RunKey::setting`] does.
    pub fn of_sha256(digits: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (digits.len() == 64 && digits.bytes().all(is_digit)).then(|| Self(digits[..8].to_owned()))
    }
}

/// Evidence may have been edited: anything but 8 hexadecimal digits is refused, lest a secret stands there.
impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Clean::deserialize(deserializer)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.as_str().len() == 8 && text.as_str().bytes().all(is_digit) {
            return Ok(Self(text.as_str().to_owned()));
        }
        Err(serde::de::Error::custom("a fingerprint has 8 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_run_key_travels_as_hex() {
        let key = RunKey::random().unwrap();
        let again = RunKey::from_hex(key.to_hex().expose()).unwrap();
        assert!(key.to_hex() == again.to_hex());
        assert!(key.to_hex() != RunKey::random().unwrap().to_hex());
        assert_eq!(RunKey::from_hex(HEX).unwrap().to_hex().expose(), HEX);
        for bad in ["", "00", &HEX[1..], &format!("{HEX}0"), &HEX.replace('0', "g"), &"é".repeat(32)] {
            assert!(matches!(RunKey::from_hex(bad), Err(RunKeyError::NotHex)), "{bad}");
        }
    }

    #[test]
    fn the_key_that_is_handed_over_is_not_shown() {
        let text = RunKeyText::from(&RunKey::from_hex(HEX).unwrap());
        assert_eq!((text.as_str(), format!("{text:?}").as_str()), (HEX, "RunKeyText([redacted])"));
        assert_eq!(serde_json::to_string(&text).unwrap(), format!("\"{HEX}\""));
    }

    #[test]
    fn a_fingerprint_is_the_same_within_a_run_only() {
        let (key, secret) = (RunKey::from_hex(HEX).unwrap(), Secret::new("hunter2".to_owned()));
        let fingerprint = key.fingerprint("user", &secret);
        assert_eq!(fingerprint.as_str().len(), 8);
        assert_eq!(fingerprint, key.fingerprint("user", &secret.clone()));
        assert_ne!(fingerprint, RunKey::random().unwrap().fingerprint("user", &secret));
        assert_ne!(fingerprint, key.fingerprint("userh", &Secret::new("unter2".to_owned())));
    }

    #[test]
    fn a_fingerprint_is_read_back_and_nothing_else_is_taken_for_one() {
        let fingerprint = RunKey::from_hex(HEX).unwrap().fingerprint("u", &Secret::default());
        let json = serde_json::to_string(&fingerprint).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), fingerprint);
        let error = serde_json::from_str::<Fingerprint>("\"hunter2!\"").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
