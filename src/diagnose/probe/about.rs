//! Findings about one image of one probe, with their sentences.

use super::answer::Judged;
use super::look::Look;
use super::way::authority;
use crate::code::Code;
use crate::diagnose::wording::{Place, asked};
use crate::evidence::endpoint::Endpoint;
use crate::evidence::probe::{Action, Attempt, CredentialSeen};
use crate::evidence::{CredentialUse, Network, Probe};
use crate::finding::{Finding, Severity, Subject};
use crate::fix;
use crate::plan::SecretSource;
use crate::registry::known::Provider;
use crate::registry::rate_limit::LimitKind;

/// A finding about a look, at its usual severity and certain, with the mends of its code.
pub(super) fn about(look: &Look<'_>, code: Code, source: Option<&str>, cause: String) -> Finding {
    about_place(look, code, source, &place(look, source), cause)
}

/// The same about one of the hosts that were contacted for it.
pub(super) fn about_host(look: &Look<'_>, code: Code, endpoint: &Endpoint, cause: String) -> Finding {
    let place = Place { asked: authority(endpoint), ..place(look, None) };
    about_place(look, code, None, &place, cause)
}

fn about_place(look: &Look<'_>, code: Code, source: Option<&str>, place: &Place, cause: String) -> Finding {
    let subject = Subject {
        name: subject(look, place, code, source),
        images: vec![look.target.image.clone()],
        nodes: nodes(look.probe),
        ..Subject::default()
    };
    let mut finding = Finding::new(code, subject, cause);
    finding.evidence = vec![look.id()];
    finding.fixes = fix::probe::mends(code, look, place, source);
    finding
}

/// The node of a probe; none for this machine.
pub(super) fn nodes(probe: &Probe) -> Vec<String> {
    Some(probe.node.clone()).filter(|node| !node.is_empty()).into_iter().collect()
}

/// Where it was looked, in the words that sentences and commands need.
pub(super) fn place(look: &Look<'_>, source: Option<&str>) -> Place {
    let plan = &look.evidence.plan;
    let named = |source: &str| source.strip_prefix("secret/").map(str::to_string);
    let pull_secrets = match source {
        Some(source) => named(source).into_iter().collect(),
        None => plan.identity.pull_secrets.clone(),
    };
    let registry = look.registry();
    Place {
        asked: asked(&registry),
        reach_flags: fix::flags::reach(plan, look.probe.network),
        is_local: look.probe.network == Network::Local,
        registry,
        image: look.target.image.clone(),
        namespace: plan.namespace.clone(),
        service_account: plan.identity.service_account.clone(),
        pull_secrets,
        identity: plan.identity.clone(),
        identity_flags: fix::flags::identity(plan),
    }
}

fn subject(look: &Look<'_>, place: &Place, code: Code, source: Option<&str>) -> String {
    match (code, source) {
        (Code::NoCredential, _) if look.probe.network == Network::Local => {
            format!("registry/{}", place.registry)
        }
        (Code::NoCredential, _) if is_builder(look) => look.evidence.plan.identity.name.clone(),
        (Code::PushDenied | Code::RepositoryNotFound, _) => format!("repository/{}", place.image),
        (Code::EgressBlocked, _) => match policies(look) {
            [one] => format!("networkpolicy/{one}"),
            _ => place.subject(code),
        },
        (code, Some(source)) if is_about_credential(code) => source.to_string(),
        _ => place.subject(code),
    }
}

fn is_about_credential(code: Code) -> bool {
    code.refuses_credential()
        || matches!(
            code,
            Code::CredentialExpiresSoon
                | Code::RobotAccountUnusable
                | Code::PullSecretEmpty
                | Code::PullSecretMalformed
                | Code::PullSecretMissing
                | Code::PullSecretWrongType
                | Code::PullSecretNoMatch
        )
}

/// Whether the credentials are those that a builder mounts, which no kubelet reads.
pub(super) fn is_builder(look: &Look<'_>) -> bool {
    look.evidence.plan.probe.as_ref().is_some_and(|probe| !probe.docker_configs.is_empty())
}

