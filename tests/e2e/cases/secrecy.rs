//! Credentials are planted everywhere and searched for in everything that comes out.

mod harbor;

use crate::planted::Planted;
use crate::support::audit;
use crate::support::plugin::{Plugin, Ran};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "no credential of a pull is in any output or request, at the highest verbosity",
        needs: Needs::OwnCluster,
        run: pulls,
    },
    Case {
        name: "nothing of a malformed secret is in any output or request",
        needs: Needs::OwnCluster,
        run: malformed_secrets,
    },
    Case {
        name: "no credential of a push, or of this machine's stores, is in any output or request",
        needs: Needs::OwnCluster,
        run: pushes,
    },
    Case {
        name: "no credential is in the pods that a run makes, their logs and their events",
        needs: Needs::OwnCluster,
        run: pods,
    },
    Case {
        name: "no token key, setting or credential of a Harbor is in anything that comes of harbor and clock",
        needs: Needs::OwnCluster,
        run: harbor::all,
    },
];

const FORMATS: [&str; 4] = ["table", "wide", "json", "yaml"];

/// What a case has planted, the outputs that it has gathered, and where the audit log stood.
struct Search<'a> {
    space: &'a Space,
    planted: Planted,
    outputs: Vec<String>,
    mark: u64,
}

/// How many pods a run left, and how many of them had a log.
struct Kept {
    pods: usize,
    logs: usize,
}

impl<'a> Search<'a> {
    /// The user's token and the right passwords are planted always.
    fn new(space: &'a Space) -> Self {
        crate::planted::it_finds_what_is_there();
        let mut planted = Planted::default();
        let kubeconfig = std::fs::read_to_string(&space.kubeconfig).expect("a kubeconfig");
        let kubeconfig: serde_json::Value = serde_json::from_str(&kubeconfig).expect("JSON");
        planted.add(kubeconfig["users"][0]["user"]["token"].as_str().expect("a token"));
        for user in ["REGISTRY", "PUSHER"] {
            let setting = |what: &str| space.cluster.setting(&format!("{user}_{what}"));
            planted.add_login(setting("USER"), setting("PASSWORD"));
        }
        Self { space, planted, outputs: Vec::new(), mark: space.cluster.log_mark("AUDIT_LOG") }
    }

    /// Runs the plugin at the highest verbosity, and keeps what it says.
    fn run(&mut self, args: &[&str]) -> Ran {
        let mut all = args.to_vec();
        all.extend(["-v", "9"]);
        let ran = self.space.plugin(&all).run();
        assert!(ran.stderr.contains("selfsubjectaccessreviews"), "the log is on: {}", ran.stderr);
        self.outputs.extend([ran.stdout.clone(), ran.stderr.clone()]);
        ran
    }

    /// Looks from this machine with a docker configuration of its own. The cluster's names are known in the
    /// cluster only: what matters is that the file is read, and not shown.
    fn run_here(&mut self, args: &[&str], config: &str) -> Ran {
        let file = self.space.kubeconfig.with_extension("docker.json");
        std::fs::write(&file, config).expect("written");
        let path = file.to_string_lossy();
        let all = [args, &["--docker-config", &path, "-v", "9"]].concat();
        let ran = Plugin::new(&self.space.kubeconfig, &all).run();
        assert_eq!(ran.status, 1, "{all:?}: {}{}", ran.stdout, ran.stderr);
        self.outputs.extend([ran.stdout.clone(), ran.stderr.clone()]);
        let _ = std::fs::remove_file(&file);
        ran
    }

    /// Takes in what a run with `--keep` left in the cluster, and removes it.
    fn kept(&mut self) -> Kept {
        let (space, ours) = (self.space, "app.kubernetes.io/managed-by=kubectl-regauth");
        let names = space.kubectl(&["get", "pods", "-l", ours, "-o", "name"], "");
        let mut kept = Kept { pods: names.lines().count(), logs: 0 };
        for name in names.lines() {
            // A pod of the kubelet's method has none: nothing ran in it.
            if let Ok(log) = space.cluster.try_kubectl(&["-n", &space.namespace, "logs", name], "") {
                kept.logs += usize::from(!log.trim().is_empty());
                self.outputs.push(log);
            }
        }
        let objects = ["get", "pods,jobs,configmaps", "-l", ours, "-o", "yaml"];
        self.outputs
            .extend([space.kubectl(&objects, ""), space.kubectl(&["get", "events", "-o", "yaml"], "")]);
        let administrator = ["cleanup", "--force", "--yes", "-n", &space.namespace];
        let ran = Plugin::new(space.cluster.setting("KUBECONFIG").as_ref(), &administrator).run();
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        kept
    }

    fn end(mut self) {
        let requests = audit::requests(self.space.cluster, self.mark);
        assert!(requests.iter().any(|one| one.verb == "create" && one.uri.contains("/pods")), "{requests:?}");
        self.outputs.extend(requests.into_iter().map(|request| request.uri + &request.body));
        for output in &self.outputs {
            if let Some(how) = self.planted.shown_in(output) {
                panic!("a planted credential is shown ({how})");
            }
        }
    }
}

fn certificates(space: &Space) -> String {
    space.cluster.setting("SECURE_CA").to_string()
}

