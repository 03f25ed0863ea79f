//! What answers tell of their servers' clocks: `Date`, and the times in an anonymous token.

use bytes::Bytes;
use http::Request;
use jiff::{SignedDuration, Timestamp};

use super::answer::text;
use super::auth::{Login, Token};
use super::{Client, Scope, at};
use crate::evidence::endpoint::{Role, TlsFailureKind};
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep};
use crate::registry::challenge::Challenge;
use crate::registry::rate_limit::http_date;
use crate::registry::transport::{Origin, Target};

/// What is read of a body whose headers are what is wanted, in bytes.
const BODY_CAP: usize = 4096;

/// An answer's `Date`, and the own clock around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The server's clock, in whole seconds (UTC); absent where it does not say, or where a cache between has kept the
    /// answer (`Age`, RFC 9111).
    pub date: Option<Timestamp>,
    /// The own clock when the request was sent (UTC).
    pub sent: Timestamp,
    /// The own clock when the answer was there (UTC).
    pub received: Timestamp,
}

/// A token that was asked for without a credential.
pub struct Issued {
    /// The request and its answer, with the token's claims.
    pub exchange: Exchange,
    /// The token service.
    pub service: Target,
    /// The own clock before it was asked for (UTC).
    pub sent: Timestamp,
    /// The own clock when it was there (UTC).
    pub received: Timestamp,
}

impl Client {
    /// Whether an HTTPS request came to a port where HTTP is spoken.
    pub fn speaks_plain_http(&self, exchange: &Exchange) -> bool {
        let endpoint = exchange.endpoint.and_then(|index| self.endpoints().get(index));
        let failure = endpoint.and_then(|endpoint| endpoint.tls.as_ref()?.failure.as_ref());
        failure.is_some_and(|failure| failure.kind == TlsFailureKind::PlainHttp)
    }

    /// `GET path` without a credential, for its `Date`; redirects are answers, too.
    ///
    /// # Errors
    ///
    /// What came in place of an answer.
    pub async fn stamped(
        &mut self,
        origin: &Origin,
        role: Role,
        path: &str,
    ) -> Result<Stamped, ExchangeResult> {
        let target = at(origin, path).ok_or_else(|| super::refused("no request can be made of this path"))?;
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = target.path.into();
        let response = self.send(origin, role, request, BODY_CAP).await?;
        let received = Timestamp::now();
        // The connection was opened before that.
        let took = SignedDuration::try_from(response.took).unwrap_or(SignedDuration::ZERO);
        let kept = text(&response, "age").is_some_and(|age| age.trim() != "0");
        let date = text(&response, "date").filter(|_| !kept).and_then(http_date);
        Ok(Stamped { date, sent: received - took, received })
    }

    /// Asks the token service of the challenges for a token that anybody gets. `None`: there is none.
    pub async fn anonymous_token(
        &mut self,
        registry: &Origin,
        challenges: &[Challenge],
        repository: &str,
    ) -> Option<Issued> {
        let challenge = super::authorize::bearer(challenges)?;
        let service = Target::parse(challenge.realm()?).ok()?;
        let scope = Scope { repository: repository.to_string(), push: false };
        let sent = Timestamp::now();
        let exchange = match self.token(registry, challenge, &scope, &Login::Anonymous).await {
            Token::Granted(exchange, token) => {
                self.echoes.add_token(&token);
                exchange
            }
            Token::Refused(exchange) => exchange,
            // Nothing is sent that could be withheld.
            Token::Withheld(_) => super::no_request(ExchangeStep::PullToken),
        };
        let exchange = self.kept(exchange);
        Some(Issued { exchange, service, sent, received: Timestamp::now() })
    }
}
