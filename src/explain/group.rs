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

/// A cause with what it is known by.
struct Known {
    judged: Judged,
    cause: Cause,
    /// Every pod that shows it, by its name: of one name there are few.
    pods: HashMap<String, Vec<Pod>>,
}

impl Known {
    /// Whether what is told of `pod` may be about it: by the pod, where both the text and the cause name one.
    fn may_be_of(&self, pod: Option<&Pod>) -> bool {
        self.pods.is_empty() || pod.is_none_or(|pod| self.is_of(pod))
    }

    fn is_of(&self, pod: &Pod) -> bool {
        self.pods.get(&pod.name).is_some_and(|pods| pods.iter().any(|known| known.may_be(pod)))
    }
}

/// Causes, in the order in which the text first shows them.
#[derive(Default)]
pub(super) struct Groups {
    known: Vec<Known>,
    images: Index,
    unlisted: u64,
}

impl Groups {
    /// Adds an error to the cause that it shows again, or as a new one.
    pub(super) fn add(&mut self, met: Met) {
        let known = self.known.iter().position(|known| is_same(known, &met));
        if known.is_none() && self.known.len() >= MAX_CAUSES {
            self.unlisted += met.count;
            return;
        }
        let at = known.unwrap_or_else(|| {
            self.known.push(first_seen(&met));
            self.known.len() - 1
        });
        let Some(Known { judged, cause, pods }) = self.known.get_mut(at) else { return };
        cause.count += met.count;
        cause.is_chart |= met.judged.is_chart;
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
        let name = |pod: &Pod| match pod.namespace.is_empty() {
            true => pod.name.clone(),
            false => format!("{}/{}", pod.namespace, pod.name),
        };
        take(&mut cause.pods, met.pod.as_ref().map(name));
        if let Some(pod) = met.pod {
            let known = pods.entry(pod.name.clone()).or_default();
            if !known.contains(&pod) && known.len() < MAX_NAMES {
                known.push(pod);
            }
        }
    }

    /// The line of the cause that what stands at `line` follows from: that of its image, else the last one of its pod
    /// before it, else the first. Where the causes are those of other pods or images, none; where the text names no
    /// pod, the last cause before it.
    pub(super) fn cause_of(&self, line: usize, image: Option<&Image>, pod: Option<&Pod>) -> Option<usize> {
        let of_image = image.and_then(|image| self.images.first(image)).and_then(|at| self.known.get(at));
        if let Some(known) = of_image {
            return Some(known.cause.line);
        }
        let registry = image.and_then(Image::registry);
        // Of a pod with several images, each fails for a reason of its own.
        let fits_image = |known: &Known| {
            pod.is_none()
                || registry.is_none()
                || known.judged.image.is_none()
                || known.judged.registry == registry
        };
        let fitting = || self.known.iter().filter(|known| known.may_be_of(pod) && fits_image(known));
        let lines = || fitting().map(|known| known.cause.line);
        let before = lines().filter(|known| *known <= line).max();
        before.or_else(|| pod.and_then(|_| lines().min()))
    }

    /// How often causes were told that are not kept.
    pub(super) fn unlisted(&self) -> u64 {
        self.unlisted
    }

    pub(super) fn causes(self) -> Vec<Cause> {
        let mut causes: Vec<Cause> = self.known.into_iter().map(|known| known.cause).collect();
        causes.sort_by_key(|cause| cause.line);
        causes
    }
}

fn first_seen(met: &Met) -> Known {
    let cause = Cause {
        line: met.line,
        count: 0,
        message: Clean::new(&met.message),
        candidates: met.judged.candidates.clone(),
        images: Vec::new(),
        registries: Vec::new(),
        hosts: Vec::new(),
        pods: Vec::new(),
        is_chart: false,
    };
    Known { judged: met.judged.clone(), cause, pods: HashMap::new() }
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
fn is_same(group: &Known, met: &Met) -> bool {
    let (known, new) = (&group.judged, &met.judged);
    if known.code() == new.code() {
        // A message without its image is about an image of its own pod.
        let names_one_image = known.image.is_some() != new.image.is_some();
        let is_elsewhere =
            names_one_image && is_of_the_image(known.code()) && !group.may_be_of(met.pod.as_ref());
        return is_same_place(known, new) && !is_elsewhere;
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
