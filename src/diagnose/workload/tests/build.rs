//! A cluster in a few words.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::code::Code;
use crate::diagnose::diagnose;
use crate::diagnose::tests::build;
use crate::evidence::builder::{BuilderConfig, Program};
use crate::evidence::workloads::*;
use crate::evidence::{Action, Evidence, Outcome};
use crate::finding::Finding;
use crate::plan::ScopePlan;
use crate::registry::keyring::{self, Keyring};
use crate::secret::RunKey;
use crate::text::Clean;

/// The image of most workloads.
pub(crate) const APP: &str = "registry.example.com/team/app:1";
/// What a registry says to strangers.
pub(crate) const DENIED: &str = "failed to pull and unpack image \"registry.example.com/team/app:1\": failed to \
    resolve image: pull access denied, repository does not exist or may require authorization: authorization failed: \
    no basic auth credentials";
/// What a registry says to a wrong password.
pub(crate) const REFUSED: &str = "failed to pull and unpack image \"registry.example.com/team/app:1\": failed to \
    resolve image: failed to authorize: failed to fetch oauth token: unexpected status from POST request to \
    https://registry.example.com/token: 401 Unauthorized: incorrect username or password";
/// Nobody answers.
pub(crate) const TIMED_OUT: &str = "failed to do request: Head \"https://registry.example.com/v2/team/app/manifests/1\": \
    dial tcp 192.0.2.7:443: i/o timeout";
/// Docker Hub's limit.
pub(crate) const LIMITED: &str = "failed to pull and unpack image \"docker.io/acme/sync:1\": failed to copy: \
    httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/acme/sync/manifests/1: \
    429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit.";

const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// When everything was collected.
pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// So many minutes ago; in the future for negative ones.
pub(crate) fn ago(minutes: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_mins(minutes)).unwrap()
}

/// What `secrets` reads.
pub(crate) const READS: [Resource; 5] = [
    Resource::Pods,
    Resource::Deployments,
    Resource::ServiceAccounts,
    Resource::Secrets,
    Resource::SecretNames,
];

/// Evidence of these workloads and Secrets, by `secrets -A`. ServiceAccounts are those of the workloads, without
/// pull secrets unless one is given.
pub(crate) fn audit(workloads: Vec<Workload>, secrets: Vec<PullSecret>) -> Evidence {
    with_accounts(workloads, secrets, Vec::new())
}

pub(crate) fn with_accounts(
    workloads: Vec<Workload>,
    secrets: Vec<PullSecret>,
    mut service_accounts: Vec<ServiceAccount>,
) -> Evidence {
    let mut evidence = build::evidence(Vec::new());
    for workload in &workloads {
        if !service_accounts
            .iter()
            .any(|one| one.namespace == workload.namespace && one.name == workload.service_account)
        {
            service_accounts
                .push(account(&format!("{}/{}", workload.namespace, workload.service_account), &[]));
        }
    }
    let reads =
        READS.iter().map(|resource| Read { resource: *resource, outcome: Outcome::Seen { value: 9 } });
    evidence.collected_at = now();
    evidence.plan.action = Action::Secrets;
    evidence.plan.checks = Vec::new();
    evidence.plan.scope =
        Some(ScopePlan { all_namespaces: true, reads: READS.to_vec(), ..ScopePlan::default() });
    evidence.workloads = Some(Workloads {
        reads: reads.collect(),
        workloads,
        service_accounts,
        secrets,
        ..Workloads::default()
    });
    evidence
}

/// The same, asked by `why`.
pub(crate) fn why(mut evidence: Evidence) -> Evidence {
    evidence.plan.action = Action::Why;
    evidence
}

/// `NAMESPACE/NAME`, apart.
fn apart(path: &str) -> (String, String) {
    let (namespace, name) = path.split_once('/').unwrap();
    (namespace.to_string(), name.to_string())
}

/// A Deployment of one replica that has not started, with [`APP`].
pub(crate) fn deploy(path: &str) -> Workload {
    let (namespace, name) = apart(path);
    Workload {
        id: format!("workload/{namespace}/Deployment/{name}"),
        name: format!("deploy/{name}"),
        namespace,
        service_account: "default".into(),
        images: vec![image(APP)],
        pods: 1,
        active: true,
        ..Workload::default()
    }
}

