//! What was said, by its causes.

use super::judge::Judged;
use super::place::Pod;
use super::{Cause, Follower};
use crate::code::Code;
use crate::registry::reference::Reference;
use crate::text::Clean;

/// Causes that are kept. A text with more was made to have them.
const MAX_CAUSES: usize = 500;

/// Names that one cause keeps.
const MAX_NAMES: usize = 50;

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
        take(&mut cause.images, met.judged.image.clone());
        met.judged.hosts.iter().for_each(|host| take(&mut cause.hosts, Some(host.clone())));
        take(&mut cause.registries, met.judged.registry.clone());
        let pod = met.pod.map(|pod| match pod.namespace.is_empty() {
            true => pod.name,
            false => format!("{}/{}", pod.namespace, pod.name),
        });
        take(&mut cause.pods, pod);
    }

    /// The line of the cause that what stands at `line` follows from: that of its image, else the last one before it.
    pub(super) fn cause_before(&self, line: usize, image: Option<&str>) -> Option<usize> {
        let of_image = |cause: &&Cause| {
            image.is_some_and(|image| cause.images.iter().any(|known| is_same_image(known, image)))
        };
        let causes = || self.known.iter().map(|(_, cause)| cause);
        let before = || causes().filter(|cause| cause.line <= line).max_by_key(|cause| cause.line);
        causes().find(of_image).or_else(before).map(|cause| cause.line)
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

/// Adds a line that follows to those that say the same.
pub(super) fn follow(followers: &mut Vec<Follower>, line: usize, count: u64, message: &str, of: usize) {
    let message = Clean::with_cap(message.trim(), 512);
    match followers.iter_mut().find(|known| known.message == message && known.follows == of) {
        Some(known) => known.count += count,
        None => followers.push(Follower { line, count, message, follows: of }),
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
    let images = (known.image.as_deref(), new.image.as_deref());
    let is_one_host = known.registry.is_some() && known.registry == new.registry;
    let is_one_image = || match images {
        (Some(a), Some(b)) => is_same_image(a, b),
        _ => true,
    };
    is_one_host && is_compatible && is_one_image()
}

fn is_same_place(known: &Judged, new: &Judged) -> bool {
    match (known.image.as_deref(), new.image.as_deref()) {
        (Some(a), Some(b)) if is_of_the_image(known.code()) => {
            known.registry == new.registry && is_same_image(a, b)
        }
        _ => match (&known.registry, &new.registry) {
            (Some(a), Some(b)) => a == b || shares_host(known, new),
            _ => true,
        },
    }
}

fn shares_host(known: &Judged, new: &Judged) -> bool {
    known.hosts.iter().any(|host| new.hosts.contains(host))
}

fn is_same_image(a: &str, b: &str) -> bool {
    a == b
        || matches!((Reference::parse(a), Reference::parse(b)), (Ok(a), Ok(b))
            if a.normalized() == b.normalized() || a.repository() == b.repository() && (is_bare(&a) || is_bare(&b)))
}

/// Whether only the repository is named.
fn is_bare(image: &Reference) -> bool {
    image.tag().is_none() && image.digest().is_none()
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
