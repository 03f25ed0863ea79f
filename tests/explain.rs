//! `kubectl regauth explain` as a process: what it reads, what it prints, how it ends. No cluster.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/explain");

/// Runs it with `input` on stdin.
fn explain(args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-regauth"));
    command.arg("explain").args(args).env("KUBECONFIG", "/nonexistent");
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the plugin starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("written");
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[track_caller]
fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).expect("JSON")
}

#[test]
fn a_file_and_stdin_give_the_same_report() {
    let file = format!("{SAMPLES}/describe-containerd.txt");
    let (by_file, by_stdin) = (
        explain(&["-o", "json", "-f", &file], b""),
        explain(&["-o", "json"], &std::fs::read(&file).unwrap()),
    );
    let (mut by_file, mut by_stdin) = (json(&by_file), json(&by_stdin));
    for report in [&mut by_file, &mut by_stdin] {
        report["run"] = Value::Null;
    }
    assert_eq!(by_file, by_stdin);
    assert_eq!(by_file["kind"], "Report");
    let codes: Vec<&str> =
        by_file["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["PullSecretMissing", "NoCredential"]);
    assert_eq!(by_file["results"][1]["kind"], "Explained");
    assert_eq!(by_file["results"][1]["count"], 4);
    assert_eq!(by_file["text"]["followers"][0]["follows"], 37);
}

#[test]
fn a_pipe_gets_prose_without_colours() {
    let output = explain(&["-f", &format!("{SAMPLES}/gitlab-kaniko.log")], b"");
    let text = stdout(&output);
    assert!(
        text.starts_with(
            "1 cause in 11 lines.\n\nNoCredential (error, not certain): registry/registry.example.com\n"
        ),
        "{text}"
    );
    assert!(text.contains("\n    kubectl regauth push registry.example.com/group/app:1\n"), "{text}");
    assert!(text.contains("\n    kubectl regauth explain NoCredential\n"), "{text}");
    assert!(text.contains("\nOnly follows:\n  line 10: ERROR: Job failed"), "{text}");
    assert!(!text.contains('\u{1b}') && output.stderr.is_empty());
}

#[test]
fn nothing_found_is_said_and_no_failure() {
    let output = explain(&["-f", &format!("{SAMPLES}/nothing.log")], b"");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("No error of a pull, a push or a registry was found in 21 lines."));
}

#[test]
fn a_message_may_be_an_argument_with_or_without_quotes() {
    for args in [&["toomanyrequests: Rate exceeded"][..], &["toomanyrequests:", "Rate", "exceeded"]] {
        assert!(stdout(&explain(args, b"")).contains("RateLimited (error)"), "{args:?}");
    }
    assert!(stdout(&explain(&["-"], b"toomanyrequests: Rate exceeded\n")).contains("RateLimited (error)"));
}

