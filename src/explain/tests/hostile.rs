//! Texts that mean harm: secrets, control characters, sizes, and what nobody thought of.

use proptest::prelude::*;

use super::super::{explain, message};
use crate::report::Report;

fn report(text: &str) -> String {
    let run = crate::evidence::Run::new("abcdefgh".into(), "", jiff::Timestamp::UNIX_EPOCH);
    serde_json::to_string(&Report::of_text(&explain(text), run, None, None)).unwrap()
}

#[test]
fn no_secret_of_a_log_is_echoed() {
    let denied =
        "failed to pull image \"r.example.com/a:1\": Head \"https://r.example.com/v2/a/manifests/1\"";
    for (text, secret) in [
        (format!("{denied}: denied: password=hunter2secret for ci"), "hunter2secret"),
        (format!("{denied}: denied: Authorization: Basic Y2k6aHVudGVyMnNlY3JldA=="), "Y2k6aHVudGVyMnNlY3JldA"),
        ("failed to push: Get \"https://ci:hunter2secret@r.example.com/v2/\": unauthorized: denied".into(), "hunter2secret"),
        (format!("{denied}: denied: {{\"auths\":{{\"r.example.com\":{{\"auth\":\"Y2k6aHVudGVyMnNlY3JldA==\"}}}}}}"), "Y2k6aHVudGVy"),
        (format!("x\n{denied}: denied\nerror: exit status 1: docker login -u ci -p hunter2secret r.example.com\ny"), "hunter2secret"),
        ("+ docker push ci:hunter2secret@r.example.com/a:1\ndenied: requested access to the resource is denied".into(), "hunter2secret"),
        ("failed to pull image \"https://ci:hunter2secret@r.example.com/a\": x: denied".into(), "hunter2secret"),
    ] {
        let told = report(&text);
        assert!(!told.contains(secret), "{told}");
        assert!(!explain(&text).causes.is_empty(), "{text}");
        assert!(message(&text).iter().all(|one| !one.because.contains(secret)), "{text}");
    }
}

#[test]
fn a_terminal_is_steered_by_nothing_that_is_shown() {
    let told =
        report("failed to pull image \"a\u{1b}]0;x\u{7}:1\u{1b}[2J\": denied: \u{202e}no\u{9b}31m way\nx");
    assert!(told.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{told}");
    assert!(told.contains("denied"));
}

#[test]
fn commands_are_safe_to_paste() {
    let text = "Name: web-1\nNamespace: a;rm -rf\nPriority: 0\nfailed to pull image \"r.example.com/a:1;$(reboot)\": denied: x";
    for fix in explain(text).causes.iter().flat_map(|cause| cause.next(Some("team"))) {
        let bare = fix.command.split('\'').step_by(2).collect::<String>();
        assert!(!bare.contains([';', '$', '(']), "{}", fix.command);
    }
}

#[test]
fn long_lines_and_many_lines_end() {
    let piece = "failed to pull image \"r.example.com/a:1\": denied: x ";
    let texts = [
        piece.repeat(2_000),
        format!("{piece}\n").repeat(3_000),
        "{\"message\":".repeat(3_000),
        "│ failed to pull\n".repeat(3_000),
        "  message: 'failed\n".repeat(1_000),
        "\r".repeat(20_000),
        "a=\"".repeat(5_000),
        (0..600).map(|n| format!("failed to pull image \"r{n}.example.com/a:1\": x: denied: y\n")).collect(),
        format!("{{\"a\":{}", "[".repeat(20_000)),
    ];
    for text in texts {
        let explained = explain(&text);
        assert!(
            explained
                .causes
                .iter()
                .all(|cause| !cause.candidates.is_empty() && cause.message.as_str().len() < 8_192)
        );
        let _ = message(&text);
    }
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Failed to pull image \"",
        "r.example.com/a:1",
        "\": ",
        "rpc error: code = Unknown desc = ",
        "denied: ",
        "\n",
        "\r",
        "  ",
        "│ ",
        "╷\n",
        "╵\n",
        "Events:\n",
        "  Warning  Failed  3s (x2 over 9s)  kubelet  ",
        "message: '",
        "message: \"",
        "'",
        "\"",
        "{\"msg\":\"",
        "\"}",
        "time=\"",
        "level=error msg=",
        "2024-05-01T10:00:00Z ",
        "#5 1.2 ",
        "\u{1b}[31m",
        "\\\"",
        "\\",
        "Name: x\n",
        "metadata:\n",
        "  name: ",
        "kind: Pod\n",
        "docker push ",
        "The push refers to repository [",
        "]",
        "manifest 1 in ",
        "docker://",
        "sha256:",
        "é",
        "\u{0}",
        "ImagePullBackOff",
        "exit status 1",
        "https://r.example.com/v2/a/manifests/",
        "toomanyrequests: ",
        "x509: ",
        "[",
        "{",
        "- ",
        ":",
        "\t",
    ]);
    prop::collection::vec(prop_oneof![9 => word.prop_map(str::to_owned), 1 => any::<String>()], 0..40)
        .prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic_or_say_what_cannot_be(text in words()) {
        let explained = explain(&text);
        let lines = text.lines().count();
        for cause in &explained.causes {
            prop_assert!(!cause.candidates.is_empty() && cause.count > 0 && (1..=lines.max(1)).contains(&cause.line));
            prop_assert!(cause.candidates.iter().skip(1).all(|one| !one.certain));
        }
        for follower in &explained.followers {
            prop_assert!(explained.causes.iter().any(|cause| cause.line == follower.follows));
        }
        let _ = (message(&text), report(&text));
    }
}
