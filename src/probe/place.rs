//! Where an image is asked for.

use crate::registry::challenge::Challenge;
use crate::registry::transport::{self, Origin};
use crate::text::Clean;

/// One image or repository of one registry.
#[derive(Clone)]
pub(super) struct Place {
    /// The host that is asked in the registry's place, where the node's configuration names one.
    pub(super) via: Option<Clean>,
    pub(super) registry: Origin,
    pub(super) prefix: String,
    pub(super) repository: String,
    pub(super) reference: String,
}

impl Place {
    /// Scheme, authority and prefix: the node's configuration can name one authority in several ways, for the images of
    /// several registries (`http` for one and `https` for another, or a path for each).
    pub(super) fn key(&self) -> String {
        format!("{}{}", self.registry, self.prefix)
    }

    /// The origin that a credential will be sent to: the token service's, which several registries may share, or else the
    /// registry's own.
    pub(super) fn asker(&self, challenges: &[Challenge]) -> String {
        let bearer = challenges.iter().find(|one| matches!(one, Challenge::Bearer { .. }));
        let realm = bearer.and_then(|challenge| transport::Target::parse(challenge.realm()?).ok());
        realm.map_or_else(|| self.registry.to_string(), |realm| realm.origin.to_string())
    }
}
