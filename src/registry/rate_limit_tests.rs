use proptest::prelude::*;

use super::*;

fn window(count: u64, seconds: Option<u64>) -> Window {
    Window { count, seconds }
}

#[test]
fn docker_hubs_headers_are_read() {
    let found = RateLimit::parse(&[
        ("RateLimit-Limit", "100;w=21600"),
        ("ratelimit-remaining", "76;w=21600"),
        ("docker-ratelimit-source", "192.0.2.7"),
    ]);
    assert_eq!(found.limit, [window(100, Some(21600))]);
    assert_eq!((found.headroom(), found.is_empty()), (Some(76), false));
    assert_eq!(found.source, Some(Source::Address("192.0.2.7".parse().unwrap())));
    assert!(RateLimit::parse(&[("date", "Sat, 21 Nov 2026 01:41:17 GMT")]).is_empty());
}

#[test]
fn several_windows_are_told_apart() {
    let found = RateLimit::parse(&[
        ("ratelimit-limit", "100, 100;w=21600, 10;w=\"1\";comment=x"),
        ("ratelimit-remaining", "5, odd, 3"),
        ("ratelimit-remaining", "4"),
    ]);
    assert_eq!(found.limit, [window(100, None), window(100, Some(21600)), window(10, Some(1))]);
    assert_eq!(found.headroom(), Some(3));
}

#[test]
fn githubs_headers_are_read() {
    let found = RateLimit::parse(&[
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1795225277"),
    ]);
    assert_eq!((found.limit.as_slice(), found.headroom()), ([window(5000, None)].as_slice(), Some(0)));
    assert_eq!(found.reset.unwrap().to_string(), "2026-11-21T01:41:17Z");
    let date = ("date", "Sat, 21 Nov 2026 01:41:17 GMT");
    assert_eq!(
        RateLimit::parse(&[("ratelimit-reset", "60"), date]).reset.unwrap().to_string(),
        "2026-11-21T01:42:17Z"
    );
    assert_eq!(RateLimit::parse(&[("ratelimit-reset", "60")]).reset, None);
}

#[test]
fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
    let date = ("Date", "Sat, 21 Nov 2026 01:41:17 GMT");
    for (value, expected) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Sat, 21 Nov 2026 01:43:17 GMT", Some(120)),
        ("Sat, 21 Nov 2026 01:00:00 GMT", Some(0)),
        ("soon", None),
        ("-5", None),
    ] {
        assert_eq!(RateLimit::parse(&[("Retry-After", value), date]).retry_after, expected, "{value}");
    }
    assert_eq!(RateLimit::parse(&[("Retry-After", "Sat, 21 Nov 2026 01:43:17 GMT")]).retry_after, None);
}

#[test]
fn who_is_charged_is_an_address_an_account_or_else() {
    let of = |value: &str| RateLimit::parse(&[("docker-ratelimit-source", value)]).source;
    assert_eq!(of("2001:db8::7"), Some(Source::Address("2001:db8::7".parse().unwrap())));
    let uuid = "6a5e1c9e-9c9b-4a3a-8b1e-0c6d5f1a2b3c";
    assert!(matches!(of(uuid), Some(Source::Account(id)) if id.as_str() == uuid));
    assert_eq!(of("someone"), Some(Source::Other(Clean::new("someone"))));
    assert_eq!(of(" "), None);
}

#[test]
fn docker_hubs_limits_are_told_apart() {
    let kind = |body: &str, headers: Headers<'_>, signed_in| {
        docker_hub_limit(&ErrorBody::parse(body.as_bytes()), &RateLimit::parse(headers), signed_in)
    };
    let error =
        |message: &str| format!(r#"{{"errors":[{{"code":"TOOMANYREQUESTS","message":"{message}"}}]}}"#);
    let anonymous = error(
        "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
    );
    let account = error(
        "You have reached your pull rate limit as 'someone': ... https://www.docker.com/increase-rate-limit",
    );
    let old = error(
        "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
    );
    assert_eq!(kind(&anonymous, &[], Some(true)), LimitKind::AnonymousPulls);
    assert_eq!(kind(&account, &[], None), LimitKind::AccountPulls);
    assert_eq!(kind(&old, &[], None), LimitKind::Pulls);
    assert_eq!(kind(&old, &[], Some(true)), LimitKind::AccountPulls);
    assert_eq!(kind(&old, &[("docker-ratelimit-source", "192.0.2.7")], None), LimitKind::AnonymousPulls);
    for body in ["", "Too Many Requests", "<html><title>429 Too Many Requests</title></html>"] {
        assert_eq!(kind(body, &[], Some(true)), LimitKind::Abuse, "{body}");
    }
}

proptest! {
    #[test]
    fn no_header_makes_it_panic(
        headers in prop::collection::vec(
            (
                "(x-)?ratelimit-(limit|remaining|reset)|retry-after|date|docker-ratelimit-source",
                prop_oneof![".{0,60}", "[0-9;w=, \"-]{0,60}", "Sat, 21 Nov [0-9]{1,6} [0-9:]{0,9} (GMT|UT|[+-][0-9]{4})"]
            ),
            0..6
        )
    ) {
        let pairs: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let found = RateLimit::parse(&pairs);
        prop_assert!(found.limit.len() <= MAX_WINDOWS && found.remaining.len() <= MAX_WINDOWS);
    }

    #[test]
    fn what_is_written_is_read_back(
        windows in prop::collection::vec((any::<u64>(), prop::option::of(any::<u64>())), 1..MAX_WINDOWS),
        retry in any::<u64>(), address in any::<IpAddr>()
    ) {
        let text = windows.iter().map(|(count, seconds)| match seconds {
            Some(seconds) => format!("{count};w={seconds}"),
            None => count.to_string(),
        });
        let (text, retry_text, source) = (text.collect::<Vec<_>>().join(", "), retry.to_string(), address.to_string());
        let found = RateLimit::parse(&[
            ("RateLimit-Limit", &text), ("RateLimit-Remaining", &text), ("Retry-After", &retry_text),
            ("Docker-RateLimit-Source", &source),
        ]);
        let expected: Vec<_> = windows.iter().map(|(count, seconds)| window(*count, *seconds)).collect();
        prop_assert_eq!(&found.limit, &expected);
        prop_assert_eq!(&found.remaining, &expected);
        prop_assert_eq!((found.retry_after, &found.source), (Some(retry), &Some(Source::Address(address))));
        let json = serde_json::to_string(&found).unwrap();
        prop_assert_eq!(serde_json::from_str::<RateLimit>(&json).unwrap(), found);
    }

    #[test]
    fn a_date_of_http_is_read(second in 0i64..4_000_000_000) {
        let time = Timestamp::from_second(second).unwrap();
        let text = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        prop_assert_eq!(http_date(&text), Some(time));
    }
}
