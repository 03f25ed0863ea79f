//! Cores by their keys: what each is known by, which hold the same, and which hold what their Secret holds.

use super::{Core, View};
use crate::evidence::harbor::Verdict;

/// What a core's token key is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key<'a> {
    /// The key's id.
    Kid(&'a str),
    /// Its file's SHA-256 only, which differs with white space.
    Sum(&'a str),
    /// Nothing.
    Unknown,
}

/// Whether a core's key is what its Secret holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agrees {
    /// By the key's id or the checksum.
    Yes,
    /// By the key's id, or, not certain, by the checksum.
    No {
        /// Whether it was told by the key's id.
        certain: bool,
    },
    /// One of the two is not known.
    Unknown,
}

/// Cores that hold the same key.
pub(crate) struct Group<'a> {
    /// `A`, `B`, …: the first is the one that fits the Secret, then the larger ones.
    pub letter: String,
    /// What the key is known by.
    pub key: Key<'a>,
    /// Its cores, as places in [`View::cores`].
    pub cores: Vec<usize>,
    /// Whether the Secret that they mount holds this key now.
    pub fits: Agrees,
}

impl<'a> View<'a> {
    /// Whether a core's key is what its Secret holds now. Times alone tell nothing and are not asked.
    pub fn agrees(&self, core: &Core<'a>) -> Agrees {
        let Some(secret) = self.secret_seen(core) else { return Agrees::Unknown };
        if core.sum().is_some_and(|sum| sum == secret.sha256) {
            return Agrees::Yes;
        }
        match (core.kid(), &secret.kid) {
            (Some(core), Some(secret)) if core == secret => Agrees::Yes,
            (Some(_), Some(_)) => Agrees::No { certain: true },
            _ if core.sum().is_some() && !secret.sha256.is_empty() => Agrees::No { certain: false },
            _ => Agrees::Unknown,
        }
    }

    /// What a core's key is known by. A core that does not tell its key's id has that of a core whose tokens it
    /// verifies, or of a core or Secret with the same checksum.
    pub fn key(&self, core: &Core<'a>) -> Key<'a> {
        if let Some(kid) = core.kid().or_else(|| self.verified_by(core)) {
            return Key::Kid(kid);
        }
        let Some(sum) = core.sum() else { return Key::Unknown };
        let of_core = self.cores.iter().filter(|other| other.sum() == Some(sum)).find_map(Core::kid);
        let of_secret = || {
            let secret = self.secret_seen(core).filter(|secret| secret.sha256 == sum)?;
            secret.kid.as_deref()
        };
        of_core.or_else(of_secret).map_or(Key::Sum(sum), Key::Kid)
    }

    /// The id of the key whose tokens a core verifies: a core that cannot issue may yet verify (Harbor 2.16 with a PKCS#8
    /// key). Behind an address of the URL there may be several cores.
    fn verified_by(&self, core: &Core<'a>) -> Option<&'a str> {
        if self.is_by_url() {
            return None;
        }
        let accepted =
            |issuer: &&Core<'a>| super::super::matrix::verdict(self, issuer, core) == Some(Verdict::Accepted);
        self.cores.iter().filter(|issuer| issuer.kid().is_some()).find(accepted)?.kid()
    }

    /// The cores by their keys; those of which nothing is known are in none.
    pub fn groups(&self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for (place, core) in self.cores.iter().enumerate() {
            let key = self.key(core);
            if key == Key::Unknown {
                continue;
            }
            match groups.iter_mut().find(|group| group.key == key) {
                Some(group) => group.cores.push(place),
                None => groups.push(Group {
                    letter: String::new(),
                    key,
                    cores: vec![place],
                    fits: Agrees::Unknown,
                }),
            }
        }
        for group in &mut groups {
            let all: Vec<Agrees> =
                group.cores.iter().filter_map(|place| Some(self.agrees(self.cores.get(*place)?))).collect();
            let known = |agrees: &&Agrees| **agrees != Agrees::Unknown;
            // Cores of one group that mount different Secrets fit one of them at best.
            group.fits = all
                .iter()
                .find(|one| **one == Agrees::Yes)
                .or(all.iter().find(known))
                .copied()
                .unwrap_or(Agrees::Unknown);
        }
        // Stable: of equal groups the one with the first core.
        groups.sort_by_key(|group| (group.fits != Agrees::Yes, std::cmp::Reverse(group.cores.len())));
        for (place, group) in groups.iter_mut().enumerate() {
            group.letter = letter(place);
        }
        groups
    }

    /// The cores of a group.
    pub fn of_group(&self, group: &Group<'a>) -> Vec<&Core<'a>> {
        group.cores.iter().filter_map(|place| self.cores.get(*place)).collect()
    }
}

/// `A` to `Z`, then `A2`, `B2` …
fn letter(place: usize) -> String {
    let first = char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
    match place / 26 {
        0 => first.to_string(),
        round => format!("{first}{}", round + 1),
    }
}
