//! Errors of Go's standard library: `net`, `net/url`, `net/http`, `crypto/tls`, `crypto/x509` (Go 1.17 to
//! 1.25), and of the operating system behind it.

use super::layers::Effect::{Fails, OnlyAfterRequest, Proxied, Says};
use super::layers::{Program, Rule};
use super::reading::FailureKind as F;
use super::sign::SignKind as S;

pub(super) const PROGRAM: Program = Program { name: "go", rules: RULES };

/// What is asked after every program: the words with which a proxy refused CONNECT are its own to choose.
pub(super) const LAST: Program = Program {
    name: "go",
    rules: &[Rule(r"[A-Z][A-Za-z_-]*(?: [A-Za-z_-]+){0,5}\.?$", &[OnlyAfterRequest(F::ConnectForbidden)])],
};

const RULES: &[Rule] = &[
    // net/url.Error: `Get "URL": …`, before Go 1.14 without quotes; the query may hold escapes of any kind.
    Rule(
        r#"(?P<method>Get|Head|Post|Put|Patch|Delete|GET|HEAD|POST|PUT|PATCH|DELETE) "(?P<url>[^"\s]*)""#,
        &[],
    ),
    Rule(
        concat!(
            r#"(?P<method>Get|Head|Post|Put|Patch|Delete|GET|HEAD|POST|PUT|PATCH|"#,
            r#"DELETE) (?P<url>https?://[^"\s]*[^"\s:,.])"#,
        ),
        &[],
    ),
    Rule(r#"parse "[^"]*": "#, &[]),
    // A reverse proxy, such as Harbor's core, that does not reach what is behind it.
    Rule(r"http: proxy error", &[Says(S::BackendUnreachable)]),
    // net.OpError
    Rule(r"proxyconnect tcp", &[Proxied]),
    Rule(r"socks connect tcp \S+->\S+", &[Proxied]),
    Rule(r"dial (?:tcp|tcp4|tcp6|udp)(?: [^\s:]*:\d+| \[[0-9A-Fa-f:%.a-z]*\]:\d+)?", &[Fails(F::Dial)]),
    Rule(r"dial unix \S*[^\s:]", &[Says(S::RuntimeFailed)]),
    Rule(r"(?:read|write) (?:tcp|tcp4|tcp6|udp) \S*\d->\S*\d", &[]),
    Rule(r"(?:read|write) (?:tcp|udp) \S*\d", &[]),
    Rule(
        r"lookup (?P<looked>[^\s:]+)(?: on \S*\d)?: (?:read|write) udp \S+: i/o timeout",
        &[Fails(F::NameTimedOut)],
    ),
    Rule(
        concat!(
            r"lookup (?P<looked>[^\s:]+)(?: on \S*\d)?: (?:dial (?:udp|tcp) \S+: )?(?:i/o timeout|",
            r"operation was canceled|context deadline exceeded)",
        ),
        &[Fails(F::NameTimedOut)],
    ),
    Rule(
        concat!(
            r"lookup (?P<looked>[^\s:]+)(?: on \S*\d)?: (?:no such host|no answer from DNS server|",
            r"Name or service not known|Name does not resolve|nodename nor servname provided, or not known|",
            r"No address associated with hostname|getaddrinfow: [^:]*)",
        ),
        &[Fails(F::NameUnknown)],
    ),
    Rule(
        concat!(
            r"lookup (?P<looked>[^\s:]+)(?: on \S*\d)?: (?:server misbehaving|",
            r"Temporary failure in name resolution|Try again|cannot unmarshal DNS message|",
            r"[^:]*: [^:]*: connect(?:ion)?: (?:connection refused|network is unreachable|no route to host)|",
            r".*: connect: .*)",
        ),
        &[Fails(F::NameFailed)],
    ),
    Rule(r"lookup (?P<looked>[^\s:]+)(?: on \S*\d)?", &[Fails(F::NameFailed)]),
    Rule(r"no such host", &[Fails(F::NameUnknown)]),
    Rule(
        concat!(
            r"(?i-u:could not resolve host|temporary failure in name resolution|name or service not known|",
            r"the remote name could not be resolved|unknownhostexception)",
        ),
        &[Fails(F::NameFailed)],
    ),
    // Errors of the operating system
    Rule(r"(?:connect|connectex|getsockopt|read|write|socket|sendto|bind)(?:$|: )", &[]),
    // The registry's name as a whole, by the Docker daemon before 1.10.
    Rule(r"Network timed out while trying to connect to (?P<url>https?://\S*[^\s.])", &[Fails(F::TimedOut)]),
    Rule(
        concat!(
            r"(?i-u:a connection attempt failed because the connected party did not properly respond .*|",
            r"connect timed out)",
        ),
        &[Fails(F::TimedOut)],
    ),
    Rule(
        concat!(
            r"(?i-u:connection refused|",
            r"no connection could be made because the target machine actively refused it)",
        ),
        &[Fails(F::Refused)],
    ),
    Rule(
        concat!(
            r"(?i-u:connection reset by peer|broken pipe|connection aborted|",
            r"an existing connection was forcibly closed by the remote host|wsarecv)",
        ),
        &[Fails(F::Reset)],
    ),
    Rule(
        concat!(
            r"(?i-u:no route to host|network is unreachable|host is unreachable|host is down|",
            r"cannot assign requested address|network is down|",
            r"a socket operation was attempted to an unreachable (?:network|host))",
        ),
        &[Fails(F::Unreachable)],
    ),
    Rule(
        r"(?:i/o timeout|connection timed out|operation timed out|connect timed out)",
        &[Fails(F::TimedOut)],
    ),
    Rule(r"use of closed network connection", &[Fails(F::Closed)]),
    Rule(
        concat!(
            r"no space left on device|disk quota exceeded|not enough space on the disk|",
            r"there is not enough space",
        ),
        &[Says(S::DiskFull)],
    ),
    Rule(
        concat!(
            r"(?:too many open files|read-only file system|structure needs cleaning|input/output error|",
            r"cannot allocate memory|operation not permitted)",
        ),
        &[Says(S::RuntimeFailed)],
    ),
    // net/http
    Rule(r"net/http: TLS handshake timeout|TLS handshake timeout", &[Fails(F::HandshakeTimedOut)]),
    Rule(
        concat!(
            r"(?:net/http: )?(?:request canceled|",
            r"timeout awaiting response headers)(?: while waiting for connection|",
            r" while reading body)? ?\(Client\.Timeout[^)]*\)?",
        ),
        &[Fails(F::TimedOut)],
    ),
    Rule(r"(?:net/http: )?request canceled while waiting for connection", &[Fails(F::TimedOut)]),
    Rule(
        concat!(
            r"net/http: timeout awaiting response headers|http2: timeout awaiting response headers|",
            r"http2: client connection lost|http2: client conn not usable",
        ),
        &[Fails(F::TimedOut)],
    ),
    Rule(r"context deadline exceeded \(Client\.Timeout[^)]*\)?", &[Fails(F::TimedOut)]),
    Rule(r"(?:net/http: )?request canceled", &[Fails(F::Deadline)]),
    Rule(r"context deadline exceeded", &[Fails(F::Deadline)]),
    Rule(r"(?:context canceled|operation was canceled)", &[Fails(F::Canceled)]),
    // The bytes of a TLS alert.
    Rule(
        r#"(?:net/http: )?(?:HTTP/1\.x transport connection broken: )?malformed HTTP response "?\\*x15\\*x03.*"#,
        &[Fails(F::HttpsWanted)],
    ),
    Rule(
        concat!(
            r"net/http: HTTP/1\.x transport connection broken: malformed HTTP|malformed HTTP (?:response|",
            r"status code|version)|net/http: malformed HTTP",
        ),
        &[Fails(F::Malformed)],
    ),
    Rule(r"(?:http: )?server gave HTTP response to HTTPS client", &[Fails(F::HttpAnswered)]),
    Rule(
        concat!(
            r"http: server closed idle connection|http2: server sent GOAWAY[^:]*|",
            r"stream error: stream ID \d+; [A-Z_]+|INTERNAL_ERROR",
        ),
        &[Fails(F::Closed)],
    ),
    Rule(r"(?i-u:client sent an http request to an https server)", &[Fails(F::HttpsWanted)]),
    Rule(
        concat!(
            r#"unsupported protocol scheme "[^"]*"|missing protocol scheme|no Host in request URL|"#,
            r#"first path segment in URL cannot contain colon|invalid (?:port|character) "[^"]*" (?:after host|"#,
            r#"in host name)"#,
        ),
        &[Fails(F::BadScheme)],
    ),
    Rule(r"stopped after 10 redirects", &[Says(S::NotRegistry)]),
    Rule(r"invalid character '<' (?:looking for beginning of value|after .*|in .*)", &[Says(S::NotRegistry)]),
    // encoding/json. Whether of an answer or of something on the node is told around it.
    Rule(
        concat!(
            r"invalid character '.{1,4}' (?:looking for beginning of (?:value|object key string)|after .*|in .*)|",
            r"unexpected end of JSON input|json: cannot unmarshal .*",
        ),
        &[Says(S::JsonSyntax)],
    ),
    Rule(r"(?:unexpected EOF|EOF)", &[Fails(F::Closed)]),
    // What a proxy answers to CONNECT is the whole error.
    Rule(
        concat!(
            r"(?:Bad Gateway|Service Unavailable|Gateway Timeout|Gateway Time-out|",
            r"Proxy Authentication Required|Method Not Allowed|authenticationrequired|Tunnel or SSL Forbidden|",
            r"Unknown Host|DNS_FAIL|Host Not Found|Tunnel [Cc]onnection [Ff]ailed|Not Implemented|",
            r"Internal Server Error|Bad Request|unknown status code)(?: \( [^)]*\))?$",
        ),
        &[Fails(F::ConnectRefused)],
    ),
    Rule(r#"invalid proxy (?:URL|address)\b.*|unsupported proxy scheme.*"#, &[Says(S::ProxyRefused)]),
    // Policy of the proxy, or of who stands behind it.
    Rule(r"(?:Forbidden|Access Denied|Blocked)(?: \( [^)]*\))?$", &[Fails(F::ConnectForbidden)]),
    // crypto/x509
    Rule(r"tls: failed to verify certificate", &[]),
    Rule(
        concat!(
            r"x509: certificate has expired or is not yet valid(?:: current time \S+ is (?:after|",
            r"before) \S*[0-9Z])?",
        ),
        &[Fails(F::NotValidNow)],
    ),
    Rule(r#"x509: \S+ certificate (?:is|has) expired"#, &[Fails(F::NotValidNow)]),
    Rule(
        r"x509: (?:cannot validate certificate for \S+ because it doesn't contain any IP SANs)",
        &[Fails(F::NoAddress)],
    ),
    Rule(
        concat!(
            r"x509: (?:certificate is valid for .*, not \S*[^\s.:]|certificate is not valid for any names.*|",
            r"certificate relies on legacy Common Name field.*|[^:]*name[^:]*does not match.*)",
        ),
        &[Fails(F::OtherName)],
    ),
    Rule(
        concat!(
            r"x509: (?:negative serial number|malformed|invalid|unhandled|unsupported|trailing|failed to parse|",
            r"certificate contained).*",
        ),
        &[Fails(F::Unreadable)],
    ),
    Rule(r"x509: .*", &[Fails(F::Untrusted)]),
    Rule(
        concat!(
            r"(?:SSL certificate problem|certificate verify failed|self[- ]signed certificate|",
            r"PKIX path (?:building|validation) failed|unable to find valid certification path).*",
        ),
        &[Fails(F::Untrusted)],
    ),
    // crypto/tls
    Rule(r"tls: first record does not look like a TLS handshake", &[Fails(F::NotTls)]),
    Rule(r"tls: oversized record received with length \d+", &[Fails(F::NotTls)]),
    Rule(
        concat!(
            r"(?:remote error: |local error: )?tls: (?:unknown certificate authority|bad certificate|",
            r"unknown certificate|certificate required|expired certificate)",
        ),
        &[Fails(F::Handshake)],
    ),
    Rule(r"(?:remote error: |local error: )?tls: .*", &[Fails(F::Handshake)]),
];
