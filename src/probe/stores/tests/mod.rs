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
mod logouts;
#[cfg(unix)]
mod programs;

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
