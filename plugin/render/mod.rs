//! From a report to bytes, one file a format. Rendering decides nothing.

mod clock;
mod compared;
mod doctor;
pub mod explain;
mod fill;
mod findings;
mod grid;
mod harbor;
mod headline;
mod html;
mod junit;
mod limits;
mod lines;
mod markdown;
pub mod page;
mod preflight;
pub mod prometheus;
mod rows;
mod sarif;
mod sheets;
mod steps;
mod stores;
mod summary;
mod table;
#[cfg(test)]
pub mod tests;
mod units;
pub mod version;
mod workloads;
mod wrap;
mod xml;

use regauth::report::Report;
use serde::Serialize;

use crate::cli::Format;
use crate::commands::Failure;

/// A report in the format that was asked for. `width` is the terminal's, `None` when nobody watches.
pub fn report(report: &Report, format: Format, width: Option<u16>, colour: bool) -> Result<String, Failure> {
    let layout = |wide: bool| table::Layout { width, colour, wide, ascii: !speaks_utf8() };
    match format {
        Format::Table => Ok(table::report(report, &layout(false))),
        Format::Wide => Ok(table::report(report, &layout(true))),
        Format::Json => json(report),
        Format::Yaml => yaml(report),
        Format::Markdown => Ok(markdown::report(report)),
        Format::Html => Ok(html::report(report)),
        Format::Junit => Ok(junit::report(report)),
        Format::Sarif => json(&sarif::report(report)),
        Format::Prometheus => Ok(prometheus::report(report)),
    }
}

/// Kubernetes objects as one YAML stream.
pub fn yaml_documents(objects: &[serde_json::Value]) -> Result<String, Failure> {
    let documents: Result<Vec<String>, Failure> = objects.iter().map(yaml).collect();
    Ok(documents?.join("---\n"))
}

/// Whether the locale is one of UTF-8; the first variable that is set counts (POSIX, XBD 8.2). One that says nothing is
/// taken for UTF-8, as the rest of the text is.
fn speaks_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    let locale = set.map(|value| value.to_ascii_lowercase()).find(|value| !value.is_empty());
    locale.is_none_or(|value| value.contains("utf-8") || value.contains("utf8"))
}

/// A document as JSON.
pub fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|_| "the report cannot be written as JSON".into())
}

pub fn yaml(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_saphyr::to_string(value);
    text.map(|text| if text.ends_with('\n') { text } else { text + "\n" })
        .map_err(|_| "the report cannot be written as YAML".into())
}
