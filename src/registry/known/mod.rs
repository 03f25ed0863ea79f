//! Known registries: what their refusals mean, and which right is missing.
//!
//! [`judge`] asks the table of the answer's provider, and then that of registries in general. A row of a table
//! says which answers it is about, what they mean, and how that is known. To add a registry, add a
//! [`Provider`] and a file with its rows.

mod cloud;
mod generic;
mod harbor;
mod hosted;
mod judge;
mod provider;
mod row;
mod selfhosted;
#[cfg(test)]
mod tests;

pub(crate) use harbor::asks_for_core;
pub use judge::{Action, Answer, Judgement, Place, SentCredential, judge};
pub use provider::{Missing, Provider};
pub use row::Source;

use row::Row;

/// The rows of a provider, the most telling first; those of registries in general come after them.
fn rows(provider: &Provider) -> &'static [Row] {
    match provider {
        Provider::ArtifactRegistry | Provider::Gcr => cloud::GOOGLE,
        Provider::Ecr { .. } => cloud::ECR,
        Provider::EcrPublic => cloud::ECR_PUBLIC,
        Provider::Acr => cloud::AZURE,
        Provider::Ghcr => hosted::GITHUB,
        Provider::DockerHub => hosted::DOCKER_HUB,
        Provider::Quay => hosted::QUAY,
        Provider::GitLab => hosted::GITLAB,
        Provider::Harbor => harbor::ROWS,
        Provider::Artifactory => selfhosted::ARTIFACTORY,
        Provider::Nexus => selfhosted::NEXUS,
        Provider::Other => &[],
    }
}
