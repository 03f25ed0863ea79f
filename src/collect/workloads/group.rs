//! What is known of one workload, from its pods and from its template.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::wire::{Container, PodSpec};
use crate::collect::selector::Labels;
use crate::evidence::builder::BuilderConfig;
use crate::evidence::workloads::{ImageUse, Owner, PullPolicy, STARTED_ON, Workload};

/// Lists of pull secrets, each with how many pods have it.
type Counted = Vec<(Vec<String>, u32)>;

/// One workload's pods, or its template, or both.
#[derive(Default)]
pub(super) struct Group {
    pub in_scope: bool,
    /// Whether a template is part of it.
    pub has_template: bool,
    pub service_account: String,
    /// What the template names; meaningless without one.
    pub template_secrets: Vec<String>,
    /// What its pods have, which may be what admission took from their ServiceAccount.
    pub pods_have: Counted,
    pub images: Vec<Use>,
    /// Pods that have not ended.
    pub pods: u32,
    /// Pods of them that are on a node and have started nothing, without a word of an image.
    pub starting: u32,
    pub active: bool,
    pub builders: Vec<BuilderConfig>,
    pub owners: Vec<Owner>,
    /// Labels of its pods, kept where policies matter to it.
    pub labels: Option<Labels>,
}

/// An image of a workload.
#[derive(Default)]
pub(super) struct Use {
    pub image: String,
    pub containers: Vec<String>,
    pub pull_policy: PullPolicy,
    pub started: u32,
    pub started_on: BTreeSet<String>,
    pub started_with: Counted,
    pub last_started_at: Option<Timestamp>,
}

impl Group {
    /// The use of an image; `None` without a name.
    pub fn named(&mut self, image: &str, pull_policy: PullPolicy) -> Option<&mut Use> {
        if image.is_empty() {
            return None;
        }
        let known = self.images.iter().position(|one| one.image == image);
        let at = known.unwrap_or_else(|| {
            self.images.push(Use { image: image.to_string(), pull_policy, ..Use::default() });
            self.images.len() - 1
        });
        self.images.get_mut(at)
    }

    /// The use of a container's image.
    pub fn image(&mut self, container: &Container<'_>) -> Option<&mut Use> {
        let found = self.named(&container.image, container.pull_policy())?;
        if !found.containers.iter().any(|name| *name == container.name) {
            found.containers.push(container.name.to_string());
        }
        Some(found)
    }

