//! Scripted registries that speak HTTPS: each on a port of its own, so that one run can meet several.

use serde_json::json;

use super::cluster::Cluster;
use super::scripted::Behaviour;
use super::scripted::servers::content::Content;
use super::scripted::servers::pki::{Ca, NOW};
use super::scripted::servers::registry::{Class, Who};
use super::scripted::servers::{
    Account, Accounts, Fault, Registry, Reply, Rights, Servers, TokenService, Wire, WrongPassword,
};

/// The subject of the private registries' authority (tests/cluster/pki).
const AUTHORITY: &str = "private registry CA";
/// Who may push to the registry that refuses at times.
const PUSHER: Account = Account { user: "joe", password: "planted-scripted-password", rights: Rights::Push };

/// Servers on the addresses of the cluster's scripted registry, and the authority that nodes trust.
struct World<'a> {
    servers: Servers,
    cluster: &'a Cluster,
    ca: Ca,
}

/// The servers of a behaviour; `None` for one that speaks plain HTTP.
pub fn start(cluster: &Cluster, behaviour: Behaviour) -> Option<Servers> {
    let serve: fn(&World<'_>) = match behaviour {
        Behaviour::ExpiredCredentials => expired_credentials,
        Behaviour::StaleCredential => stale_credential,
        Behaviour::BadCertificates => bad_certificates,
        Behaviour::StrangeAnswers => strange_answers,
        Behaviour::DockerHub => docker_hub,
        Behaviour::RefusesOnePushInTen => refuses_one_push_in_ten,
        _ => return None,
    };
    let key = std::fs::read_to_string(cluster.setting("SCRIPTED_CA_KEY")).expect("the authority's key");
    let servers = Servers::new(Accounts::of(vec![PUSHER]));
    let world = World { servers, cluster, ca: Ca::of_key(AUTHORITY, &key) };
    serve(&world);
    Some(world.servers)
}

impl World<'_> {
    /// The name of the scripted registry.
    fn host(&self) -> &str {
        let registry = self.cluster.setting("SCRIPTED_TLS_REGISTRY");
        registry.rsplit_once(':').map_or(registry, |(host, _)| host)
    }

    /// A registry on the port `508`NUMBER.
    fn serve(&self, number: u16, wire: Wire, registry: Registry) {
        self.serve_at(5080 + number, wire, registry);
    }

    fn serve_at(&self, port: u16, wire: Wire, registry: Registry) {
        let bound = self.servers.bind_at(&format!("{}:{port}", self.cluster.setting("HOST_IP")));
        self.servers.serve(bound, &port.to_string(), wire, move |request| registry.answer(request));
    }

    /// A sound certificate for a name.
    fn sound(&self, host: &str) -> Wire {
        Wire::Https(self.ca.issue(host, NOW).server())
    }

    fn open(&self) -> Registry {
        Registry::open(&self.servers.accounts)
    }

    /// A registry with its token service on the same host, which answers this to every credential that it does not
    /// know.
    fn with_tokens(&self, host: &str, number: u16, nobody: Option<Rights>, refusal: Reply) -> Registry {
        let accounts = &self.servers.accounts;
        let mut registry = Registry::bearer(accounts, &format!("https://{host}:{}/token", 5080 + number));
        let wrong_password = WrongPassword::Refused(refusal);
        registry.token = Some(TokenService { nobody, wrong_password, ..TokenService::new(accounts) });
        registry
    }
}

/// 1: ECR, 2: Artifact Registry, 3: Azure; under names that the scenario gives them.
fn expired_credentials(world: &World<'_>) {
    let ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    let words = "Your authorization token has expired. Reauthenticate and try again.";
    let expired = Fault::everywhere(Reply::error(403, "DENIED", words)).to(Who::Somebody);
    let registry = Registry::basic(&world.servers.accounts).fault(expired);
    world.serve(1, world.sound(ecr), registry);
    let google = "europe-docker.pkg.dev";
    let refusal = Reply::error(401, "UNAUTHORIZED", "authentication failed");
    world.serve(2, world.sound(google), world.with_tokens(google, 2, None, refusal));
    let azure = "example.azurecr.io";
    let words = "authentication required, visit https://aka.ms/acr/authorization for more information.";
    let refusal = Reply::error(401, "UNAUTHORIZED", words);
    world.serve(3, world.sound(azure), world.with_tokens(azure, 3, None, refusal));
}

