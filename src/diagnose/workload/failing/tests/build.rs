//! Evidence of workloads in a few words: all is in the namespace `team`, as `serviceaccount/default`.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::super::{arrange, pulls};
use crate::code::Code;
use crate::diagnose::settle;
use crate::evidence::node::Pressure;
use crate::evidence::workloads::{
    Events, FailingPull, ImageUse, PullSecret, PullSecretSeen, PullState, ServiceAccount, ServiceAccountSeen,
    Witness, Workload, Workloads, Written,
};
use crate::evidence::{Action, Evidence, Node, Outcome, Run};
use crate::finding::Finding;
use crate::plan::{Plan, ScopePlan};
use crate::registry::keyring;
use crate::secret::RunKey;
use crate::text::Clean;

pub(super) const IMAGE: &str = "registry.example.com/team/app:1";
pub(super) const HUB: &str = "docker.io/team/app:1";
pub(super) const OFFICIAL: &str = "redis:7";
pub(super) const ECR: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app:1";

pub(super) const NO_CREDENTIAL: &str = "failed to resolve image: pull access denied, repository does not exist or may require authorization: \
     authorization failed: no basic auth credentials";
pub(super) const WRONG_PASSWORD: &str = "failed to resolve image: failed to authorize: failed to fetch oauth token: unexpected status from POST request \
     to https://registry.example.com/token: 401 Unauthorized: incorrect username or password";
pub(super) const FORBIDDEN: &str = "failed to resolve image: unexpected status from HEAD request to \
     https://registry.example.com/v2/team/app/manifests/1: 403 Forbidden";
pub(super) const EXPIRED: &str = "failed to resolve image: unexpected status from HEAD request to \
     https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/team/app/manifests/1: 403 Forbidden: \
     DENIED: Your authorization token has expired. Reauthenticate and try again.";
pub(super) const ECR_FORBIDDEN: &str = "failed to resolve image: unexpected status from HEAD request to \
     https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/team/app/manifests/1: 403 Forbidden";
pub(super) const TIMED_OUT: &str = "failed to resolve image: failed to do request: Head \
     \"https://registry.example.com/v2/team/app/manifests/1\": dial tcp 192.0.2.7:443: i/o timeout";
pub(super) const REFUSED: &str = "failed to resolve image: failed to do request: Head \
     \"https://registry.example.com/v2/team/app/manifests/1\": dial tcp 192.0.2.7:443: connect: connection refused";
pub(super) const UNTRUSTED: &str = "failed to resolve image: failed to do request: Head \
     \"https://registry.example.com/v2/team/app/manifests/1\": tls: failed to verify certificate: x509: certificate \
     signed by unknown authority";
pub(super) const PROXY_DOWN: &str = "failed to resolve image: failed to do request: Head \
     \"https://registry.example.com/v2/team/app/manifests/1\": proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: \
     connection refused";
pub(super) const NOT_FOUND: &str = "failed to resolve image: registry.example.com/team/app:1: not found";
pub(super) const NO_SPACE: &str = "failed to extract layer sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef: \
     write /var/lib/containerd/tmpmounts/containerd-mount1/usr/lib/x: no space left on device: unknown";
pub(super) const HUB_LIMIT: &str = "failed to copy: httpReadSeeker: failed open: unexpected status code \
     https://registry-1.docker.io/v2/team/app/manifests/sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef: \
     429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. \
     https://www.docker.com/increase-rate-limit";
pub(super) const NO_PLATFORM: &str = "failed to resolve image: no match for platform in manifest: not found";

/// Evidence of `why` in the namespace `team`.
pub(super) fn why(workloads: Vec<Workload>, failing: Vec<FailingPull>) -> Evidence {
    let mut plan = Plan::of_this_machine(Action::Why, Vec::new(), 60);
    plan.namespace = "team".into();
    plan.checks.clear();
    plan.scope = Some(ScopePlan::default());
    let at: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
    let mut evidence = Evidence::new(Run::new("abcd2345".into(), "https://api.example.com", at), plan, at);
    evidence.workloads = Some(Workloads {
        workloads,
        failing,
        service_accounts: vec![account("default", &[])],
        ..Workloads::default()
    });
    evidence
}

pub(super) trait With: Sized {
    fn secrets(self, secrets: Vec<PullSecret>) -> Self;
    fn account(self, account: ServiceAccount) -> Self;
    fn node(self, node: Node) -> Self;
}

impl With for Evidence {
    fn secrets(mut self, secrets: Vec<PullSecret>) -> Self {
        self.workloads.as_mut().unwrap().secrets.extend(secrets);
        self
    }

    fn account(mut self, account: ServiceAccount) -> Self {
        let accounts = &mut self.workloads.as_mut().unwrap().service_accounts;
        accounts.retain(|one| one.name != account.name);
        accounts.push(account);
        self
    }

    fn node(mut self, node: Node) -> Self {
        self.nodes.push(node);
        self
    }
}

/// A Deployment of this image.
pub(super) fn deploy(name: &str, image: &str) -> Workload {
    Workload {
        id: format!("workload/team/Deployment/{name}"),
        namespace: "team".into(),
        name: format!("deploy/{name}"),
        service_account: "default".into(),
        images: vec![ImageUse { image: image.into(), containers: vec!["app".into()], ..ImageUse::default() }],
        pods: 1,
        active: true,
        ..Workload::default()
    }
}