fn pulls(space: &Space) {
    let mut search = Search::new(space);
    let wrong = "planted-wrong-password";
    space.right_secret("right");
    let user = space.cluster.setting("REGISTRY_USER");
    space.pull_secret("wrong", space.cluster.setting("SECURE_REGISTRY"), user, wrong);
    search.planted.add_login(user, wrong);
    let (image, ca) = (space.private_image(), certificates(space));
    for (secret, status) in [("right", 0), ("wrong", 1)] {
        for format in FORMATS {
            let args = ["pull", &image, "--pull-secret", secret, "-o", format, "--node", "node1"];
            let probes = ["--method", "both", "--network", "both", "--ca-bundle", &ca];
            let ran = search.run(&[&args[..], &probes].concat());
            assert_eq!(ran.status, status, "{}", ran.stdout);
        }
    }
    search.run(&["pull", &image, "--pull-secret", "wrong", "--dry-run", "--method", "both"]);
    search.end();
}

fn malformed_secrets(space: &Space) {
    let mut search = Search::new(space);
    let registry = space.cluster.setting("TOKEN_REGISTRY");
    let (image, ca) = (format!("{registry}/team/app:1"), certificates(space));
    let planted = |what: &str| format!("planted-in-{what}");
    let entry = |entry: String| format!(r#"{{"auths":{{"{registry}":{entry}}}}}"#);
    let configs = [
        ("no-object", entry(format!("\"{}\"", planted("no-object")))),
        ("no-auths", format!(r#"{{"auths":"{}"}}"#, planted("no-auths"))),
        ("no-string", entry(format!(r#"{{"username":"u","password":{{"is":"{}"}}}}"#, planted("no-string")))),
        ("bad-base64", entry(format!(r#"{{"auth":"%{}"}}"#, planted("bad-base64")))),
        ("no-colon", entry(format!(r#"{{"auth":"{}"}}"#, base64(&planted("no-colon"))))),
        ("cut-off", entry(format!(r#"{{"password":"{}"#, planted("cut-off")))),
        ("no-json", planted("no-json")),
        ("bad-escape", entry(format!(r#"{{"password":"\x{}"}}"#, planted("bad-escape")))),
    ];
    let is_json = |config: &str| serde_json::from_str::<serde_json::Value>(config).is_ok();
    for (name, _) in &configs {
        search.planted.add(&planted(name));
    }
    let mut pulls = vec!["pull", &image, "--method", "both", "--ca-bundle", &ca, "--node", "node1"];
    for (name, config) in configs.iter().filter(|(_, config)| is_json(config)) {
        space.docker_config(name, config);
        pulls.extend(["--pull-secret", name]);
    }
    for format in ["table", "json"] {
        let ran = search.run(&[&pulls[..], &["-o", format]].concat());
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    }
    let repository = format!("{registry}/team/app");
    for (name, config) in configs.iter().filter(|(_, config)| !is_json(config)) {
        space.builders_config(name, config);
        let args = ["push", &repository, "--docker-config-secret", name, "--ca-bundle", &ca, "-o", "yaml"];
        let ran = search.run(&args);
        assert_eq!(ran.status, 1, "{name}: {}{}", ran.stdout, ran.stderr);
    }
    for (index, (_, config)) in configs.iter().enumerate() {
        search.run_here(&["probe", &image, "-o", FORMATS[index % FORMATS.len()]], config);
    }
    search.end();
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn pushes(space: &Space) {
    let mut search = Search::new(space);
    let cluster = space.cluster;
    let (registry, ca) = (cluster.setting("TOKEN_REGISTRY"), certificates(space));
    let repository = format!("{registry}/team/app");
    let (user, wrong) = (cluster.setting("PUSHER_USER"), "planted-wrong-push-password");
    space.pull_secret("right", registry, user, cluster.setting("PUSHER_PASSWORD"));
    space.pull_secret("wrong", registry, user, wrong);
    search.planted.add_login(user, wrong);
    for (secret, status, formats) in [("right", 0, ["table", "json"]), ("wrong", 1, ["wide", "yaml"])] {
        for format in formats {
            let args = ["push", &repository, "--pull-secret", secret, "--ca-bundle", &ca, "-o", format];
            let ran = search.run(&[&args[..], &["--repeat", "3", "--interval", "50ms"]].concat());
            assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
        }
    }
    let stored = "planted-in-a-store";
    search.planted.add_login("ci", stored);
    let config = serde_json::json!({"auths": {registry: {"auth": base64(&format!("ci:{stored}"))}}});
    for args in [&["probe", &format!("{repository}:1")][..], &["push", &repository, "--network", "local"]] {
        let ran = search.run_here(args, &config.to_string());
        assert!(ran.stdout.contains("RegistryNameUnresolved"), "{}{}", ran.stdout, ran.stderr);
    }
    search.end();
}

fn pods(space: &Space) {
    let mut search = Search::new(space);
    let cluster = space.cluster;
    let (registry, user) = (cluster.setting("TOKEN_REGISTRY"), cluster.setting("REGISTRY_USER"));
    space.pull_secret("right", registry, user, cluster.setting("REGISTRY_PASSWORD"));
    // Pods whose credential was refused are removed in spite of --keep, so this one is for another host.
    let other = "planted-for-another-host";
    space.pull_secret("other", "registry.example.com", user, other);
    search.planted.add_login(user, other);
    let (image, ca) = (format!("{registry}/team/app:1"), certificates(space));
    let args =
        ["pull", &image, "--pull-secret", "other", "--pull-secret", "right", "--method", "both", "--keep"];
    let more = ["--network", "both", "--ca-bundle", &ca, "--node", "node1", "-o", "json"];
    let ran = search.run(&[&args[..], &more].concat());
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let kept = search.kept();
    assert_eq!(
        (kept.pods, kept.logs),
        (3, 2),
        "two probes and a kubelet's; the probes' logs hold what they saw"
    );
    search.end();
}