/// NetworkPolicies that are known to restrict what the probe may reach.
pub(crate) fn policies<'a>(look: &Look<'a>) -> &'a [String] {
    match (&look.evidence.plan.probe, look.probe.network) {
        (Some(probe), Network::Pod) => &probe.policies,
        _ => &[],
    }
}

/// Who sends the credentials.
pub(super) fn sender(look: &Look<'_>) -> &'static str {
    match look.probe.network {
        Network::Local => "the client",
        _ if is_builder(look) || look.target.action == Action::Push => "the builder",
        _ => "the kubelet",
    }
}

/// Who it was done as, for lack of a credential.
pub(super) fn who(look: &Look<'_>) -> String {
    let plan = &look.evidence.plan;
    match look.probe.network {
        Network::Local => "this machine".into(),
        _ if is_builder(look) => format!("the docker configuration of {}", plan.identity.name),
        _ if plan.identity.source == SecretSource::Disabled => "a pull without pull secrets".into(),
        _ => match plan.identity.pull_secrets.as_slice() {
            [] => format!("serviceaccount/{} (no pull secret)", plan.identity.service_account),
            names => format!("serviceaccount/{} with {}", plan.identity.service_account, names.join(", ")),
        },
    }
}

/// From where, where it matters: ` from the pods' network`.
pub(super) fn from(look: &Look<'_>) -> &'static str {
    match look.probe.network {
        Network::Node => " from the node's network",
        Network::Pod => " from the pods' network",
        Network::Local => " from this machine",
    }
}

/// The finding that a failed attempt leads to; `None` where the way to a host is the cause.
pub(super) fn failed(look: &Look<'_>, attempt: &Attempt, judged: &Judged) -> Option<Finding> {
    let first = judged.first()?;
    Some(of_code(look, attempt, judged, first.code))
}

/// The same with another code, which the comparison of attempts has found.
pub(super) fn of_code(look: &Look<'_>, attempt: &Attempt, judged: &Judged, code: Code) -> Finding {
    let credential = attempt.credential.as_ref();
    let source = credential.map(|credential| credential.source.as_str());
    let mut finding = about(look, code, source, sentence(look, credential, judged, code));
    finding.messages = judged.words.iter().cloned().collect();
    if let Some(credential) = credential {
        log_out(&mut finding, look, credential);
    }
    let Some(first) = judged.first().filter(|first| first.code == code) else { return finding };
    finding.certain = first.certain;
    if !first.certain {
        finding.also_possible = judged.candidates.iter().skip(1).map(|other| other.code).collect();
        finding.settle_by = match credential.filter(|_| code == Code::CredentialRejected) {
            // The request that settles a kubelet's refusal is the one that was just made.
            Some(_) => Some("the registry's own log of it, or a fresh login as that user".into()),
            None => first.settle_by.clone(),
        };
    }
    finding
}

/// On this machine a credential is mended in the store that holds it.
pub(super) fn log_out(finding: &mut Finding, look: &Look<'_>, credential: &CredentialSeen) {
    if look.probe.network == Network::Local && fix::probe::is_about_its_content(finding.code) {
        finding.fixes = fix::probe::log_out(look, credential);
    }
}

/// One sentence that says the cause.
fn sentence(look: &Look<'_>, credential: Option<&CredentialSeen>, judged: &Judged, code: Code) -> String {
    let registry = look.registry();
    match code {
        Code::NoCredential => format!("{registry} asks for a credential and {} has none for it.", who(look)),
        Code::RepositoryNotFound => {
            format!("{registry} has no project or repository {} to push to.", look.target.image)
        }
        Code::HarborTokenRejected => format!(
            "{registry} issued a token that grants it and then refused that token: its cores differ in key or clock."
        ),
        Code::RateLimited => limited(&registry, judged.limit),
        Code::CredentialNotVisible => format!(
            "{registry} asks for a credential; a provider of the node or a cloud identity may supply it, which nobody can see from here."
        ),
        _ => of_credential(look, credential, judged, code).unwrap_or_else(|| explained(look, judged, code)),
    }
}

/// The sentences about whoever's credential it is.
fn of_credential(
    look: &Look<'_>,
    credential: Option<&CredentialSeen>,
    judged: &Judged,
    code: Code,
) -> Option<String> {
    let (registry, image) = (look.registry(), &look.target.image);
    let whose = credential.map_or_else(|| who(look), |credential| credential.source.clone());
    let missing = judged.missing.as_ref();
    let lacks = missing.map(|one| format!(": it needs {} ({})", one.right, one.role)).unwrap_or_default();
    Some(match code {
        Code::CredentialRejected => format!("{registry} refused the user and secret of {whose}."),
        Code::CredentialExpired => {
            let expiry = credential.and_then(|credential| credential.described.expires_at);
            let when = expiry.map(|at| format!(" at {at}")).unwrap_or_default();
            format!("The credential of {whose} for {registry} expired{when}.")
        }
        Code::StaleCredential => format!(
            "{image} is public, but {registry} refuses the credential of {whose}, which {} sends first.",
            sender(look)
        ),
        Code::PermissionDenied => {
            format!("{registry} knows the credential of {whose}, which may not pull {image}{lacks}.")
        }
        Code::PushDenied => {
            format!("{registry} knows the credential of {whose}, which may not push to {image}{lacks}.")
        }
        Code::AccountLocked => format!(
            "{registry} has locked the account of {whose} after failed logins; every new try keeps it locked."
        ),
        Code::RobotAccountUnusable => {
            format!("The robot account of {whose} is disabled or expired at {registry}.")
        }
        _ => return None,
    })
}

/// The usual sentence of a code with what speaks for it.
fn explained(look: &Look<'_>, judged: &Judged, code: Code) -> String {
    let usual = place(look, None).cause(code);
    let because = judged.first().filter(|first| first.code == code).map(|first| first.because.as_str());
    let told_elsewhere =
        judged.words.is_some() && !matches!(code, Code::PlatformMissing | Code::ContentCorrupt);
    match because.filter(|because| !because.is_empty() && !told_elsewhere) {
        Some(because) => format!("{} ({because}).", usual.trim_end_matches('.')),
        None => usual,
    }
}

fn limited(registry: &str, limit: Option<LimitKind>) -> String {
    match limit {
        Some(LimitKind::AnonymousPulls) => format!(
            "{registry} refuses further pulls without a login for now: the limit counts everybody behind the same address."
        ),
        Some(LimitKind::AccountPulls) => {
            format!("{registry} refuses further pulls of this account for now: its own limit was reached.")
        }
        Some(LimitKind::Abuse) => format!(
            "{registry} refuses all requests from this address for now (its limit against abuse), which no login lifts."
        ),
        _ => format!("{registry} refuses further pulls for now: its rate limit was reached."),
    }
}

/// Lowers a finding where the node's own kubelet pulls the image: its word decides.
pub(super) fn weigh(finding: &mut Finding, look: &Look<'_>) {
    if !look.kubelet_pulls() || look.works() {
        return;
    }
    // A pull that was made without the refused credential says nothing of it.
    let held_back = look.pull().is_some_and(|pull| matches!(pull.credential, CredentialUse::HeldBack { .. }));
    if held_back && finding.code.refuses_credential() {
        return;
    }
    finding.severity = if finding.code.refuses_credential() { Severity::Warning } else { Severity::Info };
    finding.cause = format!(
        "{} The node's own pull works all the same: it has a mirror, proxy or credential that the probe has not.",
        finding.cause
    );
    finding.evidence.extend(look.pull().map(|pull| pull.id.clone()));
}

/// Whether nodes of the provider may have a credential that no Secret holds.
pub(super) fn may_have_node_identity(look: &Look<'_>, provider: &Provider) -> bool {
    provider.has_node_identity() && look.probe.network == Network::Node && look.pull().is_none()
}
