//! The hosts file, as Go reads it (`net/hosts.go`): before DNS, and the only source for a name that it holds.

use std::net::IpAddr;

/// The file is read up to here.
const MAX_BYTES: usize = 1024 * 1024;

/// The addresses of `name` in a hosts file, in the file's order; upper and lower case are the same, and so are
/// names with and without a final dot.
pub(super) fn look_up(file: &[u8], name: &str) -> Vec<IpAddr> {
    let file = String::from_utf8_lossy(&file[..file.len().min(MAX_BYTES)]);
    let wanted = name.trim_end_matches('.');
    let mut found = Vec::new();
    for line in file.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(address) = words.next().and_then(parse) else { continue };
        let fits = words.any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(wanted));
        if fits && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// An address, with or without a zone (`fe80::1%lo0`), which is dropped.
fn parse(word: &str) -> Option<IpAddr> {
    word.split('%').next().unwrap_or_default().parse().ok()
}
