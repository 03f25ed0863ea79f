//! Mends for Harbor: one key first, then pods that start with it.
//!
//! Values of charts: goharbor/harbor-helm 1.16 (`core.secretName`, `core.tokenKey` with `core.tokenCert`, `externalURL`:
//! `templates/core/core-secret.yaml`), bitnami/harbor 16.3 (the same names; its template looks the key up in the cluster,
//! which a render without one, as Argo CD's, cannot), goharbor/harbor-operator 1.3 (`spec.core.tokenIssuer`: cert-manager
//! makes the key). No key appears in a command or in a process list: it goes through pipes and files of the user alone.

use super::fix;
use super::shell::quoted;
use crate::code::Code;
use crate::diagnose::harbor::{Core, View};
use crate::evidence::harbor::pods::KeyForm;
use crate::evidence::harbor::{Installer, KeyMount};
use crate::finding::Fix;

/// The Secret that a mend makes, where none is known.
const NEW_SECRET: &str = "harbor-token-key";

/// Mends for a finding about these cores.
pub(crate) fn mends(code: Code, view: &View<'_>, cores: &[&Core<'_>]) -> Vec<Fix> {
    if view.harbor.is_none() {
        return without_kubernetes(code, view);
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
        Code::HarborCoreUnreachable | Code::UnexpectedResponder => {
            cores.iter().flat_map(|core| look_at(view, core)).collect()
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
        Code::TokenOutlived => longer_tokens(view).into_iter().collect(),
        _ => Vec::new(),
    }
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

fn front_url(view: &View<'_>) -> String {
    let front = view.seen.and_then(|seen| seen.front.as_ref());
    front.map_or_else(|| "https://HARBOR".into(), |front| quoted(front.url.as_str().trim_end_matches('/')))
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

/// Keeps the next render of the chart from making another key.
fn keep_one_key(view: &View<'_>) -> Vec<Fix> {
    let Some(harbor) = view.harbor else { return Vec::new() };
    let (namespace, release) =
        (&harbor.namespace, if harbor.release.is_empty() { "RELEASE" } else { &harbor.release });
    match harbor.installer {
        Installer::HarborHelm | Installer::Bitnami => of_chart(view, namespace, release, harbor.installer),
        Installer::Operator => vec![fix(
            "shows when cert-manager makes a new key (renewal, rotationPolicy); with each new one the cores have to be rolled",
            format!(
                "kubectl -n {namespace} get certificate -o custom-columns=NAME:.metadata.name,SECRET:.spec.secretName,RENEWS:.status.renewalTime,ROTATES:.spec.privateKey.rotationPolicy"
            ),
        )],
        Installer::Selector => Vec::new(),
    }
}

fn of_chart(view: &View<'_>, namespace: &str, release: &str, installer: Installer) -> Vec<Fix> {
    let chart = match installer {
        Installer::Bitnami => "oci://registry-1.docker.io/bitnamicharts/harbor",
        _ => "harbor --repo https://helm.goharbor.io",
    };
    let secret = mounted(view).unwrap_or("SECRET");
    // The chart's own Secret has its Deployment's name; another one was given to the chart and stays as it is.
    if view.workload().is_some_and(|workload| workload.rsplit('/').next() != Some(secret))
        && secret != "SECRET"
    {
        return Vec::new();
    }
    let version = format!("$(helm -n {namespace} get metadata {release} -o json | jq -r .version)");
    vec![
        fix(
            format!(
                "makes a Secret of its own of the key that secret/{secret} holds now; the key is not shown"
            ),
            format!(
                "kubectl -n {namespace} get secret {secret} -o json | jq '{{apiVersion, kind, type: \"kubernetes.io/tls\", metadata: {{name: \"{NEW_SECRET}\", namespace: .metadata.namespace}}, data: (.data | {{\"tls.crt\", \"tls.key\"}})}}' | kubectl create -f -"
            ),
        ),
        fix(
            "has the chart use it from then on, in place of a new key at each render (or set core.tokenKey and core.tokenCert); with Argo CD or Flux set it in their values, and sync the whole application, not parts of it",
            format!(
                "helm -n {namespace} upgrade {release} {chart} --version \"{version}\" --reuse-values --set core.secretName={NEW_SECRET}"
            ),
        ),
    ]
}

/// The Secret that the cores mount.
fn mounted<'a>(view: &View<'a>) -> Option<&'a str> {
    view.cores.iter().find_map(|core| match &core.pod?.key.mount {
        KeyMount::Secret { name, .. } => Some(name.as_str()),
        _ => None,
    })
}

/// A PKCS#1 key in place of one that core cannot issue with.
fn readable(view: &View<'_>, cores: &[&Core<'_>]) -> Vec<Fix> {
    let namespace = view.namespace();
    let core = cores.first();
    let mut fixes = Vec::new();
    if let Some(secret) = core.and_then(|core| view.secret(core)) {
        let (name, key) = (&secret.name, &secret.key);
        let form = core.and_then(|core| view.secret_seen(core)).map(|seen| seen.form);
        let read = format!(
            "kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.{}}}' | base64 -d",
            key.replace('.', "\\.")
        );
        if form.is_none() {
            fixes.push(fix(
                "shows the key's form without showing the key: BEGIN RSA PRIVATE KEY is right",
                format!("{read} | head -n 1"),
            ));
        }
        if form.is_none_or(|form| form == KeyForm::Pkcs8) {
            fixes.push(fix(
                "puts the same key into the Secret in the form that Harbor reads (PKCS#1, BEGIN RSA PRIVATE KEY)",
                format!(
                    "(umask 077; {read} | openssl rsa -traditional -out {key})\nkubectl -n {namespace} create secret generic {name} --from-file={key} --dry-run=client -o json | jq '{{data}}' | kubectl -n {namespace} patch secret {name} --type merge --patch-file /dev/stdin\nrm {key}"
                ),
            ));
        }
    } else if let Some(core) = core {
        fixes.extend(look_at(view, core));
    }
    fixes.extend(roll(view));
    fixes
}

