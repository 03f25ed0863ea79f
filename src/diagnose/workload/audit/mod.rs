//! The rules about what is written down: workloads, their ServiceAccounts and pull secrets, before a pull fails.
//!
//! A fault of a Secret is one finding however many workloads name it: its subject is what is to be mended, its
//! evidence the Secret, all who name it, and their pulls that fail by it. What works is no finding: a pod that
//! started an image without a matching credential proves that none is needed, or that its node has one.

mod builders;
mod contents;
mod copies;
mod destinations;
mod entries;
mod expiry;
mod fitting;
mod missing;
mod policies;
mod pullers;
mod standing;
mod unmatched;
mod unnamed;
mod wants;
mod words;

use std::collections::HashMap;
use std::rc::Rc;

use super::View;
use crate::evidence::workloads::{FailingPull, PullSecret, Workload};
use crate::evidence::{Action, Evidence};
use crate::finding::{Finding, Severity};
use crate::fix::workload::Elsewhere;
use crate::registry::reference::Reference;
use pullers::{Keyrings, Puller};
use standing::{Standing, Standings};

/// What is judged, worked out once for all rules.
pub(super) struct Audit<'e> {
    view: View<'e>,
    /// Workloads whose pull secrets are known.
    pullers: Vec<Puller<'e>>,
    /// How pulls with each Secret go.
    standings: Standings<'e>,
    /// Images that pods started without a matching credential, by their normalised names.
    open: HashMap<String, Open<'e>>,
    /// Registries of which that is true, and whose images belong to one owner.
    open_registries: Vec<String>,
}

/// An image that pods started without a matching credential.
#[derive(Clone, Copy)]
struct Open<'e> {
    /// Who did.
    by: &'e Workload,
    /// Whether each start pulls it, so that it cannot have been a copy that the node had.
    pulled: bool,
}

