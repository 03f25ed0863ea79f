//! Planted credentials come out nowhere: not in evidence, reports, Debug texts or logs, raw or in base64.

use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regauth::probe::report;
use regauth::report::Report;

use super::world::{PASSWORD, REGISTRY, STORAGE, Seen, World};
use crate::scripted::{Class, Fault, Registry, Reply, Who, WrongPassword};

/// What is written to it, of all threads.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn add(&self, text: &str) {
        self.0.lock().expect("the sink").extend_from_slice(text.as_bytes());
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("the sink")).into_owned()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the sink").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl log::Log for Sink {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.add(&format!("{} {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Everything that is logged from now on, at the highest verbosity, by `log` and by `tracing`. The servers of
/// the tests log nothing of their own.
fn logs() -> Sink {
    static LOGS: std::sync::OnceLock<Sink> = std::sync::OnceLock::new();
    let begin = || {
        let sink = Sink::default();
        log::set_boxed_logger(Box::new(sink.clone())).expect("no logger yet");
        log::set_max_level(log::LevelFilter::Trace);
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("no subscriber yet");
        tracing::trace!("logs are kept");
        log::trace!("logs are kept");
        sink
    };
    LOGS.get_or_init(begin).clone()
}

/// Everything that comes out of a look, in every form.
fn outputs(seen: &Seen) -> String {
    let report = Report::of(&seen.evidence);
    let (whole, short) = (report::whole(&seen.seen), report::encode(&seen.seen, 4096));
    let decoded = report::decode(&short).map(|seen| format!("{seen:?}")).unwrap_or_default();
    [
        serde_json::to_string(&seen.evidence).expect("JSON"),
        serde_json::to_string(&report).expect("JSON"),
        format!("{:?}", seen.evidence),
        format!("{:?}", seen.findings),
        format!("{report:?}"),
        whole,
        short,
        decoded,
        logs().text(),
    ]
    .join("\n")
}

/// A secret as it may come out.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_string(), secret.to_uppercase()];
    for user in ["", "joe:", "ann:"] {
        let pair = format!("{user}{secret}");
        // Of base64 within other base64 there are three forms; two bytes at each end depend on what is beside it.
        forms.push(STANDARD.encode(&pair));
        forms.push(STANDARD_NO_PAD.encode(&pair));
        forms.push(URL_SAFE_NO_PAD.encode(&pair));
    }
    for shift in 0..3 {
        let shifted = STANDARD_NO_PAD.encode(format!("{}{secret}", "x".repeat(shift)));
        forms.push(shifted[4..shifted.len() - 4].to_string());
    }
    forms
}

#[track_caller]
fn nowhere(seen: &Seen, secrets: &[&str]) {
    let text = outputs(seen);
    for secret in secrets {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{secret} comes out as {form}: {}", seen.shown());
        }
    }
}

#[tokio::test]
async fn passwords_and_tokens_of_pulls_and_pushes_that_work() {
    assert!(logs().text().contains("logs are kept"), "nothing is logged, so nothing would be found");
    for basic in [true, false] {
        let mut world = World::new();
        let registry = match basic {
            true => world.registry(Registry::basic(world.accounts())),
            false => world.with_tokens(REGISTRY, |_, _| {}),
        };
        world.secret("regcred", &registry, "joe", PASSWORD);
        for seen in [world.pull_one(&registry).await, world.push(&registry).await] {
            assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
            let tokens = world.accounts().tokens();
            let signatures: Vec<&str> = tokens.iter().filter_map(|token| token.rsplit('.').next()).collect();
            assert_eq!(tokens.is_empty(), basic);
            nowhere(&seen, &[PASSWORD, "planted-state"]);
            nowhere(&seen, &signatures);
        }
    }
}

#[tokio::test]
async fn what_servers_echo() {
    const WRONG: &str = "planted-wrong-password";
    let pair = STANDARD.encode(format!("joe:{WRONG}"));
    let echoes = [
        Reply::new(401).reason(&format!("no token for username=joe&password={WRONG}")),
        Reply::error(401, "UNAUTHORIZED", &format!("Authorization: Basic {pair}")),
        Reply::error(401, "UNAUTHORIZED", &format!("bad password={WRONG} of joe")),
        // In prose, which nothing marks as a secret.
        Reply::error(401, "UNAUTHORIZED", &format!("no login joe / {WRONG}")),
        Reply::error(401, &format!("NO_{WRONG}"), &format!("of {}", STANDARD.encode(WRONG))),
        Reply::with(401, "text/plain", format!("{}{WRONG}", "x".repeat(500))),
        Reply::new(401).header("Server", &format!("{WRONG}/1")),
        Reply::new(401)
            .header("WWW-Authenticate", &format!("Bearer realm=\"https://x/{WRONG}\",service=\"{WRONG}\"")),
        Reply::with(401, "text/plain", format!("GET /token with https://joe:{WRONG}@registry/")),
        Reply::new(401)
            .header("WWW-Authenticate", &format!("Basic realm=\"joe:x\", error=\"password={WRONG}\"")),
        Reply::new(401).header("Server", &format!("x/1 (password={WRONG})")),
    ];
    for echo in echoes {
        let mut world = World::new();
        let registry = world
            .with_tokens(REGISTRY, |_, token| token.wrong_password = WrongPassword::Refused(echo.clone()));
        world.secret("regcred", &registry, "joe", WRONG);
        let seen = world.pull_one(&registry).await;
        assert!(!seen.attempt(1).succeeded(), "{}", seen.shown());
        nowhere(&seen, &[WRONG]);
        let mut world = World::new();
        let registry =
            Registry::basic(world.accounts()).fault(Fault::at(Class::Manifest, echo).to(Who::Somebody));
        let registry = world.registry(registry);
        world.secret("regcred", &registry, "joe", WRONG);
        nowhere(&world.pull_one(&registry).await, &[WRONG]);
    }
}

