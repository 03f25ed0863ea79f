//! What may stand for the value of an argument.

use clap::Arg;
use regauth::collect::names::Objects;

use super::Candidate;

/// What may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// One of these.
    Listed(Vec<Candidate>),
    /// The name of an object in the cluster.
    Cluster(Objects),
    /// A workload, as KIND/NAME.
    Workloads,
    /// A finding code.
    Codes,
    /// A context of the kubeconfig.
    Contexts,
    /// A cluster of the kubeconfig.
    Clusters,
    /// A user of the kubeconfig.
    Users,
    /// The name of a file.
    Files,
    /// The name of a folder.
    Folders,
    /// Anything.
    Free,
}

/// The flags that take the name of something.
pub const NAMES: &[(&str, Values)] = &[
    ("context", Values::Contexts),
    ("cluster", Values::Clusters),
    ("user", Values::Users),
    ("namespace", Values::Cluster(Objects::Namespaces)),
    ("node-namespace", Values::Cluster(Objects::Namespaces)),
    ("node", Values::Cluster(Objects::Nodes)),
    ("service-account", Values::Cluster(Objects::ServiceAccounts)),
    ("canary-service-account", Values::Cluster(Objects::ServiceAccounts)),
    ("canary-pull-secret", Values::Cluster(Objects::PullSecrets)),
    ("pull-secret", Values::Cluster(Objects::PullSecrets)),
    ("probe-pull-secret", Values::Cluster(Objects::PullSecrets)),
    ("docker-config-secret", Values::Cluster(Objects::Secrets)),
];

/// What the argument takes, by its own definition: its possible values, its name, or what its help calls the value.
pub fn of(arg: &Arg) -> Values {
    let listed = arg.get_possible_values();
    if !listed.is_empty() {
        let shown = listed.iter().filter(|value| !value.is_hide_set());
        let about = |value: &clap::builder::PossibleValue| {
            value.get_help().map(ToString::to_string).unwrap_or_default()
        };
        return Values::Listed(shown.map(|value| (value.get_name().to_string(), about(value))).collect());
    }
    let named = NAMES.iter().find(|(long, _)| arg.get_long() == Some(*long));
    if let Some((_, values)) = named {
        return values.clone();
    }
    let called = arg.get_value_names().unwrap_or_default();
    let is_called = |word: &str| called.iter().any(|name| name.split([' ', '|']).any(|part| part == word));
    match () {
        () if is_called("KIND/NAME") => Values::Workloads,
        () if is_called("CODE") => Values::Codes,
        () if is_called("FOLDER") => Values::Folders,
        () if is_called("FILE") => Values::Files,
        () => Values::Free,
    }
}