pub(super) trait But: Sized {
    fn naming(self, secrets: &[&str]) -> Self;
    fn started(self, on: &[&str], with: &[&str]) -> Self;
}

impl But for Workload {
    /// Its template names these pull secrets.
    fn naming(mut self, secrets: &[&str]) -> Self {
        self.pull_secrets = strings(secrets);
        self
    }

    /// A pod has started on each of these nodes, with these pull secrets.
    fn started(mut self, on: &[&str], with: &[&str]) -> Self {
        let image = &mut self.images[0];
        image.started += u32::try_from(on.len()).unwrap();
        image.started_on.extend(strings(on));
        image.started_with.push(strings(with));
        self
    }
}

/// A pod of a Deployment of [`deploy`] that waits for its image on a node.
pub(super) fn waits(of: &Workload, node: &str, message: &str) -> FailingPull {
    let name = of.name.trim_start_matches("deploy/");
    let pod = format!("{name}-{node}");
    let image = of.images[0].image.clone();
    FailingPull {
        id: format!("pod/team/{pod}/app"),
        workload: of.id.clone(),
        namespace: "team".into(),
        pod,
        container: "app".into(),
        node: node.into(),
        service_account: of.service_account.clone(),
        pull_secrets: of.pull_secrets.clone(),
        state: PullState::ErrImagePull,
        message: Some(Clean::new(&format!("failed to pull and unpack image \"{image}\": {message}"))),
        said_by: Some(Witness::Event),
        events: Events::Found,
        missing_pull_secrets: Vec::new(),
        since: None,
        image,
    }
}

/// The same, when nobody says why (any more).
pub(super) fn silent(of: &Workload, node: &str) -> FailingPull {
    let image = &of.images[0].image;
    FailingPull {
        state: PullState::ImagePullBackOff,
        message: Some(Clean::new(&format!("Back-off pulling image \"{image}\""))),
        said_by: Some(Witness::Status),
        events: Events::Expired,
        ..waits(of, node, "")
    }
}

/// A pull secret with one credential for each of these registries.
pub(super) fn secret(name: &str, registries: &[&str]) -> PullSecret {
    let entries: Vec<String> = registries
        .iter()
        .map(|registry| {
            format!("\"{registry}\": {{\"username\": \"bob\", \"password\": \"not-shown-anywhere\"}}")
        })
        .collect();
    secret_of(name, &format!("{{\"auths\": {{{}}}}}", entries.join(",")))
}

pub(super) fn secret_of(name: &str, config: &str) -> PullSecret {
    let read = keyring::Keyring::new(&[keyring::PullSecret {
        name: name.into(),
        kind: keyring::TYPE_DOCKER_CONFIG_JSON.into(),
        key: keyring::KEY_DOCKER_CONFIG_JSON.into(),
        data: Zeroizing::new(config.as_bytes().to_vec()),
    }]);
    let docker_config = read.evidence(&RunKey::random().unwrap()).remove(0);
    let value = PullSecretSeen {
        kind: Clean::new(keyring::TYPE_DOCKER_CONFIG_JSON),
        keys: vec![Clean::new(keyring::KEY_DOCKER_CONFIG_JSON)],
        docker_config,
        written: Written::default(),
        owners: Vec::new(),
    };
    PullSecret { outcome: Outcome::Seen { value }, ..unread(name) }
}

/// A pull secret that the API server does not show.
pub(super) fn unread(name: &str) -> PullSecret {
    PullSecret {
        id: format!("secret/team/{name}"),
        namespace: "team".into(),
        name: name.into(),
        outcome: Outcome::Denied { status: 403, message: Clean::new("secrets is forbidden") },
        also_in: None,
    }
}

pub(super) fn account(name: &str, secrets: &[&str]) -> ServiceAccount {
    let value = ServiceAccountSeen { pull_secrets: strings(secrets), ..ServiceAccountSeen::default() };
    ServiceAccount {
        id: format!("serviceaccount/team/{name}"),
        namespace: "team".into(),
        name: name.into(),
        outcome: Outcome::Seen { value },
    }
}

pub(super) fn node(name: &str, pressures: &[Pressure], images: &[&str]) -> Node {
    Node {
        name: name.into(),
        os: "linux".into(),
        architecture: "arm64".into(),
        runtime: "containerd://2.4.2".into(),
        kubelet: "v1.36.3".into(),
        pressures: pressures.to_vec(),
        has_images: strings(images),
        ..Node::default()
    }
}

/// What these rules alone say, settled and collapsed.
pub(super) fn judged(evidence: &Evidence) -> Vec<Finding> {
    let mut found = settle::collapse(settle::most_specific(pulls(evidence)));
    arrange(&mut found, evidence);
    found
}

/// The one finding of these rules.
pub(super) fn one(evidence: &Evidence) -> Finding {
    let mut found = judged(evidence);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// Code, subject and certainty of each finding.
pub(super) fn told(found: &[Finding]) -> Vec<(Code, &str, bool)> {
    found.iter().map(|one| (one.code, one.subject.name.as_str(), one.certain)).collect()
}

pub(super) fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
