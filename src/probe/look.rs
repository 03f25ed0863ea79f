//! Looks at each target: without a credential, then with each that matches, in the kubelet's order.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::credentials::{Credential, Credentials};
use super::node_config::{Hosts, Mirror};
use super::place::Place;
use super::series;
use super::task::Refused;
use crate::evidence::endpoint::Scheme;
use crate::evidence::probe::{Action, Attempt, Exchange, ExchangeStep, ProbeSeen, Target, Withheld};
use crate::registry::challenge::Challenge;
use crate::registry::client::{Client, Depth, Login, Subject};
use crate::registry::platform::Platform;
use crate::registry::reference::Reference;
use crate::registry::transport::Origin;
use crate::secret::Fingerprint;
use crate::text::Clean;

/// What to look at and how.
pub struct Looking {
    /// What to ask.
    pub action: Action,
    /// Images or repositories, as the user wrote them.
    pub targets: Vec<String>,
    /// The platform that an index must have something for.
    pub platform: Platform,
    /// Credentials that were refused elsewhere.
    pub refused: Vec<Refused>,
    /// Hosts that the node's runtime asks in a registry's place, by the registry's name.
    pub mirrors: BTreeMap<String, Hosts>,
    /// How often a push is repeated; 0 or 1: once.
    pub repeat: u32,
    /// The pause between repeated pushes.
    pub interval: std::time::Duration,
}

/// Does it. Never fails: what could not be seen is evidence, too.
pub async fn look(looking: &Looking, client: &mut Client, credentials: &mut dyn Credentials) -> ProbeSeen {
    let mut seen = ProbeSeen {
        version: env!("CARGO_PKG_VERSION").into(),
        started_at: Some(Timestamp::now()),
        ..ProbeSeen::default()
    };
    let mut observer = Observer { looking, client, pings: BTreeMap::new(), refused: HashSet::new() };
    for image in &looking.targets {
        let target = observer.target(image, credentials).await;
        seen.targets.push(target);
    }
    seen.endpoints = client.kept_endpoints();
    seen
}

struct Observer<'a> {
    looking: &'a Looking,
    client: &'a mut Client,
    /// How each place is spoken to and what it asks for, by [`Place::key`].
    pings: BTreeMap<String, (Origin, Vec<Challenge>)>,
    /// Credentials that were refused, with the origin of the token service or registry that did.
    refused: HashSet<(String, Fingerprint)>,
}

