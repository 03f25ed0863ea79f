use serde_json::{Value, json};

use super::tests::{BUDGET, TIME, random_hex};
use super::*;
use crate::evidence::harbor::{HarborSeen, Verdict};

/// A key id as Harbor writes it, of a key of its own.
fn kid(key: usize) -> String {
    let letters = random_hex(key, 48).to_uppercase();
    letters.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part)).collect::<Vec<_>>().join(":")
}

fn answered(step: &str, endpoint: usize, request: &str, status: u16, more: &Value) -> Value {
    let mut result = json!({"result": "answered", "status": status, "date": TIME,
        "marks": {"apiVersion": true, "challenge": true, "errorCode": status > 400}});
    result.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"step": step, "endpoint": endpoint, "request": request, "tookMs": 3 + status % 7, "result": result})
}

fn claims(key: usize, subject: &str) -> Value {
    json!({"claims": {"alg": "RS256", "kid": kid(key), "iss": "harbor-token-issuer", "sub": subject,
        "aud": ["harbor-registry"], "exp": "2026-07-04T03:34:05Z", "nbf": TIME, "iat": TIME,
        "access": [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}]}})
}

/// A core as it is seen, with a pod's name, an address and a clock that no compression makes small.
fn core(number: usize, key: usize) -> Value {
    let noise = u32::from_str_radix(&random_hex(number + 900, 6), 16).unwrap();
    let address = format!("10.{}.{}.{}:8080", noise % 4 + 8, noise / 4 % 256, noise / 1024 % 256);
    let low = i64::from(noise % 60_000) - 30_000;
    json!({"name": format!("harbor-core-7c9d8b6f5d-{}", random_hex(number, 5)), "address": address,
        "token": answered("pullToken", number, "GET /service/token", 200, &claims(key, "")),
        "info": {"version": "v2.13.1-fab1cdca", "externalUrl": "https://harbor.example.com", "readOnly": false},
        "clock": {"lowUs": low, "highUs": low + i64::from(noise % 9_000)},
        "realm": "https://harbor.example.com/service/token"})
}

/// So many cores, each with the key that `keys` says, and all that a look with a credential sees.
fn seen(count: usize, keys: &dyn Fn(usize) -> usize) -> ProbeSeen {
    let cores: Vec<Value> = (0..count).map(|number| core(number, keys(number))).collect();
    let all = |issuer: usize| match count <= 20 {
        true => (0..count).collect::<Vec<_>>(),
        false => (0..4).map(|step| (issuer + step) % count).collect(),
    };
    let letter = |issuer: usize, verifier: usize| match all(issuer).contains(&verifier) {
        true if keys(issuer) == keys(verifier) => 'A',
        true => 'R',
        false => '.',
    };
    let row = |issuer: usize| (0..count).map(|verifier| letter(issuer, verifier)).collect::<String>();
    let cells: Vec<String> = (0..count).map(row).collect();
    let controls: Vec<Value> =
        (0..count).map(|verifier| json!({"verifier": verifier, "status": 200, "holds": true})).collect();
    let endpoints: Vec<Value> = (0..count)
        .map(|number| {
            let address = cores[number]["address"].as_str().unwrap();
            let host = address.split(':').next().unwrap();
            json!({"role": "registry", "scheme": "http", "host": host, "port": 8080,
                "connects": [{"address": address, "tookMs": number % 3}]})
        })
        .collect();
    let refused = json!({"error": {"kind": "json", "errors": [{"code": "UNAUTHORIZED",
        "message": "unauthorized to access repository: team/app, action: push: unauthorized to access repository"}]}});
    let seen = json!({"version": "0.2.0", "startedAt": TIME, "targets": [], "endpoints": endpoints,
        "harbor": {"via": "pod", "cores": cores,
            "login": {"source": "secret/regcred", "exchange": answered("login", 0, "GET /service/token", 200, &claims(0, "robot$team+ci")),
                "credential": {"kind": "harborRobot", "username": "robot$team+ci", "fingerprint": "0123abcd"}},
            "matrix": {"method": "credential", "controls": controls, "cells": cells,
                "example": answered("verify", 1, "GET /v2/", 401, &refused)},
            "front": {"url": "https://harbor.example.com", "kids": [{"kid": kid(0), "count": 20}, {"kid": kid(1), "count": 10}],
                "withoutToken": 0, "rejected": {"hits": 10, "of": 30, "rate": 0.333_333_333_333_333_3, "low": 0.19, "high": 0.51},
                "ping": answered("ping", 0, "GET /v2/", 401, &refused),
                "method": "credential", "cookies": ["sid"], "datesDiffer": false, "issuedDiffer": false},
            "decision": {"repository": "team/app", "at": "front",
                "token": answered("pushToken", 0, "GET /service/token", 200, &claims(0, "robot$team+ci")),
                "upload": answered("uploadStart", 0, "POST /v2/team/app/blobs/uploads/", 401, &refused)}}});
    serde_json::from_value(seen).expect("a result as a probe writes it")
}

