//! Mends for what probes saw.

use super::shell::quoted;
use super::{
    create_secret, fix, for_pull, host_port, look_up, port_answers, replace_secret, show_certificate,
};
use crate::code::Code;
use crate::diagnose::Place;
use crate::diagnose::probe::{Look, policies};
use crate::evidence::probe::CredentialSeen;
use crate::evidence::{Action, Network};
use crate::finding::Fix;
use crate::registry::docker_config::Position;

/// Mends for a finding about a look; `source` is where the credential is from that it is about.
pub(crate) fn mends(code: Code, look: &Look<'_>, place: &Place, source: Option<&str>) -> Vec<Fix> {
    if look.probe.network == Network::Local && is_about_its_content(code) {
        // The store that holds it is told with the credential: `log_out`.
        let holds_none = matches!(code, Code::PullSecretEmpty | Code::PullSecretNoMatch);
        return Some(log_in(&place.registry)).filter(|_| holds_none).into_iter().collect();
    }
    match (code, look.probe.network) {
        (code, _) if is_about_its_content(code) && code != Code::StaleCredential => replace(code, place),
        (Code::PullSecretMissing | Code::PullSecretWrongType, _) => missing(code, place, source),
        (Code::EgressBlocked, Network::Pod) => show_policies(look, place),
        (Code::ConnectionTimedOut | Code::ConnectionRefused, Network::Pod) => compare(look, place),
        (Code::ConnectionTimedOut | Code::ConnectionRefused, Network::Local) => {
            vec![fix("shows whether the port answers", format!("nc -vz -w 5 {}", host_port(&place.asked)))]
        }
        (Code::RegistryNameUnresolved, network) => {
            vec![look_up(network, &place.namespace, &place.asked)]
        }
        (Code::EgressBlocked | Code::ConnectionTimedOut | Code::ConnectionRefused, Network::Node) => {
            vec![port_answers(&place.asked)]
        }
        (Code::CertificateUntrusted, network) if network != Network::Node => trust(look, place),
        (Code::CertificateUntrusted, _) => {
            trust(look, place).into_iter().chain(for_pull(code, place)).collect()
        }
        (Code::CertificateNotValidNow | Code::CertificateNameMismatch | Code::TlsHandshakeFailed, _) => {
            vec![show_certificate(&place.asked)]
        }
        (Code::TokenServiceUnreachable | Code::RealmMismatch, _) => vec![show_realm(place)],
        _ => of_answers(code, look, place),
    }
}

fn of_answers(code: Code, look: &Look<'_>, place: &Place) -> Vec<Fix> {
    let Place { registry, image, .. } = place;
    match code {
        Code::PlainHttpRegistry if place.is_local => vec![fix(
            "tests over plain HTTP, which sends credentials in the clear",
            place.again(verb(look), &format!("--plain-http {registry}")),
        )],
        Code::PlainHttpRegistry => vec![fix(
            "on the node: a host of http:// in this file makes containerd speak HTTP to the registry",
            format!("sudoedit /etc/containerd/certs.d/{registry}/hosts.toml"),
        )],
        Code::PushDenied | Code::RepositoryNotFound | Code::RegistryReadOnly | Code::RefusedByPolicy
            if look.target.action == Action::Push =>
        {
            vec![fix("tests the same push again, once the registry was changed", place.again("push", ""))]
        }
        Code::RateLimited | Code::RateLimitLow => vec![fix(
            "shows what is left for each node and credential, and who is charged",
            place.again("limits", ""),
        )],
        Code::ProxyFailed => {
            vec![fix("tests without a proxy, or with another one", place.again(verb(look), "--proxy URL"))]
        }
        Code::RegistryServerError | Code::UnexpectedResponder => vec![fix(
            "shows who answers: status, Server header, challenge",
            format!("curl -sS -D - -o /dev/null https://{}/v2/", place.asked),
        )],
        Code::ImageNotFound => super::tags(place),
        Code::PlatformMissing => super::platforms(image),
        Code::NoCredential if place.is_local => vec![log_in(registry)],
        Code::PermissionDenied if place.is_local => vec![fix(
            "tests the same again, once the account was granted the right",
            place.again(verb(look), ""),
        )],
        // What is left are mends in the cluster.
        _ if place.is_local => Vec::new(),
        _ => for_pull(code, place),
    }
}

