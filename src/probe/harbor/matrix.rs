//! Who accepts whose tokens.

use super::pairs::verifiers;
use super::place::Asker;
use super::wallet::Wallet;
use super::{Place, paths};
use crate::evidence::harbor::seen::{Cell, Control, Method, is_refusal_of_core};
use crate::evidence::harbor::{CoreSeen, Matrix, Verdict};
use crate::evidence::probe::{Answer, Exchange, ExchangeResult, ExchangeStep};
use crate::registry::client::{Authorization, Heard};
use crate::secret::Secret;

/// What is no token.
const GARBAGE: &str = "regauth";

/// With a user's tokens. `first` is the token of the login and the core that issued it.
pub(super) async fn with_credential(
    asker: &mut Asker,
    places: &mut [Place],
    seen: &[CoreSeen],
    wallet: &mut Wallet<'_>,
    mut first: Option<(usize, Secret)>,
) -> Matrix {
    let mut matrix = empty(Method::Credential);
    for (verifier, (core, place)) in seen.iter().zip(places.iter_mut()).enumerate() {
        let heard = match core.answers() {
            true => asker.present(place, wallet, ExchangeStep::Verify, paths::V2).await.ok(),
            false => None,
        };
        let status = heard.as_ref().and_then(Heard::status);
        if status.is_none() && asker.is_over() {
            break;
        }
        let answer = heard.as_ref().and_then(|heard| heard.exchange.answer());
        matrix.controls.push(Control { verifier, status, holds: answer.is_some_and(is_taken) });
    }
    for (issuer, verifiers) in verifiers(&kids(seen)).into_iter().enumerate() {
        let known = first.take_if(|(index, _)| *index == issuer).map(|(_, token)| token);
        let token = match known {
            Some(token) => Some(token),
            None if seen[issuer].kid().is_none() => None,
            None => {
                let place = &mut places[issuer];
                let heard = asker.present(place, wallet, ExchangeStep::Login, paths::LOGIN).await;
                heard.ok().and_then(|heard| heard.token)
            }
        };
        let token = token.map(Authorization::Bearer);
        row(asker, places, seen, &mut matrix, (issuer, token), &verifiers).await;
    }
    matrix
}

/// Without a credential.
pub(super) async fn anonymous(asker: &mut Asker, places: &mut [Place], seen: &[CoreSeen]) -> Matrix {
    let mut matrix = empty(Method::Anonymous);
    for (verifier, (core, place)) in seen.iter().zip(places.iter_mut()).enumerate() {
        let status = match core.answers() {
            true => control(asker, place).await.status(),
            false => None,
        };
        if status.is_none() && asker.is_over() {
            break;
        }
        matrix.controls.push(Control { verifier, status, holds: status == Some(404) });
    }
    for (issuer, verifiers) in verifiers(&kids(seen)).into_iter().enumerate() {
        let token = match seen[issuer].kid() {
            Some(_) => {
                let step = ExchangeStep::PullToken;
                asker.get(&mut places[issuer], step, paths::NO_PROJECT, &Authorization::None).await.token
            }
            None => None,
        };
        let token = token.map(Authorization::Strangers);
        row(asker, places, seen, &mut matrix, (issuer, token), &verifiers).await;
    }
    matrix
}

/// A manifest of `library` with what is no token: 404 where everybody may read it.
pub(super) async fn control(asker: &mut Asker, place: &mut Place) -> Heard {
    let garbage = Authorization::Strangers(Secret::new(GARBAGE.to_string()));
    asker.get(place, ExchangeStep::Verify, paths::LIBRARY, &garbage).await
}

