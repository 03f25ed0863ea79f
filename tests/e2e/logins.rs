//! Login attempts that registries refused, by their own logs.

use std::collections::BTreeSet;

use crate::support::cluster::Cluster;

/// The logs of the registries that a test watches, and where they stood.
pub struct Logins<'a> {
    cluster: &'a Cluster,
    registry: String,
    log: String,
    mark: u64,
}

impl<'a> Logins<'a> {
    /// Watches from now on a registry by its name: `secure`, `legacy` (Basic authentication), or `auth`: the token
    /// service of the others.
    pub fn watch(cluster: &'a Cluster, registry: &str) -> Self {
        let log = match registry {
            "auth" => cluster.setting("AUTH_LOG").to_string(),
            other => format!("{}/registry-{other}.log", cluster.setting("LOG")),
        };
        let mark = std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
        Self { cluster, registry: registry.into(), log, mark }
    }

    /// The attempts of `user` that were refused since: one for each connection that brought the wrong password.
    /// Within one pull containerd sends a refused Basic credential up to five times over the same connection
    /// (2.4.2 and 1.6.20), which no client of the kubelet can change; the kubelet's next try is a new connection.
    pub fn refused(&self, user: &str) -> BTreeSet<String> {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let from = usize::try_from(self.mark).unwrap_or(usize::MAX).min(bytes.len());
        let text = String::from_utf8_lossy(&bytes[from..]).into_owned();
        let refused: Vec<&str> = text.lines().filter(|line| self.is_refusal(line, user)).collect();
        let logins: BTreeSet<String> = refused.iter().map(|line| remote(line)).collect();
        let count = refused.len();
        eprintln!(
            "{}: {count} requests with the wrong password over {} connections",
            self.registry,
            logins.len()
        );
        logins
    }

    fn is_refusal(&self, line: &str, user: &str) -> bool {
        match self.registry.as_str() {
            "auth" => line.contains(&format!("user={user:?}")) && !line.contains("status=200"),
            _ => {
                // 3.1 and 2.8.
                line.contains("user failed to authenticate") && line.contains(&format!("username={user}"))
                    || line.contains(&format!("error authenticating user {user:?}"))
                    || line.contains(&format!("error authenticating user \\\"{user}\\\""))
            }
        }
    }

    /// The cluster's user that pulls.
    pub fn puller(&self) -> &'a str {
        self.cluster.setting("REGISTRY_USER")
    }
}

/// The address and port that a line of a log names; of the token service with the registry that it is for.
fn remote(line: &str) -> String {
    let value = |key: &str| {
        let rest = line.split(key).nth(1)?;
        rest.trim_start_matches('"').split(['"', ' ']).next()
    };
    let remote = value("http.request.remoteaddr=").or_else(|| value("remote="));
    let remote = remote.unwrap_or_else(|| panic!("no address in {line}"));
    format!("{remote} {}", value("service=").unwrap_or_default())
}
