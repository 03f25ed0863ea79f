//! Steps of a probe in a few words.

use super::rows::StepRow;
use crate::diagnose::probe::authority;
use crate::evidence::endpoint::{ConnectFailure, Endpoint, NameSource, Resolve};
use crate::evidence::probe::{CredentialSeen, Exchange, ExchangeResult, Trouble};
use crate::registry::credential::CredentialKind;
use crate::text::Clean;

/// The way to a host: its name, its addresses, its TLS.
pub(super) fn of_endpoint(endpoint: &Endpoint) -> Vec<StepRow> {
    let mut steps = Vec::new();
    let what = authority(endpoint);
    let step = |step: &str, what: &str, ok, took_ms, saw| StepRow {
        step: step.into(),
        what: what.into(),
        ok,
        took_ms,
        saw,
    };
    if let Some(resolve) = &endpoint.resolve {
        steps.push(step(
            "DNS",
            endpoint.host.as_str(),
            resolve.failure.is_none(),
            resolve.took_ms,
            names(resolve),
        ));
    }
    for connect in &endpoint.connects {
        let saw = connect.failure.map_or("connected", connect_failure);
        let address = connect.address.to_string();
        steps.push(step("connect", &address, connect.failure.is_none(), connect.took_ms, saw.into()));
    }
    if let Some(refusal) = &endpoint.proxy_refusal {
        let status = refusal.status.map(|status| format!("{status} ")).unwrap_or_default();
        steps.push(step("proxy", &what, false, 0, format!("{status}{}", refusal.message)));
    }
    if let Some(tls) = &endpoint.tls {
        let saw = match &tls.failure {
            Some(failure) => failure.message.to_string(),
            None if tls.is_sound() => tls.version.clone(),
            None => {
                let faults = [
                    (!tls.valid_now, "not valid now"),
                    (!tls.name_fits, "for another name"),
                    (!tls.trusted, "not trusted"),
                ];
                let faults: Vec<&str> = faults.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
                format!("{}, certificate {}", tls.version, faults.join(", "))
            }
        };
        steps.push(step("TLS", &what, tls.is_sound(), tls.took_ms, saw));
    }
    if let Some(why) = &endpoint.refused_target {
        steps.push(step("redirect", &what, false, 0, why.to_string()));
    }
    steps
}

fn names(resolve: &Resolve) -> String {
    if let Some(failure) = &resolve.failure {
        return failure.message.to_string();
    }
    let addresses: Vec<String> = resolve.addresses.iter().map(ToString::to_string).collect();
    let source = if resolve.source == NameSource::HostsFile { " (hosts file)" } else { "" };
    format!("{}{source}", addresses.join(", "))
}

fn connect_failure(failure: ConnectFailure) -> &'static str {
    match failure {
        ConnectFailure::Refused => "refused",
        ConnectFailure::TimedOut => "no answer in time",
        ConnectFailure::Unreachable => "no route",
        ConnectFailure::Reset => "cut off",
        ConnectFailure::NotPermitted => "not permitted",
        ConnectFailure::Other => "failed",
    }
}

/// One request.
pub(super) fn of_exchange(exchange: &Exchange) -> StepRow {
    StepRow {
        step: exchange.step.as_str().into(),
        what: exchange.request.to_string(),
        ok: exchange.is_good(),
        took_ms: exchange.took_ms,
        saw: saw(exchange),
    }
}

fn saw(exchange: &Exchange) -> String {
    match &exchange.result {
        ExchangeResult::Answered(answer) => match &answer.trouble {
            Some(trouble) => format!("{}, {}", answer.status, trouble_text(trouble)),
            None => answer.status.to_string(),
        },
        ExchangeResult::Unreachable => "not reached".into(),
        ExchangeResult::TimedOut => "no answer in time".into(),
        ExchangeResult::Broken { message } | ExchangeResult::Refused { message } => message.to_string(),
    }
}

fn trouble_text(trouble: &Trouble) -> String {
    match trouble {
        Trouble::PlatformMissing { wanted, available } => {
            let available: Vec<&str> = available.iter().map(Clean::as_str).collect();
            format!("nothing for {wanted}, only {}", available.join(", "))
        }
        Trouble::DigestMismatch => "not what its digest says".into(),
        Trouble::Unreadable { why } => format!("unreadable: {why}"),
        Trouble::NotARegistry => "a web page".into(),
    }
}

/// What a credential is, with its user.
pub fn describe(credential: &CredentialSeen) -> String {
    let described = &credential.described;
    if let Some(useless) = &credential.useless {
        return format!("an entry that {useless}");
    }
    let user = match described.username.is_empty() {
        true => String::new(),
        false => format!(" of user {}", described.username),
    };
    let ends = described.expires_at.map(|at| format!(", until {at}")).unwrap_or_default();
    format!("{}{user}{ends}", kind(described.kind))
}

fn kind(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Empty => "nothing",
        CredentialKind::EcrToken => "Amazon ECR token",
        CredentialKind::EcrPublicToken => "Amazon ECR Public token",
        CredentialKind::GoogleAccessToken => "Google access token",
        CredentialKind::GoogleKeyFile => "Google service account key",
        CredentialKind::AzureRefreshToken => "Azure refresh token",
        CredentialKind::Jwt => "JWT",
        CredentialKind::HarborRobot => "Harbor robot's secret",
        CredentialKind::GitHubToken => "GitHub token",
        CredentialKind::GitLabToken => "GitLab token",
        CredentialKind::GitLabJobToken => "GitLab job token",
        CredentialKind::DockerHubToken => "Docker Hub token",
        CredentialKind::QuayRobot => "Quay robot's token",
        CredentialKind::QuayToken => "Quay token",
        CredentialKind::NgcApiKey => "NGC API key",
        CredentialKind::ArtifactoryApiKey => "Artifactory API key",
        CredentialKind::ArtifactoryToken => "Artifactory token",
        CredentialKind::DigitalOceanToken => "DigitalOcean token",
        CredentialKind::IdentityToken => "identity token",
        CredentialKind::Password => "password",
    }
}