/// One issuer's token at its verifiers.
async fn row(
    asker: &mut Asker,
    places: &mut [Place],
    seen: &[CoreSeen],
    matrix: &mut Matrix,
    (issuer, token): (usize, Option<Authorization>),
    verifiers: &[usize],
) {
    // Whoever could not be asked for a token any more did not refuse one.
    if asker.is_over() {
        return;
    }
    for verifier in verifiers.iter().copied() {
        let holds = matrix.controls.iter().any(|control| control.verifier == verifier && control.holds);
        let verdict = match &token {
            None => Verdict::NoToken,
            Some(_) if !seen[verifier].answers() => Verdict::Unreachable,
            Some(_) if !holds => Verdict::Unclear,
            Some(token) => {
                let heard = present(asker, &mut places[verifier], matrix.method, token).await;
                // That says nothing of the verifier.
                if asker.is_cut(&heard) {
                    return;
                }
                let verdict = verdict(matrix.method, &heard.exchange);
                if verdict == Verdict::Rejected && matrix.example.is_none() {
                    matrix.example = Some(heard.exchange);
                }
                verdict
            }
        };
        matrix.cells.push(Cell { issuer, verifier, verdict });
    }
}

/// How many pairs are to be tried.
pub(super) fn pairs(seen: &[CoreSeen]) -> usize {
    verifiers(&kids(seen)).iter().map(Vec::len).sum()
}

/// The request that shows whether a token verifies.
pub(super) async fn present(
    asker: &mut Asker,
    place: &mut Place,
    method: Method,
    token: &Authorization,
) -> Heard {
    let path = match method {
        Method::Credential => paths::V2,
        Method::Anonymous => paths::LIBRARY,
    };
    asker.get(place, ExchangeStep::Verify, path, token).await
}

/// What an answer to that request means, where the control holds.
pub(super) fn verdict(method: Method, exchange: &Exchange) -> Verdict {
    let answer = match &exchange.result {
        ExchangeResult::Answered(answer) => answer,
        ExchangeResult::Refused { .. } => return Verdict::Unclear,
        _ => return Verdict::Unreachable,
    };
    match (method, answer.status) {
        (Method::Credential, _) if is_taken(answer) => Verdict::Accepted,
        // Core let it through, which it does not do with a token that grants nothing, and it is no 404.
        (Method::Anonymous, _) if is_refusal_of_core(answer) => Verdict::Unclear,
        (Method::Credential, 401) | (Method::Anonymous, 404) => Verdict::Rejected,
        // A token that verifies and grants nothing is refused; one that does not verify makes the request anonymous.
        (Method::Anonymous, 401) => Verdict::Accepted,
        _ => Verdict::Unclear,
    }
}

/// Core asks the registry behind it only for whom it knows, so that one that is down, or that refuses core, says the
/// same.
fn is_taken(answer: &Answer) -> bool {
    matches!(answer.status, 200 | 502 | 503) || is_refusal_of_core(answer)
}

fn kids(seen: &[CoreSeen]) -> Vec<Option<&str>> {
    seen.iter().map(|core| core.kid().map(|kid| kid.as_str())).collect()
}

fn empty(method: Method) -> Matrix {
    Matrix { method, controls: Vec::new(), cells: Vec::new(), example: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::challenge::parse_all;
    use crate::text::Clean;

    fn refused(challenge: &str) -> Exchange {
        let challenges = parse_all([challenge]);
        let answer = Answer { status: 401, challenges, ..Answer::default() };
        Exchange {
            step: ExchangeStep::Verify,
            endpoint: None,
            request: Clean::default(),
            took_ms: 0,
            redirects: Vec::new(),
            result: ExchangeResult::Answered(Box::new(answer)),
        }
    }

    #[test]
    fn a_registry_that_refuses_core_rejects_no_token() {
        for (challenge, credential, anonymous) in [
            ("Basic realm=\"harbor-registry-basic-realm\"", Verdict::Accepted, Verdict::Unclear),
            ("Basic realm=\"harbor\"", Verdict::Rejected, Verdict::Accepted),
            ("Bearer realm=\"harbor-registry-basic-realm\"", Verdict::Rejected, Verdict::Accepted),
        ] {
            let exchange = refused(challenge);
            assert_eq!(verdict(Method::Credential, &exchange), credential, "{challenge}");
            assert_eq!(verdict(Method::Anonymous, &exchange), anonymous, "{challenge}");
            let holds = exchange.answer().is_some_and(is_taken);
            assert_eq!(holds, credential == Verdict::Accepted, "{challenge}");
        }
    }
}
