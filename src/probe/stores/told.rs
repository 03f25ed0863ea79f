//! What the stores have, as evidence.

use super::{Client, Holder, Lookup, Stores, helper};
use crate::evidence::stores::{Store, StoreEntry, StoreFile};
use crate::registry::reference::Reference;
use crate::text::Clean;

impl<H: helper::Helpers> Stores<H> {
    /// One item a client that has something, or fails, for an image; none for a name that is no image's.
    pub fn seen(&self, name: &str) -> Vec<Store> {
        let Ok(image) = Reference::parse(name) else { return Vec::new() };
        let holders = self.holders(&image);
        let lookups = self.lookups(&image).into_iter();
        let seen = lookups.map(|lookup| store(name, &lookup, &holders));
        seen.filter(|one| !(one.files.is_empty() && one.entries.is_empty() && one.failed_helpers.is_empty()))
            .collect()
    }
}

fn store(image: &str, lookup: &Lookup, holders: &[Holder]) -> Store {
    let file = |(path, problem): &(std::path::PathBuf, Option<Clean>)| StoreFile {
        path: Clean::new(&path.display().to_string()),
        problem: problem.clone(),
    };
    let failed = lookup.failed.iter();
    Store {
        image: image.into(),
        client: Client::as_str(lookup.client).into(),
        files: lookup.files.iter().map(file).collect(),
        entries: lookup.entries.iter().map(|one| entry(one, holders)).collect(),
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
