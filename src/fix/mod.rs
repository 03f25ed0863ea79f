//! Commands that mend a cause, least invasive first. Nothing here runs them.
//!
//! A password never appears in a command: Secrets are made from a docker config file that a login wrote.

mod builder;
pub(crate) mod flags;
pub(crate) mod harbor;
pub(crate) mod probe;
pub(crate) mod shell;
pub(crate) mod workload;

pub(crate) use builder::mounted_at;
pub use builder::{look_at_keys, mount_docker_config};
pub use shell::quoted;

use crate::code::Code;
use crate::diagnose::Place;
use crate::evidence::Network;
use crate::evidence::workloads::Workload;
use crate::finding::{Finding, Fix};
use crate::plan::{FixFormat, Identity, SecretSource};
use crate::registry::keyring::{KEY_DOCKER_CONFIG_JSON, TYPE_DOCKER_CONFIG_JSON};
use crate::registry::reference::Reference;

/// What a look from the node's shell costs there.
const NEEDS_BUSYBOX: &str = " (the node must have busybox, or reach Docker Hub for it)";

/// Mends for a finding about one pull.
pub fn for_pull(code: Code, place: &Place) -> Vec<Fix> {
    let Place { registry, asked, image, namespace, service_account, identity_flags, .. } = place;
    match code {
        Code::NoCredential => no_credential(place),
        Code::CredentialRejected | Code::CredentialExpired => refused(place),
        Code::StaleCredential => vec![
            fix(
                "shows which pull secrets the ServiceAccount carries",
                get_service_account(namespace, service_account),
            ),
            fix(
                "proves that the image needs none of them",
                format!("kubectl regauth pull {image} -n {namespace} --no-pull-secret"),
            ),
        ],
        Code::PermissionDenied => vec![fix(
            "tests the same pull with another credential, once its owner was granted the right to pull",
            format!("kubectl regauth pull {image} -n {namespace} --pull-secret SECRET"),
        )],
        Code::CertificateUntrusted => vec![fix(
            "on the node: add the line ca = \"/PATH/TO/CA.crt\" for this registry; containerd reads it at each pull",
            format!("sudoedit /etc/containerd/certs.d/{registry}/hosts.toml"),
        )],
        Code::EgressBlocked | Code::ConnectionTimedOut | Code::ConnectionRefused => {
            vec![probe_from_node(place), port_answers(asked)]
        }
        Code::RegistryNameUnresolved => vec![probe_from_node(place), look_up(Network::Node, "", asked)],
        Code::PullNotFinished => {
            vec![fix(
                "waits longer",
                format!("kubectl regauth pull {image} -n {namespace} {identity_flags} --timeout 15m"),
            )]
        }
        Code::ImageNotFound => tags(place),
        Code::PlatformMissing => platforms(image),
        _ => Vec::new(),
    }
}

/// What the registry has, as whoever is logged in on this machine sees it.
fn tags(place: &Place) -> Vec<Fix> {
    let repository = Reference::parse(&place.image).map(|image| image.repository());
    let list = repository.map(|repository| {
        fix(
            "shows which tags are there, to those who may read them (skopeo login first): a name to correct, or an image to push",
            format!("skopeo list-tags {}", shell::quoted(&format!("docker://{repository}"))),
        )
    });
    // From this machine it was seen already.
    let see = (!place.is_local).then(|| fix(
        "shows whether this machine's own login sees the image: if so, it is there, and the cluster's identity may not see it",
        format!("kubectl regauth probe {}", shell::quoted(&place.image)),
    ));
    list.ok().into_iter().chain(see).collect()
}

/// For which platforms an image is, and of which the nodes are.
fn platforms(image: &str) -> Vec<Fix> {
    vec![
        fix(
            "shows for which platforms the image is: build the missing one too, or keep the pods off such nodes (nodeSelector kubernetes.io/arch)",
            format!("docker buildx imagetools inspect {}", shell::quoted(image)),
        ),
        fix("shows the platform of each node", "kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch"),
    ]
}

/// Fills the first node that a finding concerns into its commands, where they are for any of them.
pub(crate) fn fill_in_node(finding: &mut Finding) {
    let Some(node) = finding.subject.nodes.first().filter(|node| !node.is_empty()) else { return };
    let node = shell::quoted(node);
    for fix in &mut finding.fixes {
        for (any, this) in
            [("node/NODE ", format!("node/{node} ")), ("--node NODE ", format!("--node {node} "))]
        {
            fix.command = fix.command.replace(any, &this);
        }
    }
}

/// The same way, tested by a program that needs no image from another registry on that node.
fn probe_from_node(place: &Place) -> Fix {
    fix(
        "tests the way from the node to the registry step by step, and runs nothing of the image",
        place.again("pull", "--node NODE --method probe"),
    )
}

fn port_answers(asked: &str) -> Fix {
    fix(
        format!("shows from the node's own network whether the port answers{NEEDS_BUSYBOX}"),
        format!("kubectl debug node/NODE -it --image=busybox -- nc -vz -w 5 {}", host_port(asked)),
    )
}

/// Mends for a pull secret that does not exist.
pub fn missing_pull_secret(name: &str, namespace: &str, identity: &Identity) -> Vec<Fix> {
    let mut fixes = vec![fix(
        "creates it from the credential of a fresh login (docker login, podman login)",
        create_secret(namespace, name),
    )];
    if identity.source == SecretSource::ServiceAccount {
        let what = "shows where it is named, if the name is wrong";
        fixes.push(fix(what, get_service_account(namespace, &identity.service_account)));
    }
    fixes
}

