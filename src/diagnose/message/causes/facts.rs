//! What the rules ask a reading and its context.

use super::super::hosts::{self, Kind, Role};
use super::super::reading::{Operation, Reading, TokenFetch};
use super::super::sign::SignKind;
use super::{Context, CredentialSent};
use crate::registry::reference::Reference;

/// Whether a credential was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The message or the context says that none was.
    No,
    /// Not known.
    Unknown,
    /// There was one to send.
    Likely,
    /// The message says that one was.
    Yes,
}

pub(super) struct Facts<'a> {
    pub(super) reading: &'a Reading,
    pub(super) image: Option<Reference>,
    /// Whose registry the image is of.
    pub(super) kind: Kind,
    /// What the host that failed is to it.
    pub(super) role: Role,
    pub(super) sent: Sent,
    /// Whether the message itself says that none was sent.
    pub(super) proven_anonymous: bool,
    registry: Option<String>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(reading: &'a Reading, context: &Context) -> Self {
        // The sandbox's image is not the pod's.
        let asked = context.image.clone().filter(|_| !reading.sandbox);
        let image = asked.or_else(|| named_image(reading));
        let registry =
            image.as_ref().map(|image| image.registry().to_owned()).or_else(|| registry_of_requests(reading));
        let failed = reading.request();
        let role = failed.map_or(Role::Unknown, |request| {
            hosts::role(registry.as_deref(), request.url.as_str(), &request.host)
        });
        let kind = registry.as_deref().or(reading.host()).map_or(Kind::Other, hosts::kind);
        let proven_anonymous = reading.token == Some(TokenFetch::Anonymous)
            || reading.sign(SignKind::NoCredentialSent).is_some();
        Self {
            reading,
            image,
            kind,
            role,
            sent: sent(reading, context, proven_anonymous),
            proven_anonymous,
            registry,
        }
    }

    /// Whether a token was being asked for.
    pub(super) fn at_token_service(&self) -> bool {
        self.role == Role::TokenService
            || self.reading.operation == Some(Operation::Authorize)
            || self.reading.token.is_some() && self.role != Role::Registry
    }

    /// Whether the token service is another host than the registry, which then answered.
    pub(super) fn token_service_is_elsewhere(&self) -> bool {
        self.at_token_service()
            && match (&self.registry, self.reading.host()) {
                (Some(registry), Some(host)) => !hosts::is_same(registry, host),
                _ => false,
            }
    }

    /// Whether the request that failed is for a blob, or for content elsewhere.
    pub(super) fn is_content(&self) -> bool {
        self.role == Role::Elsewhere
            || self.reading.request().is_some_and(|request| hosts::is_blob(request.url.as_str()))
    }

    /// Whether somebody logs in: at the base of the API there is nothing to pull.
    pub(super) fn is_login(&self) -> bool {
        match self.reading.operation {
            Some(Operation::Login) => true,
            None | Some(Operation::Ping) => self.image.is_none() && self.is_base(),
            _ => false,
        }
    }

    /// Whether the request that failed is for the base of the registry API.
    pub(super) fn is_base(&self) -> bool {
        self.reading.request().is_some_and(|request| hosts::is_base(request.url.as_str()))
    }

    /// Whether it may as well be a push. A client says of one no more than what the registry answered; and it
    /// asks with `HEAD` whether a layer is there already.
    pub(super) fn may_push(&self) -> bool {
        let nothing_said = self.image.is_none()
            && self.reading.requests.is_empty()
            && self.reading.operation.is_none()
            && self.reading.token.is_none();
        let looks_for_layer = self.reading.request().is_some_and(|request| {
            request.method == Some("HEAD") && hosts::is_blob(request.url.as_str()) && self.image.is_none()
        });
        !self.reading.push && (nothing_said || looks_for_layer)
    }

    /// Whether a registry, or what stands in its place, answered.
    pub(super) fn registry_answered(&self) -> bool {
        self.reading.registry_error.is_some() || self.reading.status.is_some()
    }

    /// Whether what is not JSON is an answer: a client of registries says so, or a request goes before. The
    /// kubelet alone says it of a pull secret.
    pub(super) fn is_of_answer(&self) -> bool {
        let kubelets = ["kubelet", "go"];
        !self.reading.requests.is_empty()
            || self.registry_answered()
            || self.reading.operation.is_some()
            || self.reading.layers.iter().any(|layer| !kubelets.contains(&layer.by))
    }

    /// Whether the registry's own server says so, rather than the node's runtime.
    pub(super) fn server_says(&self) -> bool {
        self.reading.registry_error.is_some() || self.reading.status.is_some_and(|status| status >= 500)
    }

    /// Whether the image is one of Docker Hub's own, which need no credential: a private image's name without
    /// its registry looks like that.
    pub(super) fn is_official(&self) -> bool {
        self.image.as_ref().is_some_and(|image| image.is_docker_hub() && image.path().starts_with("library/"))
    }

    /// The host that failed, for a sentence.
    pub(super) fn host(&self) -> String {
        match (self.reading.host(), &self.registry) {
            (Some(host), _) if !host.is_empty() => host.to_owned(),
            (_, Some(registry)) => registry.clone(),
            _ => "the registry".to_owned(),
        }
    }
}

/// The image that the message names, as far as it is one.
pub(super) fn named_image(reading: &Reading) -> Option<Reference> {
    reading.image.as_ref().and_then(|image| Reference::parse(image.as_str()).ok())
}

/// The registry, as the first request that is not for a token has it.
fn registry_of_requests(reading: &Reading) -> Option<String> {
    reading
        .requests
        .iter()
        .find(|request| !request.host.is_empty() && !hosts::is_token_request(request.url.as_str()))
        .map(|request| request.host.clone())
}

fn sent(reading: &Reading, context: &Context, proven_anonymous: bool) -> Sent {
    if proven_anonymous {
        return Sent::No;
    }
    let says_so = [
        SignKind::WrongPassword,
        SignKind::Expired,
        SignKind::Invalid,
        SignKind::NotPermitted,
        SignKind::ReadNotPermittedOrMissing,
    ];
    if reading.token == Some(TokenFetch::WithCredential)
        || says_so.iter().any(|kind| reading.sign(*kind).is_some())
    {
        return Sent::Yes;
    }
    match context.credential {
        _ if reading.sandbox => Sent::Unknown,
        CredentialSent::None => Sent::No,
        CredentialSent::Some => Sent::Likely,
        CredentialSent::Unknown => Sent::Unknown,
    }
}
