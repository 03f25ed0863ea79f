//! What a text comes to, for people.

use regauth::evidence::Run;
use regauth::explain;
use regauth::report::Report;

use super::rendered;

const LOG: &str = include_str!("../../../tests/fixtures/explain/github-buildx.log");
const POD: &str = include_str!("../../../tests/fixtures/explain/describe-containerd.txt");

fn of(text: &str) -> Report {
    let run = Run::new("abcdefgh".into(), "", "2026-01-01T00:00:00Z".parse().unwrap());
    Report::of_text(&explain::explain(text), run, None, None)
}

#[test]
fn only_commands_are_wider_than_the_terminal() {
    for width in [60, 80, 100] {
        for text in [LOG, POD] {
            let shown = rendered(&of(text), Some(width), false);
            let wide: Vec<&str> = shown
                .lines()
                .filter(|line| line.chars().count() > usize::from(width) && !line.starts_with("    kubectl "))
                .collect();
            assert_eq!(wide, [""; 0], "{width}\n{shown}");
        }
    }
}

#[test]
fn a_cause_reads_well_in_a_narrow_terminal() {
    let shown = rendered(&of(POD), Some(60), false);
    let block: Vec<&str> = shown.split("\n\n").nth(1).unwrap().lines().collect();
    assert_eq!(
        block,
        [
            "PullSecretMissing (error): secret/regcred",
            "  at: line 35, told 22 times",
            "  pod: team-a/web-7d9c5b6f4-x2kqp",
            "  said: Unable to retrieve some image pull secrets",
            "        (regcred); attempting to pull the image may not",
            "        succeed.",
            "  means: A named pull secret does not exist in the",
            "         namespace: it says \"Unable to retrieve some image",
            "         pull secrets (regcred)\".",
            "  next: says why this pod's image cannot be pulled: its",
            "        credentials, in order, and what became of them",
            "    kubectl regauth why pod/web-7d9c5b6f4-x2kqp -n team-a",
            "  next: shows in which namespaces a Secret of this name is",
            "    kubectl get secrets -A --field-selector metadata.name=regcred",
            "  next: shows whether it is there now, and of which type",
            "    kubectl -n team-a get secret regcred",
            "  more:",
            "    kubectl regauth explain PullSecretMissing",
        ],
        "{shown}"
    );
    assert!(shown.ends_with("  line 40, 19 times, from line 37: Error: ImagePullBackOff\n"), "{shown}");
}
