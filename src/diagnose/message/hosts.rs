//! URLs and hosts: whose they are.

/// Which registry's rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    DockerHub,
    Ecr,
    EcrPublic,
    /// Artifact Registry and its predecessor.
    Google,
    Azure,
    GitHub,
    GitLab,
    Quay,
    /// Clouds that give their nodes a credential, and whose answers are like those of others.
    OtherCloud,
    /// Registries that serve everybody and know no accounts.
    Public,
    Other,
}

/// What the host of a request is to the image's registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The registry itself.
    Registry,
    /// Its token service.
    TokenService,
    /// Where it sends clients for content: storage, or another registry.
    Elsewhere,
    /// Not known.
    Unknown,
}

/// Names of one registry: what images are called by, and what answers for it.
const ALIASES: &[(&str, &[&str])] =
    &[("docker.io", &["registry-1.docker.io", "index.docker.io", "registry.hub.docker.com"])];

/// Registries that ask nobody for a credential.
const PUBLIC: &[&str] = &[
    "registry.k8s.io",
    "k8s.gcr.io",
    "mcr.microsoft.com",
    "registry.access.redhat.com",
    "docker.elastic.co",
];

/// Oracle (its credential provider for the kubelet), Yandex (the node group's service account).
const OTHER_CLOUDS: &[&str] = &["ocir.io", "cr.yandex"];

/// Host and port of a URL, which may lack its scheme.
pub(super) fn of_url(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = &rest[..rest.find(['/', '?', '#', '"']).unwrap_or(rest.len())];
    clean(authority.rsplit_once('@').map_or(authority, |(_, host)| host))
}

/// A host as it is compared: lower case, no default port, nothing that cannot be in one.
pub(super) fn clean(host: &str) -> String {
    let host: String = host
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".-_:[]%".contains(*c))
        .take(255)
        .collect::<String>()
        .to_ascii_lowercase();
    host.strip_suffix(":443").map_or(host.clone(), str::to_owned)
}

/// The path and query of a URL.
fn behind_host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find(['/', '?']).map_or("", |at| &rest[at..])
}

/// Whether a request for a token names an account, which it does only with a credential (the Docker daemon's
/// `account`).
pub(super) fn names_account(url: &str) -> bool {
    let query = behind_host(url).split_once('?').map_or("", |(_, query)| query);
    is_token_request(url)
        && query.split('&').any(|part| part.strip_prefix("account=").is_some_and(|name| !name.is_empty()))
}

/// Whether what a request asks for is not of the form that the API defines: a tag with a `+`, a repository that
/// begins with a slash or has capitals.
pub(super) fn asks_for_no_name(url: &str) -> bool {
    let behind = behind_host(url);
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let plain = query.replace("%3A", ":").replace("%3a", ":").replace("%2F", "/").replace("%2f", "/");
    if let Some(scope) = plain.split('&').find_map(|part| part.strip_prefix("scope=repository:")) {
        return scope.split(':').next().is_some_and(|name| !is_repository(name));
    }
    let Some((name, reference)) = path.strip_prefix("/v2/").and_then(|path| path.rsplit_once("/manifests/"))
    else {
        return false;
    };
    let of_tag = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    !is_repository(name) || !reference.contains(':') && !reference.chars().all(of_tag)
}

/// Whether a repository's name has the characters of one (OCI distribution specification 1.1, "Pulling
/// manifests").
fn is_repository(name: &str) -> bool {
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
    name.split('/').all(|part| !part.is_empty() && part.chars().all(of_name))
}

/// Whether a request belongs to a push.
pub(super) fn is_push(method: Option<&str>, url: &str) -> bool {
    let behind = behind_host(url);
    let path = behind.split('?').next().unwrap_or_default();
    matches!(method, Some("POST" | "PUT" | "PATCH")) && path.starts_with("/v2/") && !is_token_request(url)
        || path.contains("/blobs/uploads")
        || asks_for_push(behind)
}

/// Whether a scope in a query includes pushing.
fn asks_for_push(behind: &str) -> bool {
    let query = behind.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|part| part.strip_prefix("scope=")).any(|scope| {
        ["%2Cpush", ",push", ":push", "%3Apush", "%2cpush"].iter().any(|part| scope.contains(part))
    })
}

