//! The sentences of findings about pulls.

use crate::code::Code;
use crate::evidence::{Evidence, Pull};
use crate::plan::Identity;
use crate::registry::reference::Reference;

/// Where a pull failed, in the words that sentences and commands need.
pub struct Place {
    /// The registry's host, with its port.
    pub registry: String,
    /// The image as the user wrote it.
    pub image: String,
    /// The namespace of the identity.
    pub namespace: String,
    /// The ServiceAccount of the identity.
    pub service_account: String,
    /// Pull secrets that the pull named.
    pub pull_secrets: Vec<String>,
    /// Whose credentials they are.
    pub identity: Identity,
    /// The flags that give another run the same identity.
    pub identity_flags: String,
    /// The flags by which another run reaches the registry in the same way.
    pub reach_flags: Vec<String>,
    /// The host that was asked, with its port: Docker Hub is not where its images' names say.
    pub asked: String,
    /// Whether it was seen from this machine, where no namespace and no ServiceAccount has a part in it.
    pub is_local: bool,
}

/// The host that clients ask for a registry's images.
pub(crate) fn asked(registry: &str) -> String {
    if registry == "docker.io" { "registry-1.docker.io".into() } else { registry.into() }
}

impl Place {
    /// The place of one pull.
    pub fn of(pull: &Pull, evidence: &Evidence) -> Self {
        let real = pull.image_used();
        let registry =
            Reference::parse(real).map_or_else(|_| real.to_string(), |image| image.registry().to_string());
        Self {
            asked: asked(&registry),
            registry,
            image: real.to_string(),
            namespace: evidence.plan.namespace.clone(),
            service_account: evidence.plan.identity.service_account.clone(),
            pull_secrets: pull.pull_secrets.clone(),
            identity: evidence.plan.identity.clone(),
            identity_flags: evidence.plan.identity.flags(),
            reach_flags: Vec::new(),
            is_local: false,
        }
    }

    /// The object that a finding of this code is about.
    pub(super) fn subject(&self, code: Code) -> String {
        match code {
            Code::ImageNotFound | Code::PlatformMissing | Code::ContentCorrupt | Code::SignatureRejected => {
                format!("image/{}", self.image)
            }
            Code::InvalidImageName | Code::PermissionDenied => format!("image/{}", self.image),
            Code::NoCredential => format!("serviceaccount/{}", self.service_account),
            Code::CredentialRejected | Code::CredentialExpired | Code::StaleCredential => {
                self.secret_subject()
            }
            _ => format!("registry/{}", self.registry),
        }
    }

    fn secret_subject(&self) -> String {
        match self.pull_secrets.as_slice() {
            [one] => format!("secret/{one}"),
            _ => format!("registry/{}", self.registry),
        }
    }

    /// One sentence that says the cause.
    pub(super) fn cause(&self, code: Code) -> String {
        let Self { registry, image, .. } = self;
        match code {
            Code::NoCredential => {
                format!("{registry} asks for a credential and {} has none for it.", self.who())
            }
            Code::CredentialRejected => {
                format!("{registry} refused the user and secret of {}.", self.secrets())
            }
            Code::CredentialExpired => {
                format!("The credential of {} for {registry} has expired.", self.secrets())
            }
            Code::StaleCredential => format!(
                "{image} is public, but {registry} refuses the credential of {}, which the kubelet sends first.",
                self.secrets()
            ),
            Code::PermissionDenied => format!("{registry} knows the credential, which may not pull {image}."),
            Code::ImageNotFound => format!("{registry} has no {image}."),
            Code::PlatformMissing => format!("{image} has nothing for the platform of the node."),
            Code::EgressBlocked => {
                format!(
                    "The node cannot reach {registry}, which answers other nodes: its own network path is cut."
                )
            }
            Code::ConnectionRefused => {
                format!("The connection to {registry} was refused, reset or has no route.")
            }
            Code::ConnectionTimedOut => format!("{registry} did not answer in time."),
            Code::CertificateUntrusted => {
                format!("The node does not trust the authority that signed the certificate of {registry}.")
            }
            Code::CertificateNameMismatch => format!("The certificate of {registry} is for another name."),
            Code::CertificateNotValidNow => {
                format!("The certificate of {registry} is expired or not yet valid by the node's clock.")
            }
            Code::RegistryNameUnresolved => {
                format!("The node cannot resolve the name of {registry} (or of its storage).")
            }
            Code::RateLimited => {
                format!("{registry} refuses further pulls for now: its rate limit was reached.")
            }
            Code::RegistryServerError => format!("{registry} failed with a server error."),
            Code::PullNotFinished => {
                format!("The pull from {registry} was still going on when the time was up.")
            }
            other => format!("{}: {}.", registry, other.meaning()),
        }
    }

    fn who(&self) -> String {
        match self.pull_secrets.as_slice() {
            [] => format!("serviceaccount/{} (no pull secret)", self.service_account),
            names => format!("serviceaccount/{} with {}", self.service_account, names.join(", ")),
        }
    }

    fn secrets(&self) -> String {
        match self.pull_secrets.as_slice() {
            [] => "the node itself".into(),
            [one] => format!("secret/{one}"),
            many => format!("the secrets {}", many.join(", ")),
        }
    }
}
