//! What the run hears of its pods: two watches that deliver everything.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Engine, not_made};
use crate::api::path;
use crate::api::watch::{Change, Watch};
use crate::api::wire::{Event, List, Named, Pod};
use crate::run::manifest::run_selector;

pub(super) enum Message {
    Pod(Change<Pod>),
    Event(Change<Event>),
}

impl Engine<'_> {
    /// One watch on the run's pods, one on the events of the namespace's pods. Dropping the set ends them.
    pub(super) fn watch(&self, into: &mpsc::Sender<Message>) -> JoinSet<()> {
        let plan = &self.prepared.plan;
        let timeout_seconds = plan.timeout_seconds + 30;
        let selector = run_selector(&self.prepared.run.id);
        let pods = Watch {
            what: "pod",
            path: path::with(&path::core(&plan.namespace, "pods"), &[("labelSelector", &selector)]),
            from: String::new(),
            timeout_seconds,
        };
        let events = path::core(&plan.namespace, "events");
        let of_pods = ("fieldSelector", "involvedObject.kind=Pod");
        let mut set = JoinSet::new();
        set.spawn(pods.run(self.api.clone(), into.clone(), Message::Pod));
        let (api, into) = (self.api.clone(), into.clone());
        set.spawn(async move {
            // Old events are of no use: the list is only asked where it stands.
            let limit = path::with(&events, &[of_pods, ("limit", "1")]);
            let from =
                api.get::<List<Named>>("events", &limit).await.map(|list| list.metadata.resource_version);
            let watch = Watch {
                what: "event",
                path: path::with(&events, &[of_pods]),
                from: from.unwrap_or_default(),
                timeout_seconds,
            };
            watch.run(api, into, Message::Event).await;
        });
        set
    }

    pub(super) fn hear(&mut self, message: Message) {
        let now = self.now();
        if matches!(message, Message::Pod(Change::Is(_) | Change::Deleted(_) | Change::Resumed)) {
            self.lost = None;
        }
        match message {
            Message::Pod(Change::Is(pod)) => {
                self.tracker.pod_is(&pod, now);
            }
            Message::Pod(Change::Deleted(pod)) => {
                if let Some(index) = self.tracker.pod_deleted(&pod) {
                    self.alive.remove(&index);
                }
            }
            Message::Event(Change::Is(event)) => {
                self.tracker.event(&event, now);
            }
            Message::Pod(Change::Resumed)
            | Message::Event(Change::Deleted(_) | Change::Lost(_) | Change::Resumed) => {}
            Message::Pod(Change::Lost(error)) => self.lost = Some(error),
            Message::Pod(Change::Ended(error)) => self.end_all(&not_made(&error)),
            // The pods' status says most of it too.
            Message::Event(Change::Ended(error)) => {
                tracing::warn!(target: "regauth::run", %error, "the watch of the events ended");
            }
        }
    }
}
