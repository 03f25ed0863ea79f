//! The one login that tells whether the credential is good.

use super::Place;
use super::paths;
use super::place::Asker;
use super::wallet::Wallet;
use crate::evidence::harbor::CoreSeen;
use crate::evidence::harbor::seen::Login;
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep};
use crate::probe::Credential;
use crate::secret::Secret;
use crate::text::Clean;

/// A login, and what came with it.
pub(super) struct LoggedIn {
    pub(super) evidence: Login,
    /// The token, and the index of the core that issued it.
    pub(super) token: Option<(usize, Secret)>,
}

/// Asks for a token that grants nothing, of one core after the other until one looks at the credential: the next one is
/// asked only where this one cannot issue or cannot be reached. Where none can issue, a core is asked whether it takes
/// the password itself.
pub(super) async fn log_in(
    asker: &mut Asker,
    wallet: &mut Wallet<'_>,
    credential: &Credential,
    places: &mut [Place],
    seen: &[CoreSeen],
) -> LoggedIn {
    let mut came = LoggedIn { evidence: evidence(credential), token: None };
    let mut withheld = None;
    // Those that cannot issue would answer 500, too late to be of use.
    let issues = |index: &usize| seen.get(*index).is_none_or(|core| core.kid().is_some());
    let issuers: Vec<usize> = (0..places.len()).filter(issues).collect();
    let last_resort = (0..places.len()).filter(|index| seen.get(*index).is_none_or(CoreSeen::answers));
    let requests = issuers.iter().map(|index| (*index, ExchangeStep::Login, paths::LOGIN));
    let requests = requests.chain(last_resort.map(|index| (index, ExchangeStep::Verify, paths::V2)));
    for (index, step, path) in requests.collect::<Vec<_>>() {
        if !wallet.is_open() || wallet.is_good() || asker.is_over() {
            break;
        }
        let Some(place) = places.get_mut(index) else { continue };
        match asker.present(place, wallet, step, path).await {
            Err(why) => withheld = withheld.or(Some(why)),
            // Whether it is good is not known, and nothing more is sent.
            Ok(heard) if asker.is_cut(&heard) => withheld = Some(asker.why_over().to_string()),
            Ok(heard) => {
                let goes_on = is_undecided(&heard.exchange);
                came.token = heard.token.map(|token| (index, token));
                came.evidence.exchange = Some(heard.exchange);
                if !goes_on {
                    break;
                }
            }
        }
    }
    if came.evidence.exchange.is_none() {
        let why = withheld.unwrap_or_else(|| match wallet.reason.is_empty() {
            true if asker.is_over() => asker.why_over().to_string(),
            true => "there is no core that could be asked".to_string(),
            false => wallet.reason.clone(),
        });
        came.evidence.withheld = Some(Clean::with_cap(&why, 256));
    }
    came
}

/// Whether nobody has looked at the credential.
fn is_undecided(exchange: &Exchange) -> bool {
    match &exchange.result {
        ExchangeResult::Answered(answer) => matches!(answer.status, 500 | 502 | 503),
        ExchangeResult::Unreachable | ExchangeResult::Refused { .. } => true,
        ExchangeResult::TimedOut | ExchangeResult::Broken { .. } => false,
    }
}

fn evidence(credential: &Credential) -> Login {
    Login {
        credential: credential.seen.described.clone(),
        source: credential.seen.source.clone(),
        withheld: None,
        refused_later: None,
        exchange: None,
    }
}
