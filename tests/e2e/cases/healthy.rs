//! A cluster where all is well: sixty mixed workloads in three namespaces, and nothing is found. Then single faults
//! are planted in it, and each is found, alone.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::planted::Planted;
use crate::support::cluster::wait_for;
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[Case {
    name: "a healthy cluster gives no finding, and each fault that is planted in it is found alone",
    needs: Needs::OwnCluster,
    run: healthy,
}];

const TEAM: &str = include_str!("healthy/team.yaml");
const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const HOUR: i64 = 3600;

/// Who pulls in each of the three namespaces: their Secrets have the same names and different users.
const USERS: [&str; 3] = ["REGISTRY", "OTHER", "PUSHER"];

/// The namespaces, and the rights in all of them; removed at the end, however that comes.
struct Teams<'s> {
    space: &'s Space,
    namespaces: Vec<String>,
}

/// A docker configuration with one entry.
fn config(registry: &str, user: &str, password: &str) -> Value {
    json!({"auths": {registry: {"username": user, "password": password, "auth": STANDARD.encode(format!("{user}:{password}"))}}})
}

/// As `aws ecr get-login-password` prints it: base64 of JSON with an encrypted payload and its end in epoch seconds.
fn ecr_token(of: &str, ends_in: i64) -> String {
    let end = jiff::Timestamp::now().as_second() + ends_in;
    let token = json!({
        "payload": STANDARD.encode(format!("{of} planted ecr payload")), "datakey": "AQEBAHh", "version": "2",
        "type": "DATA_KEY", "expiration": end,
    });
    STANDARD.encode(token.to_string())
}

impl<'s> Teams<'s> {
    fn new(space: &'s Space) -> Self {
        let own = space.namespace.clone();
        let namespaces = vec![own.clone(), format!("{own}-b"), format!("{own}-c")];
        let teams = Self { space, namespaces };
        space.allow("regauth-workloads-nodes");
        for namespace in &teams.namespaces[1..] {
            space.cluster.kubectl(&["create", "namespace", namespace], "");
        }
        for role in ["regauth-workloads", "regauth-workloads-secrets"] {
            let account = format!("--serviceaccount={own}:tester");
            let binding = teams.binding(role);
            let role = format!("--clusterrole={role}");
            space.cluster.kubectl(&["create", "clusterrolebinding", &binding, &role, &account], "");
        }
        teams
    }

    fn binding(&self, role: &str) -> String {
        format!("{}-{role}", self.space.namespace)
    }

    fn setting(&self, name: &str) -> &str {
        self.space.cluster.setting(name)
    }

    /// A user and password of a namespace.
    fn login(&self, number: usize) -> (&str, &str) {
        let of = |what: &str| self.setting(&format!("{}_{what}", USERS[number]));
        (of("USER"), of("PASSWORD"))
    }

