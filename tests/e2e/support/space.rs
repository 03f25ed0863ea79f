//! A namespace of a test's own, with a user who has only the rights of `kubectl regauth rbac --pull`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::cluster::{self, Cluster, Kind, wait_for};
use super::plugin::Plugin;

static COUNT: AtomicU32 = AtomicU32::new(0);

pub struct Space {
    pub cluster: &'static Cluster,
    pub namespace: String,
    /// The kubeconfig of the restricted user.
    pub kubeconfig: PathBuf,
}

/// Runs a test in a namespace of its own; then heals the cluster, checks that nothing of ours is left, and
/// removes the namespace, whether the test failed or not.
pub fn with(name: &str, test: impl FnOnce(&Space)) {
    with_labels(name, "{}", test);
}

/// Like [`with`], with labels of the namespace (JSON).
pub fn with_labels(name: &str, labels: &str, test: impl FnOnce(&Space)) {
    let begun = Instant::now();
    let space = Space::new(labels);
    let made = begun.elapsed();
    let result = catch_unwind(AssertUnwindSafe(|| test(&space)));
    let tested = begun.elapsed();
    if space.cluster.kind == Kind::Own {
        space.cluster.heal();
    }
    let clean = catch_unwind(AssertUnwindSafe(|| space.nothing_is_left(name)));
    space.remove();
    eprintln!(
        "{name}: {:.1} s, of that {:.1} s before and {:.1} s after it",
        begun.elapsed().as_secs_f32(),
        made.as_secs_f32(),
        (begun.elapsed() - tested).as_secs_f32()
    );
    for outcome in [result, clean] {
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }
}

impl Space {
    fn new(labels: &str) -> Self {
        let cluster = cluster::get();
        let namespace =
            format!("regauth-e2e-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let rights = super::plugin::rbac(&["--pull"]);
        let objects = format!(
            r#"{rights}
---
{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{namespace}","labels":{labels}}}}}
---
{{"apiVersion":"v1","kind":"ServiceAccount","metadata":{{"name":"tester","namespace":"{namespace}"}}}}
---
{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{{"name":"tester","namespace":"{namespace}"}},
"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"regauth-pull"}},
"subjects":[{{"kind":"ServiceAccount","name":"tester","namespace":"{namespace}"}}]}}
---
{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{{"name":"{namespace}"}},
"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"regauth-nodes"}},
"subjects":[{{"kind":"ServiceAccount","name":"tester","namespace":"{namespace}"}}]}}
"#
        );
        cluster.kubectl(&["apply", "-f", "-"], &objects);
        let default_account = ["-n", &namespace, "get", "serviceaccount", "default", "-o", "name"];
        wait_for("the default ServiceAccount", Duration::from_secs(20), || {
            cluster.try_kubectl(&default_account, "").is_ok()
        });
        let kubeconfig = std::env::temp_dir().join(format!("{namespace}.kubeconfig"));
        let space = Self { cluster, namespace, kubeconfig };
        space.write_kubeconfig();
        space
    }

    /// The cluster of the administrator's kubeconfig with a token of the restricted user.
    fn write_kubeconfig(&self) {
        let token = self.kubectl(&["create", "token", "tester"], "");
        let mut config = self.cluster.kubeconfig();
        config["users"][0]["user"] = serde_json::json!({"token": token.trim()});
        config["contexts"][0]["context"]["namespace"] = serde_json::json!(self.namespace);
        std::fs::write(&self.kubeconfig, config.to_string()).expect("the kubeconfig is written");
    }

    /// kubectl in this namespace, as administrator.
    pub fn kubectl(&self, args: &[&str], stdin: &str) -> String {
        let mut all = vec!["-n", self.namespace.as_str()];
        all.extend(args);
        self.cluster.kubectl(&all, stdin)
    }

    /// The name of the namespace that [`Space::add_node_namespace`] makes.
    pub fn node_namespace(&self) -> String {
        format!("{}-nodes", self.namespace)
    }

