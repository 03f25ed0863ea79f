//! Credential helpers: programs `docker-credential-NAME` that keep or make credentials.
//!
//! The protocol is that of github.com/docker/docker-credential-helpers: the server's name on standard input, JSON or
//! one line of an error on standard output. Nothing of that output is ever shown.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// How long a helper may take: one that asks the user does not answer.
pub const LIMIT: Duration = Duration::from_secs(5);
/// How often a helper that does not answer is looked after.
const GLANCE: Duration = Duration::from_millis(20);
/// What is read of a helper's output.
const MAX_OUTPUT: u64 = 64 * 1024;
/// What helpers say that have nothing (`credentials.errCredentialsNotFoundMessage`).
const NONE: &str = "credentials not found in native keychain";
/// The user name beside an identity token.
const TOKEN_USER: &str = "<token>";

/// A credential that a helper gave. It has no `Debug`: it holds secrets.
#[derive(Clone)]
pub struct Given {
    /// The user name; empty beside an identity token.
    pub username: String,
    /// The password or identity token.
    pub secret: Secret,
    /// Whether it is an identity token.
    pub is_token: bool,
}

/// Why a helper gave no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HelperError {
    /// There is no such program.
    #[error("the program is not found in PATH")]
    NotFound,
    /// It did not answer within this time.
    #[error("it did not answer within {}", seconds(.0))]
    TimedOut(Duration),
    /// It was not asked, because the time for everything was up.
    #[error("it was not asked: the time was up")]
    NoTime,
    /// It ended with this exit status, or by a signal.
    #[error("it failed{}", .0.map(|code| format!(" with exit status {code}")).unwrap_or_default())]
    Exit(Option<i32>),
    /// What it wrote is no credential.
    #[error("what it wrote cannot be read")]
    Unreadable,
    /// It could not be run.
    #[error("it could not be run")]
    NotRun,
    /// The user ended the program while it was being asked.
    #[error("it was interrupted")]
    Interrupted,
}

/// `5 s`, `1.5 s`: to a tenth of a second.
fn seconds(time: &Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    match tenths % 10 {
        0 => format!("{} s", tenths / 10),
        rest => format!("{}.{rest} s", tenths / 10),
    }
}

/// Whoever asks credential helpers.
pub trait Helpers {
    /// What `docker-credential-NAME` has for a server; `None` where it has nothing.
    ///
    /// # Errors
    ///
    /// It is not there, failed, took too long, or wrote nonsense.
    fn get(&self, name: &str, server: &str) -> Result<Option<Given>, HelperError>;

    /// Whether a program is in PATH.
    fn has(&self, program: &str) -> bool;
}

/// The programs of this machine.
pub struct Programs {
    path: OsString,
    limit: Duration,
    end: Option<Instant>,
    is_stopped: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Programs {
    /// Programs in the folders of `path` (as the variable PATH), each with this time limit.
    pub fn new(path: OsString, limit: Duration) -> Self {
        Self { path, limit, end: None, is_stopped: Box::new(|| false) }
    }

    /// The same, of which none runs beyond `end` (`None`: for ever), however many are asked.
    #[must_use]
    pub fn within(self, end: Option<Instant>) -> Self {
        Self { end, ..self }
    }

    /// The same, of which one that is running is ended as soon as `is_stopped` says so, and none is asked from
    /// then on. They are in process groups of their own, where a terminal's Ctrl-C does not reach them.
    #[must_use]
    pub fn until(self, is_stopped: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { is_stopped: Box::new(is_stopped), ..self }
    }
}

impl Helpers for Programs {
    fn get(&self, name: &str, server: &str) -> Result<Option<Given>, HelperError> {
        let program = format!("docker-credential-{name}");
        // With a slash it would be a path, and a configuration could name any program.
        if name.contains(['/', '\\']) || !self.has(&program) {
            return Err(HelperError::NotFound);
        }
        if (self.is_stopped)() {
            return Err(HelperError::Interrupted);
        }
        let limit = self.time().ok_or(HelperError::NoTime)?;
        let mut command = Command::new(&program);
        command.arg("get").env("PATH", &self.path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        own_group(&mut command);
        let mut child = command.spawn().map_err(|_| HelperError::NotRun)?;
        let (output, exit) = self.talk(&mut child, server, limit)?;
        match exit {
            Some(0) => parse(&output).map(Some),
            _ if output.trim_ascii() == NONE.as_bytes() => Ok(None),
            code => Err(HelperError::Exit(code)),
        }
    }

    fn has(&self, program: &str) -> bool {
        std::env::split_paths(&self.path).any(|folder| {
            let file = folder.join(program);
            file.is_file() || file.with_extension("exe").is_file()
        })
    }
}

type Output = Zeroizing<Vec<u8>>;

impl Programs {
    /// How long the next helper may take; `None` once the time for all is up.
    fn time(&self) -> Option<Duration> {
        let Some(end) = self.end else { return Some(self.limit) };
        let left = end.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| left.min(self.limit))
    }

