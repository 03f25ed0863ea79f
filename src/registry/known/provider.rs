//! Whose registry it is, and by which names its rights go.

use serde::{Deserialize, Serialize};

use super::judge::Action;
use super::row::Source;
use crate::registry::challenge::Challenge;
use crate::text::Clean;

/// Whose registry it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "name", rename_all = "camelCase")]
pub enum Provider {
    /// Google Artifact Registry (`…-docker.pkg.dev`).
    ArtifactRegistry,
    /// `gcr.io`, which Artifact Registry serves since 2025.
    Gcr,
    /// Amazon ECR.
    Ecr {
        /// The AWS account, 12 digits.
        account: Clean,
        /// The AWS region.
        region: Clean,
    },
    /// Amazon ECR Public.
    EcrPublic,
    /// Azure Container Registry.
    Acr,
    /// GitHub Packages.
    Ghcr,
    /// Docker Hub.
    DockerHub,
    /// Quay.
    Quay,
    /// GitLab.
    GitLab,
    /// Harbor.
    Harbor,
    /// JFrog Artifactory.
    Artifactory,
    /// Sonatype Nexus Repository.
    Nexus,
    /// Any other.
    #[default]
    Other,
}

/// A right that is missing, in the provider's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// The right.
    pub right: &'static str,
    /// The smallest ready-made role, scope or plan that holds it.
    pub role: &'static str,
    /// Where it is documented.
    pub source: Source,
}

impl Provider {
    /// The provider that a host name tells, with or without a port.
    pub fn of_host(host: &str) -> Self {
        let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let ends = |suffix: &str| {
            name == suffix || name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
        };
        let azure = ["azurecr.io", "azurecr.cn", "azurecr.us"];
        if let Some(ecr) = ecr(&name) {
            return ecr;
        }
        match name.as_str() {
            "public.ecr.aws" => Self::EcrPublic,
            "ghcr.io" => Self::Ghcr,
            "registry.gitlab.com" => Self::GitLab,
            _ if ends("pkg.dev") => Self::ArtifactRegistry,
            _ if ends("gcr.io") => Self::Gcr,
            _ if azure.iter().any(|suffix| ends(suffix)) => Self::Acr,
            _ if ends("pkg.github.com") => Self::Ghcr,
            _ if ends("docker.io") || ends("docker.com") => Self::DockerHub,
            _ if ends("quay.io") => Self::Quay,
            _ if ends("jfrog.io") => Self::Artifactory,
            _ => Self::Other,
        }
    }

    /// The provider that its answers tell, where the host name did not: a challenge's realm and service, and
    /// the `Server` header.
    pub fn refined(self, challenges: &[Challenge], server: Option<&str>) -> Self {
        if self != Self::Other {
            return self;
        }
        let by_server = server.filter(|server| server.len() < 256).and_then(|server| match server {
            _ if server.starts_with("Nexus/") => Some(Self::Nexus),
            _ if server.starts_with("Artifactory/") => Some(Self::Artifactory),
            _ => None,
        });
        challenges.iter().find_map(of_challenge).or(by_server).unwrap_or(self)
    }

    /// Whether the cloud gives its nodes a credential that the Kubernetes API does not show.
    pub fn has_node_identity(&self) -> bool {
        matches!(self, Self::ArtifactRegistry | Self::Gcr | Self::Ecr { .. } | Self::EcrPublic | Self::Acr)
    }

    /// The right that pulls or pushes need.
    pub fn right(&self, action: Action) -> Option<Missing> {
        let (pull, push, source) = match self {
            Self::ArtifactRegistry | Self::Gcr => (
                ("artifactregistry.repositories.downloadArtifacts", "roles/artifactregistry.reader"),
                ("artifactregistry.repositories.uploadArtifacts", "roles/artifactregistry.writer"),
                "cloud.google.com/artifact-registry/docs/access-control",
            ),
            Self::Ecr { .. } => (
                (
                    "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer",
                    "AmazonEC2ContainerRegistryPullOnly, and the repository's policy for another account",
                ),
                (
                    "ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage",
                    "AmazonEC2ContainerRegistryPowerUser, and the repository's policy for another account",
                ),
                "docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html",
            ),
            Self::EcrPublic => (
                ("none: pulls are anonymous", "none"),
                (
                    "ecr-public:InitiateLayerUpload, ecr-public:PutImage",
                    "AmazonElasticContainerRegistryPublicPowerUser",
                ),
                "docs.aws.amazon.com/AmazonECR/latest/public/security-iam-awsmanpol.html",
            ),
            Self::Acr => (
                ("Microsoft.ContainerRegistry/registries/pull/read", "AcrPull"),
                ("Microsoft.ContainerRegistry/registries/push/write", "AcrPush"),
                "learn.microsoft.com/azure/container-registry/container-registry-roles",
            ),
            Self::Ghcr => (
                ("read:packages", "a classic token with read:packages, and read access to the package"),
                ("write:packages", "a classic token with write:packages, and write access to the package"),
                "docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry",
            ),
            _ => return self.own_right(action),
        };
        Some(missing(pull, push, source, action))
    }

