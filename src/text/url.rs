//! Parts of a URL that is only shown or compared, never asked.

/// `host[:port]` of a URL, or of what has no scheme.
pub(crate) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The host alone: without its port, and an IPv6 address without its brackets.
pub(crate) fn host(url: &str) -> &str {
    let authority = authority(url);
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_an_authority_whatever_follows_it() {
        for url in
            ["https://a.example:8443/x", "a.example:8443", "http://a.example:8443?x=/", "a.example:8443#/"]
        {
            assert_eq!((authority(url), host(url)), ("a.example:8443", "a.example"));
        }
        assert_eq!((authority(""), host("")), ("", ""));
    }

    #[test]
    fn an_address_of_ipv6_is_told_from_its_port() {
        assert_eq!(host("https://[fd00::1]:8443/x"), "fd00::1");
        assert_eq!(host("https://[fd00::1]"), "fd00::1");
    }
}
