//! `kubectl regauth schema`.

use regauth::schema::{self, Kind};

use super::Failure;
use crate::cli::{Schema, SchemaOf};
use crate::output::Output;
use crate::render;

/// Prints a JSON Schema.
pub fn run(args: &Schema, output: &mut Output) -> Result<u8, Failure> {
    let kind = match args.document {
        SchemaOf::Report => Kind::Report,
        SchemaOf::Evidence => Kind::Evidence,
    };
    output.data(&render::json(&schema::schema(kind))?)?;
    Ok(0)
}
