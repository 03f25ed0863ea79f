//! How pulls with a Secret go, which tells copies of one name apart.

use std::collections::HashMap;

use super::pullers::{Puller, State};
use super::wants::Want;
use crate::evidence::workloads::PullSecret;

/// What pulls say of a Secret; first what speaks for it most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Pods started with it, and none is refused.
    Works,
    /// Nobody uses it alone, or some pulls work and others are refused.
    Unknown,
    /// A registry refuses pulls with it, and none works.
    Refused,
}

/// Secrets that decided pulls, by their ids.
pub(super) struct Standings<'e>(HashMap<&'e str, Standing>);

impl<'e> Standings<'e> {
    /// By the pulls for which a Secret alone has what matches: of several, any may have been the one that counted.
    pub(super) fn of(pullers: &[Puller<'e>]) -> Self {
        let mut standings: HashMap<&'e str, Standing> = HashMap::new();
        for one in pullers.iter().flat_map(|puller| &puller.uses) {
            let standing = match one.state {
                State::Works => Standing::Works,
                State::Fails(Want::Credential) => Standing::Refused,
                State::Fails(_) | State::Untried => continue,
            };
            let mut tried = one.matching.iter().flatten().map(|tried| tried.secret.id.as_str());
            let Some(first) = tried.next().filter(|first| tried.all(|other| other == *first)) else {
                continue;
            };
            let known = standings.entry(first).or_insert(standing);
            if *known != standing {
                *known = Standing::Unknown;
            }
        }
        Self(standings)
    }

    /// What is known of a Secret.
    pub(super) fn of_secret(&self, secret: &PullSecret) -> Standing {
        self.0.get(secret.id.as_str()).copied().unwrap_or(Standing::Unknown)
    }
}
