//! The certificates that are trusted to sign: the system's, and those that the user adds.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::tls::{Validity, validity};

/// Where Go looks for a bundle (`crypto/x509/root_linux.go`): the first that is there counts.
pub(crate) const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Where Go looks for single certificates: all of them count.
const FOLDERS: &[&str] = &["/etc/ssl/certs", "/etc/pki/tls/certs"];
/// Files over this size are no bundles.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Certificates that are trusted to sign.
#[derive(Clone, Default)]
pub struct Roots {
    anchors: Vec<Anchor>,
    whole: HashSet<CertificateDer<'static>>,
}

#[derive(Clone)]
struct Anchor {
    anchor: TrustAnchor<'static>,
    /// Absent where the certificate does not say it in a way that is understood: it counts as valid.
    validity: Option<Validity>,
}

/// Why a file's certificates cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// It cannot be read.
    #[error("cannot read the CA bundle {}: {kind}; name a file with certificates in PEM form", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// There is no certificate in it.
    #[error("the CA bundle {} holds no certificate; it must have a `-----BEGIN CERTIFICATE-----` line", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A certificate in it is broken.
    #[error("certificate no. {position} of the CA bundle {} is broken ({class}); replace or remove it", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Which certificate of the file, from 1.
        position: usize,
        /// What is wrong.
        class: &'static str,
    },
}

impl Roots {
    /// No roots: nothing is trusted.
    pub fn none() -> Self {
        Self::default()
    }

    /// The system's roots, from where Go looks for them, with `SSL_CERT_FILE` and `SSL_CERT_DIR` in
    /// `environment`; on macOS and Windows those of the system's own store too, unless a file is named. As with Go, what cannot be read is left out: there may be none at all.
    pub fn system(environment: impl Fn(&str) -> Option<String>) -> Self {
        let mut roots = Self::none();
        let named = |variable| environment(variable).filter(|value: &String| !value.is_empty());
        let files = match named("SSL_CERT_FILE") {
            Some(file) => vec![PathBuf::from(file)],
            None => BUNDLES.iter().map(PathBuf::from).collect(),
        };
        if let Some(bundle) = files.iter().find_map(|path| read(path).ok()) {
            roots.add_what_fits(&bundle);
        }
        let folders = match named("SSL_CERT_DIR") {
            Some(folders) => std::env::split_paths(&folders).collect(),
            None => FOLDERS.iter().map(PathBuf::from).collect::<Vec<_>>(),
        };
        for entry in folders.iter().filter_map(|folder| folder.read_dir().ok()).flatten().flatten() {
            if let Ok(bundle) = read(&entry.path()) {
                roots.add_what_fits(&bundle);
            }
        }
        if named("SSL_CERT_FILE").is_none() {
            roots.add_native();
        }
        roots
    }

    /// Adds what is trusted by the store that is no file.
    #[cfg(any(target_os = "macos", windows))]
    fn add_native(&mut self) {
        for certificate in rustls_native_certs::load_native_certs().certs {
            // As with Go, what cannot be read is left out.
            let _ = self.add(certificate);
        }
    }

    #[cfg(not(any(target_os = "macos", windows)))]
    fn add_native(&mut self) {}

    /// Adds the certificates of a PEM file. All of them must be sound: the user named it.
    pub fn add_file(&mut self, path: &Path) -> Result<(), RootsError> {
        let bundle = read(path).map_err(|kind| RootsError::Unreadable { path: path.to_path_buf(), kind })?;
        self.add_pem(&bundle, path)
    }

    /// Adds certificates in PEM form; `path` is what an error says that they come from.
    pub fn add_pem(&mut self, bundle: &[u8], path: &Path) -> Result<(), RootsError> {
        let broken = |position, class| RootsError::Broken { path: path.to_path_buf(), position, class };
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(bundle) {
            count += 1;
            let certificate = certificate.map_err(|error| broken(count, class(&error)))?;
            self.add(certificate).ok_or_else(|| broken(count, "it is not an X.509 certificate"))?;
        }
        match count {
            0 => Err(RootsError::Empty { path: path.to_path_buf() }),
            _ => Ok(()),
        }
    }

    /// Adds what fits of a PEM file that nobody named: as with the system's own, what cannot be read is left out.
    pub fn add_file_as_it_is(&mut self, path: &Path) {
        if let Ok(bundle) = read(path) {
            self.add_what_fits(&bundle);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.anchors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    fn add_what_fits(&mut self, bundle: &[u8]) {
        for certificate in CertificateDer::pem_slice_iter(bundle).flatten() {
            self.add(certificate);
        }
    }

    /// Adds one certificate; `None` if it is none.
    fn add(&mut self, certificate: CertificateDer<'static>) -> Option<()> {
        if self.whole.contains(&certificate) {
            return Some(());
        }
        let mut store = RootCertStore::empty();
        store.add(certificate.clone()).ok()?;
        let validity = validity(&certificate);
        self.anchors.extend(store.roots.into_iter().map(|anchor| Anchor { anchor, validity }));
        self.whole.insert(certificate);
        Some(())
    }

    /// Whether a certificate is itself one of them.
    pub(super) fn holds(&self, certificate: &CertificateDer<'_>) -> bool {
        self.whole.contains(certificate)
    }

    /// All of them.
    pub(super) fn all(&self) -> RootCertStore {
        RootCertStore { roots: self.anchors.iter().map(|anchor| anchor.anchor.clone()).collect() }
    }

    /// Those that are valid at a time: webpki does not ask, and Go does.
    pub(super) fn valid_at(&self, time: Timestamp) -> RootCertStore {
        let valid = self.anchors.iter().filter(|anchor| anchor.validity.is_none_or(|v| v.holds(time)));
        RootCertStore { roots: valid.map(|anchor| anchor.anchor.clone()).collect() }
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.len())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, std::io::ErrorKind> {
    let kind = |error: std::io::Error| error.kind();
    let metadata = std::fs::metadata(path).map_err(kind)?;
    if !metadata.is_file() {
        return Err(if metadata.is_dir() {
            std::io::ErrorKind::IsADirectory
        } else {
            std::io::ErrorKind::InvalidInput
        });
    }
    if metadata.len() > MAX_BYTES {
        return Err(std::io::ErrorKind::FileTooLarge);
    }
    std::fs::read(path).map_err(kind)
}

fn class(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "its END line is missing",
        pem::Error::IllegalSectionStart { .. } => "its BEGIN line is not right",
        pem::Error::Base64Decode(_) => "it is not base64",
        _ => "it is not PEM",
    }
}
