//! What known registries say in their own words.

use super::*;
use crate::registry::rate_limit::LimitKind;

#[test]
fn hosts_tell_the_provider() {
    for (host, expected) in [
        ("europe-west1-docker.pkg.dev", Provider::ArtifactRegistry),
        ("eu.gcr.io", Provider::Gcr),
        ("public.ecr.aws", Provider::EcrPublic),
        ("team.azurecr.io:443", Provider::Acr),
        ("GHCR.io", Provider::Ghcr),
        ("docker.io", Provider::DockerHub),
        ("registry-1.docker.io", Provider::DockerHub),
        ("quay.io", Provider::Quay),
        ("registry.gitlab.com", Provider::GitLab),
        ("team.jfrog.io", Provider::Artifactory),
        ("notgcr.io.example.com", Provider::Other),
        ("evilgcr.io", Provider::Other),
        ("", Provider::Other),
    ] {
        assert_eq!(Provider::of_host(host), expected, "{host}");
    }
    let ecr = |account: &str, region: &str| Provider::Ecr {
        account: Clean::new(account),
        region: Clean::new(region),
    };
    for (host, region) in [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
    ] {
        assert_eq!(Provider::of_host(host), ecr("123456789012", region), "{host}");
    }
    assert_eq!(Provider::of_host("12345.dkr.ecr.eu-west-1.amazonaws.com"), Provider::Other);
}

