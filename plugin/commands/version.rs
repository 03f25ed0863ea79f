//! `kubectl regauth version`.

use std::collections::BTreeSet;
use std::time::Duration;

use regauth::api::{Api, connect};
use regauth::collect::names;
use regauth::compatibility;
use regauth::image::{self, Archive};
use regauth::registry::platform::Platform;
use regauth::registry::reference::Reference;
use regauth::text::Clean;
use serde::Deserialize;

use super::Failure;
use crate::cli::{Connection, DocumentFormat, Version};
use crate::output::Output;
use crate::render;
use crate::settings;
use crate::versions::{Part, ProbeImage, Server, Versions};

/// How long the server is waited for where --request-timeout does not say it.
const PATIENCE: Duration = Duration::from_secs(5);
const CLIENT: &str = env!("CARGO_PKG_VERSION");

/// What `/version` of an API server tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    git_version: String,
    #[serde(default)]
    platform: String,
}

/// Says which versions there are.
pub async fn run(connection: &Connection, args: &Version, output: &mut Output) -> Result<u8, Failure> {
    let (reference, from) = settings::probe_image_in_use()?;
    let inside = inside()?;
    let (server, nodes) = if args.client { (None, None) } else { of_server(connection, &inside).await };
    let parsed = Reference::parse(&reference).map_err(|error| error.to_string())?;
    let mut fit = compatibility::probe_image(&parsed, CLIENT);
    if let Some(nodes) = nodes {
        fit = fit.and(compatibility::platforms(&inside, &nodes));
    }
    let versions = Versions {
        client: Part { version: format!("v{CLIENT}"), platform: own_platform().to_string() },
        server,
        probe_image: ProbeImage {
            reference,
            from,
            inside: inside.iter().map(ToString::to_string).collect(),
            fit,
        },
    };
    if let Some(Server::Silent { problem }) = &versions.server {
        output.note(&format!("the API server's version is not known: {problem}"));
    }
    output.data(&match args.output {
        DocumentFormat::Table => render::version::table(&versions, output.width()),
        DocumentFormat::Json => render::json(&versions)?,
        DocumentFormat::Yaml => render::yaml(&versions)?,
    })?;
    Ok(0)
}

fn own_platform() -> Platform {
    Platform { os: std::env::consts::OS.into(), ..Platform::new("", std::env::consts::ARCH) }.normalized()
}

/// The platforms of the archives in this program.
fn inside() -> Result<Vec<Platform>, Failure> {
    let mut platforms = Vec::new();
    for bytes in image::embedded() {
        let archive = Archive::read("within this program", *bytes).map_err(|error| error.to_string())?;
        platforms.extend(archive.images.into_iter().map(|image| image.platform));
    }
    platforms.sort();
    Ok(platforms)
}

/// The server's version, and, where that matters, the architectures of the nodes.
async fn of_server(
    connection: &Connection,
    inside: &[Platform],
) -> (Option<Server>, Option<BTreeSet<String>>) {
    let limit = Some(connection.request_timeout).filter(|limit| !limit.is_zero()).unwrap_or(PATIENCE);
    let options = settings::connect_options(connection);
    let asking = async {
        let api = connect(&options).await.map_err(|error| error.to_string())?;
        let told = api.get::<Told>("version", "/version").await.map_err(|error| error.to_string())?;
        Ok((told, nodes(&api, inside).await))
    };
    let problem = match tokio::time::timeout(limit, asking).await {
        Ok(Ok((told, nodes))) => return (Some(answered(&told)), nodes),
        Ok(Err(problem)) => problem,
        Err(_) => format!("it did not answer within {} s", limit.as_secs_f32()),
    };
    (Some(Server::Silent { problem }), None)
}

/// Who may not list nodes is not told of them.
async fn nodes(api: &Api, inside: &[Platform]) -> Option<BTreeSet<String>> {
    match inside.is_empty() {
        true => None,
        false => names::architectures(api).await.ok(),
    }
}

fn answered(told: &Told) -> Server {
    let version = Clean::with_cap(&told.git_version, 64).to_string();
    let fit = compatibility::server(&version);
    Server::Answered {
        part: Part { version, platform: Clean::with_cap(&told.platform, 64).to_string() },
        fit,
    }
}
