//! Probes that could not look.

use super::about::nodes;
use crate::code::Code;
use crate::evidence::{Action, Evidence, LastSeen, Network, Outcome, Probe, Step};
use crate::finding::{Finding, Fix, Severity, Subject};
use crate::plan::CaBundle;
use crate::text::Clean;

/// Probes that were refused, did not run, or did not end.
pub(in crate::diagnose) fn could_not_look(evidence: &Evidence) -> Vec<Finding> {
    evidence.probes.iter().filter_map(|probe| of_probe(probe, evidence)).collect()
}

fn of_probe(probe: &Probe, evidence: &Evidence) -> Option<Finding> {
    let finding = match &probe.outcome {
        Outcome::Seen { .. } => return None,
        Outcome::Denied { message, .. } => denied(probe, message, evidence),
        Outcome::Failed { step: Step::ProbeImage, message } => no_image(probe, message, evidence),
        Outcome::Failed { step: Step::Mount, message } => not_mounted(probe, message, evidence),
        Outcome::Failed { step: Step::Probe, message } => {
            let cause = "The probe could not run on the node, or its result could not be read.";
            let mut finding = new(probe, Code::Unknown, node(probe), cause.into(), Some(message));
            finding.certain = false;
            finding.settle_by =
                Some("the pod's log and events, while it is there: the same run with --keep".into());
            finding
        }
        Outcome::Failed { step: Step::Sandbox, message } => {
            let cause = "The kubelet cannot start any pod there, so the probe could not look.";
            let mut finding = new(probe, Code::RuntimeFailed, node(probe), cause.into(), Some(message));
            finding.certain = false;
            finding.fixes = vec![describe_node(&probe.node)];
            finding
        }
        Outcome::Failed { step: Step::Create | Step::Watch, message } => {
            let cause = "The API server failed or was away, so nothing is known of the node.";
            let mut finding = new(probe, Code::Unknown, "apiserver".into(), cause.into(), Some(message));
            finding.certain = false;
            finding.settle_by = Some("run it again when the API server answers".into());
            finding
        }
        Outcome::Failed { step: Step::Interrupted, .. } => return None,
        Outcome::TimedOut { last_seen: last @ (LastSeen::Running | LastSeen::Pulling), .. } => {
            unfinished(probe, *last, evidence)
        }
        _ => not_tested(probe)?,
    };
    Some(finding)
}

fn new(probe: &Probe, code: Code, name: String, cause: String, message: Option<&Clean>) -> Finding {
    let subject = Subject { name, nodes: nodes(probe), ..Subject::default() };
    let mut finding = Finding::new(code, subject, cause);
    finding.evidence = vec![probe.id.clone()];
    finding.messages = message.cloned().into_iter().collect();
    finding
}

fn node(probe: &Probe) -> String {
    if probe.node.is_empty() { "this machine".into() } else { format!("node/{}", probe.node) }
}

fn describe_node(node: &str) -> Fix {
    Fix::new("shows the kubelet's events of the node", format!("kubectl describe node {node}"))
}

/// hostNetwork needs a namespace whose Pod Security level is `privileged`; anything else is quota or policy.
fn denied(probe: &Probe, message: &Clean, evidence: &Evidence) -> Finding {
    let namespace = if probe.namespace.is_empty() { &evidence.plan.namespace } else { &probe.namespace };
    let host_network = probe.network == Network::Node;
    let cause = match host_network {
        true => format!("Namespace {namespace} refuses probes on the node's network (hostNetwork)."),
        false => format!("The API server refused the probe's pod in namespace {namespace}."),
    };
    let name = format!("namespace/{namespace}");
    let mut finding = new(probe, Code::NotPermitted, name, cause, Some(message));
    finding.fixes = match host_network {
        true => vec![
            Fix::new(
                "tests the same from the pods' network and by the kubelets, which needs no hostNetwork",
                format!(
                    "kubectl regauth pull -n {namespace} --method both --network pod {}",
                    images(evidence)
                ),
            ),
            Fix::new(
                "looks from the node's network without a credential, in a namespace whose Pod Security level is privileged",
                format!(
                    "kubectl regauth pull -n {namespace} --method probe --node-namespace NAMESPACE {}",
                    images(evidence)
                ),
            ),
        ],
        false => vec![Fix::new(
            "shows the quotas and limits that apply; or test in another namespace with -n",
            format!("kubectl -n {namespace} describe resourcequota,limitrange"),
        )],
    };
    finding
}

fn images(evidence: &Evidence) -> String {
    evidence.plan.images.join(" ")
}