fn stale_credential(world: &World<'_>) {
    let refusal = Reply::error(403, "DENIED", "Your authorization token has expired.");
    let registry = world.with_tokens(world.host(), 1, Some(Rights::Pull), refusal);
    world.serve(1, world.sound(world.host()), registry);
}

/// 1: expired, 2: not valid yet, 3: for another name, 4: its token service's (5) by another authority, 6: none, HTTP.
fn bad_certificates(world: &World<'_>) {
    let host = world.host();
    let wire = |name: &str, years| Wire::Https(world.ca.issue(name, years).server());
    world.serve(1, wire(host, (2010, 2011)), world.open());
    world.serve(2, wire(host, (2090, 2091)), world.open());
    world.serve(3, wire("other.registry.test", NOW), world.open());
    let auth = world.cluster.setting("SCRIPTED_AUTH_HOST");
    let refusal = Reply::new(401);
    let realm = world.with_tokens(auth, 5, Some(Rights::Pull), refusal.clone());
    world.serve(4, world.sound(host), realm);
    let stranger = Wire::Https(Ca::new("another authority", NOW).issue(auth, NOW).server());
    world.serve(5, stranger, world.with_tokens(auth, 5, Some(Rights::Pull), refusal));
    world.serve(6, Wire::Http, world.open());
}

/// 1: a captive portal, 2: Docker Hub's limit, 3: 500, 4: a proxy's 502, 5: blobs on a host that is not there.
fn strange_answers(world: &World<'_>) {
    let errors = json!({"errors": [{
        "code": "TOOMANYREQUESTS",
        "message": "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
    }]});
    let limited = Reply::json(429, &errors)
        .marked()
        .header("ratelimit-limit", "100;w=21600")
        .header("ratelimit-remaining", "0;w=21600")
        .header("docker-ratelimit-source", "192.0.2.1");
    let nowhere = format!("https://{}/blob", world.cluster.setting("UNRESOLVED_HOST"));
    let faults = [
        Fault::everywhere(Reply::page(200, "Guest network: please sign in")),
        Fault::at(Class::Manifest, limited),
        Fault::everywhere(Reply::new(500)),
        Fault::everywhere(Reply::page(502, "Bad Gateway").header("Server", "nginx")),
        Fault::at(Class::Blob, Reply::redirect(&nowhere)),
    ];
    for (number, fault) in (1..).zip(faults) {
        // What a node has of another registry is not fetched again.
        let mut registry = world.open().fault(fault);
        registry.content = Content::noted(&format!("{:?}", std::time::SystemTime::now()));
        world.serve(number, world.sound(world.host()), registry);
    }
}

/// Registry and token service under their own names, which the scenario gives to this machine.
fn docker_hub(world: &World<'_>) {
    let content = Content::default();
    let image = content.manifest("1").expect("an image");
    let preview = Reply::with(200, image.media_type, image.bytes.clone())
        .header("Docker-Content-Digest", &image.digest)
        .header("ratelimit-limit", "100;w=21600")
        .header("ratelimit-remaining", "7;w=21600")
        .header("docker-ratelimit-source", "192.0.2.1");
    let mut registry = Registry::bearer(&world.servers.accounts, "https://auth.docker.io/token")
        .fault(Fault::at(Class::Manifest, preview));
    registry.token =
        Some(TokenService { nobody: Some(Rights::Pull), ..TokenService::new(&world.servers.accounts) });
    world.serve_at(443, world.sound("*.docker.io"), registry);
}

fn refuses_one_push_in_ten(world: &World<'_>) {
    let refusal = Reply::error(401, "UNAUTHORIZED", "authentication required");
    let fault = Fault::at(Class::Upload, refusal).to(Who::Somebody).each(10);
    let registry = world.with_tokens(world.host(), 1, Some(Rights::None), Reply::new(401)).fault(fault);
    world.serve(1, world.sound(world.host()), registry);
}
