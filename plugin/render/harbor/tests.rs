//! Fixed reports of a Harbor, rendered for people and pipes.

use regauth::code::Code;
use regauth::evidence::Action;
use regauth::evidence::clock::ClockBounds;
use regauth::evidence::harbor::seen::{Cell, KidCount, Method, Via};
use regauth::evidence::harbor::{FrontSeen, Installer, PodState, Verdict as Cellular};
use regauth::finding::{Finding, Fix, Subject};
use regauth::plan::Check;
use regauth::report::harbor_rows::{DecisionRow, FailingRow, KeyRow, MatrixCore, MatrixRow};
use regauth::report::{CoreRow, HarborSummary, NotChecked, NotCheckedState, Rate, Report, Row, Verdict};
use regauth::text::Clean;

use super::super::grid::Layout;
use super::super::table;
use super::super::tests::{rendered, report};

const A: &str = "ZJXH:E6TN:APDQ:X3AR:TS6N:TM2U:AEW6:2DPQ:2IK3:4BMH:MJO7:HO64";
const B: &str = "E72H:ZK7P:SHWF:Z2HB:QQLP:ROUE:BZFW:SOQ2:KRJY:OPJ3:4O3I:VUVH";

fn name(number: usize) -> String {
    format!("harbor-core-6d5f7c9b8-aaa{number:02}")
}

fn core(number: usize, key: &str, kid: &str) -> CoreRow {
    let bad = key != "A";
    CoreRow {
        pod: name(number),
        node: format!("node{number}"),
        address: format!("10.0.0.{number}:8080"),
        started_at: Some("2026-11-21T00:41:17Z".parse().unwrap()),
        restarts: 0,
        image: "goharbor/harbor-core:v2.16.0".into(),
        version: None,
        state: Some(PodState::Ready),
        key: Some(key.into()),
        kid: Some(Clean::new(kid)),
        file_sha256: None,
        agrees_with_secret: Some(!bad),
        clock: Some(ClockBounds::around(20_000, 80_000)),
        result: if bad { Verdict::Failed } else { Verdict::Ok },
        code: bad.then_some(Code::HarborKeyMismatch),
        certain: bad.then_some(true),
        evidence: format!("harbor/core/{}", name(number)),
    }
}

/// So many cores, the last of which has another key.
pub(in crate::render) fn harbor(cores: usize) -> Report {
    let key = |number: usize| if number == cores { ("B", B) } else { ("A", A) };
    let rows = (1..=cores).map(|number| Row::Core(core(number, key(number).0, key(number).1))).collect();
    let mut report = report(Action::Harbor, &[Check::ProbePod], rows);
    let cell = |issuer: usize, verifier: usize| Cell {
        issuer,
        verifier,
        verdict: match key(issuer + 1) == key(verifier + 1) {
            true => Cellular::Accepted,
            false => Cellular::Rejected,
        },
    };
    let group = |letter: &str, kid: &str, numbers: std::ops::RangeInclusive<usize>| KeyRow {
        letter: letter.into(),
        kid: Some(kid.into()),
        file_sha256: None,
        cores: numbers.map(name).collect(),
        agrees_with_secret: Some(letter == "A"),
    };
    report.harbor = Some(HarborSummary {
        namespace: "harbor".into(),
        installer: Some(Installer::HarborHelm),
        release: "harbor".into(),
        via: Some(Via::Pod),
        keys: vec![group("A", A, 1..=cores - 1), group("B", B, cores..=cores)],
        matrix: Some(MatrixRow {
            method: Method::Credential,
            cores: (1..=cores)
                .map(|number| MatrixCore { name: name(number), key: Some(key(number).0.into()) })
                .collect(),
            cells: (0..cores)
                .flat_map(|issuer| (0..cores).map(move |verifier| cell(issuer, verifier)))
                .collect(),
            without_control: Vec::new(),
        }),
        failing: Some(FailingRow { request_rate: 0.4444, push_rate: 0.9739, push_requests: 8, cores }),
        front: Some(FrontSeen {
            url: Clean::new("https://harbor.example.com"),
            kids: vec![
                KidCount { kid: Clean::new(A), count: 20 },
                KidCount { kid: Clean::new(B), count: 10 },
            ],
            rejected: Rate::new(12, 30),
            ..FrontSeen::default()
        }),
        nodes: Vec::new(),
        decision: Some(DecisionRow {
            repository: "team/app".into(),
            at: "front".into(),
            subject: Some(Clean::new("ci")),
            actions: vec![Clean::new("pull"), Clean::new("push")],
            token_status: Some(200),
            upload_status: Some(401),
        }),
        rollouts: Vec::new(),
        sticky: Vec::new(),
        logs: Vec::new(),
    });
    report
}

