//! The registry behind Harbor's core, and core's own credential for it.

use super::super::fix;
use super::{again, workload};
use crate::diagnose::harbor::View;
use crate::finding::Fix;

/// Core's `REGISTRY_CREDENTIAL_*` and the registry's htpasswd do not fit each other. Both are read at the start only.
pub(crate) fn registry_credential(view: &View<'_>) -> Vec<Fix> {
    let Some(harbor) = view.harbor else {
        return vec![fix(
            "on the machine, in the folder of Harbor's installer: writes both anew from harbor.yml and starts them with that",
            "./prepare && docker compose up -d --force-recreate core registry",
        )];
    };
    let (namespace, core, registry) = (&harbor.namespace, workload(view), registry(view));
    vec![
        again(view, "compares what core and registry hold, without showing it", "--exec"),
        fix(
            "starts core and registry anew, once REGISTRY_CREDENTIAL_USERNAME and REGISTRY_CREDENTIAL_PASSWORD of core and the registry's htpasswd are set to the same credential",
            format!("kubectl -n {namespace} rollout restart {core} {registry}"),
        ),
    ]
}

/// `deployment/harbor-registry`, by the name of its pod: `harbor-registry-5d8c7b6f9-x2x4z`.
fn registry(view: &View<'_>) -> String {
    let pods = view.harbor.iter().flat_map(|harbor| &harbor.others);
    let name = |pod: &str| Some(pod.rsplit_once('-')?.0.rsplit_once('-')?.0.to_string());
    let found = pods.filter(|pod| pod.component == "registry").find_map(|pod| name(&pod.name));
    format!("deployment/{}", found.unwrap_or_else(|| "REGISTRY".into()))
}
