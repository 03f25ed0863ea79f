//! Where clients come in: the front door, and the URL that Harbor was told.

use super::super::shell::quoted;
use super::super::{fix, look_up, show_certificate};
use super::NEW_SECRET;
use crate::code::Code;
use crate::diagnose::harbor::{Core, View};
use crate::evidence::Network;
use crate::evidence::harbor::Installer;
use crate::finding::Fix;
use crate::text::url::authority;

/// What Harbor's token service answers without a credential.
const ANONYMOUS: &str = "/service/token?service=harbor-registry&scope=repository:library/x:pull";

/// The front door as it was asked, for a command.
pub(super) fn front_url(view: &View<'_>) -> String {
    let front = view.seen.and_then(|seen| seen.front.as_ref());
    front.map_or_else(|| "https://HARBOR".into(), |front| quoted(front.url.as_str().trim_end_matches('/')))
}

/// The front door without its quotes; empty where it was not asked.
fn plain_url<'a>(view: &View<'a>) -> Option<&'a str> {
    Some(view.seen?.front.as_ref()?.url.as_str().trim_end_matches('/'))
}

/// Asks the front door by hand, without a credential.
pub(super) fn look_at_door(view: &View<'_>, tokens: bool) -> Vec<Fix> {
    let Some(url) = plain_url(view) else { return Vec::new() };
    let (what, path) = match tokens {
        true => (
            "shows what its token service answers, without a credential; 200 with a token is right",
            ANONYMOUS,
        ),
        false => ("shows what answers there; 401 with a Bearer challenge is Harbor", "/v2/"),
    };
    let url = quoted(&format!("{url}{path}"));
    vec![fix(what, format!("curl -sS -m 10 -o /dev/null -D - {url}"))]
}

/// Looks at what is wrong with the way to the front door, from where it was met.
pub(super) fn way_to_door(code: Code, view: &View<'_>) -> Vec<Fix> {
    let Some(url) = plain_url(view) else { return Vec::new() };
    let asked = authority(url);
    match code {
        Code::RegistryNameUnresolved => {
            let network = view.probe.map_or(Network::Local, |probe| probe.network);
            vec![look_up(network, view.namespace(), asked)]
        }
        Code::PlainHttpRegistry => {
            let url = quoted(&format!("http://{asked}"));
            let command = match view.harbor {
                Some(harbor) => format!("kubectl regauth harbor -n {} --front {url}", harbor.namespace),
                None => format!("kubectl regauth harbor --url {url}"),
            };
            vec![fix("asks over plain HTTP, in which passwords go in the clear", command)]
        }
        _ => vec![show_certificate(asked)],
    }
}

/// Asks one address behind the URL by hand.
pub(super) fn at_address(view: &View<'_>, core: &Core<'_>) -> Option<Fix> {
    let (url, seen) = (plain_url(view)?, core.seen?);
    let (url, to) = (quoted(&format!("{url}/api/v2.0/ping")), quoted(&format!("::{}", seen.address)));
    Some(fix(
        "shows whether that address answers from here; 200 with Pong is right, else look at the core on that machine (docker compose ps, docker logs harbor-core)",
        format!("curl -sS -m 10 -D - --connect-to {to} {url}"),
    ))
}

/// The chart's value for the URL that clients use.
pub(super) fn external_url(view: &View<'_>) -> Vec<Fix> {
    let Some(harbor) = view.harbor else { return Vec::new() };
    let (namespace, release) =
        (&harbor.namespace, if harbor.release.is_empty() { "RELEASE" } else { &harbor.release });
    let (url, secret) = (front_url(view), NEW_SECRET);
    let chart = match harbor.installer {
        Installer::HarborHelm => "harbor --repo https://helm.goharbor.io",
        Installer::Bitnami => "oci://registry-1.docker.io/bitnamicharts/harbor",
        Installer::Operator | Installer::Selector => return Vec::new(),
    };
    vec![
        fix(
            "shows which URL Harbor was told",
            format!("helm -n {namespace} get values {release} --all -o json | jq -r .externalURL"),
        ),
        fix(
            format!(
                "tells Harbor the URL that clients use; unless core.secretName is set, the chart makes a new token key at this, so set one first (secret/{secret}, say)"
            ),
            format!(
                "helm -n {namespace} upgrade {release} {chart} --version \"$(helm -n {namespace} get metadata {release} -o json | jq -r .version)\" --reuse-values --set externalURL={url}"
            ),
        ),
    ]
}