    /// Makes Secrets anew: their types cannot be changed.
    fn make(&self, secrets: &[Value]) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": secrets});
        self.space.cluster.kubectl(&["replace", "--force", "-f", "-"], &list.to_string());
    }

    fn secret(&self, number: usize, name: &str, (kind, key): (&str, &str), content: &Value) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": kind,
            "metadata": {"name": name, "namespace": self.namespaces[number]},
            "stringData": {key: content.to_string()},
        })
    }

    fn pull_secret(&self, number: usize, name: &str, content: &Value) -> Value {
        let kind = ("kubernetes.io/dockerconfigjson", ".dockerconfigjson");
        self.secret(number, name, kind, content)
    }

    /// The secret of the private registry.
    fn regcred(&self, number: usize) -> Value {
        let (user, password) = self.login(number);
        self.pull_secret(number, "regcred", &config(self.setting("SECURE_REGISTRY"), user, password))
    }

    /// The token of ECR: each namespace's is renewed at its own time.
    fn ecr(&self, number: usize, ends_in: i64) -> Value {
        let token = ecr_token(&self.namespaces[number], ends_in);
        self.pull_secret(number, "ecr", &config(ECR, "AWS", &token))
    }

    fn secrets(&self, number: usize) -> Vec<Value> {
        let (user, password) = self.login(number);
        let namespace = &self.namespaces[number];
        let token = format!("ya29.planted-token-of-{namespace}");
        let key = json!({
            "type": "service_account", "project_id": "project", "private_key_id": format!("planted-{namespace}"),
            "private_key": format!("planted-key-of-{namespace}"), "client_email": "images@project.iam.gserviceaccount.com",
        });
        let old = config(self.setting("LEGACY_REGISTRY"), user, password)["auths"].clone();
        let pull = |name: &str, registry: &str, user: &str, password: &str| {
            self.pull_secret(number, name, &config(registry, user, password))
        };
        vec![
            self.regcred(number),
            self.ecr(number, 7 * HOUR + 600 * i64::try_from(number).expect("small")),
            pull("push", self.setting("TOKEN_REGISTRY"), user, password),
            pull("google-token", "europe-docker.pkg.dev", "oauth2accesstoken", &token),
            pull("google-key", "us-docker.pkg.dev", "_json_key", &key.to_string()),
            self.secret(number, "old-form", ("kubernetes.io/dockercfg", ".dockercfg"), &old),
        ]
    }

    fn start(&self) {
        let mut team = TEAM.replace("${ECR}", ECR);
        for name in ["SECURE_REGISTRY", "OPEN_REGISTRY", "LEGACY_REGISTRY", "TOKEN_REGISTRY"] {
            team = team.replace(&format!("${{{name}}}"), self.setting(name));
        }
        assert!(!team.contains("${"), "everything is filled in");
        for (number, namespace) in self.namespaces.iter().enumerate() {
            let default_account = ["-n", namespace, "get", "serviceaccount", "default", "-o", "name"];
            wait_for("the default ServiceAccount", Duration::from_secs(20), || {
                self.space.cluster.try_kubectl(&default_account, "").is_ok()
            });
            self.make(&self.secrets(number));
            self.space.cluster.kubectl(&["-n", namespace, "apply", "-f", "-"], &team);
        }
        for namespace in &self.namespaces {
            wait_for("pods that run", Duration::from_secs(120), || self.has_started(namespace));
        }
    }

    fn has_started(&self, namespace: &str) -> bool {
        let read = |args: &[&str]| {
            let all = [&["-n", namespace, "get"], args].concat();
            self.space.cluster.kubectl(&all, "")
        };
        let ready = "{range .items[*]}{range .status.initContainerStatuses[*]}{.ready} {end}\
            {range .status.containerStatuses[*]}{.ready} {end}{\"\\n\"}{end}";
        let pods = read(&["pods", "-l", "state=runs", "-o", &format!("jsonpath={ready}")]);
        let run = pods.lines().filter(|line| line.contains("true") && !line.contains("false")).count();
        let succeeded = read(&["job", "migrate", "-o", "jsonpath={.status.succeeded}"]);
        run == 7 + self.space.cluster.nodes().len() && succeeded == "1"
    }

    /// What a command finds in all namespaces: exit status, findings, and the number of rows.
    fn found(&self, args: &[&str]) -> (i32, Vec<(String, String)>, usize) {
        let (ran, report) = self.space.plugin(args).report();
        for text in [&ran.stdout, &ran.stderr] {
            assert_eq!(self.planted().shown_in(text), None, "{args:?} shows a credential");
        }
        let findings = report["findings"].as_array().expect("findings");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let told = findings.iter().map(|one| (text(&one["code"]), text(&one["subject"]["name"])));
        let told: Vec<_> = told.collect();
        if ran.status != i32::from(!told.is_empty()) {
            panic!("{args:?}: exit {} {} {}", ran.status, report["notChecked"], report["findings"]);
        }
        (ran.status, told, report["results"].as_array().map_or(0, Vec::len))
    }

    fn planted(&self) -> Planted {
        let mut planted = Planted::default();
        for (number, namespace) in self.namespaces.iter().enumerate() {
            let (user, password) = self.login(number);
            planted.add_login(user, password);
            planted.add(&format!("planted-token-of-{namespace}"));
            planted.add(&format!("planted-key-of-{namespace}"));
        }
        planted
    }

    fn is_well(&self, when: &str) {
        for args in [&["why", "-A"][..], &["secrets", "-A"], &["why"], &["secrets"]] {
            let (status, found, _) = self.found(args);
            assert_eq!((status, found), (0, vec![]), "{args:?} {when}");
        }
    }

    /// That an audit finds exactly this.
    fn finds(&self, code: &str, subject: &str) {
        let (status, found, _) = self.found(&["secrets", "-A"]);
        assert_eq!((status, found), (1, vec![(code.to_string(), subject.to_string())]));
    }
}

