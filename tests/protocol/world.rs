//! A scripted world, a probe in it, and what is made of what it saw.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regauth::diagnose::diagnose;
use regauth::evidence::probe::{Action, Attempt, ProbeSeen};
use regauth::evidence::{Evidence, Network};
use regauth::finding::Finding;
use regauth::probe::{Looking, Reader, Source, Sources, look};
use regauth::registry::client::Client;
use regauth::registry::platform::Platform;
use regauth::registry::transport::{Roots, Settings, Timeouts, Transport};
use regauth::secret::RunKey;
use serde_json::json;
use tokio::time::Instant;

use crate::scripted::content::architecture;
use crate::scripted::pki::{Ca, NOW};
use crate::scripted::{Account, Accounts, Bound, Registry, Reply, Request, Rights, Servers, Wire};

/// The registry's name.
pub const REGISTRY: &str = "registry.example.test";
/// The token service's name, where it is another.
pub const AUTH: &str = "auth.example.test";
/// The storage's name.
pub const STORAGE: &str = "storage.example.test";
/// What somebody's right password is.
pub const PASSWORD: &str = "planted-right-password";

/// Servers, the names that lead to them, and the credentials that a probe has.
pub struct World {
    pub servers: Servers,
    pub ca: Ca,
    pub settings: Settings,
    pub plain_http: Vec<String>,
    pub repeat: u32,
    folder: PathBuf,
    sources: Vec<Source>,
}

