//! What is wrong with the way to one host: its name, its addresses, a proxy, its TLS.

use crate::code::Code;
use crate::evidence::endpoint::{
    Certificate, Connect, ConnectFailure, Endpoint, ResolveFailure, ResolveFailureKind, Role, Tls,
    TlsFailure, TlsFailureKind,
};
use crate::text::Clean;

/// What is wrong.
pub(crate) struct Fault {
    /// The cause, for the registry's own host.
    pub code: Code,
    /// The step in one word: `DNS`, `connect`, `proxy`, `TLS`.
    pub step: &'static str,
    /// What happened, as a clause with the host in it.
    pub what: String,
    /// The words of whoever failed.
    pub message: Option<Clean>,
    /// Whether there may be nothing wrong but that the probe lacks a certificate authority.
    pub only_untrusted: bool,
}

impl Fault {
    /// Whether it depends on what a client was configured with: authorities, plain HTTP, names that are not checked.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self.code,
            Code::CertificateUntrusted
                | Code::CertificateNameMismatch
                | Code::CertificateNotValidNow
                | Code::TlsHandshakeFailed
                | Code::PlainHttpRegistry
        ) && self.step == "TLS"
    }
}

/// `host:port`, the host in brackets where it needs them; the address alone of one that was asked at an address.
pub(crate) fn authority(endpoint: &Endpoint) -> String {
    match endpoint.pinned {
        Some(address) => address.to_string(),
        None => named(endpoint),
    }
}

/// `host:port` by the name that was asked for.
fn named(endpoint: &Endpoint) -> String {
    match endpoint.host.as_str().contains(':') {
        true => format!("[{}]:{}", endpoint.host, endpoint.port),
        false => format!("{}:{}", endpoint.host, endpoint.port),
    }
}

/// What is wrong with the way to a host; `None` where a client with the same roots would go on.
pub(crate) fn fault(endpoint: &Endpoint) -> Option<Fault> {
    let mut fault = raw_fault(endpoint)?;
    match endpoint.role {
        Role::Proxy => {
            fault.code = Code::ProxyFailed;
            fault.step = "proxy";
            fault.what = format!("the proxy cannot be used: {}", fault.what);
        }
        Role::TokenService if fault.code != Code::ProxyFailed && endpoint.refused_target.is_none() => {
            fault.code = Code::TokenServiceUnreachable;
        }
        _ => {}
    }
    Some(fault)
}

fn raw_fault(endpoint: &Endpoint) -> Option<Fault> {
    let host = authority(endpoint);
    if let Some(why) = &endpoint.refused_target {
        let code =
            if endpoint.role == Role::TokenService { Code::RealmMismatch } else { Code::UnexpectedResponder };
        let what = format!("the registry sends its clients to {host}, which none can use: {why}");
        return Some(Fault { code, step: "redirect", what, message: None, only_untrusted: false });
    }
    if let Some(failure) = endpoint.resolve.as_ref().and_then(|resolve| resolve.failure.as_ref()) {
        return Some(unresolved(endpoint.host.as_str(), failure));
    }
    if let Some(fault) = unconnected(endpoint, &host) {
        return Some(fault);
    }
    if let Some(refusal) = &endpoint.proxy_refusal {
        let proxy = endpoint.proxy.as_ref().map(Clean::as_str).unwrap_or("the proxy");
        let answer = match refusal.status {
            Some(407) => "asks for a login of its own (407)".to_string(),
            Some(status) => format!("answered {status}"),
            None => "broke off".to_string(),
        };
        let what = format!("the proxy {proxy} {answer} when it was asked to connect to {host}");
        let message = Some(refusal.message.clone());
        return Some(Fault { code: Code::ProxyFailed, step: "proxy", what, message, only_untrusted: false });
    }
    let tls = endpoint.tls.as_ref()?;
    match &tls.failure {
        Some(failure) => Some(no_handshake(&host, failure)),
        None => unsound(endpoint, tls),
    }
}

