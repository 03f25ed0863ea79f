//! Stores in folders of their own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::helper::{Given, LIMIT, Programs};
use super::*;

mod broken;

/// A folder that is removed at the end.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("regauth-stores-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A file with one entry a key, whose user is the key's place in the list.
    fn auths(&self, path: &str, keys: &[&str]) -> PathBuf {
        let entries: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(at, key)| {
                format!("\"{key}\":{{\"auth\":\"{}\"}}", STANDARD.encode(format!("user{at}:hunter2")))
            })
            .collect();
        self.write(path, &format!("{{\"auths\":{{{}}}}}", entries.join(",")))
    }

    fn env(&self, vars: &[(&str, &str)]) -> Env {
        let vars = vars.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let run = ("XDG_RUNTIME_DIR".to_string(), self.0.join("run").display().to_string());
        Env {
            vars: [run].into_iter().chain(vars).collect(),
            docker_config: None,
            home: self.0.clone(),
            os: Os::Linux,
            uid: 1000,
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Helpers that answer as they are told, and remember what they were asked.
#[derive(Default)]
struct Told {
    answers: BTreeMap<&'static str, Result<Option<&'static str>, HelperError>>,
    asked: RefCell<Vec<(String, String)>>,
}

impl Helpers for Told {
    fn get(&self, name: &str, server: &str) -> Result<Option<Given>, HelperError> {
        self.asked.borrow_mut().push((name.into(), server.into()));
        let user = (*self.answers.get(name).unwrap_or(&Err(HelperError::NotFound)))?;
        let given = |user: &str| Given {
            username: user.into(),
            secret: Secret::new("hunter2".into()),
            is_token: user.is_empty(),
        };
        Ok(user.map(given))
    }

    fn has(&self, program: &str) -> bool {
        self.answers.keys().any(|name| program == format!("docker-credential-{name}"))
    }
}

fn helpers(answers: &[(&'static str, Result<Option<&'static str>, HelperError>)]) -> Told {
    Told { answers: answers.iter().copied().collect(), asked: RefCell::default() }
}

fn stores(env: Env, helpers: Told) -> Stores<Told> {
    Stores::new(env, helpers, RunKey::random().unwrap())
}

fn image(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

/// Places and keys of what a client has, in order.
fn entries(stores: &Stores<Told>, client: Client, text: &str) -> Vec<(String, String)> {
    let lookup = stores.lookups(&image(text)).into_iter().find(|lookup| lookup.client == client).unwrap();
    let name = |place: &Place| match place {
        Place::File(path) => {
            let rest = path.strip_prefix(&stores.env.home).unwrap_or(path);
            rest.display().to_string()
        }
        other => other.to_string(),
    };
    lookup.entries.iter().map(|entry| (name(&entry.place), entry.key.clone())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(place, key)| (place.to_string(), key.to_string())).collect()
}

const APP: &str = "registry.example.com/team/app:1";
const HOST: &str = "registry.example.com";
const DOCKER: &str = ".docker/config.json";
const HELM: &str = ".config/helm/registry/config.json";
const PODMAN: &str = "run/containers/auth.json";

#[test]
fn docker_reads_its_file_by_host_in_any_form() {
    for key in [HOST, "https://registry.example.com", "https://registry.example.com/v1/"] {
        let home = Home::new();
        home.auths(DOCKER, &["other.example.com", key]);
        let found = entries(&stores(home.env(&[]), Told::default()), Client::Docker, APP);
        assert_eq!(found, pairs(&[(DOCKER, key)]));
    }
}

#[test]
fn docker_hub_has_a_key_of_its_own() {
    let home = Home::new();
    home.auths(DOCKER, &["https://index.docker.io/v1/"]);
    let found = entries(&stores(home.env(&[]), Told::default()), Client::Docker, "nginx");
    assert_eq!(found, pairs(&[(DOCKER, "https://index.docker.io/v1/")]));
}

#[test]
fn docker_prefers_a_registrys_helper_to_the_store_and_the_store_to_its_file() {
    let home = Home::new();
    let auth = STANDARD.encode("u:hunter2");
    let with =
        |more: &str| home.write(DOCKER, &format!(r#"{{"auths":{{"{HOST}":{{"auth":"{auth}"}}}}{more}}}"#));
    let answers = || helpers(&[("one", Ok(Some("a"))), ("all", Ok(Some("b")))]);
    with(r#","credsStore":"all","credHelpers":{"registry.example.com":"one"}"#);
    let of = stores(home.env(&[]), answers());
    assert_eq!(entries(&of, Client::Docker, APP), pairs(&[("docker-credential-one", HOST)]));
    with(r#","credsStore":"all""#);
    let of = stores(home.env(&[]), answers());
    assert_eq!(entries(&of, Client::Docker, APP), pairs(&[("docker-credential-all", HOST)]));
    assert_eq!(of.helpers.asked.borrow()[0], ("all".to_string(), HOST.to_string()));
    with(r#","credsStore":"none""#);
    let of = stores(home.env(&[]), helpers(&[("none", Ok(None))]));
    assert_eq!(entries(&of, Client::Docker, APP), [], "a store that has nothing means anonymous");
}

#[test]
fn docker_prefers_the_variable_to_its_file() {
    let home = Home::new();
    home.auths(DOCKER, &[HOST]);
    let value = format!(r#"{{"auths":{{"{HOST}":{{"auth":"{}"}}}}}}"#, STANDARD.encode("ci:hunter2"));
    let of = stores(home.env(&[("DOCKER_AUTH_CONFIG", &value)]), Told::default());
    assert_eq!(entries(&of, Client::Docker, APP), pairs(&[("$DOCKER_AUTH_CONFIG", HOST), (DOCKER, HOST)]));
}

#[test]
fn docker_config_moves_dockers_file_and_excludes_podmans() {
    let home = Home::new();
    home.auths("elsewhere/config.json", &[HOST]);
    home.auths(PODMAN, &[HOST]);
    let folder = home.0.join("elsewhere").display().to_string();
    let of = stores(home.env(&[("DOCKER_CONFIG", &folder)]), Told::default());
    let expected = pairs(&[("elsewhere/config.json", HOST)]);
    assert_eq!(entries(&of, Client::Docker, APP), expected);
    assert_eq!(entries(&of, Client::Podman, APP), expected);
}

#[test]
fn podman_goes_from_file_to_file_and_from_the_longest_key_to_the_host() {
    let home = Home::new();
    home.auths(PODMAN, &[HOST, "registry.example.com/team", "registry.example.com/te"]);
    home.auths(".config/containers/auth.json", &["registry.example.com/team/app"]);
    home.auths(DOCKER, &["https://registry.example.com"]);
    home.write(".dockercfg", &format!(r#"{{"{HOST}":{{"auth":"{}"}}}}"#, STANDARD.encode("u:hunter2")));
    let found = entries(&stores(home.env(&[]), Told::default()), Client::Podman, APP);
    let expected = [
        (PODMAN, "registry.example.com/team"),
        (PODMAN, HOST),
        (".config/containers/auth.json", "registry.example.com/team/app"),
        (DOCKER, "https://registry.example.com"),
        (".dockercfg", HOST),
    ];
    assert_eq!(found, pairs(&expected));
}

#[test]
fn podman_takes_all_names_of_docker_hub_for_one() {
    let home = Home::new();
    home.auths(PODMAN, &["docker.io", "https://index.docker.io/v1/"]);
    let found = entries(&stores(home.env(&[]), Told::default()), Client::Podman, "nginx");
    assert_eq!(found, pairs(&[(PODMAN, "docker.io"), (PODMAN, "https://index.docker.io/v1/")]));
}

#[test]
fn podman_reads_no_creds_store_and_gives_up_at_a_broken_file() {
    let home = Home::new();
    home.write(DOCKER, r#"{"credsStore":"all"}"#);
    let of = stores(home.env(&[]), helpers(&[("all", Ok(Some("a")))]));
    assert_eq!(entries(&of, Client::Podman, APP), []);
    home.write(PODMAN, "{\"auths\": hunter2");
    let of = stores(home.env(&[]), Told::default());
    let lookup = &of.lookups(&image(APP))[1];
    assert!(lookup.stopped && lookup.winner().is_none());
    let file = &lookup.files[0];
    assert_eq!(file.path, home.0.join(PODMAN));
    assert!(!file.problem.as_ref().unwrap().text.as_str().contains("hunter2"));
}

#[test]
fn helm_reads_its_own_file_and_then_dockers() {
    let home = Home::new();
    home.auths(HELM, &[HOST]);
    home.auths(DOCKER, &[HOST]);
    let of = stores(home.env(&[]), Told::default());
    assert_eq!(entries(&of, Client::Helm, APP), pairs(&[(HELM, HOST), (DOCKER, HOST)]));
}

#[test]
fn helm_uses_the_systems_store_when_its_file_configures_nothing() {
    let home = Home::new();
    let of = stores(home.env(&[]), helpers(&[("secretservice", Ok(Some("a")))]));
    assert_eq!(entries(&of, Client::Helm, APP), pairs(&[("docker-credential-secretservice", HOST)]));
    home.auths(HELM, &["other.example.com"]);
    let of = stores(home.env(&[]), helpers(&[("secretservice", Ok(Some("a")))]));
    assert_eq!(entries(&of, Client::Helm, APP), []);
}

#[test]
fn helms_file_is_where_its_variables_and_the_system_say() {
    let home = Path::new("/h");
    let env = |vars: &[(&str, &str)], os| Env {
        docker_config: None,
        vars: vars.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        home: home.into(),
        os,
        uid: 7,
    };
    for (vars, os, expected) in [
        (vec![], Os::Linux, "/h/.config/helm/registry/config.json"),
        (vec![], Os::MacOs, "/h/Library/Preferences/helm/registry/config.json"),
        (vec![("XDG_CONFIG_HOME", "/x")], Os::MacOs, "/x/helm/registry/config.json"),
        (vec![("HELM_CONFIG_HOME", "/c"), ("XDG_CONFIG_HOME", "/x")], Os::Linux, "/c/registry/config.json"),
        (vec![("HELM_REGISTRY_CONFIG", "/r.json"), ("HELM_CONFIG_HOME", "/c")], Os::Linux, "/r.json"),
        (vec![("APPDATA", "/a")], Os::Windows, "/a/helm/registry/config.json"),
    ] {
        assert_eq!(env(&vars, os).files(Client::Helm)[0], Path::new(expected));
    }
    assert_eq!(env(&[], Os::Linux).files(Client::Podman)[0], Path::new("/run/containers/7/auth.json"));
    assert_eq!(env(&[], Os::MacOs).files(Client::Podman)[0], Path::new("/h/.config/containers/auth.json"));
    let named = env(&[("REGISTRY_AUTH_FILE", "/a.json"), ("DOCKER_CONFIG", "/d")], Os::Linux);
    assert_eq!(named.files(Client::Podman), [Path::new("/a.json")]);
}

#[test]
fn every_holder_is_named_with_its_own_logout() {
    let home = Home::new();
    let image = image("public.ecr.aws/x/y:1");
    home.auths(HELM, &["public.ecr.aws"]);
    home.auths(DOCKER, &["public.ecr.aws"]);
    home.auths(PODMAN, &["public.ecr.aws/x"]);
    home.auths(".config/containers/auth.json", &["public.ecr.aws"]);
    let holders = stores(home.env(&[]), Told::default()).holders(&image);
    let told: Vec<(Vec<Client>, &str)> =
        holders.iter().map(|holder| (holder.clients.clone(), holder.logout[0].command.as_str())).collect();
    let other = format!(
        "podman logout --authfile {} public.ecr.aws",
        home.0.join(".config/containers/auth.json").display()
    );
    assert_eq!(
        told,
        [
            (vec![Client::Docker, Client::Podman, Client::Helm], "docker logout public.ecr.aws"),
            (vec![Client::Podman], "podman logout public.ecr.aws/x"),
            (vec![Client::Podman], other.as_str()),
            (vec![Client::Helm], "helm registry logout public.ecr.aws"),
        ]
    );
}

#[test]
fn docker_hub_and_the_keychain_have_commands_of_their_own() {
    let home = Home::new();
    home.write(DOCKER, r#"{"credsStore":"osxkeychain","auths":{"https://index.docker.io/v1/":{}}}"#);
    home.auths(HELM, &["https://index.docker.io/v1/"]);
    let of = stores(home.env(&[]), helpers(&[("osxkeychain", Ok(Some("a")))]));
    let holders = of.holders(&image("nginx"));
    assert_eq!(holders.len(), 2, "the empty entry beside the store holds nothing");
    let commands: Vec<&str> = holders[0].logout.iter().map(|fix| fix.command.as_str()).collect();
    assert_eq!(
        commands,
        [
            "docker logout",
            "printf %s https://index.docker.io/v1/ | docker-credential-osxkeychain erase",
            "security delete-internet-password -s index.docker.io",
        ]
    );
    assert!(holders[0].logout[2].what.starts_with("macOS only"));
    assert_eq!(holders[1].logout[0].command, "helm registry logout docker.io");
}

#[test]
fn a_key_from_a_file_cannot_leave_its_word_in_a_command() {
    let home = Home::new();
    home.auths(DOCKER, &["https://registry.example.com/'; rm -rf ~ #"]);
    let holders = stores(home.env(&[]), Told::default()).holders(&image(APP));
    assert_eq!(
        holders[0].logout[0].command,
        r"docker logout 'https://registry.example.com/'\''; rm -rf ~ #'"
    );
}

#[test]
fn a_helper_that_makes_credentials_has_no_logout() {
    let home = Home::new();
    home.write(DOCKER, r#"{"credHelpers":{"registry.example.com":"ecr-login"}}"#);
    let of = stores(home.env(&[]), helpers(&[("ecr-login", Ok(Some("AWS")))]));
    let holders = of.holders(&image(APP));
    let docker = holders.iter().find(|holder| holder.clients.contains(&Client::Docker)).unwrap();
    assert!(!docker.logout[0].command.contains("logout") && docker.logout[0].what.contains("keeps nothing"));
}

#[test]
fn the_probe_gets_each_stores_credential_once_and_nothing_is_shown() {
    let home = Home::new();
    home.auths(DOCKER, &[HOST]);
    home.write(HELM, r#"{"credsStore":"gone"}"#);
    let mut of = stores(home.env(&[]), Told::default());
    let (seen, credentials) = of.for_image(&image(APP));
    assert_eq!(credentials.len(), 1, "docker's entry, which podman and helm read as well");
    assert_eq!(credentials[0].seen.source, home.0.join(DOCKER).display().to_string());
    let failed = &seen.failed_helpers[0];
    assert_eq!(failed.program.as_str(), "docker-credential-gone");
    assert_eq!(failed.error.as_str(), "the program is not found in PATH");
    assert!(seen.helpers.is_empty(), "those are named by a builder's file and not asked");
    assert!(!serde_json::to_string(&seen).unwrap().contains("hunter2"));
}

#[cfg(unix)]
mod programs {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What a helper of this script says.
    fn run(script: &str, limit: Duration) -> Result<Option<Given>, HelperError> {
        run_until(script, limit, || false)
    }

    fn run_until(
        script: &str,
        limit: Duration,
        is_stopped: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Option<Given>, HelperError> {
        let home = Home::new();
        let file = home.write("docker-credential-test", &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", home.0.display(), std::env::var("PATH").unwrap());
        Programs::new(path.into(), limit).until(is_stopped).get("test", HOST)
    }

    fn error(script: &str) -> HelperError {
        run(script, LIMIT).err().unwrap()
    }

    #[test]
    fn a_helper_gets_the_server_and_gives_a_credential() {
        let given =
            run(r#"read -r server; echo "{\"Username\":\"$1 $server\",\"Secret\":\"hunter2\"}""#, LIMIT);
        let given = given.unwrap().unwrap();
        assert_eq!(given.username, format!("get {HOST}"));
        assert_eq!((given.secret.expose(), given.is_token), ("hunter2", false));
    }

    #[test]
    fn an_identity_token_is_known_by_its_user() {
        let given = run(r#"echo '{"Username":"<token>","Secret":"hunter2"}'"#, LIMIT).unwrap().unwrap();
        assert!(given.is_token && given.username.is_empty());
    }

    #[test]
    fn a_helper_that_has_nothing_is_no_error() {
        assert!(run("echo 'credentials not found in native keychain'; exit 1", LIMIT).unwrap().is_none());
    }

    #[test]
    fn errors_say_what_happened_and_nothing_of_what_was_written() {
        assert_eq!(error("echo hunter2; echo hunter2 >&2; exit 3"), HelperError::Exit(Some(3)));
        assert_eq!(error("echo '{\"Secret\": [\"hunter2\"]}'"), HelperError::Unreadable);
        for error in [HelperError::Exit(Some(3)), HelperError::Unreadable, HelperError::NoTime] {
            assert!(!error.to_string().contains("hunter2") && !error.to_string().is_empty());
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_told_and_a_path_is_none() {
        let programs = Programs::new("/nonexistent".into(), LIMIT);
        assert_eq!(programs.get("test", HOST).err(), Some(HelperError::NotFound));
        let programs = Programs::new("/bin:/usr/bin".into(), LIMIT);
        assert_eq!(programs.get("../../bin/sh", HOST).err(), Some(HelperError::NotFound));
    }

    #[test]
    fn a_helper_that_does_not_end_is_ended_with_what_it_started() {
        let home = Home::new();
        let pid = home.0.join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
        let limit = Duration::from_secs(2);
        assert_eq!(run(&script, limit).err(), Some(HelperError::TimedOut(limit)));
        assert_gone(&fs::read_to_string(&pid).unwrap());
    }

    #[test]
    fn a_helper_is_ended_with_what_it_started_when_the_user_stops() {
        let home = Home::new();
        let pid = home.0.join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
        let told = pid.clone();
        let is_stopped = move || fs::read_to_string(&told).is_ok_and(|text| text.ends_with('\n'));
        let ended = run_until(&script, Duration::from_secs(600), is_stopped);
        assert_eq!(ended.err(), Some(HelperError::Interrupted));
        assert_gone(&fs::read_to_string(&pid).unwrap());
    }

    #[test]
    fn no_helper_is_asked_once_the_user_has_stopped() {
        let home = Home::new();
        let ran = home.0.join("ran");
        let ended = run_until(&format!("touch {}", ran.display()), LIMIT, || true);
        assert_eq!(ended.err(), Some(HelperError::Interrupted));
        assert!(!ran.exists());
    }

    /// Helpers of this script that may run for ever, but for the time that is left for all.
    fn left(script: &str, time: Duration) -> Result<Option<Given>, HelperError> {
        let home = Home::new();
        let file = home.write("docker-credential-test", &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", home.0.display(), std::env::var("PATH").unwrap());
        let programs = Programs::new(path.into(), Duration::from_secs(600));
        programs.within(Some(std::time::Instant::now() + time)).get("test", HOST)
    }

    #[test]
    fn a_helper_gets_no_more_than_what_is_left_of_the_time_for_all() {
        let Some(HelperError::TimedOut(limit)) = left("sleep 600", Duration::from_secs(1)).err() else {
            panic!("it was not ended for want of time");
        };
        assert!(limit <= Duration::from_secs(1), "{limit:?}");
    }

    #[test]
    fn no_helper_is_asked_once_the_time_for_all_is_up() {
        let home = Home::new();
        let ran = home.0.join("ran");
        let script = format!("touch {}", ran.display());
        assert_eq!(left(&script, Duration::ZERO).err(), Some(HelperError::NoTime));
        assert!(!ran.exists());
    }

    #[test]
    fn the_time_that_a_helper_had_is_told_to_a_tenth_of_a_second() {
        let told = |millis| HelperError::TimedOut(Duration::from_millis(millis)).to_string();
        assert_eq!(told(5000), "it did not answer within 5 s");
        assert_eq!(told(1999), "it did not answer within 2 s");
        assert_eq!(told(1460), "it did not answer within 1.5 s");
    }

    fn assert_gone(pid: &str) {
        let status = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        let gone = || !status().contains(" (sleep) S");
        let waited = (0..500).any(|_| {
            gone() || {
                std::thread::sleep(Duration::from_millis(10));
                false
            }
        });
        assert!(waited, "the process that the helper started is still there");
    }

    #[test]
    fn a_helper_that_closes_its_output_and_stays_is_ended_as_well() {
        let limit = Duration::from_secs(1);
        assert_eq!(run("exec >&-; sleep 600", limit).err(), Some(HelperError::TimedOut(limit)));
    }

    #[test]
    fn a_flood_is_cut_and_cannot_be_read() {
        assert_eq!(error("head -c 1000000 /dev/zero; exit 0"), HelperError::Unreadable);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_told_and_not_waited_for() {
    let home = Home::new();
    let pipe = home.write(DOCKER, "");
    fs::remove_file(&pipe).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (seen, credentials) = stores(home.env(&[]), Told::default()).for_image(&image(APP));
    assert!(credentials.is_empty());
    assert!(seen.broken[0].error.as_str().contains("it is a pipe"), "{:?}", seen.broken);
}

#[test]
fn a_helper_that_is_remembered_is_asked_once() {
    let helpers = Remembered::new(Told { answers: [("x", Ok(Some("ci")))].into(), ..Told::default() });
    for _ in 0..3 {
        assert_eq!(helpers.get("x", "r.example.com").unwrap().unwrap().username, "ci");
    }
    assert!(helpers.get("y", "r.example.com").is_err());
    assert_eq!(helpers.into_inner().asked.borrow().len(), 2);
}

#[test]
fn a_named_docker_configuration_is_all_that_there_is_and_has_its_own_logout() {
    let home = Home::new();
    home.auths(".docker/config.json", &["r.example.com"]);
    let usual = home.auths("ci/config.json", &["r.example.com"]);
    let other = home.auths("ci/other.json", &["r.example.com"]);
    let image = Reference::parse("r.example.com/a").unwrap();
    let holders = |file: &Path| {
        let env = Env { docker_config: Some(file.to_path_buf()), ..home.env(&[]) };
        Stores::new(env, Told::default(), RunKey::random().unwrap()).only(&[Client::Docker]).holders(&image)
    };
    let [holder] = holders(&usual).try_into().unwrap();
    let folder = usual.parent().unwrap().display().to_string();
    assert_eq!(holder.logout[0].command, format!("docker --config {folder} logout r.example.com"));
    let [holder] = holders(&other).try_into().unwrap();
    assert_eq!(holder.place, Place::File(other.clone()));
    assert!(holder.logout[0].command.ends_with("/ci/other.json"), "{}", holder.logout[0].command);
}

#[test]
fn what_each_client_has_is_told_without_the_credentials() {
    let home = Home::new();
    let docker = home.auths(".docker/config.json", &["r.example.com"]);
    home.auths(".config/helm/registry/config.json", &["r.example.com"]);
    let stores = Stores::new(home.env(&[]), Told::default(), RunKey::random().unwrap());
    let seen = stores.seen("r.example.com/a");
    let told: Vec<(&str, usize)> = seen.iter().map(|one| (one.client.as_str(), one.entries.len())).collect();
    assert_eq!(told, [("docker", 1), ("podman", 1), ("helm", 2)]);
    assert_eq!(seen[0].entries[0].place.as_str(), docker.display().to_string());
    assert!(seen.iter().flat_map(|one| &one.entries).all(|entry| !entry.logout.is_empty()));
    let json = serde_json::to_string(&seen).unwrap();
    assert!(!json.contains("hunter2") && !json.contains(&STANDARD.encode("user0:hunter2")), "{json}");
    assert!(stores.seen("NO IMAGE").is_empty());
}
