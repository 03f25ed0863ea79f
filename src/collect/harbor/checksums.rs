//! Checksums of the token keys' files, computed in the pods: a private key never leaves its pod.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use super::in_pods;
use super::objects::outcome_of;
use crate::api::exec::{End, Ran};
use crate::api::{Api, ApiError};
use crate::evidence::harbor::{CorePod, Harbor, KeyFile, Unread};
use crate::evidence::{LastSeen, Outcome, Step};
use crate::secret::RunKey;
use crate::text::Clean;

/// Pods in which commands run at the same time.
pub(super) const PODS_AT_ONCE: usize = 8;
/// How long one pod may take.
pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// The right that they need: a WebSocket is opened by GET, and Kubernetes 1.35 and later ask for `create` besides.
pub(super) const RIGHT: &str = "get and create pods/exec";

/// Programs that compute the checksum of a file and print it first on a line, in the order in which they are tried:
/// coreutils' (Photon, on which Harbor's images stand, and Debian), openssl, busybox and toybox.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("sha256sum", &["sha256sum"]),
    ("openssl", &["openssl", "dgst", "-sha256", "-r"]),
    ("busybox", &["busybox", "sha256sum"]),
    ("toybox", &["toybox", "sha256sum"]),
];

/// Computes the checksum of each core's key file in its pod, and there too what the settings of all pods really are:
/// what a process has, and not what its objects hold now. Each pod has 10 seconds, eight are asked at a time.
pub async fn checksums(api: &Api, harbor: &mut Harbor, key: &RunKey) {
    let namespace = harbor.namespace.clone();
    let asking = harbor.cores.iter().map(|core| of_core(api, &namespace, core));
    let files: Vec<Outcome<KeyFile>> = stream::iter(asking).buffered(PODS_AT_ONCE).collect().await;
    if let Some(denied) = files.iter().find(|file| matches!(file, Outcome::Denied { .. })) {
        harbor.unread.push(Unread {
            what: "checksums of the key files".into(),
            outcome: unseen(denied),
            settled_by: Clean::new(RIGHT),
        });
    }
    let permitted = files.is_empty() || !files.iter().all(|file| matches!(file, Outcome::Denied { .. }));
    for (core, file) in harbor.cores.iter_mut().zip(files) {
        core.file = Some(file);
    }
    if permitted {
        in_pods::settings(api, harbor, key).await;
    }
}

/// The same outcome without what was seen.
fn unseen(outcome: &Outcome<KeyFile>) -> Outcome<()> {
    match outcome {
        Outcome::Denied { status, message } => Outcome::Denied { status: *status, message: message.clone() },
        _ => Outcome::Failed { step: Step::Exec, message: Clean::default() },
    }
}

async fn of_core(api: &Api, namespace: &str, core: &CorePod) -> Outcome<KeyFile> {
    if core.started_at.is_none() {
        return Outcome::Absent { message: Clean::new("the container is not running") };
    }
    if core.key.path.is_empty() {
        return failed("where the key lies could not be told");
    }
    let container = if core.container.is_empty() { "core" } else { &core.container };
    match timeout(LIMIT, of_file(api, (namespace, &core.name, container), &core.key.path)).await {
        Ok(outcome) => outcome,
        Err(_) => timed_out().of_any(),
    }
}

async fn of_file(api: &Api, at: (&str, &str, &str), path: &str) -> Outcome<KeyFile> {
    // A relative path could be read as an option.
    let path = if path.starts_with('/') { path.to_string() } else { format!("./{path}") };
    for (name, words) in PROGRAMS {
        let command: Vec<&str> = words.iter().copied().chain([path.as_str()]).collect();
        let ran = match api.exec(at, &command, None).await {
            Ok(ran) => ran,
            Err(error) => return exec_failed(&error).of_any(),
        };
        if let Some(outcome) = read(name, &ran) {
            return outcome;
        }
    }
    failed("the image has no program for checksums (sha256sum, openssl, busybox or toybox)")
}

