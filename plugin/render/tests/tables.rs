//! Which columns and rows a table has.

use super::*;
use regauth::report::LimitRow;

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
NODE    METHOD    RESULT   STEP    TIME   SIZE    CODE                 CERTAIN
node1   kubelet   ok       -       58ms   750Ki   -                    -
node1   probe     ok       -       21ms   -       -                    -
node2   kubelet   ok       -       58ms   750Ki   -                    -
node2   probe     failed   token   21ms   -       CredentialRejected   yes

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
    assert!(text.starts_with("NODE    NETWORK   RESULT   TIME\nnode1   node      ok       21ms\n"), "{text}");
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
