//! One image of one probe: the unit that rules judge.

use jiff::Timestamp;

use super::way::Fault;
use crate::code::Code;
use crate::diagnose::pull::judge;
use crate::evidence::endpoint::{Endpoint, Role, Scheme};
use crate::evidence::probe::{Attempt, Exchange, Target};
use crate::evidence::{Action, Evidence, Network, Probe, ProbeSeen, Pull};
use crate::registry::known::Provider;
use crate::registry::reference::Reference;

/// One image or repository that one probe looked at.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    /// The whole.
    pub evidence: &'a Evidence,
    /// The probe.
    pub probe: &'a Probe,
    /// What it saw.
    pub seen: &'a ProbeSeen,
    /// What it saw of the image.
    pub target: &'a Target,
    /// The image's place among the probe's.
    pub index: usize,
}

/// Everything that probes looked at.
pub(crate) fn looks(evidence: &Evidence) -> impl Iterator<Item = Look<'_>> {
    evidence.probes.iter().filter_map(|probe| Some((probe, probe.seen()?))).flat_map(move |(probe, seen)| {
        let targets = seen.targets.iter().enumerate();
        targets.map(move |(index, target)| Look { evidence, probe, seen, target, index })
    })
}

impl<'a> Look<'a> {
    /// The id of this part of the evidence: the probe's with the image's index.
    pub fn id(&self) -> String {
        format!("{}/{}", self.probe.id, self.index)
    }

    /// The image as a reference; `None` for a name that no registry could have.
    pub fn reference(&self) -> Option<Reference> {
        Reference::parse(&self.target.image).ok()
    }

    /// The registry's host, with its port.
    pub fn registry(&self) -> String {
        self.reference().map_or_else(|| self.target.image.clone(), |image| image.registry().to_string())
    }

    /// The repository's path, without the registry.
    pub fn repository(&self) -> String {
        self.reference().map(|image| image.path().to_string()).unwrap_or_default()
    }

    /// Whose registry it is, by its name and by what it says.
    pub fn provider(&self) -> Provider {
        let answers = self.all_looks_of_registry().filter_map(|look| look.target.ping.as_ref()?.answer());
        let refine = |provider: Provider, answer: &crate::evidence::probe::Answer| {
            provider.refined(&answer.challenges, answer.server.as_ref().map(|server| server.as_str()))
        };
        answers.fold(Provider::of_host(&self.registry()), refine)
    }

    /// The first image of a registry has the answer to the ping for all of them.
    fn all_looks_of_registry(&self) -> impl Iterator<Item = Look<'a>> + use<'a> {
        let (registry, probe) = (self.registry(), self.probe.id.as_str());
        looks(self.evidence).filter(move |other| other.probe.id == probe && other.registry() == registry)
    }

