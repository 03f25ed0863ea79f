//! What is wrong in a docker configuration for one client and not for another.

use super::Client;
use crate::registry::docker_config::{ConfigError, DockerConfig, Entry, ErrorClass, Field};

/// The mistake at which a client gives up reading the file, whatever the image.
///
/// Docker (docker/cli 28, `configfile.LoadFromReader`) decodes every field and then every `auth`, in no fixed order,
/// and ends at the first mistake: what else it has of the file is chance, so none of it counts. containers/image 5 and
/// oras-go 2 decode the types of fewer fields, and an `auth` only where it is asked for.
pub(super) fn of_file(client: Client, config: &DockerConfig) -> Option<ConfigError> {
    let stops = |error: &&ConfigError| match client {
        Client::Docker => true,
        Client::Podman => {
            let fields = [Field::Auths, Field::Entry, Field::Auth, Field::IdentityToken, Field::CredHelpers];
            error.class == ErrorClass::WrongType && fields.contains(&error.field)
        }
        Client::Helm => matches!(error.field, Field::Auths | Field::CredsStore | Field::CredHelpers),
    };
    let unpadded = || match client {
        Client::Docker => config.entries.iter().find_map(Entry::client_error),
        Client::Podman | Client::Helm => None,
    };
    config.errors.iter().find(stops).cloned().or_else(unpadded)
}

/// The mistake in the entry that is asked for at which a client gives up. containers/image passes over an `auth`
/// without a colon.
pub(super) fn of_entry(client: Client, entry: &Entry) -> Option<ConfigError> {
    let passes = |error: &ConfigError| client == Client::Podman && error.class != ErrorClass::AuthNotBase64;
    entry.client_error().filter(|error| !passes(error))
}
