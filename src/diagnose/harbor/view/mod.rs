//! Everything that is known of one Harbor, put together core by core.

mod groups;

use jiff::Timestamp;

pub(crate) use groups::{Agrees, Group, Key};

use crate::evidence::harbor::pods::{KeySecretSeen, Rollout, TellingLine};
use crate::evidence::harbor::seen::Via;
use crate::evidence::harbor::{CorePod, CoreSeen, Harbor, HarborSeen, KeyMount, KeySecret, PodState};
use crate::evidence::{Evidence, Network, Outcome, Probe};

/// One Harbor.
pub(crate) struct View<'a> {
    /// The whole.
    pub evidence: &'a Evidence,
    /// What the API server shows of it.
    pub harbor: Option<&'a Harbor>,
    /// Who asked its cores.
    pub probe: Option<&'a Probe>,
    /// What they answered.
    pub seen: Option<&'a HarborSeen>,
    /// Its cores: pods in the order of their names, then addresses that are no pod's.
    pub cores: Vec<Core<'a>>,
}

/// One core.
#[derive(Clone, Copy)]
pub(crate) struct Core<'a> {
    /// The pod's name, or an address of the URL.
    pub name: &'a str,
    /// The pod.
    pub pod: Option<&'a CorePod>,
    /// What it answered.
    pub seen: Option<&'a CoreSeen>,
    /// Its place in [`HarborSeen::cores`].
    pub index: Option<usize>,
}

impl<'a> Core<'a> {
    /// The id of this part of the evidence.
    pub fn id(&self) -> String {
        format!("harbor/core/{}", self.name)
    }

    /// The id of the key that it signs with.
    pub fn kid(&self) -> Option<&'a str> {
        self.seen.and_then(CoreSeen::kid).map(|kid| kid.as_str())
    }

    /// The checksum of its key's file.
    pub fn sum(&self) -> Option<&'a str> {
        match self.pod?.file.as_ref()? {
            Outcome::Seen { value } => Some(value.sha256.as_str()),
            _ => None,
        }
    }

    /// Whether it serves; an address that is no pod's does.
    pub fn state(&self) -> PodState {
        self.pod.map_or(PodState::Ready, |pod| pod.state)
    }

    /// Whether it takes part in what users see.
    pub fn serves(&self) -> bool {
        self.state() == PodState::Ready
    }

    /// When its container started.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.pod?.started_at
    }
}

impl<'a> View<'a> {
    /// The Harbor of this evidence; `None` where none was looked at.
    pub fn of(evidence: &'a Evidence) -> Option<Self> {
        let seen = evidence.probes.iter().filter_map(|probe| Some((probe, probe.seen()?.harbor.as_ref()?)));
        // Of several observers the one that the most cores answered; of equals the first.
        let best = seen.min_by_key(|(_, seen)| {
            std::cmp::Reverse(seen.cores.iter().filter(|core| core.answers()).count())
        });
        let (probe, seen) = (best.map(|(probe, _)| probe), best.map(|(_, seen)| seen));
        let harbor = evidence.harbor.as_ref();
        (harbor.is_some() || seen.is_some()).then(|| Self {
            evidence,
            harbor,
            probe,
            seen,
            cores: cores(harbor, seen),
        })
    }

