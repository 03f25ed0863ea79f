//! What a test wants of a Harbor.

use serde_json::{Value, json};

use super::keys::TokenKey;

/// A Harbor that is to be installed.
pub struct Setup {
    /// Core's pods, in Deployments of their own that differ in something; the first is `harbor-core`.
    pub groups: Vec<Group>,
    /// What the Secret `harbor-core` holds as `tls.key` and `tls.crt`.
    pub key: TokenKey,
    /// `EXT_ENDPOINT`.
    pub ext_endpoint: String,
    /// Whether core speaks TLS on 8443, and nothing else.
    pub internal_tls: bool,
    /// `sessionAffinity` of core's Service.
    pub affinity: &'static str,
    /// What the cores know: projects, users, robots (tests/cluster/harbor-core/README.md).
    pub world: Value,
    /// Objects that are made before the Deployments: other Secrets, say.
    pub objects: Vec<Value>,
}

/// Some of core's pods.
#[derive(Clone)]
pub struct Group {
    pub replicas: u32,
    /// Of Harbor: the image's tag, and how it behaves. Three numbers.
    pub version: &'static str,
    /// Whether its image lacks `sha256sum`.
    pub bare: bool,
    pub key: KeySource,
    /// Set in the container, over what comes from ConfigMap and Secrets.
    pub env: Vec<(&'static str, String)>,
}

/// Where a core has its key from.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    /// `tls.key` of this Secret, mounted by subPath.
    Secret(&'static str),
    /// Made by each process, in an `emptyDir`.
    Own,
    /// From nowhere: there is no such file.
    NotMounted,
}

impl Group {
    /// So many pods as harbor-helm makes them.
    pub fn of(replicas: u32) -> Self {
        let key = KeySource::Secret("harbor-core");
        Self { replicas, version: "2.16.0", bare: false, key, env: Vec::new() }
    }
}

impl Default for Setup {
    /// Three cores that are all alike.
    fn default() -> Self {
        Self {
            groups: vec![Group::of(3)],
            key: TokenKey::new(),
            ext_endpoint: "http://harbor.example.test".into(),
            internal_tls: false,
            affinity: "None",
            world: world(),
            objects: Vec::new(),
        }
    }
}

/// The password of a user or robot of [`world`], by name without `robot$team+`.
pub fn password(name: &str) -> String {
    format!("test-only-password-of-{name}")
}

/// `team` is private and `library` public; `admin` may do everything, `dev` is a member of nothing; robots of `team`:
/// `push`, `pull`, `expired`, `disabled`.
pub fn world() -> Value {
    let robot = |name: &str, actions: &[&str]| {
        json!({"name": format!("robot$team+{name}"), "password": password(name),
               "permissions": [{"project": "team", "actions": actions}]})
    };
    let mut robots = ["push", "pull", "expired", "disabled"]
        .map(|name| robot(name, if name == "pull" { &["pull"] } else { &["pull", "push", "delete"] }));
    robots[2]["expires"] = json!("2020-01-01T00:00:00Z");
    robots[3]["disabled"] = json!(true);
    json!({
        "projects": [{"name": "team"}, {"name": "library", "public": true}],
        "users": [{"name": "admin", "admin": true, "password": password("admin")},
                  {"name": "dev", "password": password("dev")}],
        "robots": robots,
    })
}
