//! What the client's own token says of a repository.

use http::Method;
use jiff::Timestamp;

use super::place::Asker;
use super::wallet::Wallet;
use super::{Place, paths};
use crate::evidence::harbor::Decision;
use crate::evidence::probe::ExchangeStep;
use crate::registry::client::{Authorization, Heard};
use crate::registry::transport::Target;

/// A token for pushes, and with it an upload that is started and cancelled; nothing is left. `None` where the
/// credential may not be sent there, or nothing more is asked.
pub(super) async fn decide(
    asker: &mut Asker,
    place: &mut Place,
    wallet: &mut Wallet<'_>,
    repository: &str,
) -> Option<Decision> {
    let path = paths::push_token(repository);
    let asked = asker.present(place, wallet, ExchangeStep::PushToken, &path).await.ok()?;
    if asker.is_cut(&asked) {
        return None;
    }
    let mut decision = Decision {
        repository: repository.to_string(),
        at: place.name.clone(),
        token: asked.exchange,
        upload: None,
        cancel: None,
        asked_at: None,
    };
    // A token that is nobody's would be refused for that alone.
    let Some(token) = asked.token.filter(|_| wallet.is_open()) else { return Some(decision) };
    let token = Authorization::Bearer(token);
    let path = paths::uploads(repository);
    let asked_at = Timestamp::now();
    let upload = asker.send(place, Method::POST, ExchangeStep::UploadStart, &path, &token).await;
    if asker.is_cut(&upload) {
        return Some(decision);
    }
    decision.asked_at = Some(asked_at);
    if let Some(location) = cancel_path(place, &path, &upload) {
        let step = ExchangeStep::UploadCancel;
        let cancel = asker.send(place, Method::DELETE, step, &location, &token).await;
        decision.cancel = Some(cancel.exchange);
    }
    decision.upload = Some(upload.exchange);
    Some(decision)
}

/// The upload is cancelled where it was started, even if the answer names another host: a token goes nowhere else.
fn cancel_path(place: &Place, path: &str, upload: &Heard) -> Option<String> {
    upload.status().filter(|status| (200..300).contains(status))?;
    let started = Target { origin: place.origin.clone(), path: path.parse().ok()? };
    Some(started.join(upload.location.as_deref()?).ok()?.path.to_string())
}
