//! One pull that fails, and what is known of its identity.

use super::super::{Keyring, View};
use super::reach::Reach;
use crate::code::Code;
use crate::diagnose::message::{self, Context, CredentialSent, SignKind};
use crate::evidence::Node;
use crate::evidence::workloads::{FailingPull, PullState, Workload};
use crate::finding::Candidate;
use crate::registry::credential::{CredentialKind, Described};
use crate::registry::known::Provider;
use crate::registry::reference::Reference;
use crate::text::Clean;

/// A container that waits for its image.
pub(super) struct Case<'e> {
    pub(super) pull: &'e FailingPull,
    pub(super) workload: Option<&'e Workload>,
    pub(super) node: Option<&'e Node>,
    /// `None` where it is none that the kubelet takes.
    pub(super) image: Option<Reference>,
    /// The registry's host, with its port; the image's name where that is no reference.
    pub(super) registry: String,
    pub(super) provider: Provider,
    pub(super) keyring: Keyring<'e>,
    /// The credentials that the kubelet sends, in its order.
    pub(super) tried: Vec<Tried>,
    /// The pull secret that fails the look-up for the whole pod.
    pub(super) broken: Option<String>,
    /// What its message may mean, likeliest first; empty where there are no words that tell.
    pub(super) candidates: Vec<Candidate>,
    /// How far it came, where it broke off on the way.
    pub(super) reach: Reach,
}

/// A credential of the pod's pull secrets that fits the image.
pub(super) struct Tried {
    pub(super) secret: String,
    pub(super) credential: Described,
}

impl<'e> Case<'e> {
    pub(super) fn of(view: &View<'e>, pull: &'e FailingPull) -> Self {
        let image = Reference::parse(&pull.image).ok();
        let registry = image.as_ref().map_or_else(|| shown(&pull.image), |image| image.registry().to_owned());
        let keyring = view.keyring(&pull.namespace, &pull.pull_secrets);
        let (tried, broken) = tried(&keyring, image.as_ref());
        Self {
            pull,
            workload: view.workload(&pull.workload),
            node: view.evidence.nodes.iter().find(|node| node.name == pull.node),
            provider: Provider::of_host(&registry),
            registry,
            image,
            keyring,
            tried,
            broken,
            candidates: Vec::new(),
            reach: Reach::default(),
        }
    }

    /// Whether somebody said why it fails.
    pub(super) fn is_told(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// What it is called by: `deploy/web`, else the pod.
    pub(super) fn workload_name(&self) -> String {
        self.workload.map_or_else(|| format!("pod/{}", self.pull.pod), |workload| workload.name.clone())
    }

    /// Whether nothing in its pull secrets fits the image, and all of them are known. For the sandbox's image the kubelet
    /// looks into none.
    pub(super) fn has_none(&self) -> bool {
        !self.pull.is_of_sandbox()
            && self.tried.is_empty()
            && self.broken.is_none()
            && self.keyring.is_whole()
            && self.image.is_some()
    }

    /// Whether the kubelet had a credential to send.
    pub(super) fn sent(&self) -> CredentialSent {
        let was_missing = |tried: &Tried| self.pull.missing_pull_secrets.contains(&tried.secret);
        if self.tried.iter().any(|tried| !was_missing(tried)) {
            CredentialSent::Some
        } else if self.tried.is_empty() && self.has_none() && !self.provider.has_node_identity() {
            CredentialSent::None
        } else {
            CredentialSent::Unknown
        }
    }

    /// Whether the registry asked for a credential while the kubelet had not got the pull secrets that hold it, which are
    /// there: a kubelet may learn of a pod before it may read the pod's Secrets, or before they are made. Its next try
    /// has them.
    pub(super) fn lacked_what_is_there_now(&self) -> bool {
        let missing = &self.pull.missing_pull_secrets;
        let asked = self.candidates.first().is_some_and(|first| first.code.asks_for_credential());
        let is_tried = |name: &String| self.tried.iter().any(|tried| tried.secret == *name);
        asked && !missing.is_empty() && missing.iter().all(is_tried)
    }

    /// Names of the pull secrets that the credential can be from.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let unread = self.keyring.unread.iter().map(|name| (*name).to_owned());
        for name in self.tried.iter().map(|tried| tried.secret.clone()).chain(unread) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// What [`Case::read_words`] depends on: forty pods of a workload say the same.
    pub(super) fn kind_of_words(&self) -> (Option<&'e Clean>, &'e str, PullState, bool, CredentialSent) {
        let pull = self.pull;
        (pull.message.as_ref(), &pull.image, pull.state, pull.is_silent(), self.sent())
    }

    /// What its message, or its state, may mean.
    pub(super) fn read_words(&self) -> Vec<Candidate> {
        let said = self.pull.message.as_ref().map(|words| self.read(words)).unwrap_or_default();
        let unknown = said.first().is_none_or(|first| first.code == Code::Unknown);
        let by_state = by_state(self.pull.state).filter(|_| unknown && !self.pull.is_silent());
        by_state.map_or(said, |candidate| vec![candidate])
    }

    fn read(&self, words: &Clean) -> Vec<Candidate> {
        let context = Context { image: self.image.clone(), credential: self.sent() };
        let candidates = message::candidates(words.as_str(), &context);
        let is_unknown = candidates.first().is_some_and(|first| first.code == Code::Unknown);
        let backs_off =
            || message::read(words.as_str()).signs.iter().any(|sign| sign.kind == SignKind::BackOff);
        if is_unknown && backs_off() { Vec::new() } else { candidates }
    }
}

/// States that say the cause themselves.
fn by_state(state: PullState) -> Option<Candidate> {
    let (code, because) = match state {
        PullState::InvalidImageName => (Code::InvalidImageName, "the kubelet's reason is InvalidImageName"),
        PullState::ErrImageNeverPull => (Code::ImageNeverPulled, "the kubelet's reason is ErrImageNeverPull"),
        PullState::Pulling => (Code::PullNotFinished, "the last event is Pulling"),
        _ => return None,
    };
    let certain = state != PullState::Pulling;
    let settle_by = (!certain).then(|| message::settle_by(code).to_owned());
    Some(Candidate { code, certain, because: because.into(), settle_by })
}

fn tried(keyring: &Keyring<'_>, image: Option<&Reference>) -> (Vec<Tried>, Option<String>) {
    let Some(image) = image else { return (Vec::new(), None) };
    match keyring.lookup(image) {
        Ok(entries) => {
            let sends =
                entries.into_iter().filter(|(_, entry)| entry.credential.kind != CredentialKind::Empty);
            let tried = sends.map(|(secret, entry)| Tried {
                secret: secret.name.to_string(),
                credential: entry.credential.clone(),
            });
            (tried.collect(), None)
        }
        Err(error) => (Vec::new(), Some(error.secret.to_string())),
    }
}

/// An image's name as it may be shown: the API server takes any text.
pub(super) fn shown(image: &str) -> String {
    Clean::with_cap(image, 512).to_string()
}