#[test]
fn the_cores_and_the_picture_of_who_accepts_whose_tokens() {
    let text = rendered(&harbor(3), Some(110), false);
    assert_eq!(
        text,
        "\
CORE     NODE    STARTED        KEY   KID          SECRET    CLOCK         RESULT   CODE
…aaa01   node1   11-21T00:41Z   A     ZJXH:E6TN…   same      +0.02±0.08s   ok       -
…aaa02   node2   11-21T00:41Z   A     ZJXH:E6TN…   same      +0.02±0.08s   ok       -
…aaa03   node3   11-21T00:41Z   B     E72H:ZK7P…   differs   +0.02±0.08s   failed   HarborKeyMismatch

Who accepts whose tokens: a row's token, shown to a column (with a credential).
                                   1 2 3
  1 A harbor-core-6d5f7c9b8-aaa01  ✓ ✓ ✗
  2 A harbor-core-6d5f7c9b8-aaa02  ✓ ✓ ✗
  3 B harbor-core-6d5f7c9b8-aaa03  ✗ ✗ ✓
  ✓ accepted, ✗ rejected; equal letters are equal keys

key A: ZJXH:E6TN:APDQ:X3AR:TS6N:TM2U:AEW6:2DPQ:2IK3:4BMH:MJO7:HO64, what the Secret holds now, on 2 cores
key B: E72H:ZK7P:SHWF:Z2HB:QQLP:ROUE:BZFW:SOQ2:KRJY:OPJ3:4O3I:VUVH, not what the Secret holds now, on 1 core
failing: 44 % of single requests, or of pushes over one kept connection; 97 % of pushes whose 8 requests come
         to a random one of 3 cores each
front door: https://harbor.example.com: 20 tokens of key A, 10 tokens of key B, the same token rejected in 40
            % (95 % confidence: 25 % to 58 %)
own token: team/app at front: token 200, issued to ci, grants pull, push; upload 401

2 of 3 Harbor cores are as they should be, in namespace harbor, asked from a pod in the cluster.
"
    );
}

#[test]
fn a_narrow_terminal_keeps_to_its_width() {
    for (cores, width) in [(3, 60), (20, 60), (3, 80), (20, 80), (40, 60)] {
        let text = rendered(&harbor(cores), Some(width), false);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} of {width}:\n{text}");
    }
}

#[test]
fn twenty_cores_have_upright_numbers_where_there_is_no_room() {
    let text = rendered(&harbor(20), Some(60), false);
    assert!(text.contains("✓✓✓") || text.contains("✓ ✓ ✓"), "{text}");
    assert!(
        text.lines().any(|line| line.trim_start().starts_with("1 1") || line.trim_start().starts_with("111")),
        "{text}"
    );
}

#[test]
fn of_many_cores_keys_stand_for_them() {
    let text = rendered(&harbor(30), Some(100), false);
    assert!(text.contains("token of A at A: ✓ 841") && text.contains("token of A at B: ✗ 29"), "{text}");
}

#[test]
fn a_pipe_gets_every_column_and_comments() {
    let text = rendered(&harbor(3), None, false);
    let lines: Vec<&str> = text.lines().collect();
    for column in [
        "CORE",
        "NODE",
        "ADDRESS",
        "STARTED",
        "KEY",
        "KID",
        "FILE SHA-256",
        "SECRET",
        "CLOCK",
        "RESULT",
        "CODE",
    ] {
        assert!(lines[0].contains(column), "{column}");
    }
    assert!(lines[1..4].iter().all(|line| line.starts_with("harbor-core-")), "{text}");
    assert!(lines[4..].iter().all(|line| line.starts_with('#')), "{text}");
    assert!(text.contains(A) && text.contains("# failing: 44 %"), "{text}");
}

#[test]
fn without_utf8_the_marks_are_ascii() {
    let layout = Layout { width: Some(100), colour: false, wide: false, ascii: true };
    let text = table::report(&harbor(3), &layout);
    assert!(text.contains("y y X") && text.contains("X rejected") && !text.contains('✓'), "{text}");
}

