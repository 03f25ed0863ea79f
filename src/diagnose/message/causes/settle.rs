//! What would settle whether a cause is the one.

use crate::finding::Code;

pub(crate) fn by(code: Code) -> &'static str {
    use Code as C;
    match code {
        C::NoCredential | C::PullSecretNotReferenced | C::PullSecretNoMatch | C::PullSecretEmpty => {
            "the pull secrets of the pod and its ServiceAccount, and whether an entry in them matches the image"
        }
        C::PullSecretMissing | C::PullSecretWrongType | C::PullSecretMalformed => {
            "the pull secrets that the pod and its ServiceAccount name: existence, type and content"
        }
        C::CredentialNotVisible => "the node's credential provider, its configuration and the node's role",
        C::CredentialHelperFailed => {
            "the kubelet's log on credential providers, or the helper called by hand"
        }
        C::CredentialRejected => "the same request with the credential, from another place, once",
        C::CredentialExpired => "the credential's age, or its own time of expiry",
        C::StaleCredential => "the same request without a credential",
        C::AccountLocked | C::RobotAccountUnusable => "the account's state in the registry",
        C::PermissionDenied | C::PushDenied => "the rights of the account that the credential belongs to",
        C::RefusedByPolicy | C::RegistryReadOnly => "the registry's and the project's settings",
        C::ImageNotFound | C::RepositoryNotFound => {
            "the repository's tags, listed with a credential that may read them: some registries hide what may not be read"
        }
        C::ContentCorrupt => "the same content fetched from another node",
        C::RegistryNameUnresolved => "the name looked up on the node, with the node's own name servers",
        C::RealmMismatch => "the realm that the registry names in its challenge",
        C::TokenServiceUnreachable => {
            "whether the node reaches the realm that the registry names: DNS, TCP, TLS"
        }
        C::ConnectionRefused | C::ConnectionTimedOut | C::EgressBlocked => {
            "the same connection from another node and from a pod, and the egress rules between"
        }
        C::ProxyFailed => "the runtime's proxy settings, and the same request without the proxy",
        C::UnexpectedResponder => "who answered: the Server header, content type and body of the answer",
        C::RegistryServerError | C::HarborCoreUnreachable => "the registry's own log and health",
        C::PlainHttpRegistry => "whether the port speaks HTTP or HTTPS",
        C::CertificateUntrusted | C::CertificateNameMismatch | C::TlsHandshakeFailed => {
            "the certificate and TLS versions that the host offers, seen from the node"
        }
        C::CertificateNotValidNow | C::ClockDrift | C::TokenTimeRejected | C::TokenOutlived => {
            "the clocks of the node and of the verifier against a trusted one"
        }
        C::HarborKeyMismatch
        | C::HarborKeyStale
        | C::HarborKeyNotMounted
        | C::HarborTokenRejected
        | C::HarborConfigDrift
        | C::HarborKeyUnreadable => "the token key of every core pod, and the one in the Secret",
        C::BuilderConfigNotMounted | C::BuilderConfigMisnamed => {
            "the builder pod's mounts and where its program reads"
        }
        C::PullNotFinished => "a longer wait: a slow pull ends, a silent registry does not",
        C::RuntimeFailed | C::NodeDiskFull => {
            "the log of the container runtime on the node, and its free space"
        }
        C::InvalidImageName => "the image's name as the pod has it",
        C::Unknown => "the pod's `Failed` event, which has the whole message, or the container runtime's log",
        _ => "the log of the program that printed the message",
    }
}
