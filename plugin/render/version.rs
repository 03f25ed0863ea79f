//! What is at work here, as a table.

use regauth::compatibility::Fit;
use regauth::report::Verdict;

use super::grid::{Column, Layout, grid};
use crate::versions::{Server, Versions};

/// Part, version, platform, whether it fits.
type Row = [String; 4];

/// One row a part, and below it why a part does not fit.
pub fn table(versions: &Versions, width: Option<u16>) -> String {
    let client = &versions.client;
    let mut rows: Vec<Row> = vec![row("client", &client.version, &client.platform, "-")];
    let image = &versions.probe_image;
    let inside = if image.inside.is_empty() { "-".to_string() } else { image.inside.join(", ") };
    let mut fits = vec![("probe image", &image.fit)];
    match &versions.server {
        Some(Server::Answered { part, fit }) => {
            rows.push(row("server", &part.version, &part.platform, word(fit)));
            fits.insert(0, ("server", fit));
        }
        Some(Server::Silent { .. }) => rows.push(row("server", "-", "-", "unknown")),
        None => {}
    }
    rows.push(row("probe image", &image.reference, &inside, word(&image.fit)));
    let columns = [
        Column::new("PART", |row: &Row| row[0].clone()).whole(),
        Column::new("VERSION", |row: &Row| row[1].clone()).whole(),
        Column::new("PLATFORM", |row: &Row| row[2].clone()),
        Column::new("FITS", |row: &Row| row[3].clone()).whole(),
    ];
    let layout = Layout { width, colour: false, wide: false, ascii: false };
    let mut text = grid(&rows, &columns, |_| Verdict::Ok, &layout);
    for (part, fit) in fits {
        if let Fit::No(why) | Fit::Unknown(why) = fit {
            text.push_str(&format!("{part}: {why}\n"));
        }
    }
    text
}

fn row(part: &str, version: &str, platform: &str, fits: &str) -> Row {
    [part, version, platform, fits].map(String::from)
}

fn word(fit: &Fit) -> &'static str {
    match fit {
        Fit::Yes => "yes",
        Fit::No(_) => "no",
        Fit::Unknown(_) => "unknown",
    }
}