    /// The attempt without a credential.
    pub fn anonymous(&self) -> Option<&'a Attempt> {
        self.target.attempts.iter().find(|attempt| attempt.credential.is_none())
    }

    /// The attempts with the credentials that match, in the order in which they are tried.
    pub fn with_credentials(&self) -> impl Iterator<Item = &'a Attempt> + use<'a> {
        self.target.attempts.iter().filter(|attempt| attempt.credential.is_some())
    }

    /// The attempts that a kubelet would make: with each credential that matches, and only where there is none
    /// without.
    pub fn tried(&self) -> Vec<&'a Attempt> {
        let matching: Vec<&Attempt> = self.with_credentials().collect();
        if matching.is_empty() { self.anonymous().into_iter().collect() } else { matching }
    }

    /// The attempt that decides: the first that works, else the first that was made.
    pub fn deciding(&self) -> Option<&'a Attempt> {
        let tried = self.tried();
        let made = |attempt: &&&Attempt| attempt.withheld.is_none();
        let works = tried.iter().find(|attempt| attempt.succeeded());
        works.or_else(|| tried.iter().find(made)).or(tried.first()).copied()
    }

    /// Whether a configuration that cannot be read fails the look-up for every image. It does so to the kubelet
    /// alone: each client of a machine or builder reads files of its own.
    pub fn look_up_fails(&self) -> bool {
        self.has_kubelet_keyring() && !self.target.keyring.broken.is_empty()
    }

    /// Whether the credentials are pull secrets, which the kubelet reads, and not configurations of clients.
    pub fn has_kubelet_keyring(&self) -> bool {
        self.probe.network != Network::Local && !super::about::is_builder(self)
    }

    /// Whether somebody pulls (or pushes) it with what the identity has.
    pub fn works(&self) -> bool {
        !self.look_up_fails()
            && self.deciding().is_some_and(Attempt::succeeded)
            && self.endpoints().all(|(_, endpoint)| super::way::fault(endpoint).is_none())
    }

    /// Whether the series of pushes was done with the credential of this attempt: the first that was not refused
    /// (`series::choose` of the probe).
    pub fn is_of_series(&self, attempt: &Attempt) -> bool {
        let usable = |one: &&Attempt| one.withheld.is_none() && !one.refuses_credential();
        let chosen = self.with_credentials().find(usable).or_else(|| self.with_credentials().next());
        chosen.is_none_or(|chosen| std::ptr::eq(chosen, attempt))
    }

    /// Whether it works without a credential.
    pub fn is_public(&self) -> bool {
        self.anonymous().is_some_and(Attempt::succeeded)
    }

    /// Every request that was made for it.
    pub fn exchanges(&self) -> impl Iterator<Item = &'a Exchange> + use<'a> {
        let attempts = self.target.attempts.iter().flat_map(|attempt| &attempt.exchanges);
        let series = self.target.series.iter().flat_map(|series| &series.failures);
        self.target.ping.iter().chain(attempts).chain(series)
    }

    /// The host that a request was made to.
    pub fn endpoint(&self, exchange: &Exchange) -> Option<&'a Endpoint> {
        self.seen.endpoints.get(exchange.endpoint?)
    }

    /// The host that answered a request, or failed: behind redirects, the last one.
    pub fn last_endpoint(&self, exchange: &Exchange) -> Option<&'a Endpoint> {
        match exchange.redirects.last() {
            Some(index) => self.seen.endpoints.get(*index),
            None => self.endpoint(exchange),
        }
    }

    /// The hosts that were contacted for it, with the proxies between, each once.
    pub fn endpoints(&self) -> impl Iterator<Item = (usize, &'a Endpoint)> + use<'a> {
        let mut indexes: Vec<usize> = Vec::new();
        for exchange in self.exchanges() {
            for index in exchange.endpoint.iter().chain(&exchange.redirects) {
                indexes.extend(self.proxy_of(*index));
                indexes.extend(self.before_the_clear(*index));
                indexes.push(*index);
            }
        }
        let mut seen = std::collections::HashSet::new();
        indexes.retain(|index| seen.insert(*index));
        let endpoints = &self.seen.endpoints;
        indexes.into_iter().filter_map(move |index| Some((index, endpoints.get(index)?)))
    }

    /// Where HTTPS was tried first, of a registry that was then asked in the clear at the same port.
    fn before_the_clear(&self, index: usize) -> Option<usize> {
        let clear = self.seen.endpoints.get(index).filter(|endpoint| endpoint.scheme == Scheme::Http)?;
        let same = |other: &Endpoint| {
            other.scheme == Scheme::Https && other.host == clear.host && other.port == clear.port
        };
        self.seen.endpoints.iter().position(same)
    }

    fn proxy_of(&self, index: usize) -> Option<usize> {
        let shown = self.seen.endpoints.get(index)?.proxy.as_ref()?;
        self.seen.endpoints.iter().position(|other| {
            other.role == Role::Proxy
                && (other.url() == shown.as_str() || shown.as_str().ends_with(&super::way::authority(other)))
        })
    }

    /// The kubelet's pull of the same image on the same node.
    pub fn pull(&self) -> Option<&'a Pull> {
        let same = |pull: &&Pull| pull.node == self.probe.node && pull.image == self.target.image;
        self.evidence.pulls.iter().filter(|_| !self.probe.node.is_empty()).find(same)
    }

    /// Whether the node's own kubelet pulls the image, so that the node's own path works.
    pub fn kubelet_pulls(&self) -> bool {
        self.probe.network == Network::Node
            && self.target.action != Action::Push
            && self.pull().is_some_and(Pull::is_pulled)
    }

    /// Whether the node's kubelet gets past what a probe stumbles over on the way to a host. What depends on the
    /// node's configuration alone (trust, plain HTTP) is settled by the kubelet for both networks: no pod pulls
    /// images. There its pull need not have worked: an answer of the registry is past the handshake.
    pub fn kubelet_gets_past(&self, endpoint: &Endpoint, fault: &Fault) -> bool {
        if !fault.is_configuration() || self.target.action == Action::Push {
            return self.kubelet_pulls();
        }
        let at_registry = endpoint.role == Role::Registry;
        self.pull().is_some_and(|pull| pull.is_pulled() || (at_registry && self.was_answered(pull)))
    }

    fn was_answered(&self, pull: &Pull) -> bool {
        let Some((_, candidates)) = judge(pull, self.evidence) else { return false };
        candidates.first().is_some_and(|first| is_answer(first.code))
    }

    /// When it was seen (UTC), by the registry's own clock where it said so.
    pub fn seen_at(&self) -> Timestamp {
        let date = self.exchanges().filter_map(Exchange::answer).find_map(|answer| answer.date);
        date.or(self.probe.seen_at).unwrap_or(self.evidence.collected_at)
    }
}

/// Whether only a registry that was reached, with its handshake done, gives this cause.
fn is_answer(code: Code) -> bool {
    code.asks_for_credential()
        || matches!(
            code,
            Code::CredentialNotVisible
                | Code::CredentialHelperFailed
                | Code::PullSecretMissing
                | Code::PullSecretWrongType
                | Code::PullSecretNoMatch
                | Code::PullSecretEmpty
                | Code::RobotAccountUnusable
                | Code::RateLimited
                | Code::PlatformMissing
        )
}
