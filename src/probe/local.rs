//! The probe on this machine.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Credentials, Looking, look};
use crate::evidence::probe::ProbeSeen;
use crate::evidence::{Action, CredentialUse, Network, Outcome, Probe, Step};
use crate::registry::client::Client;
use crate::registry::platform::Platform;
use crate::registry::transport::{Settings, Transport};
use crate::text::Clean;

/// The id of this machine's probe in evidence.
pub const LOCAL_PROBE: &str = "probe/local";

/// What to look at from this machine, and how.
pub struct Here {
    /// What to ask.
    pub action: Action,
    /// Images or repositories.
    pub targets: Vec<String>,
    /// The platform that an index must have something for.
    pub platform: Platform,
    /// How registries are reached.
    pub settings: Settings,
    /// Registries (`host:port`) that speak plain HTTP.
    pub plain_http: Vec<String>,
    /// How often a push is repeated; 0 or 1: once.
    pub repeat: u32,
    /// The pause between repeated pushes.
    pub interval: Duration,
    /// How long everything may take.
    pub limit: Duration,
}

/// Looks. Never fails: what could not be seen is evidence, too.
pub async fn look_from_here(here: Here, credentials: &mut dyn Credentials) -> Probe {
    let looking = Looking {
        action: here.action,
        targets: here.targets,
        platform: here.platform,
        refused: Vec::new(),
        mirrors: BTreeMap::new(),
        repeat: here.repeat,
        interval: here.interval,
    };
    let deadline = Instant::now() + here.limit;
    let mut client = Client::new(Transport::new(here.settings), here.plain_http, deadline);
    let value = Box::pin(look(&looking, &mut client, credentials)).await;
    of_this_machine(Outcome::Seen { value })
}

/// This machine's probe where the user ended it before it had looked at everything.
pub fn interrupted() -> Probe {
    let message = Clean::new("it was interrupted before the result was known");
    of_this_machine(Outcome::Failed { step: Step::Interrupted, message })
}

/// A probe of this machine.
pub(super) fn of_this_machine(outcome: Outcome<ProbeSeen>) -> Probe {
    Probe {
        id: LOCAL_PROBE.into(),
        node: String::new(),
        network: Network::Local,
        namespace: String::new(),
        pod: String::new(),
        credential: CredentialUse::AsPlanned,
        outcome,
        seen_at: Some(Timestamp::now()),
    }
}
