//! The name of a time server as users write it.

use std::net::IpAddr;

/// NTP's port.
pub const PORT: u16 = 123;

/// A time server: a host, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeServer {
    /// A name or an address, without brackets.
    pub host: String,
    /// 123 unless given.
    pub port: u16,
}

/// The text is no time server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not a time server: write a name or an address, with a port where it is not 123 (time.example.com, 192.0.2.1:1123, [2001:db8::1]:123)"
)]
pub struct NoServer;

impl TimeServer {
    /// Reads `host`, `host:port`, `address`, `[address]:port`.
    ///
    /// # Errors
    ///
    /// One sentence, when it is none of them.
    pub fn parse(text: &str) -> Result<Self, NoServer> {
        let text = text.trim();
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self { host: text.to_string(), port: PORT });
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, rest)) => {
                address.parse::<IpAddr>().map_err(|_| NoServer)?;
                (address, rest)
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(NoServer)?,
            None if port.is_empty() => PORT,
            None => return Err(NoServer),
        };
        let is_name = |host: &str| {
            let allowed =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
            !host.is_empty() && host.len() <= 253 && host.bytes().all(allowed)
        };
        is_name(host).then(|| Self { host: host.to_string(), port }).ok_or(NoServer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_with_and_without_a_port() {
        for (text, host, port) in [
            ("time.example.com", "time.example.com", 123),
            ("time.example.com:1123", "time.example.com", 1123),
            ("192.0.2.1", "192.0.2.1", 123),
            ("192.0.2.1:99", "192.0.2.1", 99),
            ("2001:db8::1", "2001:db8::1", 123),
            ("[2001:db8::1]", "2001:db8::1", 123),
            ("[2001:db8::1]:99", "2001:db8::1", 99),
            (" ntp ", "ntp", 123),
        ] {
            assert_eq!(TimeServer::parse(text), Ok(TimeServer { host: host.into(), port }), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ":123",
            "time:",
            "time:0",
            "time:99999",
            "[time]:1",
            "[::1",
            "[::1]x",
            "a b",
            "ntp://time",
            "a:1:2",
        ] {
            assert_eq!(TimeServer::parse(text), Err(NoServer), "{text}");
        }
    }
}
