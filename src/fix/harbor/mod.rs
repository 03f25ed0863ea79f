//! Mends for Harbor: one key first, then pods that start with it.
//!
//! Values of charts: goharbor/harbor-helm 1.16 (`core.secretName`, `core.tokenKey` with `core.tokenCert`, `externalURL`:
//! `templates/core/core-secret.yaml`), bitnami/harbor 16.3 (the same names; its template looks the key up in the cluster,
//! which a render without one, as Argo CD's, cannot), goharbor/harbor-operator 1.3 (`spec.core.tokenIssuer`: cert-manager
//! makes the key). No key appears in a command or in a process list: it goes through pipes and files of the user alone.

mod account;
mod door;
mod keys;
mod registry;

pub(crate) use self::account::ask_later;
use self::account::{accounts, longer_tokens, may_push, project, writable};
use self::door::{at_address, external_url, front_url, look_at_door, way_to_door};
pub(crate) use self::keys::certificate;
use self::keys::{keep_one_key, readable, show_mounts};
pub(crate) use self::registry::registry_credential;
use super::fix;
use super::shell::quoted;
use crate::code::Code;
use crate::diagnose::harbor::{Core, View};
use crate::finding::Fix;

/// The Secret that a mend makes, where none is known.
const NEW_SECRET: &str = "harbor-token-key";

/// Mends for a finding about these cores.
pub(crate) fn mends(code: Code, view: &View<'_>, cores: &[&Core<'_>]) -> Vec<Fix> {
    if let Some(fixes) = with_any(code, view) {
        return fixes;
    }
    if view.harbor.is_none() {
        return without_kubernetes(code, view, cores);
    }
    match code {
        Code::HarborKeyMismatch | Code::HarborKeyStale => {
            let mut fixes = roll(view);
            fixes.extend(keep_one_key(view));
            fixes
        }
        Code::HarborKeyUnreadable => readable(view, cores),
        Code::HarborKeyNotMounted => {
            let mut fixes = vec![show_mounts(view)];
            fixes.extend(keep_one_key(view));
            fixes
        }
        Code::HarborCoreUnreachable => cores.iter().flat_map(|core| look_at(view, core)).collect(),
        Code::UnexpectedResponder if !cores.is_empty() => {
            cores.iter().flat_map(|core| look_at(view, core)).collect()
        }
        Code::TokenServiceUnreachable => {
            let mut fixes = look_at_door(view, true);
            fixes.push(show_ways(view));
            fixes
        }
        Code::UnexpectedResponder | Code::ConnectionTimedOut | Code::ConnectionRefused => {
            let mut fixes = look_at_door(view, false);
            fixes.push(show_ways(view));
            fixes
        }
        Code::HarborConfigDrift | Code::HarborVersionMismatch => {
            let mut fixes = vec![show_images(view)];
            fixes.extend(roll(view));
            fixes
        }
        Code::ClockDrift | Code::TokenTimeRejected => clocks(cores),
        Code::HarborTokenRejected => {
            vec![again(view, "reads what the cores logged about the tokens that they rejected", "--logs")]
        }
        Code::RealmMismatch => external_url(view),
        _ => Vec::new(),
    }
}

/// Mends that are the same by the URL and in a cluster.
fn with_any(code: Code, view: &View<'_>) -> Option<Vec<Fix>> {
    Some(match code {
        code if code.refuses_credential() => accounts(view),
        Code::AccountLocked | Code::RobotAccountUnusable => accounts(view),
        Code::PushDenied => may_push(view),
        Code::RepositoryNotFound => project(view),
        Code::RegistryReadOnly => writable(view),
        Code::TokenOutlived => longer_tokens(view).into_iter().collect(),
        Code::RegistryNameUnresolved
        | Code::PlainHttpRegistry
        | Code::CertificateUntrusted
        | Code::CertificateNameMismatch
        | Code::CertificateNotValidNow
        | Code::TlsHandshakeFailed => way_to_door(code, view),
        _ => return None,
    })
}

fn workload(view: &View<'_>) -> String {
    view.workload().unwrap_or_else(|| "deployment/DEPLOYMENT".into())
}

/// The same command with another flag.
fn again(view: &View<'_>, what: &str, flag: &str) -> Fix {
    let command = match view.harbor {
        Some(harbor) => format!("kubectl regauth harbor -n {} {flag}", harbor.namespace),
        None => format!("kubectl regauth harbor --url {} {flag}", front_url(view)),
    };
    fix(what, command)
}

