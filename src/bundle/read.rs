//! A bundle from bytes that nobody vouches for.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Bundle, BundleError, DESCRIPTION, Description, EVIDENCE, KIND, MAX_BYTES, MAX_FILES, MAX_VALUES, SUMS,
};
use crate::archive::{self, File, Limits, shown};
use crate::evidence::{API_VERSION, Evidence};
use crate::registry::digest::Digest;
use crate::text::without_controls;

const LIMITS: Limits = Limits { bytes: MAX_BYTES, files: MAX_FILES };

impl Bundle {
    /// Reads one to its end and holds every file to its checksum.
    ///
    /// # Errors
    ///
    /// [`BundleError`], for whatever is not a whole bundle of a version that is known.
    pub fn read(input: impl Read) -> Result<Self, BundleError> {
        Self::read_within(input, LIMITS, MAX_VALUES)
    }

    pub(super) fn read_within(
        mut input: impl Read,
        limits: Limits,
        values: usize,
    ) -> Result<Self, BundleError> {
        let head = archive::head(&mut input)?;
        let whole = Cursor::new(&head).chain(input);
        let mut files = Files { values, ..Files::default() };
        match head.as_slice() {
            [0x1f, 0x8b, ..] => {
                let mut tar = GzDecoder::new(whole);
                archive::each_file(&mut tar, limits, |file| files.take(file))?;
                // The checksum of gzip itself is at the end, behind the tar's own.
                let behind = std::io::copy(&mut tar.take(limits.bytes), &mut std::io::sink())
                    .map_err(|error| archive::unreadable(&error))?;
                if behind >= limits.bytes {
                    return Err(BundleError::TooLarge);
                }
            }
            // Somebody has unpacked it.
            head if archive::is_tar(head) => archive::each_file(whole, limits, |file| files.take(file))?,
            _ => return Err(BundleError::NotABundle),
        }
        files.into_bundle()
    }
}

#[derive(Default)]
struct Files {
    description: Option<Description>,
    sums: Option<String>,
    evidence: BTreeMap<String, Evidence>,
    /// The SHA-256 of each, in hexadecimal.
    seen: BTreeMap<String, String>,
    /// How many values may still follow.
    values: usize,
}

impl Files {
    fn take(&mut self, file: &mut File<'_>) -> Result<(), BundleError> {
        let name = file.name.clone();
        let is_evidence = name.starts_with(EVIDENCE) && name.ends_with(".json");
        if !is_evidence && name != DESCRIPTION && name != SUMS {
            // The first file decides whether it is one of ours at all.
            return Err(match self.seen.is_empty() {
                true => BundleError::NotABundle,
                false => BundleError::Name(shown(&name)),
            });
        }
        let bytes = file.content()?;
        if self.seen.insert(name.clone(), Digest::sha256(&bytes).encoded().to_string()).is_some() {
            return Err(BundleError::Twice(shown(&name)));
        }
        let more = if name == SUMS { lines(&bytes) } else { values(&bytes) };
        self.values = self.values.checked_sub(more).ok_or(BundleError::TooManyValues)?;
        match name.as_str() {
            SUMS => self.sums = Some(String::from_utf8_lossy(&bytes).into_owned()),
            DESCRIPTION => self.description = Some(description(&bytes)?),
            _ => {
                self.evidence.insert(name.clone(), evidence(&name, &bytes)?);
            }
        }
        Ok(())
    }

    fn into_bundle(self) -> Result<Bundle, BundleError> {
        let missing = |name: &str| BundleError::Missing(shown(name));
        let description = self.description.ok_or(BundleError::NotABundle)?;
        let sums = self.sums.ok_or_else(|| missing(SUMS))?;
        let mut said: BTreeMap<&str, &str> = sums.lines().filter_map(sum).collect();
        for (name, sum) in self.seen.iter().filter(|(name, _)| *name != SUMS) {
            if said.remove(name.as_str()) != Some(sum) {
                return Err(BundleError::WrongSum(shown(name)));
            }
        }
        if let Some(name) = said.keys().next() {
            return Err(missing(name));
        }
        if self.evidence.len() != description.evidence {
            return Err(missing(&format!("{} of its files of evidence", description.evidence)));
        }
        let evidence: Vec<Evidence> = self.evidence.into_values().collect();
        if evidence.is_empty() { Err(BundleError::Empty) } else { Ok(Bundle { description, evidence }) }
    }
}

/// No fewer than the values of a document, told without parsing it. An object takes as much memory as eight others.
fn values(bytes: &[u8]) -> usize {
    let weight = |byte: &u8| match byte {
        b',' | b'[' => 1,
        b'{' => 8,
        _ => 0,
    };
    bytes.iter().map(weight).sum()
}

/// Each line of checksums is kept, too.
fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

fn evidence(name: &str, bytes: &[u8]) -> Result<Evidence, BundleError> {
    let version: Versioned = decode(name, bytes)?;
    known(&version.api_version)?;
    if is_plain(bytes) {
        return decode(name, bytes);
    }
    let mut value: Value = decode(name, bytes)?;
    clean(&mut value);
    // Written as it came, so that errors tell the place.
    let cleaned = serde_json::to_vec_pretty(&value).map_err(|error| undecodable(name, &error))?;
    drop(value);
    decode(name, &cleaned)
}

/// What is read first: a document of a version that is not known may have any other field.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    api_version: String,
}

fn known(version: &str) -> Result<(), BundleError> {
    if version == API_VERSION { Ok(()) } else { Err(BundleError::Version(shown(version))) }
}

fn description(bytes: &[u8]) -> Result<Description, BundleError> {
    known(&decode::<Versioned>(DESCRIPTION, bytes)?.api_version)?;
    let description: Description = decode(DESCRIPTION, bytes)?;
    if description.kind == KIND { Ok(description) } else { Err(BundleError::NotABundle) }
}

/// Whether no text in it needs cleaning: the usual case, and much the faster.
fn is_plain(json: &[u8]) -> bool {
    let is_escape = |pair: &[u8]| pair[0] == b'\\' && !matches!(pair[1], b'"' | b'\\' | b'/');
    json.iter().all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n'))
        && !json.windows(2).any(is_escape)
}

/// Names are not [`Clean`], and a terminal would obey theirs as well.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().any(|c| !c.is_ascii_graphic() && c != ' ') => {
            let lines: Vec<String> = text.split('\n').map(without_controls).collect();
            *text = lines.join("\n");
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => {
            let taken = std::mem::take(fields);
            fields.extend(taken.into_iter().map(|(name, mut value)| {
                clean(&mut value);
                (without_controls(&name), value)
            }));
        }
        _ => {}
    }
}

/// A line of `sha256sum`: the sum, two spaces (or a space and `*`), the name.
fn sum(line: &str) -> Option<(&str, &str)> {
    let (sum, name) = line.split_once(' ')?;
    Some((name.trim_start_matches([' ', '*']), sum))
}

fn decode<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, BundleError> {
    serde_json::from_slice(bytes).map_err(|error| undecodable(name, &error))
}

fn undecodable(name: &str, error: &serde_json::Error) -> BundleError {
    BundleError::Undecodable { file: shown(name), error: error.into() }
}
