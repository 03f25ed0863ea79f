//! Where an example is tried: an empty home, a kubeconfig of an API server that is not there, and the files that it names.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::folder::{Folder, stderr};
use super::super::root;
use super::help::Example;

/// The API server's address. Nothing listens on the first port of this machine.
const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
    clusters: [{name: test, cluster: {server: 'https://127.0.0.1:1'}}]\n\
    users: [{name: me, user: {}}]\n\
    contexts: [{name: test, context: {cluster: test, user: me, namespace: team}}]\n";

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n\
    spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    \
    spec: {containers: [{name: web, image: 'registry.example.com/team/app:1'}]}\n";

/// Stand-ins for the other programs of the examples. `kubectl` starts the plugin, as the real one does.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "kubectl",
        "case $1 in\n\
         regauth) shift; exec kubectl-regauth \"$@\" ;;\n\
         describe) echo 'Failed to pull image \"r.example.com/app:1\": r.example.com/app:1: not found' ;;\n\
         kustomize) cat \"$MANIFEST\" ;;\n\
         apply) test -n \"$(cat)\" ;;\n\
         *) echo \"no stand-in for kubectl $*\" >&2; exit 99 ;;\n\
         esac\n",
    ),
    ("helm", "cat \"$MANIFEST\"\n"),
    ("Out-String", "cat\n"),
    ("Invoke-Expression", "test -n \"$(cat)\"\n"),
];

pub struct Site(Folder);

impl Site {
    pub fn new(example: &Example) -> Self {
        let folder = Folder::new();
        for name in ["work", "tmp", "home/.config/fish/completions", "home/.local/bin", "home/.zsh"] {
            folder.folder(name);
        }
        folder.file("kubeconfig", KUBECONFIG);
        folder.file("manifest", MANIFEST);
        for (name, program) in PROGRAMS {
            let file = folder.bin().join(name);
            fs::write(&file, format!("#!/bin/sh\n{program}")).expect("written");
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("made executable");
        }
        let site = Self(folder);
        for word in example.line.split_whitespace() {
            site.provide(word, example.command == "analyze");
        }
        site
    }

    /// The file that a word of an example names, where the example reads it. `analyze` reads what others write.
    fn provide(&self, word: &str, is_analyzed: bool) {
        let write = |name: &str, text: &str| drop(self.0.file(&format!("work/{name}"), text));
        match word {
            "deploy/" => {
                self.0.folder("work/deploy");
                write("deploy/web.yaml", MANIFEST);
            }
            "deploy.yaml" | "builder.yaml" => write(word, MANIFEST),
            "./ci-config.json" => write("ci-config.json", "{}"),
            "build.log" => write(word, "error: r.example.com/app:1: not found\n"),
            "messages.jsonl" => write(word, "{\"message\":\"r.example.com/app:1: not found\"}\n"),
            "amd64.tar" | "arm64.tar" => self.pack(word),
            "yesterday.regauth" => self.archive(word),
            "today.regauth" | "incident-42.regauth" if is_analyzed => self.archive(word),
            _ => {}
        }
    }

    fn archive(&self, name: &str) {
        let recorded = root().join("docs/examples/broken-cluster.regauth");
        fs::copy(recorded, self.path("work").join(name)).expect("copied");
    }

    /// An image of a stand-in for the probe.
    fn pack(&self, name: &str) {
        let program = self.0.file("probe", "#!/bin/sh\nexit 0\n");
        let ca = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        let architecture = name.trim_end_matches(".tar");
        let mut build = Command::new(root().join("manifests/probe-image/build"));
        build.arg(program).arg(self.0.file("ca.crt", ca)).args([architecture, "1.2.3"]);
        let packed = build.arg(self.path("work").join(name)).output().expect("the script runs");
        assert!(packed.status.success(), "{}", stderr(&packed));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// A program in the folder `work` that knows nothing but this folder. Every host on a network is behind a proxy that
    /// is not there.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folders = [self.0.bin(), self.path("home/.local/bin"), "/usr/bin".into(), "/bin".into()];
        let path = std::env::join_paths(folders);
        command.env_clear().env("PATH", path.expect("a PATH")).current_dir(self.path("work"));
        command.env("HOME", self.path("home")).env("KUBECONFIG", self.path("kubeconfig"));
        command.env("MANIFEST", self.path("manifest")).env("TMPDIR", self.path("tmp"));
        command.env("PROFILE", self.path("home/PROFILE"));
        command.envs([("HTTP_PROXY", super::ends::PROXY), ("HTTPS_PROXY", super::ends::PROXY)]);
        command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
        command
    }

    /// All files of this place, and those for kubectl beside the plugin itself, which lies elsewhere.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        walk(&self.path(""), &mut found);
        let beside = Path::new(super::super::folder::PLUGIN).parent().expect("a folder");
        let entries = fs::read_dir(beside).expect("a folder").flatten().map(|entry| entry.path());
        let is_ours = |file: &PathBuf| file.to_string_lossy().contains("kubectl_");
        found.extend(entries.filter(is_ours));
        found
    }
}

fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => walk(&path, found),
            false => drop(found.insert(path)),
        }
    }
}
