//! What mends say, for each kind, owner and format; and that what they write can be read and merged.

mod formats;
mod merge;
mod naming;
mod secrets;

use super::*;
use crate::evidence::Outcome;
use crate::evidence::workloads::{Owner, OwnerKind, PullSecret, PullSecretSeen, Written};
use crate::registry::keyring::SecretState;
use crate::registry::keyring::evidence::SecretEvidence;
use crate::text::Clean;

const KINDS: [&str; 8] =
    ["deploy/web", "sts/web", "ds/web", "rs/web", "rc/web", "cronjob/web", "job/web", "pod/web"];
const FORMATS: [FixFormat; 4] =
    [FixFormat::Kubectl, FixFormat::Kustomize, FixFormat::HelmValues, FixFormat::Garden];

fn owner(kind: OwnerKind, name: &str, namespace: &str) -> Owner {
    Owner { kind, name: Clean::new(name), namespace: namespace.to_string(), known_by: Clean::new("a mark") }
}

/// Every way in which an object can be written.
fn owners() -> Vec<Vec<Owner>> {
    vec![
        vec![],
        vec![owner(OwnerKind::Helm, "shop", "web")],
        vec![owner(OwnerKind::ArgoCd, "shop", "")],
        vec![owner(OwnerKind::FluxKustomization, "apps", "flux-system")],
        vec![owner(OwnerKind::FluxHelmRelease, "shop", "apps"), owner(OwnerKind::Helm, "apps-shop", "web")],
        vec![owner(OwnerKind::Garden, "deploy.shop", "")],
        vec![owner(OwnerKind::Garden, "deploy.shop", ""), owner(OwnerKind::Helm, "shop", "")],
        vec![owner(OwnerKind::CustomResource, "Rollout/web", "")],
    ]
}

fn workload(name: &str, owners: Vec<Owner>) -> Workload {
    Workload {
        id: format!("workload/web/{name}"),
        namespace: "web".into(),
        name: name.into(),
        service_account: "runner".into(),
        owners,
        ..Workload::default()
    }
}

fn carries(names: &[&str]) -> ServiceAccountSeen {
    ServiceAccountSeen {
        pull_secrets: names.iter().map(ToString::to_string).collect(),
        ..ServiceAccountSeen::default()
    }
}

fn named(workload: &Workload, account: Option<&ServiceAccountSeen>, format: FixFormat) -> Vec<Fix> {
    name_pull_secret(&Place { workload, account, format }, "reg.cred")
}

fn seen(kind: &str, owners: Vec<Owner>) -> PullSecretSeen {
    PullSecretSeen {
        kind: Clean::new(kind),
        keys: Vec::new(),
        docker_config: SecretEvidence {
            name: Clean::new("reg.cred"),
            state: SecretState::Read,
            entries: Vec::new(),
        },
        written: Written::default(),
        owners,
    }
}

fn secret(namespace: &str, owners: Vec<Owner>) -> PullSecret {
    PullSecret {
        id: format!("secret/{namespace}/reg.cred"),
        namespace: namespace.into(),
        name: "reg.cred".into(),
        outcome: Outcome::Seen { value: seen("kubernetes.io/dockerconfigjson", owners) },
        also_in: None,
    }
}