#[test]
fn what_was_not_tried_or_says_nothing_has_marks_of_its_own() {
    let mut report = harbor(3);
    let matrix = report.harbor.as_mut().unwrap().matrix.as_mut().unwrap();
    matrix.cells.retain(|cell| (cell.issuer, cell.verifier) != (0, 1));
    matrix.without_control = vec![2];
    let text = rendered(&report, Some(100), false);
    for words in ["· not tried", "? says nothing"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn equal_keys_need_no_section_of_keys() {
    let mut report = harbor(3);
    let harbor = report.harbor.as_mut().unwrap();
    harbor.keys.truncate(1);
    (harbor.failing, harbor.matrix, harbor.decision) = (None, None, None);
    let text = rendered(&report, Some(100), false);
    assert!(!text.contains("key A:"), "{text}");
    assert!(text.contains("2 of 3 Harbor cores are as they should be, in namespace harbor"), "{text}");
}

/// Two machines behind a URL, without pods.
fn machines() -> Report {
    let mut report = harbor(2);
    for (number, row) in report.results.iter_mut().enumerate() {
        let Row::Core(row) = row else { panic!("a row that is no core's") };
        let address = format!("127.0.0.2{number}:8080");
        *row = CoreRow {
            pod: address.clone(),
            address: address.clone(),
            node: String::new(),
            started_at: None,
            image: String::new(),
            state: None,
            agrees_with_secret: None,
            clock: Some(ClockBounds::around(90_030_000, 30_000)),
            evidence: format!("harbor/core/{address}"),
            ..row.clone()
        };
    }
    report
}

#[test]
fn machines_without_pods_have_no_columns_of_pods() {
    let text = rendered(&machines(), Some(200), true);
    let titles: Vec<&str> = text.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(titles, ["CORE", "KEY", "KID", "CLOCK", "RESULT", "CODE", "CERTAIN"], "{text}");
    assert!(
        rendered(&machines(), None, false).lines().next().unwrap().contains("RESTARTS"),
        "a pipe has all"
    );
}

#[test]
fn neither_an_address_nor_a_number_is_broken_on_a_narrow_terminal() {
    let text = rendered(&machines(), Some(60), false);
    for whole in ["127.0.0.20:8080", "127.0.0.21:8080", "HarborKeyMismatch"] {
        assert!(text.lines().any(|line| line.contains(whole)), "{whole}: {text}");
    }
    assert!(!text.lines().any(|line| line.trim_end().ends_with("+90.")), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    assert!(rendered(&machines(), Some(100), false).contains("+90.03±0.03s"));
    assert!(!text.contains('±'), "the uncertainty goes first: {text}");
}

#[test]
fn nearly_all_pushes_are_not_all() {
    let mut report = harbor(3);
    report.harbor.as_mut().unwrap().failing.as_mut().unwrap().push_rate = 0.996;
    let text = rendered(&report, Some(110), false);
    assert!(text.contains("> 99 % of pushes") && !text.contains("100 % of pushes"), "{text}");
}

#[test]
fn one_token_is_one() {
    let mut report = harbor(3);
    let front = report.harbor.as_mut().unwrap().front.as_mut().unwrap();
    (front.kids[1].count, front.without_token) = (1, 1);
    let text = rendered(&report, Some(200), false);
    assert!(text.contains("1 token of key B, 1 request without a token"), "{text}");
}

#[test]
fn a_pipe_gets_the_cause_and_the_mends_of_what_a_row_shows() {
    let mut report = harbor(2);
    let subject = Subject { name: "deployment/harbor-core".into(), ..Subject::default() };
    let mut finding = Finding::new(Code::HarborKeyMismatch, subject, "Harbor's cores hold 2 token keys.");
    finding.evidence = vec![format!("harbor/core/{}", name(2))];
    finding.messages = vec![Clean::new("401 UNAUTHORIZED")];
    finding.certain = false;
    finding.also_possible = vec![Code::HarborKeyStale];
    finding.settle_by = Some("the keys' ids".into());
    finding.fixes = vec![Fix::new("starts the cores anew", "kubectl rollout restart\nkubectl wait")];
    report.findings = vec![finding];
    report.not_checked = vec![NotChecked {
        what: "3 of 4 pairs".into(),
        state: NotCheckedState::TimedOut,
        why: "the time was up".into(),
    }];
    let text = rendered(&report, None, false);
    for line in [
        "# error HarborKeyMismatch deployment/harbor-core  Harbor's cores hold 2 token keys.",
        "#   said: 401 UNAUTHORIZED",
        "#   not certain",
        "#   or: HarborKeyStale",
        "#   settled by: the keys' ids",
        "#   mend: starts the cores anew",
        "#     kubectl rollout restart",
        "#     kubectl wait",
        "# not tested: 3 of 4 pairs: the time was up",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}: {text}");
    }
    assert!(text.contains("# 1 of 2 Harbor cores are as they should be"), "{text}");
    // A reader of rows passes over all of it.
    assert!(text.lines().skip(3).all(|line| line.starts_with('#')), "{text}");
}

#[test]
fn a_token_that_was_not_given_was_issued_to_nobody_and_grants_nothing_to_tell() {
    let mut report = harbor(3);
    let decision = report.harbor.as_mut().unwrap().decision.as_mut().unwrap();
    decision.token_status = Some(500);
    decision.upload_status = None;
    let text = rendered(&report, Some(110), false);
    assert!(text.contains("team/app at front: token 500\n") && !text.contains("issued to"), "{text}");
}