/// The nodes cannot pull the probe's own image.
fn no_image(probe: &Probe, message: &Clean, evidence: &Evidence) -> Finding {
    let image = evidence.plan.probe.as_ref().map(|plan| plan.image.as_str()).unwrap_or_default();
    let cause =
        format!("The node cannot pull or run the probe's own image {image}, so the probe saw nothing there.");
    let mut finding = new(probe, Code::ProbeImageUnavailable, format!("image/{image}"), cause, Some(message));
    finding.fixes = vec![
        without_our_image(evidence),
        Fix::new(
            "puts the probe's image into a registry that the nodes reach; name it with --probe-image from then on, and its pull secret, if it needs one, with --probe-pull-secret",
            "kubectl regauth image push REGISTRY/REPOSITORY/regauth-probe:TAG",
        ),
    ];
    finding
}

/// What can be tested without an image of ours: kubelets pull, and of a push or a limit this machine can tell.
fn without_our_image(evidence: &Evidence) -> Fix {
    let here = "tests from this machine, with its own credentials";
    let (what, command) = match evidence.plan.action {
        Action::Pull | Action::Why | Action::Secrets | Action::Doctor | Action::Preflight => (
            "tests without an image of ours; from this machine: kubectl regauth probe IMAGE",
            format!(
                "kubectl regauth pull -n {} --method kubelet {}",
                evidence.plan.namespace,
                images(evidence)
            ),
        ),
        Action::Push => (here, format!("kubectl regauth push {} --network local", images(evidence))),
        Action::Limits => (here, format!("kubectl regauth limits {} --network local", images(evidence))),
        Action::Harbor => (
            "asks through the API server, without an image of ours",
            format!("kubectl regauth harbor -n {} --via port-forward", evidence.plan.namespace),
        ),
        Action::Clock => {
            ("reads the nodes' leases, without an image of ours", "kubectl regauth clock".to_string())
        }
        // It makes no pod.
        Action::Explain => ("reads a text", "kubectl regauth explain".to_string()),
    };
    Fix::new(what, command)
}

/// A ConfigMap or Secret that the probe was given is not there.
fn not_mounted(probe: &Probe, message: &Clean, evidence: &Evidence) -> Finding {
    let namespace = &evidence.plan.namespace;
    let given = ca_object(evidence).filter(|(_, name)| message.as_str().contains(&format!("\"{name}\"")));
    let (subject, cause, settle_by) = match given {
        Some((kind, name)) => (
            format!("{kind}/{name}"),
            format!(
                "{kind}/{name} (--ca-bundle) is not there in namespace {namespace}, so the probe saw nothing."
            ),
            format!("kubectl -n {namespace} get {kind} {name}"),
        ),
        None => (
            format!("namespace/{namespace}"),
            format!(
                "What the probe was given is not there in namespace {namespace}, so the probe saw nothing."
            ),
            format!("kubectl -n {namespace} get configmap,secret"),
        ),
    };
    let mut finding = new(probe, Code::Unknown, subject, cause, Some(message));
    finding.certain = false;
    finding.settle_by = Some(settle_by);
    finding
}

/// The object that holds the certificates that probes are given.
fn ca_object(evidence: &Evidence) -> Option<(&'static str, &str)> {
    match evidence.plan.probe.as_ref()?.ca_bundle.as_ref()? {
        CaBundle::ConfigMap(name) => Some(("configmap", name)),
        CaBundle::Secret(name) => Some(("secret", name)),
        CaBundle::Pem(_) => None,
    }
}

fn unfinished(probe: &Probe, last: LastSeen, evidence: &Evidence) -> Finding {
    let cause = match last {
        LastSeen::Pulling => "The probe's own image was still being pulled when the time was up.",
        _ => "The probe was still looking when the time was up.",
    };
    let code = if last == LastSeen::Pulling { Code::ProbeImageUnavailable } else { Code::PullNotFinished };
    let mut finding = new(probe, code, node(probe), cause.into(), None);
    finding.certain = false;
    finding.settle_by = Some("a longer --timeout".into());
    if last == LastSeen::Running {
        finding.also_possible = vec![Code::ConnectionTimedOut];
    }
    finding.subject.images = evidence.plan.images.clone();
    finding
}

fn not_tested(probe: &Probe) -> Option<Finding> {
    let (cause, message) = match &probe.outcome {
        Outcome::Failed { step: Step::Schedule, message } => {
            ("The scheduler found no room for the probe on the node.", Some(message))
        }
        Outcome::Failed { step: Step::Admit, message } => {
            ("The kubelet turned the probe away.", Some(message))
        }
        Outcome::Absent { message } => ("The probe's pod was removed by something else.", Some(message)),
        Outcome::TimedOut { last_seen: LastSeen::Created, .. } => {
            ("The scheduler did not place the probe on the node in time.", None)
        }
        Outcome::TimedOut { last_seen: LastSeen::Scheduled, .. } => {
            ("The kubelet did not start the probe in time.", None)
        }
        Outcome::TimedOut { last_seen: LastSeen::Planned, .. } => {
            ("The time was up before the node's turn.", None)
        }
        _ => return None,
    };
    let mut finding = new(probe, Code::NodeNotTested, "nodes".into(), cause.into(), message);
    finding.severity = Severity::Warning;
    finding.fixes = vec![describe_node("NODE")];
    Some(finding)
}
