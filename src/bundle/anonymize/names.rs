//! Which name stands for which.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::common;
use super::fields::Kind;

/// The names that were met, each with what replaces it.
#[derive(Default)]
pub(super) struct Names {
    /// Words: letters, digits, `_`, `.` and `-`.
    words: HashMap<String, String>,
    /// Names with other characters, the longest first.
    phrases: Vec<(String, String)>,
    addresses: HashMap<IpAddr, IpAddr>,
    /// Digests and UIDs.
    numbers: HashMap<String, u64>,
    /// How many names there are of each kind's word.
    counts: HashMap<&'static str, usize>,
}

/// What a word may be made of.
pub(super) fn is_in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

impl Names {
    /// Takes up what a field of this kind holds.
    pub(super) fn gather(&mut self, kind: Kind, text: &str) {
        match kind {
            Kind::Image => self.reference(text),
            Kind::Host => self.url(text),
            Kind::Certificate => {
                for value in
                    text.split([',', '+']).filter_map(|part| part.split_once('=').map(|(_, value)| value))
                {
                    self.host_or(kind, value.trim());
                }
            }
            Kind::Label => text.split([',', '=', '!', '(', ')', ' ']).for_each(|word| self.take(kind, word)),
            // `deploy/web`, and ids with the namespace and more before or behind.
            Kind::Workload | Kind::Pod | Kind::Secret | Kind::Account => {
                let name = text.split_once('/').map_or(text, |(_, name)| name);
                name.split('/').for_each(|name| self.take(kind, name));
            }
            _ => self.take(kind, text),
        }
    }

    /// `host:5000/path/to:tag@digest`; as [`crate::registry::reference`] has it, a first part without dot or port is no host.
    fn reference(&mut self, text: &str) {
        let text = text.split('@').next().unwrap_or(text);
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (host, path) = match text.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => ("", text),
        };
        self.host_or(Kind::Name, host.split(':').next().unwrap_or(host));
        let (path, tag) = path.rsplit_once(':').unwrap_or((path, ""));
        path.split('/').for_each(|part| self.take(Kind::Name, part));
        if !tag.starts_with(|c: char| c.is_ascii_digit()) {
            self.take(Kind::Label, tag);
        }
    }

    /// `https://host:443/path`, `host`, `tcp:host:53`.
    fn url(&mut self, text: &str) {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        host.split(':').for_each(|part| self.host_or(Kind::Name, part));
        // The paths of the registry's interface are everybody's; those of keys are repositories.
        if !text.contains("://") {
            path.split('/').for_each(|part| self.take(Kind::Name, part));
        }
    }

    fn host_or(&mut self, kind: Kind, text: &str) {
        let is_host = text.contains('.')
            && text.split('.').all(|label| !label.contains(|c| !is_in_word(c) && c != '*'));
        if is_host && text.parse::<IpAddr>().is_err() {
            let host = self.host(text);
            self.words.insert(text.to_string(), host);
        } else if text.parse::<IpAddr>().is_err() && !common::is_label(text) {
            self.take(kind, text);
        }
    }

    /// Takes up one name.
    pub(super) fn take(&mut self, kind: Kind, name: &str) {
        // A user may be called as an id begins.
        let (first, rest) = name.split_once('/').unwrap_or(("", name));
        let name = if common::is_kind(first) { rest } else { name };
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if name.is_empty() || is_number || common::is_name(name) || self.words.contains_key(name) {
            return;
        }
        if name.chars().all(is_in_word) {
            let other = self.next(kind);
            self.words.insert(name.to_string(), other);
        } else if !self.phrases.iter().any(|(known, _)| known == name) {
            let other = self.next(kind);
            self.phrases.push((name.to_string(), other));
            self.phrases.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
        }
    }

    fn next(&mut self, kind: Kind) -> String {
        let count = self.counts.entry(kind.word()).or_default();
        *count += 1;
        format!("{}-{count}", kind.word())
    }

    /// What replaces a word, if it is a name.
    pub(super) fn word(&self, word: &str) -> Option<&str> {
        self.words.get(word).map(String::as_str)
    }

    /// Names with characters that no word has, the longest first.
    pub(super) fn phrases(&self) -> &[(String, String)] {
        &self.phrases
    }

    /// A host: each label by its own, so that hosts of one domain stay so; the top-level domain stays.
    pub(super) fn host(&mut self, host: &str) -> String {
        let labels: Vec<&str> = host.split('.').collect();
        let last = labels.len() - 1;
        let replaced: Vec<String> = labels
            .iter()
            .enumerate()
            .map(
                |(at, label)| {
                    if at == last && label.len() <= 8 { (*label).to_string() } else { self.label(label) }
                },
            )
            .collect();
        replaced.join(".")
    }

    fn label(&mut self, label: &str) -> String {
        let is_account = label.len() == 12 && label.bytes().all(|byte| byte.is_ascii_digit());
        if is_account {
            return format!("{:012}", self.number(label));
        }
        if common::is_label(label) || label.is_empty() {
            return label.to_string();
        }
        self.take(Kind::Name, label);
        self.word(label).unwrap_or(label).to_string()
    }

    /// An address: private ones stay private.
    pub(super) fn address(&mut self, address: IpAddr) -> IpAddr {
        if common::is_address(address) {
            return address;
        }
        let next = self.addresses.len() as u32 + 1;
        *self.addresses.entry(address).or_insert_with(|| match address {
            // 198.18.0.0/15 is for tests of networks (RFC 2544), 2001:db8::/32 for documents (RFC 3849).
            IpAddr::V4(v4) if v4.is_private() => Ipv4Addr::from(0x0a00_0000 | (next & 0x00ff_ffff)).into(),
            IpAddr::V4(_) => Ipv4Addr::from(0xc612_0000 | (next & 0x0001_ffff)).into(),
            IpAddr::V6(_) => Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(next)).into(),
        })
    }

    /// The number of a digest, UID or account, from 1.
    pub(super) fn number(&mut self, text: &str) -> u64 {
        let next = self.numbers.len() as u64 + 1;
        *self.numbers.entry(text.to_string()).or_insert(next)
    }
}