    /// The images of a pod or template, init containers first, and volumes that are images last.
    pub fn images_of(&mut self, spec: &PodSpec<'_>) {
        for container in spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers)
        {
            self.image(container);
        }
        for volume in spec.image_volumes() {
            self.named(&volume.reference, volume.pull_policy());
        }
    }

    /// Takes in what is known of the same workload from elsewhere. A template goes before pods: what it says is what
    /// the next pod gets.
    pub fn merge(self, other: Self) -> Self {
        let (mut first, second) =
            if other.has_template && !self.has_template { (other, self) } else { (self, other) };
        first.in_scope |= second.in_scope;
        first.pods += second.pods;
        first.starting += second.starting;
        if !first.has_template {
            first.active |= second.active;
        }
        for (list, count) in second.pods_have {
            add(&mut first.pods_have, list, count);
        }
        for used in second.images {
            first.merge_use(used);
        }
        if first.builders.is_empty() {
            first.builders = second.builders;
        }
        let more =
            second.owners.into_iter().filter(|owner| !first.owners.iter().any(|one| one.kind == owner.kind));
        let more: Vec<Owner> = more.collect();
        first.owners.extend(more);
        first.labels = first.labels.or(second.labels);
        first
    }

    fn merge_use(&mut self, used: Use) {
        let Some(known) = self.images.iter_mut().find(|one| one.image == used.image) else {
            self.images.push(used);
            return;
        };
        known.started += used.started;
        known.last_started_at = known.last_started_at.max(used.last_started_at);
        for node in used.started_on {
            known.start_on(node);
        }
        for (list, count) in used.started_with {
            add(&mut known.started_with, list, count);
        }
        for container in used.containers {
            if !known.containers.contains(&container) {
                known.containers.push(container);
            }
        }
    }

    /// The pull secrets that its template names itself. Without the template they are told from its pods: those that
    /// are the ServiceAccount's were put there by admission.
    pub fn own_secrets(&self, of_account: Option<&[String]>) -> Vec<String> {
        if self.has_template {
            return self.template_secrets.clone();
        }
        let most = self.pods_have.iter().max_by_key(|(list, count)| (*count, std::cmp::Reverse(list)));
        match most {
            Some((list, _)) if of_account != Some(list.as_slice()) => list.clone(),
            _ => Vec::new(),
        }
    }

    /// Every list of pull secrets that counts for it, but its ServiceAccount's.
    pub fn named_secrets(&self) -> impl Iterator<Item = &String> {
        self.template_secrets.iter().chain(self.pods_have.iter().flat_map(|(list, _)| list))
    }

    /// Secrets that its builders mount, or were meant to, each with the key that becomes the file.
    pub fn builder_secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.builders.iter().flat_map(|builder| {
            let found = builder.found.iter().map(|one| (one.secret.as_str(), one.key.as_str()));
            let misnamed = builder.misnamed.iter().map(|one| (one.secret.as_str(), one.key.as_str()));
            found.chain(misnamed).filter(|(secret, _)| !secret.is_empty())
        })
    }

    /// As evidence.
    pub fn into_workload(self, namespace: &str, name: &str, of_account: Option<&[String]>) -> Workload {
        Workload {
            id: id(namespace, name),
            namespace: namespace.to_string(),
            name: name.to_string(),
            pull_secrets: self.own_secrets(of_account),
            service_account: self.service_account,
            images: self.images.into_iter().map(Use::into_evidence).collect(),
            pods: self.pods,
            starting: self.starting,
            active: self.active,
            out_of_scope: !self.in_scope,
            builders: self.builders,
            owners: self.owners,
        }
    }
}

impl Use {
    /// A pod has started a container of it, at a time that is known or not.
    pub fn start(&mut self, node: &str, secrets: &[String], at: Option<Timestamp>) {
        self.started += 1;
        self.last_started_at = self.last_started_at.max(at);
        if !node.is_empty() && !self.started_on.contains(node) {
            self.start_on(node.to_string());
        }
        match self.started_with.iter_mut().find(|(list, _)| list == secrets) {
            Some((_, count)) => *count += 1,
            None => self.started_with.push((secrets.to_vec(), 1)),
        }
    }

    /// The first by name are kept, so that the order of the pods does not matter.
    fn start_on(&mut self, node: String) {
        self.started_on.insert(node);
        if self.started_on.len() > STARTED_ON {
            self.started_on.pop_last();
        }
    }

    fn into_evidence(mut self) -> ImageUse {
        self.started_with.sort_by(|(a, many), (b, few)| few.cmp(many).then_with(|| a.cmp(b)));
        self.containers.dedup();
        ImageUse {
            image: self.image,
            containers: self.containers,
            pull_policy: self.pull_policy,
            started: self.started,
            started_on: self.started_on.into_iter().collect(),
            started_with: self.started_with.into_iter().map(|(list, _)| list).collect(),
            last_started_at: self.last_started_at,
        }
    }
}

/// The id of a workload.
pub(super) fn id(namespace: &str, name: &str) -> String {
    format!("workload/{namespace}/{name}")
}

/// Counts a list.
pub(super) fn add(counted: &mut Counted, list: Vec<String>, count: u32) {
    match counted.iter_mut().find(|(known, _)| *known == list) {
        Some((_, known)) => *known += count,
        None => counted.push((list, count)),
    }
}
