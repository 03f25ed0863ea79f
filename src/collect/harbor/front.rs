//! What stands before core: its Service, the URL that users know, and what sends a client to the same pod again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::discover::Found;
use super::objects::outcome_of;
use super::wire::{Meta, Pod};
use crate::api::wire::null_as_default;
use crate::api::{Api, ApiError, path};
use crate::collect::services::{Port, Service};
use crate::evidence::harbor::pods::{FrontDoor, Sticky};
use crate::evidence::harbor::{CorePod, Setting, Unread};
use crate::text::Clean;
use crate::text::url::host;

/// Annotations of Ingresses and Services by which a client comes to the same pod again, with the value that means so;
/// `*` stands for any. Not read are objects that only an annotation names (GKE's BackendConfig), nor kinds of single
/// controllers (Traefik's IngressRoute, Contour's HTTPProxy, Istio's DestinationRule, OpenShift's Route).
const ANNOTATIONS: &[(&str, &str)] = &[
    ("nginx.ingress.kubernetes.io/affinity", "cookie"),
    ("nginx.ingress.kubernetes.io/upstream-hash-by", "*"),
    ("nginx.org/sticky-cookie-services", "*"),
    ("ingress.kubernetes.io/affinity", "cookie"),
    ("haproxy-ingress.github.io/affinity", "cookie"),
    ("haproxy.org/cookie-persistence", "*"),
    ("traefik.ingress.kubernetes.io/affinity", "true"),
    ("traefik.ingress.kubernetes.io/service.sticky.cookie", "true"),
    ("appgw.ingress.kubernetes.io/cookie-based-affinity", "true"),
];

