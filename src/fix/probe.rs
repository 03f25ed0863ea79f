//! Mends for what probes saw.

use super::{create_secret, fix, for_pull, host, host_port};
use crate::code::Code;
use crate::diagnose::Place;
use crate::diagnose::probe::{Look, policies};
use crate::evidence::{Action, Network};
use crate::finding::Fix;

/// Mends for a finding about a look; `source` is where the credential is from that it is about.
pub(crate) fn mends(code: Code, look: &Look<'_>, place: &Place, source: Option<&str>) -> Vec<Fix> {
    let elsewhere = source.filter(|source| !source.starts_with("secret/"));
    if let Some(store) = elsewhere.filter(|_| is_about_its_content(code)) {
        return known_log_out(look, store).unwrap_or_else(|| log_out(store, &place.registry));
    }
    match (code, look.probe.network) {
        (code, _) if is_about_its_content(code) && code != Code::StaleCredential => replace(code, place),
        (Code::PullSecretMissing | Code::PullSecretWrongType, _) => missing(place, source),
        (Code::EgressBlocked, Network::Pod) => show_policies(look, place),
        (Code::ConnectionTimedOut | Code::ConnectionRefused, Network::Pod) => compare(look, place),
        (Code::ConnectionTimedOut | Code::ConnectionRefused, Network::Local) => {
            vec![fix("shows whether the port answers", format!("nc -vz -w 5 {}", host_port(&place.registry)))]
        }
        (Code::RegistryNameUnresolved, Network::Local) => {
            vec![fix("shows what the resolver says", format!("nslookup {}", host(&place.registry)))]
        }
        (Code::RegistryNameUnresolved, Network::Pod) => vec![fix(
            "shows what the cluster's name server says to a pod",
            format!(
                "kubectl -n {} run regauth-dns --rm -it --restart=Never --image=busybox -- nslookup {}",
                place.namespace,
                host(&place.registry)
            ),
        )],
        (Code::CertificateUntrusted, network) if network != Network::Node => trust(place),
        (Code::CertificateUntrusted, _) => trust(place).into_iter().chain(for_pull(code, place)).collect(),
        (Code::CertificateNotValidNow | Code::CertificateNameMismatch | Code::TlsHandshakeFailed, _) => {
            vec![show_certificate(place)]
        }
        (Code::TokenServiceUnreachable | Code::RealmMismatch, _) => vec![show_realm(place)],
        _ => of_answers(code, look, place),
    }
}

fn of_answers(code: Code, look: &Look<'_>, place: &Place) -> Vec<Fix> {
    let Place { registry, image, .. } = place;
    let again = |command: &str| again(command, place);
    let one = match code {
        Code::PlainHttpRegistry => fix(
            "on the node: a host of http:// in this file makes containerd speak HTTP to the registry",
            format!("sudoedit /etc/containerd/certs.d/{registry}/hosts.toml"),
        ),
        Code::PushDenied | Code::RepositoryNotFound | Code::RegistryReadOnly | Code::RefusedByPolicy
            if look.target.action == Action::Push =>
        {
            fix("tests the same push again, once the registry was changed", again("push"))
        }
        Code::HarborTokenRejected | Code::HarborKeyMismatch | Code::HarborKeyUnreadable => {
            fix("compares the key and clock of Harbor's cores", "kubectl regauth harbor")
        }
        Code::RateLimited | Code::RateLimitLow => {
            fix("shows what is left for each node and credential, and who is charged", again("limits"))
        }
        Code::ProxyFailed => fix(
            "tests without a proxy, or with another one",
            format!("{} --method probe --proxy URL", again("pull")),
        ),
        Code::RegistryServerError | Code::UnexpectedResponder => fix(
            "shows who answers: status, Server header, challenge",
            format!("curl -sS -D - -o /dev/null https://{registry}/v2/"),
        ),
        Code::PlatformMissing => {
            fix("shows for which platforms the image is", format!("docker buildx imagetools inspect {image}"))
        }
        Code::NoCredential if look.probe.network == Network::Local => {
            fix("logs this machine in", format!("docker login {registry}"))
        }
        _ => return for_pull(code, place),
    };
    vec![one]
}

/// A command of ours about the same image as the same identity.
fn again(command: &str, place: &Place) -> String {
    let Place { image, namespace, identity_flags, .. } = place;
    format!("kubectl regauth {command} {image} -n {namespace} {identity_flags}")
}

fn is_about_its_content(code: Code) -> bool {
    code.refuses_credential()
        || matches!(
            code,
            Code::CredentialExpiresSoon
                | Code::PullSecretEmpty
                | Code::PullSecretMalformed
                | Code::PullSecretNoMatch
                | Code::RobotAccountUnusable
        )
}

/// What removes the credential from the store that the evidence names, and a login in its place where the same
/// program does that.
fn known_log_out(look: &Look<'_>, place: &str) -> Option<Vec<Fix>> {
    let stores = look.evidence.stores.iter().filter(|store| store.image == look.target.image);
    let mut entries = stores.flat_map(|store| &store.entries);
    let mut fixes = entries.find(|entry| entry.place.as_str() == place)?.logout.clone();
    let login = fixes.first()?.command.replacen(" logout", " login", 1);
    if login != fixes.first()?.command {
        fixes.push(fix("asks for a fresh one", login));
    }
    Some(fixes)
}