/// Settles whether a pull secret exists.
pub fn look_at_secret(name: &str, namespace: &str) -> Fix {
    fix(
        "shows whether it exists, and of which type it is",
        format!("kubectl -n {namespace} get secret {name}"),
    )
}

/// The name of a pull secret that is still to be made: one that is not taken.
pub(crate) fn new_secret(is_taken: impl Fn(&str) -> bool) -> String {
    let mut names = std::iter::once("regcred".to_string()).chain((2..).map(|n| format!("regcred-{n}")));
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

fn no_credential(place: &Place) -> Vec<Fix> {
    let Place { namespace, registry, identity, pull_secrets, .. } = place;
    let secret = new_secret(|name| identity.pull_secrets.iter().chain(pull_secrets).any(|one| one == name));
    let create = fix(
        format!("creates a pull secret after a fresh login to {registry}"),
        create_secret(namespace, &secret),
    );
    std::iter::once(create).chain(name_for_identity(place, &secret)).collect()
}

/// Names a pull secret where the pods of an identity get theirs from.
fn name_for_identity(place: &Place, secret: &str) -> Vec<Fix> {
    let Place { namespace, identity, .. } = place;
    let in_account = |carried: Option<&[String]>| {
        vec![workload::add_to_account(namespace, &identity.service_account, carried, secret)]
    };
    match identity.source {
        SecretSource::ServiceAccount => in_account(Some(&identity.pull_secrets)),
        // The list that the run was given says nothing of the ServiceAccount's.
        SecretSource::Given | SecretSource::Disabled => in_account(None),
        // The ServiceAccount's does not reach pods with a list of their own.
        SecretSource::Workload => {
            let named = Workload {
                namespace: namespace.clone(),
                name: identity.name.clone(),
                service_account: identity.service_account.clone(),
                pull_secrets: identity.pull_secrets.clone(),
                ..Workload::default()
            };
            let at = workload::Place { workload: &named, account: None, format: FixFormat::Kubectl };
            let mut fixes = workload::name_pull_secret(&at, secret);
            if let Some(first) = fixes.first_mut() {
                first
                    .what
                    .push_str("; Garden, Helm, Argo CD or Flux revert it: change it there if they own it");
            }
            fixes
        }
    }
}

fn refused(place: &Place) -> Vec<Fix> {
    let Place { namespace, pull_secrets, registry, .. } = place;
    if pull_secrets.is_empty() {
        return vec![fix(
            "tests the same pull with a pull secret: what was refused is the node's own credential",
            format!(
                "kubectl regauth pull {} -n {namespace} --pull-secret SECRET",
                shell::quoted(&place.image)
            ),
        )];
    }
    let renew = |name: &String| {
        fix(
            format!(
                "replaces what is in secret/{name} by the docker config of a fresh login to {registry} (with the entries \
                 of other registries, if it has any); pods take it at their next pull"
            ),
            replace_secret(namespace, name),
        )
    };
    pull_secrets.iter().map(renew).collect()
}

/// `kubectl create secret docker-registry` would take the password as an argument; a file does not.
fn create_secret(namespace: &str, name: &str) -> String {
    format!(
        "kubectl -n {namespace} create secret generic {name} --type={TYPE_DOCKER_CONFIG_JSON} \
         --from-file={KEY_DOCKER_CONFIG_JSON}=DOCKER_CONFIG.json"
    )
}

/// New content for a Secret that is there.
fn replace_secret(namespace: &str, name: &str) -> String {
    format!(
        "{} --dry-run=client -o yaml | {}",
        create_secret(namespace, name),
        workload::put(namespace, name)
    )
}

fn get_service_account(namespace: &str, name: &str) -> String {
    format!("kubectl -n {namespace} get serviceaccount {name} -o jsonpath='{{.imagePullSecrets}}'")
}

/// Asks for a name where it was not found.
fn look_up(network: Network, namespace: &str, asked: &str) -> Fix {
    let host = shell::quoted(host(asked));
    match network {
        Network::Local => fix("shows what the resolver says", format!("nslookup {host}")),
        Network::Pod => fix(
            "shows what the cluster's name server says to a pod",
            format!(
                "kubectl -n {namespace} run regauth-dns --rm -it --restart=Never --image=busybox -- nslookup {host}"
            ),
        ),
        Network::Node => fix(
            format!("shows what the node's own resolver says{NEEDS_BUSYBOX}"),
            format!("kubectl debug node/NODE -it --image=busybox -- nslookup {host}"),
        ),
    }
}

fn show_certificate(asked: &str) -> Fix {
    let address = shell::quoted(&host_port(asked).replace(' ', ":"));
    fix(
        "shows the certificate: names, issuer, dates",
        format!(
            "openssl s_client -connect {address} -servername {} </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName",
            shell::quoted(host(asked))
        ),
    )
}

fn host(registry: &str) -> &str {
    registry.rsplit_once(':').map_or(registry, |(host, _)| host)
}

fn host_port(registry: &str) -> String {
    match registry.rsplit_once(':') {
        Some((host, port)) => format!("{host} {port}"),
        None => format!("{registry} 443"),
    }
}

fn fix(what: impl Into<String>, command: impl Into<String>) -> Fix {
    Fix::new(what, command)
}