    /// Sends the server's name, and takes output and exit status until the time is up or the user wants no more.
    fn talk(
        &self,
        child: &mut Child,
        server: &str,
        limit: Duration,
    ) -> Result<(Output, Option<i32>), HelperError> {
        let deadline = Instant::now() + limit;
        let output = listen(child);
        if let Some(mut input) = child.stdin.take() {
            // One that does not read its input may have an answer all the same.
            let _ = input.write_all(server.as_bytes());
        }
        let told = self.told(&output, deadline);
        let exit = told.is_some().then(|| self.wait(child, deadline)).flatten();
        match (told, exit) {
            (Some(told), Some(status)) => Ok((told, status.code())),
            _ => {
                end(child);
                Err(if (self.is_stopped)() { HelperError::Interrupted } else { HelperError::TimedOut(limit) })
            }
        }
    }

    fn goes_on(&self, deadline: Instant) -> bool {
        Instant::now() < deadline && !(self.is_stopped)()
    }

    fn told(&self, output: &Receiver<Output>, deadline: Instant) -> Option<Output> {
        loop {
            match output.recv_timeout(GLANCE) {
                Ok(told) => return Some(told),
                Err(RecvTimeoutError::Timeout) if self.goes_on(deadline) => {}
                Err(_) => return None,
            }
        }
    }

    fn wait(&self, child: &mut Child, deadline: Instant) -> Option<std::process::ExitStatus> {
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if self.goes_on(deadline) => thread::sleep(Duration::from_millis(5)),
                _ => return None,
            }
        }
    }
}

/// Reads in a thread of its own: a helper that keeps its output open must not hold this one.
fn listen(child: &mut Child) -> Receiver<Output> {
    let (sender, receiver) = channel();
    let output = child.stdout.take();
    thread::spawn(move || {
        let mut told = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT as usize));
        if let Some(output) = output {
            let _ = output.take(MAX_OUTPUT).read_to_end(&mut told);
        }
        let _ = sender.send(told);
    });
    receiver
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// Ends the helper and what it started; only its own process group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// serde's error quotes what it failed on, so nothing of it is kept.
fn parse(output: &[u8]) -> Result<Given, HelperError> {
    let written: Written = serde_json::from_slice(output).map_err(|_| HelperError::Unreadable)?;
    let is_token = written.username == TOKEN_USER;
    let username = if is_token { String::new() } else { written.username };
    Ok(Given { username, secret: Secret::new(written.secret), is_token })
}

/// Whether a helper makes credentials from a cloud's identity and keeps none.
pub(super) fn is_made_at_call(name: &str) -> bool {
    matches!(name, "ecr-login" | "gcloud" | "gcr" | "acr-env" | "acr-login" | "env")
}

/// The folder-less name of a program, for a line that shows it.
pub(super) fn program(name: &str) -> String {
    let name =
        Path::new(name).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    format!("docker-credential-{name}")
}
