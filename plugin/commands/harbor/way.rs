//! By which way the cores are asked.

use regauth::api::Api;
use regauth::collect::access;
use regauth::error::Error;
use regauth::evidence::harbor::seen::Via;

use super::super::Failure;
use crate::cli::{DryRun, Harbor, HarborVia};

/// The way, and why it is not the usual one.
pub(super) async fn choose(
    api: &Api,
    namespace: &str,
    args: &Harbor,
) -> Result<(Via, Option<String>), Failure> {
    match args.via {
        Some(HarborVia::Pod) => {
            refuse_stores(args)?;
            Ok((Via::Pod, None))
        }
        Some(HarborVia::PortForward) => {
            super::refuse_pods_flags(args)?;
            Ok((Via::PortForward, None))
        }
        None if args.wants_store() => {
            super::refuse_pods_flags(args)?;
            Ok((Via::PortForward, Some("a credential of this machine stays on it".into())))
        }
        None => by_rights(api, namespace, args).await,
    }
}

/// A credential of this machine is not sent into the cluster.
fn refuse_stores(args: &Harbor) -> Result<(), Failure> {
    match args.stores.given() {
        None => Ok(()),
        Some(flag) => Err(format!(
            "{flag} is a credential of this machine, which no pod is given: add --via port-forward, or name a pull \
             secret with --pull-secret"
        )
        .into()),
    }
}

/// Whether another way may be taken when no pod can look.
pub(super) fn may_fall_back(args: &Harbor) -> bool {
    args.via.is_none()
}

/// From a pod, unless the user may not make one but may forward ports.
async fn by_rights(api: &Api, namespace: &str, args: &Harbor) -> Result<(Via, Option<String>), Failure> {
    if !may_fall_back(args) || args.run.dry_run != DryRun::None {
        return Ok((Via::Pod, None));
    }
    let asking = || Error::doing("ask for your rights");
    let missing = access::missing(api, namespace, access::PULL).await.map_err(asking())?;
    if missing.is_empty() {
        return Ok((Via::Pod, None));
    }
    let forward = access::missing(api, namespace, access::PORT_FORWARD).await.map_err(asking())?;
    let why = missing.first().map(|right| format!("you may not {}", right.describe(namespace)));
    match forward.is_empty() {
        true => Ok((Via::PortForward, why)),
        false => Ok((Via::Pod, None)),
    }
}