/// Logs a client's store out, by its own program, which the store's path tells where nothing else does.
fn log_out(store: &str, registry: &str) -> Vec<Fix> {
    let store = store.to_ascii_lowercase();
    let registry = if registry == "docker.io" { "" } else { registry };
    let (program, what) = if store.contains("helm") {
        ("helm registry logout", "Helm's own store")
    } else if store.contains("podman") || store.contains("containers/auth.json") {
        ("podman logout", "Podman's store")
    } else {
        ("docker logout", "Docker's store")
    };
    let command = format!("{program} {registry}");
    let registry = if registry.is_empty() && program.starts_with("docker") { "" } else { registry };
    vec![
        fix(format!("removes the credential from {what}"), command.trim()),
        fix("asks for a fresh one", format!("{} {registry}", program.replace("logout", "login")).trim()),
    ]
}

/// Calls a credential helper by hand. `list` prints servers and users; `get` would print the secret.
pub(crate) fn try_helper(program: &str) -> Vec<Fix> {
    let program: String =
        program.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
    vec![
        fix("shows whether the program is in PATH", format!("command -v {program}")),
        fix("shows whether it works: it lists servers and users, no secrets", format!("{program} list")),
    ]
}

/// Shows a Secret's entries without their values, then replaces it.
fn replace(code: Code, place: &Place) -> Vec<Fix> {
    let namespace = &place.namespace;
    let name = match place.pull_secrets.as_slice() {
        [one] => one.as_str(),
        _ => "SECRET",
    };
    let mut fixes = Vec::new();
    if matches!(code, Code::PullSecretEmpty | Code::PullSecretNoMatch) {
        fixes.push(fix(
            "shows which registries the Secret has entries for, without their values",
            format!(
                "kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.\\.dockerconfigjson}}' | base64 -d | jq '.auths | keys'"
            ),
        ));
    }
    let what = format!(
        "replaces the credential by that of a fresh login to {}; pods pick it up at their next pull",
        place.registry
    );
    fixes.push(fix(what, create_secret(namespace, name)));
    fixes
}

fn missing(place: &Place, source: Option<&str>) -> Vec<Fix> {
    let name = source.and_then(|source| source.strip_prefix("secret/")).unwrap_or("SECRET");
    vec![
        super::look_at_secret(name, &place.namespace),
        fix(
            "creates it from the credential of a fresh login (docker login, podman login)",
            create_secret(&place.namespace, name),
        ),
    ]
}

fn show_policies(look: &Look<'_>, place: &Place) -> Vec<Fix> {
    let namespace = &place.namespace;
    let names = policies(look);
    if names.is_empty() {
        let command = format!("kubectl -n {namespace} get networkpolicy");
        return vec![fix("shows which policies there are", command)];
    }
    let show = |name: &String| {
        let command = format!("kubectl -n {namespace} describe networkpolicy {name}");
        fix("shows where the policy lets these pods connect to", command)
    };
    names.iter().map(show).collect()
}

fn compare(look: &Look<'_>, place: &Place) -> Vec<Fix> {
    let command = match look.target.action {
        Action::Push => "push",
        Action::Pull | Action::Limits => "pull --method probe",
    };
    vec![fix(
        "tests from the node's network too, which no NetworkPolicy of the namespace restricts",
        format!("{} --network node", again(command, place)),
    )]
}

fn trust(place: &Place) -> Vec<Fix> {
    vec![fix(
        "tests with the certificate authority that should be trusted",
        format!("{} --method both --ca-bundle FILE", again("pull", place)),
    )]
}

/// The flags that give the probe what the node has.
pub(crate) fn give_it_the_nodes_own(place: &Place, code: Code) -> Vec<Fix> {
    let test = format!("{} --method both", again("pull", place));
    let mut fixes =
        vec![fix("lets the probe use the node's own configuration", format!("{test} --node-config"))];
    fixes.push(match code {
        Code::CertificateUntrusted => {
            fix("gives the probe the certificate authority", format!("{test} --ca-bundle FILE"))
        }
        Code::PlainHttpRegistry => {
            let what = "lets the probe speak plain HTTP to the registry, as the node does";
            fix(what, format!("{test} --plain-http {}", place.registry))
        }
        _ => fix("gives the probe the proxy of the node's runtime", format!("{test} --proxy URL")),
    });
    fixes
}

fn show_certificate(place: &Place) -> Fix {
    let registry = &place.registry;
    let address = host_port(registry).replace(' ', ":");
    fix(
        "shows the certificate: names, issuer, dates",
        format!(
            "openssl s_client -connect {address} -servername {} </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName",
            host(registry)
        ),
    )
}

fn show_realm(place: &Place) -> Fix {
    fix(
        "shows which token service the registry names to its clients",
        format!("curl -sS -D - -o /dev/null https://{}/v2/ | grep -i www-authenticate", place.registry),
    )
}
