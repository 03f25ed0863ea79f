//! Evidence of a Harbor in a few words.

use jiff::Timestamp;
use serde_json::json;

use crate::code::Code;
use crate::diagnose::diagnose;
use crate::diagnose::tests::build as pulls;
use crate::evidence::clock::ClockBounds;
use crate::evidence::harbor::pods::{CoreLog, KeyForm, KeySecretSeen, LogCount, Rollout, TellingLine};
use crate::evidence::harbor::seen::{Cell, Control, KidCount, Login, Method, SystemInfo, Via};
use crate::evidence::harbor::{
    CorePod, CoreSeen, Decision, FrontSeen, Harbor, HarborSeen, Installer, KeyFile, KeyMount, KeyPath,
    KeySecret, Matrix, PodState, Verdict,
};
use crate::evidence::probe::{Action, Answer, Exchange, ExchangeResult, ExchangeStep, Network};
use crate::evidence::{CredentialUse, Evidence, Outcome, Probe, ProbeSeen};
use crate::finding::Finding;
use crate::plan::HarborPlan;
use crate::registry::api_error::ErrorBody;
use crate::registry::challenge;
use crate::registry::claims::{Access, Claims};
use crate::registry::credential::{CredentialKind, Described};
use crate::text::Clean;

pub(super) const A: &str = "ZJXH:E6TN:APDQ:X3AR:TS6N:TM2U:AEW6:2DPQ:2IK3:4BMH:MJO7:HO64";
pub(super) const B: &str = "E72H:ZK7P:SHWF:Z2HB:QQLP:ROUE:BZFW:SOQ2:KRJY:OPJ3:4O3I:VUVH";
pub(super) const NOW: i64 = 1_795_225_277;
pub(super) const URL: &str = "https://harbor.example.com";

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn sum(of: &str) -> String {
    of.bytes()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        .chars()
        .cycle()
        .take(64)
        .collect()
}

/// Harbor with these keys, one a core, that the observer could ask; the Secret holds the first one.
pub(super) fn harbor(kids: &[&str]) -> Evidence {
    let mut evidence = pulls::evidence(Vec::new());
    evidence.plan.namespace = "harbor".into();
    evidence.plan.action = Action::Harbor;
    evidence.plan.images = Vec::new();
    evidence.plan.checks = Vec::new();
    evidence.plan.harbor =
        Some(HarborPlan { exec: true, logs_seconds: Some(3_600), ..HarborPlan::default() });
    evidence.collected_at = at(NOW);
    evidence.harbor = Some(Harbor {
        namespace: "harbor".into(),
        installer: Installer::HarborHelm,
        release: "harbor".into(),
        cores: (1..=kids.len()).map(pod).collect(),
        key_secrets: vec![secret(kids.first().copied().unwrap_or(A))],
        ..Harbor::default()
    });
    let cores = kids.iter().enumerate().map(|(place, kid)| core(place + 1, kid)).collect();
    let value =
        ProbeSeen { harbor: Some(HarborSeen { cores, ..HarborSeen::default() }), ..ProbeSeen::default() };
    evidence.probes = vec![Probe {
        id: "probe/node1/pod".into(),
        node: "node1".into(),
        network: Network::Pod,
        namespace: "harbor".into(),
        pod: "regauth-abcd2345-node1".into(),
        credential: CredentialUse::AsPlanned,
        outcome: Outcome::Seen { value },
        seen_at: Some(at(NOW)),
    }];
    evidence
}

/// Harbor by its URL alone, with these keys' tokens.
pub(super) fn by_url(kids: &[(&str, u32)]) -> Evidence {
    let mut evidence = harbor(&kids.iter().take(1).map(|(kid, _)| *kid).collect::<Vec<_>>());
    evidence.harbor = None;
    evidence.probes[0].network = Network::Local;
    evidence.probes[0].node = String::new();
    evidence.probes[0].id = "probe/local".into();
    seen(&mut evidence).via = Via::Url;
    seen(&mut evidence).cores[0].name = "192.0.2.7:443".into();
    seen(&mut evidence).front = Some(front(kids));
    evidence
}

pub(super) fn front(kids: &[(&str, u32)]) -> FrontSeen {
    FrontSeen {
        url: Clean::new(URL),
        ping: Some(pinged(&format!("{URL}/service/token"))),
        kids: kids.iter().map(|(kid, count)| KidCount { kid: Clean::new(kid), count: *count }).collect(),
        ..FrontSeen::default()
    }
}

