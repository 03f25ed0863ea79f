//! URLs as Go's `net/url` reads them (Go 1.26), as far as a keyring needs it: `https://` or `http://` in front, and
//! nothing but host and path kept. Keys pass through it twice, so its odd cases decide what matches.

use std::net::Ipv6Addr;

/// Host (with port) and path, percent-decoded. They are bytes, since what was decoded may be no UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
}

/// Which characters may stand in a part, and which may be encoded there.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Host,
    Zone,
    Other,
}

/// Reads what stands behind `https://`. `None` is an error of Go's `url.Parse`.
pub(super) fn parse(rest: &[u8]) -> Option<Url> {
    let (rest, fragment) = cut(rest, b'#');
    if rest.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        return None;
    }
    let (rest, _query) = cut(rest, b'?');
    let slash = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    let host = authority_host(authority)?;
    let path = unescape(path, Part::Other)?;
    unescape(fragment, Part::Other)?;
    Some(Url { host, path })
}

fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == at) {
        Some(place) => (&text[..place], &text[place + 1..]),
        None => (text, &[]),
    }
}

/// `parseAuthority`.
fn authority_host(authority: &[u8]) -> Option<Vec<u8>> {
    let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else {
        return parse_host(authority);
    };
    let host = parse_host(&authority[at + 1..])?;
    let user = &authority[..at];
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(is_allowed) {
        return None;
    }
    let (name, password) = cut(user, b':');
    unescape(name, Part::Other)?;
    unescape(password, Part::Other)?;
    Some(host)
}

/// `parseHost`.
fn parse_host(host: &[u8]) -> Option<Vec<u8>> {
    match host.iter().rposition(|byte| *byte == b'[') {
        Some(0) => parse_bracketed(host),
        Some(_) => None,
        None => {
            let colon = host.iter().position(|byte| *byte == b':').unwrap_or(host.len());
            if !is_optional_port(&host[colon..]) {
                return None;
            }
            unescape(host, Part::Host)
        }
    }
}

/// `[IPv6]:PORT`.
fn parse_bracketed(host: &[u8]) -> Option<Vec<u8>> {
    let close = host.iter().rposition(|byte| *byte == b']')?;
    let port = &host[close + 1..];
    if !is_optional_port(port) {
        return None;
    }
    let name = &host[1..close];
    let zone = name.windows(3).position(|three| three == b"%25").unwrap_or(name.len());
    let mut address = unescape(&name[..zone], Part::Host)?;
    address.extend(unescape(&name[zone..], Part::Zone)?);
    if !is_ipv6(&address) {
        return None;
    }
    Some([b"[", address.as_slice(), b"]", port].concat())
}

/// `netip.ParseAddr`, without IPv4.
fn is_ipv6(address: &[u8]) -> bool {
    let (number, zone) = match address.iter().position(|byte| *byte == b'%') {
        Some(at) => (&address[..at], Some(&address[at + 1..])),
        None => (address, None),
    };
    let is_zone = zone.is_none_or(|zone| !zone.is_empty());
    is_zone && std::str::from_utf8(number).is_ok_and(|number| number.parse::<Ipv6Addr>().is_ok())
}

fn is_optional_port(text: &[u8]) -> bool {
    text.split_first().is_none_or(|(colon, port)| *colon == b':' && port.iter().all(u8::is_ascii_digit))
}

/// `unescape`.
fn unescape(text: &[u8], part: Part) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        if *byte != b'%' {
            if part != Part::Other && byte.is_ascii() && !is_host_byte(*byte) {
                return None;
            }
            out.push(*byte);
            rest = after;
            continue;
        }
        let value = hex(*after.first()?)? << 4 | hex(*after.get(1)?)?;
        let is_allowed = match part {
            Part::Host => value >= 0x80 || value == b'%',
            Part::Zone => value == b'%' || value == b' ' || is_host_byte(value),
            Part::Other => true,
        };
        if !is_allowed {
            return None;
        }
        out.push(value);
        rest = &after[2..];
    }
    Some(out)
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:[]<>\"-_.~".contains(&byte)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
