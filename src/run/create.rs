//! Makes the pods of a run: the first one alone, then several at a time.

use std::collections::VecDeque;

use tokio::task::JoinSet;

use super::Prepared;
use super::manifest::{self, Resources};
use crate::api::wire::Pod;
use crate::api::{Api, ApiError, path};
use crate::evidence::CredentialUse;

/// Pods that are created at the same time.
const CONNECTIONS: usize = 8;

/// A pod to make.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) index: usize,
    pub(super) node: String,
    pub(super) credential: CredentialUse,
}

/// Where the first creation stands. It tells whether the namespace takes pods that state next to nothing as
/// their resources: a LimitRange may ask for more, and then fills it in where nothing is stated.
enum Pilot {
    ToCome,
    Flying,
    /// Refused with stated resources; tried once more without.
    Again(ApiError),
    Done,
}

pub(super) struct Creator<'a> {
    api: &'a Api,
    prepared: &'a Prepared,
    job_uid: String,
    waiting: VecDeque<Order>,
    flying: JoinSet<(Order, Resources, Result<Pod, ApiError>)>,
    resources: Resources,
    pilot: Pilot,
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
            resources: Resources::Stated,
            pilot: Pilot::ToCome,
            unsure: false,
        }
    }

    pub(super) fn order(&mut self, order: Order) {
        self.waiting.push_back(order);
    }

    /// Forgets what was not sent yet.
    pub(super) fn cancel(&mut self) {
        self.waiting.clear();
    }

    /// Sends what may be sent now.
    pub(super) fn launch(&mut self) {
        let at_once = if matches!(self.pilot, Pilot::Done) { CONNECTIONS } else { 1 };
        while self.flying.len() < at_once {
            let Some(order) = self.waiting.pop_front() else { return };
            if matches!(self.pilot, Pilot::ToCome) {
                self.pilot = Pilot::Flying;
            }
            self.send(order, self.resources);
        }
    }

    fn send(&mut self, order: Order, resources: Resources) {
        let (plan, id) = (&self.prepared.plan, &self.prepared.run.id);
        let uid = Some(self.job_uid.as_str());
        let object = manifest::pod(plan, id, order.index, &order.node, uid, &order.credential, resources);
        let path = path::core(&plan.namespace, "pods");
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
    pub(super) async fn next(&mut self) -> Option<(usize, Result<Pod, ApiError>)> {
        loop {
            let Ok((order, resources, made)) = self.flying.join_next().await? else { continue };
            let refused = made.as_ref().err().filter(|error| error.code() == Some(403)).cloned();
            match (std::mem::replace(&mut self.pilot, Pilot::Done), refused) {
                (Pilot::Flying, Some(refusal)) => {
                    self.pilot = Pilot::Again(refusal);
                    self.send(order, Resources::Unstated);
                    continue;
                }
                (Pilot::Again(first), Some(_)) => return Some((order.index, Err(first))),
                (Pilot::Again(_), None) if made.is_ok() => self.resources = resources,
                _ => {}
            }
            self.unsure |= made.as_ref().is_err_and(|error| matches!(error.code(), None | Some(500..)));
            return Some((order.index, made));
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.flying.is_empty()
    }
}
