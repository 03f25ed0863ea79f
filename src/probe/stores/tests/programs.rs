//! Helpers as programs: what they are given, what they may say, and how they are ended.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// What a helper of this script says.
fn run(script: &str, limit: Duration) -> Result<Option<Given>, HelperError> {
    run_until(script, limit, || false)
}

fn run_until(
    script: &str,
    limit: Duration,
    is_stopped: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<Option<Given>, HelperError> {
    let home = Home::new();
    let file = home.write("docker-credential-test", &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", home.0.display(), std::env::var("PATH").unwrap());
    Programs::new(path.into(), limit).until(is_stopped).get("test", HOST)
}

fn error(script: &str) -> HelperError {
    run(script, LIMIT).err().unwrap()
}

#[test]
fn a_helper_gets_the_server_and_gives_a_credential() {
    let given = run(r#"read -r server; echo "{\"Username\":\"$1 $server\",\"Secret\":\"hunter2\"}""#, LIMIT);
    let given = given.unwrap().unwrap();
    assert_eq!(given.username, format!("get {HOST}"));
    assert_eq!((given.secret.expose(), given.is_token), ("hunter2", false));
}

#[test]
fn an_identity_token_is_known_by_its_user() {
    let given = run(r#"echo '{"Username":"<token>","Secret":"hunter2"}'"#, LIMIT).unwrap().unwrap();
    assert!(given.is_token && given.username.is_empty());
}

#[test]
fn a_helper_that_has_nothing_is_no_error() {
    assert!(run("echo 'credentials not found in native keychain'; exit 1", LIMIT).unwrap().is_none());
}

#[test]
fn errors_say_what_happened_and_nothing_of_what_was_written() {
    assert_eq!(error("echo hunter2; echo hunter2 >&2; exit 3"), HelperError::Exit(Some(3)));
    assert_eq!(error("echo '{\"Secret\": [\"hunter2\"]}'"), HelperError::Unreadable);
    for error in [HelperError::Exit(Some(3)), HelperError::Unreadable, HelperError::NoTime] {
        assert!(!error.to_string().contains("hunter2") && !error.to_string().is_empty());
    }
}

#[test]
fn a_program_that_is_not_there_is_told_and_a_path_is_none() {
    let programs = Programs::new("/nonexistent".into(), LIMIT);
    assert_eq!(programs.get("test", HOST).err(), Some(HelperError::NotFound));
    let programs = Programs::new("/bin:/usr/bin".into(), LIMIT);
    assert_eq!(programs.get("../../bin/sh", HOST).err(), Some(HelperError::NotFound));
}

#[test]
fn a_helper_that_does_not_end_is_ended_with_what_it_started() {
    let home = Home::new();
    let pid = home.0.join("pid");
    let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
    let limit = Duration::from_secs(2);
    assert_eq!(run(&script, limit).err(), Some(HelperError::TimedOut(limit)));
    assert_gone(&fs::read_to_string(&pid).unwrap());
}

#[test]
fn a_helper_is_ended_with_what_it_started_when_the_user_stops() {
    let home = Home::new();
    let pid = home.0.join("pid");
    let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
    let told = pid.clone();
    let is_stopped = move || fs::read_to_string(&told).is_ok_and(|text| text.ends_with('\n'));
    let ended = run_until(&script, Duration::from_secs(600), is_stopped);
    assert_eq!(ended.err(), Some(HelperError::Interrupted));
    assert_gone(&fs::read_to_string(&pid).unwrap());
}

#[test]
fn no_helper_is_asked_once_the_user_has_stopped() {
    let home = Home::new();
    let ran = home.0.join("ran");
    let ended = run_until(&format!("touch {}", ran.display()), LIMIT, || true);
    assert_eq!(ended.err(), Some(HelperError::Interrupted));
    assert!(!ran.exists());
}

/// Helpers of this script that may run for ever, but for the time that is left for all.
fn left(script: &str, time: Duration) -> Result<Option<Given>, HelperError> {
    let home = Home::new();
    let file = home.write("docker-credential-test", &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", home.0.display(), std::env::var("PATH").unwrap());
    let programs = Programs::new(path.into(), Duration::from_secs(600));
    programs.within(Some(std::time::Instant::now() + time)).get("test", HOST)
}

#[test]
fn a_helper_gets_no_more_than_what_is_left_of_the_time_for_all() {
    let Some(HelperError::TimedOut(limit)) = left("sleep 600", Duration::from_secs(1)).err() else {
        panic!("it was not ended for want of time");
    };
    assert!(limit <= Duration::from_secs(1), "{limit:?}");
}

#[test]
fn no_helper_is_asked_once_the_time_for_all_is_up() {
    let home = Home::new();
    let ran = home.0.join("ran");
    let script = format!("touch {}", ran.display());
    assert_eq!(left(&script, Duration::ZERO).err(), Some(HelperError::NoTime));
    assert!(!ran.exists());
}

#[test]
fn the_time_that_a_helper_had_is_told_to_a_tenth_of_a_second() {
    let told = |millis| HelperError::TimedOut(Duration::from_millis(millis)).to_string();
    assert_eq!(told(5000), "it did not answer within 5 s");
    assert_eq!(told(1999), "it did not answer within 2 s");
    assert_eq!(told(1460), "it did not answer within 1.5 s");
}

fn assert_gone(pid: &str) {
    let status = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let gone = || !status().contains(" (sleep) S");
    let waited = (0..500).any(|_| {
        gone() || {
            std::thread::sleep(Duration::from_millis(10));
            false
        }
    });
    assert!(waited, "the process that the helper started is still there");
}

#[test]
fn a_helper_that_closes_its_output_and_stays_is_ended_as_well() {
    let limit = Duration::from_secs(1);
    assert_eq!(run("exec >&-; sleep 600", limit).err(), Some(HelperError::TimedOut(limit)));
}

#[test]
fn a_flood_is_cut_and_cannot_be_read() {
    assert_eq!(error("head -c 1000000 /dev/zero; exit 0"), HelperError::Unreadable);
}
