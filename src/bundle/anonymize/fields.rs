//! Which fields of evidence hold names, and of what; held to the schema by a test.

/// What a name is of; also the first part of what replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Namespace,
    Node,
    Workload,
    Pod,
    Account,
    Secret,
    ConfigMap,
    Container,
    User,
    /// A reference: host, path and tag.
    Image,
    /// A host, a URL, or a key of a docker configuration.
    Host,
    /// The name in a certificate.
    Certificate,
    /// A selector, or another word of the user's.
    Label,
    /// A part of a path or of a host.
    Name,
}

impl Kind {
    /// `namespace`, as in `namespace-1`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Node => "node",
            Self::Workload => "workload",
            Self::Pod => "pod",
            Self::Account => "account",
            Self::Secret => "secret",
            Self::ConfigMap => "configmap",
            Self::Container => "container",
            Self::User => "user",
            Self::Certificate => "subject",
            Self::Label => "label",
            Self::Image | Self::Host | Self::Name => "name",
        }
    }
}

/// What is done with a field's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// It holds names of this kind.
    Named(Kind),
    /// Free text, in which names stand.
    Text,
    /// One of a few words in one place, and free text in another.
    Choice,
    /// Nothing of anybody's: one of a few words, a version, a checksum.
    Kept,
    /// It is of no use to a rule, and cannot be gone through.
    Blank,
}

/// What the field `key` of an object in the field `parent` holds.
pub(super) fn field(parent: &str, key: &str) -> Field {
    if key == "name" {
        return of_name(parent);
    }
    match key {
        "namespace" | "nodeNamespace" | "alsoIn" => Field::Named(Kind::Namespace),
        // `on`: where a credential was refused before.
        "node" | "on" | "startedOn" | "refusedOn" | "refusedLater" => Field::Named(Kind::Node),
        "workload" | "workloads" => Field::Named(Kind::Workload),
        "pod" => Field::Named(Kind::Pod),
        "serviceAccount" => Field::Named(Kind::Account),
        "secret" | "pullSecrets" | "imagePullSecrets" | "missingPullSecrets" | "startedWith" => {
            Field::Named(Kind::Secret)
        }
        "configMap" => Field::Named(Kind::ConfigMap),
        "container" | "containers" => Field::Named(Kind::Container),
        "username" | "accounts" | "sub" => Field::Named(Kind::User),
        "image" | "images" | "hasImages" | "imageId" | "imageRewritten" | "repository" | "to" => {
            Field::Named(Kind::Image)
        }
        "host" | "server" | "servers" | "proxy" | "url" | "realm" | "externalUrl" | "serviceUrl"
        | "front" | "address" | "ntpServers" | "names" | "aud" | "iss" | "service" | "plainHttp"
        | "lookupKey" | "sentTo" | "key" => Field::Named(Kind::Host),
        "subject" | "issuer" => Field::Named(Kind::Certificate),
        "pool" | "zone" | "release" | "selector" | "policies" => Field::Named(Kind::Label),
        "kind" | "program" | "reads" | "reason" | "scheme" | "source" | "via" => Field::Choice,
        "pem" => Field::Blank,
        _ if KEPT.contains(&key) => Field::Kept,
        _ => Field::Text,
    }
}

/// What `name` is the name of, by the field that the object is in.
fn of_name(parent: &str) -> Field {
    match parent {
        "nodes" => Field::Named(Kind::Node),
        "serviceAccounts" => Field::Named(Kind::Account),
        "pullSecrets" | "secrets" | "keySecret" => Field::Named(Kind::Secret),
        "workloads" => Field::Named(Kind::Workload),
        "cores" | "pods" | "others" | "addresses" => Field::Named(Kind::Pod),
        "namespaces" => Field::Named(Kind::Namespace),
        // Names of settings and of authentication schemes are the programs' own.
        "settings" | "challenges" | "challenge" => Field::Kept,
        _ => Field::Named(Kind::Name),
    }
}

/// Words of the format, versions and checksums.
const KEPT: &[&str] = &[
    "action",
    "apiVersion",
    "architecture",
    "cells",
    "certificateKid",
    "checks",
    "class",
    "client",
    "clients",
    "code",
    "collectedAt",
    "component",
    "events",
    "failure",
    "field",
    "fixFormat",
    "form",
    "installer",
    "kernelRefusal",
    "kid",
    "kiss",
    "kubelet",
    "lastSeen",
    "learnt",
    "line",
    "method",
    "network",
    "onNodeBefore",
    "os",
    "pressures",
    "provider",
    "pullPolicy",
    "pushes",
    "resource",
    "result",
    "role",
    "runtime",
    "saidBy",
    "sha256",
    "startedAt",
    "state",
    "step",
    "truncated",
    "type",
    "use",
    "version",
    "writtenAtRunTime",
];
