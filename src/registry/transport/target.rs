//! Addresses and names that mean something before anybody is asked: private ones, and those to which no server
//! may send a client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names of clouds' metadata services, and of the machine itself.
const REFUSED_NAMES: &[&str] =
    &["localhost", "metadata", "metadata.google.internal", "metadata.goog", "instance-data", "ip6-localhost"];

/// Metadata services outside the link-local networks: AWS (IPv6), Alibaba Cloud, Azure, Oracle Cloud.
const REFUSED_ADDRESSES: &[IpAddr] = &[
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
];

/// Registries that the whole world uses; their subdomains count too.
const PUBLIC_REGISTRIES: &[&str] = &[
    "docker.io",
    "docker.com",
    "ghcr.io",
    "githubusercontent.com",
    "quay.io",
    "gcr.io",
    "pkg.dev",
    "public.ecr.aws",
    "azurecr.io",
    "mcr.microsoft.com",
    "registry.k8s.io",
    "registry.gitlab.com",
    "registry.redhat.io",
    "registry.access.redhat.com",
    "nvcr.io",
    "lscr.io",
    "icr.io",
];

/// Why a server may not send a client to `host`, as it stands in the URL; the addresses that the name resolves
/// to are judged by [`refused_address`].
pub(super) fn refused_host(host: &str) -> Option<&'static str> {
    let host = host.trim_end_matches('.');
    if let Ok(address) = host.parse() {
        return refused_address(address);
    }
    if REFUSED_NAMES.contains(&host) || host.ends_with(".localhost") || host.ends_with(".localdomain") {
        return Some("the name of the machine itself or of a metadata service");
    }
    // `0x7f.1` and `2130706433` are addresses to inet_aton, and so to some proxies (WHATWG URL, "ends in a number").
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
    is_number.then_some("a number in the place of a name")
}

/// Why a server may not send a client to an address.
pub(super) fn refused_address(address: IpAddr) -> Option<&'static str> {
    if REFUSED_ADDRESSES.contains(&address) {
        return Some("a metadata service");
    }
    match address {
        IpAddr::V4(v4) => refused_v4(v4),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => refused_v4(v4),
            None if v6.is_loopback() || v6.is_unspecified() => Some("the machine itself"),
            None if v6.is_unicast_link_local() => Some("the link-local network"),
            None if v6.is_multicast() => Some("a multicast address"),
            None => None,
        },
    }
}

fn refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address {
        _ if REFUSED_ADDRESSES.contains(&IpAddr::V4(address)) => Some("a metadata service"),
        _ if address.is_loopback() || address.octets()[0] == 0 => Some("the machine itself"),
        _ if address.is_link_local() => Some("the link-local network"),
        _ if address.is_multicast() || address.is_broadcast() => Some("a multicast address"),
        _ => None,
    }
}

/// The IPv4 address inside an IPv6 one: mapped (RFC 4291), compatible, or NAT64 (RFC 6052).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, rest @ ..] = address.segments();
    let nat64 = (a, b) == (0x64, 0xff9b) && rest[..4] == [0, 0, 0, 0];
    let compatible = address.to_ipv4().filter(|_| !address.is_loopback() && !address.is_unspecified());
    let last = Ipv4Addr::from_bits(u32::from(rest[4]) << 16 | u32::from(rest[5]));
    compatible.or(nat64.then_some(last))
}

/// Whether an address is private: RFC 1918, RFC 6598 (carriers' NAT), RFC 4193, or the machine's own.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => is_private_v4(v4),
            None => v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local(),
        },
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
}

/// Whether a host belongs to a registry that the whole world uses. ECR's private registries count (AWS answers
/// with private addresses inside a VPC that has an endpoint for them: a fact, not a fault).
pub(super) fn is_public_registry(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let is_ecr = host.contains(".dkr.ecr")
        && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
    is_ecr || PUBLIC_REGISTRIES.iter().any(|name| is_or_is_under(host, name))
}

fn is_or_is_under(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
