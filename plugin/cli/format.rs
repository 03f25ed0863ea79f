//! In which format a report is written.

use clap::ValueEnum;

/// The formats, all of the one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Wide,
    Json,
    Yaml,
    Markdown,
    Html,
    Junit,
    Sarif,
    Prometheus,
}
