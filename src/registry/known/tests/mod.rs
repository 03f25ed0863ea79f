mod recorded;
mod words;

use proptest::prelude::*;

use super::row::Granted;
use super::*;
use crate::finding::Code as C;
use crate::registry::api_error::{ErrorBody, is_from_registry};
use crate::registry::challenge::{Challenge, parse_all};
use crate::registry::claims::{Access, Claims};
use crate::registry::rate_limit::RateLimit;
use crate::text::Clean;

/// An answer in the making: what is not said is a pull at the registry, with a challenge, for `team/app`.
struct Case {
    provider: Provider,
    action: Action,
    place: Place,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    credential: Option<SentCredential>,
    claims: Option<Claims>,
    repository: String,
}

fn case(host: &str, status: u16, body: &str) -> Case {
    Case {
        provider: Provider::of_host(host),
        action: Action::Pull,
        place: Place::Registry,
        status,
        headers: Vec::new(),
        body: body.to_owned(),
        credential: None,
        claims: None,
        repository: "team/app".into(),
    }
}

fn error(code: &str, message: &str) -> String {
    serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string()
}

fn claims(sub: Option<&str>, access: Option<&[&str]>) -> Claims {
    let grant = |actions: &[&str]| {
        let actions = actions.iter().map(|action| Clean::new(action)).collect();
        vec![Access { kind: Clean::new("repository"), name: Clean::new("team/app"), actions }]
    };
    Claims { sub: sub.map(Clean::new), access: access.map(grant), ..Claims::default() }
}

