//! Files that one client cannot read and another can, entries that hold nothing, keys that nearly match.

use super::*;
use crate::registry::near_miss::{MissReason, Useless};

/// A docker configuration with a good entry, and one whose `auth` is this.
fn beside(auth: &str) -> String {
    let good = STANDARD.encode("ci:hunter2");
    format!(r#"{{"auths":{{"{HOST}":{{"auth":"{good}"}},"bad.example.com":{{"auth":{auth}}}}}}}"#)
}

fn lookup(stores: &Stores<Told>, client: Client) -> Lookup {
    stores.lookups(&image(APP)).into_iter().find(|lookup| lookup.client == client).unwrap()
}

fn problem(lookup: &Lookup) -> Option<String> {
    lookup.files.iter().find_map(|file| Some(file.problem.as_ref()?.text.to_string()))
}

#[test]
fn one_broken_auth_costs_docker_the_whole_file_and_the_others_go_on() {
    let unpadded = format!("\"{}\"", STANDARD.encode("uu:hunter2").trim_end_matches('='));
    let no_colon = format!("\"{}\"", STANDARD.encode("hunter2"));
    for auth in ["\"hunter2!\"", no_colon.as_str(), unpadded.as_str()] {
        let home = Home::new();
        home.write(DOCKER, &beside(auth));
        let of = stores(home.env(&[]), Told::default());
        let docker = lookup(&of, Client::Docker);
        assert!(docker.winner().is_none() && !docker.stopped, "docker goes on without it");
        let told = problem(&docker).unwrap();
        assert!(told.contains("in the entry `bad.example.com` (line 1, column "), "{told}");
        assert!(!told.contains("hunter2") && !told.contains(auth.trim_matches('"')), "{told}");
        for client in [Client::Podman, Client::Helm] {
            let other = lookup(&of, client);
            assert_eq!((problem(&other), other.entries.len()), (None, 1), "{client:?} never looks at it");
        }
    }
}

#[test]
fn docker_goes_on_with_the_helpers_of_a_file_whose_entries_it_cannot_decode() {
    let home = Home::new();
    home.write(DOCKER, r#"{"auths":{"bad.example.com":{"auth":"!"}},"credsStore":"all"}"#);
    let of = stores(home.env(&[]), helpers(&[("all", Ok(Some("a")))]));
    assert_eq!(entries(&of, Client::Docker, APP), pairs(&[("docker-credential-all", HOST)]));
    assert!(problem(&lookup(&of, Client::Docker)).is_some());
}

#[test]
fn a_value_of_a_wrong_type_stops_podman_in_any_entry_and_helm_in_the_one_it_asks_for() {
    let home = Home::new();
    home.write(DOCKER, &beside("5"));
    let of = stores(home.env(&[]), Told::default());
    assert!(lookup(&of, Client::Podman).stopped && lookup(&of, Client::Docker).winner().is_none());
    assert_eq!(lookup(&of, Client::Helm).entries.len(), 1);
    home.write(DOCKER, &format!(r#"{{"auths":{{"{HOST}":{{"auth":5}}}}}}"#));
    assert!(lookup(&of, Client::Helm).stopped);
}

#[test]
fn a_broken_auth_of_the_registry_itself_stops_podman_and_helm() {
    let home = Home::new();
    home.write(DOCKER, &format!(r#"{{"auths":{{"{HOST}":{{"auth":"hunter2!"}}}}}}"#));
    let mut of = stores(home.env(&[]), Told::default());
    let (seen, credentials) = of.for_image(&image(APP));
    let [one] = seen.broken.as_slice() else { panic!("{:?}", seen.broken) };
    assert_eq!(one.clients, ["docker", "podman", "helm"]);
    assert_eq!(one.stops, ["podman", "helm"]);
    let position = one.position.unwrap();
    assert_eq!((position.line, position.column), (1, 42));
    assert!(credentials.is_empty() && seen.empty.is_empty() && seen.near_misses.is_empty());
}

#[test]
fn a_broken_variable_is_passed_over_by_docker() {
    let home = Home::new();
    home.auths(DOCKER, &[HOST]);
    let of = stores(home.env(&[("DOCKER_AUTH_CONFIG", &beside("\"!\""))]), Told::default());
    assert_eq!(entries(&of, Client::Docker, APP), pairs(&[(DOCKER, HOST)]));
}

#[test]
fn an_entry_that_is_there_and_empty_is_told_as_such() {
    let home = Home::new();
    let file =
        home.write(DOCKER, &format!(r#"{{"auths":{{"{HOST}":{{}},"registry.example.com:5000":{{}}}}}}"#));
    let mut of = stores(home.env(&[]), Told::default());
    let (seen, credentials) = of.for_image(&image(APP));
    assert!(credentials.is_empty() && seen.near_misses.is_empty());
    let [one] = seen.empty.as_slice() else { panic!("{:?}", seen.empty) };
    assert_eq!((one.source.as_str(), one.key.as_str()), (&*file.display().to_string(), HOST));
    assert_eq!(one.useless, Some(Useless::Empty));
    let told = of.seen(APP);
    assert_eq!((told[0].entries.len(), told[0].empty.len()), (0, 1));
    assert_eq!(told[0].empty[0].logout[0].command, format!("docker logout {HOST}"));
}

#[test]
fn an_empty_entry_of_the_longest_key_hides_the_shorter_ones_of_its_file_from_podman() {
    let home = Home::new();
    let auth = STANDARD.encode("ci:hunter2");
    let text = format!(r#"{{"auths":{{"{HOST}/team":{{}},"{HOST}":{{"auth":"{auth}"}}}}}}"#);
    home.write(PODMAN, &text);
    home.auths(DOCKER, &[HOST]);
    let of = stores(home.env(&[]), Told::default());
    assert_eq!(entries(&of, Client::Podman, APP), pairs(&[(DOCKER, HOST)]));
}

#[test]
fn keys_that_nearly_match_are_told_once_where_no_client_has_anything() {
    let home = Home::new();
    home.auths(DOCKER, &["registry.example.com:5000", "other.example.org"]);
    home.auths(PODMAN, &["registry.example.com/other"]);
    let mut of = stores(home.env(&[]), Told::default());
    let (seen, _) = of.for_image(&image(APP));
    let told: Vec<(&str, &MissReason)> =
        seen.near_misses.iter().map(|miss| (miss.key.as_str(), &miss.reason)).collect();
    let path = MissReason::OtherPath { key: Clean::new("/other"), image: Clean::new("/team/app") };
    let port = MissReason::SuperfluousPort { key: "5000".into() };
    assert_eq!(told, [("registry.example.com:5000", &port), ("registry.example.com/other", &path)]);
    home.auths(HELM, &[HOST]);
    assert!(of.for_image(&image(APP)).0.near_misses.is_empty(), "helm has one");
}

#[test]
fn a_file_that_has_nothing_for_any_registry_is_none_that_misses_one() {
    let home = Home::new();
    home.write(DOCKER, r#"{"auths":{},"currentContext":"x"}"#);
    let (seen, _) = stores(home.env(&[]), Told::default()).for_image(&image(APP));
    assert!(seen.sources.is_empty() && seen.broken.is_empty(), "{seen:?}");
}
