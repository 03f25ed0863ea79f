//! Cores that share one world, taps before them, and a probe that looks.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use regauth::evidence::endpoint::Endpoint;
use regauth::evidence::harbor::{CoreSeen, HarborSeen, Verdict};
use regauth::evidence::probe::CredentialSeen;
use regauth::plan::{CoreAddress, HarborAsk};
use regauth::probe::{Credential, Stop, harbor};
use regauth::registry::credential::describe;
use regauth::registry::transport::Settings;
use regauth::secret::{RunKey, Secret};
use regauth::text::Clean;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::tap::{Log, tap};

/// Everybody's right password.
pub const PASSWORD: &str = "planted-right-password";

/// How a core is started.
#[derive(Clone, Default)]
pub struct Core {
    /// Which key: cores of one number share one.
    pub key: usize,
    /// Whether its file is PKCS#8, which it cannot issue with.
    pub pkcs8: bool,
    /// Seconds that its clock is ahead.
    pub offset: i64,
    /// Certificate and key of internal TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// A core with that key.
pub fn key(key: usize) -> Core {
    Core { key, ..Core::default() }
}

/// A running Harbor.
pub struct Harbor {
    pub log: Arc<Log>,
    pub folder: PathBuf,
    world: Value,
    processes: Vec<Child>,
    /// Where the cores listen.
    pub cores: Vec<SocketAddr>,
    pub ask: HarborAsk,
    pub settings: Settings,
    /// How long a look may take.
    pub limit: Duration,
    pub stop: Stop,
}

impl Harbor {
    /// Starts cores; the probe is to ask each through a tap of its own.
    pub fn start(cores: &[Core]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("regauth-harbor-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("hosts"), "127.0.0.1 harbor.test\n").expect("a hosts file");
        std::fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1:9\n").expect("a file");
        let settings = Settings {
            hosts_file: folder.join("hosts"),
            resolv_conf: folder.join("resolv.conf"),
            ..Settings::bare()
        };
        let mut harbor = Self {
            log: Arc::default(),
            folder,
            world: world(),
            processes: Vec::new(),
            cores: Vec::new(),
            ask: HarborAsk::default(),
            settings,
            limit: Duration::from_secs(60),
            stop: Stop::default(),
        };
        harbor.change(|_| {});
        for core in cores {
            harbor.start_core(core);
        }
        harbor
    }

    /// Starts one more core.
    pub fn start_core(&mut self, core: &Core) {
        let number = self.cores.len();
        let file = self.folder.join(format!("key-{number}.pem"));
        std::fs::copy(key_file(core.key, core.pkcs8), &file).expect("a key");
        let mut command = Command::new(stand_in());
        command
            .env_clear()
            .env("TOKEN_PRIVATE_KEY_PATH", file)
            .env("STANDIN_WORLD", self.folder.join("world.json"))
            .env("STANDIN_LISTEN", "127.0.0.1:0")
            .env("STANDIN_CLOCK_OFFSET", core.offset.to_string())
            .env("EXT_ENDPOINT", "http://harbor.test")
            .env("CSRF_KEY", "c".repeat(32))
            .stdout(Stdio::piped());
        if let Some((certificate, key)) = &core.tls {
            command.env("INTERNAL_TLS_ENABLED", "true");
            command.env("INTERNAL_TLS_CERT_PATH", certificate).env("INTERNAL_TLS_KEY_PATH", key);
        }
        let mut child = command.spawn().expect("the stand-in");
        let mut lines = BufReader::new(child.stdout.take().expect("its log")).lines();
        let mut port = || lines.by_ref().map_while(Result::ok).find_map(|line| running_at(&line));
        let address = port().expect("the stand-in's port");
        // Somebody must read on, or it stops at a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        self.processes.push(child);
        self.cores.push(address);
        self.tapped(vec![address], core.tls.is_some());
    }

    /// One more core that the probe asks: at a tap before `targets`.
    pub fn tapped(&mut self, targets: Vec<SocketAddr>, tls: bool) {
        let number = self.ask.cores.len();
        let address = tap(number, targets, self.log.clone()).to_string();
        self.ask.cores.push(CoreAddress { name: format!("core-{number}"), address, tls });
    }

    /// A front door before all cores, which sends each connection to the next. Its tap has the number 1000.
    pub fn front(&mut self) {
        let address = tap(1000, self.cores.clone(), self.log.clone());
        self.ask.front = Some(format!("http://harbor.test:{}", address.port()));
        self.ask.front_tokens = 12;
    }

    /// Changes what the cores share.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.world);
        std::fs::write(self.folder.join("world.json"), self.world.to_string()).expect("the world");
    }

    /// Looks without a credential.
    pub async fn look(&self) -> Seen {
        self.look_with(None).await
    }

    /// Looks as a user with a password.
    pub async fn look_as(&self, user: &str, password: &str) -> Seen {
        let credential = Credential::password(self.about(user, password), user, Secret::new(password.into()));
        self.look_with(Some(credential)).await
    }

