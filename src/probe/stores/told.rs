//! What the stores have, as evidence.

use super::{Client, Env, Holder, Lookup, ReadFile, Stores, helper, logout};
use crate::evidence::stores::{Store, StoreEntry, StoreFile};
use crate::registry::reference::Reference;
use crate::text::Clean;

impl<H: helper::Helpers> Stores<H> {
    /// One item a client that has something, or fails, for an image; none for a name that is no image's.
    pub fn seen(&self, name: &str) -> Vec<Store> {
        let Ok(image) = Reference::parse(name) else { return Vec::new() };
        let holders = self.holders(&image);
        let lookups = self.lookups(&image).into_iter();
        let seen = lookups.map(|lookup| store(name, &lookup, &holders, &self.env));
        seen.filter(|one| !(one.files.is_empty() && one.entries.is_empty() && one.failed_helpers.is_empty()))
            .collect()
    }
}

fn store(image: &str, lookup: &Lookup, holders: &[Holder], env: &Env) -> Store {
    let file = |file: &ReadFile| StoreFile {
        path: Clean::new(&file.path.display().to_string()),
        problem: file.problem.as_ref().map(|problem| problem.text.clone()),
    };
    let empty = |one: &super::StoreEntry| StoreEntry {
        place: Clean::new(&one.place.to_string()),
        key: Clean::with_cap(&one.key, 256),
        logout: logout::commands(one, env),
    };
    let failed = lookup.failed.iter();
    Store {
        image: image.into(),
        client: Client::as_str(lookup.client).into(),
        files: lookup.files.iter().map(file).collect(),
        entries: lookup.entries.iter().map(|one| entry(one, holders)).collect(),
        empty: lookup.empty.iter().map(empty).collect(),
        failed_helpers: failed
            .map(|(name, error)| Clean::with_cap(&format!("{}: {error}", helper::program(name)), 256))
            .collect(),
        gives_up: lookup.stopped,
    }
}

fn entry(entry: &super::StoreEntry, holders: &[Holder]) -> StoreEntry {
    let key = Clean::with_cap(&entry.key, 256);
    let holder = holders.iter().find(|holder| holder.place == entry.place && holder.key == key);
    StoreEntry {
        place: Clean::new(&entry.place.to_string()),
        logout: holder.map(|holder| holder.logout.clone()).unwrap_or_default(),
        key,
    }
}