/// What the Secrets, ServiceAccounts and templates of workloads lack. For `why` alone what concerns pulls that fail.
pub(in crate::diagnose) fn audited(evidence: &Evidence) -> Vec<Finding> {
    let Some(audit) = Audit::of(evidence) else { return Vec::new() };
    let rules: &[fn(&Audit<'_>) -> Vec<Finding>] = &[
        missing::pull_secrets,
        contents::unread_by_kubelet,
        contents::malformed,
        entries::useless,
        expiry::expired,
        expiry::expiring,
        copies::differing,
        unnamed::not_referenced,
        unmatched::no_match,
    ];
    let mut findings: Vec<Finding> = rules.iter().flat_map(|rule| rule(&audit)).collect();
    findings.iter_mut().for_each(|finding| spare_the_inactive(&audit, finding));
    findings.extend(builders::configs(&audit));
    findings.extend(policies::cut_off(&audit));
    findings
}

/// Workloads that want no pods fail nothing now: what they lack is worth a warning. Builders are run when they are
/// wanted; whether they push is judged before that.
fn spare_the_inactive(audit: &Audit<'_>, finding: &mut Finding) {
    let mut workloads = finding.evidence.iter().filter_map(|id| audit.view.workload(id)).peekable();
    let is_idle = |one: &Workload| !one.active && audit.view.failing_of(&one.id).next().is_none();
    if workloads.peek().is_some() && workloads.all(is_idle) {
        finding.severity = finding.severity.max(Severity::Warning);
    }
}

impl<'e> Audit<'e> {
    /// Another namespace that has a Secret of that name which is worth a copy: one with which pulls work before others,
    /// then one that was read; none with which they are refused.
    fn elsewhere<'s>(&'s self, secret: &'s PullSecret) -> Option<Elsewhere<'s>> {
        let namespaces = secret.also_in.iter().flatten().map(String::as_str);
        let others = namespaces.map(|namespace| {
            let other = self.view.secret(namespace, &secret.name);
            Elsewhere { namespace, secret: other.filter(|other| other.seen().is_some()) }
        });
        let weighed = others.map(|one| {
            let standing = one.secret.map_or(Standing::Unknown, |other| self.standings.of_secret(other));
            ((standing, one.secret.is_none()), one)
        });
        let best = weighed.min_by_key(|(weight, _)| *weight);
        best.filter(|((standing, _), _)| *standing != Standing::Refused).map(|(_, one)| one)
    }

    fn of(evidence: &'e Evidence) -> Option<Self> {
        let view = View::of(evidence)?;
        let mut failing: HashMap<&str, Vec<&'e FailingPull>> = HashMap::new();
        for pull in &view.seen.failing {
            failing.entry(&pull.workload).or_default().push(pull);
        }
        let mut keyrings = Keyrings::default();
        let pullers: Vec<Puller<'e>> = in_order(&view)
            .into_iter()
            .filter_map(|workload| {
                let failing = failing.get(workload.id.as_str()).map_or(&[][..], Vec::as_slice);
                Puller::of(workload, failing, &view, &mut keyrings)
            })
            .collect();
        let standings = Standings::of(&pullers);
        let mut audit = Self { view, pullers, standings, open: HashMap::new(), open_registries: Vec::new() };
        audit.note_open(&mut keyrings);
        Some(audit)
    }

    /// Which images and registries need no credential of a pull secret, by pods that run.
    fn note_open(&mut self, keyrings: &mut Keyrings<'e>) {
        for workload in in_order(&self.view) {
            for image in workload.images.iter().filter(|image| image.started > 0) {
                let Ok(reference) = Reference::parse(&image.image) else { continue };
                let lists = pullers::lists(workload, image, &self.view);
                let without = lists.into_iter().any(|names| {
                    let keyring: Rc<_> = keyrings.of(&self.view, &workload.namespace, names);
                    pullers::certainly_has_none(&keyring, &reference)
                });
                if !without {
                    continue;
                }
                let pulled = image.pull_policy == crate::evidence::workloads::PullPolicy::Always;
                let open = self.open.entry(reference.normalized());
                let open = open.or_insert(Open { by: workload, pulled });
                if pulled && !open.pulled {
                    *open = Open { by: workload, pulled };
                }
                let registry = reference.registry();
                if !pullers::is_shared(registry) && !self.open_registries.iter().any(|one| one == registry) {
                    self.open_registries.push(registry.to_string());
                }
            }
        }
    }

    /// An image that pods of any workload started without a matching credential.
    fn open(&self, image: &Reference) -> Option<Open<'e>> {
        self.open.get(&image.normalized()).copied()
    }

    /// Whether pods pull from this registry without a matching credential: its nodes have one, or it is public.
    fn is_open_registry(&self, image: &Reference) -> bool {
        self.open_registries.iter().any(|one| one == image.registry())
    }

    /// Whether only pulls that fail are of interest.
    fn is_why(&self) -> bool {
        self.view.evidence.plan.action == Action::Why
    }

    /// The workloads that findings are about: all in scope, or those with a pull that fails.
    fn pullers(&self) -> impl Iterator<Item = &Puller<'e>> {
        let is_why = self.is_why();
        let in_scope = self.pullers.iter().filter(|puller| !puller.workload.out_of_scope);
        in_scope.filter(move |puller| !is_why || puller.fails())
    }

    /// Seconds since a time, at the time when the evidence was collected.
    fn seconds_since(&self, time: jiff::Timestamp) -> i64 {
        self.view.seconds_since(time)
    }
}

/// The workloads that may make pods (again), in the order of their ids: that of the evidence plays no part.
fn in_order<'e>(view: &View<'e>) -> Vec<&'e Workload> {
    let seen: &'e [Workload] = &view.seen.workloads;
    let mut workloads: Vec<&Workload> = seen.iter().filter(|workload| !workload.has_ended()).collect();
    workloads.sort_by(|a, b| a.id.cmp(&b.id));
    workloads
}
