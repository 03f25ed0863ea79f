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
mod stop;
mod unasked;
mod wallet;

use tokio::time::Instant;

pub(super) use self::looking::harbor_seen;
pub use self::looking::{HarborHere, look_at_harbor};
pub use self::stop::Stop;

use self::front::Door;
use self::place::{Asker, Place};
use self::unasked::{CORES, PAIRS, left};
use self::wallet::Wallet;
use crate::evidence::endpoint::Endpoint;
use crate::evidence::harbor::seen::Login;
use crate::evidence::harbor::{CoreSeen, Decision, HarborSeen, Matrix};
use crate::plan::HarborAsk;
use crate::probe::Credential;
use crate::registry::client::Client;
use crate::registry::transport::{Settings, Transport};
use crate::secret::Secret;

/// Looks at a Harbor until everything is seen, `deadline` comes or it is stopped. Never fails: what could not be seen is
/// evidence, too. Returns what was seen, and the hosts that were contacted, which exchanges name by their index.
pub async fn look(
    ask: &HarborAsk,
    settings: Settings,
    credential: Option<&Credential>,
    deadline: Instant,
    stop: &Stop,
) -> (HarborSeen, Vec<Endpoint>) {
    let settings = sites::patience(settings, ask.cores.len(), deadline);
    let client = Client::new(Transport::new(settings), std::iter::empty(), deadline);
    let asker = Asker { client, stop: stop.clone() };
    let mut looking = Looking { ask, asker, places: Vec::new(), seen: HarborSeen::default() };
    Box::pin(looking.everything(credential)).await;
    let endpoints = looking.asker.client.kept_endpoints();
    (looking.seen, endpoints)
}