/// Makes the certificate anew from the key beside it.
pub(crate) fn certificate(view: &View<'_>, secret: &str) -> Vec<Fix> {
    let namespace = view.namespace();
    vec![fix(
        "makes the certificate anew from the key beside it",
        format!(
            "(umask 077; kubectl -n {namespace} get secret {secret} -o jsonpath='{{.data.tls\\.key}}' | base64 -d >tls.key)\nopenssl req -x509 -new -key tls.key -days 3650 -subj /CN=harbor-token-ca -out tls.crt\nkubectl -n {namespace} create secret generic {secret} --from-file=tls.crt --dry-run=client -o json | jq '{{data}}' | kubectl -n {namespace} patch secret {secret} --type merge --patch-file /dev/stdin\nrm tls.key tls.crt"
        ),
    )]
}

fn show_mounts(view: &View<'_>) -> Fix {
    fix(
        "shows what is mounted where in the cores",
        format!(
            "kubectl -n {} get {} -o jsonpath='{{.spec.template.spec.containers[*].volumeMounts}}'",
            view.namespace(),
            workload(view)
        ),
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
            "shows whether the node's time service is synchronised (chrony; with systemd: timedatectl); Harbor from 2.11 on forgives 60 s, which an upgrade brings",
            format!("kubectl debug node/{node} -it --image=busybox -- chroot /host chronyc tracking"),
        ));
    }
    fixes
}

fn external_url(view: &View<'_>) -> Vec<Fix> {
    let Some(harbor) = view.harbor else { return Vec::new() };
    let (namespace, release) =
        (&harbor.namespace, if harbor.release.is_empty() { "RELEASE" } else { &harbor.release });
    let (url, secret) = (front_url(view), NEW_SECRET);
    let chart = match harbor.installer {
        Installer::HarborHelm => "harbor --repo https://helm.goharbor.io",
        Installer::Bitnami => "oci://registry-1.docker.io/bitnamicharts/harbor",
        Installer::Operator | Installer::Selector => return Vec::new(),
    };
    vec![
        fix(
            "shows which URL Harbor was told",
            format!("helm -n {namespace} get values {release} --all -o json | jq -r .externalURL"),
        ),
        fix(
            format!(
                "tells Harbor the URL that clients use; unless core.secretName is set, the chart makes a new token key at this, so set one first (secret/{secret}, say)"
            ),
            format!(
                "helm -n {namespace} upgrade {release} {chart} --version \"$(helm -n {namespace} get metadata {release} -o json | jq -r .version)\" --reuse-values --set externalURL={url}"
            ),
        ),
    ]
}

/// The lifetime is a setting of Harbor's own (`token_expiration`, in minutes).
fn longer_tokens(view: &View<'_>) -> Option<Fix> {
    view.seen?.front.as_ref()?;
    Some(fix(
        "lets tokens live an hour; asks for the administrator's password",
        format!(
            "curl -sS -u admin -X PUT -H 'Content-Type: application/json' -d '{{\"token_expiration\": 60}}' {}/api/v2.0/configurations",
            front_url(view)
        ),
    ))
}

/// By the URL alone: Harbor may stand on virtual machines, or in a cluster that was not asked.
fn without_kubernetes(code: Code, view: &View<'_>) -> Vec<Fix> {
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
        Code::TokenOutlived => longer_tokens(view).into_iter().collect(),
        _ => Vec::new(),
    }
}
