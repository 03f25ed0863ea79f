//! A healthy cluster gives no finding at all.

use super::build::*;
use crate::evidence::builder::{Ambient, AmbientKind, BuilderConfig, RunTime};
use crate::evidence::workloads::{PullPolicy, Workload};
use crate::evidence::{Evidence, Outcome};
use crate::plan::DockerConfigSource;
use crate::text::Clean;

const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

fn named(mut workload: Workload, kind: &str, short: &str) -> Workload {
    let name = workload.name.trim_start_matches("deploy/").to_string();
    workload.id = format!("workload/{}/{kind}/{name}", workload.namespace);
    workload.name = format!("{short}/{name}");
    workload
}

/// Workloads of one namespace, in the ways in which clusters have them.
fn team(namespace: &str) -> Vec<Workload> {
    let at = |name: &str| deploy(&format!("{namespace}/{name}"));
    let ecr = format!("{ECR}/{namespace}/app:1");
    let source = DockerConfigSource {
        secret: "push".into(),
        config_map: String::new(),
        key: ".dockerconfigjson".into(),
        mounted_at: "/kaniko/.docker/config.json".into(),
    };
    let mut scaled_to_none = at("idle").names(&["regcred"]);
    scaled_to_none.active = false;
    let mut public_and_idle = at("toolbox").of(&["docker.io/library/busybox:1"]);
    public_and_idle.active = false;
    let mut job = named(at("migrate").names(&["regcred"]).runs(), "Job", "job");
    job.active = false;
    let mut never = at("airgapped").of(&["docker.io/acme/local:1"]);
    never.images[0].pull_policy = PullPolicy::Never;
    let session = BuilderConfig { written_at_run_time: Some(RunTime::Session), ..kaniko() };
    let irsa = Ambient { kind: AmbientKind::AwsRole, identity: Clean::new("arn:aws:iam::1:role/push") };
    vec![
        at("web").names(&["regcred"]).runs(),
        at("api").account("team").runs_with(&["regcred"]),
        at("public").of(&["docker.io/library/nginx:1", "quay.io/prometheus/node-exporter:v1"]).runs(),
        at("mixed").names(&["regcred"]).of(&["docker.io/library/busybox:1", APP]).runs(),
        at("ecr").names(&["ecr"]).of(&[&ecr]).runs(),
        at("node-supplied").of(&[&format!("{ECR}/{namespace}/other:1")]).runs(),
        at("workload-identity").account("bound").of(&["europe-docker.pkg.dev/p/r/app:1"]),
        named(at("nightly").names(&["regcred"]).runs(), "CronJob", "cronjob"),
        named(at("static").account("").of(&["registry.k8s.io/kube-proxy:v1"]).runs(), "Pod", "pod"),
        at("builder")
            .of(&["gcr.io/kaniko-project/executor:v1"])
            .runs()
            .builds(BuilderConfig { found: Some(source), ..kaniko() }),
        at("buildkit").of(&["docker.io/moby/buildkit:v0.13"]).runs().builds(session),
        at("irsa-builder")
            .of(&["gcr.io/kaniko-project/executor:v1"])
            .runs()
            .builds(BuilderConfig { ambient: vec![irsa], ..kaniko() }),
        scaled_to_none,
        public_and_idle,
        job,
        never,
    ]
}

pub(super) fn cluster() -> Evidence {
    let namespaces = ["a", "b", "c"];
    let workloads: Vec<Workload> = namespaces.iter().flat_map(|one| team(one)).collect();
    let secrets = namespaces.iter().enumerate().flat_map(|(n, namespace)| {
        let minutes = 60 * i64::try_from(n).unwrap();
        let at = |name: &str| format!("{namespace}/{name}");
        let robot = format!("robot${namespace}");
        vec![
            secret_of(&at("regcred"), &[("registry.example.com", &robot, &format!("password-{namespace}"))]),
            secret_of(&at("ecr"), &[(ECR, "AWS", &format!("token-{namespace}"))])
                .written(ago(minutes))
                .ends(ago(minutes - 12 * 60)),
            secret(&at("push"), &["registry.example.com"]),
        ]
    });
    let accounts = namespaces.iter().flat_map(|namespace| {
        let mut bound = account(&format!("{namespace}/bound"), &[]);
        if let Outcome::Seen { value } = &mut bound.outcome {
            let identity = Clean::new("pull@p.iam.gserviceaccount.com");
            value.ambient = vec![Ambient { kind: AmbientKind::GcpServiceAccount, identity }];
        }
        [account(&format!("{namespace}/team"), &["regcred"]), bound]
    });
    with_accounts(workloads, secrets.collect(), accounts.collect())
}

#[test]
fn forty_mixed_workloads_that_are_well_give_no_finding() {
    let evidence = cluster();
    assert!(evidence.workloads.as_ref().unwrap().workloads.len() > 40);
    assert!(found(&evidence).is_empty(), "{:#?}", found(&evidence));
    assert!(found(&why(evidence)).is_empty());
}
