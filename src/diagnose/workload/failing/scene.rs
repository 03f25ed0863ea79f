//! All pulls that fail, beside what works.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::View;
use super::case::Case;
use super::network::Contacts;
use super::reach::{self, Reach};
use crate::evidence::workloads::{FailingPull, ImageUse, PullState, Workload};
use crate::finding::Candidate;
use crate::registry::reference::Reference;

/// Pulls that fail, in the order of their ids, and an index of what works.
pub(super) struct Scene<'e> {
    pub(super) view: View<'e>,
    /// Each once; those whose pod started all the same come as well.
    cases: Vec<Case<'e>>,
    /// By what a pull is of: workload, image, pull secrets.
    alike: HashMap<Kind<'e>, Vec<usize>>,
    /// By image, in its full form.
    started: HashMap<String, Vec<Started<'e>>>,
    /// By repository.
    repositories: HashMap<String, Vec<Started<'e>>>,
    /// By registry.
    contacts: HashMap<String, Contacts<'e>>,
    /// By image of a pull that fails: pods that have started with it without any matching pull secret.
    without: HashMap<String, Started<'e>>,
    /// Workloads by namespace, in the order of their ids.
    namespaces: HashMap<&'e str, Vec<&'e Workload>>,
    /// How many pulls are going on, by node.
    pulling: HashMap<&'e str, usize>,
}

type Kind<'e> = (&'e str, &'e str, &'e [String]);

/// Pods of a workload that have started with an image.
#[derive(Clone, Copy)]
pub(super) struct Started<'e> {
    pub(super) workload: &'e Workload,
    pub(super) image: &'e ImageUse,
}

impl<'e> Scene<'e> {
    pub(super) fn of(view: View<'e>) -> Self {
        let mut pulls: Vec<&FailingPull> = view.seen.failing.iter().collect();
        pulls.sort_by(|a, b| a.id.cmp(&b.id));
        let mut seen = HashSet::new();
        pulls.retain(|pull| seen.insert(pull.id.as_str()));
        let mut read: HashMap<_, (Vec<Candidate>, Reach)> = HashMap::new();
        let cases = pulls.into_iter().map(|pull| {
            let mut case = Case::of(&view, pull);
            let told = read.entry(case.kind_of_words());
            (case.candidates, case.reach) =
                told.or_insert_with(|| (case.read_words(), reach::of(&case))).clone();
            case
        });
        let cases: Vec<Case<'e>> = cases.collect();
        let mut scene = Self {
            view,
            cases,
            alike: HashMap::new(),
            started: HashMap::new(),
            repositories: HashMap::new(),
            contacts: HashMap::new(),
            without: HashMap::new(),
            namespaces: HashMap::new(),
            pulling: HashMap::new(),
        };
        scene.index_started();
        scene.index_cases();
        scene.index_without();
        scene
    }

    fn index_started(&mut self) {
        let mut workloads: BTreeMap<&'e str, &'e Workload> = BTreeMap::new();
        workloads.extend(self.view.seen.workloads.iter().map(|workload| (workload.id.as_str(), workload)));
        for workload in workloads.into_values() {
            self.namespaces.entry(&workload.namespace).or_default().push(workload);
            for image in workload.images.iter().filter(|image| image.started > 0) {
                let Ok(reference) = Reference::parse(&image.image) else { continue };
                let started = Started { workload, image };
                let contacts = self.contacts.entry(reference.registry().to_owned()).or_default();
                contacts.started.extend(image.started_on.iter().map(String::as_str));
                self.started.entry(reference.normalized()).or_default().push(started);
                self.repositories.entry(reference.repository()).or_default().push(started);
            }
        }
    }

    fn index_cases(&mut self) {
        for (index, case) in self.cases.iter().enumerate() {
            if case.pull.state != PullState::StartedAllTheSame {
                self.contacts.entry(case.registry.clone()).or_default().note(case);
            }
            if case.pull.state == PullState::Pulling && !case.pull.is_silent() {
                *self.pulling.entry(&case.pull.node).or_default() += 1;
            }
            if case.is_told() && case.pull.state != PullState::StartedAllTheSame {
                self.alike.entry(kind(case.pull)).or_default().push(index);
            }
        }
    }

    /// Nobody who has a pull secret can have left the image on the node, and no node can have supplied a credential.
    fn index_without(&mut self) {
        for case in &self.cases {
            let Some(image) = &case.image else { continue };
            let key = image.normalized();
            if case.provider.has_node_identity() || self.without.contains_key(&key) {
                continue;
            }
            let started = self.started.get(&key).map_or(&[][..], Vec::as_slice);
            let mut left_on: BTreeSet<&str> = BTreeSet::new();
            let mut without: Vec<Started<'e>> = Vec::new();
            for one in started {
                match self.has_credential(one, image) {
                    Some(true) => left_on.extend(one.image.started_on.iter().map(String::as_str)),
                    Some(false) => without.push(*one),
                    None => {}
                }
            }
            let is_left =
                |one: &Started<'_>| one.image.started_on.iter().any(|node| left_on.contains(node.as_str()));
            if let Some(found) = without.into_iter().find(|one| !is_left(one)) {
                self.without.insert(key, found);
            }
        }
    }

