//! From arguments to what the library takes.

mod reach;
mod values;

use regauth::api::ConnectOptions;
use regauth::collect::identity::IdentityRequest;
use regauth::finding::Severity;

pub use self::reach::{of_this_machine, probe_image_in_use, probe_plan};
pub use self::values::{
    CaSource, ca_source, data_key, duration, endpoint, front_url, harbor_repository, image, interval, label,
    listen, listen_address, long_duration, object_name, platform, registry_host, run_limit, threshold,
    time_server,
};
use crate::cli::{Connection, FailOn, IdentityArgs};

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
