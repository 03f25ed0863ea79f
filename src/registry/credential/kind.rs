//! Kinds of credentials, told by user name and prefix.
//!
//! Prefixes are the issuers' published ones: GitHub ("Token types"), GitLab ("Token prefixes"), Docker (personal and
//! organization access tokens), Artifactory (API key, reference token). User names are those of the registries' own
//! login instructions.

use serde::{Deserialize, Serialize};

use super::embedded::Times;

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CredentialKind {
    /// Neither user name nor password.
    Empty,
    /// An Amazon ECR password: 12 hours, and says when it ends.
    EcrToken,
    /// An Amazon ECR Public password: 12 hours.
    EcrPublicToken,
    /// A Google access token: an hour by default, opaque.
    GoogleAccessToken,
    /// A Google service account's key file: does not end by itself.
    GoogleKeyFile,
    /// A refresh token of an Azure Container Registry: a JWT, 3 hours.
    AzureRefreshToken,
    /// A JWT of no issuer that is known here.
    Jwt,
    /// A Harbor robot account's secret.
    HarborRobot,
    /// A GitHub token: personal (classic or fine-grained), OAuth, app, or refresh token.
    GitHubToken,
    /// A GitLab personal, project, group, deploy or runner token.
    GitLabToken,
    /// The token of a GitLab CI job: ends with the job.
    GitLabJobToken,
    /// A Docker Hub personal or organization access token.
    DockerHubToken,
    /// A Quay robot account's token.
    QuayRobot,
    /// A Quay OAuth or application token.
    QuayToken,
    /// An NVIDIA NGC API key.
    NgcApiKey,
    /// An Artifactory API key.
    ArtifactoryApiKey,
    /// An Artifactory reference or access token.
    ArtifactoryToken,
    /// A DigitalOcean token.
    DigitalOceanToken,
    /// An identity token of no issuer that is known here: a refresh token for the token service.
    IdentityToken,
    /// A password, or a token that does not look like one.
    Password,
}

/// Tokens that are known by what they start with, and how long they are at least.
const PREFIXES: [(&str, usize, CredentialKind); 26] = [
    ("ghp_", 16, CredentialKind::GitHubToken),
    ("gho_", 16, CredentialKind::GitHubToken),
    ("ghu_", 16, CredentialKind::GitHubToken),
    ("ghs_", 16, CredentialKind::GitHubToken),
    ("ghr_", 16, CredentialKind::GitHubToken),
    ("github_pat_", 20, CredentialKind::GitHubToken),
    ("glpat-", 12, CredentialKind::GitLabToken),
    ("gldt-", 12, CredentialKind::GitLabToken),
    ("glrt-", 12, CredentialKind::GitLabToken),
    ("glptt-", 12, CredentialKind::GitLabToken),
    ("glft-", 12, CredentialKind::GitLabToken),
    ("glsoat-", 12, CredentialKind::GitLabToken),
    ("glagent-", 12, CredentialKind::GitLabToken),
    ("glimt-", 12, CredentialKind::GitLabToken),
    ("gloas-", 12, CredentialKind::GitLabToken),
    ("glcbt-", 12, CredentialKind::GitLabJobToken),
    ("dckr_pat_", 14, CredentialKind::DockerHubToken),
    ("dckr_oat_", 14, CredentialKind::DockerHubToken),
    ("nvapi-", 16, CredentialKind::NgcApiKey),
    ("AKCp", 40, CredentialKind::ArtifactoryApiKey),
    // Base64 of `reftkn:`.
    ("cmVmdGtu", 40, CredentialKind::ArtifactoryToken),
    ("dop_v1_", 16, CredentialKind::DigitalOceanToken),
    ("doo_v1_", 16, CredentialKind::DigitalOceanToken),
    ("dor_v1_", 16, CredentialKind::DigitalOceanToken),
    ("ya29.", 16, CredentialKind::GoogleAccessToken),
    ("AKC", 64, CredentialKind::ArtifactoryApiKey),
];

/// The user name of Azure's refresh and access tokens.
const AZURE_USER: &str = "00000000-0000-0000-0000-000000000000";

/// Kind of a token by its own prefix.
fn by_prefix(text: &str) -> Option<CredentialKind> {
    let found =
        PREFIXES.iter().find(|(prefix, length, _)| text.len() >= *length && text.starts_with(prefix))?;
    Some(found.2)
}

/// Whether a text is a token by its own look.
pub(super) fn is_token(text: &str) -> bool {
    let text = text.trim();
    // Any prefix will do here, however little of the token is left.
    let starts_like_one = PREFIXES.iter().any(|(prefix, _, _)| prefix.len() > 4 && text.starts_with(prefix));
    let starts_like_github =
        ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].iter().any(|prefix| text.starts_with(prefix));
    by_prefix(text).is_some() || starts_like_one || starts_like_github || text.starts_with("eyJ")
}

/// What user name and password are.
pub(super) fn of(registry: Option<&str>, username: &str, password: &str, times: &Times) -> CredentialKind {
    let host = registry.unwrap_or_default();
    if username.is_empty() && password.is_empty() {
        return CredentialKind::Empty;
    }
    if let Some(kind) = by_user(host, username, password, times) {
        return kind;
    }
    if let Some(kind) = by_prefix(password) {
        return kind;
    }
    if !times.is_jwt {
        return CredentialKind::Password;
    }
    if times.issuer_starts_with("jfrt@")
        || times.issuer_starts_with("jfac@")
        || times.issuer_starts_with("jfxr@")
    {
        return CredentialKind::ArtifactoryToken;
    }
    CredentialKind::Jwt
}

/// What an identity token is.
pub(super) fn of_identity_token(username: &str, token: &str) -> CredentialKind {
    if username == AZURE_USER {
        CredentialKind::AzureRefreshToken
    } else {
        by_prefix(token).unwrap_or(CredentialKind::IdentityToken)
    }
}

/// Kinds whose user name is given.
fn by_user(host: &str, username: &str, password: &str, times: &Times) -> Option<CredentialKind> {
    match username {
        "AWS" if host == "public.ecr.aws" => return Some(CredentialKind::EcrPublicToken),
        "AWS" => return Some(CredentialKind::EcrToken),
        "oauth2accesstoken" => return Some(CredentialKind::GoogleAccessToken),
        "_json_key" | "_json_key_base64" => return Some(CredentialKind::GoogleKeyFile),
        "gitlab-ci-token" => return Some(CredentialKind::GitLabJobToken),
        AZURE_USER if times.is_jwt => return Some(CredentialKind::AzureRefreshToken),
        "$oauthtoken" if host == "nvcr.io" || password.starts_with("nvapi-") => {
            return Some(CredentialKind::NgcApiKey);
        }
        "$oauthtoken" | "$app" | "$token" => return Some(CredentialKind::QuayToken),
        _ if username.starts_with("gitlab+deploy-token-") => return Some(CredentialKind::GitLabToken),
        _ if username.starts_with("robot$") => return Some(CredentialKind::HarborRobot),
        _ if is_quay_robot(username) && by_prefix(password).is_none() => {
            return Some(CredentialKind::QuayRobot);
        }
        _ => {}
    }
    None
}

/// `ORGANIZATION+NAME`; an address of e-mail with a plus sign is none.
fn is_quay_robot(username: &str) -> bool {
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    username.split_once('+').is_some_and(|(organization, name)| is_word(organization) && is_word(name))
}
