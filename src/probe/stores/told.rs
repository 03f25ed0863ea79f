//! What the stores have and what the registry made of it, as rows of a report.

use super::{Client, Holder, Lookup, StoreEntry, Stores, helper};
use crate::evidence::probe::{Attempt, Target};
use crate::registry::reference::Reference;
use crate::report::stores::{StoreEntryRow, StoreFile, StoreRow};
use crate::report::{Verdict, attempt_verdict, describe_credential};
use crate::text::Clean;

impl<H: helper::Helpers> Stores<H> {
    /// One row a client that has something, or fails, for the image of `target`.
    pub fn told(&self, target: &Target) -> Vec<StoreRow> {
        let Ok(image) = Reference::parse(&target.image) else { return Vec::new() };
        let holders = self.holders(&image);
        let lookups = self.lookups(&image).into_iter();
        let rows = lookups.map(|lookup| row(&lookup, &holders, target));
        rows.filter(|row| !(row.files.is_empty() && row.entries.is_empty() && row.failed_helpers.is_empty()))
            .collect()
    }
}

fn row(lookup: &Lookup, holders: &[Holder], target: &Target) -> StoreRow {
    let file = |(path, problem): &(std::path::PathBuf, Option<Clean>)| StoreFile {
        path: Clean::new(&path.display().to_string()),
        problem: problem.clone(),
    };
    let failed = lookup.failed.iter();
    StoreRow {
        image: target.image.clone(),
        client: Client::as_str(lookup.client).into(),
        files: lookup.files.iter().map(file).collect(),
        entries: lookup.entries.iter().map(|entry| entry_row(entry, holders, target)).collect(),
        failed_helpers: failed
            .map(|(name, error)| Clean::with_cap(&format!("{}: {error}", helper::program(name)), 256))
            .collect(),
        gives_up: lookup.stopped,
    }
}

fn entry_row(entry: &StoreEntry, holders: &[Holder], target: &Target) -> StoreEntryRow {
    let key = Clean::with_cap(&entry.key, 256);
    let attempt = target.attempts.iter().find(|attempt| is_of(attempt, entry, &key));
    let holder = holders.iter().find(|holder| holder.place == entry.place && holder.key == key);
    let seen = attempt.and_then(|attempt| attempt.credential.as_ref());
    StoreEntryRow {
        place: Clean::new(&entry.place.to_string()),
        is: seen.map(describe_credential),
        result: attempt.map_or(Verdict::NotTested, attempt_verdict),
        refused: attempt
            .is_some_and(|attempt| attempt.refuses_credential() || is_copy_of_refused(attempt, target)),
        logout: holder.map(|holder| holder.logout.clone()).unwrap_or_default(),
        key,
    }
}

fn is_of(attempt: &Attempt, entry: &StoreEntry, key: &Clean) -> bool {
    attempt.credential.as_ref().is_some_and(|one| one.source == entry.place.to_string() && one.key == *key)
}

/// Whether the same credential was refused from another store, so that it was not sent again from this one.
fn is_copy_of_refused(attempt: &Attempt, target: &Target) -> bool {
    let fingerprint =
        |one: &Attempt| one.credential.as_ref().and_then(|one| one.described.fingerprint.clone());
    let own = fingerprint(attempt);
    own.is_some() && target.attempts.iter().any(|one| one.refuses_credential() && fingerprint(one) == own)
}
