//! What clients see: Harbor's front door, each time over a fresh connection.

use std::collections::BTreeMap;

use super::clock::{Spread, date, issued};
use super::matrix::{control, present, verdict};
use super::place::Asker;
use super::wallet::Wallet;
use super::{Place, paths};
use crate::evidence::endpoint::Scheme;
use crate::evidence::harbor::seen::{KidCount, Method};
use crate::evidence::harbor::{FrontSeen, Verdict};
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep};
use crate::rate::Rate;
use crate::registry::client::{Authorization, Heard};
use crate::registry::transport::{Origin, Target};
use crate::text::Clean;

/// A front door that gives nothing so many times in a row gives nothing.
const ENOUGH: u32 = 5;
/// More names of cookies are not kept.
const MAX_COOKIES: usize = 8;

/// Its name as a place.
const FRONT: &str = "front";

/// The front door and what was seen of it so far.
pub(super) struct Door {
    pub(super) place: Place,
    pub(super) seen: FrontSeen,
    /// What was to be asked there and was not.
    pub(super) unasked: Vec<String>,
}

impl Door {
    /// Asks how it wants to be asked. One that sends its visitors to HTTPS is asked there from then on, as clients do.
    pub(super) async fn find(asker: &mut Asker, origin: Origin) -> Self {
        let seen = FrontSeen { url: shown(&origin), ..FrontSeen::default() };
        let mut door = Self { place: Place::new(FRONT, origin, None), seen, unasked: Vec::new() };
        let mut ping = door.ping(asker).await;
        if let Some(secure) = elsewhere(&door.place.origin, &ping) {
            let named = std::mem::replace(&mut door.seen.url, shown(&secure));
            door.seen.redirected_from = Some(named);
            door.place = Place::new(FRONT, secure, None);
            ping = door.ping(asker).await;
        }
        door.cookies(&ping);
        door.seen.ping = (!asker.is_cut(&ping)).then_some(ping.exchange);
        door
    }

    async fn ping(&mut self, asker: &mut Asker) -> Heard {
        asker.get(&mut self.place, ExchangeStep::Ping, paths::V2, &Authorization::None).await
    }

    /// Whether it answered at all.
    pub(super) fn answers(&self) -> bool {
        self.seen.ping.as_ref().is_some_and(|ping| ping.answer().is_some())
    }

    fn cookies(&mut self, heard: &Heard) {
        for name in &heard.cookies {
            if self.seen.cookies.len() < MAX_COOKIES && !self.seen.cookies.contains(name) {
                self.seen.cookies.push(name.clone());
            }
        }
    }

    /// Anonymous tokens, to see how many keys and clocks there are behind it.
    pub(super) async fn tokens(&mut self, asker: &mut Asker, count: u32) {
        let (mut dates, mut issues) = (Spread::default(), Spread::default());
        let mut kids: BTreeMap<String, KidCount> = BTreeMap::new();
        let mut failed: BTreeMap<u16, u32> = BTreeMap::new();
        let mut in_a_row = 0;
        for asked in 0..count {
            if in_a_row == ENOUGH {
                break;
            }
            asker.client.disconnect();
            let step = ExchangeStep::PullToken;
            let heard = asker.get(&mut self.place, step, paths::ANONYMOUS, &Authorization::None).await;
            if asker.is_cut(&heard) {
                let left = count - asked;
                self.unasked.push(format!("{left} of {count} requests of a token at the front door"));
                break;
            }
            self.cookies(&heard);
            date(&heard).into_iter().for_each(|bounds| dates.note(bounds));
            issued(&heard).into_iter().for_each(|bounds| issues.note(bounds));
            match kid(&heard.exchange) {
                Some(kid) => {
                    in_a_row = 0;
                    let new = || KidCount { kid: kid.clone(), count: 0 };
                    kids.entry(kid.to_string()).or_insert_with(new).count += 1;
                }
                None => {
                    in_a_row += 1;
                    self.seen.without_token += 1;
                    heard.status().into_iter().for_each(|status| *failed.entry(status).or_default() += 1);
                }
            }
        }
        self.seen.failed_status =
            failed.into_iter().max_by_key(|(_, count)| *count).map(|(status, _)| status);
        let mut kids: Vec<KidCount> = kids.into_values().collect();
        kids.sort_by_key(|kid| std::cmp::Reverse(kid.count));
        self.seen.kids = kids;
        (self.seen.dates, self.seen.dates_differ) = (dates.bounds(), dates.differ());
        (self.seen.issued, self.seen.issued_differ) = (issues.bounds(), issues.differ());
    }

