//! `kubectl regauth harbor`.

mod cluster;
mod forward;
mod here;
mod nodes;
mod way;

use regauth::plan::HarborAsk;
use regauth::registry::reference::Reference;

use super::Failure;
use crate::cli::{Connection, Harbor};
use crate::output::Output;
use crate::settings;

pub use cluster::through_port_forward;

/// The repository that an anonymous token is asked for: it need not exist.
const ANY_REPOSITORY: &str = "library/regauth";

/// Asks Harbor's cores.
pub async fn run(connection: &Connection, mut args: Harbor, output: &mut Output) -> Result<u8, Failure> {
    for (flag, url) in [("--url", &mut args.url), ("--front", &mut args.front)] {
        if let Some(given) = url {
            *given = settings::front_url(given).map_err(|error| format!("{flag}: {error}"))?;
        }
    }
    check(&args)?;
    args.events.check_beside(args.url.is_some(), "--url")?;
    match &args.url {
        None => cluster::run(connection, &args, output).await,
        Some(url) => {
            refuse_with_url(connection, &args)?;
            here::run(url, &args, output).await
        }
    }
}

fn refuse_with_url(connection: &Connection, args: &Harbor) -> Result<(), Failure> {
    match connection.given().or_else(|| args.given_for_cluster()) {
        None => Ok(()),
        Some(flag) => Err(format!("--url uses no cluster: leave out {flag}").into()),
    }
}

/// Flags that say nothing together.
fn check(args: &Harbor) -> Result<(), Failure> {
    if args.probe.node_config || args.probe.node_namespace.is_some() {
        return Err(
            "the cores are asked from the pods' network: leave out --node-config and --node-namespace".into(),
        );
    }
    if args.project.is_some() && args.pull_secret.is_none() && !args.wants_store() && args.url.is_none() {
        return Err("--project needs the credential that fails: name it with --pull-secret, or with --via \
                    port-forward by --docker-config or --client"
            .into());
    }
    if let (Some(_), Some(flag)) = (&args.pull_secret, args.stores.given()) {
        return Err(format!("--pull-secret and {flag} are two credentials: give one").into());
    }
    Ok(())
}

/// The name by which the credential is looked up: as an image of this Harbor would be.
fn image(front: &str, args: &Harbor) -> Result<String, Failure> {
    let host = front.split_once("://").map_or(front, |(_, host)| host);
    let image = format!("{host}/{}", args.project.as_deref().unwrap_or(ANY_REPOSITORY));
    match Reference::parse(&image) {
        Ok(_) => Ok(image),
        Err(error) => Err(format!(
            "{front} is no registry that an image can name ({error}): name Harbor's external URL with --front"
        )
        .into()),
    }
}

/// What all ways ask alike.
fn ask(args: &Harbor, front: Option<String>) -> HarborAsk {
    HarborAsk {
        front_plain_http: front.as_deref().is_some_and(|front| may_go_in_the_clear(front, args)),
        front,
        front_tokens: args.front_requests,
        repository: args.project.clone(),
        ..HarborAsk::default()
    }
}

/// Whether the user says that the front door speaks plain HTTP, and so may be sent a credential in the clear.
fn may_go_in_the_clear(front: &str, args: &Harbor) -> bool {
    let Some(host) = front.strip_prefix("http://") else { return false };
    args.probe.reach.plain_http.iter().any(|named| named == host || format!("{named}:80") == *host)
}

/// Refuses flags that mean something with a pod only.
fn refuse_pods_flags(args: &Harbor) -> Result<(), Failure> {
    local_only(args.given_for_cluster())?;
    local_only(
        args.pull_secret
            .as_ref()
            .map(|_| "--pull-secret (this program reads no pull secret; use --docker-config)"),
    )?;
    local_only(args.node.as_ref().map(|_| "--node"))
}

fn local_only(flag: Option<&str>) -> Result<(), Failure> {
    match flag {
        None => Ok(()),
        Some(flag) => Err(format!("--via port-forward makes no pod: leave out {flag}").into()),
    }
}