#[tokio::test]
async fn what_certificates_echo() {
    let mut world = World::new();
    let bound = world.servers.bind();
    let to = format!("https://{STORAGE}:{}/blob", bound.port);
    let registry = world.with_tokens(REGISTRY, |registry, _| {
        registry.faults.push(Fault::at(Class::Blob, Reply::redirect(&to)));
    });
    world.secret("regcred", &registry, "joe", PASSWORD);
    // Its subject and its name.
    world.servers.serve(bound, STORAGE, world.https(PASSWORD), |_| Reply::new(200));
    let seen = world.pull_one(&registry).await;
    let storage = &seen.seen.endpoints[1];
    assert_eq!(storage.host.as_str(), STORAGE, "{}", seen.shown());
    let own = &storage.tls.as_ref().expect("a handshake").chain[0];
    assert_eq!((own.subject.as_str(), own.names[0].as_str()), ("CN=server [redacted]", "[redacted]"));
    nowhere(&seen, &[PASSWORD]);
}

#[tokio::test]
async fn tokens_that_a_service_gives_in_a_broken_answer() {
    let bodies = [
        "{\"token\": \"planted-granted-token\"",
        "{\"token\": [\"planted-granted-token\"]}",
        "{\"access_token\": {\"planted-granted-token\": 1}}",
        "planted-granted-token",
    ];
    for body in bodies {
        let mut world = World::new();
        let registry = world.with_tokens(REGISTRY, |registry, _| {
            registry.faults.push(Fault::at(Class::Token, Reply::with(200, "application/json", body)));
        });
        world.secret("regcred", &registry, "joe", PASSWORD);
        let seen = world.pull_one(&registry).await;
        nowhere(&seen, &[PASSWORD, "planted-granted-token"]);
    }
}

#[tokio::test]
async fn secrets_in_docker_configurations_that_cannot_be_read() {
    const USER: &str = "planted-user-name";
    let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let broken = [
        format!(r#"{{"auths": {{"REGISTRY": "{PASSWORD}"}}}}"#),
        format!(r#"{{"auths": "{PASSWORD}"}}"#),
        format!(r#"{{"auths": {{"REGISTRY": {{"auth": "{auth}#"}}}}}}"#),
        format!(
            r#"{{"auths": {{"REGISTRY": {{"auth": "{}"}}}}}}"#,
            STANDARD.encode(format!("{USER}{PASSWORD}"))
        ),
        format!(r#"{{"auths": {{"REGISTRY": {{"auth": {{"{USER}": "{PASSWORD}"}}}}}}}}"#),
        format!(r#"{{"auths": {{"REGISTRY": {{"password": ["{PASSWORD}"], "username": "{USER}"}}}}}}"#),
        format!(r#"{{"auths": {{"REGISTRY": {{"auth": "{auth}""#),
        format!("auths:\n  REGISTRY:\n    auth: {auth}\n"),
        auth.clone(),
        PASSWORD.to_string(),
        format!(r#"["{PASSWORD}"]"#),
    ];
    for (number, text) in broken.iter().enumerate() {
        for kubelet in [true, false] {
            let mut world = World::new();
            let registry = world.registry(Registry::basic(world.accounts()));
            let text = text.replace("REGISTRY", &registry);
            match kubelet {
                true => world.secret_of("regcred", &text),
                false => world.config_of("config.json", &text),
            }
            let seen = world.pull_one(&registry).await;
            // A client reads what it can of an entry, and its user name may be told.
            nowhere(&seen, if kubelet { &[PASSWORD, USER] } else { &[PASSWORD] });
            assert_eq!(world.servers.log.with_credentials(), [], "config {number}");
            if kubelet {
                assert_eq!(seen.codes()[..], ["PullSecretMalformed"], "config {number}: {}", seen.shown());
            }
        }
    }
}

#[tokio::test]
async fn a_token_in_the_place_of_a_user_name_and_other_odd_places() {
    let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    let mut world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret("regcred", &registry, token, "x-oauth-basic");
    nowhere(&world.pull_one(&registry).await, &[token]);
    // In a key, as a URL with user information.
    let mut world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret("regcred", &format!("https://joe:{PASSWORD}@{registry}"), "joe", "planted-other");
    nowhere(&world.pull_one(&registry).await, &[PASSWORD, "planted-other"]);
    // In a realm, a location and a redirect.
    let world = World::new();
    let port = world.servers.bind().port;
    let realm = format!("https://joe:{PASSWORD}@auth.example.test:{port}/token?token=planted-realm-token");
    let registry = world.registry(Registry::bearer(world.accounts(), &realm));
    nowhere(&world.pull_one(&registry).await, &[PASSWORD, "planted-realm-token"]);
}

#[test]
fn the_forms_of_a_secret_are_found_in_base64_of_anything() {
    for before in ["", "a", "ab", "abc"] {
        let text = STANDARD.encode(format!("{before}:{PASSWORD}:after"));
        assert!(forms(PASSWORD).iter().any(|form| text.contains(form)), "{before}: {text}");
    }
}
