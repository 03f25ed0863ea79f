use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const VALUE: &str = "pa'ss \"w0rd\"$(x)\\n%s é";

fn wanted(names: &[&str]) -> Vec<&'static Shared> {
    SHARED.iter().filter(|one| names.contains(&one.name)).collect()
}

/// What a shell of this machine does with the script.
fn run(shell: &[&str], script: &str) -> Ran {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", script])
        .env("CSRF_KEY", VALUE)
        .env("EXT_ENDPOINT", "https://user:hunter2@harbor.example.com:443?x")
        .env_remove("CORE_SECRET")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let key = RunKey::from_hex(HEX).unwrap().settings_key();
    child.stdin.take().unwrap().write_all(format!("{}\nmore", key.expose()).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    Ran { stdout, stderr: Clean::default(), end: End::Exit(output.status.code().unwrap()) }
}

fn from_spec(name: &str, value: &[u8]) -> Setting {
    let key = RunKey::from_hex(HEX).unwrap();
    let value = SettingValue {
        pod: "a".into(),
        container: "core".into(),
        from: "secret/harbor-core".into(),
        learnt: Learnt::FromSpec,
        fingerprint: Some(key.setting(name, value)),
        bytes: None,
        shown: Some(Clean::new("as the spec says")),
    };
    Setting { name: name.into(), values: vec![value] }
}

#[test]
fn a_shell_makes_the_same_fingerprint_as_the_run_key_and_shows_no_value() {
    let names = ["CSRF_KEY", "CORE_SECRET", "EXT_ENDPOINT", "/etc/core/key"];
    let ran = run(&["sh"], &script(&wanted(&names)));
    assert_eq!(ran.end, End::Exit(0));
    assert!(!ran.stdout.contains("hunter2") && !ran.stdout.contains("w0rd"), "{}", ran.stdout);
    let told = lines(&ran).unwrap();
    let key = RunKey::from_hex(HEX).unwrap();
    assert_eq!(told["CSRF_KEY"].fingerprint, Some(key.setting("CSRF_KEY", VALUE.as_bytes())));
    assert_eq!(told["CSRF_KEY"].bytes, Some(VALUE.len()));
    assert!(told["CORE_SECRET"].unset && told["CORE_SECRET"].fingerprint.is_none());
    assert_eq!(told["EXT_ENDPOINT"].shown, Some(Clean::new("https://harbor.example.com:443")));
    assert!(told["/etc/core/key"].unset, "this machine has no Harbor");
}

#[test]
fn a_file_is_hashed_with_the_key_and_its_path() {
    let path = std::env::temp_dir().join(format!("regauth-in-pods-{}", std::process::id()));
    std::fs::write(&path, b"0123456789abcdef\n").unwrap();
    let script = script(&wanted(&["/etc/core/key"])).replace("/etc/core/key", path.to_str().unwrap());
    let ran = run(&["sh"], &script);
    std::fs::remove_file(&path).unwrap();
    let key = RunKey::from_hex(HEX).unwrap();
    let expected = key.setting(path.to_str().unwrap(), b"0123456789abcdef\n");
    assert_eq!(lines(&ran).unwrap()[path.to_str().unwrap()].fingerprint, Some(expected));
}

#[test]
fn what_the_container_has_takes_the_place_of_what_its_spec_says() {
    let told = lines(&run(&["sh"], &script(&wanted(&["CSRF_KEY"])))).unwrap();
    let mut same = [from_spec("CSRF_KEY", VALUE.as_bytes())];
    take(&mut same, "a", "core", &told);
    let value = &same[0].values[0];
    assert_eq!((value.learnt, value.bytes), (Learnt::InPod, Some(VALUE.len())));
    assert!(value.shown.is_some());
    let mut other = [from_spec("CSRF_KEY", b"newer")];
    take(&mut other, "a", "core", &told);
    assert_eq!(other[0].values[0].fingerprint, value.fingerprint);
    assert_eq!(other[0].values[0].shown, None, "what the spec shows is not what the process has");
    let mut elsewhere = [from_spec("CSRF_KEY", b"newer")];
    take(&mut elsewhere, "b", "core", &told);
    assert_eq!(elsewhere, [from_spec("CSRF_KEY", b"newer")]);
}

#[test]
fn a_container_that_cannot_hash_says_so() {
    let ran = |end| Ran { stdout: String::new(), stderr: Clean::default(), end };
    for (end, words) in [
        (End::Exit(127), "no shell"),
        (End::NotStarted(Clean::new("exec: \"sh\": executable file not found in $PATH")), "no shell"),
        (End::Exit(4), "printf"),
        (End::Exit(5), "no program for checksums"),
        (End::Exit(3), "status 3"),
        (End::Unknown, "connection ended"),
    ] {
        let Err(Outcome::Failed { step: Step::Exec, message }) = lines(&ran(end.clone())) else {
            panic!("{end:?}");
        };
        assert!(message.as_str().contains(words), "{message}");
    }
}

#[test]
fn no_secret_stands_in_the_scripts_words() {
    let key = RunKey::from_hex(HEX).unwrap();
    let script = script(&SHARED.iter().collect::<Vec<_>>());
    assert!(!script.contains(key.settings_key().expose()) && !script.contains(HEX));
    assert!(script.len() < 6_000, "it is part of a URL: {} bytes", script.len());
}
