//! Terminals that are too narrow for what there is to say.

use super::*;

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

const LONG: &str = "registry.internal.example.com:5000/platform/team/application:2026-01-01";
const NODE: &str = "ip-10-0-12-34.eu-central-1.compute.internal";
const TERMINALS: [u16; 3] = [60, 80, 100];

fn of(row: Row, node: &str, image: &str, code: Option<Code>) -> Row {
    let (node, image) = (node.to_string(), image.to_string());
    match row {
        Row::Pull(row) => Row::Pull(PullRow { node, image, code, certain: code.map(|_| false), ..row }),
        Row::Probe(row) => Row::Probe(ProbeRow { node, image, code, certain: code.map(|_| false), ..row }),
        other => other,
    }
}

/// Two images on a node with a cloud's name, by its kubelet and by probes on both networks.
fn realistic() -> Report {
    let mut rows = Vec::new();
    for image in [LONG, "public.ecr.aws/docker/library/nginx:1.29"] {
        let failed = |network| Row::Probe(probe("", network, Verdict::Failed));
        rows.push(of(pull("", Verdict::Ok), NODE, image, None));
        rows.push(of(failed(Network::Node), NODE, image, Some(Code::PullSecretNotReferenced)));
        rows.push(of(failed(Network::Pod), NODE, image, Some(Code::RegistryNameUnresolved)));
    }
    report(Action::Pull, &[Check::Kubelet, Check::ProbeNode, Check::ProbePod], rows)
}

fn too_wide(text: &str, width: u16) -> Vec<&str> {
    text.lines().filter(|line| line.chars().count() > usize::from(width)).collect()
}

#[test]
fn a_code_stands_whole_and_no_line_is_too_wide() {
    for width in TERMINALS {
        let text = rendered(&realistic(), Some(width), false);
        assert_eq!(too_wide(&text, width), [""; 0], "{width}\n{text}");
        for code in ["PullSecretNotReferenced", "RegistryNameUnresolved"] {
            assert_eq!(text.matches(code).count(), 2, "{width}\n{text}");
        }
    }
}

#[test]
fn images_and_nodes_are_broken_between_their_parts() {
    for width in TERMINALS {
        let text = rendered(&realistic(), Some(width), false);
        for word in
            ["registry.", "application:", "library", "nginx:", "eu-", "central-", "internal", "kubelet"]
        {
            assert!(text.contains(word), "{width} {word}\n{text}");
        }
    }
}

#[test]
fn what_can_be_spared_is_left_out_of_a_narrow_table_and_all_of_it_is_piped() {
    let titles = |width| rendered(&realistic(), width, false).lines().next().map(str::to_string);
    let titles = |width| titles(width).unwrap_or_default();
    for always in ["NODE", "NETWORK", "IMAGE", "RESULT", "CODE"] {
        assert!(TERMINALS.iter().all(|width| titles(Some(*width)).contains(always)), "{always}");
    }
    assert!(!titles(Some(60)).contains("SIZE") && titles(Some(140)).contains("SIZE"));
    let piped = rendered(&realistic(), None, false);
    assert_eq!(piped.lines().filter(|line| line.starts_with(NODE)).count(), 6, "{piped}");
    assert_eq!(
        piped.lines().filter(|line| line.contains(LONG) && !line.starts_with('#')).count(),
        3,
        "{piped}"
    );
}

#[test]
fn the_gaps_are_the_first_to_go() {
    let report = report(
        Action::Pull,
        &[Check::ProbeNode],
        vec![Row::Probe(probe("node1", Network::Node, Verdict::Failed))],
    );
    let first = |width| rendered(&report, Some(width), false).lines().next().map(str::to_string);
    assert_eq!(first(60).as_deref(), Some("NODE    RESULT   STEP    TIME   CODE                 CERTAIN"));
    assert_eq!(first(55).as_deref(), Some("NODE   RESULT  STEP   TIME  CODE                CERTAIN"));
}

/// A probe of this machine whose steps have much to say.
fn wordy() -> Report {
    let mut row = probe("", Network::Local, Verdict::Failed);
    row.image = LONG.into();
    row.message = None;
    let digest = format!("GET /v2/platform/team/application/manifests/sha256:{}", "0".repeat(64));
    let words = "TLS 1.3, certificate for another name, not trusted";
    row.path.push(step("TLS", "registry.internal.example.com:5000", false, words));
    row.attempts[1].credential = Some("/home/builder/.config/helm/registry/config.json".into());
    row.attempts[1].steps = vec![
        step("manifest", &digest, false, "404 MANIFEST_UNKNOWN: manifest unknown to this registry"),
        step("layer", "GET /v2/platform/team/application/blobs/", true, "307, then 206"),
    ];
    row.identity = "/home/builder/.config/helm/registry/config.json".into();
    report(Action::Pull, &[Check::ProbeLocal], vec![Row::Probe(row)])
}

#[test]
fn steps_are_wrapped_with_their_further_lines_indented() {
    for width in TERMINALS {
        let text = rendered(&wordy(), Some(width), false);
        assert_eq!(too_wide(&text, width), [""; 0], "{width}\n{text}");
        assert!(text.contains("sha256:") && text.contains("000…"), "{width}\n{text}");
        for word in ["certificate", "trusted", "MANIFEST_UNKNOWN", "registry", "builder"] {
            assert!(text.contains(word), "{width} {word}\n{text}");
        }
    }
    let narrow = rendered(&wordy(), Some(60), false);
    let said: Vec<&str> = narrow.lines().skip_while(|line| !line.starts_with("! TLS")).take(3).collect();
    assert_eq!(
        said,
        [
            "! TLS       registry.internal.example.com:5000           3ms",
            "              TLS 1.3, certificate for another name, not",
            "              trusted",
        ],
        "{narrow}"
    );
}

#[test]
fn piped_steps_are_not_wrapped() {
    let piped = rendered(&wordy(), None, false);
    let line = piped.lines().find(|line| line.contains("manifests/sha256:")).unwrap();
    assert!(line.ends_with("404 MANIFEST_UNKNOWN: manifest unknown to this registry"), "{piped}");
    assert!(piped.contains(&format!("# {LONG} from this machine\n")), "{piped}");
}