pub(super) fn pinged(realm: &str) -> Exchange {
    let challenge = format!("Bearer realm=\"{realm}\",service=\"harbor-registry\"");
    answered(ExchangeStep::Ping, answer(401, &challenge, ""))
}

pub(super) fn seen(evidence: &mut Evidence) -> &mut HarborSeen {
    match &mut evidence.probes[0].outcome {
        Outcome::Seen { value } => value.harbor.as_mut().unwrap(),
        _ => panic!("nothing was seen"),
    }
}

pub(super) fn shown(evidence: &mut Evidence) -> &mut Harbor {
    evidence.harbor.as_mut().unwrap()
}

/// The core pod of a number, from 1.
pub(super) fn name(number: usize) -> String {
    format!("harbor-core-6d5f7c9b8-aaaa{number}")
}

fn pod(number: usize) -> CorePod {
    CorePod {
        name: name(number),
        node: format!("node{number}"),
        ip: format!("10.0.0.{number}"),
        port: 8080,
        state: PodState::Ready,
        started_at: Some(at(NOW - 3_600)),
        image: "goharbor/harbor-core:v2.16.0".into(),
        revision: "6d5f7c9b8".into(),
        key: KeyPath {
            path: "/etc/core/private_key.pem".into(),
            set_by: "default".into(),
            mount: KeyMount::Secret { name: "harbor-core".into(), key: "tls.key".into(), sub_path: true },
        },
        ..CorePod::default()
    }
}

pub(super) fn secret(kid: &str) -> KeySecret {
    let value = KeySecretSeen {
        sha256: sum(kid),
        form: KeyForm::Pkcs1,
        kid: Some(kid.into()),
        certificate_kid: Some(kid.into()),
        written_at: Some(at(NOW - 7_200)),
    };
    KeySecret { name: "harbor-core".into(), key: "tls.key".into(), outcome: Outcome::Seen { value } }
}

/// Changes what the Secret holds.
pub(super) fn in_secret(evidence: &mut Evidence, change: impl FnOnce(&mut KeySecretSeen)) {
    match &mut shown(evidence).key_secrets[0].outcome {
        Outcome::Seen { value } => change(value),
        _ => panic!("the Secret was not read"),
    }
}

/// The checksum of the file of a core (from 1), of the key of that id.
pub(super) fn file(evidence: &mut Evidence, number: usize, of: &str) {
    let value = KeyFile { sha256: sum(of), by: "sha256sum".into() };
    shown(evidence).cores[number - 1].file = Some(Outcome::Seen { value });
}

/// A core that issues tokens of a key; none where the id is empty.
pub(super) fn core(number: usize, kid: &str) -> CoreSeen {
    let token = match kid {
        "" => answer(500, "", ""),
        kid => {
            let claims = Claims {
                kid: Some(Clean::new(kid)),
                iss: Some(Clean::new("harbor-token-issuer")),
                iat: Some(at(NOW)),
                nbf: Some(at(NOW)),
                exp: Some(at(NOW + 1_800)),
                ..Claims::default()
            };
            Answer { claims: Some(claims), ..answer(200, "", "") }
        }
    };
    CoreSeen {
        name: name(number),
        address: format!("10.0.0.{number}:8080"),
        token: answered(ExchangeStep::PullToken, token),
        info: None,
        clock: Some(ClockBounds::around(0, 50_000)),
        realm: None,
        stopped: None,
    }
}

pub(super) fn answered(step: ExchangeStep, answer: Answer) -> Exchange {
    exchange(step, ExchangeResult::Answered(Box::new(answer)))
}

pub(super) fn exchange(step: ExchangeStep, result: ExchangeResult) -> Exchange {
    Exchange {
        step,
        endpoint: None,
        request: Clean::new("GET /"),
        took_ms: 1_503,
        redirects: Vec::new(),
        result,
    }
}

pub(super) fn answer(status: u16, challenge: &str, body: &str) -> Answer {
    let error = ErrorBody::parse(body.as_bytes());
    Answer {
        status,
        challenges: challenge::parse_all(Some(challenge).filter(|text| !text.is_empty())),
        error: (status >= 300).then_some(error),
        ..Answer::default()
    }
}

/// Core `number` (from 1) does not answer.
pub(super) fn silence(evidence: &mut Evidence, number: usize) {
    seen(evidence).cores[number - 1].token = exchange(ExchangeStep::PullToken, ExchangeResult::TimedOut);
    seen(evidence).cores[number - 1].clock = None;
}

