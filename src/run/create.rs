//! Makes the pods of a run: the first one of each kind alone, then several at a time.

use std::collections::{HashMap, VecDeque};

use tokio::task::JoinSet;

use super::Prepared;
use super::manifest::{self, Order, Resources};
use crate::api::wire::Pod;
use crate::api::{Api, ApiError, path};
use crate::plan::Check;

/// Pods that are created at the same time.
const CONNECTIONS: usize = 8;

/// Where the first creation of a kind of pods stands. It tells whether the namespace takes pods that state next
/// to nothing as their resources: a LimitRange may ask for more, and then fills it in where nothing is stated.
#[derive(Default)]
enum Pilot {
    #[default]
    ToCome,
    Flying,
    /// Refused with stated resources; tried once more without.
    Again(ApiError),
    Done(Resources),
}

/// What came of an order.
pub(super) struct Answered {
    pub(super) index: usize,
    pub(super) made: Result<Pod, ApiError>,
    /// Whether it is the first pod of its kind: its refusal may be meant for the kind.
    pub(super) is_pilot: bool,
}

pub(super) struct Creator<'a> {
    api: &'a Api,
    prepared: &'a Prepared,
    job_uid: String,
    waiting: VecDeque<(usize, Check)>,
    flying: JoinSet<(Order, Resources, Result<Pod, ApiError>)>,
    pilots: HashMap<Check, Pilot>,
    /// Whether a creation failed in a way that may have made the pod all the same.
    pub(super) unsure: bool,
}

impl<'a> Creator<'a> {
    pub(super) fn new(api: &'a Api, prepared: &'a Prepared, job_uid: String) -> Self {
        Self {
            api,
            prepared,
            job_uid,
            waiting: VecDeque::new(),
            flying: JoinSet::new(),
            pilots: HashMap::new(),
            unsure: false,
        }
    }

    /// Queues a pod.
    pub(super) fn order(&mut self, index: usize, check: Check) {
        self.waiting.push_back((index, check));
    }

    /// Whether pods are queued that were not sent yet.
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Forgets pods that were not sent yet.
    pub(super) fn cancel(&mut self, which: impl Fn(usize) -> bool) {
        self.waiting.retain(|(index, _)| !which(*index));
    }

    /// Sends what may be sent now; `order` says what each is to be like at this moment.
    pub(super) fn launch(&mut self, mut order: impl FnMut(usize) -> Order) {
        while self.flying.len() < CONNECTIONS
            && let Some(next) = self.waiting.iter().position(|(_, check)| self.may_go(*check))
            && let Some((index, check)) = self.waiting.remove(next)
        {
            let pilot = self.pilots.entry(check).or_default();
            let resources = match pilot {
                Pilot::Done(resources) => *resources,
                _ => {
                    *pilot = Pilot::Flying;
                    Resources::Stated
                }
            };
            self.send(order(index), resources);
        }
    }

    fn may_go(&self, check: Check) -> bool {
        self.pilots.get(&check).is_none_or(|pilot| matches!(pilot, Pilot::ToCome | Pilot::Done(_)))
    }

    fn send(&mut self, order: Order, resources: Resources) {
        let object = manifest::pod(self.prepared, &order, Some(&self.job_uid), resources);
        let path = path::core(&self.prepared.plan.namespace, "pods");
        let api = self.api.clone();
        self.flying.spawn(async move {
            let made = match api.create::<Pod>("pod", &path, &object).await {
                // Our own: the answer to an earlier try was lost. The watch brings what became of it.
                Err(ApiError::Status { code: 409, ref reason, .. }) if reason == "AlreadyExists" => {
                    Ok(Pod::default())
                }
                other => other,
            };
            (order, resources, made)
        });
    }

    /// The next pod that was made or refused; `None` when none is under way. Safe to drop.
    pub(super) async fn next(&mut self) -> Option<Answered> {
        loop {
            let Ok((order, resources, made)) = self.flying.join_next().await? else { continue };
            let index = order.index;
            let refused = made.as_ref().err().filter(|error| error.code() == Some(403)).cloned();
            let pilot = self.pilots.entry(order.check).or_default();
            let before = std::mem::replace(pilot, Pilot::Done(resources));
            let is_pilot = !matches!(before, Pilot::Done(_));
            let made = match (before, refused) {
                (Pilot::Flying, Some(refusal)) if !is_about_security(&refusal) => {
                    *pilot = Pilot::Again(refusal);
                    self.send(order, Resources::Unstated);
                    continue;
                }
                (Pilot::Again(first), Some(_)) => {
                    *pilot = Pilot::Done(Resources::Stated);
                    Err(first)
                }
                (Pilot::Done(settled), _) => {
                    *pilot = Pilot::Done(settled);
                    made
                }
                _ => made,
            };
            self.unsure |= made.as_ref().is_err_and(|error| matches!(error.code(), None | Some(500..)));
            return Some(Answered { index, made, is_pilot });
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.flying.is_empty()
    }
}

/// Whether a refusal is Pod Security's own, which other resources would not change.
fn is_about_security(refusal: &ApiError) -> bool {
    refusal.message().as_str().contains("violates PodSecurity")
}
