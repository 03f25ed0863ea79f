//! Other names for what is somebody's own, the same other name for each wherever it stands.
//!
//! First the names are gathered from the fields that hold them (`fields.rs`), then every text is gone through
//! (`text.rs`): names that were gathered, and what is a host, an address, an account or a digest by its form.
//! Words that anybody's cluster has (`common.rs`) stay, so that messages mean what they meant.

mod common;
mod fields;
mod names;
#[cfg(test)]
mod tests;
mod text;

use serde_json::{Map, Value};

use self::fields::Field;
use self::names::Names;
use super::BundleError;
use crate::evidence::Evidence;

/// The evidence with other names.
pub(super) fn evidence(parts: &[Evidence]) -> Result<Vec<Evidence>, BundleError> {
    let unwritable = |_| BundleError::Unwritable;
    let mut values: Vec<Value> =
        parts.iter().map(serde_json::to_value).collect::<Result<_, _>>().map_err(unwritable)?;
    let mut names = Names::default();
    values.iter().for_each(|value| gather(value, "", "", &mut names));
    values.iter_mut().for_each(|value| replace(value, "", &mut names));
    values.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(unwritable)
}

/// Takes up the names that a value holds in the field `key` of an object in the field `parent`.
fn gather(value: &Value, parent: &str, key: &str, names: &mut Names) {
    match value {
        Value::String(text) => {
            if let Field::Named(kind) = fields::field(parent, key) {
                names.gather(kind, text);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, parent, key, names)),
        Value::Object(fields) => {
            for (name, value) in fields {
                gather(value, key, name, names);
            }
        }
        _ => {}
    }
}

/// Replaces the names in a value that stands in the field `key`.
fn replace(value: &mut Value, key: &str, names: &mut Names) {
    match value {
        Value::String(text) => match fields::field("", key) {
            Field::Kept => {}
            Field::Blank => *text = "[anonymized]".into(),
            // What is one of a few words here is free text elsewhere.
            Field::Choice if !text.contains(['/', ' ']) => {}
            _ => *text = text::replaced(text, names),
        },
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, key, names)),
        Value::Object(fields) => {
            let taken: Map<String, Value> = std::mem::take(fields);
            for (name, mut value) in taken {
                replace(&mut value, &name, names);
                // The keys of `labels` are the user's own; all others are those of the format.
                let name = if key == "labels" { text::replaced(&name, names) } else { name };
                fields.insert(name, value);
            }
        }
        _ => {}
    }
}
