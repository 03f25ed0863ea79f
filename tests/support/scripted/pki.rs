//! Certificate authorities of one test.

use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// A time that began long ago and ends long after.
pub const NOW: (i32, i32) = (2020, 2100);

/// A certificate authority.
pub struct Ca {
    pub certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, and what a server sends after it.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    key: KeyPair,
    pub others: Vec<CertificateDer<'static>>,
}

impl Ca {
    /// A root of that name, valid from and until these years.
    pub fn new(name: &str, years: (i32, i32)) -> Self {
        let (params, key) = (ca_params(name, years), KeyPair::generate().expect("a key"));
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// The authority of that name whose key this is (PEM): who trusts it trusts what this one signs.
    #[allow(dead_code)] // by the transport's own tests, which take in this file alone
    pub fn of_key(name: &str, key: &str) -> Self {
        let (params, key) = (ca_params(name, NOW), KeyPair::from_pem(key).expect("a key"));
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// An authority that this one signs for.
    pub fn intermediate(&self, name: &str) -> Self {
        let (params, key) = (ca_params(name, (2000, 2100)), KeyPair::generate().expect("a key"));
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A server's certificate.
    pub fn issue(&self, name: &str, years: (i32, i32)) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_string()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, format!("server {name}"));
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity { certificate: certificate.der().clone(), key, others: Vec::new() }
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }
}

fn ca_params(name: &str, years: (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    params
}

/// `openssl req -x509`: a certificate for `name` that is its own CA, and its PEM text.
pub fn self_signed_ca(name: &str) -> (Identity, String) {
    let mut params = ca_params("self", NOW);
    let name = match name.parse() {
        Ok(address) => rcgen::SanType::IpAddress(address),
        Err(_) => rcgen::SanType::DnsName(name.try_into().expect("a name")),
    };
    params.subject_alt_names = vec![name];
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let pem = certificate.pem();
    (Identity { certificate: certificate.der().clone(), key, others: Vec::new() }, pem)
}

impl Identity {
    fn parts(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let mut chain = vec![self.certificate.clone()];
        chain.extend(self.others.iter().cloned());
        (chain, PrivatePkcs8KeyDer::from(self.key.serialize_der()).into())
    }

    /// A server with this certificate.
    pub fn server(&self) -> Arc<ServerConfig> {
        self.server_with(rustls::ALL_VERSIONS, &[])
    }

    /// A server that speaks only these versions and protocols.
    pub fn server_with(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        protocols: &[&[u8]],
    ) -> Arc<ServerConfig> {
        let (chain, key) = self.parts();
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_protocol_versions(versions).expect("versions").with_no_client_auth();
        let mut config = builder.with_single_cert(chain, key).expect("a server");
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    }

    /// A server that wants a client certificate of `ca`.
    pub fn mutual(
        &self,
        ca: &Ca,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let (chain, key) = self.parts();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(ca.certificate.der().clone()).expect("a root");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let builder =
            ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).expect("versions");
        let builder = builder.with_client_cert_verifier(verifier.build().expect("a verifier"));
        Arc::new(builder.with_single_cert(chain, key).expect("a server"))
    }
}