    /// Whether all of the started pods have a matching pull secret, or none of them; `None` where that is not known.
    fn has_credential(&self, started: &Started<'e>, image: &Reference) -> Option<bool> {
        let lists = &started.image.started_with;
        let fits: Option<BTreeSet<bool>> =
            lists.iter().map(|names| self.fits(&started.workload.namespace, names, image)).collect();
        match fits?.into_iter().collect::<Vec<_>>().as_slice() {
            [all] => Some(*all),
            _ => None,
        }
    }

    /// Pods that have started with the image and without any matching pull secret.
    pub(super) fn works_without(&self, case: &Case<'_>) -> Option<Started<'e>> {
        self.without.get(&case.image.as_ref()?.normalized()).copied()
    }

    /// Other workloads of the namespace, in the order of their ids.
    pub(super) fn beside<'s>(&'s self, case: &'s Case<'_>) -> impl Iterator<Item = &'e Workload> {
        let all = self.namespaces.get(case.pull.namespace.as_str()).into_iter().flatten().copied();
        all.filter(|other| other.id != case.pull.workload)
    }

    /// Pulls whose container waits.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Case<'e>> {
        self.cases.iter().filter(|case| case.pull.state != PullState::StartedAllTheSame)
    }

    /// Pulls that failed and whose container runs.
    pub(super) fn started_all_the_same(&self) -> impl Iterator<Item = &Case<'e>> {
        self.cases.iter().filter(|case| case.pull.state == PullState::StartedAllTheSame)
    }

    /// A pull of the same kind whose words are known and say why this one fails: on the same node, or by an answer of
    /// the registry. What another node's kubelet met on its own way says nothing of this one.
    pub(super) fn teller<'s>(&'s self, case: &Case<'e>) -> Option<&'s Case<'e>> {
        let alike = || {
            let alike = self.alike.get(&kind(case.pull)).into_iter().flatten();
            alike.filter_map(|index| self.cases.get(*index))
        };
        let answered = |other: &&Case<'e>| {
            other.candidates.first().is_some_and(|first| first.code.is_registrys_answer())
        };
        alike().find(|other| other.pull.node == case.pull.node).or_else(|| alike().find(answered))
    }

    /// Whether more than one pull is going on on a node.
    pub(super) fn is_busy(&self, node: &str) -> bool {
        self.pulling.get(node).is_some_and(|pulls| *pulls > 1)
    }

    /// Pods that have started with the same image, in the order of their workloads' ids.
    pub(super) fn started(&self, case: &Case<'_>) -> &[Started<'e>] {
        let found = case.image.as_ref().and_then(|image| self.started.get(&image.normalized()));
        found.map_or(&[], Vec::as_slice)
    }

    /// The same of any tag of the repository.
    pub(super) fn started_of_repository(&self, case: &Case<'_>) -> &[Started<'e>] {
        let found = case.image.as_ref().and_then(|image| self.repositories.get(&image.repository()));
        found.map_or(&[], Vec::as_slice)
    }

    /// What was heard of the registry.
    pub(super) fn contacts(&self, case: &Case<'_>) -> Option<&Contacts<'e>> {
        self.contacts.get(&case.registry)
    }

    /// Nodes that list the image, sorted.
    pub(super) fn nodes_with(&self, case: &Case<'_>) -> BTreeSet<&'e str> {
        let Some(image) = &case.image else { return BTreeSet::new() };
        let has = |listed: &String| image.matches_node_image(listed) || *listed == case.pull.image;
        let nodes = self.view.evidence.nodes.iter().filter(|node| node.has_images.iter().any(has));
        nodes.map(|node| node.name.as_str()).collect()
    }

    /// Whether pull secrets of a namespace hold a credential for an image; `None` where not all of them are known.
    fn fits(&self, namespace: &str, names: &'e [String], image: &Reference) -> Option<bool> {
        let keyring = self.view.keyring(namespace, names);
        let entries = keyring.lookup(image).ok()?;
        let is_empty = crate::registry::credential::CredentialKind::Empty;
        if entries.iter().any(|(_, entry)| entry.credential.kind != is_empty) {
            return Some(true);
        }
        keyring.is_whole().then_some(false)
    }
}

fn kind(pull: &FailingPull) -> Kind<'_> {
    (&pull.workload, &pull.image, &pull.pull_secrets)
}
