//! A look at Harbor as a probe makes it: with the credential that an image of this Harbor would be pulled with.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Stop, look};
use crate::evidence::probe::{ProbeSeen, Target};
use crate::evidence::{Action, Outcome, Probe};
use crate::plan::HarborAsk;
use crate::probe::local::of_this_machine;
use crate::probe::{Credential, Credentials};
use crate::registry::reference::Reference;
use crate::registry::transport::Settings;

/// What to ask of Harbor from this machine, and how.
pub struct HarborHere {
    /// What to ask.
    pub ask: HarborAsk,
    /// The image by whose name the credential is looked up; none is used without.
    pub image: Option<String>,
    /// How it is reached.
    pub settings: Settings,
    /// How long everything may take.
    pub limit: Duration,
    /// Ends it early; what was seen until then is returned.
    pub stop: Stop,
}

/// Asks from this machine. Never fails: what could not be seen is evidence, too.
pub async fn look_at_harbor(here: HarborHere, credentials: &mut dyn Credentials) -> Probe {
    let deadline = Instant::now() + here.limit;
    let until = (deadline, &here.stop);
    let value = harbor_seen(&here.ask, here.image.as_deref(), here.settings, credentials, until).await;
    of_this_machine(Outcome::Seen { value })
}

/// Asks Harbor's cores; what the docker configurations have for `image` is one target of the result.
pub(in crate::probe) async fn harbor_seen(
    ask: &HarborAsk,
    image: Option<&str>,
    settings: Settings,
    credentials: &mut dyn Credentials,
    (deadline, stop): (Instant, &Stop),
) -> ProbeSeen {
    let mut seen = ProbeSeen {
        version: env!("CARGO_PKG_VERSION").into(),
        started_at: Some(Timestamp::now()),
        ..ProbeSeen::default()
    };
    let mut credential: Option<Credential> = None;
    if let Some((image, reference)) = image.and_then(|image| Some((image, Reference::parse(image).ok()?))) {
        let (keyring, mine) = credentials.for_image(&reference);
        seen.targets = vec![Target { keyring, ..Target::new(image, Action::Harbor) }];
        credential = mine.into_iter().find(|one| !one.is_empty());
    }
    let (harbor, endpoints) = look(ask, settings, credential.as_ref(), deadline, stop).await;
    seen.harbor = Some(harbor);
    seen.endpoints = endpoints;
    seen
}
