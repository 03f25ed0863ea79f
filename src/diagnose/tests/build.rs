//! Evidence in a few words.

use jiff::Timestamp;

use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::{
    Action, CredentialUse, Evidence, LastSeen, Outcome, Presence, Pull, PullSeen, Run, Step,
};
use crate::finding::Finding;
use crate::plan::{Check, Identity, Plan, PlannedNode, SecretSource, Skip, SkipReason};
use crate::text::Clean;

/// The API server of every run.
const SERVER: &str = "https://api.example.com";
/// The registry of [`IMAGE`].
pub(crate) const REGISTRY: &str = "registry.example.com";
/// The image of every pull that names no other.
pub(crate) const IMAGE: &str = "registry.example.com/team/app:1";
/// Another image of the same registry.
pub(crate) const SIBLING: &str = "registry.example.com/team/web:2";
/// An image of another registry.
pub(crate) const ELSEWHERE: &str = "mirror.example.org/team/app:1";

/// A sure refusal of a credential.
pub(crate) const WRONG_PASSWORD: &str = "failed to authorize: failed to fetch oauth token: unexpected status from POST \
    request to https://registry.example.com/token: 401 Unauthorized: incorrect username or password";
/// What a registry says to a client without a credential.
pub(crate) const NO_CREDENTIAL: &str = "pull access denied, repository does not exist or may require authorization: \
    authorization failed: no basic auth credentials";
/// Nobody listens on the port, or a firewall says so.
pub(crate) const REFUSED: &str = "failed to do request: Head \"https://registry.example.com/v2/team/app/manifests/1\": \
    dial tcp 192.0.2.7:443: connect: connection refused";
/// Nobody answers.
pub(crate) const TIMED_OUT: &str = "failed to do request: Head \"https://registry.example.com/v2/team/app/manifests/1\": \
    dial tcp 192.0.2.7:443: i/o timeout";
/// The name is not known.
pub(crate) const NO_SUCH_HOST: &str = "failed to do request: Head \"https://registry.example.com/v2/team/app/manifests/1\": \
    dial tcp: lookup registry.example.com: no such host";
/// A missing tag, or a hidden repository.
pub(crate) const NOT_FOUND: &str = "registry.example.com/team/app:1: not found";
/// The registry's own limit.
pub(crate) const RATE_LIMITED: &str = "unexpected status from HEAD request to \
    https://registry.example.com/v2/team/app/manifests/1: 429 Too Many Requests";

/// Evidence of these pulls, made as `serviceaccount/builder` with the Secret `regcred`; their nodes and images
/// are the plan's.
pub(crate) fn evidence(pulls: Vec<Pull>) -> Evidence {
    let mut nodes: Vec<PlannedNode> = Vec::new();
    let mut images: Vec<String> = Vec::new();
    for pull in &pulls {
        if nodes.iter().all(|node| node.name != pull.node) {
            nodes.push(PlannedNode { name: pull.node.clone(), skip: None });
        }
        if !images.contains(&pull.image) {
            images.push(pull.image.clone());
        }
    }
    let run = Run { version: "0.0.0".into(), ..Run::new("abcd2345".into(), SERVER, Timestamp::UNIX_EPOCH) };
    Evidence { pulls, ..Evidence::new(run, plan(images, nodes), Timestamp::UNIX_EPOCH) }
}

fn plan(images: Vec<String>, nodes: Vec<PlannedNode>) -> Plan {
    Plan {
        namespace: "team".into(),
        identity: Identity {
            name: "serviceaccount/builder".into(),
            service_account: "builder".into(),
            pull_secrets: vec!["regcred".into()],
            source: SecretSource::ServiceAccount,
        },
        checks: vec![Check::Kubelet],
        nodes,
        ..Plan::of_this_machine(Action::Pull, images, 120)
    }
}

/// A pull of [`IMAGE`] with the Secret `regcred` that ended like this.
pub(crate) fn pull(node: &str, outcome: Outcome<PullSeen>) -> Pull {
    Pull {
        id: format!("pull/{node}/0"),
        node: node.into(),
        image: IMAGE.into(),
        image_rewritten: None,
        pod: format!("regauth-abcd2345-{node}"),
        pull_secrets: vec!["regcred".into()],
        credential: CredentialUse::AsPlanned,
        missing_pull_secrets: Vec::new(),
        on_node_before: Presence::No,
        outcome,
        seen_at: None,
    }
}

/// A pull that worked.
pub(crate) fn pulled(node: &str) -> Pull {
    let value = PullSeen::Pulled { took_ms: Some(58), waited_ms: Some(60), size_bytes: Some(768_618) };
    pull(node, Outcome::Seen { value })
}

/// A pull that the kubelet failed at, with what containerd puts around the cause.
pub(crate) fn failed(node: &str, cause: &str) -> Pull {
    let message =
        Clean::new(&format!("failed to pull and unpack image \"{IMAGE}\": failed to resolve image: {cause}"));
    pull(
        node,
        Outcome::Seen {
            value: PullSeen::Failed { reason: "ErrImagePull".into(), message, took_ms: Some(9) },
        },
    )
}

/// A pull that did not end.
pub(crate) fn timed_out(node: &str, last_seen: LastSeen) -> Pull {
    pull(node, Outcome::TimedOut { after_ms: 120_000, last_seen })
}

/// A test that failed before the pull.
pub(crate) fn broken(node: &str, step: Step, message: &str) -> Pull {
    pull(node, Outcome::Failed { step, message: Clean::new(message) })
}

/// A test that the API server refused.
pub(crate) fn denied(node: &str) -> Pull {
    pull(node, Outcome::Denied { status: 403, message: Clean::new("exceeded quota: pods") })
}

/// A test whose pod was removed.
pub(crate) fn absent(node: &str) -> Pull {
    pull(node, Outcome::Absent { message: Clean::new("the pod was deleted") })
}

/// A reason for leaving a node out.
pub(crate) fn skip(reason: SkipReason) -> Option<Skip> {
    Some(Skip { reason, detail: "said the node".into() })
}

/// What makes a pull another one.
pub(crate) trait But: Sized {
    fn of(self, image: &str, index: usize) -> Self;
    fn held_back(self, refused_on: &str) -> Self;
    fn without_secrets(self) -> Self;
    fn missing(self, secret: &str) -> Self;
}

impl But for Pull {
    /// Of another image, the plan's `index`th.
    fn of(mut self, image: &str, index: usize) -> Self {
        self.image = image.into();
        self.id = format!("pull/{}/{index}", self.node);
        self
    }

    /// Without the credential that was refused elsewhere, as a run does it: the pod names no real Secret.
    fn held_back(mut self, refused_on: &str) -> Self {
        self.credential = CredentialUse::HeldBack { refused_on: refused_on.into() };
        self.without_secrets()
    }

    /// By a pod that names no pull secret.
    fn without_secrets(mut self) -> Self {
        self.pull_secrets.clear();
        self
    }

    /// By a pod whose kubelet did not find this pull secret.
    fn missing(mut self, secret: &str) -> Self {
        self.missing_pull_secrets.push(secret.into());
        self
    }
}

/// The codes that evidence of these pulls leads to, worst first.
pub(crate) fn codes(pulls: Vec<Pull>) -> Vec<Code> {
    findings(pulls).iter().map(|finding| finding.code).collect()
}

/// What evidence of these pulls leads to.
pub(crate) fn findings(pulls: Vec<Pull>) -> Vec<Finding> {
    diagnose(&evidence(pulls))
}
