//! Manifests, with what a cluster has for them.

use regauth::code::Code;
use regauth::collect::workloads::planned::{Manifests, READS, Source, read};
use regauth::evidence::{Action, Evidence, Outcome, Run};
use regauth::finding::Severity;
use regauth::plan::preflight::tests;
use regauth::plan::{Plan, ScopePlan};
use regauth::report::{ExitStatus, NotCheckedState, Report, Verdict};
use regauth::secret::RunKey;
use serde_json::{Value, json};

use super::server::{Answer, Asked, Fake};

const PASSWORD: &str = "hunter2-planted";

fn items(items: &[Value]) -> Answer {
    Answer::Json(200, json!({"metadata": {}, "items": items}))
}

/// Namespace `team` with the pull secret `there`, and two nodes.
fn cluster(asked: &Asked) -> Answer {
    let node = |name: &str, arch: &str| {
        json!({"metadata": {"name": name, "labels": {"kubernetes.io/arch": arch}}, "status": {
            "conditions": [{"type": "Ready", "status": "True"}], "images": [],
            "nodeInfo": {"operatingSystem": "linux", "architecture": arch}}})
    };
    let secret = |name: &str| {
        let data = "eyJhdXRocyI6eyJyLmV4YW1wbGUuY29tIjp7InVzZXJuYW1lIjoicm9ib3QiLCJwYXNzd29yZCI6Imh1bnRlcjItcGxhbnRlZCJ9fX0=";
        json!({"metadata": {"name": name, "namespace": "team"}, "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": data}})
    };
    match asked.path.trim_start_matches("/api/v1/") {
        "namespaces/team" => Answer::Json(200, json!({"metadata": {"name": "team"}})),
        "nodes" => items(&[node("n1", "amd64"), node("n2", "arm64")]),
        "namespaces/team/serviceaccounts/default" => {
            Answer::Json(200, json!({"metadata": {"name": "default", "namespace": "team"}}))
        }
        "namespaces/team/secrets/there" => Answer::Json(200, secret("there")),
        "secrets" => items(&[json!({"metadata": {"name": "elsewhere", "namespace": "infra"}})]),
        _ => Answer::status(404, "NotFound", "not found"),
    }
}

async fn evidence(text: &str) -> Evidence {
    let source = Source { file: "deploy/web.yaml".into(), text: text.to_string().into() };
    let manifests = Manifests::read(&[source], "team");
    let seen = read(&Fake::new(cluster).api, &manifests, &RunKey::random().unwrap()).await;
    let scope = ScopePlan { reads: READS.to_vec(), ..ScopePlan::default() };
    let plan = Plan {
        namespace: "team".into(),
        checks: Vec::new(),
        scope: Some(scope),
        ..Plan::of_this_machine(Action::Preflight, Vec::new(), 60)
    };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut evidence = Evidence::new(Run::new("abcd2345".into(), "", now), plan, now);
    evidence.workloads = Some(seen.workloads);
    evidence.nodes = seen.nodes;
    evidence.preflight = Some(seen.preflight);
    evidence.unread = seen.unread;
    evidence
}

fn deployment(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec: {{containers: [{{name: app, \
         image: r.example.com/app:1}}], {spec}}}\n---\n"
    )
}

fn brought(name: &str, config: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\nmetadata: {{name: {name}}}\nstringData:\n  \
         .dockerconfigjson: '{config}'\n---\n"
    )
}

fn config() -> String {
    json!({"auths": {"r.example.com": {"username": "robot", "password": PASSWORD}}}).to_string()
}

fn codes(report: &Report) -> Vec<(Code, &str)> {
    report.findings.iter().map(|one| (one.code, one.subject.name.as_str())).collect()
}

#[tokio::test]
async fn a_missing_secret_is_found_where_the_manifest_names_it_and_in_other_namespaces() {
    let evidence = evidence(&deployment("web", "imagePullSecrets: [{name: elsewhere}]")).await;
    let report = Report::of(&evidence);
    assert_eq!(codes(&report), [(Code::PullSecretMissing, "secret/elsewhere")]);
    let finding = &report.findings[0];
    assert_eq!((finding.severity, finding.certain), (Severity::Error, true));
    assert!(finding.cause.contains("Namespace infra has one"), "{}", finding.cause);
    assert_eq!(finding.places[0].describe(), "deploy/web.yaml:7");
    assert!(finding.fixes.iter().all(|fix| !fix.command.contains("deploy/web")), "{:?}", finding.fixes);
    assert_eq!(report.exit_status(Some(Severity::Warning)), ExitStatus::Findings);
}

#[tokio::test]
async fn what_the_manifests_bring_counts_as_there_and_nothing_secret_is_kept() {
    let text = deployment("web", "imagePullSecrets: [{name: mine}]") + &brought("mine", &config());
    let evidence = evidence(&text).await;
    let all = format!("{evidence:?}{}", serde_json::to_string(&evidence).unwrap());
    assert!(!all.contains(PASSWORD));
    let report = Report::of(&evidence);
    assert_eq!(codes(&report), []);
    let row = report.audits().next().unwrap();
    assert_eq!(row.credential.tried[0].secret, "mine");
    let (asked, not) = tests(&evidence, 2);
    assert!(
        asked.is_empty() && not[0].why_not.as_str().contains("secret/mine comes with the manifests"),
        "{not:?}"
    );
}