#[test]
fn answers_tell_the_provider_where_the_host_does_not() {
    let of = |challenge: &str, server: Option<&str>| Provider::Other.refined(&parse_all([challenge]), server);
    assert_eq!(
        of(r#"Bearer realm="https://h/service/token",service="harbor-registry""#, None),
        Provider::Harbor
    );
    assert_eq!(of(r#"Basic realm="harbor""#, None), Provider::Harbor);
    assert_eq!(of(r#"Basic realm="Sonatype Nexus Repository Manager""#, None), Provider::Nexus);
    assert_eq!(of("", Some("Nexus/3.70.1-02 (OSS)")), Provider::Nexus);
    assert_eq!(of(r#"Basic realm="Artifactory Realm""#, None), Provider::Artifactory);
    assert_eq!(
        of(r#"Bearer realm="https://a/artifactory/api/docker/docker-hub/v2/token""#, None),
        Provider::Artifactory
    );
    assert_eq!(
        of(r#"Bearer realm="https://g/jwt/auth",service="container_registry""#, None),
        Provider::GitLab
    );
    assert_eq!(of(r#"Basic realm="Registry""#, Some("nginx")), Provider::Other);
    let known = Provider::Quay.refined(&parse_all([r#"Basic realm="harbor""#]), None);
    assert_eq!(known, Provider::Quay);
}

#[test]
fn clouds_are_read_in_their_own_words() {
    let gar = "europe-west1-docker.pkg.dev";
    let denied = error(
        "DENIED",
        "Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/p/locations/l/repositories/r\" (or it may not exist)",
    );
    let found = case(gar, 403, &denied).sent().judge();
    assert_eq!(found.candidates[0].code, C::PermissionDenied);
    assert_eq!(found.candidates[1].code, C::ImageNotFound);
    let missing = found.missing.unwrap();
    assert_eq!(missing.right, "artifactregistry.repositories.downloadArtifacts");
    assert_eq!(missing.role, "roles/artifactregistry.reader");
    let push = case(gar, 403, &denied.replace("download", "upload")).sent().push().judge();
    assert_eq!((push.candidates[0].code, push.candidates[1].code), (C::PushDenied, C::RepositoryNotFound));
    assert_eq!(push.missing.unwrap().role, "roles/artifactregistry.writer");
    let nobody =
        error("DENIED", "Unauthenticated request. Unauthenticated requests do not have permission \"x\"");
    assert_eq!(case(gar, 403, &nobody).at(Place::TokenService).first(), (C::NoCredential, false));
    assert_eq!(
        case(gar, 401, &error("UNAUTHORIZED", "failed authentication")).sent().first(),
        (C::CredentialExpired, false)
    );

    let ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    let over = error("DENIED", "Your authorization token has expired. Reauthenticate and try again.");
    assert_eq!(case(ecr, 403, &over).sent().first(), (C::CredentialExpired, true));
    let right = error(
        "DENIED",
        "User: arn:aws:iam::1:user/x is not authorized to perform: ecr:BatchGetImage on resource: y",
    );
    assert_eq!(case(ecr, 403, &right).sent().first(), (C::PermissionDenied, true));
    assert!(case(ecr, 403, &right).sent().judge().missing.unwrap().right.contains("ecr:BatchGetImage"));
    let none =
        error("NAME_UNKNOWN", "The repository with name 'app' does not exist in the registry with id '1'");
    assert_eq!(case(ecr, 404, &none).sent().push().first(), (C::RepositoryNotFound, true));
    let basic = case(ecr, 401, "Not Authorized")
        .header("www-authenticate", r#"Basic realm="https://x/",service="ecr.amazonaws.com""#);
    assert_eq!(basic.judge().candidates[1].code, C::CredentialNotVisible);
    assert_eq!(case(ecr, 403, "").at(Place::Storage).sent().first(), (C::EgressBlocked, false));
    assert_eq!(case("public.ecr.aws", 403, &over).sent().first(), (C::StaleCredential, false));
    assert_eq!(case("public.ecr.aws", 403, &over).sent_with(Some(true)).first(), (C::StaleCredential, false));
    assert_eq!(case("public.ecr.aws", 403, &over).sent().push().first(), (C::CredentialExpired, true));

    let acr = "team.azurecr.io";
    let wall = error(
        "DENIED",
        "client with IP '192.0.2.1' is not allowed access. Refer https://aka.ms/acr/firewall",
    );
    assert_eq!(case(acr, 403, &wall).first(), (C::RefusedByPolicy, false));
    let body = error("UNAUTHORIZED", "authentication required, visit https://aka.ms/acr/authorization");
    let found = case(acr, 401, &body).at(Place::TokenService).sent_with(Some(true)).judge();
    assert_eq!((found.candidates[0].code, found.candidates[0].certain), (C::CredentialExpired, true));
}

#[test]
fn hosted_registries_are_read_in_their_own_words() {
    let ghcr = case("ghcr.io", 403, &error("DENIED", "denied")).at(Place::TokenService).sent().judge();
    let codes: Vec<_> = ghcr.candidates.iter().map(|candidate| candidate.code).collect();
    assert_eq!(codes[..3], [C::CredentialRejected, C::CredentialExpired, C::StaleCredential]);
    assert_eq!(
        case("ghcr.io", 403, &error("DENIED", "permission_denied: write_package")).sent().push().first(),
        (C::PushDenied, true)
    );
    let hub = |status, body: &str| case("docker.io", status, body);
    let wrong = hub(401, r#"{"details":"incorrect username or password"}"#).at(Place::TokenService).sent();
    assert_eq!(wrong.first(), (C::CredentialRejected, false));
    let locked = error("TOOMANYREQUESTS", "too many failed login attempts for username or IP address");
    assert_eq!(hub(429, &locked).at(Place::TokenService).sent().first(), (C::AccountLocked, true));
    let official = hub(401, &error("UNAUTHORIZED", "authentication required")).of("library/app");
    assert_eq!(official.first(), (C::ImageNotFound, false));
    let quay =
        case("quay.io", 401, r#"{"error":"Could not find robot with username: t+r and supplied password."}"#)
            .header("www-authenticate", "Basic")
            .at(Place::TokenService)
            .sent();
    assert_eq!(quay.first(), (C::CredentialRejected, false));
    let gitlab =
        case("registry.gitlab.com", 403, &error("DENIED", "access forbidden")).sent().at(Place::TokenService);
    assert_eq!(gitlab.first(), (C::PermissionDenied, false));
    assert_eq!(gitlab.judge().missing.unwrap().right, "read_registry");
}

#[test]
fn docker_hubs_limits_have_their_kind() {
    let pulls = error(
        "TOOMANYREQUESTS",
        "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
    );
    let found = case("docker.io", 429, &pulls).judge();
    assert_eq!((found.candidates[0].code, found.limit), (C::RateLimited, Some(LimitKind::AnonymousPulls)));
    let abuse = case("docker.io", 429, "<html>Too Many Requests</html>").sent().judge();
    assert_eq!((abuse.candidates[0].code, abuse.limit), (C::RateLimited, Some(LimitKind::Abuse)));
    assert_eq!(case("ghcr.io", 429, "").judge().limit, Some(LimitKind::Registry));
}
