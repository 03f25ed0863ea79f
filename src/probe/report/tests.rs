use serde_json::{Value, json};

use super::*;
use crate::evidence::probe::{ExchangeResult, ExchangeStep};

pub(super) const BUDGET: usize = 4096;
pub(super) const TIME: &str = "2026-07-04T03:04:05Z";

/// Digits that no compression makes small.
pub(super) fn random_hex(seed: usize, digits: usize) -> String {
    let mut state = seed as u64 * 2 + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_digit((state >> 33) as u32 % 16, 16).unwrap()
    };
    (0..digits).map(|_| next()).collect()
}

fn certificate(seed: usize, subject: &str, names: usize) -> Value {
    let names: Vec<String> = (0..names).map(|name| format!("host{name}.region{seed}.example.com")).collect();
    json!({"subject": format!("CN={subject}"), "issuer": format!("C=DE, O=Example Trust, CN=Issuing CA {seed}"),
        "names": names, "notBefore": TIME, "notAfter": "2027-01-02T03:04:05Z", "sha256": random_hex(seed, 64)})
}

fn endpoint(seed: usize, role: &str, host: &str) -> Value {
    json!({"role": role, "scheme": "https", "host": host, "port": 443,
        "resolve": {"addresses": [format!("192.0.2.{seed}"), format!("2001:db8::{seed}")], "source": "dns", "tookMs": 3},
        "connects": [
            {"address": format!("[2001:db8::{seed}]:443"), "tookMs": 1, "failure": "unreachable"},
            {"address": format!("192.0.2.{seed}:443"), "tookMs": 7 + seed}],
        "tls": {"tookMs": 12, "version": "TLS 1.3", "trusted": true, "nameFits": true, "validNow": true,
            "chain": [certificate(seed, host, 8), certificate(seed + 50, "Issuing CA", 0), certificate(seed + 90, "Root", 0)]}})
}

fn marks() -> Value {
    json!({"apiVersion": true, "challenge": true, "errorCode": true})
}

fn token(image: usize, credential: usize) -> Value {
    json!({"step": "pullToken", "endpoint": 1, "request": format!("POST /service/token"), "tookMs": 31 + credential,
        "result": {"result": "answered", "status": 200, "date": TIME, "marks": marks(), "server": "nginx/1.25.3",
            "claims": {"alg": "RS256", "kid": "ABCD:EFGH:IJKL:MNOP:QRST:UVWX:YZ23:4567:ABCD:EFGH:IJKL:MNOP",
                "iss": "harbor-token-issuer", "sub": format!("robot$team+ci{credential}"), "aud": ["harbor-registry"],
                "exp": TIME, "nbf": TIME, "iat": TIME,
                "access": [{"type": "repository", "name": format!("team{image}/app"), "actions": []}]}}})
}

fn refusal(image: usize, credential: usize) -> Value {
    let text = format!(
        "unauthorized to access repository: team{image}/application-{image}, action: pull: unauthorized to access \
         repository: team{image}/application-{image}, action: pull; the robot account robot$team+ci{credential} has \
         no permission on the project, ask its administrator, request {}",
        random_hex(image * 10 + credential, 32)
    );
    json!({"step": "manifest", "endpoint": 0, "tookMs": 18 + image, "request":
            format!("GET /v2/team{image}/application-{image}/manifests/2026.07.{image}-rc1"),
        "result": {"result": "answered", "status": 401, "date": TIME, "marks": marks(), "server": "nginx/1.25.3",
            "challenges": [{"scheme": "bearer", "realm": "https://auth.example.com/service/token",
                "service": "harbor-registry", "scope": format!("repository:team{image}/application-{image}:pull")}],
            "error": {"kind": "json", "errors": [{"code": "UNAUTHORIZED", "message": text,
                "detail": format!("[{{\"Type\":\"repository\",\"Name\":\"team{image}/application-{image}\"}}]")}]}}})
}