impl Case {
    fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    fn push(mut self) -> Self {
        self.action = Action::Push;
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn sent(self) -> Self {
        self.sent_with(None)
    }

    fn sent_with(mut self, expired: Option<bool>) -> Self {
        self.credential = Some(SentCredential { user: Some(Clean::new("someone")), expired });
        self
    }

    fn token(mut self, claims: Claims) -> Self {
        self.claims = Some(claims);
        self
    }

    fn of(mut self, repository: &str) -> Self {
        self.repository = repository.to_owned();
        self
    }

    fn judge(&self) -> Judgement {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let errors = ErrorBody::parse(self.body.as_bytes());
        let challenges: Vec<Challenge> =
            parse_all(crate::registry::header::values(&headers, "www-authenticate"));
        let server = crate::registry::header::first(&headers, "server");
        judge(&Answer {
            provider: &self.provider.clone().refined(&challenges, server),
            action: self.action,
            place: self.place,
            status: self.status,
            from_registry: is_from_registry(&headers, &errors).any(),
            errors: &errors,
            challenges: &challenges,
            credential: self.credential.as_ref(),
            claims: self.claims.as_ref(),
            repository: &self.repository,
            limit: &RateLimit::parse(&headers),
        })
    }

    /// The first cause, and whether it is certain.
    fn first(&self) -> (C, bool) {
        let found = self.judge();
        (found.candidates[0].code, found.candidates[0].certain)
    }
}

#[test]
fn a_stranger_is_never_a_missing_right() {
    for status in [401, 403] {
        let page = case("r.example.com", status, "<html><title>Blocked</title></html>").sent();
        assert_eq!(page.first(), (C::UnexpectedResponder, true));
        for body in ["", "Forbidden", r#"{"message":"Forbidden"}"#] {
            for place in [Place::Registry, Place::Blob, Place::TokenService, Place::Storage] {
                let found = case("r.example.com", status, body).at(place).sent().judge();
                assert_eq!(found.candidates[0].code, C::UnexpectedResponder, "{status} {body} {place:?}");
                assert!(!found.candidates[0].certain && found.missing.is_none());
            }
        }
    }
    assert_eq!(case("r.example.com", 407, "").first(), (C::ProxyFailed, true));
    assert_eq!(case("r.example.com", 200, "<html>Sign in</html>").first(), (C::UnexpectedResponder, true));
}

#[test]
fn distribution_with_htpasswd_asks_everybody() {
    let basic = |case: Case| case.header("www-authenticate", r#"Basic realm="Registry Realm""#);
    let body = error("UNAUTHORIZED", "authentication required");
    assert_eq!(basic(case("r.example.com", 401, &body)).first(), (C::NoCredential, true));
    assert_eq!(basic(case("r.example.com", 401, &body)).sent().first(), (C::CredentialRejected, false));
    let over = basic(case("r.example.com", 401, &body)).sent_with(Some(true));
    assert_eq!(over.first(), (C::CredentialExpired, true));
    let fresh = basic(case("r.example.com", 401, &body)).sent_with(Some(false)).judge();
    assert!(fresh.candidates.iter().all(|candidate| candidate.code != C::CredentialExpired));
}

#[test]
fn what_a_token_grants_tells_the_right_from_the_credential() {
    let denied = |case: Case| case.header("docker-distribution-api-version", "registry/2.0");
    let body = error("UNAUTHORIZED", "authentication required");
    let of = |claims: Claims| denied(case("r.example.com", 401, &body)).sent().token(claims);
    assert_eq!(of(claims(Some("dev"), Some(&[]))).first(), (C::PermissionDenied, false));
    assert_eq!(of(claims(Some("dev"), Some(&["pull"]))).push().first(), (C::PushDenied, false));
    assert_eq!(of(claims(None, Some(&[]))).first(), (C::CredentialRejected, false));
    assert_eq!(of(claims(Some("dev"), Some(&["pull"]))).first(), (C::TokenTimeRejected, false));
    let anonymous = denied(case("r.example.com", 401, &body)).token(claims(None, Some(&[])));
    assert_eq!(anonymous.first(), (C::NoCredential, false));
}

#[test]
fn a_registry_that_may_hide_what_may_not_be_read_is_not_certain_that_there_is_none() {
    for host in ["r.example.com", "europe-docker.pkg.dev"] {
        let unknown = case(host, 404, &error("NAME_UNKNOWN", "x")).sent();
        assert_eq!(unknown.judge().candidates[1].code, C::PermissionDenied, "{host}");
        assert_eq!(unknown.first(), (C::ImageNotFound, false), "{host}");
    }
}

#[test]
fn missing_images_and_broken_servers_are_told_apart() {
    let registry = |status, code: &str| case("r.example.com", status, &error(code, "x"));
    assert_eq!(registry(404, "MANIFEST_UNKNOWN").first(), (C::ImageNotFound, true));
    assert_eq!(registry(404, "NAME_UNKNOWN").first(), (C::ImageNotFound, false));
    assert_eq!(registry(404, "MANIFEST_UNKNOWN").sent().first(), (C::ImageNotFound, true));
    assert_eq!(registry(404, "NAME_UNKNOWN").sent().push().first(), (C::RepositoryNotFound, false));
    assert_eq!(registry(404, "BLOB_UNKNOWN").at(Place::Blob).sent().first(), (C::ContentCorrupt, false));
    assert_eq!(
        case("r.example.com", 404, "404 page not found").of("").first(),
        (C::UnexpectedResponder, false)
    );
    assert_eq!(registry(500, "UNKNOWN").first(), (C::RegistryServerError, true));
    assert_eq!(
        case("r.example.com", 502, "<html>Bad Gateway</html>").first(),
        (C::RegistryServerError, false)
    );
    assert_eq!(
        case("r.example.com", 503, "").at(Place::TokenService).first(),
        (C::TokenServiceUnreachable, true)
    );
    assert_eq!(registry(405, "UNSUPPORTED").push().sent().first(), (C::RegistryReadOnly, true));
    assert_eq!(
        case("r.example.com", 418, "").header("www-authenticate", "Basic realm=x").first(),
        (C::Unknown, false)
    );
}

#[test]
fn a_right_is_named_for_every_known_registry() {
    for host in [
        "x-docker.pkg.dev",
        "gcr.io",
        "123456789012.dkr.ecr.r.amazonaws.com",
        "a.azurecr.io",
        "ghcr.io",
        "docker.io",
        "quay.io",
        "registry.gitlab.com",
        "a.jfrog.io",
    ] {
        let provider = Provider::of_host(host);
        assert!(
            provider.right(Action::Pull).is_some_and(|right| Some(right) != provider.right(Action::Push)),
            "{host}"
        );
    }
    assert_eq!(Provider::Other.right(Action::Pull), None);
}

#[test]
fn every_row_names_a_cause_and_certain_rows_only_one() {
    let all = [
        cloud::GOOGLE,
        cloud::ECR,
        cloud::ECR_PUBLIC,
        cloud::AZURE,
        hosted::GITHUB,
        hosted::DOCKER_HUB,
        hosted::QUAY,
        hosted::GITLAB,
        harbor::ROWS,
        selfhosted::ARTIFACTORY,
        selfhosted::NEXUS,
        generic::ROWS,
    ];
    for row in all.into_iter().flatten() {
        assert!(!row.codes.is_empty() && !row.meaning.is_empty());
        assert!(!row.certain || row.codes.len() == 1, "{}", row.meaning);
    }
}

proptest! {
    #[test]
    fn at_most_one_cause_is_certain_and_then_it_is_the_only_one(
        host in "(docker.io|quay.io|ghcr.io|public.ecr.aws|a.azurecr.io|gcr.io|r.example.com)",
        status in 200u16..600, code in "(DENIED|UNAUTHORIZED|NAME_UNKNOWN|TOOMANYREQUESTS|X)", message in ".{0,60}",
        place in prop::sample::select(vec![Place::Registry, Place::TokenService, Place::Blob, Place::Storage]),
        sent in prop::option::of(prop::option::of(any::<bool>())), push in any::<bool>()
    ) {
        let mut case = case(&host, status, &error(&code, &message)).at(place);
        if let Some(expired) = sent {
            case = case.sent_with(expired);
        }
        if push {
            case = case.push();
        }
        let found = case.judge();
        prop_assert!(!found.candidates.is_empty());
        prop_assert!(found.candidates.iter().all(|one| !one.certain) || found.candidates.len() == 1);
        prop_assert!(found.candidates.iter().all(|one| one.certain != one.settle_by.is_some()));
        let codes: std::collections::BTreeSet<_> = found.candidates.iter().map(|one| one.code).collect();
        prop_assert_eq!(codes.len(), found.candidates.len());
        prop_assert!(!push || !codes.contains(&C::PermissionDenied) && !codes.contains(&C::ImageNotFound));
        prop_assert!(sent.is_some() || found.candidates[0].code != C::CredentialRejected);
    }
}

#[test]
fn a_token_grants_or_does_not() {
    let own = claims(Some("dev"), Some(&["pull"]));
    let (errors, limit) = (ErrorBody::default(), RateLimit::default());
    let provider = Provider::Other;
    let answer = Answer {
        provider: &provider,
        action: Action::Pull,
        place: Place::Registry,
        status: 401,
        errors: &errors,
        challenges: &[],
        from_registry: true,
        credential: None,
        claims: Some(&own),
        repository: "team/app",
        limit: &limit,
    };
    assert_eq!(answer.granted(), Some(Granted::Yes));
    assert_eq!(Answer { action: Action::Push, ..answer }.granted(), Some(Granted::No));
    assert_eq!(Answer { repository: "", ..answer }.granted(), None);
    assert_eq!(Answer { claims: None, ..answer }.granted(), None);
}
