//! How an example must end where there is no cluster and no network.

use std::path::PathBuf;
use std::process::Output;

use super::help::Example;

/// What is said of the API server.
pub const UNREACHED: &str =
    "the API server https://127.0.0.1:1 cannot be reached: Connection refused (os error 111)";
/// What all other hosts are behind, and is not there either.
pub const PROXY: &str = "http://127.0.0.1:1";

#[derive(Debug, PartialEq)]
pub enum Ends {
    /// It does what it is for.
    Done,
    /// The same, and a note says that the API server was not reached.
    Noted,
    /// It finds what is wrong in an archive.
    Found,
    /// All that it says is that the API server cannot be reached.
    Unreached,
    /// A report says that it cannot be reached, and so what was not looked at.
    NotChecked,
    /// A report says that the way to the host is cut.
    NoHost,
    /// All that it says is that the host cannot be reached.
    HostUnreached,
    /// All that it says is that this build holds no image of the probe.
    NoImage,
}

impl Ends {
    pub fn of(example: &Example) -> Self {
        let has = |text: &str| example.line.contains(text);
        match example.command.as_str() {
            "push" | "limits" if has("--network local") => Self::NoHost,
            "harbor" if has("--url") => Self::NoHost,
            "probe" => Self::NoHost,
            "doctor" | "why" | "secrets" | "pull" | "push" | "harbor" | "limits" | "clock" | "collect"
            | "cleanup" => Self::Unreached,
            "preflight" => Self::NotChecked,
            "version" if !has("--client") => Self::Noted,
            "analyze" => Self::Found,
            "image save" | "image push" if !has("--archive") && regauth::image::embedded().is_empty() => {
                Self::NoImage
            }
            "image push" => Self::HostUnreached,
            "explain" | "rbac" | "schema" | "image save" | "version" => Self::Done,
            completion if completion.starts_with("completion ") => Self::Done,
            other => panic!("say here how the examples of `{other}` end without a cluster"),
        }
    }

    /// What is wrong with how it ended, if anything.
    pub fn fault(&self, output: &Output) -> Option<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let says = |start: &str, what: &str| {
            stderr.starts_with(start) && stderr.contains(what) && stderr.trim_end().lines().count() == 1
        };
        let is_error = |what: &str| says("error: ", what) && stdout.is_empty();
        let (status, is_said) = match self {
            Self::Done => (0, stderr.is_empty()),
            Self::Noted => (0, says("note: ", UNREACHED) && !stdout.is_empty()),
            Self::Found => (1, stderr.is_empty()),
            Self::Unreached => (2, is_error(UNREACHED)),
            Self::NotChecked => (3, stderr.is_empty() && stdout.contains(UNREACHED)),
            Self::NoHost => (1, stderr.is_empty() && stdout.contains("ProxyFailed")),
            Self::HostUnreached => (2, is_error("the host could not be reached")),
            Self::NoImage => (2, is_error("built without the probe's image")),
        };
        if output.status.code() != Some(status) {
            return Some(format!("the exit status must be {status}"));
        }
        (!is_said).then(|| "it does not say what it must, or says more".to_string())
    }
}

/// A file that was made and that the example does not name, and any file of one that could not do what it is for.
pub fn unexpected(example: &Example, ends: &Ends, made: &[PathBuf]) -> Option<String> {
    let is_told = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let is_shim = example.command == "completion install" && name == "kubectl_complete-regauth";
        // Where the shell writes, the file is there whatever comes.
        let is_done = *ends == Ends::Done || example.line.contains('>');
        is_shim || is_done && example.line.contains(name.as_ref())
    };
    let file = made.iter().find(|file| !is_told(file))?;
    Some(format!("it made {}", file.display()))
}
