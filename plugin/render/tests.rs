//! Fixed reports, rendered for people and pipes.

use regauth::code::Code;
use regauth::evidence::{API_VERSION, Action, Network, Presence, Run};
use regauth::finding::{Finding, Fix, Subject};
use regauth::plan::{Check, Identity, Plan, ProbePlan, SecretSource};
use regauth::report::stores::{StoreEntryRow, StoreRow};
use regauth::report::{
    AttemptRow, LimitRow, ProbeRow, PullRow, Rate, Report, Row, SeriesRow, StepRow, Verdict,
};
use regauth::text::Clean;

use super::grid::Layout;
use super::table;

const IMAGE: &str = "r.example.com/team/app:1";

pub(super) fn rendered(report: &Report, width: Option<u16>, wide: bool) -> String {
    let text = table::report(report, &Layout { width, colour: false, wide, ascii: false });
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

pub(super) fn report(action: Action, checks: &[Check], results: Vec<Row>) -> Report {
    let identity = Identity {
        name: "deploy/web".into(),
        service_account: "default".into(),
        pull_secrets: vec!["regcred".into()],
        source: SecretSource::Workload,
    };
    Report {
        api_version: API_VERSION.into(),
        kind: "Report".into(),
        run: Run {
            id: "abcdefgh".into(),
            version: "0".into(),
            server: String::new(),
            started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            interrupted: false,
            extra: Default::default(),
        },
        plan: Plan {
            namespace: "team".into(),
            images: vec![IMAGE.into()],
            identity,
            action,
            checks: checks.to_vec(),
            probe: Some(ProbePlan::default()),
            harbor: None,
            clock: None,
            nodes: Vec::new(),
            sampled_of: None,
            one_first: false,
            timeout_seconds: 300,
            keep: false,
            extra: Default::default(),
        },
        results,
        findings: Vec::new(),
        not_checked: Vec::new(),
        stores: Vec::new(),
        harbor: None,
        extra: Default::default(),
    }
}

fn pull(node: &str, result: Verdict) -> Row {
    Row::Pull(PullRow {
        node: node.into(),
        image: IMAGE.into(),
        image_rewritten: None,
        result,
        took_ms: Some(58),
        waited_ms: None,
        size_bytes: (result == Verdict::Ok).then_some(768_618),
        identity: "deploy/web (secret regcred)".into(),
        code: None,
        certain: None,
        message: None,
        on_node_before: Presence::Yes,
        pod: "regauth-abcdefgh-0".into(),
        evidence: format!("pull/{node}/0"),
    })
}

fn step(step: &str, what: &str, ok: bool, saw: &str) -> StepRow {
    StepRow { step: step.into(), what: what.into(), ok, took_ms: 3, saw: saw.into() }
}

fn probe(node: &str, network: Network, result: Verdict) -> ProbeRow {
    let failed = result == Verdict::Failed;
    ProbeRow {
        node: node.into(),
        network,
        image: IMAGE.into(),
        action: Action::Pull,
        result,
        step: failed.then(|| "token".into()),
        took_ms: Some(21),
        identity: "secret/regcred".into(),
        code: failed.then_some(Code::CredentialRejected),
        certain: failed.then_some(true),
        message: failed.then(|| Clean::new("incorrect username or password")),
        path: vec![
            step("DNS", "r.example.com", true, "192.0.2.7"),
            step("connect", "192.0.2.7:443", true, "connected"),
        ],
        attempts: vec![
            AttemptRow {
                credential: None,
                is: None,
                result: Verdict::Failed,
                withheld: None,
                steps: vec![step("token", "GET /token", false, "401")],
            },
            AttemptRow {
                credential: Some("secret/regcred".into()),
                is: Some("password of user ci".into()),
                result,
                withheld: None,
                steps: vec![step("token", "POST /token", !failed, if failed { "401" } else { "200" })],
            },
        ],
        series: None,
        pod: String::new(),
        evidence: format!("probe/{node}/{}/0", network.as_str()),
    }
}

#[test]
fn a_pull_by_kubelets_alone_has_no_column_of_the_probe() {
    let report = report(Action::Pull, &[Check::Kubelet], vec![pull("node1", Verdict::Ok)]);
    assert_eq!(
        rendered(&report, Some(80), false),
        "NODE    RESULT   TIME   SIZE\nnode1   ok       58ms   750Ki\n\n\
         1 of 1 pulls worked, in namespace team as deploy/web (secret regcred).\n"
    );
    let piped = rendered(&report, None, false);
    assert!(piped.starts_with("NODE    IMAGE"), "{piped}");
    assert!(!piped.contains("METHOD") && !piped.contains("STEP"), "{piped}");
}

#[test]
fn kubelets_and_probes_of_one_node_stand_together_with_the_columns_that_differ() {
    let rows = vec![
        pull("node1", Verdict::Ok),
        pull("node2", Verdict::Ok),
        Row::Probe(probe("node1", Network::Node, Verdict::Ok)),
        Row::Probe(probe("node2", Network::Node, Verdict::Failed)),
    ];
    let text = rendered(&report(Action::Pull, &[Check::Kubelet, Check::ProbeNode], rows), Some(80), false);
    assert_eq!(
        text,
        "\
NODE   METHOD   RESULT  STEP   TIME  SIZE   CODE                CERTAIN
node1  kubelet  ok      -      58ms  750Ki  -                   -
node1  probe    ok      -      21ms  -      -                   -
node2  kubelet  ok      -      58ms  750Ki  -                   -
node2  probe    failed  token  21ms  -      CredentialRejected  yes

3 of 4 pulls and probes worked, in namespace team as deploy/web (secret
regcred).
as: the kubelet: deploy/web (secret regcred)
as: the probe (node network): secret/regcred
"
    );
}

#[test]
fn two_networks_have_a_column() {
    let rows = vec![
        Row::Probe(probe("node1", Network::Node, Verdict::Ok)),
        Row::Probe(probe("node1", Network::Pod, Verdict::Ok)),
    ];
    let text = rendered(&report(Action::Pull, &[Check::ProbeNode, Check::ProbePod], rows), Some(80), false);
    assert!(text.starts_with("NODE   NETWORK  RESULT  TIME\nnode1  node     ok      21ms\n"), "{text}");
}

#[test]
fn no_line_of_a_narrow_terminal_is_wider_than_it() {
    let mut rows = vec![pull("ip-10-0-12-34.eu-central-1.compute.internal", Verdict::Ok)];
    for network in [Network::Node, Network::Pod] {
        rows.push(Row::Probe(probe("ip-10-0-12-34.eu-central-1.compute.internal", network, Verdict::Failed)));
    }
    let report = report(Action::Pull, &[Check::Kubelet, Check::ProbeNode, Check::ProbePod], rows);
    let text = rendered(&report, Some(80), false);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_pipe_gets_one_line_a_row_and_every_column() {
    let rows = vec![Row::Probe(probe("node1", Network::Pod, Verdict::Failed))];
    let text = rendered(&report(Action::Pull, &[Check::ProbePod], rows), None, false);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    for column in ["NODE", "METHOD", "NETWORK", "IMAGE", "RESULT", "STEP", "IDENTITY", "CODE", "MESSAGE"] {
        assert!(lines[0].contains(column), "{column}");
    }
    assert!(lines[1].ends_with("incorrect username or password"), "{text}");
}

#[test]
fn from_this_machine_the_steps_of_the_deciding_attempt_are_shown() {
    let row = Row::Probe(probe("", Network::Local, Verdict::Failed));
    let text = rendered(&report(Action::Pull, &[Check::ProbeLocal], vec![row]), Some(100), false);
    assert_eq!(
        text,
        "\
IMAGE                      RESULT   STEP    TIME   CODE                 CERTAIN
r.example.com/team/app:1   failed   token   21ms   CredentialRejected   yes

r.example.com/team/app:1 from this machine
  DNS      r.example.com     3ms  192.0.2.7
  connect  192.0.2.7:443     3ms  connected
  without a credential: failed
  with secret/regcred (password of user ci): failed
  ! token    POST /token       3ms  401

0 of 1 probes worked, from this machine.
as: this machine: secret/regcred
"
    );
}

#[test]
fn with_all_columns_a_probe_shows_the_steps_of_every_attempt() {
    let row = Row::Probe(probe("node1", Network::Node, Verdict::Failed));
    let text = rendered(&report(Action::Pull, &[Check::ProbeNode], vec![row]), Some(100), true);
    assert!(text.contains("r.example.com/team/app:1 from node1 (node network)"), "{text}");
    assert!(text.contains("! token    GET /token") && text.contains("! token    POST /token"), "{text}");
}

#[test]
fn a_repeated_push_tells_its_rate_with_the_interval() {
    let mut row = probe("node1", Network::Pod, Verdict::Failed);
    row.action = Action::Push;
    row.series = Some(SeriesRow {
        asked: 20,
        accepted: 18,
        refused: 2,
        failed: 0,
        refusal_rate: Rate::new(2, 20),
        stopped: None,
    });
    let mut report = report(Action::Push, &[Check::ProbePod], vec![Row::Probe(row)]);
    report.plan.probe = Some(ProbePlan { repeat: 20, interval_ms: 500, ..ProbePlan::default() });
    let text = rendered(&report, Some(200), false);
    assert!(text.contains("from node1: 20 of 20 pushes"), "{text}");
    assert!(
        text.contains("500ms apart: 18 accepted, 2 refused, 0 not told. Refused: 10 % (95 % confidence:"),
        "{text}"
    );
}

fn limit(node: &str, credential: Option<&str>, left: Option<u64>, source: &str) -> Row {
    Row::Limit(LimitRow {
        node: node.into(),
        network: Network::Node,
        image: "docker.io/ratelimitpreview/test:latest".into(),
        credential: credential.map(Into::into),
        result: Verdict::Ok,
        limited: left.is_some(),
        limit: left.map(|_| 100),
        remaining: left,
        window_seconds: left.map(|_| 21_600),
        source: left.map(|_| source.into()),
        code: None,
        certain: None,
        message: None,
        evidence: format!("probe/{node}/node/0"),
    })
}

#[test]
fn limits_are_grouped_by_what_is_charged() {
    let rows = vec![
        limit("node1", None, Some(76), "address 192.0.2.1"),
        limit("node1", Some("secret/hub"), None, ""),
        limit("node2", None, Some(12), "address 192.0.2.9"),
        limit("node3", None, Some(76), "address 192.0.2.1"),
    ];
    let text = rendered(&report(Action::Limits, &[Check::ProbeNode], rows), Some(100), false);
    assert_eq!(
        text,
        "\
CHARGED             NODE    CREDENTIAL   LEFT          OF    WINDOW
address 192.0.2.1   node1   anonymous    76            100   6h
address 192.0.2.1   node3   anonymous    76            100   6h
address 192.0.2.9   node2   anonymous    12            100   6h
-                   node1   secret/hub   not limited   -     -

4 of 4 answers told a pull limit, or that there is none, in namespace team as deploy/web (secret
regcred).
"
    );
}

#[test]
fn a_credential_that_is_refused_is_named_with_every_store_and_its_logout() {
    let entry = |place: &str, command: &str| StoreEntryRow {
        place: Clean::new(place),
        key: Clean::new("public.ecr.aws"),
        is: Some("Amazon ECR Public token of user AWS".into()),
        result: Verdict::Failed,
        refused: true,
        logout: vec![Fix { what: format!("removes the credential from {place}"), command: command.into() }],
    };
    let helm = entry("/home/ci/.config/helm/registry/config.json", "helm registry logout public.ecr.aws");
    let docker = entry("/home/ci/.docker/config.json", "docker logout public.ecr.aws");
    let row = |client: &str, entries: Vec<StoreEntryRow>| StoreRow {
        image: IMAGE.into(),
        client: client.into(),
        files: Vec::new(),
        entries,
        failed_helpers: Vec::new(),
        gives_up: false,
    };
    let mut report =
        report(Action::Pull, &[Check::ProbeLocal], vec![Row::Probe(probe("", Network::Local, Verdict::Ok))]);
    report.stores =
        vec![row("docker", vec![docker.clone()]), row("podman", Vec::new()), row("helm", vec![helm, docker])];
    let text = rendered(&report, Some(200), false);
    assert!(
        text.contains("helm: sends /home/ci/.config/helm/registry/config.json, key public.ecr.aws"),
        "{text}"
    );
    assert!(text.contains("    then: /home/ci/.docker/config.json"), "{text}");
    assert!(text.contains("podman: has none and goes without"), "{text}");
    for command in ["docker logout public.ecr.aws", "helm registry logout public.ecr.aws"] {
        assert_eq!(text.matches(&format!("    {command}\n")).count(), 1, "{text}");
    }
    let piped = rendered(&report, None, false);
    assert!(piped.lines().skip(2).all(|line| line.starts_with('#')), "{piped}");
}

#[test]
fn a_finding_of_a_probe_says_who_said_what() {
    let subject =
        Subject { name: "secret/regcred".into(), images: vec![IMAGE.into()], nodes: vec!["node1".into()] };
    let mut finding =
        Finding::new(Code::CredentialRejected, subject, "r.example.com refused the user and secret.");
    finding.messages = vec![Clean::new("incorrect username or password")];
    finding.evidence = vec!["probe/node1/node/0".into()];
    let mut report = report(
        Action::Pull,
        &[Check::ProbeNode],
        vec![Row::Probe(probe("node1", Network::Node, Verdict::Failed))],
    );
    report.findings = vec![finding];
    let text = rendered(&report, Some(100), false);
    assert!(text.contains("CredentialRejected (error): secret/regcred on node1"), "{text}");
    assert!(text.contains("  said: incorrect username or password"), "{text}");
}

#[test]
fn what_was_not_tested_is_no_part_of_what_worked() {
    let rows =
        vec![pull("node1", Verdict::Ok), pull("node2", Verdict::NotTested), pull("node3", Verdict::Failed)];
    let text = rendered(&report(Action::Pull, &[Check::Kubelet], rows), Some(120), false);
    assert!(text.contains("1 of 3 pulls worked, 1 not tested, in namespace team"), "{text}");
    let rows = vec![pull("node1", Verdict::NotTested)];
    let text = rendered(&report(Action::Pull, &[Check::Kubelet], rows), Some(120), false);
    assert!(text.contains("Nothing was tested, in namespace team"), "{text}");
}

#[test]
fn the_stores_of_several_images_are_told_apart() {
    let store = |image: &str| StoreRow {
        image: image.into(),
        client: "docker".into(),
        files: Vec::new(),
        entries: Vec::new(),
        failed_helpers: Vec::new(),
        gives_up: false,
    };
    let mut several = report(Action::Limits, &[Check::ProbeLocal], Vec::new());
    several.stores = vec![store("a"), store("b")];
    let text = rendered(&several, Some(120), false);
    assert!(text.contains("this machine for a:") && text.contains("this machine for b:"), "{text}");
    several.stores.truncate(1);
    assert!(rendered(&several, Some(120), false).contains("Credentials of this machine:"));
}

#[test]
fn a_pipe_gets_every_finding_that_is_not_its_rows_own() {
    let finding = |code: Code| {
        let subject = Subject { name: code.to_string(), images: vec![IMAGE.into()], nodes: Vec::new() };
        let mut finding = Finding::new(code, subject, "a cause");
        finding.evidence = vec!["probe/node1/node/0".into()];
        finding
    };
    let mut row = probe("node1", Network::Node, Verdict::Failed);
    row.evidence = "probe/node1/node/0".into();
    row.code = Some(Code::CredentialRejected);
    let mut report = report(Action::Pull, &[Check::ProbeNode], vec![Row::Probe(row)]);
    report.findings = vec![finding(Code::CredentialRejected), finding(Code::PermissionDenied)];
    let piped = rendered(&report, None, false);
    assert!(piped.contains("# error PermissionDenied"), "{piped}");
    assert!(!piped.contains("# error CredentialRejected"), "{piped}");
}
