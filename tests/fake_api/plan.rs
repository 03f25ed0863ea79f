//! Runs that are ready to begin.

use std::collections::HashMap;

use jiff::Timestamp;
use regauth::evidence::{Action, Evidence, Outcome, Pull, PullSeen, Run};
use regauth::plan::{Check, Identity, Plan, PlannedNode, SecretSource};
use regauth::run::Prepared;
use serde_json::Map;

use super::server::SERVER;

/// The run's id.
pub const RUN: &str = "abcd2345";
/// The image under test.
pub const IMAGE: &str = "registry.example.com/team/app:1";

/// A run of [`IMAGE`] on `nodes` nodes with the Secret `regcred`.
pub fn prepared(nodes: usize) -> Prepared {
    let planned = |index: usize| PlannedNode { name: format!("node{index}"), skip: None };
    let plan = Plan {
        namespace: "team".into(),
        images: vec![IMAGE.into()],
        identity: Identity {
            name: "secret/regcred".into(),
            service_account: "default".into(),
            pull_secrets: vec!["regcred".into()],
            source: SecretSource::Given,
        },
        action: Action::Pull,
        checks: vec![Check::Kubelet],
        probe: None,
        harbor: None,
        clock: None,
        scope: None,
        nodes: (0..nodes).map(planned).collect(),
        sampled_of: None,
        one_first: false,
        timeout_seconds: 120,
        keep: false,
        extra: Map::new(),
    };
    let run = Run {
        id: RUN.into(),
        version: "0.0.0".into(),
        server: SERVER.into(),
        started_at: Timestamp::UNIX_EPOCH,
        interrupted: false,
        extra: Map::new(),
    };
    Prepared { run, plan, nodes: Vec::new(), on_node: HashMap::new(), run_key: "0f".repeat(32).into() }
}

/// Whether a pull was seen to work.
pub fn worked(pull: &Pull) -> bool {
    matches!(pull.outcome, Outcome::Seen { value: PullSeen::Pulled { .. } })
}

/// How many pulls were seen to work.
pub fn successes(evidence: &Evidence) -> usize {
    evidence.pulls.iter().filter(|pull| worked(pull)).count()
}
