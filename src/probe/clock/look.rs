//! The whole look: time servers, kernel, registries and their token services.

use std::collections::HashSet;

use tokio::time::Instant;

use super::dates::{self, Narrowing};
use super::{kernel, sntp};
use crate::evidence::clock::{ClockSeen, TokenTimes, Untold};
use crate::evidence::endpoint::{Role, Scheme};
use crate::evidence::probe::Exchange;
use crate::plan::ClockAsk;
use crate::registry::challenge::Challenge;
use crate::registry::client::{Client, Issued, Stamped};
use crate::registry::reference::Reference;
use crate::registry::transport::{Origin, Settings};
use crate::text::Clean;

/// What a look needs beside its plan.
pub struct How<'a> {
    /// Where names come from.
    pub settings: &'a Settings,
    /// How time servers are asked.
    pub pace: sntp::Pace,
    /// When it ends.
    pub deadline: Instant,
}

/// Looks at the node's clock. Never fails: what could not be seen is evidence, too.
pub async fn look(ask: &ClockAsk, targets: &[String], client: &mut Client, how: &How<'_>) -> ClockSeen {
    let (kernel, kernel_refusal) = match kernel::ask() {
        Ok(clock) => (Some(clock), None),
        Err(refusal) => (None, refusal),
    };
    let mut seen = ClockSeen { kernel, kernel_refusal, ..ClockSeen::default() };
    let mut servers = Servers { client, asked: HashSet::new(), seen: &mut seen };
    let registries = async {
        for image in targets {
            servers.registry(image).await;
        }
    };
    let times = sntp::ask_all(&ask.ntp_servers, how.settings, how.pace, how.deadline);
    let (ntp, ()) = tokio::join!(times, registries);
    seen.ntp = ntp;
    seen
}

/// Registries and token services, each asked once.
struct Servers<'a> {
    client: &'a mut Client,
    /// Registries and authorities whose clock was looked at.
    asked: HashSet<String>,
    seen: &'a mut ClockSeen,
}

impl Servers<'_> {
    /// The clocks of an image's registry and of its token service.
    async fn registry(&mut self, image: &str) {
        let reference = Reference::parse(image).ok();
        let origin = reference.as_ref().and_then(|one| self.client.origin_of(one.registry()));
        let Some((reference, origin)) = reference.zip(origin) else {
            return self.untold(image, "Date", Clean::new("it is not a reference of an image"));
        };
        if !self.asked.insert(format!("registry {}", reference.registry())) {
            return;
        }
        let (origin, ping) = self.ping(origin).await;
        let challenges = match ping.answer() {
            Some(answer) => answer.challenges.clone(),
            None => return self.untold(&origin.authority(), "Date", dates::why(&ping.result)),
        };
        // The token first: its service may be the registry's own front, and then tells the same.
        let service = self.token(&origin, &challenges, reference.path()).await;
        self.date(&origin, Role::Registry, "/v2/", Narrowing::default()).await;
        if let Some(issued) = service {
            let mut told = Narrowing::default();
            told.add(&stamp(&issued));
            self.date(&issued.service.origin, Role::TokenService, issued.service.path.as_str(), told).await;
        }
    }

    /// What the registry asks for, over HTTP where that is what it speaks.
    async fn ping(&mut self, origin: Origin) -> (Origin, Exchange) {
        let ping = self.client.ping(&origin, "/v2").await;
        if !self.client.speaks_plain_http(&ping) {
            return (origin, ping);
        }
        let origin = Origin::new(Scheme::Http, origin.host(), origin.port());
        let ping = self.client.ping(&origin, "/v2").await;
        (origin, ping)
    }

    /// The times of a token that anybody gets.
    async fn token(
        &mut self,
        registry: &Origin,
        challenges: &[Challenge],
        repository: &str,
    ) -> Option<Issued> {
        let issued = self.client.anonymous_token(registry, challenges, repository).await?;
        let service = issued.service.origin.authority();
        let claims = issued.exchange.answer().and_then(|answer| answer.claims.as_ref());
        match claims.map(|claims| (claims.iat, claims.nbf, claims.exp)) {
            Some((iat, nbf, exp)) if iat.or(nbf).or(exp).is_some() => self.seen.tokens.push(TokenTimes {
                service,
                iat,
                nbf,
                exp,
                sent_at: Some(issued.sent),
                received_at: issued.received,
            }),
            _ if issued.exchange.is_good() => {
                self.untold(&service, "token", Clean::new("its token tells no times"));
            }
            _ => self.untold(&service, "token", dates::why(&issued.exchange.result)),
        }
        Some(issued)
    }

    async fn date(&mut self, origin: &Origin, role: Role, path: &str, told: Narrowing) {
        if !self.asked.insert(origin.authority()) {
            return;
        }
        match dates::narrow(self.client, origin, role, path, told).await {
            Ok(seen) => self.seen.dates.push(seen),
            Err(untold) => self.seen.untold.push(untold),
        }
    }

    fn untold(&mut self, server: &str, what: &str, why: Clean) {
        self.seen.untold.push(Untold { server: server.to_string(), what: what.into(), why });
    }
}

/// What the answer with a token tells by its `Date`.
fn stamp(issued: &Issued) -> Stamped {
    let date = issued.exchange.answer().and_then(|answer| answer.date);
    let date = date.filter(|_| issued.exchange.redirects.is_empty());
    Stamped { date, sent: issued.sent, received: issued.received }
}
