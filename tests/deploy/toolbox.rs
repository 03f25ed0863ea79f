//! Programs that tests run, and folders for what they write.

#[path = "../support/kubectl.rs"]
mod kubectl;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The folder of Helm, Prometheus and promtool, and kubectl.
struct Tools {
    folder: PathBuf,
    kubectl: PathBuf,
}

static TOOLS: OnceLock<Result<Tools, String>> = OnceLock::new();

fn tools() -> &'static Result<Tools, String> {
    TOOLS.get_or_init(|| {
        let ran = Command::new(root().join("tests/deploy/tools")).stderr(Stdio::piped()).output();
        let ran = ran.map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        if !ran.status.success() {
            return Err(said.lines().last().unwrap_or("tests/deploy/tools failed").to_string());
        }
        let folder = PathBuf::from(String::from_utf8_lossy(&ran.stdout).lines().last().ok_or("no folder")?);
        let kubectl = kubectl::find().ok_or("there is no kubectl: install it, or name it in KUBECTL")?;
        Ok(Tools { folder, kubectl })
    })
}

/// Why tests cannot run here, if so.
pub fn missing() -> Option<String> {
    tools().as_ref().err().cloned()
}

/// One of the programs.
pub fn program(name: &str) -> Command {
    let tools = tools().as_ref().expect("tests are not run without them");
    let path = if name == "kubectl" { tools.kubectl.clone() } else { tools.folder.join(name) };
    let mut command = Command::new(path);
    // Helm keeps what it has seen in folders of the user's.
    for variable in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(variable, std::env::temp_dir().join("regauth-deploy-helm"));
    }
    command.env("KUBECONFIG", "/dev/null").stdin(Stdio::null());
    command
}

/// The standard output of a program that must succeed.
pub fn said(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a program that may fail came to.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The package's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the package.
pub fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A folder that is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("regauth-deploy-{}-{count}", std::process::id()));
        fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
