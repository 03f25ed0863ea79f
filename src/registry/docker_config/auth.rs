//! The `auth` field: base64 of `USER:PASSWORD`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::error::ErrorClass;
use super::unquote::push_lossy;
use crate::secret::Secret;

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);

/// Go's `base64.StdEncoding`.
static PADDED: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, CONFIG.with_decode_padding_mode(DecodePaddingMode::RequireCanonical));

/// Go's `base64.RawStdEncoding`.
static UNPADDED: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, CONFIG.with_decode_padding_mode(DecodePaddingMode::RequireNone));

/// What an `auth` field holds.
pub(super) struct Auth {
    pub(super) username: String,
    pub(super) password: Secret,
    /// The padding that Docker and skopeo insist on is missing.
    pub(super) is_unpadded: bool,
    /// There were bytes that are no UTF-8; they are replaced.
    pub(super) is_lossy: bool,
}

/// `decodeDockerConfigFieldAuth` of the kubelet: a trailing `=` decides between padded and unpadded base64.
pub(super) fn decode(field: &Secret) -> Result<Auth, ErrorClass> {
    let is_padded = field.expose().trim_end().ends_with('=');
    let engine = if is_padded { &PADDED } else { &UNPADDED };
    let mut text = Zeroizing::new(Vec::with_capacity(field.expose().len()));
    // Go's decoder passes over line breaks wherever they stand.
    text.extend(field.expose().bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    let mut decoded = Zeroizing::new(vec![0; text.len()]);
    let length = engine
        .decode_slice(text.as_slice(), decoded.as_mut_slice())
        .map_err(|_| ErrorClass::AuthNotBase64)?;
    let decoded = &decoded[..length];
    let colon = decoded.iter().position(|byte| *byte == b':').ok_or(ErrorClass::AuthWithoutColon)?;
    let mut username = String::new();
    push_lossy(&mut username, &decoded[..colon]);
    let secret = &decoded[colon + 1..];
    let mut password = Zeroizing::new(String::with_capacity(secret.len() * 3));
    push_lossy(&mut password, secret);
    Ok(Auth {
        username,
        password: password.into(),
        is_unpadded: text.len() % 4 != 0,
        is_lossy: std::str::from_utf8(decoded).is_err(),
    })
}