/// What must not go: whose key, who accepts whose tokens, what came of the login and of the decision.
fn decisive(seen: &ProbeSeen) -> Value {
    let harbor: &HarborSeen = seen.harbor.as_ref().unwrap();
    let status = |exchange: &crate::evidence::probe::Exchange| exchange.answer().map(|answer| answer.status);
    let cores: Vec<_> =
        harbor.cores.iter().map(|core| (&core.name, core.kid(), status(&core.token))).collect();
    let matrix = harbor.matrix.as_ref().unwrap();
    let decision = harbor.decision.as_ref().unwrap();
    let front = harbor.front.as_ref().unwrap();
    json!([
        cores,
        matrix.cells,
        matrix.method,
        harbor.login.as_ref().unwrap().is_good(),
        front.kids,
        front.rejected,
        decision.token.answer().unwrap().claims,
        status(decision.upload.as_ref().unwrap())
    ])
}

#[test]
fn three_cores_fit_whole() {
    let seen = seen(3, &|number| number / 2);
    assert!(whole(&seen).len() > BUDGET);
    let text = encode(&seen, BUDGET);
    assert_eq!(decode(&text).unwrap(), seen, "{} bytes", text.len());
}

#[test]
fn twenty_cores_with_three_keys_lose_nothing_that_decides() {
    let seen = seen(20, &|number| number % 3);
    let text = encode(&seen, BUDGET);
    let read = decode(&text).unwrap();
    println!("{} bytes of JSON in {}: {:?}", whole(&seen).len(), text.len(), read.truncated);
    assert!(text.len() <= BUDGET);
    assert!(decisive(&read) == decisive(&seen), "{:?}", read.truncated);
    assert!(read.harbor.unwrap().cores.iter().all(|core| core.clock.is_some()));
}

#[test]
fn a_hundred_cores_with_two_keys_lose_nothing_that_decides() {
    let seen = seen(100, &|number| usize::from(number > 60));
    let text = encode(&seen, BUDGET);
    let read = decode(&text).unwrap();
    println!("{} bytes of JSON in {}: {:?}", whole(&seen).len(), text.len(), read.truncated);
    assert!(text.len() <= BUDGET);
    assert!(decisive(&read) == decisive(&seen), "{:?}", read.truncated);
    assert!(!read.truncated.is_empty(), "what is missing is named");
}

#[test]
fn what_does_not_fit_at_all_says_so() {
    let all = seen(100, &|number| number);
    let text = encode(&all, BUDGET);
    let read = decode(&text).unwrap();
    assert!(text.len() <= BUDGET);
    let harbor = read.harbor.as_ref().unwrap();
    assert!(!harbor.cores.is_empty());
    let last = read.truncated.last().unwrap();
    assert!(last.starts_with("the matrix of tokens and cores"), "{last}");
    let kids = harbor.cores.iter().zip(&all.harbor.as_ref().unwrap().cores);
    kids.for_each(|(read, whole)| assert_eq!(read.kid(), whole.kid()));
    for budget in [256, 1024, 2048] {
        let text = encode(&seen(20, &|number| number), budget);
        assert!(text.len() <= budget && !decode(&text).unwrap().truncated.is_empty());
    }
}

#[test]
fn clocks_become_wider_and_never_narrower() {
    let mut reduced = seen(3, &|_| 0);
    let before = reduced.harbor.clone().unwrap();
    harbor::clocks(&mut reduced);
    for (core, before) in reduced.harbor.unwrap().cores.iter().zip(&before.cores) {
        let (wide, exact) = (core.clock.unwrap(), before.clock.unwrap());
        assert!(wide.low_us <= exact.low_us && wide.high_us >= exact.high_us);
        assert!(exact.low_us - wide.low_us <= 10_000 && wide.high_us - exact.high_us <= 10_000);
    }
    assert_eq!(before.matrix.unwrap().verdict(0, 2), Some(Verdict::Accepted));
}

#[test]
fn the_way_to_a_core_that_stopped_answering_stays() {
    let mut reduced = seen(4, &|_| 0);
    let ping = json!({"step": "info", "endpoint": 3, "request": "GET /api/v2.0/ping", "tookMs": 1, "result": {"result": "unreachable"}});
    reduced.harbor.as_mut().unwrap().cores[3].stopped = Some(serde_json::from_value(ping).unwrap());
    let host = reduced.endpoints[3].host.clone();
    harbor::ways(&mut reduced);
    let core = &reduced.harbor.as_ref().unwrap().cores[3];
    let way = core.stopped.as_ref().unwrap().endpoint.unwrap();
    assert_eq!((core.token.endpoint, &reduced.endpoints[way].host), (None, &host));
    assert!(reduced.endpoints.len() < 4, "another one is forgotten");
}
