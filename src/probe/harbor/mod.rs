//! Asks Harbor's cores: whose key each has, who accepts whose tokens, what their clocks say, and what a client's own
//! token says of a repository (`docs/harbor.md`).
//!
//! All requests are made one after the other: Harbor blocks a user's right logins at a core while a wrong one is being
//! answered there. Cookies are never sent back.

mod clock;
mod cores;
mod decision;
mod front;
mod login;
mod looking;
mod matrix;
mod pairs;
mod paths;
mod place;
mod sites;

use tokio::time::Instant;

pub(super) use self::looking::harbor_seen;
pub use self::looking::{HarborHere, look_at_harbor};

use self::front::Door;
use self::place::{Asker, Place, Wallet};
use crate::evidence::endpoint::Endpoint;
use crate::evidence::harbor::seen::Login;
use crate::evidence::harbor::{CoreSeen, Decision, HarborSeen, Matrix};
use crate::plan::HarborAsk;
use crate::probe::Credential;
use crate::registry::client::Client;
use crate::registry::transport::{Settings, Transport};
use crate::secret::Secret;

/// Looks at a Harbor. Never fails: what could not be seen is evidence, too. Returns what was seen, and the hosts that
/// were contacted, which exchanges name by their index.
pub async fn look(
    ask: &HarborAsk,
    settings: Settings,
    credential: Option<&Credential>,
    deadline: Instant,
) -> (HarborSeen, Vec<Endpoint>) {
    let settings = sites::patience(settings, ask.cores.len(), deadline);
    let client = Client::new(Transport::new(settings), std::iter::empty(), deadline);
    let mut looking =
        Looking { ask, asker: Asker { client }, places: Vec::new(), seen: HarborSeen::default() };
    Box::pin(looking.everything(credential)).await;
    let endpoints = looking.asker.client.endpoints().to_vec();
    (looking.seen, endpoints)
}

/// Why a core is not asked.
const NO_ADDRESS: &str = "it has no address, as ip:port, at which it could be asked";
const LATE: &str = "the time was up before it was asked";

struct Looking<'a> {
    ask: &'a HarborAsk,
    asker: Asker,
    /// The cores, in the order of [`HarborSeen::cores`].
    places: Vec<Place>,
    seen: HarborSeen,
}

impl Looking<'_> {
    async fn everything(&mut self, credential: Option<&Credential>) {
        self.seen.via = self.ask.via;
        let mut door = self.door().await;
        self.cores(door.as_ref()).await;
        let mut wallet = credential.map(Wallet::new);
        let mut token = None;
        if let Some((credential, wallet)) = credential.zip(wallet.as_mut()) {
            let (login, at) = self.log_in(credential, wallet, door.as_mut(), &mut token).await;
            self.system_info(wallet).await;
            self.seen.decision = self.decision(&login, &at, wallet, door.as_mut()).await;
            self.seen.login = Some(login);
        }
        self.seen.matrix = self.matrix(wallet.as_mut(), token).await;
        clock::narrow(&mut self.asker, &mut self.places).await;
        for (core, place) in self.seen.cores.iter_mut().zip(&self.places) {
            core.clock = place.clock.bounds();
        }
        if let Some(mut door) = door {
            if door.answers() {
                door.tokens(&mut self.asker, self.ask.front_tokens).await;
                door.rejections(&mut self.asker, wallet.as_mut(), self.ask.front_tokens).await;
            }
            self.seen.front = Some(door.seen);
        }
        if let Some((login, wallet)) = self.seen.login.as_mut().zip(wallet) {
            login.refused_later = wallet.refused_later;
        }
    }

    async fn door(&mut self) -> Option<Door> {
        let origin = sites::front(self.ask)?;
        if self.ask.front_plain_http {
            self.asker.client.allow_plain_http(&origin);
        }
        Some(Door::find(&mut self.asker, origin).await)
    }

    /// What each core says to everybody.
    async fn cores(&mut self, door: Option<&Door>) {
        for address in sites::cores(self.ask, door, self.asker.client.endpoints()) {
            let why = if self.asker.is_over() { LATE } else { NO_ADDRESS };
            let place = sites::place(self.ask, &address, door).filter(|_| why != LATE);
            let Some(mut place) = place else {
                let (core, place) = sites::not_asked(&address, why);
                self.seen.cores.push(core);
                self.places.push(place);
                continue;
            };
            if sites::is_private(self.ask.via) || self.ask.front_plain_http {
                self.asker.client.allow_plain_http(&place.origin);
            }
            let core = cores::look_at(&mut self.asker, &mut place, &address).await;
            self.seen.cores.push(core);
            self.places.push(place);
        }
    }

    /// At a core, or at the front door where no core is known.
    async fn log_in(
        &mut self,
        credential: &Credential,
        wallet: &mut Wallet<'_>,
        door: Option<&mut Door>,
        token: &mut Option<(usize, Secret)>,
    ) -> (Login, String) {
        let asker = &mut self.asker;
        match door {
            Some(door) if self.places.is_empty() => {
                let places = std::slice::from_mut(&mut door.place);
                let came = login::log_in(asker, wallet, credential, places, &[]).await;
                (came.evidence, "front".to_string())
            }
            _ => {
                let cores: &[CoreSeen] = &self.seen.cores;
                let came = login::log_in(asker, wallet, credential, &mut self.places, cores).await;
                *token = came.token;
                let at = came.at.and_then(|index| self.places.get(index)).map(|place| place.name.clone());
                (came.evidence, at.unwrap_or_default())
            }
        }
    }

    async fn system_info(&mut self, wallet: &mut Wallet<'_>) {
        for (core, place) in self.seen.cores.iter_mut().zip(&mut self.places) {
            if wallet.is_good() && core.answers() && !self.asker.is_over() {
                core.info = cores::system_info(&mut self.asker, place, wallet).await;
            }
        }
    }

    /// At the front door, or where there is none that a credential may go through, at the first core that answers.
    async fn decision(
        &mut self,
        login: &Login,
        at: &str,
        wallet: &mut Wallet<'_>,
        door: Option<&mut Door>,
    ) -> Option<Decision> {
        let repository = self.ask.repository.as_deref()?;
        if !wallet.is_good() {
            return decision::of_refused(login, at, repository);
        }
        if let Some(door) = door.filter(|door| door.answers()) {
            let decided = decision::decide(&mut self.asker, &mut door.place, wallet, repository).await;
            if decided.is_some() {
                return decided;
            }
        }
        for (core, place) in self.seen.cores.iter().zip(&mut self.places) {
            if core.kid().is_some() && wallet.is_good() {
                let decided = decision::decide(&mut self.asker, place, wallet, repository).await;
                if decided.is_some() {
                    return decided;
                }
            }
        }
        None
    }

    /// With the user's tokens where the credential is good and stays so, else without.
    async fn matrix(
        &mut self,
        wallet: Option<&mut Wallet<'_>>,
        token: Option<(usize, Secret)>,
    ) -> Option<Matrix> {
        if self.places.is_empty() {
            return None;
        }
        let (asker, places, seen) = (&mut self.asker, &mut self.places, &self.seen.cores);
        if let Some(wallet) = wallet.filter(|wallet| wallet.is_good()) {
            let matrix = matrix::with_credential(asker, places, seen, wallet, token).await;
            if wallet.is_good() && matrix.controls.iter().any(|control| control.holds) {
                return Some(matrix);
            }
        }
        Some(matrix::anonymous(asker, places, seen).await)
    }
}