    /// How often one and the same token is rejected.
    pub(super) async fn rejections(
        &mut self,
        asker: &mut Asker,
        wallet: Option<&mut Wallet<'_>>,
        count: u32,
    ) {
        let unasked = |left: u32| format!("{left} of {count} requests with one token at the front door");
        let token = self.one_token(asker, wallet).await;
        let controlled = match &token {
            Some((Method::Anonymous, _)) => self.is_controlled(asker).await,
            _ => token.is_some(),
        };
        let Some((method, token)) = token.filter(|_| controlled) else {
            self.unasked.extend((asker.is_over() && count > 0).then(|| unasked(count)));
            return;
        };
        let (mut rejected, mut decided, mut in_a_row) = (0, 0, 0);
        for asked in 0..count {
            if in_a_row == ENOUGH {
                break;
            }
            asker.client.disconnect();
            let heard = present(asker, &mut self.place, method, &token).await;
            if asker.is_cut(&heard) {
                self.unasked.push(unasked(count - asked));
                break;
            }
            match verdict(method, &heard.exchange) {
                Verdict::Accepted => (decided, in_a_row) = (decided + 1, 0),
                Verdict::Rejected => (rejected, decided, in_a_row) = (rejected + 1, decided + 1, 0),
                _ => in_a_row += 1,
            }
        }
        // Where there is no time for it, that it held before must do.
        if method == Method::Anonymous && !self.is_controlled(asker).await && !asker.is_over() {
            return;
        }
        self.seen.rejected = Rate::new(rejected, decided);
        self.seen.method = Some(method);
    }

    /// Whether what is no token is answered as it must be, for anonymous tokens to tell something.
    async fn is_controlled(&mut self, asker: &mut Asker) -> bool {
        control(asker, &mut self.place).await.status() == Some(404)
    }

    /// The user's token where it may be had, else nobody's.
    async fn one_token(
        &mut self,
        asker: &mut Asker,
        wallet: Option<&mut Wallet<'_>>,
    ) -> Option<(Method, Authorization)> {
        if let Some(wallet) = wallet.filter(|wallet| wallet.is_good()) {
            let heard = asker.present(&mut self.place, wallet, ExchangeStep::Login, paths::LOGIN).await;
            if let Some(token) = heard.ok().and_then(|heard| heard.token) {
                return Some((Method::Credential, Authorization::Bearer(token)));
            }
        }
        let step = ExchangeStep::PullToken;
        let heard = asker.get(&mut self.place, step, paths::NO_PROJECT, &Authorization::None).await;
        heard.token.map(|token| (Method::Anonymous, Authorization::Strangers(token)))
    }
}

/// An origin as evidence.
fn shown(origin: &Origin) -> Clean {
    Clean::with_cap(&origin.to_string(), 512)
}

fn kid(exchange: &Exchange) -> Option<&Clean> {
    exchange.answer()?.claims.as_ref()?.kid.as_ref()
}

/// The HTTPS origin of the same host that an answer in the clear sends the client to.
fn elsewhere(from: &Origin, heard: &Heard) -> Option<Origin> {
    let ExchangeResult::Answered(answer) = &heard.exchange.result else { return None };
    if from.scheme() != Scheme::Http || !matches!(answer.status, 301 | 302 | 307 | 308) {
        return None;
    }
    let to = Target::parse(heard.location.as_deref()?).ok()?.origin;
    (to.scheme() == Scheme::Https && to.host() == from.host()).then_some(to)
}
