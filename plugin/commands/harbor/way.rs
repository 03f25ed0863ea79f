//! By which way the cores are asked.

use regauth::api::Api;
use regauth::collect::access;
use regauth::error::Error;
use regauth::evidence::harbor::seen::Via;

use super::super::Failure;
use crate::cli::{DryRun, Harbor, HarborVia};

/// The way to begin with, and why it is not the usual one.
pub(super) fn choose(args: &Harbor) -> Result<(Via, Option<String>), Failure> {
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
        None => Ok((Via::Pod, None)),
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

/// Why the cores are asked through port-forward after no pod could be made: the user lacks a right for that, and may
/// forward ports.
///
/// # Errors
///
/// The failure itself, where it is another, or ports may not be forwarded either.
pub(super) async fn without_a_pod(
    api: &Api,
    namespace: &str,
    args: &Harbor,
    failure: Failure,
) -> Result<String, Failure> {
    let may = may_fall_back(args) && args.run.dry_run == DryRun::None;
    let Some(right) = failure.missing_right().filter(|_| may) else { return Err(failure) };
    let why = format!("you may not {right}");
    let asked = access::missing(api, namespace, access::PORT_FORWARD);
    match asked.await.map_err(Error::doing("ask for your rights"))?.is_empty() {
        true => Ok(why),
        false => Err(failure),
    }
}