    /// What may be told of a credential.
    pub fn about(&self, user: &str, password: &str) -> CredentialSeen {
        let (secret, run_key) = (Secret::new(password.to_string()), RunKey::random().expect("a key"));
        CredentialSeen {
            source: "secret/regcred".into(),
            key: Clean::new("harbor.test"),
            described: describe(None, user, &secret, &run_key),
            useless: None,
        }
    }

    /// Looks, and asserts what holds always: one request after the other, no cookie sent back, no secret kept.
    pub async fn look_with(&self, credential: Option<Credential>) -> Seen {
        let (deadline, settings) = (Instant::now() + self.limit, self.settings.clone());
        let (seen, endpoints) =
            harbor::look(&self.ask, settings, credential.as_ref(), deadline, &self.stop).await;
        let seen = Seen { seen, endpoints };
        let shown = seen.shown();
        assert_eq!(self.log.overlaps(), 0, "two requests at once: {shown}");
        assert!(self.log.sent().iter().all(|sent| sent.header("cookie").is_none()), "a cookie was sent");
        assert!(!shown.contains("planted"), "a password is in the evidence");
        for token in self.log.tokens() {
            assert!(!shown.contains(token.as_str()), "a token is in the evidence");
            let signature = token.rsplit('.').next().unwrap();
            assert!(!shown.contains(signature), "a token's signature is in the evidence");
        }
        seen
    }
}

impl Drop for Harbor {
    fn drop(&mut self) {
        for process in &mut self.processes {
            process.kill().ok();
            process.wait().ok();
        }
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// What the probe saw.
pub struct Seen {
    pub seen: HarborSeen,
    pub endpoints: Vec<Endpoint>,
}

impl Seen {
    /// Everything, for messages.
    pub fn shown(&self) -> String {
        let all = json!({"harbor": self.seen, "endpoints": self.endpoints});
        serde_json::to_string_pretty(&all).expect("JSON")
    }

    /// A core.
    pub fn core(&self, number: usize) -> &CoreSeen {
        &self.seen.cores[number]
    }

    /// A core's `kid`.
    pub fn kid(&self, number: usize) -> Option<&str> {
        self.core(number).kid().map(Clean::as_str)
    }

    /// The matrix, a word an issuer and a letter a verifier: `A`ccepted, `R`ejected, `N`o token, `U`nreachable, `?`.
    pub fn picture(&self) -> Vec<String> {
        let matrix = self.seen.matrix.as_ref().unwrap_or_else(|| panic!("no matrix: {}", self.shown()));
        let count = self.seen.cores.len();
        let letter = |issuer, verifier| match matrix.verdict(issuer, verifier) {
            Some(Verdict::Accepted) => 'A',
            Some(Verdict::Rejected) => 'R',
            Some(Verdict::NoToken) => 'N',
            Some(Verdict::Unreachable) => 'U',
            Some(Verdict::Unclear) => '?',
            None => '.',
        };
        let row = |issuer| (0..count).map(|verifier| letter(issuer, verifier)).collect();
        (0..count).map(row).collect()
    }
}

/// `library` is public, `team` is not; `admin` may everything, `dev` push, `guest` pull, `stranger` nothing.
fn world() -> Value {
    let user = |name: &str| json!({"name": name, "password": PASSWORD});
    let created = "2026-01-01T00:00:00Z";
    json!({
        "projects": [
            {"name": "library", "public": true, "created": created},
            {"name": "team", "created": created},
        ],
        "users": [
            {"name": "admin", "admin": true, "password": PASSWORD},
            user("dev"), user("keeper"), user("guest"), user("stranger"),
        ],
        "members": [
            {"project": "team", "user": "dev", "role": "developer"},
            {"project": "team", "user": "keeper", "role": "projectAdmin"},
            {"project": "team", "user": "guest", "role": "guest"},
        ],
        "robots": [
            {"name": "robot$team+old", "password": PASSWORD, "expires": "2026-01-02T00:00:00Z",
             "permissions": [{"project": "team", "actions": ["pull", "push"]}]},
        ],
    })
}

fn running_at(line: &str) -> Option<SocketAddr> {
    let (_, url) = line.split_once("server Running on ")?;
    url.split_once("://")?.1.trim().parse().ok()
}

/// The stand-in's program, which is built where it is not there yet.
fn stand_in() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let build = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/harbor-core/build");
        let output = Command::new(build).output().expect("the stand-in's build");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let folder = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_string();
        Path::new(&folder).join("harbor-core")
    })
}

/// A key as PKCS#1 or PKCS#8; those of one number are one key.
fn key_file(number: usize, pkcs8: bool) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("regauth-harbor-keys-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        for number in 0..2 {
            let file = |form: &str| folder.join(format!("{number}.{form}")).display().to_string();
            openssl(&["genrsa", "-traditional", "-out", &file("pkcs1"), "2048"]);
            openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", &file("pkcs1"), "-out", &file("pkcs8")]);
        }
        folder
    });
    folder.join(format!("{number}.{}", if pkcs8 { "pkcs8" } else { "pkcs1" }))
}

fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).output().expect("openssl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