/// Lets all pods start anew with what their Secret and ConfigMap hold now, one after the other; or the rollout that is
/// not finished.
fn roll(view: &View<'_>) -> Vec<Fix> {
    let (namespace, workload) = (view.namespace(), workload(view));
    let status = format!("kubectl -n {namespace} rollout status {workload}");
    match view.rollout() {
        Some(rollout) if rollout.stuck => vec![
            fix("shows what the rollout waits for", format!("kubectl -n {namespace} describe {workload}")),
            fix(
                "goes back to the pods before it; a Secret that was rewritten with it stays as it is, so pods that start read the new key",
                format!("kubectl -n {namespace} rollout undo {workload}"),
            ),
        ],
        Some(_) => vec![fix("waits for the rollout that is in progress", status)],
        None => vec![fix(
            "starts the cores anew one by one, so that all hold what their Secret and ConfigMap hold now; until it ends, pushes fail now and then",
            format!("kubectl -n {namespace} rollout restart {workload} && {status}"),
        )],
    }
}

fn show_ways(view: &View<'_>) -> Fix {
    fix(
        "shows what leads to the cores, and whether any is ready behind it",
        format!("kubectl -n {} get service,endpointslice,ingress", view.namespace()),
    )
}

fn show_images(view: &View<'_>) -> Fix {
    fix(
        "shows which pods run what since when",
        format!(
            "kubectl -n {} get pods -o custom-columns=NAME:.metadata.name,STARTED:.status.startTime,IMAGE:.spec.containers[*].image",
            view.namespace()
        ),
    )
}

fn look_at(view: &View<'_>, core: &Core<'_>) -> Vec<Fix> {
    let Some(pod) = core.pod else { return Vec::new() };
    let container = if pod.container.is_empty() { "core" } else { &pod.container };
    let (namespace, name) = (view.namespace(), core.name);
    vec![
        fix("shows its state and events", format!("kubectl -n {namespace} describe pod {name}")),
        fix(
            "shows what it says itself",
            format!("kubectl -n {namespace} logs {name} -c {container} --tail=100"),
        ),
    ]
}

fn clocks(cores: &[&Core<'_>]) -> Vec<Fix> {
    let mut fixes =
        vec![fix("shows the clocks of all nodes, by their leases", "kubectl regauth clock".to_string())];
    let mut nodes: Vec<&str> = cores.iter().filter_map(|core| Some(core.pod?.node.as_str())).collect();
    nodes.sort_unstable();
    nodes.dedup();
    if let [node] = nodes.as_slice() {
        fixes.push(fix(
            "asks the node's kernel and a time server, from a pod of this program, whether its clock is right; Harbor from 2.11 on forgives 60 s, which an upgrade brings",
            format!("kubectl regauth clock --method probe --node {} --ntp-server SERVER", quoted(node)),
        ));
    }
    fixes
}

/// By the URL alone: Harbor may stand on virtual machines, or in a cluster that was not asked.
fn without_kubernetes(code: Code, view: &View<'_>, cores: &[&Core<'_>]) -> Vec<Fix> {
    match code {
        Code::HarborKeyMismatch | Code::HarborTokenRejected => vec![
            fix("in the cluster: says which pods hold which key", "kubectl regauth harbor -n NAMESPACE"),
            fix(
                "on each machine of an installation without Kubernetes: the sum must be the same on all; copy the file of one to the others, and start their cores anew",
                "sha256sum /data/secret/core/private_key.pem",
            ),
        ],
        Code::HarborKeyUnreadable => vec![fix(
            "shows the key's form on the machine without showing the key: BEGIN RSA PRIVATE KEY is right; openssl rsa -traditional converts it",
            "head -n 1 /data/secret/core/private_key.pem",
        )],
        Code::ClockDrift | Code::TokenTimeRejected => {
            vec![fix(
                "on each machine: shows whether its clock is synchronised",
                "chronyc tracking || timedatectl",
            )]
        }
        Code::RealmMismatch => vec![fix(
            "shows where Harbor sends clients for tokens",
            format!("curl -sS -D - -o /dev/null {}/v2/ | grep -i www-authenticate", front_url(view)),
        )],
        Code::HarborCoreUnreachable => cores.iter().filter_map(|core| at_address(view, core)).collect(),
        Code::TokenServiceUnreachable => look_at_door(view, true),
        Code::UnexpectedResponder | Code::ConnectionTimedOut | Code::ConnectionRefused => {
            look_at_door(view, false)
        }
        _ => Vec::new(),
    }
}