fn unresolved(host: &str, failure: &ResolveFailure) -> Fault {
    use ResolveFailureKind as Kind;
    let what = match failure.kind {
        Kind::NoSuchName => format!("there is no such name as {host} (NXDOMAIN)"),
        Kind::NoAddress => format!("the name {host} has no address"),
        Kind::ServerFailed => format!("the name servers failed at {host} (SERVFAIL)"),
        Kind::ServerRefused => format!("the name servers refused to look up {host}"),
        Kind::TimedOut => format!("no name server answered for {host} in time"),
        Kind::NoServer => format!("{host} cannot be looked up: no name server is configured"),
        Kind::Other => format!("{host} cannot be looked up"),
    };
    let servers: Vec<&str> = failure.servers.iter().map(Clean::as_str).collect();
    let message = match servers.is_empty() {
        true => failure.message.clone(),
        false => Clean::new(&format!("{} (asked {})", failure.message, servers.join(", "))),
    };
    Fault {
        code: Code::RegistryNameUnresolved,
        step: "DNS",
        what,
        message: Some(message),
        only_untrusted: false,
    }
}

/// No address of several answers; one that does is enough.
fn unconnected(endpoint: &Endpoint, host: &str) -> Option<Fault> {
    let failure = |connect: &Connect| connect.failure;
    let failures: Option<Vec<ConnectFailure>> = endpoint.connects.iter().map(failure).collect();
    let failures = failures.filter(|failures| !failures.is_empty())?;
    // An answer, if only a refusal, tells more than silence or a family that has no route.
    let worst = [
        ConnectFailure::Refused,
        ConnectFailure::Reset,
        ConnectFailure::TimedOut,
        ConnectFailure::NotPermitted,
        ConnectFailure::Unreachable,
        ConnectFailure::Other,
    ];
    let first = worst.into_iter().find(|kind| failures.contains(kind))?;
    let (code, clause) = match first {
        ConnectFailure::Refused => (Code::ConnectionRefused, "refused the connection"),
        ConnectFailure::Reset => (Code::ConnectionRefused, "cut the connection off"),
        ConnectFailure::TimedOut => (Code::ConnectionTimedOut, "did not answer in time"),
        ConnectFailure::NotPermitted => (Code::ConnectionRefused, "may not be connected to (not permitted)"),
        ConnectFailure::Unreachable => (Code::ConnectionRefused, "has no route to it"),
        ConnectFailure::Other => (Code::ConnectionRefused, "could not be connected to"),
    };
    let addresses: Vec<String> = endpoint.connects.iter().map(|one| one.address.to_string()).collect();
    let message = Some(Clean::new(&format!("{}: {clause}", addresses.join(", "))));
    Some(Fault { code, step: "connect", what: format!("{host} {clause}"), message, only_untrusted: false })
}

fn no_handshake(host: &str, failure: &TlsFailure) -> Fault {
    use TlsFailureKind as Kind;
    let (code, clause) = match failure.kind {
        Kind::PlainHttp => (Code::PlainHttpRegistry, "speaks plain HTTP where HTTPS is expected"),
        Kind::NotTls => (Code::UnexpectedResponder, "speaks neither TLS nor HTTP"),
        Kind::Alert => (Code::TlsHandshakeFailed, "broke the TLS handshake off"),
        Kind::ClientCertificate => (Code::TlsHandshakeFailed, "asks for a client certificate"),
        Kind::CutOff => (Code::ConnectionRefused, "cut the connection off in the TLS handshake"),
        Kind::TimedOut => {
            (Code::ConnectionTimedOut, "accepted the connection and was silent in the TLS handshake")
        }
        Kind::Other => (Code::TlsHandshakeFailed, "failed at the TLS handshake"),
    };
    let message = Some(failure.message.clone());
    Fault { code, step: "TLS", what: format!("{host} {clause}"), message, only_untrusted: false }
}

