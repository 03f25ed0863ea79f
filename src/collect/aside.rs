//! The namespace where probes on the nodes' network go when the run's own refuses them.

use serde::de::IgnoredAny;

use super::access::{self, Right};
use crate::api::Api;
use crate::error::Error;

/// Whether a run can be made in the namespace: it is there, and the user may do in it what a run does.
/// `creates`: whether anything is to be created; else the user's rights are not asked for.
///
/// # Errors
/// One sentence that says which namespace is missing, or which rights in it.
pub async fn check(api: &Api, namespace: &str, creates: bool) -> Result<(), Error> {
    let path = format!("/api/v1/namespaces/{namespace}");
    match api.get::<IgnoredAny>("namespace", &path).await {
        Err(error) if error.code() == Some(404) => {
            return Err(Error::NotThere(format!(
                "there is no namespace {namespace}: name one that is there with --node-namespace"
            )));
        }
        // Whoever may not read it may still be allowed to use it.
        Err(error) if error.code() != Some(403) => {
            return Err(Error::doing(format!("read namespace {namespace}"))(error));
        }
        Ok(_) | Err(_) => {}
    }
    if !creates {
        return Ok(());
    }
    let rights: Vec<Right> =
        access::PULL.iter().filter(|right| right.namespaced && right.verb != "get").copied().collect();
    let rights =
        access::missing(api, namespace, &rights).await.map_err(Error::doing("ask for your rights"))?;
    match rights.is_empty() {
        true => Ok(()),
        false => Err(Error::MissingRights { rights, namespace: namespace.into(), part: "--pull" }),
    }
}