impl Observer<'_> {
    async fn target(&mut self, image: &str, credentials: &mut dyn Credentials) -> Target {
        let mut target = Target::new(image, self.looking.action);
        let Ok(reference) = Reference::parse(image) else { return target };
        let (keyring, mine) = credentials.for_image(&reference);
        target.keyring = keyring;
        let Some((place, challenges)) = Box::pin(self.through_hosts(&reference, &mine, &mut target)).await
        else {
            return target;
        };
        if self.looking.action == Action::Push && self.looking.repeat > 1 {
            let chosen = series::choose(&target, &mine);
            let subject = Subject {
                registry: &place.registry,
                prefix: &place.prefix,
                repository: &place.repository,
                challenges: &challenges,
                login: chosen.map_or(Login::Anonymous, |(_, credential)| credential.login()),
            };
            let first = target.attempts.get(chosen.map_or(0, |(index, _)| index + 1));
            let (series, refusal) = series::run(self.client, &subject, first, self.looking).await;
            if let Some((refusal, (_, credential))) = refusal.zip(chosen) {
                self.refused_by(place.asker(&challenges), refusal.sent_to.as_ref(), credential);
            }
            target.series = Some(series);
        }
        target
    }

    /// Asks the hosts in the runtime's order until the image comes from one; what the last one said stands. One that
    /// refuses a credential is the last: the next might count the same password as another failed login.
    async fn through_hosts(
        &mut self,
        reference: &Reference,
        mine: &[Credential],
        target: &mut Target,
    ) -> Option<(Place, Vec<Challenge>)> {
        let (mut last, mut asked) = (None, None::<String>);
        for mut place in self.places(reference)? {
            if let Some(passed) = asked.replace(place.key()) {
                self.forget(&passed, target);
            }
            target.via.clone_from(&place.via);
            if place.via.is_some() && place.registry.scheme() == Scheme::Http {
                self.client.allow_plain_http(&place.registry);
            }
            let challenges = self.attempts(&mut place, mine, target).await;
            let refused =
                |one: &Attempt| one.refuses_credential() || one.withheld == Some(Withheld::RefusedBefore);
            let ends = target.attempts.iter().any(|one| one.succeeded() || refused(one));
            last = Some((place, challenges));
            if ends {
                break;
            }
        }
        last
    }

    /// What a host said that was passed over; the next image asks it anew.
    fn forget(&mut self, passed: &str, target: &mut Target) {
        self.pings.remove(passed);
        target.attempts.clear();
        target.ping = None;
    }

    /// Without a credential, then with each.
    async fn attempts(
        &mut self,
        place: &mut Place,
        mine: &[Credential],
        target: &mut Target,
    ) -> Vec<Challenge> {
        let challenges = self.ping(place, target).await;
        let anonymous = self.attempt(place, &challenges, Login::Anonymous, Depth::Layer).await;
        let mut depth = if anonymous.succeeded() { Depth::Head } else { Depth::Layer };
        target.attempts.push(anonymous);
        for credential in mine {
            let attempt = self.with_credential(place, &challenges, credential, depth).await;
            if attempt.succeeded() {
                depth = Depth::Head;
            }
            target.attempts.push(attempt);
        }
        challenges
    }

    /// Where to ask, in the runtime's order: mirrors, then the server, which is the registry unless the node's
    /// configuration says otherwise. A push goes to the registry itself.
    fn places(&self, reference: &Reference) -> Option<Vec<Place>> {
        let own = self.place(reference)?;
        let hosts =
            self.looking.mirrors.get(reference.registry()).filter(|_| self.looking.action != Action::Push);
        let Some(hosts) = hosts else { return Some(vec![own]) };
        let through = |mirror: &Mirror| Place {
            via: Some(Clean::new(&format!("{}{}", mirror.origin, mirror.prefix))),
            registry: mirror.origin.clone(),
            prefix: mirror.prefix.clone(),
            ..own.clone()
        };
        let is_own = |mirror: &&Mirror| mirror.origin == own.registry && mirror.prefix == own.prefix;
        let server = hosts.server.as_ref().filter(|server| !is_own(server)).map(through);
        let mut places: Vec<Place> = hosts.mirrors.iter().map(through).collect();
        places.push(server.unwrap_or_else(|| own.clone()));
        Some(places)
    }

    fn place(&self, reference: &Reference) -> Option<Place> {
        let tag = || reference.tag().unwrap_or("latest").to_string();
        Some(Place {
            via: None,
            registry: self.client.origin_of(reference.registry())?,
            prefix: "/v2".into(),
            repository: reference.path().to_string(),
            reference: reference.digest().map_or_else(tag, str::to_string),
        })
    }

    /// What the registry asks for; asked once. Where HTTP is spoken at the port of HTTPS, the rest is asked in the
    /// clear, without credentials.
    async fn ping(&mut self, place: &mut Place, target: &mut Target) -> Vec<Challenge> {
        let key = place.key();
        if let Some((origin, challenges)) = self.pings.get(&key) {
            place.registry = origin.clone();
            return challenges.clone();
        }
        let mut ping = self.client.ping(&place.registry, &place.prefix).await;
        if self.client.speaks_plain_http(&ping) {
            let registry = &place.registry;
            place.registry = Origin::new(Scheme::Http, registry.host(), registry.port());
            ping = self.client.ping(&place.registry, &place.prefix).await;
        }
        let challenges = challenges(&ping);
        self.pings.insert(key, (place.registry.clone(), challenges.clone()));
        target.ping = Some(ping);
        challenges
    }

    async fn with_credential(
        &mut self,
        place: &Place,
        challenges: &[Challenge],
        credential: &Credential,
        depth: Depth,
    ) -> Attempt {
        let origin = place.asker(challenges);
        let mut attempt = match self.reason_to_withhold(&origin, credential) {
            Some(reason) => Attempt { withheld: Some(reason), ..Attempt::default() },
            None => self.attempt(place, challenges, credential.login(), depth).await,
        };
        attempt.credential = Some(credential.seen.clone());
        if attempt.refuses_credential() {
            self.refused_by(origin, attempt.sent_to.as_ref(), credential);
        }
        attempt
    }

    /// Remembers a refusal, by the origin that was to be asked and by the one that was: a registry may name its token
    /// service only later.
    fn refused_by(&mut self, origin: String, sent_to: Option<&Clean>, credential: &Credential) {
        if let Some(fingerprint) = &credential.seen.described.fingerprint {
            let sent_to = sent_to.map(|sent_to| (sent_to.to_string(), fingerprint.clone()));
            self.refused.extend([(origin, fingerprint.clone())].into_iter().chain(sent_to));
        }
    }

    /// A refused credential is sent once: neither again from here, nor after it was refused elsewhere.
    fn reason_to_withhold(&self, origin: &str, credential: &Credential) -> Option<Withheld> {
        let Some(fingerprint) =
            credential.seen.described.fingerprint.as_ref().filter(|_| !credential.is_empty())
        else {
            return Some(Withheld::Empty);
        };
        if self.refused.contains(&(origin.to_string(), fingerprint.clone())) {
            return Some(Withheld::RefusedBefore);
        }
        let refused = self.looking.refused.iter().find(|refused| refused.holds_back(fingerprint, origin))?;
        Some(Withheld::RefusedElsewhere { on: refused.on.clone() })
    }

    async fn attempt(
        &mut self,
        place: &Place,
        challenges: &[Challenge],
        login: Login<'_>,
        depth: Depth,
    ) -> Attempt {
        let subject = Subject {
            registry: &place.registry,
            prefix: &place.prefix,
            repository: &place.repository,
            challenges,
            login,
        };
        let platform = &self.looking.platform;
        let attempted = match self.looking.action {
            Action::Push => self.client.push(&subject).await,
            Action::Pull => self.client.pull(&subject, &place.reference, platform, depth).await,
            // The others have no targets; what has one is looked at as a limit is: least.
            Action::Limits
            | Action::Harbor
            | Action::Clock
            | Action::Explain
            | Action::Why
            | Action::Secrets
            | Action::Doctor
            | Action::Preflight => {
                let mut limits = self.client.pull(&subject, &place.reference, platform, Depth::Head).await;
                for exchange in &mut limits.exchanges {
                    if exchange.step == ExchangeStep::Manifest {
                        exchange.step = ExchangeStep::RateLimit;
                    }
                }
                limits
            }
        };
        attempted.into()
    }
}

/// What a registry asks for.
fn challenges(ping: &Exchange) -> Vec<Challenge> {
    ping.answer().map(|answer| answer.challenges.clone()).unwrap_or_default()
}