pub(crate) fn is_about_its_content(code: Code) -> bool {
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

fn log_in(registry: &str) -> Fix {
    let hub = registry == "docker.io";
    let login = if hub { "docker login".to_string() } else { format!("docker login {registry}") };
    fix("logs this machine in", login)
}

/// What mends a file that cannot be read, or shows why it cannot.
pub(crate) fn edit(file: &str, position: Option<Position>) -> Vec<Fix> {
    let path = quoted(file);
    vec![match position {
        Some(Position { line, column, .. }) => {
            fix(format!("edit {file}: line {line}, column {column}"), format!("${{EDITOR:-vi}} {path}"))
        }
        None => fix("shows what it is and who may read it", format!("ls -l {path}")),
    }]
}

/// What removes a credential from the store of this machine that holds it, and a login in its place where the same
/// program does that. A store that the evidence does not tell of has no mend: a guess would log another one out.
pub(crate) fn log_out(look: &Look<'_>, credential: &CredentialSeen) -> Vec<Fix> {
    let mut fixes = remove(look, credential);
    let login = fixes.first().map(|first| (first.command.replacen(" logout", " login", 1), &first.command));
    if let Some((login, _)) = login.filter(|(login, logout)| login != *logout) {
        fixes.push(fix("asks for a fresh one", login));
    }
    fixes
}

/// What removes a credential from the store of this machine that holds it.
pub(crate) fn remove(look: &Look<'_>, credential: &CredentialSeen) -> Vec<Fix> {
    let stores = look.evidence.stores.iter().filter(|store| store.image == look.target.image);
    let entry = stores.flat_map(|store| &store.entries).find(|entry| entry.is(credential));
    entry.map(|entry| entry.logout.clone()).unwrap_or_default()
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
    let names = place.pull_secrets.iter().map(String::as_str);
    let of_one = names.flat_map(|name| replace_one(code, place, name));
    let fixes: Vec<Fix> = of_one.collect();
    if fixes.is_empty() { replace_one(code, place, "SECRET") } else { fixes }
}

fn replace_one(code: Code, place: &Place, name: &str) -> Vec<Fix> {
    let namespace = &place.namespace;
    let mut fixes = Vec::new();
    if matches!(code, Code::PullSecretEmpty | Code::PullSecretNoMatch) {
        fixes.push(fix(
            format!("shows which registries secret/{name} has entries for, without their values"),
            format!(
                "kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.\\.dockerconfigjson}}' | base64 -d | jq '.auths | keys'"
            ),
        ));
    }
    let what = format!(
        "replaces the credential in secret/{name} by that of a fresh login to {}; pods pick it up at their next pull",
        place.registry
    );
    fixes.push(fix(what, replace_secret(namespace, name)));
    fixes
}

/// A Secret that is not there is made; one of a wrong type cannot become another, so that a second one is.
fn missing(code: Code, place: &Place, source: Option<&str>) -> Vec<Fix> {
    let name = source.and_then(|source| source.strip_prefix("secret/")).unwrap_or("SECRET");
    let create = match code {
        Code::PullSecretWrongType => fix(
            "creates a pull secret of another name, to be named in its place, from the credential of a fresh login \
             (docker login, podman login)",
            create_secret(&place.namespace, &format!("{name}-pull")),
        ),
        _ => fix(
            "creates it from the credential of a fresh login (docker login, podman login)",
            create_secret(&place.namespace, name),
        ),
    };
    vec![super::look_at_secret(name, &place.namespace), create]
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

/// The command that makes the same test by a probe.
fn verb(look: &Look<'_>) -> &'static str {
    match look.target.action {
        Action::Push => "push",
        Action::Pull | Action::Why | Action::Secrets | Action::Doctor | Action::Preflight => {
            "pull --method probe"
        }
        Action::Limits => "limits",
        Action::Harbor => "harbor",
        Action::Clock => "clock --method probe",
        Action::Explain => "explain",
    }
}

/// The same with the kubelet's word beside it, where it is about a pull.
fn verb_of_both(look: &Look<'_>) -> &'static str {
    if look.target.action == Action::Pull { "pull --method both" } else { verb(look) }
}

fn compare(look: &Look<'_>, place: &Place) -> Vec<Fix> {
    vec![fix(
        "tests from the node's network too, which no NetworkPolicy of the namespace restricts",
        place.again(verb(look), "--network node"),
    )]
}

fn trust(look: &Look<'_>, place: &Place) -> Vec<Fix> {
    vec![fix(
        "tests with the certificate authority that should be trusted",
        place.again(verb_of_both(look), "--ca-bundle FILE"),
    )]
}

/// The flags that give the probe what the node has.
pub(crate) fn give_it_the_nodes_own(look: &Look<'_>, place: &Place, code: Code) -> Vec<Fix> {
    let test = |own: &str| place.again(verb_of_both(look), own);
    let mut fixes = vec![fix("lets the probe use the node's own configuration", test("--node-config"))];
    fixes.push(match code {
        Code::CertificateUntrusted => {
            fix("gives the probe the certificate authority", test("--ca-bundle FILE"))
        }
        Code::PlainHttpRegistry => {
            let what = "lets the probe speak plain HTTP to the registry, as the node does";
            fix(what, test(&format!("--plain-http {}", place.registry)))
        }
        _ => fix("gives the probe the proxy of the node's runtime", test("--proxy URL")),
    });
    fixes
}

fn show_realm(place: &Place) -> Fix {
    fix(
        "shows which token service the registry names to its clients",
        format!(
            "curl -sS -D - -o /dev/null https://{}/v2/ | grep -i www-authenticate",
            crate::diagnose::asked(&place.registry)
        ),
    )
}
