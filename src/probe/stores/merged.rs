//! What all clients together have for an image.

use std::collections::HashSet;

use super::{Lookup, Place, StoreEntry, helper};
use crate::evidence::probe::{BrokenConfig, FailedHelper, KeyringSeen};
use crate::registry::near_miss::{self, MissReason, NearMiss};
use crate::registry::reference::Reference;
use crate::text::Clean;

/// The files and helpers of all clients; each is told once, with whom it fails.
pub(super) fn keyring(lookups: &[Lookup]) -> KeyringSeen {
    let mut seen = KeyringSeen::default();
    for lookup in lookups {
        // A file that has nothing for any registry is none that misses one.
        for file in lookup.files.iter().filter(|file| file.problem.is_none() && !file.keys.is_empty()) {
            let source = Place::File(file.path.clone()).to_string();
            if !seen.sources.contains(&source) {
                seen.sources.push(source);
            }
        }
        broken_files(lookup, &mut seen.broken);
        failed_helpers(lookup, &mut seen.failed_helpers);
    }
    seen
}

fn broken_files(lookup: &Lookup, seen: &mut Vec<BrokenConfig>) {
    let client = || lookup.client.as_str().to_string();
    for (file, problem) in lookup.files.iter().filter_map(|file| Some((file, file.problem.as_ref()?))) {
        let source = Place::File(file.path.clone()).to_string();
        let stops = lookup.stopped.then(client);
        match seen.iter_mut().find(|one| one.source == source && one.error == problem.text) {
            Some(one) => {
                one.clients.push(client());
                one.stops.extend(stops);
            }
            None => seen.push(BrokenConfig {
                source,
                error: problem.text.clone(),
                position: problem.position,
                clients: vec![client()],
                stops: stops.into_iter().collect(),
            }),
        }
    }
}

fn failed_helpers(lookup: &Lookup, seen: &mut Vec<FailedHelper>) {
    for (name, error) in &lookup.failed {
        let program = Clean::with_cap(&helper::program(name), 256);
        let stops = lookup.stopped.then(|| lookup.client.as_str().to_string());
        match seen.iter_mut().find(|one| one.program == program) {
            Some(one) => one.stops.extend(stops),
            None => {
                let not_asked = *error == helper::HelperError::NoTime;
                let error = Clean::new(&error.to_string());
                seen.push(FailedHelper { program, error, stops: stops.into_iter().collect(), not_asked });
            }
        }
    }
}

/// Entries by place and key, in their order.
pub(super) fn each_once<'e>(entries: impl Iterator<Item = &'e StoreEntry>) -> Vec<&'e StoreEntry> {
    let mut seen: HashSet<(&Place, &str)> = HashSet::new();
    entries.filter(|entry| seen.insert((&entry.place, &entry.key))).collect()
}

/// The keys that nearly match an image for which no client has anything. A file that a client cannot read may have
/// one that does.
pub(super) fn near_misses(image: &Reference, lookups: &[Lookup]) -> Vec<NearMiss> {
    let files = lookups.iter().flat_map(|lookup| &lookup.files).filter(|file| file.problem.is_none());
    let mut seen: HashSet<&str> = HashSet::new();
    let keys = files.flat_map(|file| &file.keys).map(String::as_str);
    let keys: Vec<&str> = keys.filter(|key| *key != image.registry() && seen.insert(key)).collect();
    let misses = near_miss::near_misses(image, keys).into_iter();
    // Clients compare what is no URL all the same.
    misses.filter(|miss| miss.reason != MissReason::NotAUrl).collect()
}