pub(crate) fn image(reference: &str) -> ImageUse {
    ImageUse { image: reference.into(), containers: vec!["app".into()], ..ImageUse::default() }
}

/// What makes a workload another one.
pub(crate) trait But: Sized {
    fn names(self, secrets: &[&str]) -> Self;
    fn of(self, images: &[&str]) -> Self;
    fn runs(self) -> Self;
    fn runs_with(self, secrets: &[&str]) -> Self;
    fn last_started(self, at: Timestamp) -> Self;
    fn always(self) -> Self;
    fn builds(self, builder: BuilderConfig) -> Self;
    fn account(self, name: &str) -> Self;
}

impl But for Workload {
    fn names(mut self, secrets: &[&str]) -> Self {
        self.pull_secrets = secrets.iter().map(ToString::to_string).collect();
        self
    }

    fn of(mut self, images: &[&str]) -> Self {
        self.images = images.iter().map(|one| image(one)).collect();
        self
    }

    /// With the pull secrets that it names.
    fn runs(self) -> Self {
        let names = self.pull_secrets.clone();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.runs_with(&names)
    }

    fn runs_with(mut self, secrets: &[&str]) -> Self {
        for image in &mut self.images {
            image.started = 1;
            image.started_on = vec!["node1".into()];
            image.started_with = vec![secrets.iter().map(ToString::to_string).collect()];
        }
        self
    }

    fn last_started(mut self, at: Timestamp) -> Self {
        self.images.iter_mut().for_each(|image| image.last_started_at = Some(at));
        self
    }

    fn always(mut self) -> Self {
        self.images.iter_mut().for_each(|image| image.pull_policy = PullPolicy::Always);
        self
    }

    fn builds(mut self, builder: BuilderConfig) -> Self {
        self.builders.push(builder);
        self
    }

    fn account(mut self, name: &str) -> Self {
        self.service_account = name.into();
        self
    }
}

pub(crate) fn account(path: &str, secrets: &[&str]) -> ServiceAccount {
    let (namespace, name) = apart(path);
    let value = ServiceAccountSeen {
        pull_secrets: secrets.iter().map(ToString::to_string).collect(),
        ..ServiceAccountSeen::default()
    };
    ServiceAccount {
        id: format!("serviceaccount/{namespace}/{name}"),
        namespace,
        name,
        outcome: Outcome::Seen { value },
    }
}

/// A pull secret with a password for each key.
pub(crate) fn secret(path: &str, keys: &[&str]) -> PullSecret {
    let entries: Vec<(&str, &str, &str)> = keys.iter().map(|key| (*key, "ci", "hunter2hunter2")).collect();
    secret_of(path, &entries)
}

/// A pull secret with these keys, users and passwords.
pub(crate) fn secret_of(path: &str, entries: &[(&str, &str, &str)]) -> PullSecret {
    let entry = |(key, user, password): &(&str, &str, &str)| {
        (key.to_string(), serde_json::json!({"username": user, "password": password}))
    };
    let auths: serde_json::Map<String, serde_json::Value> = entries.iter().map(entry).collect();
    raw(path, keyring::TYPE_DOCKER_CONFIG_JSON, &serde_json::json!({"auths": auths}).to_string())
}

/// A Secret of a type, with this under `.dockerconfigjson`.
pub(crate) fn raw(path: &str, kind: &str, config: &str) -> PullSecret {
    let (namespace, name) = apart(path);
    let one = keyring::PullSecret {
        name: name.clone(),
        kind: kind.into(),
        key: keyring::KEY_DOCKER_CONFIG_JSON.into(),
        data: Zeroizing::new(config.as_bytes().to_vec()),
    };
    let key = RunKey::from_hex(HEX).unwrap();
    let value = PullSecretSeen {
        kind: Clean::new(kind),
        keys: vec![Clean::new(keyring::KEY_DOCKER_CONFIG_JSON)],
        docker_config: Keyring::new(&[one]).evidence(&key).remove(0),
        written: Written { created_at: Some(ago(90_000)), changed_at: Some(ago(90_000)) },
        owners: Vec::new(),
    };
    PullSecret {
        id: format!("secret/{namespace}/{name}"),
        namespace,
        name,
        outcome: Outcome::Seen { value },
        also_in: Some(Vec::new()),
    }
}

