//! What a chain of certificates is worth: trust, name and time, each by itself.

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;

use super::super::roots::Roots;
use super::certificate::{Validity, validity};

/// What a chain is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Verdict {
    pub trusted: bool,
    pub name_fits: bool,
    pub valid_now: bool,
}

/// Judges a chain, the server's own certificate first.
pub(super) fn judge(
    chain: &[CertificateDer<'_>],
    roots: &Roots,
    algorithms: &WebPkiSupportedAlgorithms,
    name: &ServerName<'_>,
    now: Timestamp,
) -> Verdict {
    let Some((own, others)) = chain.split_first() else { return Verdict::default() };
    let validities: Vec<Validity> = chain.iter().filter_map(validity).collect();
    let all_valid = validities.len() == chain.len() && validities.iter().all(|validity| validity.holds(now));
    let Ok(parsed) = ParsedCertificate::try_from(own) else {
        return Verdict { trusted: roots.holds(own), name_fits: false, valid_now: all_valid };
    };
    let name_fits = verify_server_name(&parsed, name).is_ok();
    // Go trusts a certificate that is itself among the roots, also one that calls itself a CA, as `openssl req
    // -x509` makes them (`Certificate.Verify` in crypto/x509); webpki does not.
    if roots.holds(own) {
        return Verdict {
            trusted: true,
            name_fits,
            valid_now: validities.first().is_some_and(|v| v.holds(now)),
        };
    }
    let signed = |store: &RootCertStore, at: Timestamp| {
        let at =
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(at.as_second().max(0).unsigned_abs()));
        verify_server_cert_signed_by_trust_anchor(&parsed, store, others, at, algorithms.all).is_ok()
    };
    if signed(&roots.valid_at(now), now) {
        // What else the server sent (an old cross-signature, say) does not matter to a client.
        return Verdict { trusted: true, name_fits, valid_now: true };
    }
    // The signatures hold or not at any time; webpki needs one at which all certificates are valid, and if there
    // is one, then a certificate's first or last second is one.
    let everything = roots.all();
    let trusted =
        validities.iter().flat_map(|v| [v.not_before, v.not_after]).any(|at| signed(&everything, at));
    // Trusted, and yet not by the roots that are valid now: either a certificate of the chain or the root is not.
    Verdict { trusted, name_fits, valid_now: all_valid && !trusted }
}