/// Whether the URL asks a token service (Distribution token specification: a `service` or a `scope` is
/// given).
pub(super) fn is_token_request(url: &str) -> bool {
    let behind = behind_host(url);
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let asks = query.split('&').any(|part| part.starts_with("scope=") || part.starts_with("service="));
    let path = path.trim_end_matches('/');
    asks || ["/token", "/oauth2/exchange", "/jwt/auth"].iter().any(|end| path.ends_with(end))
}

/// Whether the URL is of the registry API.
pub(super) fn is_api(url: &str) -> bool {
    ["/v2/", "/v1/"].iter().any(|start| behind_host(url).starts_with(start))
}

/// Whether the URL is the base of the registry API, which a client asks when it logs in, and before a push.
pub(super) fn is_base(url: &str) -> bool {
    matches!(behind_host(url), "/v2/" | "/v2" | "/v1/_ping" | "/v1/users/" | "/v1/users")
}

/// Whether plain HTTP is spoken where HTTPS is usual.
pub(super) fn is_http_at_tls_port(url: &str) -> bool {
    let authority =
        url.strip_prefix("http://").map(|rest| &rest[..rest.find(['/', '?']).unwrap_or(rest.len())]);
    authority.is_some_and(|authority| authority.ends_with(":443") || authority.ends_with(":8443"))
}

/// Whether the URL is of a blob.
pub(super) fn is_blob(url: &str) -> bool {
    behind_host(url).contains("/blobs/sha")
}

/// The role of a request's host.
pub(super) fn role(registry: Option<&str>, url: &str, host: &str) -> Role {
    if is_token_request(url) {
        return Role::TokenService;
    }
    match registry {
        _ if host.is_empty() => Role::Unknown,
        None => Role::Registry,
        Some(registry) if is_same(registry, host) => Role::Registry,
        Some(_) => Role::Elsewhere,
    }
}

/// Whether `host` answers for `registry`.
pub(super) fn is_same(registry: &str, host: &str) -> bool {
    let (registry, host) = (clean(registry), clean(host));
    registry == host
        || ALIASES.iter().any(|(name, others)| *name == registry && others.contains(&host.as_str()))
}

/// Whose registry a host is.
pub(super) fn kind(host: &str) -> Kind {
    let name = host.split(':').next().unwrap_or(host);
    let ends =
        |suffix: &str| name == suffix || name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    if ends("docker.io") || ends("docker.com") {
        Kind::DockerHub
    } else if name == "public.ecr.aws" {
        Kind::EcrPublic
    } else if name.contains(".dkr.ecr") && (name.contains(".amazonaws.com") || ends("on.aws")) {
        Kind::Ecr
    } else if PUBLIC.iter().any(|host| ends(host)) {
        Kind::Public
    } else if ends("gcr.io") || ends("pkg.dev") {
        Kind::Google
    } else if ends("azurecr.io") || ends("azurecr.cn") || ends("azurecr.us") {
        Kind::Azure
    } else if ends("ghcr.io") || ends("pkg.github.com") {
        Kind::GitHub
    } else if name == "registry.gitlab.com" {
        Kind::GitLab
    } else if ends("quay.io") {
        Kind::Quay
    } else if OTHER_CLOUDS.iter().any(|host| ends(host)) {
        Kind::OtherCloud
    } else {
        Kind::Other
    }
}

impl Kind {
    /// Whether the cloud gives its nodes a credential that the API does not show.
    pub(super) fn has_node_identity(self) -> bool {
        matches!(self, Self::Ecr | Self::EcrPublic | Self::Google | Self::Azure | Self::OtherCloud)
    }

    /// Whether much of what it has is there for everybody, so that its asking for a credential may mean that
    /// there is no such repository.
    pub(super) fn serves_everybody(self) -> bool {
        matches!(
            self,
            Self::DockerHub | Self::EcrPublic | Self::GitHub | Self::GitLab | Self::Quay | Self::Public
        )
    }

    /// Whether it answers 401 or 403, never 404, for what may not be read, so that its 404 says what it seems
    /// to.
    pub(super) fn never_hides(self) -> bool {
        matches!(self, Self::DockerHub | Self::GitLab)
    }
}
