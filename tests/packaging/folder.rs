//! A folder to work in, and the plugin as it lies on PATH.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::api::Api;

/// The plugin.
pub const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-regauth");

/// A folder that is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("regauth-packaging-{}-{count}", std::process::id()));
        fs::create_dir(&path).expect("a folder");
        Self(path.canonicalize().expect("its path"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("written");
        path
    }

    /// The folder `bin` with the plugin in it, linked as krew does.
    pub fn bin(&self) -> PathBuf {
        let bin = self.folder("bin");
        let link = bin.join("kubectl-regauth");
        if !link.exists() {
            std::os::unix::fs::symlink(PLUGIN, link).expect("a link");
        }
        bin
    }

    /// The same with kubectl's shim.
    pub fn bin_with_shim(&self) -> PathBuf {
        let bin = self.bin();
        let done = self.plugin(&["completion", "install"]);
        assert!(done.status.success(), "{}", stderr(&done));
        bin
    }

    /// PATH with `bin` in front.
    pub fn search_path(&self) -> OsString {
        let old = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(std::iter::once(self.bin()).chain(std::env::split_paths(&old))).expect("a PATH")
    }

    /// A kubeconfig with the contexts `broken` and `test`, which is current and in namespace `team`.
    pub fn kubeconfig(&self, api: &Api) -> PathBuf {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n\
             - {{name: test, cluster: {{server: '{}'}}}}\nusers: [{{name: me, user: {{}}}}]\ncontexts:\n\
             - {{name: test, context: {{cluster: test, user: me, namespace: team}}}}\n\
             - {{name: broken, context: {{cluster: nowhere, user: me}}}}\n",
            api.url()
        );
        self.file("kubeconfig", &text)
    }

    /// A program that is told of this folder: its PATH, no configuration of the user's.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env("PATH", self.search_path())
            .env("HOME", &self.0)
            .env("KUBECONFIG", self.path("kubeconfig"));
        command.env_remove("REGAUTH_PROBE_IMAGE").env_remove("XDG_CONFIG_HOME").stdin(Stdio::null());
        command
    }

    /// The plugin, called by its name in `bin`.
    pub fn plugin(&self, args: &[&str]) -> Output {
        let program = self.bin().join("kubectl-regauth");
        self.command(program).args(args).output().expect("the plugin runs")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