impl Drop for Teams<'_> {
    fn drop(&mut self) {
        let roles = ["regauth-workloads-nodes", "regauth-workloads", "regauth-workloads-secrets"];
        let bindings = roles.map(|role| format!("clusterrolebinding/{}", self.binding(role)));
        let spaces = self.namespaces[1..].iter().map(|namespace| format!("namespace/{namespace}"));
        let objects: Vec<String> = spaces.chain(bindings).collect();
        let mut delete = vec!["delete", "--ignore-not-found", "--wait=false"];
        delete.extend(objects.iter().map(String::as_str));
        // In a test that fails already, another panic would end the process.
        let _ = self.space.cluster.try_kubectl(&delete, "");
    }
}

/// Namespaces of tests before this one still go, with pods that cannot pull.
fn wait_until_alone(space: &Space) {
    wait_for("other tests' namespaces to be gone", Duration::from_secs(60), || {
        let all = space.cluster.kubectl(&["get", "namespaces", "-o", "name"], "");
        let ours = all.lines().filter_map(|line| line.strip_prefix("namespace/regauth-e2e-"));
        ours.count() == 1
    });
}

fn healthy(space: &Space) {
    wait_until_alone(space);
    let teams = Teams::new(space);
    teams.start();
    let (_, _, rows) = teams.found(&["secrets", "-A"]);
    assert!(rows >= 40, "{rows} rows are too few to be all workloads");
    teams.is_well("as it is");

    let delete = ["-n", &teams.namespaces[1], "delete", "secret", "regcred"];
    space.cluster.kubectl(&delete, "");
    teams.finds("PullSecretMissing", "secret/regcred");

    let (user, password) = teams.login(1);
    let right = config(teams.setting("SECURE_REGISTRY"), user, password);
    teams.make(&[teams.secret(1, "regcred", ("Opaque", ".dockerconfigjson"), &right)]);
    teams.finds("PullSecretWrongType", "secret/regcred");

    // The same user as in the first namespace, with another password.
    let (user, _) = teams.login(0);
    let older = config(teams.setting("SECURE_REGISTRY"), user, "planted-and-older");
    teams.make(&[teams.pull_secret(1, "regcred", &older)]);
    teams.finds("PullSecretCopiesDiffer", "secret/regcred");

    teams.make(&[teams.regcred(1), teams.ecr(2, HOUR / 2)]);
    teams.finds("CredentialExpiresSoon", "secret/ecr");

    teams.make(&[teams.ecr(2, 8 * HOUR)]);
    teams.is_well("when the faults are mended");

    // Nothing is wrong with it; whoever asks about it alone is told who may supply its credential.
    let (ran, report) = space.plugin(&["why", "cronjob/kaniko-aws"]).report();
    let codes = crate::support::plugin::codes(&report);
    assert_eq!((ran.status, codes), (3, vec!["CredentialNotVisible"]), "{}", ran.stderr);
}
