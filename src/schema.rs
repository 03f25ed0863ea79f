//! The JSON Schemas (draft 2020-12) of the two documents. Checked-in copies are in docs/schema.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::evidence::{API_VERSION, Evidence};
use crate::report::Report;

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked, what came of it, and what it means: what every command prints with `-o json`.
    Report,
    /// What was seen.
    Evidence,
}

/// The schema of a kind of documents, as this version writes and reads them. Fields that it does not know are allowed:
/// they are kept as they came.
pub fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Report => of::<Report>("Report"),
        Kind::Evidence => of::<Evidence>("Evidence"),
    }
}

fn of<T: JsonSchema>(kind: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, value) in [("apiVersion", API_VERSION), ("kind", kind)] {
            if let Some(property) = properties.get_mut(name).and_then(Value::as_object_mut) {
                property.insert("const".into(), value.into());
            }
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make schema` writes them anew.
    #[test]
    fn the_copies_in_docs_are_those_of_this_version() {
        for (kind, name) in [(Kind::Report, "report"), (Kind::Evidence, "evidence")] {
            let path = format!("{}/docs/schema/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let copy: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert!(copy == schema(kind), "{path} is of another version: run `make schema`");
        }
    }

    #[test]
    fn documents_are_what_their_schemas_say() {
        let evidence = crate::diagnose::tests::build::evidence(vec![crate::diagnose::tests::build::failed(
            "node1",
            "failed to resolve image: 401 Unauthorized",
        )]);
        let report = serde_json::to_value(Report::of(&evidence)).unwrap();
        let evidence = serde_json::to_value(&evidence).unwrap();
        for (kind, document) in [(Kind::Report, report), (Kind::Evidence, evidence)] {
            let validator = jsonschema::validator_for(&schema(kind)).unwrap();
            let faults: Vec<String> =
                validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{kind:?}");
            assert!(!validator.is_valid(&serde_json::json!({"kind": "Other"})), "{kind:?}");
        }
    }
}
