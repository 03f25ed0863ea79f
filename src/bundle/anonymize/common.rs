//! Words that say nothing of whose they are.

use std::net::IpAddr;

/// Labels of hosts that anybody has: those of registries that everybody uses, by which the rules know them, and of
/// Kubernetes itself.
const LABELS: &[&str] = &[
    "amazonaws",
    "artifacts",
    "auth",
    "aws",
    "azurecr",
    "blob",
    "cloudflare",
    "cloudfront",
    "cloudflarestorage",
    "cluster",
    "core",
    "default",
    "dkr",
    "docker",
    "ecr",
    "gcr",
    "ghcr",
    "github",
    "githubusercontent",
    "gitlab",
    "goharbor",
    "googleapis",
    "harbor",
    "index",
    "jfrog",
    "k8s",
    "kubernetes",
    "local",
    "localhost",
    "mcr",
    "microsoft",
    "microsoftonline",
    "mirror",
    "pkg",
    "pool",
    "production",
    "proxy",
    "public",
    "quay",
    "r2",
    "registry",
    "registry-1",
    "s3",
    "storage",
    "sts",
    "svc",
    "token",
    "windows",
];

/// Names that anybody's cluster has, or that programs give.
const NAMES: &[&str] = &[
    "builder",
    "config.json",
    "core",
    "default",
    "dockerconfigjson",
    "harbor",
    "kaniko",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "kubernetes",
    "latest",
    "library",
    "localhost",
    "nginx",
    "pause",
    "registry",
    "root",
    "tls.crt",
    "tls.key",
];

/// Words by which ids and identities say of what kind a thing is (`pod/team/web/app`, `secret/regcred`,
/// `probe/node1/pod`). Rules read them, so they stay even where something is called so.
const KINDS: &[&str] = &[
    "builder",
    "configmap",
    "cronjob",
    "deploy",
    "deployment",
    "ds",
    "ingress",
    "job",
    "lease",
    "machine",
    "namespace",
    "networkpolicy",
    "node",
    "ntp",
    "persistentvolumeclaim",
    "pod",
    "podtemplate",
    "probe",
    "pull",
    "rc",
    "rs",
    "sandbox",
    "secret",
    "service",
    "serviceaccount",
    "store",
    "sts",
    "workload",
];

/// Words of the messages that rules read: a name that is one of them stays in sentences.
const WORDS: &[&str] = &[
    "a",
    "access",
    "account",
    "an",
    "and",
    "api",
    "argument",
    "auth",
    "authentication",
    "authorization",
    "back-off",
    "backoff",
    "bad",
    "basic",
    "be",
    "blob",
    "body",
    "by",
    "ca",
    "cannot",
    "certificate",
    "client",
    "code",
    "config",
    "connect",
    "connection",
    "container",
    "content",
    "context",
    "could",
    "credential",
    "credentials",
    "deadline",
    "denied",
    "desc",
    "dial",
    "digest",
    "dns",
    "do",
    "does",
    "down",
    "error",
    "event",
    "exceeded",
    "exist",
    "expired",
    "failed",
    "file",
    "for",
    "forbidden",
    "found",
    "from",
    "get",
    "head",
    "host",
    "http",
    "https",
    "i/o",
    "image",
    "in",
    "index",
    "insufficient",
    "internal",
    "invalid",
    "is",
    "job",
    "key",
    "limit",
    "list",
    "lookup",
    "manifest",
    "match",
    "may",
    "missing",
    "name",
    "network",
    "no",
    "node",
    "not",
    "object",
    "of",
    "on",
    "or",
    "password",
    "permission",
    "platform",
    "pod",
    "port",
    "post",
    "proxy",
    "pull",
    "pulling",
    "push",
    "rate",
    "read",
    "reached",
    "refused",
    "registry",
    "repository",
    "request",
    "requests",
    "require",
    "resolve",
    "resource",
    "response",
    "rpc",
    "scope",
    "secret",
    "server",
    "service",
    "size",
    "some",
    "started",
    "state",
    "status",
    "such",
    "system",
    "tag",
    "tcp",
    "test",
    "the",
    "time",
    "timeout",
    "tls",
    "to",
    "token",
    "too",
    "unable",
    "unauthorized",
    "unexpected",
    "unknown",
    "user",
    "username",
    "verify",
    "via",
    "wait",
    "waiting",
    "while",
    "with",
    "without",
    "write",
    "x509",
];

/// Ends of names that are files, although they look like hosts.
const FILES: &[&str] = &[
    "conf", "crt", "d", "go", "gz", "html", "js", "json", "key", "log", "md", "pem", "py", "rs", "service",
    "sh", "so", "sock", "tar", "toml", "txt", "yaml", "yml",
];

/// Top-level domains by which a host is known in a sentence, beside those of two letters.
const DOMAINS: &[&str] = &[
    "biz", "cloud", "com", "corp", "dev", "edu", "example", "gov", "home", "info", "internal", "intranet",
    "invalid", "lan", "local", "net", "org", "private", "svc", "tech", "test", "xyz",
];

/// Whether a host's label stays.
pub(super) fn is_label(label: &str) -> bool {
    LABELS.contains(&label) || label == "*" || is_region(label)
}

/// `eu-central-1`, `us`, `europe-docker`: where a provider has its machines.
fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let places =
        ["af", "ap", "asia", "ca", "cn", "eu", "europe", "il", "me", "mx", "northamerica", "sa", "us"];
    places.contains(&parts[0])
        && parts.iter().skip(1).all(|part| {
            matches!(
                *part,
                "central" | "docker" | "east" | "north" | "northeast" | "northwest" | "south" | "southeast"
            ) || matches!(*part, "southwest" | "west" | "gov")
                || part.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Whether a name stays.
pub(super) fn is_name(name: &str) -> bool {
    NAMES.contains(&name) || is_kind(name)
}

/// Whether a word says of what kind a thing is.
pub(super) fn is_kind(word: &str) -> bool {
    KINDS.contains(&word)
}

/// Whether a word stays in a sentence.
pub(super) fn is_word(word: &str) -> bool {
    WORDS.contains(&word)
}

/// Whether a word is a host by its form: lower-case labels and a domain that is known.
pub(super) fn looks_like_host(word: &str) -> bool {
    let Some((first, last)) = word.rsplit_once('.') else { return false };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_country = last.len() == 2 && last.bytes().all(|byte| byte.is_ascii_lowercase());
    first.split('.').all(is_label) && !FILES.contains(&last) && (is_country || DOMAINS.contains(&last))
}

/// Whether an address is the same for everybody.
pub(super) fn is_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_unicast_link_local(),
    }
}