    /// The rights of registries whose rights are roles in a project.
    fn own_right(&self, action: Action) -> Option<Missing> {
        let (pull, push, source) = match self {
            Self::DockerHub => (
                ("read access to the repository", "collaborator, or a team with Read-only"),
                ("write access to the repository", "collaborator, or a team with Read & Write"),
                "docs.docker.com/docker-hub/repos/manage/access",
            ),
            Self::Quay => (
                ("read permission on the repository", "Read"),
                ("write permission on the repository", "Write"),
                "docs.quay.io/guides/team-permissions.html",
            ),
            Self::GitLab => (
                ("read_registry", "Reporter in a private project; a token's scope read_registry"),
                ("write_registry", "Developer; a token's scope write_registry"),
                "docs.gitlab.com/user/packages/container_registry/authenticate_with_container_registry",
            ),
            Self::Harbor => (
                ("pull on the project's repositories", "Limited Guest; a robot's permission pull"),
                ("push on the project's repositories", "Developer; a robot's permission push"),
                "goharbor.io/docs/main/administration/managing-users/user-permissions-by-role",
            ),
            Self::Artifactory => (
                ("Read on the repository", "a permission target with Read"),
                ("Deploy/Cache on the repository", "a permission target with Deploy/Cache"),
                "jfrog.com/help/r/jfrog-platform-administration-documentation/permissions",
            ),
            Self::Nexus => (
                ("nx-repository-view-docker-REPOSITORY-read", "a role with nx-repository-view-docker-*-read"),
                (
                    "nx-repository-view-docker-REPOSITORY-edit and -add",
                    "a role with nx-repository-view-docker-*-edit",
                ),
                "help.sonatype.com/en/privileges.html",
            ),
            _ => return None,
        };
        Some(missing(pull, push, source, action))
    }
}

type Names = (&'static str, &'static str);

fn missing(pull: Names, push: Names, source: &'static str, action: Action) -> Missing {
    let (right, role) = if action == Action::Push { push } else { pull };
    Missing { right, role, source: Source::Documented(source) }
}

/// `ACCOUNT.dkr.ecr[-fips].REGION.amazonaws.com[.cn]`, `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`.
fn ecr(name: &str) -> Option<Provider> {
    let (account, rest) = name.split_once('.')?;
    let rest = rest.strip_prefix("dkr.ecr").or_else(|| rest.strip_prefix("dkr-ecr"))?;
    let rest = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
    let (region, domain) = rest.split_once('.')?;
    let is_aws = domain.starts_with("amazonaws.com")
        || domain == "on.aws"
        || domain.starts_with("on.amazonwebservices");
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && is_aws)
        .then(|| Provider::Ecr { account: Clean::with_cap(account, 12), region: Clean::with_cap(region, 32) })
}

fn of_challenge(challenge: &Challenge) -> Option<Provider> {
    let realm = challenge.realm()?.to_ascii_lowercase();
    if let Challenge::Basic { .. } = challenge {
        return match realm.as_str() {
            "harbor" => Some(Provider::Harbor),
            "artifactory realm" => Some(Provider::Artifactory),
            _ if realm.starts_with("sonatype nexus") => Some(Provider::Nexus),
            _ => None,
        };
    }
    let service = match challenge {
        Challenge::Bearer { service: Some(service), .. } => service.raw(),
        _ => "",
    };
    match service {
        "harbor-registry" => Some(Provider::Harbor),
        "container_registry" if realm.ends_with("/jwt/auth") => Some(Provider::GitLab),
        _ if realm.contains("/artifactory/api/docker/")
            || realm.contains("/v2/token") && realm.contains("artifactory") =>
        {
            Some(Provider::Artifactory)
        }
        _ if realm.ends_with("/v2/auth") => Some(Provider::Quay),
        _ => None,
    }
}
