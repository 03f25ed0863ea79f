//! From arguments to what the library takes.

use std::time::Duration;

use regauth::api::ConnectOptions;
use regauth::collect::identity::IdentityRequest;
use regauth::finding::Severity;

use crate::cli::{Connection, FailOn, IdentityArgs};

/// The shortest and the longest run.
const RUN_LIMITS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(24 * 3600));

/// A duration as kubectl takes it: `90` (seconds), `30s`, `5m`, `1h30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "use a duration such as 30s, 5m or 1h30m".to_string();
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(parsed).map_err(|_| wrong())
}

/// The time limit of a run.
pub fn run_limit(text: &str) -> Result<Duration, String> {
    let limit = duration(text)?;
    if limit < RUN_LIMITS.0 || limit > RUN_LIMITS.1 {
        return Err("use at least 5s and at most 24h".into());
    }
    Ok(limit)
}

/// The name of a Kubernetes object.
pub fn object_name(text: &str) -> Result<String, String> {
    match regauth::text::is_object_name(text) {
        true => Ok(text.to_string()),
        false => Err("no object can have this name: use lower-case letters, digits, '-' and '.'".into()),
    }
}

/// How to reach the API server.
pub fn connect_options(connection: &Connection) -> ConnectOptions {
    ConnectOptions {
        kubeconfig: connection.kubeconfig.clone(),
        context: connection.context.clone(),
        cluster: connection.cluster.clone(),
        user: connection.user.clone(),
        server: connection.server.clone(),
        certificate_authority: connection.certificate_authority.clone(),
        tls_server_name: connection.tls_server_name.clone(),
        impersonate: connection.impersonate.clone(),
        impersonate_groups: connection.impersonate_groups.clone(),
        impersonate_uid: connection.impersonate_uid.clone(),
        request_timeout: Some(connection.request_timeout).filter(|limit| !limit.is_zero()),
    }
}

/// What pulls are done as.
pub fn identity(args: &IdentityArgs) -> IdentityRequest {
    let service_account = args.service_account.clone().unwrap_or_else(|| "default".into());
    match &args.as_workload {
        Some(workload) => IdentityRequest::Workload(workload.clone()),
        None if args.no_pull_secret => IdentityRequest::NoPullSecret { service_account },
        None if args.pull_secrets.is_empty() => IdentityRequest::ServiceAccount(service_account),
        None => IdentityRequest::PullSecrets { service_account, names: args.pull_secrets.clone() },
    }
}

/// The severity from which on a finding is a failure.
pub fn fail_on(choice: FailOn) -> Option<Severity> {
    match choice {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_kubectl() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        for text in ["", "five", "-3s", "1x"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_run_lasts_from_five_seconds_to_a_day() {
        assert!(run_limit("4s").is_err() && run_limit("25h").is_err());
        assert_eq!(run_limit("5m"), Ok(Duration::from_secs(300)));
    }
}