    /// A second namespace, where probes on the nodes' network are allowed, and the same rights there.
    pub fn add_node_namespace(&self) {
        let (namespace, own) = (self.node_namespace(), &self.namespace);
        let level = "pod-security.kubernetes.io/enforce";
        let objects = format!(
            r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{namespace}","labels":{{"{level}":"privileged"}}}}}}
---
{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{{"name":"tester","namespace":"{namespace}"}},
"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"regauth-pull"}},
"subjects":[{{"kind":"ServiceAccount","name":"tester","namespace":"{own}"}}]}}
"#
        );
        self.cluster.kubectl(&["apply", "-f", "-"], &objects);
        let default_account = ["-n", &namespace, "get", "serviceaccount", "default", "-o", "name"];
        wait_for("the default ServiceAccount", Duration::from_secs(20), || {
            self.cluster.try_kubectl(&default_account, "").is_ok()
        });
    }

    /// Gives the user a role of `kubectl regauth rbac` as well, in this namespace; one about nodes in the cluster.
    pub fn allow(&self, role: &str) {
        for part in ["--why", "--harbor"] {
            self.cluster.kubectl(&["apply", "-f", "-"], &super::plugin::rbac(&[part]));
        }
        let (role_flag, account) =
            (format!("--clusterrole={role}"), format!("--serviceaccount={}:tester", self.namespace));
        let (kind, name) = match role.ends_with("-nodes") {
            true => ("clusterrolebinding", self.namespace.clone() + "-" + role),
            false => ("rolebinding", role.to_string()),
        };
        self.kubectl(&["create", kind, &name, &role_flag, &account], "");
    }

    /// The plugin as the restricted user, in this namespace.
    pub fn plugin(&self, args: &[&str]) -> Plugin {
        Plugin::new(&self.kubeconfig, args)
    }

    /// A pull secret for one registry.
    pub fn pull_secret(&self, name: &str, registry: &str, user: &str, password: &str) {
        let config = serde_json::json!({"auths": {registry: {"username": user, "password": password}}});
        self.docker_config(name, &config.to_string());
    }

    /// A pull secret with this docker configuration; the API server asks for JSON, and for nothing more.
    pub fn docker_config(&self, name: &str, config: &str) {
        self.secret(name, "kubernetes.io/dockerconfigjson", config);
    }

    /// A Secret of any type with a docker configuration, as builders mount it. Nobody asks for JSON.
    pub fn builders_config(&self, name: &str, config: &str) {
        self.secret(name, "Opaque", config);
    }

    fn secret(&self, name: &str, kind: &str, config: &str) {
        let secret = serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "type": kind,
            "metadata": {"name": name, "namespace": self.namespace},
            "stringData": {".dockerconfigjson": config},
        });
        self.kubectl(&["apply", "-f", "-"], &secret.to_string());
    }

    /// A pull secret with the right password for the private registry.
    pub fn right_secret(&self, name: &str) {
        let of = |setting| self.cluster.setting(setting);
        self.pull_secret(name, of("SECURE_REGISTRY"), of("REGISTRY_USER"), of("REGISTRY_PASSWORD"));
    }

    /// An image of the private registry.
    pub fn private_image(&self) -> String {
        format!("{}/team/app:1", self.cluster.setting("SECURE_REGISTRY"))
    }

    /// An image that everybody may pull.
    pub fn open_image(&self) -> String {
        self.cluster.setting("OPEN_IMAGE").to_string()
    }

    fn nothing_is_left(&self, name: &str) {
        let mut left = Vec::new();
        let namespace = (self.cluster.kind == Kind::Foreign).then_some(self.namespace.as_str());
        for _ in 0..20 {
            left = self.cluster.ours(namespace);
            if left.is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{name}: left in the cluster: {left:?}");
    }

    fn remove(&self) {
        let namespace = self.namespace.as_str();
        let _ = std::fs::remove_file(&self.kubeconfig);
        let objects = ["namespace", "namespace", "clusterrolebinding"].into_iter().zip([
            namespace.to_string(),
            self.node_namespace(),
            namespace.to_string(),
        ]);
        let objects: Vec<String> = objects.map(|(kind, name)| format!("{kind}/{name}")).collect();
        let mut delete = vec!["delete", "--ignore-not-found", "--wait=false"];
        delete.extend(objects.iter().map(String::as_str));
        let _ = self.cluster.try_kubectl(&delete, "");
    }
}
