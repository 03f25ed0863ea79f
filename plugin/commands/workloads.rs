//! What `why` and `secrets` have in common: what the API server shows of workloads.

use jiff::Timestamp;
use regauth::api::Api;
use regauth::collect::workloads;
use regauth::evidence::{Action, Evidence};
use regauth::plan::{Plan, ScopePlan};
use regauth::secret::RunKey;

use super::Failure;
use crate::cli::{Connection, ScopeArgs};

/// Reads the workloads in scope.
pub async fn read(
    api: &Api,
    connection: &Connection,
    scope: &ScopeArgs,
    action: Action,
    within: Option<std::time::Duration>,
) -> Result<Evidence, Failure> {
    let mut evidence = asked(api, connection, scope, action, within)?;
    let key = RunKey::random().map_err(|error| error.to_string())?;
    let reading = async { Ok(workloads::read(api, &evidence.plan, &key).await?) };
    let (seen, nodes) = super::within(scope.timeout, reading).await?;
    evidence.collected_at = Timestamp::now();
    evidence.workloads = Some(seen);
    evidence.nodes = nodes;
    Ok(evidence)
}

/// What is asked, before anything of it was read.
pub fn asked(
    api: &Api,
    connection: &Connection,
    scope: &ScopeArgs,
    action: Action,
    within: Option<std::time::Duration>,
) -> Result<Evidence, Failure> {
    let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
    let plan = plan(&namespace, scope, action, within);
    Ok(Evidence::new(super::new_run(api.server())?, plan, Timestamp::now()))
}

fn plan(namespace: &str, args: &ScopeArgs, action: Action, within: Option<std::time::Duration>) -> Plan {
    let mut scope = ScopePlan {
        all_namespaces: args.all_namespaces,
        workloads: args.workloads.iter().map(ToString::to_string).collect(),
        selector: args.selector.clone().unwrap_or_default(),
        reads: Vec::new(),
        within_seconds: within.map(|time| time.as_secs()),
        fix_format: args.fix_format.into(),
    };
    scope.reads = match action {
        Action::Secrets => workloads::reads_for_secrets(&scope),
        _ => workloads::reads_for_why(&scope),
    };
    scope.reads.retain(|resource| !args.without.contains(resource));
    Plan {
        namespace: namespace.into(),
        checks: Vec::new(),
        scope: Some(scope),
        ..Plan::of_this_machine(action, Vec::new(), args.timeout.as_secs())
    }
}
