//! What a token says about itself, when it is a JWT. Nothing is verified: only the registry can do that.

use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, general_purpose};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::decode::json;
use crate::text::Clean;

/// Longer tokens are not looked at.
const MAX_TOKEN: usize = 64 * 1024;
/// What is kept of a text: a repository's whole name fits.
const MAX_TEXT: usize = 256;
/// How many grants, actions or audiences are kept.
const MAX_LIST: usize = 32;

/// The claims of a token. Neither the token nor its signature can be made from them, and its id is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Claims {
    /// The signature's algorithm, as the header says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<Clean>,
    /// The id of the key that signed it, as the header says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<Clean>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<Clean>,
    /// Whom it was issued to. Harbor and Docker Hub leave it out, or empty, in an anonymous token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<Clean>,
    /// For whom it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<Clean>,
    /// When it ends, by the issuer's clock, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<Timestamp>,
    /// When it begins, by the issuer's clock, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<Timestamp>,
    /// When it was issued, by the issuer's clock, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<Timestamp>,
    /// What it grants (Distribution's token specification); `None` when it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Vec<Access>>,
}

/// One thing that a token grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Access {
    /// `repository`, `registry`.
    #[serde(rename = "type")]
    pub kind: Clean,
    /// The repository, without the registry.
    pub name: Clean,
    /// `pull`, `push`, `delete`, `*`.
    pub actions: Vec<Clean>,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    general_purpose::NO_PAD
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The issuer of Harbor's tokens (`src/core/service/token/authutils.go` of Harbor 2.16).
const HARBOR: &str = "harbor-token-issuer";

impl Claims {
    /// Whether the token, which was had for a credential, was issued to nobody: the credential was not taken. It
    /// has no subject, and grants nothing; Harbor names everybody whom it knows, so that what it grants is what
    /// strangers may do (2.16).
    pub fn is_for_nobody(&self) -> bool {
        let grants_nothing = self.access.as_ref().is_none_or(Vec::is_empty);
        let is_harbor = self.iss.as_ref().is_some_and(|issuer| issuer.as_str() == HARBOR);
        self.sub.as_ref().is_none_or(Clean::is_empty) && (grants_nothing || is_harbor)
    }

    /// Reads the header and the payload of a JWT; `None` for a token of any other form.
    pub fn decode(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN {
            return None;
        }
        let mut parts = token.trim().split('.');
        let (header, payload) = (object(parts.next()?)?, object(parts.next()?)?);
        parts.next()?;
        if parts.next().is_some() {
            return None;
        }
        let aud = match payload.get("aud") {
            Some(Value::Array(list)) => list.iter().take(MAX_LIST).filter_map(clean).collect(),
            other => other.and_then(clean).into_iter().collect(),
        };
        let access = payload.get("access").and_then(Value::as_array);
        Some(Self {
            alg: header.get("alg").and_then(clean),
            kid: header.get("kid").and_then(clean),
            iss: payload.get("iss").and_then(clean),
            sub: payload.get("sub").and_then(clean).filter(|sub| !sub.is_empty()),
            aud,
            exp: payload.get("exp").and_then(time),
            nbf: payload.get("nbf").and_then(time),
            iat: payload.get("iat").and_then(time),
            access: access.map(|list| list.iter().take(MAX_LIST).filter_map(grant).collect()),
        })
    }

    /// Whether it grants `action` on the repository `name` (without the registry); `None` when the token does
    /// not say what it grants.
    pub fn grants(&self, name: &str, action: &str) -> Option<bool> {
        let name = Clean::with_cap(name, MAX_TEXT);
        let allows = |access: &Access| {
            access.kind.as_str() == "repository"
                && access.name == name
                && access.actions.iter().any(|known| [action, "*"].contains(&known.as_str()))
        };
        self.access.as_ref().map(|list| list.iter().any(allows))
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    json(&BASE64.decode(part).ok()?, MAX_TOKEN).ok()
}

fn clean(value: &Value) -> Option<Clean> {
    value.as_str().map(|text| Clean::with_cap(text, MAX_TEXT))
}

/// Seconds since 1970, with or without a fraction.
fn time(value: &Value) -> Option<Timestamp> {
    match value.as_i64() {
        Some(seconds) => Timestamp::from_second(seconds).ok(),
        None => {
            let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e12)?;
            Timestamp::from_microsecond((seconds * 1e6) as i64).ok()
        }
    }
}

/// One entry of `access`. Azure writes its names with a capital.
fn grant(value: &Value) -> Option<Access> {
    let get = |name: &str, capital: &str| value.get(name).or_else(|| value.get(capital));
    let actions = get("actions", "Actions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(Access {
        kind: get("type", "Type").and_then(clean)?,
        name: get("name", "Name").and_then(clean)?,
        actions: actions.iter().take(MAX_LIST).filter_map(clean).collect(),
    })
}
