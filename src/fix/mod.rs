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

use crate::code::Code;
use crate::diagnose::Place;
use crate::evidence::Network;
use crate::finding::{Finding, Fix};
use crate::plan::{Identity, SecretSource};

/// What a look from the node's shell costs there.
const NEEDS_BUSYBOX: &str = " (the node must have busybox, or reach Docker Hub for it)";

/// Mends for a finding about one pull.
pub fn for_pull(code: Code, place: &Place) -> Vec<Fix> {
    let Place { registry, asked, image, namespace, service_account, pull_secrets, identity_flags, .. } =
        place;
    match code {
        Code::NoCredential => no_credential(place),
        Code::CredentialRejected | Code::CredentialExpired => refused(namespace, pull_secrets, registry),
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
        _ => Vec::new(),
    }
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

fn no_credential(place: &Place) -> Vec<Fix> {
    let Place { namespace, service_account, registry, .. } = place;
    // A merge would replace the list of a ServiceAccount: it has no merge key.
    let (path, value) = match place.pull_secrets.is_empty() {
        true => ("/imagePullSecrets", r#"[{"name":"regcred"}]"#),
        false => ("/imagePullSecrets/-", r#"{"name":"regcred"}"#),
    };
    vec![
        fix(
            format!("creates a pull secret after a fresh login to {registry}"),
            create_secret(namespace, "regcred"),
        ),
        fix(
            "adds it to the pull secrets of the ServiceAccount, for every pod that is created from then on and names none itself",
            format!(
                "kubectl -n {namespace} patch serviceaccount {service_account} --type=json \
                 -p '[{{\"op\":\"add\",\"path\":\"{path}\",\"value\":{value}}}]'"
            ),
        ),
    ]
}

fn refused(namespace: &str, pull_secrets: &[String], registry: &str) -> Vec<Fix> {
    let name = match pull_secrets {
        [one] => one.as_str(),
        _ => "SECRET",
    };
    vec![fix(
        format!(
            "replaces the whole Secret by the docker config of a fresh login to {registry} (with the entries of other \
             registries, if it has any); pods pick it up at their next pull"
        ),
        create_secret(namespace, name),
    )]
}

/// `kubectl create secret docker-registry` would take the password as an argument; a file does not.
fn create_secret(namespace: &str, name: &str) -> String {
    format!(
        "kubectl -n {namespace} create secret generic {name} --type=kubernetes.io/dockerconfigjson \
         --from-file=.dockerconfigjson=DOCKER_CONFIG.json --dry-run=client -o yaml | kubectl apply -f -"
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
