//! What each core says to everybody, and what it tells a user.

use jiff::Timestamp;
use serde::Deserialize;

use super::place::Asker;
use super::wallet::{REFUSED, Wallet};
use super::{Place, paths};
use crate::evidence::clock::ClockBounds;
use crate::evidence::harbor::CoreSeen;
use crate::evidence::harbor::seen::SystemInfo;
use crate::evidence::probe::{Exchange, ExchangeStep};
use crate::plan::CoreAddress;
use crate::registry::client::{Authorization, Heard};
use crate::registry::decode::json;
use crate::text::Clean;

/// More of system information is not read, in bytes.
const MAX_INFO: usize = 64 * 1024;
/// What is kept of a version or URL, in bytes.
const MAX_TEXT: usize = 256;
/// `current_time` has milliseconds.
const MILLISECOND: i64 = 1_000;

/// The key of a core, and where it sends clients.
pub(super) async fn look_at(asker: &mut Asker, core: &mut Place, address: &CoreAddress) -> CoreSeen {
    let token = asker.get(core, ExchangeStep::PullToken, paths::ANONYMOUS, &Authorization::None).await;
    let mut seen = CoreSeen {
        name: address.name.clone(),
        address: address.address.clone(),
        token: token.exchange,
        info: None,
        clock: None,
        realm: None,
        stopped: None,
    };
    if seen.answers() {
        let challenge = asker.get(core, ExchangeStep::Ping, paths::V2, &Authorization::None).await;
        seen.realm = realm(&challenge.exchange);
    }
    seen
}

/// The realm of the token service that a challenge names.
pub(super) fn realm(exchange: &Exchange) -> Option<Clean> {
    let challenges = exchange.answer()?.challenges.iter();
    let realm = challenges.filter_map(|challenge| challenge.realm()).find(|realm| realm.contains("://"))?;
    Some(Clean::with_cap(realm, 512))
}

#[derive(Deserialize)]
struct Body {
    harbor_version: Option<String>,
    external_url: Option<String>,
    read_only: Option<bool>,
    current_time: Option<String>,
}

/// What a core tells the user, its own time among it.
pub(super) async fn system_info(
    asker: &mut Asker,
    core: &mut Place,
    wallet: &mut Wallet<'_>,
) -> Option<SystemInfo> {
    let heard = asker.present(core, wallet, ExchangeStep::Info, paths::SYSTEM_INFO).await.ok()?;
    let (info, clock) = read(&heard)?;
    // A password that is not taken is no error here: whom the core does not know gets the answer for everybody.
    if info.version.is_none() && clock.is_none() {
        wallet.refuse(REFUSED, &core.name);
        return None;
    }
    if let Some(clock) = clock {
        core.clock.note(clock);
    }
    asker.client.without_secrets(info)
}

fn read(heard: &Heard) -> Option<(SystemInfo, Option<ClockBounds>)> {
    heard.status().filter(|status| *status == 200)?;
    let body: Body = json(&heard.body, MAX_INFO).ok()?;
    let clean = |text: Option<String>| text.map(|text| Clean::with_cap(&text, MAX_TEXT));
    let info = SystemInfo {
        version: clean(body.harbor_version),
        external_url: clean(body.external_url),
        read_only: body.read_only,
    };
    let time = body.current_time.and_then(|text| text.parse::<Timestamp>().ok());
    let clock = time.map(|time| ClockBounds::of_stamp(time, MILLISECOND, heard.sent, heard.received));
    Some((info, clock))
}
