//! What was said, by its causes.

use std::collections::HashMap;

use super::image::{Image, Index};
use super::judge::Judged;
use super::place::Pod;
use super::{Cause, Follower};
use crate::code::Code;
use crate::text::Clean;

/// Causes that are kept. A text with more was made to have them.
const MAX_CAUSES: usize = 500;

/// Names that one cause keeps.
const MAX_NAMES: usize = 50;

/// Lines that follow that are kept.
const MAX_FOLLOWERS: usize = 200;

/// An error where it stands.
pub(super) struct Met {
    pub(super) line: usize,
    pub(super) count: u64,
    pub(super) message: String,
    pub(super) judged: Judged,
    pub(super) pod: Option<Pod>,
}

/// Causes, in the order in which the text first shows them.
#[derive(Default)]
pub(super) struct Groups {
    known: Vec<(Judged, Cause)>,
    images: Index,
    unlisted: u64,
}

impl Groups {
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Adds an error to the cause that it shows again, or as a new one.
    pub(super) fn add(&mut self, met: Met) {
        let known = self.known.iter().position(|(judged, _)| is_same(judged, &met.judged));
        if known.is_none() && self.known.len() >= MAX_CAUSES {
            self.unlisted += met.count;
            return;
        }
        let at = known.unwrap_or_else(|| {
            self.known.push((met.judged.clone(), first_seen(&met)));
            self.known.len() - 1
        });
        let Some((judged, cause)) = self.known.get_mut(at) else { return };
        cause.count += met.count;
        // The one that says most speaks for all.
        if says_more(&met.judged, judged) {
            let hosts = std::mem::take(&mut judged.hosts);
            *judged = met.judged.clone();
            judged.hosts.splice(0..0, hosts);
            cause.message = Clean::new(&met.message);
            cause.candidates = met.judged.candidates.clone();
        }
        if let Some(image) = &met.judged.image {
            self.images.add(image, at);
            take(&mut cause.images, Some(image.text.clone()));
        }
        met.judged.hosts.iter().for_each(|host| take(&mut cause.hosts, Some(host.clone())));
        take(&mut cause.registries, met.judged.registry.clone());
        let pod = met.pod.map(|pod| match pod.namespace.is_empty() {
            true => pod.name,
            false => format!("{}/{}", pod.namespace, pod.name),
        });
        take(&mut cause.pods, pod);
    }

    /// The line of the cause that what stands at `line` follows from: that of its image, else the last one before it.
    pub(super) fn cause_before(&self, line: usize, image: Option<&Image>) -> Option<usize> {
        let of_image = image.and_then(|image| self.images.first(image)).and_then(|at| self.known.get(at));
        let lines = || self.known.iter().map(|(_, cause)| cause.line);
        let before = || lines().filter(|known| *known <= line).max();
        of_image.map(|(_, cause)| cause.line).or_else(before)
    }

    /// How often causes were told that are not kept.
    pub(super) fn unlisted(&self) -> u64 {
        self.unlisted
    }

    pub(super) fn causes(self) -> Vec<Cause> {
        self.known.into_iter().map(|(_, cause)| cause).collect()
    }
}

fn first_seen(met: &Met) -> Cause {
    Cause {
        line: met.line,
        count: 0,
        message: Clean::new(&met.message),
        candidates: met.judged.candidates.clone(),
        images: Vec::new(),
        registries: Vec::new(),
        hosts: Vec::new(),
        pods: Vec::new(),
    }
}

/// Lines that only follow from causes.
#[derive(Default)]
pub(super) struct Followers {
    list: Vec<Follower>,
    /// Where in the list a text is that follows from the cause at a line.
    known: HashMap<(String, usize), usize>,
}

impl Followers {
    /// Adds a line to those that say the same; beyond the first 200 that differ, none.
    pub(super) fn add(&mut self, line: usize, count: u64, message: &str, of: usize) {
        let key = (message.trim().to_owned(), of);
        if let Some(known) = self.known.get(&key).and_then(|at| self.list.get_mut(*at)) {
            known.count += count;
            return;
        }
        if self.list.len() >= MAX_FOLLOWERS {
            return;
        }
        let message = Clean::with_cap(&key.0, 512);
        let same = self.list.iter().position(|known| known.message == message && known.follows == of);
        let at = same.unwrap_or_else(|| {
            self.list.push(Follower { line, count: 0, message, follows: of });
            self.list.len() - 1
        });
        if let Some(known) = self.list.get_mut(at) {
            known.count += count;
        }
        self.known.insert(key, at);
    }

    /// In the order of their lines.
    pub(super) fn sorted(mut self) -> Vec<Follower> {
        self.list.sort_by_key(|follower| follower.line);
        self.list
    }
}

fn take(names: &mut Vec<String>, name: Option<String>) {
    if let Some(name) =
        name.filter(|name| !name.is_empty() && !names.contains(name) && names.len() < MAX_NAMES)
    {
        names.push(name);
    }
}

/// Whether two errors have one cause: the same code at the same place, or two messages about one image where each
/// allows what the other says.
fn is_same(known: &Judged, new: &Judged) -> bool {
    if known.code() == new.code() {
        return is_same_place(known, new);
    }
    let allows = |one: &Judged, code: Code| one.candidates.iter().any(|candidate| candidate.code == code);
    let is_compatible = match (known.is_certain(), new.is_certain()) {
        (true, true) => false,
        (true, false) => allows(new, known.code()),
        (false, true) => allows(known, new.code()),
        (false, false) => allows(known, new.code()) && allows(new, known.code()),
    };
    let images = (&known.image, &new.image);
    let is_one_host = known.registry.is_some() && known.registry == new.registry;
    let is_one_image = || match images {
        (Some(a), Some(b)) => a.is_same(b),
        _ => true,
    };
    is_one_host && is_compatible && is_one_image()
}

fn is_same_place(known: &Judged, new: &Judged) -> bool {
    match (&known.image, &new.image) {
        (Some(a), Some(b)) if is_of_the_image(known.code()) => known.registry == new.registry && a.is_same(b),
        _ => match (&known.registry, &new.registry) {
            (Some(a), Some(b)) => a == b || shares_host(known, new),
            _ => true,
        },
    }
}

fn shares_host(known: &Judged, new: &Judged) -> bool {
    known.hosts.iter().any(|host| new.hosts.contains(host))
}

/// Codes whose cause lies in one image: another image is another cause.
pub(super) fn is_of_the_image(code: Code) -> bool {
    matches!(
        code,
        Code::ImageNotFound
            | Code::RepositoryNotFound
            | Code::PlatformMissing
            | Code::InvalidImageName
            | Code::ImageNeverPulled
            | Code::SignatureRejected
            | Code::ContentCorrupt
            | Code::Unknown
    )
}

fn says_more(new: &Judged, known: &Judged) -> bool {
    let weight = |one: &Judged| (one.code() != Code::Unknown, one.is_certain(), one.image.is_some());
    weight(new) > weight(known)
}