/// Why a core is not asked.
const NO_ADDRESS: &str = "it has no address, as ip:port, at which it could be asked";

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
            let login = self.log_in(credential, wallet, door.as_mut(), &mut token).await;
            self.system_info(wallet).await;
            self.seen.decision = self.decision(wallet, door.as_mut()).await;
            self.seen.login = Some(login);
        }
        self.seen.matrix = self.matrix(wallet.as_mut(), token).await;
        let wide = clock::narrow(&mut self.asker, &mut self.places).await;
        let wide = left(wide, self.places.len(), CORES);
        self.leave_out(wide.map(|cores| format!("a closer look at the clocks of {cores}")));
        for (core, place) in self.seen.cores.iter_mut().zip(&mut self.places) {
            core.clock = place.clock.bounds();
            core.stopped = place.stopped.take();
        }
        if let Some(door) = door {
            self.front(door, wallet.as_mut()).await;
        }
        if let Some((login, wallet)) = self.seen.login.as_mut().zip(wallet) {
            login.refused_later = wallet.refused_later;
        }
    }

    async fn door(&mut self) -> Option<Door> {
        let origin = sites::front(self.ask)?;
        let door = Door::find(&mut self.asker, origin).await;
        if self.may_go_in_the_clear(Some(&door)) {
            self.asker.client.allow_plain_http(&door.place.origin);
        }
        Some(door)
    }

    /// Whether the user lets the credential go in the clear to where the front door is really asked: what was said of
    /// `http://` is no word about where that leads.
    fn may_go_in_the_clear(&self, door: Option<&Door>) -> bool {
        self.ask.front_plain_http && door.is_some_and(|door| door.seen.redirected_from.is_none())
    }

    /// What clients see at the front door.
    async fn front(&mut self, mut door: Door, wallet: Option<&mut Wallet<'_>>) {
        if door.seen.ping.is_none() {
            self.seen.unasked.push("the front door".into());
            return;
        }
        if door.answers() {
            door.tokens(&mut self.asker, self.ask.front_tokens).await;
            door.rejections(&mut self.asker, wallet, self.ask.front_tokens).await;
        }
        self.seen.unasked.append(&mut door.unasked);
        self.seen.front = Some(door.seen);
    }

    /// Something that was not asked, where there is any.
    fn leave_out(&mut self, what: Option<String>) {
        self.seen.unasked.extend(what);
    }

    /// What each core says to everybody. Those that there is no time for are the last, and are left out.
    async fn cores(&mut self, door: Option<&Door>) {
        let addresses = sites::cores(self.ask, door, self.asker.client.endpoints());
        for address in &addresses {
            let Some(mut place) = sites::place(self.ask, address, door) else {
                let (core, place) = sites::without_address(address, NO_ADDRESS);
                self.seen.cores.push(core);
                self.places.push(place);
                continue;
            };
            if sites::is_private(self.ask.via) || self.may_go_in_the_clear(door) {
                self.asker.client.allow_plain_http(&place.origin);
            }
            let core = cores::look_at(&mut self.asker, &mut place, address).await;
            if self.asker.is_over() && !core.answers() {
                break;
            }
            self.seen.cores.push(core);
            self.places.push(place);
        }
        let late = addresses.len() - self.places.len();
        self.leave_out(left(late, addresses.len(), CORES));
    }

    /// At a core, or at the front door where no core is known.
    async fn log_in(
        &mut self,
        credential: &Credential,
        wallet: &mut Wallet<'_>,
        door: Option<&mut Door>,
        token: &mut Option<(usize, Secret)>,
    ) -> Login {
        let asker = &mut self.asker;
        let came = match door {
            Some(door) if self.places.is_empty() => {
                let places = std::slice::from_mut(&mut door.place);
                login::log_in(asker, wallet, credential, places, &[]).await.evidence
            }
            _ => {
                let cores: &[CoreSeen] = &self.seen.cores;
                let came = login::log_in(asker, wallet, credential, &mut self.places, cores).await;
                *token = came.token;
                came.evidence
            }
        };
        let is_late = self.asker.is_over() && came.exchange.is_none() && wallet.is_open();
        self.leave_out(is_late.then(|| "the login with the credential".to_string()));
        came
    }

    async fn system_info(&mut self, wallet: &mut Wallet<'_>) {
        let mut late = 0;
        for (core, place) in self.seen.cores.iter_mut().zip(&mut self.places) {
            if wallet.is_good() && core.answers() {
                core.info = cores::system_info(&mut self.asker, place, wallet).await;
                late += usize::from(core.info.is_none() && self.asker.is_over());
            }
        }
        let late = left(late, self.places.len(), CORES);
        self.leave_out(late.map(|cores| format!("what {cores} tell of themselves")));
    }

    async fn decision(&mut self, wallet: &mut Wallet<'_>, door: Option<&mut Door>) -> Option<Decision> {
        let repository = self.ask.repository.as_deref()?;
        let decided = self.decide(repository, wallet, door).await;
        let is_half =
            decided.as_ref().is_none_or(|decision| decision.token.is_good() && decision.upload.is_none());
        if is_half && wallet.is_open() && self.asker.is_over() {
            self.leave_out(Some(format!("the decision about {repository}")));
        }
        decided
    }

    /// At the front door, or where there is none that a credential may go through, at the first core that answers. Not
    /// where the credential is not known to be good: that says nothing of the repository.
    async fn decide(
        &mut self,
        repository: &str,
        wallet: &mut Wallet<'_>,
        door: Option<&mut Door>,
    ) -> Option<Decision> {
        if !wallet.is_good() {
            return None;
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
        let pairs = matrix::pairs(&self.seen.cores);
        let matrix = self.matrix_of_all(wallet, token).await;
        if self.asker.is_over() {
            self.leave_out(left(pairs.saturating_sub(matrix.cells.len()), pairs, PAIRS));
        }
        (!matrix.controls.is_empty()).then_some(matrix)
    }

    async fn matrix_of_all(
        &mut self,
        wallet: Option<&mut Wallet<'_>>,
        token: Option<(usize, Secret)>,
    ) -> Matrix {
        let (asker, places, seen) = (&mut self.asker, &mut self.places, &self.seen.cores);
        if let Some(wallet) = wallet.filter(|wallet| wallet.is_good()) {
            let matrix = matrix::with_credential(asker, places, seen, wallet, token).await;
            let holds = matrix.controls.iter().any(|control| control.holds);
            if asker.is_over() || (wallet.is_good() && holds) {
                return matrix;
            }
        }
        matrix::anonymous(asker, places, seen).await
    }
}
