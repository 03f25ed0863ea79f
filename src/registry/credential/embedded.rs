//! Times that a credential itself holds: in a JWT, or in the JSON inside an ECR password.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// Longer credentials are not looked into. ECR's have about 2,000 bytes, JWTs with many groups 8,000.
const MAX_DECODED: usize = 64 * 1024;

/// How deep a JSON document inside a credential is looked into.
const MAX_DEPTH: usize = 4;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
static BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
static BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// What a credential says of itself.
#[derive(Default)]
pub(super) struct Times {
    pub(super) expires_at: Option<Timestamp>,
    pub(super) issued_at: Option<Timestamp>,
    /// It has a JWT's form.
    pub(super) is_jwt: bool,
    issuer: String,
}

impl Times {
    pub(super) fn issuer_starts_with(&self, prefix: &str) -> bool {
        self.issuer.starts_with(prefix)
    }
}

/// Looks into a credential; what cannot be read is not there.
pub(super) fn times(secret: &str) -> Times {
    let secret = secret.trim();
    if secret.len() > MAX_DECODED {
        return Times::default();
    }
    jwt(secret).or_else(|| ecr(secret)).unwrap_or_default()
}

/// Three parts, the first two of them base64url of JSON objects; the second holds the claims (RFC 7519).
fn jwt(secret: &str) -> Option<Times> {
    let mut parts = secret.split('.');
    let (header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    read(&decode(&BASE64_URL, header)?)?;
    let claims = read(&decode(&BASE64_URL, payload)?)?;
    Some(Times {
        expires_at: claims.exp.and_then(timestamp),
        issued_at: claims.iat.and_then(timestamp),
        is_jwt: true,
        issuer: claims.iss,
    })
}

/// Base64 of a JSON object with `expiration`; the authorization token of the API is base64 of `AWS:` and that.
fn ecr(secret: &str) -> Option<Times> {
    let mut decoded = decode(&BASE64, secret)?;
    if let Some(password) = decoded.strip_prefix(b"AWS:") {
        decoded = decode(&BASE64, std::str::from_utf8(password).ok()?)?;
    }
    let expires_at = read(&decoded)?.expiration.and_then(timestamp);
    Some(Times { expires_at, ..Times::default() })
}

fn decode(engine: &GeneralPurpose, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut decoded = Zeroizing::new(vec![0; text.len()]);
    let length = engine.decode_slice(text.trim().as_bytes(), decoded.as_mut_slice()).ok()?;
    decoded.truncate(length);
    Some(decoded)
}

/// Seconds since 1970; milliseconds where seconds would be beyond the year 5000.
fn timestamp(seconds: f64) -> Option<Timestamp> {
    let seconds = if seconds.abs() > 1e11 { seconds / 1000.0 } else { seconds };
    // A float turns into the nearest integer there is; jiff refuses what is no time.
    let is_time = seconds.is_finite() && seconds > 0.0;
    is_time.then(|| Timestamp::from_second(seconds as i64).ok()).flatten()
}

/// The few values that are looked for, wherever in the object they stand; the outermost counts.
#[derive(Default)]
struct Claims {
    exp: Option<f64>,
    iat: Option<f64>,
    expiration: Option<f64>,
    iss: String,
}

/// Reads a JSON object without keeping anything else of it.
fn read(json: &[u8]) -> Option<Claims> {
    let mut claims = Claims::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let is_object = Object { claims: &mut claims, depth: 0 }.deserialize(&mut deserializer).ok()?;
    is_object.then_some(claims)
}

/// Visits a value; its result is whether it is an object.
struct Object<'c> {
    claims: &'c mut Claims,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        if self.depth > MAX_DEPTH {
            return IgnoredAny::deserialize(deserializer).map(|_| false);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let place = match name.as_str() {
                "exp" if self.depth == 0 => &mut self.claims.exp,
                "iat" if self.depth == 0 => &mut self.claims.iat,
                "expiration" => &mut self.claims.expiration,
                "iss" if self.depth == 0 => {
                    self.claims.iss = map.next_value_seed(Scalar)?.1;
                    continue;
                }
                _ => {
                    map.next_value_seed(Object { claims: &mut *self.claims, depth: self.depth + 1 })?;
                    continue;
                }
            };
            let number = map.next_value_seed(Scalar)?.0;
            if place.is_none() || self.depth == 0 {
                *place = number;
            }
        }
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

/// A number (also as text) and a text, whichever the value is.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = (Option<f64>, String);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = (Option<f64>, String);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok((Some(value as f64), String::new()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok((Some(value as f64), String::new()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok((Some(value), String::new()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((text.parse().ok(), text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok((None, String::new()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok((None, String::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok((None, String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok((None, String::new()))
    }
}
