//! A bundle as bytes.

use std::fmt::Write as _;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Bundle, DESCRIPTION, EVIDENCE, SUMS};
use crate::registry::digest::Digest;

impl Bundle {
    /// Writes it. The same bundle gives the same bytes.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let mut tar = Tar {
            tar: tar::Builder::new(GzEncoder::new(out, Compression::default())),
            seconds: u64::try_from(self.description.created_at.as_second()).unwrap_or_default(),
            sums: String::new(),
        };
        tar.add(DESCRIPTION, &json(&self.description)?)?;
        for (at, evidence) in self.evidence.iter().enumerate() {
            tar.add(&format!("{EVIDENCE}{:03}.json", at + 1), &json(evidence)?)?;
        }
        let sums = std::mem::take(&mut tar.sums);
        tar.add(SUMS, sums.as_bytes())?;
        tar.tar.into_inner()?.finish()?.flush()
    }
}

struct Tar<W: Write> {
    tar: tar::Builder<GzEncoder<W>>,
    /// When its files were made, in seconds since 1970.
    seconds: u64,
    sums: String,
}

impl<W: Write> Tar<W> {
    fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(self.seconds);
        self.tar.append_data(&mut header, name, bytes)?;
        let _ = writeln!(self.sums, "{}  {name}", Digest::sha256(bytes).encoded());
        Ok(())
    }
}

/// JSON that a person can read, too.
fn json(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