/// A certificate that clients do not take, in the order in which Go's clients look: time, name, authority.
fn unsound(endpoint: &Endpoint, tls: &Tls) -> Option<Fault> {
    if tls.is_sound() {
        return None;
    }
    // What the certificate is to be for is the name, at whatever address.
    let host = match endpoint.pinned {
        Some(address) => format!("{} at {address}", named(endpoint)),
        None => named(endpoint),
    };
    let own = tls.chain.first();
    let (code, what) = if !tls.valid_now {
        (Code::CertificateNotValidNow, times(&host, tls))
    } else if !tls.name_fits {
        (Code::CertificateNameMismatch, format!("the certificate of {host} is for {}", names(own)))
    } else {
        let issuer = tls.chain.last().map(|last| last.issuer.to_string()).unwrap_or_default();
        let by = if issuer.is_empty() { String::new() } else { format!(" ({issuer})") };
        (
            Code::CertificateUntrusted,
            format!("the certificate of {host} is signed by an authority{by} that is not trusted"),
        )
    };
    let shown = own.map(|own| {
        let text = format!(
            "subject {}; issuer {}; valid from {} to {}; SHA-256 {}",
            own.subject, own.issuer, own.not_before, own.not_after, own.sha256
        );
        Clean::new(&text)
    });
    let only_untrusted = code == Code::CertificateUntrusted;
    Some(Fault { code, step: "TLS", what, message: shown, only_untrusted })
}

/// Which certificate is out of its time; the chain alone does not say by which clock.
fn times(host: &str, tls: &Tls) -> String {
    let ends = tls.chain.iter().map(|one| one.not_after).min();
    let begins = tls.chain.iter().map(|one| one.not_before).max();
    match (begins, ends) {
        (Some(begins), Some(ends)) => {
            format!(
                "the certificate of {host} is valid from {begins} to {ends} only, which is not now by the probe's clock"
            )
        }
        _ => format!("the certificate of {host} is not valid now by the probe's clock"),
    }
}

fn names(own: Option<&Certificate>) -> String {
    let names: Vec<&str> = own.iter().flat_map(|own| &own.names).map(Clean::as_str).take(3).collect();
    match (names.is_empty(), own) {
        (false, _) => format!("{}, not for that name", names.join(", ")),
        (true, Some(own)) if !own.subject.is_empty() => format!("{}, not for that name", own.subject),
        _ => "another name".into(),
    }
}

/// Whether a host sends nothing back that a registry would: a private address stands for a public name there.
pub(crate) fn is_split(endpoint: &Endpoint) -> bool {
    endpoint.resolve.as_ref().is_some_and(|resolve| resolve.private_for_public)
}

/// Addresses that do not answer although another one does.
pub(crate) fn dead_addresses(endpoint: &Endpoint) -> Vec<&Connect> {
    let (dead, alive): (Vec<_>, Vec<_>) = endpoint.connects.iter().partition(|one| one.failure.is_some());
    if alive.is_empty() { Vec::new() } else { dead }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_at_an_address_is_named_by_it() {
        let mut endpoint: Endpoint = serde_json::from_value(serde_json::json!({
            "role": "registry", "scheme": "https", "host": "harbor.example.com", "port": 443,
            "pinned": "192.0.2.9:8443",
            "connects": [{"address": "192.0.2.9:8443", "tookMs": 1, "failure": "refused"}],
        }))
        .unwrap();
        assert_eq!(fault(&endpoint).unwrap().what, "192.0.2.9:8443 refused the connection");
        endpoint.connects[0].failure = None;
        endpoint.tls = serde_json::from_value(serde_json::json!({
            "tookMs": 1, "trusted": true, "nameFits": false, "validNow": true,
            "chain": [{"subject": "CN=other", "issuer": "CN=ca", "names": ["other.example.com"], "sha256": "00",
                "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z"}],
        }))
        .unwrap();
        assert_eq!(
            fault(&endpoint).unwrap().what,
            "the certificate of harbor.example.com:443 at 192.0.2.9:8443 is for other.example.com, not for that name"
        );
    }
}