/// What a probe sees of images that every one of some credentials fails for.
fn failing(images: usize, credentials: usize) -> ProbeSeen {
    let attempt = |image: usize, credential: usize| {
        json!({"credential": {"source": format!("secret/regcred-{credential}"), "key": "registry.example.com",
                "described": {"kind": "harborRobot", "username": format!("robot$team+ci{credential}"),
                    "fingerprint": random_hex(700 + credential, 8), "expiresAt": TIME}},
            "exchanges": [token(image, credential), refusal(image, credential)]})
    };
    let target = |image: usize| {
        let mut attempts = vec![json!({"exchanges": [token(image, 9), refusal(image, 9)]})];
        attempts.extend((0..credentials).map(|credential| attempt(image, credential)));
        json!({"image": format!("registry.example.com/team{image}/application-{image}:2026.07.{image}-rc1"),
            "action": "pull", "attempts": attempts,
            "keyring": {"sources": ["secret/regcred-0", "secret/regcred-1", "secret/regcred-2"]}})
    };
    let targets: Vec<Value> = (0..images).map(target).collect();
    let mut seen = json!({"version": "0.2.0", "startedAt": TIME, "targets": targets,
        "endpoints": [endpoint(1, "registry", "registry.example.com"), endpoint(2, "tokenService", "auth.example.com")]});
    seen["targets"][0]["ping"] = refusal(0, 0);
    seen["targets"][0]["ping"]["step"] = json!("ping");
    serde_json::from_value(seen).expect("a result as a probe writes it")
}

/// What decides: each step of each attempt with its status, the registry's code, and the credential's fingerprint.
fn decisive(seen: &ProbeSeen) -> Vec<String> {
    let mut all = Vec::new();
    for target in &seen.targets {
        for attempt in &target.attempts {
            let credential = attempt.credential.as_ref().map(|one| (&one.source, &one.described));
            all.push(format!("{} {credential:?} {:?}", target.image, attempt.withheld));
            for exchange in &attempt.exchanges {
                let answer = exchange.answer().unwrap();
                let codes: Vec<_> =
                    answer.error.iter().flat_map(|error| &error.errors).map(|one| &one.code).collect();
                let (sub, access) = answer.claims.iter().map(|one| (&one.sub, &one.access)).next().unzip();
                all.push(format!(
                    "{:?} {:?} {} {codes:?} {sub:?} {access:?}",
                    exchange.step, exchange.endpoint, answer.status
                ));
            }
        }
    }
    for endpoint in &seen.endpoints {
        let tls = endpoint.tls.as_ref().unwrap();
        all.push(format!(
            "{} {} {:?}",
            endpoint.url(),
            tls.is_sound(),
            endpoint.connects.iter().any(|one| one.failure.is_none())
        ));
    }
    all
}

#[test]
fn a_short_result_is_plain_json() {
    let seen = ProbeSeen { version: "1".into(), ..ProbeSeen::default() };
    let text = encode(&seen, BUDGET);
    assert!(text.starts_with('{'));
    assert_eq!(decode(&text).unwrap(), seen);
    assert_eq!(decode(&format!("{text}\n")).unwrap(), seen);
}

#[test]
fn a_longer_result_is_compressed_and_nothing_of_it_is_lost() {
    let seen = failing(1, 2);
    assert!(whole(&seen).len() > BUDGET);
    let text = encode(&seen, BUDGET);
    assert!(text.starts_with(MARK) && text.len() <= BUDGET, "{}", text.len());
    assert_eq!(decode(&text).unwrap(), seen);
}

#[test]
fn three_images_with_three_credentials_fit_and_nothing_decisive_is_lost() {
    let seen = failing(3, 3);
    let text = encode(&seen, BUDGET);
    let read = decode(&text).unwrap();
    println!("{} bytes of JSON in {}: {:?}", whole(&seen).len(), text.len(), read.truncated);
    assert!(text.len() <= BUDGET);
    assert_eq!(decisive(&read), decisive(&seen));
    for target in &read.targets {
        for failure in target.attempts.iter().filter_map(|attempt| attempt.failure()) {
            assert!(!failure.request.is_empty());
            let message = failure.answer().unwrap().error.as_ref().unwrap().errors[0].message.to_string();
            assert!(message.starts_with("unauthorized to access repository: team"), "{message}");
        }
    }
}

#[test]
fn eight_images_with_four_credentials_keep_every_outcome() {
    let seen = failing(8, 4);
    let read = decode(&encode(&seen, BUDGET)).unwrap();
    assert_eq!(decisive(&read), decisive(&seen));
    assert!(!read.truncated.is_empty());
}

