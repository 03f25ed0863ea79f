//! The tables are those of `golang.org/x/net/http/httpproxy` (`proxy_test.go`, 0.49).

use std::collections::HashMap;

use super::*;
use crate::registry::transport::Target;

fn rules(variables: &[(&str, &str)]) -> ProxyRules {
    let map: HashMap<String, String> =
        variables.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    ProxyRules::from_environment(|name| map.get(name).cloned())
}

fn proxy(rules: &ProxyRules, url: &str) -> Option<String> {
    rules.of(&Target::parse(url).expect("a URL").origin).map(Proxy::shown)
}

const NO_PROXY: &str = "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, \
                        10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, \
                        2002:db8:a::45/64";

/// Host, and whether it is asked through the proxy with [`NO_PROXY`].
const HOSTS: &[(&str, bool)] = &[
    ("localhost", false),
    ("127.0.0.1", false),
    ("127.0.0.2", false),
    ("[::1]", false),
    ("[::2]", true),
    ("192.168.1.1", false),
    ("192.168.1.2", true),
    ("192.168.1.3", false),
    ("192.168.1.4", true),
    ("10.0.0.2", false),
    ("[2001:db8::52:0:1]", false),
    ("[2001:db8::52:0:2]", true),
    ("[2001:db8::52:0:3]", false),
    ("[2002:db8:a::123]", false),
    ("[fe80::424b:c8be:1643:a1b6]", true),
    ("barbaz.net", true),
    ("www.barbaz.net", false),
    ("foobar.com", false),
    ("www.foobar.com", false),
    ("foofoobar.com", true),
    ("baz.com", true),
    ("localhost.net", true),
    ("local.localhost", true),
    ("barbarbaz.net", true),
    ("wildcard.io", true),
    ("nested.wildcard.io", false),
    ("awildcard.io", true),
];

#[test]
fn no_proxy_means_what_it_means_in_go() {
    let some = rules(&[("HTTP_PROXY", "proxy"), ("NO_PROXY", NO_PROXY)]);
    let all = rules(&[("HTTP_PROXY", "proxy"), ("NO_PROXY", "a.example, *")]);
    let broken = rules(&[("HTTP_PROXY", "proxy"), ("NO_PROXY", ":1")]);
    for (host, proxied) in HOSTS {
        assert_eq!(proxy(&some, &format!("http://{host}:80/")).is_some(), *proxied, "{host}");
        assert_eq!(proxy(&all, &format!("http://{host}:80/")), None, "{host} with *");
    }
    assert!(proxy(&broken, "http://example.com/").is_some());
}

/// Variables, a URL, and the proxy that it is asked through.
type Case = (&'static [(&'static str, &'static str)], &'static str, Option<&'static str>);

#[test]
fn the_environment_means_what_it_means_in_go() {
    let cases: &[Case] = &[
        (&[("HTTP_PROXY", "127.0.0.1:8080")], "http://example.com", Some("http://127.0.0.1:8080")),
        (
            &[("HTTP_PROXY", "cache.example.com:1234")],
            "http://example.com",
            Some("http://cache.example.com:1234"),
        ),
        (&[("HTTP_PROXY", "cache.example.com")], "http://example.com", Some("http://cache.example.com:80")),
        (&[("HTTP_PROXY", "localhost")], "http://example.com", Some("http://localhost:80")),
        (
            &[("HTTP_PROXY", "https://cache.example.com")],
            "http://example.com",
            Some("https://cache.example.com:443"),
        ),
        (
            &[("HTTP_PROXY", "http.tld"), ("HTTPS_PROXY", "secure.tld")],
            "http://a.tld/",
            Some("http://http.tld:80"),
        ),
        (
            &[("HTTP_PROXY", "http.tld"), ("HTTPS_PROXY", "secure.tld")],
            "https://a.tld/",
            Some("http://secure.tld:80"),
        ),
        (&[("HTTP_PROXY", "http.tld")], "https://a.tld/", None),
        (&[("HTTP_PROXY", "http://10.1.2.3:8080"), ("REQUEST_METHOD", "PUT")], "http://a.tld", None),
        (
            &[("HTTPS_PROXY", "https://s.tld"), ("REQUEST_METHOD", "PUT")],
            "https://a.tld",
            Some("https://s.tld:443"),
        ),
        (&[], "http://example.com", None),
        (&[("NO_PROXY", "example.com"), ("HTTP_PROXY", "proxy")], "http://example.com/", None),
        (
            &[("NO_PROXY", ".example.com"), ("HTTP_PROXY", "proxy")],
            "http://example.com/",
            Some("http://proxy:80"),
        ),
        (
            &[("NO_PROXY", "ample.com"), ("HTTP_PROXY", "proxy")],
            "http://example.com/",
            Some("http://proxy:80"),
        ),
        (&[("NO_PROXY", "example.com"), ("HTTP_PROXY", "proxy")], "http://foo.example.com/", None),
        (&[("NO_PROXY", "Example.COM"), ("HTTP_PROXY", "proxy")], "http://EXAMPLE.com/", None),
        (&[("NO_PROXY", "::ffff:10.0.0.0/104"), ("HTTP_PROXY", "proxy")], "http://10.1.1.1/", None),
        (&[("http_proxy", "lower"), ("no_proxy", "b.tld")], "http://a.tld/", Some("http://lower:80")),
        (&[("http_proxy", "lower"), ("HTTP_PROXY", "upper")], "http://a.tld/", Some("http://upper:80")),
        (&[("http_proxy", "lower"), ("HTTP_PROXY", "")], "http://a.tld/", Some("http://lower:80")),
    ];
    for (variables, url, expected) in cases {
        assert_eq!(proxy(&rules(variables), url).as_deref(), *expected, "{variables:?} {url}");
    }
}

#[test]
fn what_is_not_used_is_said_without_its_value() {
    for (value, says) in [
        ("socks5://joe:hunter2@proxy", "SOCKS"),
        ("ftp://joe:hunter2@proxy", "http:// or https://"),
        ("http://joe:hunter2@:80", "not a URL"),
        ("http://joe:hunter2%zz@proxy", "not a URL"),
    ] {
        let rules = rules(&[("HTTPS_PROXY", value)]);
        assert!(rules.warnings()[0].contains(says), "{:?}", rules.warnings());
        assert!(!format!("{rules:?}").contains("hunter2"));
        assert_eq!(proxy(&rules, "https://a.tld/"), None);
    }
    assert!(rules(&[("HTTP_PROXY", "a"), ("http_proxy", "b")]).warnings()[0].contains("differ"));
    assert!(rules(&[("HTTP_PROXY", "a"), ("http_proxy", "a")]).warnings().is_empty());
}

#[test]
fn a_fixed_proxy_is_for_everything_but_this_machine() {
    let rules = ProxyRules::fixed("https://joe:p%40ss@proxy.example:3128/").expect("a proxy");
    assert_eq!(proxy(&rules, "http://a.tld/").as_deref(), Some("https://proxy.example:3128"));
    assert_eq!(proxy(&rules, "https://10.0.0.1/").as_deref(), Some("https://proxy.example:3128"));
    assert_eq!(proxy(&rules, "https://localhost:5000/"), None);
    let header = rules.https.as_ref().and_then(|proxy| proxy.authorization.clone()).expect("a header");
    assert_eq!(header.to_str().expect("text"), format!("Basic {}", STANDARD.encode("joe:p@ss")));
    assert!(header.is_sensitive());
    assert_eq!(ProxyRules::fixed("socks5://proxy").expect_err("SOCKS"), ProxyError::Socks);
}