pub(crate) fn absent(path: &str, also_in: &[&str]) -> PullSecret {
    let outcome = Outcome::Absent { message: Clean::new("not found") };
    let also_in = Some(also_in.iter().map(ToString::to_string).collect());
    PullSecret { outcome, also_in, ..secret(path, &[]) }
}

/// A Secret that may not be read.
pub(crate) fn hidden(path: &str) -> PullSecret {
    let outcome = Outcome::Denied { status: 403, message: Clean::new("secrets is forbidden") };
    PullSecret { outcome, also_in: None, ..secret(path, &[]) }
}

/// What makes a Secret another one.
pub(crate) trait Credential: Sized {
    fn seen_mut(&mut self) -> &mut PullSecretSeen;
    fn ends(self, at: Timestamp) -> Self;
    fn written(self, at: Timestamp) -> Self;
}

impl Credential for PullSecret {
    fn seen_mut(&mut self) -> &mut PullSecretSeen {
        match &mut self.outcome {
            Outcome::Seen { value } => value,
            other => panic!("{other:?}"),
        }
    }

    fn ends(mut self, at: Timestamp) -> Self {
        self.seen_mut().docker_config.entries.iter_mut().for_each(|one| one.credential.expires_at = Some(at));
        self
    }

    fn written(mut self, at: Timestamp) -> Self {
        self.seen_mut().written.changed_at = Some(at);
        self
    }
}

/// A pull of a workload's first image that fails with these words, by a pod that has its pull secrets.
pub(crate) fn failing(workload: &Workload, message: &str) -> FailingPull {
    let pod = format!("{}-x", workload.name.replace('/', "-"));
    FailingPull {
        id: format!("pod/{}/{pod}/app", workload.namespace),
        workload: workload.id.clone(),
        namespace: workload.namespace.clone(),
        pod,
        container: "app".into(),
        image: workload.images[0].image.clone(),
        node: "node1".into(),
        service_account: workload.service_account.clone(),
        pull_secrets: workload.pull_secrets.clone(),
        state: PullState::ImagePullBackOff,
        message: Some(Clean::new(message)).filter(|message| !message.is_empty()),
        said_by: Some(Witness::Event),
        events: Events::Found,
        missing_pull_secrets: Vec::new(),
        since: None,
    }
}

/// With a failing pull of each workload.
pub(crate) fn all_fail(mut evidence: Evidence, message: &str) -> Evidence {
    let seen = evidence.workloads.as_mut().unwrap();
    seen.failing = seen.workloads.iter().map(|one| failing(one, message)).collect();
    evidence
}

/// With a failing pull of one workload.
pub(crate) fn fails(mut evidence: Evidence, name: &str, message: &str) -> Evidence {
    let seen = evidence.workloads.as_mut().unwrap();
    let workload = seen.workloads.iter().find(|one| one.name == name).unwrap();
    seen.failing.push(failing(workload, message));
    evidence
}

pub(crate) fn kaniko() -> BuilderConfig {
    BuilderConfig {
        id: "builder/kaniko".into(),
        program: Program::Kaniko,
        container: "kaniko".into(),
        init: false,
        image: Clean::new("gcr.io/kaniko-project/executor:v1.23.2"),
        reads: vec!["/kaniko/.docker/config.json".into()],
        found: None,
        misnamed: None,
        ambient: Vec::new(),
        pushes: None,
        written_at_run_time: None,
        pull_secrets: Vec::new(),
    }
}

/// The findings of the rules about what is written down.
pub(crate) fn found(evidence: &Evidence) -> Vec<Finding> {
    diagnose(evidence)
}

/// Code and subject of each finding.
pub(crate) fn told(evidence: &Evidence) -> BTreeSet<(Code, String)> {
    found(evidence).into_iter().map(|one| (one.code, one.subject.name)).collect()
}

/// The only finding.
pub(crate) fn only(evidence: &Evidence) -> Finding {
    let mut found = found(evidence);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// The only finding, which is of this code.
pub(crate) fn only_of(code: Code, evidence: &Evidence) -> Finding {
    let finding = only(evidence);
    assert_eq!(finding.code, code, "{finding:#?}");
    finding
}