/// What a program's end says; `None` where the image does not have it.
fn read(program: &str, ran: &Ran) -> Option<Outcome<KeyFile>> {
    let words = ran.stderr.as_str();
    let missing = words.contains("No such file or directory") || words.contains("No such file");
    Some(match &ran.end {
        End::Exit(0) => match digest(&ran.stdout) {
            Some(sha256) => Outcome::Seen { value: KeyFile { sha256, by: program.to_string() } },
            None => failed(&format!("{program} printed no checksum")),
        },
        End::Exit(126 | 127) => return None,
        End::Exit(_) if missing => Outcome::Absent { message: Clean::new(words) },
        End::Exit(status) => failed(&format!("{program} ended with status {status}: {words}")),
        End::NotStarted(words) if is_no_program(words.as_str()) => return None,
        End::NotStarted(words) => failed(&format!("{program} could not be run: {words}")),
        End::Unknown => failed(&format!("the connection ended before {program} did")),
    })
}

/// Whether a runtime says that the image lacks a program: `executable file not found in $PATH` (Go's os/exec, in runc),
/// `no such file or directory` (crun and runc for a path).
pub(super) fn is_no_program(words: &str) -> bool {
    words.contains("executable file not found") || words.contains("no such file or directory")
}

/// The digest that a line begins with: 64 lower-case hexadecimal digits, and nothing else up to a space. A name with a
/// backslash or a line feed makes coreutils put a backslash before the digest.
pub(super) fn digest(line: &str) -> Option<String> {
    let word = line.split_whitespace().next()?.trim_start_matches('\\');
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (word.len() == 64 && word.bytes().all(is_digit)).then(|| word.to_string())
}

/// What a failed exec is as evidence.
pub(super) fn exec_failed(error: &ApiError) -> Outcome<Infallible> {
    match outcome_of(error) {
        Outcome::Failed { message, .. } => Outcome::Failed { step: Step::Exec, message },
        other => other,
    }
}

pub(super) fn timed_out() -> Outcome<Infallible> {
    Outcome::TimedOut { after_ms: LIMIT.as_millis() as u64, last_seen: LastSeen::Running }
}

fn failed(why: &str) -> Outcome<KeyFile> {
    Outcome::Failed { step: Step::Exec, message: Clean::with_cap(why, 1024) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn ran(stdout: &str, stderr: &str, end: End) -> Ran {
        Ran { stdout: stdout.into(), stderr: Clean::new(stderr), end }
    }

    #[test]
    fn a_checksum_is_read_from_each_program() {
        for line in
            [format!("{DIGEST}  /etc/core/private_key.pem\n"), format!("{DIGEST} */etc/k"), DIGEST.into()]
        {
            let seen = read("sha256sum", &ran(&line, "", End::Exit(0)));
            let value = KeyFile { sha256: DIGEST.into(), by: "sha256sum".into() };
            assert_eq!(seen, Some(Outcome::Seen { value }));
        }
        assert_eq!(digest(&format!("\\{DIGEST}  /odd\\\\name")).as_deref(), Some(DIGEST));
    }

    #[test]
    fn what_is_no_checksum_is_taken_for_none() {
        for line in ["", "usage: sha256sum", &DIGEST[1..], &DIGEST.to_uppercase(), &format!("{DIGEST}0")] {
            assert_eq!(digest(line), None, "{line}");
        }
    }

    #[test]
    fn an_image_without_the_program_lets_the_next_one_be_tried() {
        let words = "exec failed: unable to start container process: exec: \"sha256sum\": executable file not found in $PATH";
        assert_eq!(read("sha256sum", &ran("", "", End::NotStarted(Clean::new(words)))), None);
        assert_eq!(read("busybox", &ran("", "sha256sum: applet not found", End::Exit(127))), None);
        let other = End::NotStarted(Clean::new("container not found (\"core\")"));
        assert!(matches!(read("sha256sum", &ran("", "", other)), Some(Outcome::Failed { .. })));
    }

    #[test]
    fn a_missing_file_is_absent_and_another_error_failed() {
        let words = "sha256sum: /etc/core/private_key.pem: No such file or directory";
        assert!(matches!(read("sha256sum", &ran("", words, End::Exit(1))), Some(Outcome::Absent { .. })));
        let words = "sha256sum: /etc/core/private_key.pem: Permission denied";
        assert!(matches!(read("sha256sum", &ran("", words, End::Exit(1))), Some(Outcome::Failed { .. })));
        assert!(matches!(read("sha256sum", &ran("", "", End::Unknown)), Some(Outcome::Failed { .. })));
    }
}
