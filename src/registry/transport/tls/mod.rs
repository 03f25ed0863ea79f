//! TLS, with the whole chain as evidence whatever it is worth.

mod certificate;
mod judge;
mod witness;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig, ProtocolVersion};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(super) use self::certificate::{Validity, validity};
pub(super) use self::witness::Witness;
use super::roots::Roots;
use super::stream::{FirstBytes, Stream};
use crate::evidence::endpoint::{Tls, TlsFailure, TlsFailureKind as Kind};
use crate::text::Clean;

/// A handshake that was tried.
pub(super) struct Handshake {
    /// The evidence.
    pub tls: Tls,
    /// The connection, sound or not; absent after a failure.
    pub stream: Option<TlsStream<Stream>>,
    /// What was seen, and may be needed after it: TLS 1.3 refuses a missing client certificate only then.
    pub witness: Arc<Witness>,
}

/// Shakes hands as a client of `host`, within `limit`.
pub(super) async fn handshake(
    stream: Stream,
    first: &FirstBytes,
    host: &str,
    roots: &Roots,
    limit: Duration,
) -> Handshake {
    let begun = Instant::now();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let witness = Witness::new(provider.signature_verification_algorithms);
    let result = match (config(&provider, &witness), ServerName::try_from(host.to_string())) {
        (Some(config), Ok(name)) => {
            let connecting = TlsConnector::from(config).connect(name, stream);
            timeout(limit, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a name that TLS can ask for")),
    };
    let mut tls = judged(&witness, &provider, host, roots);
    tls.took_ms = super::millis(begun.elapsed());
    let stream = match result {
        Ok(stream) => Some(stream),
        Err(error) => {
            tls.failure = Some(failure(&error, first, &witness));
            None
        }
    };
    tls.version =
        stream.as_ref().map(|stream| version(stream.get_ref().1.protocol_version())).unwrap_or_default();
    Handshake { tls, stream, witness }
}

/// A configuration for one handshake: nothing is resumed, so that each shows the whole chain.
fn config(provider: &Arc<CryptoProvider>, witness: &Arc<Witness>) -> Option<Arc<ClientConfig>> {
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().ok()?;
    let builder = builder.dangerous().with_custom_certificate_verifier(witness.clone());
    let mut config = builder.with_client_cert_resolver(witness.clone());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(Arc::new(config))
}

fn judged(witness: &Witness, provider: &CryptoProvider, host: &str, roots: &Roots) -> Tls {
    let chain = witness.chain();
    let verdict = match ServerName::try_from(host) {
        Ok(name) => {
            let algorithms = &provider.signature_verification_algorithms;
            judge::judge(&chain, roots, algorithms, &name, Timestamp::now())
        }
        Err(_) => judge::Verdict::default(),
    };
    Tls {
        took_ms: 0,
        version: String::new(),
        chain: chain.iter().filter_map(certificate::describe).collect(),
        trusted: verdict.trusted && witness.holds_key(),
        name_fits: verdict.name_fits,
        valid_now: verdict.valid_now,
        failure: None,
    }
}

fn version(version: Option<ProtocolVersion>) -> String {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_string(),
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_string(),
        _ => String::new(),
    }
}

/// The kind of a failed handshake, from the error, the first bytes that came, and what the server asked for.
fn failure(error: &io::Error, first: &FirstBytes, witness: &Witness) -> TlsFailure {
    let (kind, message) = match rustls_error(error) {
        Some(rustls::Error::AlertReceived(alert)) => (alert_kind(*alert, witness), alert_words(*alert)),
        Some(rustls::Error::InvalidMessage(_)) if first.is_http() => (Kind::PlainHttp, first.line()),
        Some(rustls::Error::InvalidMessage(_)) if !first.is_tls() => {
            (Kind::NotTls, "what came first is neither TLS nor HTTP".to_string())
        }
        Some(other) => (Kind::Other, other.to_string()),
        None => io_failure(error, witness),
    };
    TlsFailure { kind, message: Clean::with_cap(&message, 512) }
}

fn io_failure(error: &io::Error, witness: &Witness) -> (Kind, String) {
    let (kind, words) = match error.kind() {
        io::ErrorKind::TimedOut => (Kind::TimedOut, "no answer in time"),
        io::ErrorKind::UnexpectedEof => (Kind::CutOff, "the connection was closed in the handshake"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            (Kind::CutOff, "the connection was reset in the handshake")
        }
        io::ErrorKind::InvalidInput => (Kind::Other, "the host is not a name that TLS can ask for"),
        _ => (Kind::Other, "the handshake failed"),
    };
    let kind =
        if kind == Kind::CutOff && witness.wants_certificate() { Kind::ClientCertificate } else { kind };
    (kind, words.to_string())
}

fn alert_kind(alert: AlertDescription, witness: &Witness) -> Kind {
    let about_certificate = [
        AlertDescription::CertificateRequired,
        AlertDescription::BadCertificate,
        AlertDescription::HandshakeFailure,
        AlertDescription::NoCertificate,
        AlertDescription::AccessDenied,
    ];
    match alert {
        AlertDescription::CertificateRequired => Kind::ClientCertificate,
        alert if witness.wants_certificate() && about_certificate.contains(&alert) => Kind::ClientCertificate,
        _ => Kind::Alert,
    }
}

fn alert_words(alert: AlertDescription) -> String {
    format!("the server sent the alert {alert:?}")
}

/// The failure that an error of an open connection means, where it is one of TLS: refusals that TLS 1.3 servers
/// send only after the handshake.
pub(super) fn late_failure(
    error: &(dyn std::error::Error + 'static),
    witness: &Witness,
) -> Option<TlsFailure> {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && let Some(rustls::Error::AlertReceived(alert)) = rustls_error(error)
        {
            let message = Clean::new(&alert_words(*alert));
            return Some(TlsFailure { kind: alert_kind(*alert, witness), message });
        }
        source = error.source();
    }
    None
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}
