//! From kubectl's flags and the kubeconfig to a connection.
//!
//! No text of a kubeconfig parser or a credential plugin is passed on: both quote what they choke on.

use std::error::Error as _;
use std::path::PathBuf;
use std::time::Duration;

use http::header::{HeaderValue, USER_AGENT};
use kube::client::AuthError;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::Api;

/// kubectl's connection flags, as the user gave them.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--server`.
    pub server: Option<String>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`.
    pub impersonate_uid: Option<String>,
    /// `--request-timeout`; `None` means no limit.
    pub request_timeout: Option<Duration>,
}

/// A connection that cannot be set up: one sentence that says what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(String);

/// Sets up the connection. Nothing is sent yet.
pub async fn connect(options: &ConnectOptions) -> Result<Api, ConnectError> {
    let mut config = load(options).await?;
    if let Some(server) = &options.server {
        config.cluster_url = url(server)
            .ok_or_else(|| ConnectError(format!("--server {server:?} is not the URL of an API server")))?;
    }
    if config.cluster_url.scheme().is_none() {
        config.cluster_url = url(&config.cluster_url.to_string())
            .ok_or_else(|| ConnectError("the kubeconfig's server is not a URL".into()))?;
    }
    if let Some(path) = &options.certificate_authority {
        config.root_cert = Some(read_certificates(path)?);
        config.root_cert_file = None;
        config.accept_invalid_certs = false;
    }
    if options.tls_server_name.is_some() {
        config.tls_server_name.clone_from(&options.tls_server_name);
    }
    impersonate(&mut config, options)?;
    config.connect_timeout = Some(Duration::from_secs(10));
    // Retries are made by `Api`, which knows what may be sent twice.
    config.default_retry = false;
    let agent = HeaderValue::from_static(concat!("kubectl-regauth/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    let server = config.cluster_url.to_string().trim_end_matches('/').to_string();
    let client = Client::try_from(config).map_err(|error| ConnectError(client_problem(&error)))?;
    Ok(Api::new(client, &server, options.request_timeout))
}

/// As kubectl takes it: without a scheme it is HTTPS.
fn url(text: &str) -> Option<http::Uri> {
    let whole = if text.contains("://") { text.to_string() } else { format!("https://{text}") };
    whole.parse().ok().filter(|url: &http::Uri| matches!(url.scheme_str(), Some("https" | "http")))
}

fn impersonate(config: &mut Config, options: &ConnectOptions) -> Result<(), ConnectError> {
    let auth = &mut config.auth_info;
    if let Some(user) = &options.impersonate {
        auth.impersonate = Some(user.clone());
        auth.impersonate_groups =
            Some(options.impersonate_groups.clone()).filter(|groups| !groups.is_empty());
        auth.impersonate_uid.clone_from(&options.impersonate_uid);
    } else if !options.impersonate_groups.is_empty() || options.impersonate_uid.is_some() {
        return Err(ConnectError("--as-group and --as-uid need --as, the user to act as".into()));
    }
    Ok(())
}

async fn load(options: &ConnectOptions) -> Result<Config, ConnectError> {
    let kubeconfig = match &options.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = match kubeconfig {
        Ok(kubeconfig) => kubeconfig,
        Err(KubeconfigError::ReadConfig(..) | KubeconfigError::FindPath) if !is_named(options) => {
            return without_kubeconfig(options);
        }
        Err(error) => return Err(ConnectError(kubeconfig_problem(&error))),
    };
    let given = |option: &Option<String>| option.clone().filter(|name| !name.is_empty());
    let choice = KubeConfigOptions {
        context: given(&options.context),
        cluster: given(&options.cluster),
        user: given(&options.user),
    };
    user_exists(&kubeconfig, &choice)?;
    let loaded = Config::from_custom_kubeconfig(kubeconfig, &choice).await;
    loaded.map_err(|error| ConnectError(kubeconfig_problem(&error)))
}

/// The library goes on without a credential when the user is not there.
fn user_exists(kubeconfig: &Kubeconfig, choice: &KubeConfigOptions) -> Result<(), ConnectError> {
    let context = choice.context.as_ref().or(kubeconfig.current_context.as_ref());
    let context = kubeconfig.contexts.iter().find(|named| Some(&named.name) == context);
    let of_context = || context?.context.as_ref()?.user.clone();
    match choice.user.clone().or_else(of_context).filter(|name| !name.is_empty()) {
        Some(name) if !kubeconfig.auth_infos.iter().any(|user| user.name == name) => {
            Err(ConnectError(format!("the kubeconfig has no user {name:?}")))
        }
        _ => Ok(()),
    }
}

/// Whether the user said where the kubeconfig is: then no other way is tried.
fn is_named(options: &ConnectOptions) -> bool {
    options.kubeconfig.is_some() || std::env::var_os("KUBECONFIG").is_some_and(|value| !value.is_empty())
}

/// Inside a pod the ServiceAccount serves; else `--server` alone may be enough.
fn without_kubeconfig(options: &ConnectOptions) -> Result<Config, ConnectError> {
    if let Ok(config) = Config::incluster_env() {
        return Ok(config);
    }
    match options.server.as_deref().map(url) {
        Some(Some(url)) => Ok(Config::new(url)),
        _ => Err(ConnectError(
            "there is no kubeconfig: name one by --kubeconfig or the variable KUBECONFIG".into(),
        )),
    }
}

fn read_certificates(path: &PathBuf) -> Result<Vec<Vec<u8>>, ConnectError> {
    use base64::Engine;
    let refuse = |why: String| ConnectError(format!("--certificate-authority {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let mut certificates = Vec::new();
    for part in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let encoded: String = part.split("-----END").next().unwrap_or_default().split_whitespace().collect();
        let der = base64::engine::general_purpose::STANDARD.decode(encoded);
        certificates.push(der.map_err(|_| refuse("a certificate in it is damaged".into()))?);
    }
    if certificates.is_empty() {
        return Err(refuse("holds no PEM certificate".into()));
    }
    Ok(certificates)
}

fn kubeconfig_problem(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(cause, path) => {
            format!("the kubeconfig {} cannot be read: {cause}", path.display())
        }
        KubeconfigError::Parse(_) => "the kubeconfig is not valid YAML, or not a kubeconfig".into(),
        KubeconfigError::CurrentContextNotSet => {
            "the kubeconfig has no current context: name one by --context".into()
        }
        KubeconfigError::LoadContext(name) => {
            format!(
                "the kubeconfig has no context {name:?}: `kubectl config get-contexts` lists those that it has"
            )
        }
        KubeconfigError::LoadClusterOfContext(name) => format!("the kubeconfig has no cluster {name:?}"),
        KubeconfigError::MissingClusterUrl => "the kubeconfig's cluster has no server".into(),
        KubeconfigError::ParseClusterUrl(_) => "the kubeconfig's server is not a URL".into(),
        KubeconfigError::ParseProxyUrl(_) => "the kubeconfig's proxy-url is not a URL".into(),
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => {
            "the kubeconfig's certificate authority cannot be read".into()
        }
        KubeconfigError::LoadClientCertificate(_) => {
            "the kubeconfig's client certificate cannot be read".into()
        }
        KubeconfigError::LoadClientKey(_) => "the kubeconfig's client key cannot be read".into(),
        KubeconfigError::KindMismatch | KubeconfigError::ApiVersionMismatch => {
            "the files in KUBECONFIG are of different kinds and cannot be merged".into()
        }
        _ => "the kubeconfig cannot be used".into(),
    }
}

fn client_problem(error: &kube::Error) -> String {
    match (credential_problem(error), error) {
        (Some(cause), _) => format!("the credential of the kubeconfig's user cannot be used: {cause}"),
        (None, kube::Error::RustlsTls(_)) => {
            "the certificates or the client key in the kubeconfig cannot be used for TLS".into()
        }
        (None, kube::Error::ProxyProtocolUnsupported { .. }) => {
            "the kubeconfig's proxy-url has a scheme that is not supported".into()
        }
        _ => "no connection can be made from this kubeconfig".into(),
    }
}

/// What is wrong with the kubeconfig's credential, if that is what an error is about.
pub(super) fn credential_problem(error: &kube::Error) -> Option<String> {
    let kube::Error::Auth(problem) = error else { return None };
    Some(match problem {
        AuthError::AuthExecStart(cause) => {
            format!("its credential plugin cannot be started ({})", cause.kind())
        }
        AuthError::AuthExecRun { out, .. } => match out.status.code() {
            Some(code) => format!("its credential plugin failed with exit status {code}; log in again"),
            None => "its credential plugin was ended by a signal".into(),
        },
        AuthError::ReadTokenFile(cause, path) => {
            format!("its token file {} cannot be read ({})", path.display(), cause.kind())
        }
        AuthError::MissingCommand => "its credential plugin names no command".into(),
        AuthError::ExecPluginFailed | AuthError::AuthExecParse(_) => {
            "its credential plugin printed no usable credential".into()
        }
        other if other.source().is_some() => "it is damaged or could not be refreshed; log in again".into(),
        _ => "it could not be refreshed; log in again".into(),
    })
}