#[tokio::test]
async fn a_secret_that_is_there_already_with_the_same_credential_is_tested() {
    let text = deployment("web", "imagePullSecrets: [{name: there}]") + &brought("there", &config());
    let (asked, not) = tests(&evidence(&text).await, 2);
    assert_eq!(not, []);
    assert_eq!(
        (asked[0].pull_secrets.as_slice(), asked[0].nodes.as_slice()),
        (&["there".to_string()][..], &["n1".to_string(), "n2".into()][..])
    );
    let other = config().replace(PASSWORD, "another");
    let text = deployment("web", "imagePullSecrets: [{name: there}]") + &brought("there", &other);
    assert_eq!(tests(&evidence(&text).await, 2).0, [], "what is applied replaces it");
}

#[tokio::test]
async fn a_malformed_secret_of_the_manifests_is_mended_in_its_manifest() {
    let text = deployment("web", "imagePullSecrets: [{name: mine}]") + &brought("mine", "{\"auths\": [");
    let report = Report::of(&evidence(&text).await);
    assert_eq!(codes(&report), [(Code::PullSecretMalformed, "secret/mine")]);
    let finding = &report.findings[0];
    assert_eq!(finding.places[0].describe(), "deploy/web.yaml:9", "the Secret's own place goes first");
    assert!(finding.fixes[0].what.contains("written in the manifest deploy/web.yaml"), "{:?}", finding.fixes);
}

#[tokio::test]
async fn an_account_or_namespace_that_is_not_there_never_passes_for_healthy() {
    let report = Report::of(&evidence(&deployment("web", "serviceAccountName: ci")).await);
    let told: Vec<&str> = report.not_checked.iter().map(|one| one.what.as_str()).collect();
    assert!(told.iter().any(|what| what.contains("serviceaccount") && what.contains("ci")), "{told:?}");
    assert_eq!(report.audits().next().unwrap().result, Verdict::NotTested);
    let bring = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ci}\nimagePullSecrets: [{name: there}]\n---\n";
    let with_account = evidence(&(bring.to_string() + &deployment("web", "serviceAccountName: ci"))).await;
    assert_eq!(tests(&with_account, 1).0[0].pull_secrets, ["there"]);
    let elsewhere = deployment("web", "").replace("  name: web", "  name: web\n  namespace: new");
    let report = Report::of(&evidence(&elsewhere).await);
    let absent = report.not_checked.iter().find(|one| one.what == "namespace/new").unwrap();
    assert!(absent.state == NotCheckedState::Failed && absent.why.contains("does not exist"), "{absent:?}");
    assert_eq!(report.exit_status(Some(Severity::Warning)), ExitStatus::Incomplete);
    let bring = "apiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n---\n";
    let report = Report::of(&evidence(&(bring.to_string() + &elsewhere)).await);
    assert!(report.not_checked.iter().all(|one| one.what != "namespace/new"), "{:?}", report.not_checked);
}

#[tokio::test]
async fn names_that_are_none_images_that_are_never_pulled_and_nodes_that_do_not_fit_are_told() {
    let text = deployment("bad", "").replace("r.example.com/app:1", "R.example.com/App:1:2")
        + &deployment("kept", "").replace("image: r", "imagePullPolicy: Never, image: r")
        + &deployment("gpu", "nodeSelector: {gpu: 'yes'}");
    let evidence = evidence(&text).await;
    let report = Report::of(&evidence);
    assert_eq!(
        codes(&report),
        [(Code::InvalidImageName, "deploy/bad"), (Code::ImageNeverPulled, "deploy/kept")]
    );
    assert_eq!(report.findings[0].places[0].describe(), "deploy/web.yaml:7");
    assert!(report.findings[0].fixes[0].what.contains("deploy/web.yaml"), "{:?}", report.findings[0].fixes);
    let nowhere = report.not_checked.iter().find(|one| one.what == "the pulls of deploy/gpu").unwrap();
    assert!(nowhere.why.contains("none of 2 nodes") && nowhere.why.contains("gpu=yes"), "{nowhere:?}");
    let row = report.audits().find(|row| row.workload == "deploy/gpu").unwrap();
    assert_eq!(row.result, Verdict::NotTested);
}

#[tokio::test]
async fn what_may_not_be_read_is_told_and_is_no_error() {
    let fake = Fake::new(|_| Answer::status(403, "Forbidden", "you may not"));
    let text = deployment("web", "imagePullSecrets: [{name: mine}]");
    let source = Source { file: "-".into(), text: text.into() };
    let seen = read(&fake.api, &Manifests::read(&[source], "team"), &RunKey::random().unwrap()).await;
    assert!(matches!(seen.preflight.namespaces[0].outcome, Outcome::Denied { .. }));
    assert!(seen.workloads.reads.iter().all(|read| !matches!(read.outcome, Outcome::Failed { .. })));
    assert!(matches!(seen.preflight.workloads[0].landing, Outcome::Denied { .. }));
}
