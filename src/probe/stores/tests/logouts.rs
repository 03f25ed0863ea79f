//! The commands that remove a credential from the store that holds it.

use super::*;

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