#[test]
fn whatever_the_budget_the_message_is_within_it_and_can_be_read() {
    for (images, credentials) in [(1, 1), (3, 3), (9, 4)] {
        let seen = failing(images, credentials);
        for budget in [256, 1024, 3072, 4096] {
            let text = encode(&seen, budget);
            assert!(text.len() <= budget, "{images} images: {} of {budget} bytes", text.len());
            let read = decode(&text).unwrap();
            let endpoints = read.endpoints.len();
            let named = read.targets.iter().flat_map(|one| &one.attempts).flat_map(|one| &one.exchanges);
            assert!(named.filter_map(|one| one.endpoint).all(|index| index < endpoints));
            assert_eq!(read.truncated.is_empty(), read == seen, "what is missing is named");
        }
    }
}

#[test]
fn images_that_do_not_fit_at_all_are_named_as_missing() {
    let read = decode(&encode(&failing(40, 3), BUDGET)).unwrap();
    assert!(!read.targets.is_empty() && read.targets.len() < 40);
    let missing = format!("everything about the last {} of 40 images", 40 - read.targets.len());
    assert_eq!(read.truncated.last().unwrap(), &missing);
}

#[test]
fn what_matters_least_goes_first_and_is_named() {
    let seen = failing(3, 3);
    let lengths: Vec<usize> = (0..reduce::STEPS.len())
        .map(|count| {
            let mut reduced = seen.clone();
            reduce::STEPS[..=count].iter().for_each(|step| (step.apply)(&mut reduced));
            whole(&reduced).len()
        })
        .collect();
    assert!(lengths.is_sorted_by(|before, after| before >= after), "{lengths:?}");
    let mut reduced = seen.clone();
    (reduce::STEPS[0].apply)(&mut reduced);
    let date = |seen: &ProbeSeen, attempt: usize, exchange: usize| {
        seen.targets[0].attempts[attempt].exchanges[exchange].answer().unwrap().date
    };
    assert!(
        date(&reduced, 1, 0).is_none() && date(&reduced, 1, 1).is_some() && date(&reduced, 0, 0).is_some()
    );
}

#[test]
fn kinds_of_failures_survive_every_step() {
    let mut seen = failing(1, 1);
    let exchanges = &mut seen.targets[0].attempts[0].exchanges;
    let long = Clean::with_cap(&"the connection ended ".repeat(100), 4096);
    exchanges[0].result = ExchangeResult::Broken { message: long.clone() };
    exchanges[1].result = ExchangeResult::TimedOut;
    seen.targets[0].attempts[1].exchanges[0].result = ExchangeResult::Refused { message: long };
    seen.targets[0].attempts[1].exchanges[1].result = ExchangeResult::Unreachable;
    reduce::STEPS.iter().for_each(|step| (step.apply)(&mut seen));
    let all: Vec<_> =
        seen.targets[0].attempts.iter().flat_map(|one| &one.exchanges).map(|one| &one.result).collect();
    assert!(matches!(all[0], ExchangeResult::Broken { message } if message.as_str().len() <= 60));
    assert!(matches!(all[2], ExchangeResult::Refused { message } if message.as_str().len() <= 60));
    assert_eq!((all[1], all[3]), (&ExchangeResult::TimedOut, &ExchangeResult::Unreachable));
    assert_eq!(seen.targets[0].attempts[0].exchanges[1].step, ExchangeStep::Manifest);
}

/// What a probe sees of many clocks, half of which fail with long words.
fn clocks(servers: usize) -> ProbeSeen {
    let ntp = |server: usize| {
        let outcome = match server % 2 {
            0 => {
                json!({"state": "seen", "value": {"offset": {"lowUs": 6_998_123 + server, "highUs": 7_002_456 + server},
                "samples": 4, "stratum": 3, "leap": 0, "rootDistanceUs": 23_456 + server, "reference": "192.0.2.7"}})
            }
            _ => json!({"state": "failed", "step": "probe",
                "message": format!("its name has no address: {}", random_hex(server, 300))}),
        };
        json!({"server": format!("{}.time.example.com", random_hex(server, 12)), "address": format!("192.0.2.{server}:123"),
            "outcome": outcome})
    };
    let date = |server: usize| {
        json!({"server": format!("registry{server}.example.com:443"), "answers": 6,
            "offset": {"lowUs": -12_345 - 7 * server as i64, "highUs": 18_905 + server}})
    };
    let untold = |server: usize| json!({"server": format!("closed{server}.example.com:443"), "what": "Date", "why": "it cannot be contacted"});
    let all = |one: &dyn Fn(usize) -> Value| (0..servers).map(one).collect::<Vec<_>>();
    let seen = json!({"version": "0.2.0", "startedAt": TIME, "targets": [],
        "endpoints": (0..servers).map(|seed| endpoint(seed, "registry", "registry.example.com")).collect::<Vec<_>>(),
        "clock": {"kernel": {"synchronised": false, "maxErrorUs": 16_000_000, "estimatedErrorUs": 16_000_000},
            "ntp": all(&ntp), "dates": all(&date), "untold": all(&untold),
            "tokens": [{"service": "auth.example.com:443", "iat": TIME, "nbf": TIME, "exp": TIME, "receivedAt": TIME}]}});
    serde_json::from_value(seen).expect("a result as a probe writes it")
}