/// Everybody's tokens at everybody, with controls that hold; `rejects(issuer, verifier)` from 1.
pub(super) fn matrix(evidence: &mut Evidence, rejects: impl Fn(usize, usize) -> bool) {
    let all = seen(evidence).cores.len();
    let cell = |issuer: usize, verifier: usize| Cell {
        issuer,
        verifier,
        verdict: if rejects(issuer + 1, verifier + 1) { Verdict::Rejected } else { Verdict::Accepted },
    };
    seen(evidence).matrix = Some(Matrix {
        method: Method::Credential,
        controls: (0..all).map(|verifier| Control { verifier, status: Some(200), holds: true }).collect(),
        cells: (0..all).flat_map(|issuer| (0..all).map(move |verifier| cell(issuer, verifier))).collect(),
        example: None,
    });
}

/// The clock of core `number` (from 1) is off by so many seconds, give or take 0.1.
pub(super) fn clock(evidence: &mut Evidence, number: usize, seconds: f64) {
    let middle = (seconds * 1e6) as i64;
    seen(evidence).cores[number - 1].clock = Some(ClockBounds::around(middle, 100_000));
}

pub(super) fn version(evidence: &mut Evidence, tag: &str) {
    for pod in &mut shown(evidence).cores {
        pod.image = format!("goharbor/harbor-core:{tag}");
    }
}

pub(super) fn info(evidence: &mut Evidence, info: SystemInfo) {
    seen(evidence).cores[0].info = Some(info);
}

pub(super) fn rollout(evidence: &mut Evidence, stuck: bool) {
    shown(evidence).rollouts = vec![Rollout {
        workload: "deployment/harbor-core".into(),
        wanted: 3,
        updated: 1,
        ready: 2,
        stuck,
        message: Clean::default(),
    }];
}

pub(super) fn logged(evidence: &mut Evidence, number: usize, line: TellingLine, count: u32) {
    let value = vec![LogCount {
        line,
        count,
        first: None,
        last: None,
        example: Clean::default(),
        accounts: Vec::new(),
    }];
    shown(evidence).logs.push(CoreLog { pod: name(number), since: None, outcome: Outcome::Seen { value } });
}

/// A login of a user that was answered so.
pub(super) fn login(user: &str, status: u16) -> Login {
    Login {
        credential: Described {
            kind: CredentialKind::Password,
            username: Clean::new(user),
            expires_at: None,
            issued_at: None,
            fingerprint: serde_json::from_value(json!("00000001")).unwrap(),
        },
        source: "secret/regcred".into(),
        withheld: None,
        refused_later: None,
        exchange: Some(answered(ExchangeStep::PullToken, answer(status, "", ""))),
    }
}

/// The client's own token for `team/app`: whom it was issued to, what it grants, and what came of the upload.
pub(super) fn decision(subject: Option<&str>, actions: &[&str], upload: Option<Answer>) -> Decision {
    let claims = Claims {
        iss: Some(Clean::new("harbor-token-issuer")),
        sub: subject.map(Clean::new),
        iat: Some(at(NOW)),
        exp: Some(at(NOW + 1_800)),
        access: Some(vec![Access {
            kind: Clean::new("repository"),
            name: Clean::new("team/app"),
            actions: actions.iter().map(|action| Clean::new(action)).collect(),
        }]),
        ..Claims::default()
    };
    Decision {
        repository: "team/app".into(),
        at: "front".into(),
        token: answered(ExchangeStep::PushToken, Answer { claims: Some(claims), ..answer(200, "", "") }),
        upload: upload.map(|answer| answered(ExchangeStep::UploadStart, answer)),
        cancel: None,
        asked_at: Some(at(NOW + 1)),
    }
}

/// An answer of Harbor's to a push that it takes for an anonymous one.
pub(super) fn refused_push() -> Answer {
    answer(
        401,
        "Basic realm=\"harbor\"",
        r#"{"errors":[{"code":"UNAUTHORIZED","message":"unauthorized to access repository: team/app, action: push: unauthorized to access repository: team/app, action: push"}]}"#,
    )
}

pub(super) fn codes(evidence: &Evidence) -> Vec<Code> {
    diagnose(evidence).iter().map(|finding| finding.code).collect()
}

/// The only finding.
pub(super) fn only(evidence: &Evidence) -> Finding {
    let mut findings = diagnose(evidence);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}