    /// The same Harbor as the nodes see it that asked its front door only, beside the one that asked the cores.
    pub fn by_nodes(&self) -> Vec<Self> {
        let others = self.evidence.probes.iter().filter(|probe| {
            probe.network == Network::Node && self.probe.is_none_or(|own| own.id != probe.id)
        });
        let view = |probe: &'a Probe| {
            let seen = probe.seen()?.harbor.as_ref()?;
            Some(Self {
                probe: Some(probe),
                seen: Some(seen),
                cores: cores(self.harbor, Some(seen)),
                ..*self
            })
        };
        others.filter_map(view).collect()
    }

    /// Harbor's namespace.
    pub fn namespace(&self) -> &'a str {
        self.harbor.map_or(&self.evidence.plan.namespace, |harbor| &harbor.namespace)
    }

    /// Whether it was asked by its URL, so that an address may stand for several cores.
    pub fn is_by_url(&self) -> bool {
        self.seen.is_some_and(|seen| seen.via == Via::Url)
    }

    /// The id of a part of what the observer saw: `matrix`, `front`, `decision`, `login`.
    pub fn part(&self, what: &str) -> String {
        match self.probe {
            Some(probe) => format!("{}/{what}", probe.id),
            None => format!("harbor/{what}"),
        }
    }

    /// The cores that take part in what users see.
    pub fn serving(&self) -> impl Iterator<Item = &Core<'a>> {
        self.cores.iter().filter(|core| core.serves())
    }

    /// The rollout of the cores that is not finished.
    pub fn rollout(&self) -> Option<&'a Rollout> {
        let of_cores = |rollout: &&Rollout| {
            let name = rollout.workload.rsplit('/').next().unwrap_or_default();
            let begins =
                |pod: &CorePod| pod.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
            self.harbor.is_some_and(|harbor| harbor.cores.iter().any(begins))
        };
        self.harbor?.rollouts.iter().find(of_cores)
    }

    /// The workload of the cores: `deployment/harbor-core`; `None` where it cannot be told, or there are several.
    pub fn workload(&self) -> Option<String> {
        if let Some(rollout) = self.rollout() {
            return Some(rollout.workload.clone());
        }
        let pods = self.cores.iter().filter_map(|core| core.pod).filter(|pod| !pod.revision.is_empty());
        let name = |pod: &CorePod| {
            let (of_set, _) = pod.name.rsplit_once('-')?;
            Some(format!("deployment/{}", of_set.strip_suffix(&pod.revision)?.strip_suffix('-')?))
        };
        let mut names = pods.filter_map(name);
        let first = names.next()?;
        names.all(|name| name == first).then_some(first)
    }

    /// The Secret that a core mounts its key from.
    pub fn secret(&self, core: &Core<'a>) -> Option<&'a KeySecret> {
        let KeyMount::Secret { name, key, .. } = &core.pod?.key.mount else { return None };
        self.harbor?.key_secrets.iter().find(|secret| secret.name == *name && secret.key == *key)
    }

    /// What that Secret holds now, where it may be read.
    pub fn secret_seen(&self, core: &Core<'a>) -> Option<&'a KeySecretSeen> {
        match &self.secret(core)?.outcome {
            Outcome::Seen { value } => Some(value),
            _ => None,
        }
    }

    /// How many lines of a kind a core logged; `None` where its log was not read.
    pub fn logged(&self, core: &str, line: TellingLine) -> Option<u32> {
        let log = self.harbor?.logs.iter().find(|log| log.pod == core)?;
        let Outcome::Seen { value } = &log.outcome else { return None };
        let counts = value.iter().filter(|count| count.line == line).map(|count| count.count);
        Some(counts.fold(0, u32::saturating_add))
    }

    /// How many lines of a kind all cores logged together.
    pub fn logged_by_all(&self, line: TellingLine) -> u32 {
        self.cores.iter().filter_map(|core| self.logged(core.name, line)).fold(0, u32::saturating_add)
    }

    /// Whether a line of a kind names that account in the log of a core.
    pub fn log_names(&self, line: TellingLine, account: &str) -> bool {
        let logs = self.harbor.iter().flat_map(|harbor| &harbor.logs);
        let counts = logs.filter_map(|log| match &log.outcome {
            Outcome::Seen { value } => Some(value),
            _ => None,
        });
        counts
            .flatten()
            .filter(|count| count.line == line)
            .any(|count| count.accounts.iter().any(|named| named.as_str() == account))
    }

    /// How many seconds a token lives, by the first one whose claims say so.
    pub fn lifetime(&self) -> Option<i64> {
        let claims = self.cores.iter().filter_map(|core| core.seen?.token.answer()?.claims.as_ref());
        let seconds = |exp: Timestamp, iat: Timestamp| exp.as_second().saturating_sub(iat.as_second());
        claims.filter_map(|claims| Some(seconds(claims.exp?, claims.iat.or(claims.nbf)?))).next()
    }
}

fn cores<'a>(harbor: Option<&'a Harbor>, seen: Option<&'a HarborSeen>) -> Vec<Core<'a>> {
    let answers: Vec<(usize, &CoreSeen)> =
        seen.iter().flat_map(|seen| seen.cores.iter().enumerate()).collect();
    let pods: Vec<&CorePod> = harbor.iter().flat_map(|harbor| &harbor.cores).collect();
    let of_pod = |pod: &&'a CorePod| {
        let answer = answers.iter().find(|(_, core)| core.name == pod.name);
        let (index, seen) = (answer.map(|(index, _)| *index), answer.map(|(_, core)| *core));
        Core { name: &pod.name, pod: Some(pod), seen, index }
    };
    let is_pods = |core: &CoreSeen| pods.iter().any(|pod| pod.name == core.name);
    let others = answers.iter().filter(|(_, core)| !is_pods(core));
    let others = others.map(|(index, core)| Core {
        name: &core.name,
        pod: None,
        seen: Some(core),
        index: Some(*index),
    });
    pods.iter().map(of_pod).chain(others).collect()
}