#[test]
fn a_dozen_clocks_fit_with_every_offset() {
    let seen = clocks(12);
    assert!(whole(&seen).len() > 4 * BUDGET, "{}", whole(&seen).len());
    let read = decode(&encode(&seen, BUDGET)).unwrap();
    let (before, after) = (seen.clock.unwrap(), read.clock.unwrap());
    assert_eq!((&after.kernel, &after.dates, &after.tokens), (&before.kernel, &before.dates, &before.tokens));
    assert_eq!(after.untold, before.untold);
    for (before, after) in before.ntp.iter().zip(&after.ntp) {
        use crate::evidence::Outcome::{Failed, Seen};
        match (&before.outcome, &after.outcome) {
            (Seen { value: before }, Seen { value: after }) => assert_eq!(after.offset, before.offset),
            (Failed { message: before, .. }, Failed { message: after, .. }) => {
                assert!(before.as_str().starts_with(&after.as_str()[..40]), "{after}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn of_too_many_clocks_the_last_are_named_as_missing_and_the_kernels_word_stays() {
    for (servers, budget) in [(200, BUDGET), (12, 512), (12, 400)] {
        let seen = clocks(servers);
        let text = encode(&seen, budget);
        assert!(text.len() <= budget, "{} of {budget}", text.len());
        let read = decode(&text).unwrap();
        let clock = read.clock.expect("something of the clocks");
        assert_eq!(clock.kernel, seen.clock.as_ref().unwrap().kernel);
        assert!(clock.ntp.len() < servers);
        assert_eq!(read.truncated.last().map(String::as_str), Some("some servers' clocks"));
    }
}

#[test]
fn what_is_no_result_is_refused_without_a_word_of_it() {
    for text in [
        "",
        "  \n",
        "hunter2",
        "{\"version\": 7}",
        "{\"version\": \"hunter2",
        "[1]",
        "regauth1:%%%",
        "regauth1:aGVsbG8",
    ] {
        let error = decode(text).unwrap_err().to_string();
        assert!(!error.contains("hunter2") && !error.contains("hello"), "{error}");
    }
    assert_eq!(decode(" "), Err(DecodeError::Empty));
    let whole = encode(&failing(1, 2), BUDGET);
    for cut in [whole.len() / 2, whole.len() - 1, whole.len() - 7] {
        assert!(decode(&whole[..cut]).is_err(), "a cut message is no shorter result");
    }
}

#[test]
fn a_small_message_cannot_become_a_large_one() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b' '; 4 << 20], 6);
    let text = format!("{MARK}{}", STANDARD_NO_PAD.encode(bomb));
    assert_eq!(decode(&text), Err(DecodeError::Packed));
}

#[test]
fn control_characters_do_not_get_in_wherever_they_stand() {
    let text = r#"{"version":"1\u001b[2J","targets":[{"image":"a\nb","action":"pull","attempts":[]}]}"#;
    let seen = decode(text).unwrap();
    assert!(!format!("{}{}", seen.version, seen.targets[0].image).chars().any(char::is_control));
}

#[test]
fn a_log_holds_the_result_in_its_last_line_that_is_one() {
    let seen = failing(1, 1);
    let log = format!("a warning\n{{\"version\":\"old\"}}\n{}\nanother {{warning}}\n{{cut", whole(&seen));
    assert_eq!(decode_log(&log).unwrap(), seen);
    assert_eq!(decode_log("only warnings\n"), Err(DecodeError::Empty));
    assert!(matches!(decode_log("{cut"), Err(DecodeError::Json(_))));
}
