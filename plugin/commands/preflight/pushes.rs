//! Pushes, for builders: as those of the manifests, with the docker configurations that they mount, or as a
//! ServiceAccount that was named.

use std::collections::BTreeMap;

use regauth::evidence::preflight::{PlannedWorkload, Preflight};
use regauth::evidence::workloads::Workload;
use regauth::evidence::{Action, Evidence, Outcome, Unread};
use regauth::plan::{Check as Method, DockerConfigSource};

use super::super::parts::{failed, not_done};
use super::super::planning::{Flags, Wanted};
use super::super::{Failure, runs, unidentified};
use super::Check;
use crate::cli::{IdentityArgs, NodeArgs, OneFirst, RunArgs};
use crate::settings;

/// What came of the pushes.
#[derive(Default)]
pub(super) struct Pushed {
    pub evidence: Vec<Evidence>,
    pub unread: Vec<Unread>,
}

/// As whom a push is tested.
struct Builder {
    /// In words.
    whom: String,
    namespace: String,
    identity: IdentityArgs,
    configs: Vec<DockerConfigSource>,
    labels: BTreeMap<String, String>,
}

/// Tests the repositories that were named.
pub(super) async fn test(check: &Check<'_>, parts: &[Evidence]) -> Pushed {
    let mut pushed = Pushed::default();
    let Some(first) = parts.first().filter(|_| !check.args.push.is_empty()) else { return pushed };
    let builders = builders(check, first, &mut pushed.unread);
    if builders.is_empty() && pushed.unread.is_empty() {
        let why = "no container of the manifests builds images or mounts a docker configuration: name a ServiceAccount \
                   with --service-account";
        pushed.unread.push(failed(&described(check), why));
    }
    for builder in builders {
        let what = format!("{} as {}", described(check), builder.whom);
        let _doing = check.live.doing(&what);
        match carry_out(check, &builder).await {
            Ok(evidence) => pushed.evidence.push(evidence),
            Err(failure) => pushed.unread.push(not_done(&what, &failure)),
        }
    }
    pushed
}

fn described(check: &Check<'_>) -> String {
    format!("the push to {}", check.args.push.join(", "))
}

fn builders(check: &Check<'_>, evidence: &Evidence, unread: &mut Vec<Unread>) -> Vec<Builder> {
    if let Some(account) = &check.args.service_account {
        return vec![Builder {
            whom: format!("serviceaccount/{account}"),
            namespace: check.namespace.clone(),
            identity: IdentityArgs { service_account: Some(account.clone()), ..IdentityArgs::default() },
            configs: Vec::new(),
            labels: BTreeMap::new(),
        }];
    }
    let (Some(seen), Some(preflight)) = (&evidence.workloads, &evidence.preflight) else { return Vec::new() };
    let mut found = Vec::new();
    for workload in seen.workloads.iter().filter(|one| !one.builders.is_empty()) {
        let what = format!("{} as {}", described(check), workload.name);
        match builder(workload, preflight) {
            Ok(builder) => found.push(builder),
            Err(why) => unread.push(failed(&what, &why)),
        }
    }
    found
}

fn builder(workload: &Workload, preflight: &Preflight) -> Result<Builder, String> {
    let namespace = preflight.namespaces.iter().find(|one| one.name == workload.namespace);
    if namespace.is_some_and(|one| matches!(one.outcome, Outcome::Absent { .. })) {
        return Err(format!("namespace {} is not there yet", workload.namespace));
    }
    let mut configs: Vec<DockerConfigSource> = Vec::new();
    for config in workload.builders.iter().filter_map(|builder| builder.found.as_ref()) {
        let id = format!("secret/{}/{}", workload.namespace, config.secret);
        if preflight.brought(&id).is_some_and(|one| !one.is_there) {
            return Err(format!(
                "secret/{} comes with the manifests: apply it first, then run this again",
                config.secret
            ));
        }
        if !configs.contains(config) {
            configs.push(config.clone());
        }
    }
    if configs.is_empty() {
        return Err("it mounts no docker configuration where its program reads one".into());
    }
    let planned: Option<&PlannedWorkload> = preflight.workload(&workload.id);
    Ok(Builder {
        whom: workload.name.clone(),
        namespace: workload.namespace.clone(),
        identity: IdentityArgs { service_account: Some("default".into()), ..unidentified() },
        configs,
        labels: planned.map(|one| one.labels.clone()).unwrap_or_default(),
    })
}

async fn carry_out(check: &Check<'_>, builder: &Builder) -> Result<Evidence, Failure> {
    let nodes = NodeArgs::of(Vec::new(), OneFirst::Auto);
    let run = RunArgs::unasked(check.left());
    let mut probe = settings::probe_plan(&check.args.probing)?;
    probe.docker_configs.clone_from(&builder.configs);
    let wanted = Wanted {
        labels: builder.labels.clone(),
        one_node: true,
        ..Wanted::of(Action::Push, check.args.push.clone(), vec![Method::ProbePod], Some(probe))
    };
    let flags = Flags { identity: &builder.identity, nodes: &nodes, run: &run };
    runs::carry_out_quietly(
        check.api,
        &builder.namespace,
        flags,
        wanted,
        (check.live, check.stop),
        check.output,
    )
    .await
}