impl World {
    /// `joe` may push, `ann` may pull; the probe trusts the world's CA.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("regauth-protocol-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let known = [("joe", Rights::Push), ("ann", Rights::Pull)];
        let known = known.map(|(user, rights)| Account { user, password: PASSWORD, rights });
        let ca = Ca::new("scripted root", NOW);
        let mut roots = Roots::none();
        roots.add_pem(ca.pem().as_bytes(), &folder).expect("a root");
        let settings = Settings {
            roots,
            hosts_file: folder.join("hosts"),
            resolv_conf: folder.join("resolv.conf"),
            loopback_targets: vec![AUTH.into(), STORAGE.into()],
            ..Settings::bare()
        };
        let own = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
        own("hosts", &format!("127.0.0.1 {REGISTRY} {AUTH} {STORAGE} proxy.example.test\n"));
        own("resolv.conf", "nameserver 127.0.0.1:9\n");
        Self {
            servers: Servers::new(Accounts::of(known.into())),
            ca,
            settings,
            plain_http: Vec::new(),
            repeat: 0,
            folder,
            sources: Vec::new(),
        }
    }

    /// Who may do what.
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.servers.accounts
    }

    /// Waits that are over soon, for servers that never answer.
    pub fn impatient(&mut self) {
        let short = Duration::from_millis(300);
        self.settings.timeouts =
            Timeouts { resolve: short * 3, connect: short, tls: short, first_byte: short, exchange: short };
    }

    /// Another name of this machine.
    pub fn name(&self, host: &str) {
        let file = self.folder.join("hosts");
        let known = std::fs::read_to_string(&file).expect("the hosts file");
        std::fs::write(file, format!("{known}127.0.0.1 {host}\n")).expect("the hosts file");
    }

    /// HTTPS with a sound certificate for `host`.
    pub fn https(&self, host: &str) -> Wire {
        Wire::Https(self.ca.issue(host, NOW).server())
    }

    /// Answers at `bound`, as `host` over HTTPS.
    pub fn serve(
        &self,
        bound: Bound,
        host: &str,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) {
        self.servers.serve(bound, host, self.https(host), handler);
    }

    /// A registry over HTTPS as `host`; returns `host:port`.
    pub fn registry_at(&self, host: &str, registry: Registry) -> String {
        let bound = self.servers.bind();
        let authority = format!("{host}:{}", bound.port);
        self.serve(bound, host, move |request| registry.answer(request));
        authority
    }

    /// The registry; returns `registry.example.test:port`.
    pub fn registry(&self, registry: Registry) -> String {
        self.registry_at(REGISTRY, registry)
    }

    /// A registry with its token service on the same host, as `make` changes them.
    pub fn with_tokens(
        &self,
        host: &str,
        make: impl FnOnce(&mut Registry, &mut crate::scripted::TokenService),
    ) -> String {
        let bound = self.servers.bind();
        let authority = format!("{host}:{}", bound.port);
        let mut registry = Registry::bearer(self.accounts(), &format!("https://{authority}/token"));
        let mut token = crate::scripted::TokenService::new(self.accounts());
        make(&mut registry, &mut token);
        registry.token = Some(token);
        self.serve(bound, host, move |request| registry.answer(request));
        authority
    }

    /// A pull secret with one entry.
    pub fn secret(&mut self, name: &str, registry: &str, user: &str, password: &str) {
        let auth = STANDARD.encode(format!("{user}:{password}"));
        let config = json!({"auths": {registry: {"auth": auth}}});
        self.secret_of(name, &config.to_string());
    }

    /// A pull secret with that text.
    pub fn secret_of(&mut self, name: &str, text: &str) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join(".dockerconfigjson"), text).expect("a file");
        self.sources.push(Source { name: format!("secret/{name}"), path, reader: Reader::Kubelet });
    }

    /// A docker configuration that a client reads.
    pub fn config_of(&mut self, name: &str, text: &str) {
        let path = self.folder.join(name);
        std::fs::write(&path, text).expect("a file");
        self.sources.push(Source { name: name.into(), path, reader: Reader::Client });
    }

    /// Looks at images of a registry.
    pub async fn pull(&self, registry: &str, images: &[&str]) -> Seen {
        let images = images.iter().map(|image| format!("{registry}/{image}")).collect();
        self.look(Action::Pull, images).await
    }

    /// Looks at the usual image.
    pub async fn pull_one(&self, registry: &str) -> Seen {
        self.pull(registry, &["team/app:1"]).await
    }

    /// Looks whether the usual repository takes pushes.
    pub async fn push(&self, registry: &str) -> Seen {
        self.look(Action::Push, vec![format!("{registry}/team/app")]).await
    }

    /// Looks.
    pub async fn look(&self, action: Action, targets: Vec<String>) -> Seen {
        let looking = Looking {
            action,
            targets,
            platform: Platform::new("linux", architecture()),
            refused: Vec::new(),
            mirrors: BTreeMap::new(),
            repeat: self.repeat,
            interval: Duration::ZERO,
        };
        self.look_as(&looking).await
    }

    /// Looks in this way.
    pub async fn look_as(&self, looking: &Looking) -> Seen {
        let mut sources = Sources::read(&self.sources, RunKey::random().expect("a key"));
        let deadline = Instant::now() + Duration::from_secs(60);
        let transport = Transport::new(self.settings.clone());
        let mut client = Client::new(transport, self.plain_http.clone(), deadline);
        let seen = look(looking, &mut client, &mut sources).await;
        let evidence = evidence(seen.clone(), looking, &self.sources);
        Seen { findings: diagnose(&evidence), seen, evidence }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// What a probe saw, and what is made of it.
pub struct Seen {
    pub seen: ProbeSeen,
    pub evidence: Evidence,
    pub findings: Vec<Finding>,
}

impl Seen {
    /// The codes that were found, each once, in the order of their names.
    pub fn codes(&self) -> Vec<&'static str> {
        let codes: BTreeSet<&str> = self.findings.iter().map(|finding| finding.code.as_str()).collect();
        codes.into_iter().collect()
    }

    /// Asserts the codes that were found; shows everything otherwise.
    #[track_caller]
    pub fn is(&self, codes: &[&str]) -> &Self {
        assert_eq!(self.codes(), codes, "{}", self.shown());
        self
    }

    /// Everything, for messages.
    pub fn shown(&self) -> String {
        let pretty = serde_json::to_string_pretty(&self.seen).expect("JSON");
        let findings: Vec<String> =
            self.findings.iter().map(|one| format!("{}: {}", one.code.as_str(), one.cause)).collect();
        format!("{}\n{pretty}", findings.join("\n"))
    }

    /// An attempt at the first target: 0 is the one without a credential.
    #[track_caller]
    pub fn attempt(&self, number: usize) -> &Attempt {
        let attempts = &self.seen.targets[0].attempts;
        attempts.get(number).unwrap_or_else(|| panic!("no attempt {number}: {}", self.shown()))
    }

    /// `step status` of an attempt's exchanges.
    #[track_caller]
    pub fn steps(&self, number: usize) -> Vec<String> {
        let step = |exchange: &regauth::evidence::probe::Exchange| {
            let status = exchange.answer().map_or("-".to_string(), |answer| answer.status.to_string());
            format!("{} {status}", exchange.step.as_str())
        };
        self.attempt(number).exchanges.iter().map(step).collect()
    }
}

/// Evidence of one probe on a node's network.
fn evidence(seen: ProbeSeen, looking: &Looking, sources: &[Source]) -> Evidence {
    let named = |source: &Source| source.name.strip_prefix("secret/").map(str::to_string);
    let pull_secrets: Vec<String> = sources.iter().filter_map(named).collect();
    let now = jiff::Timestamp::now().to_string();
    let value = json!({
        "apiVersion": regauth::evidence::API_VERSION, "kind": "Evidence", "collectedAt": now,
        "run": {"id": "abc123", "version": "0", "server": "https://192.0.2.1:6443", "startedAt": now},
        "plan": {
            "namespace": "team", "images": looking.targets, "action": looking.action, "checks": ["probeNode"],
            "identity": {
                "name": "serviceaccount/default", "serviceAccount": "default", "pullSecrets": pull_secrets,
                "source": "given",
            },
            "probe": {"image": "probe.example/regauth-probe:1", "repeat": looking.repeat},
            "nodes": [{"name": "node1"}], "oneFirst": false, "timeoutSeconds": 60,
        },
        "probes": [{
            "id": "probe/node1/node", "node": "node1", "network": Network::Node, "namespace": "team",
            "pod": "regauth-1", "credential": {"use": "asPlanned"}, "outcome": {"state": "seen", "value": seen},
        }],
    });
    serde_json::from_value(value).expect("evidence")
}
