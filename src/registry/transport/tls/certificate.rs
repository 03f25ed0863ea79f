//! What people need of a certificate.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use crate::evidence::endpoint::Certificate;
use crate::text::Clean;

/// Names of a certificate beyond this number are left out.
const MAX_NAMES: usize = 32;

/// From when until when a certificate is valid (UTC, both inclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Validity {
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl Validity {
    /// Whether it is valid at a time.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

/// The validity of a certificate; `None` for what is none.
pub(in super::super) fn validity(der: &CertificateDer<'_>) -> Option<Validity> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    let validity = certificate.tbs_certificate().validity();
    Some(Validity { not_before: timestamp(validity.not_before)?, not_after: timestamp(validity.not_after)? })
}

/// The evidence of a certificate; `None` for what is none.
pub(super) fn describe(der: &CertificateDer<'_>) -> Option<Certificate> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    let Validity { not_before, not_after } = validity(der)?;
    let certificate = certificate.tbs_certificate();
    let names = match certificate.get_extension::<SubjectAltName>() {
        Ok(Some((_, names))) => names.0.iter().filter_map(name).take(MAX_NAMES).collect(),
        _ => Vec::new(),
    };
    Some(Certificate {
        subject: Clean::with_cap(&certificate.subject().to_string(), 512),
        issuer: Clean::with_cap(&certificate.issuer().to_string(), 512),
        names,
        not_before,
        not_after,
        sha256: Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

fn timestamp(time: Time) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
}

fn name(name: &GeneralName) -> Option<Clean> {
    match name {
        GeneralName::DnsName(name) => Some(Clean::with_cap(name.as_str(), 256)),
        GeneralName::IpAddress(bytes) => {
            address(bytes.as_bytes()).map(|address| Clean::new(&address.to_string()))
        }
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    v4().or_else(|| <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from))
}
