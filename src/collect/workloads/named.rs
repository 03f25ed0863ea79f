//! Workloads that were named one by one: each must be there.

use bytes::Bytes;
use futures_util::future::try_join_all;

use super::controllers::{Controllers, KINDS};
use super::lists::{Fold, Listed};
use super::pods::Pods;
use super::scope::Scope;
use crate::api::{Api, ApiError, JSON};
use crate::collect::identity::{WorkloadRef, not_there};
use crate::error::Error;
use crate::evidence::workloads::Resource;

/// Named workloads, as the API server gave them.
pub(super) struct Named {
    /// What kubectl calls one, and the object; none where it may not be read alone.
    objects: Vec<(String, Option<Bytes>)>,
}

/// Reads each of them.
///
/// # Errors
///
/// One that does not exist, or that cannot be read for another reason than a refusal.
pub(super) async fn read(api: &Api, scope: &Scope) -> Result<Named, Error> {
    let reading = scope.wanted.iter().map(|name| async move {
        let workload: WorkloadRef = name.parse().map_err(Error::Usage)?;
        match api.get_bytes(JSON, &workload.path(&scope.namespace)).await {
            Ok(answer) => Ok((name.clone(), Some(answer.body))),
            Err(ApiError::Status { code: 403, .. }) => Ok((name.clone(), None)),
            Err(ApiError::Status { code: 404, .. }) => Err(not_there(api, &scope.namespace, name).await),
            Err(error) => Err(Error::doing(format!("read {name}"))(error)),
        }
    });
    Ok(Named { objects: try_join_all(reading).await? })
}

impl Named {
    /// Takes in those that no list brought, and says how many ReplicaSets were among them: those of Deployments come
    /// with their pods.
    ///
    /// # Errors
    ///
    /// An answer that cannot be read.
    pub fn into_lists<'s>(
        self,
        pods: &mut Pods<'s>,
        controllers: &mut Vec<(Resource, Listed<Controllers<'s>>)>,
        scope: &'s Scope,
    ) -> Result<u64, Error> {
        let mut replica_sets = 0;
        for (name, object) in self.objects {
            let kind = name.split('/').next().unwrap_or_default();
            replica_sets += u64::from(kind == "rs" && object.is_some());
            let is_listed = pods.found.contains(&name)
                || controllers.iter().any(|(_, listed)| listed.state.found.contains(&name));
            let Some(object) = object.filter(|_| !is_listed) else { continue };
            let undecodable =
                |error| Error::doing(format!("read {name}"))(ApiError::undecodable("workload", &error));
            if kind == "pod" {
                add(pods, &object).map_err(undecodable)?;
                continue;
            }
            let resource = KINDS.iter().find(|(_, _, one)| *one == kind);
            let (resource, kind) =
                resource.map_or((Resource::ReplicaSets, "rs"), |(one, _, kind)| (*one, *kind));
            let mut alone = Controllers::of(scope, kind);
            add(&mut alone, &object).map_err(undecodable)?;
            controllers.push((resource, Listed::none(alone)));
        }
        Ok(replica_sets)
    }
}

fn add<S: Fold>(to: &mut S, object: &Bytes) -> Result<(), serde_json::Error> {
    to.add(serde_json::from_slice(object)?)
}
