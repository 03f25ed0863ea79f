//! Findings as Kubernetes Events on the objects that they are about.
//!
//! One event an object and code: its name is made of both, so that the same finding of a later run raises the event's
//! count instead of adding another one. Of the object only the metadata is asked for. Events are of the core group
//! (`v1`), whose `count` and timestamps `kubectl describe` shows in one line.

mod event;
mod objects;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use self::event::Planned;
use self::objects::Object;
use crate::api::Api;
use crate::code::Code;
use crate::collect::access::EVENTS;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::report::Report;
use crate::text::Clean;

/// So many events a run writes at the most: the worst findings come first.
pub const MOST: usize = 200;
/// How many are written side by side.
const AT_ONCE: usize = 8;

/// A finding, and the namespace of its subject where the subject has one.
#[derive(Clone, Debug)]
pub struct Placed<'f> {
    /// The finding.
    pub finding: &'f Finding,
    /// The namespace in which it was looked.
    pub namespace: String,
}

/// What became of a run's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emitted {
    /// Events that are new.
    pub created: usize,
    /// Events that were there, and whose count was raised.
    pub raised: usize,
    /// Findings about no object of the cluster that could have an event: a registry, an image, what does not exist.
    pub without_object: usize,
    /// Events beyond [`MOST`].
    pub left_out: usize,
    /// The rights that are missing, in words: `create events in namespace team`.
    pub denied: BTreeSet<String>,
    /// How many events failed for another reason, and the first reason.
    pub failed: Option<(usize, Clean)>,
}

/// The findings of a report that joins several parts, each with the namespace of the part that found it.
pub fn placed<'f>(report: &'f Report, parts: &[Evidence]) -> Vec<Placed<'f>> {
    let mut places: BTreeMap<(Code, String), String> = BTreeMap::new();
    // A report of one part needs no second judgement.
    for part in parts.iter().filter(|_| parts.len() > 1) {
        for finding in Report::of(part).findings {
            places.entry((finding.code, finding.subject.name)).or_insert_with(|| part.plan.namespace.clone());
        }
    }
    let place = |finding: &'f Finding| {
        let subject = &finding.subject;
        let namespace = match subject.namespace.as_str() {
            "" => places.get(&(finding.code, subject.name.clone())).unwrap_or(&report.plan.namespace),
            _ => &subject.namespace,
        };
        Placed { finding, namespace: namespace.clone() }
    };
    report.findings.iter().map(place).collect()
}

/// Writes the findings as events. `page` says where a code's runbook is; `now` is their time (UTC). Nothing of it is an
/// error: what could not be written is told.
pub async fn emit(
    api: &Api,
    findings: &[Placed<'_>],
    page: impl Fn(Code) -> String,
    now: Timestamp,
) -> Emitted {
    let mut emitted = Emitted::default();
    let mut planned = plan(findings, page, &mut emitted);
    emitted.left_out = planned.len().saturating_sub(MOST);
    planned.truncate(MOST);
    let denied = RefCell::new(BTreeSet::<(String, &'static str)>::new());
    let writing = planned.iter().map(|one| write_unless_denied(api, one, now, &denied));
    let written: Vec<Written> = stream::iter(writing).buffered(AT_ONCE).collect().await;
    for one in written {
        emitted.count(one);
    }
    let denied = denied.into_inner();
    let rights = denied.iter().filter_map(|(namespace, verb)| {
        Some(EVENTS.iter().find(|right| right.verb == *verb)?.describe(namespace))
    });
    emitted.denied = rights.collect();
    emitted
}

/// One event an object and code, in the findings' order.
fn plan(findings: &[Placed<'_>], page: impl Fn(Code) -> String, emitted: &mut Emitted) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    let mut places: BTreeMap<(Object, Code), usize> = BTreeMap::new();
    for Placed { finding, namespace } in findings {
        let Some(object) = Object::of(&finding.subject.name, namespace) else {
            emitted.without_object += 1;
            continue;
        };
        match places.get(&(object.clone(), finding.code)).and_then(|at| planned.get_mut(*at)) {
            Some(known) => known.more += 1,
            None => {
                places.insert((object.clone(), finding.code), planned.len());
                planned.push(Planned::of(finding, object, page(finding.code)));
            }
        }
    }
    planned
}

/// What became of one event.
enum Written {
    Created,
    Raised,
    /// What it is about does not exist.
    NoObject,
    /// A right is missing.
    Denied,
    Failed(Clean),
}

/// Where one event was refused, the others of the namespace are not tried.
async fn write_unless_denied(
    api: &Api,
    event: &Planned,
    now: Timestamp,
    denied: &RefCell<BTreeSet<(String, &'static str)>>,
) -> Written {
    let namespace = event.object.events_in();
    if denied.borrow().iter().any(|(place, _)| place == namespace) {
        return Written::Denied;
    }
    match event.write(api, now).await {
        Ok(written) => written,
        Err((verb, error)) if error.code() == Some(403) && !is_ending(&error.message()) => {
            denied.borrow_mut().insert((namespace.to_string(), verb));
            Written::Denied
        }
        Err((_, error)) => Written::Failed(Clean::new(&error.to_string())),
    }
}

/// A namespace that is being removed takes nothing new: the API server says so by a 403 (`ForbiddenStatusCause`
/// `NamespaceTerminating`, Kubernetes 1.36).
fn is_ending(message: &Clean) -> bool {
    message.as_str().contains("because it is being terminated")
}

impl Emitted {
    fn count(&mut self, written: Written) {
        match written {
            Written::Created => self.created += 1,
            Written::Raised => self.raised += 1,
            Written::NoObject => self.without_object += 1,
            Written::Denied => {}
            Written::Failed(why) => self.failed.get_or_insert((0, why)).0 += 1,
        }
    }
}