/// Annotations that hold a list of attributes, one of which makes the load balancer's target group sticky.
const ATTRIBUTES: &[&str] = &[
    "alb.ingress.kubernetes.io/target-group-attributes",
    "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes",
];
const STICKY_ATTRIBUTE: &str = "stickiness.enabled=true";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Ingress {
    metadata: Meta,
    spec: IngressSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct IngressSpec {
    default_backend: Backend,
    #[serde(deserialize_with = "null_as_default")]
    rules: Vec<Rule>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rule {
    host: String,
    http: Http,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Http {
    #[serde(deserialize_with = "null_as_default")]
    paths: Vec<Path>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Path {
    backend: Backend,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Backend {
    service: crate::api::wire::NameRef,
}

/// What was read of the objects before core.
pub(super) struct Before {
    services: Result<Vec<Service>, ApiError>,
    ingresses: Result<Vec<Ingress>, ApiError>,
}

/// Reads the Services and Ingresses of the namespace.
pub(super) async fn read(api: &Api, namespace: &str) -> Before {
    let services = path::core(namespace, "services");
    let ingresses = path::group("networking.k8s.io/v1", namespace, "ingresses");
    let (services, ingresses) =
        tokio::join!(api.list("services", &services), api.list("ingresses", &ingresses));
    Before { services, ingresses }
}

/// What it says about one Harbor.
pub(super) struct Front {
    pub door: FrontDoor,
    pub sticky: Vec<Sticky>,
    pub unread: Vec<Unread>,
}

/// The front door and what is sticky about it.
pub(super) fn of(
    before: Before,
    namespace: &str,
    found: &Found,
    cores: &[CorePod],
    settings: &[Setting],
) -> Front {
    let external_url = external(settings);
    let unread = before.unread();
    let services = before.services.unwrap_or_default();
    let selects =
        |service: &&Service, pods: &[&Pod]| pods.iter().any(|pod| service.selects(&pod.metadata.labels));
    let core_pods: Vec<&Pod> = found.cores.iter().collect();
    let proxies = found.others.iter().filter(|(component, _)| component == "nginx").map(|(_, pod)| pod);
    let all: Vec<&Pod> = core_pods.iter().copied().chain(proxies).collect();
    let of_core: Vec<&Service> = services.iter().filter(|one| selects(one, &core_pods)).collect();
    let door = door(&of_core, namespace, cores, external_url.clone());
    let before_all: Vec<&Service> = services.iter().filter(|one| selects(one, &all)).collect();
    let names: BTreeSet<&str> = before_all.iter().map(|service| service.metadata.name.as_str()).collect();
    let known_host = host(external_url.as_str());
    let mut sticky: Vec<Sticky> = before_all.iter().flat_map(|service| sticky_service(service)).collect();
    let ingresses = before.ingresses.unwrap_or_default();
    let leading = ingresses.iter().filter(|ingress| ingress.leads_to(&names, known_host));
    sticky.extend(leading.flat_map(Ingress::sticky));
    Front { door, sticky, unread }
}

/// The first core's `EXT_ENDPOINT` that is known.
fn external(settings: &[Setting]) -> Clean {
    let endpoint = settings.iter().find(|setting| setting.name == "EXT_ENDPOINT");
    let shown = endpoint.and_then(|setting| setting.values.iter().find_map(|value| value.shown.clone()));
    shown.unwrap_or_default()
}

/// The Service whose port leads to core's; of several the first by name.
fn door(services: &[&Service], namespace: &str, cores: &[CorePod], external_url: Clean) -> FrontDoor {
    let core = cores.first();
    let leading = services.iter().filter_map(|service| {
        let port = core.map_or(0, |core| core.port);
        Some((service, port_to(service, port)?))
    });
    let Some((service, port)) = leading.min_by_key(|(service, _)| service.metadata.name.as_str()) else {
        return FrontDoor { external_url, ..FrontDoor::default() };
    };
    let scheme = if core.is_some_and(|core| core.tls) { "https" } else { "http" };
    let name = &service.metadata.name;
    FrontDoor {
        service: format!("service/{name}"),
        service_url: format!("{scheme}://{name}.{namespace}.svc:{port}"),
        external_url,
    }
}

/// The port that leads to a port of the pod: by its number, by the names that charts give it, or the only one.
fn port_to(service: &Service, port: u16) -> Option<u16> {
    let leads = |one: &&Port| match &one.target_port {
        serde_json::Value::Number(number) => number.as_u64() == Some(u64::from(port)),
        serde_json::Value::String(name) => matches!(name.as_str(), "http" | "https" | "core"),
        _ => one.port == port,
    };
    let ports = &service.spec.ports;
    let only = || ports.first().filter(|_| ports.len() == 1);
    ports.iter().find(leads).or_else(only).map(|one| one.port)
}

fn sticky_service(service: &Service) -> Vec<Sticky> {
    let object = format!("service/{}", service.metadata.name);
    let mut sticky = by_annotations(&object, &service.metadata.annotations);
    if service.spec.session_affinity == "ClientIP" {
        sticky.push(Sticky { object, by: Clean::new("sessionAffinity: ClientIP") });
    }
    sticky
}

impl Ingress {
    /// Whether one of its backends is a Service before core, or one of its hosts the one that users know.
    fn leads_to(&self, services: &BTreeSet<&str>, host: &str) -> bool {
        let paths = self.spec.rules.iter().flat_map(|rule| &rule.http.paths).map(|path| &path.backend);
        let mut backends = paths.chain([&self.spec.default_backend]);
        backends.any(|backend| services.contains(backend.service.name.as_str()))
            || (!host.is_empty() && self.spec.rules.iter().any(|rule| rule.host == host))
    }

    fn sticky(&self) -> Vec<Sticky> {
        by_annotations(&format!("ingress/{}", self.metadata.name), &self.metadata.annotations)
    }
}

fn by_annotations(object: &str, annotations: &BTreeMap<String, String>) -> Vec<Sticky> {
    let sticky = |(key, value): (&String, &String)| {
        let plain =
            ANNOTATIONS.iter().any(|(name, wanted)| key == name && (*wanted == "*" || value == wanted));
        let listed = ATTRIBUTES.contains(&key.as_str()) && value.contains(STICKY_ATTRIBUTE);
        let shown = if listed { STICKY_ATTRIBUTE } else { value };
        (plain || listed).then(|| Sticky {
            object: object.to_string(),
            by: Clean::with_cap(&format!("{key}: {shown}"), 256),
        })
    };
    annotations.iter().filter_map(sticky).collect()
}

impl Before {
    fn unread(&self) -> Vec<Unread> {
        let one = |resource: &str, error: &ApiError| Unread {
            what: format!("session affinity before core ({resource})"),
            outcome: outcome_of(error).of_any(),
            settled_by: Clean::new(&format!("list {resource}")),
        };
        let services = self.services.as_ref().err().map(|error| one("services", error));
        let ingresses = self.ingresses.as_ref().err().map(|error| one("ingresses", error));
        services.into_iter().chain(ingresses).collect()
    }
}