#[test]
fn a_namespace_fills_in_what_the_text_does_not_say() {
    let output = explain(&["-n", "team", "-f", &format!("{SAMPLES}/helm-wait.log")], b"");
    assert!(
        stdout(&output).contains("kubectl regauth why pod/web-6c5d9f7b8-abcde -n team\n"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_code_gives_its_page_and_a_slip_the_code_that_was_meant() {
    for word in ["NoCredential", "nocredential", "no-credential"] {
        let page = stdout(&explain(&[word], b""));
        assert!(page.starts_with("# NoCredential\n"), "{page}");
        assert!(page.contains("\n## How to mend\n"), "{page}");
    }
    let output = explain(&["NoCredentail"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean NoCredential?"), "{}", stderr(&output));
    let page = json(&explain(&["-o", "json", "RateLimited"], b""));
    assert_eq!((page["code"].as_str(), page["severity"].as_str()), (Some("RateLimited"), Some("error")));
    assert!(page["runbook"].as_str().unwrap().starts_with("# RateLimited\n"));
    assert!(stdout(&explain(&["--list"], b"")).lines().any(|line| line.starts_with("EgressBlocked ")));
}

#[test]
fn a_page_is_in_chinese_where_it_is_asked_for_and_written() {
    let page = stdout(&explain(&["PullSecretMissing", "--lang", "zh"], b""));
    assert!(page.starts_with("# PullSecretMissing\n") && page.contains("\n## 如何修复\n"), "{page}");
    let other = stdout(&explain(&["Unknown", "--lang", "zh"], b""));
    assert_eq!(other.lines().next(), Some("> 本页尚无中文版，以下为英文原文。"));
    assert_eq!(other.split_once("\n\n").unwrap().1, stdout(&explain(&["Unknown"], b"")));
    assert_eq!(explain(&["Unknown", "--lang", "en"], b"").stdout, explain(&["Unknown"], b"").stdout);
    let language = |args: &[&str]| json(&explain(args, b""))["language"].clone();
    assert_eq!(language(&["-o", "json", "PullSecretMissing", "--lang", "zh"]), "zh");
    assert_eq!(language(&["-o", "json", "Unknown", "--lang", "zh"]), "en");
    let message = explain(&["denied: denied", "--lang", "zh"], b"");
    assert_eq!(message.status.code(), Some(2));
    assert!(stderr(&message).contains("kubectl regauth explain CODE --lang zh"), "{}", stderr(&message));
}

#[test]
fn with_lines_each_line_has_one_result_in_order() {
    let input = b"toomanyrequests: Rate exceeded\n\n\"denied: denied\"\n{\"message\": \"x509: certificate signed by unknown authority\"}\ngood morning\n";
    let output = explain(&["--lines", "-o", "json"], input);
    let text = stdout(&output);
    let results: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), 5, "{text}");
    let first = |at: usize| results[at]["candidates"][0]["code"].as_str();
    assert_eq!(first(0), Some("RateLimited"));
    assert_eq!(results[0]["candidates"][0]["settle_by"], Value::Null);
    assert_eq!(results[0]["candidates"][0]["certain"], true);
    assert_eq!(results[1]["candidates"], Value::Array(Vec::new()));
    assert!(
        results[2]["candidates"][0]["settle_by"].is_string()
            && results[2]["candidates"][0]["because"].is_string()
    );
    assert_eq!((first(3), first(4)), (Some("CertificateUntrusted"), Some("Unknown")));
    assert_eq!(stdout(&explain(&["--lines"], input)).lines().nth(1), Some("2\t-"));
}

#[test]
fn what_cannot_be_read_is_one_sentence_and_status_2() {
    for (args, says) in [
        (&["-f", "/nonexistent"][..], "/nonexistent cannot be read: No such file"),
        (&["-f", "/"], "it is a folder: name a file in it"),
        (&["-f", "/x", "message"], "cannot be used with"),
    ] {
        let output = explain(args, b"");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
}

#[test]
fn what_is_empty_or_no_text_is_not_judged() {
    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (args, input, says) in [
        (&[][..], &b""[..], "there is no text to explain"),
        (&["-f", "-"], b" \n\n", "there is no text to explain"),
        (&[""], b"", "there is no text to explain"),
        (&[], &noise, "stdin is no text"),
    ] {
        let output = explain(args, input);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stdout(&output));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
}

#[test]
fn a_text_that_powershell_wrote_is_read() {
    let text = "\u{feff}begin\r\ntoomanyrequests: Rate exceeded\r\n";
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let input: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        let output = stdout(&explain(&[], &input));
        assert!(output.starts_with("1 cause in 2 lines.") && output.contains("RateLimited"), "{output}");
    }
}

#[test]
fn too_long_a_text_is_cut_and_it_is_said() {
    let mut input = b"toomanyrequests: pull rate limit\n".to_vec();
    input.extend(b"compiling another module of the project\n".repeat(500_000));
    let output = explain(&["--lines", "-o", "json"], &input[..1_000]);
    assert!(output.stderr.is_empty());
    let output = explain(&[], &input);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("only the first 16 MiB of stdin were read"), "{}", stderr(&output));
    assert!(stdout(&output).contains("RateLimited"), "{}", stdout(&output));
}

#[test]
fn bytes_that_are_no_text_and_secrets_are_not_echoed() {
    let input = b"\xef\xbb\xbfstart\nfailed to pull image \"r.example.com/a:1\": denied: \xff\xfe password=hunter2secret\x1b]0;x\x07\nexit status 1: docker login -u ci -p hunter3secret r.example.com\n";
    for format in ["table", "json", "yaml", "wide"] {
        let output = explain(&["-o", format], input);
        let text = stdout(&output);
        assert!(text.contains("r.example.com/a:1"), "{text}");
        assert!(!text.contains("hunter") && !text.contains('\u{1b}'), "{text}");
    }
}

/// Real messages, when the file with them is at hand: the bounds that the classifier is to keep.
#[test]
fn real_messages_are_judged_well_enough_line_by_line() {
    let path = std::env::var("REGAUTH_CORPUS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/pull-errors.jsonl").to_owned()
    });
    let Ok(content) = std::fs::read_to_string(&path) else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: there are no messages at {path}");
        return;
    };
    let text = stdout(&explain(&["--lines", "-o", "json", "-f", &path], b""));
    let results: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let records: Vec<Value> = content.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), records.len());
    let (mut first, mut in_three, mut falsely_certain) = (0, 0, 0);
    for (record, result) in records.iter().zip(&results) {
        let own = record["code"].as_str().unwrap();
        let others: Vec<&str> =
            record["also_possible"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let found = result["candidates"].as_array().unwrap();
        let codes: Vec<&str> = found.iter().map(|one| one["code"].as_str().unwrap()).collect();
        first += usize::from(codes[0] == own || others.contains(&codes[0]));
        in_three += usize::from(codes.iter().take(3).any(|code| *code == own));
        falsely_certain += usize::from(!others.is_empty() && found.iter().any(|one| one["certain"] == true));
    }
    assert!(first * 100 >= records.len() * 97, "{first} of {}", records.len());
    assert!(in_three * 100 >= records.len() * 95, "{in_three} of {}", records.len());
    assert_eq!(falsely_certain, 0);
}
