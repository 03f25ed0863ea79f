//! The chart by the real Helm: what its values do, and what it says of wrong ones.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use super::Case;
use super::objects::{arguments, chart, find, pods, text};
use super::toolbox::{Folder, file, program, root, run, said, text as utf8};

pub const CASES: &[Case] = &[
    ("helm_lint_has_nothing_to_say_with_everything_off_or_on", linted),
    ("wrong_values_get_the_schemas_error_that_names_them", refused),
    ("every_value_is_in_the_schema_and_has_a_comment", documented),
    ("what_is_switched_off_is_not_made", switched),
    ("values_become_arguments_that_the_plugin_takes", taken),
    ("what_may_not_be_read_is_left_out", skipped),
    ("whatever_makes_pods_is_told_the_probes_image", probing),
    ("pods_meet_the_restricted_pod_security_level_and_are_bounded", restricted),
    ("the_image_is_named_by_tag_or_digest_and_pulled_with_the_secrets_that_are_named", images),
    ("the_packaged_chart_makes_what_the_folder_makes", packaged),
];

/// Everything that can be switched on.
const ALL: &[&str] = &[
    "rights.secrets=true",
    "rights.harbor.namespaces={harbor}",
    "rights.harbor.secrets=true",
    "tests.create=true",
    "tests.maxPods=6",
    "tests.images={r.example.com/team/app:1}",
    "tests.probeImage=r.example.com/tools/regauth-probe:1",
    "emitEvents=true",
    "cronJob.timeZone=Europe/Berlin",
    "monitor.pushCanary.repositories={r.example.com/team/canary}",
    "monitor.pushCanary.serviceAccount=pusher",
    "monitoring.scrape=podMonitor",
    "monitoring.prometheusRule=true",
    "monitoring.labels.release=prometheus",
    "monitoring.dashboard.enabled=true",
];

const CANARY: &[&str] = &["monitor.pushCanary.repositories={r.example.com/team/canary}"];

fn lint(values: &[&str]) -> std::process::Output {
    let mut helm = program("helm");
    helm.args(["lint", "--strict"]).arg(root().join("manifests/chart"));
    helm.args(values.iter().flat_map(|value| ["--set", value]));
    run(&mut helm)
}

fn linted() {
    let off = [
        "cronJob.enabled=false",
        "monitor.enabled=false",
        "rights.create=false",
        "serviceAccount.create=false",
    ];
    for values in [&[][..], &off, ALL] {
        let output = lint(values);
        assert!(output.status.success(), "{values:?}: {}{}", utf8(&output.stdout), utf8(&output.stderr));
    }
}

fn refused() {
    for (value, words) in [
        ("scope=everywhere", &["scope", "'cluster', 'namespace'"][..]),
        ("monitor.intervall=5m", &["monitor", "intervall"]),
        ("monitor.interval=often", &["monitor/interval", "does not match"]),
        ("monitor.port=80", &["monitor/port", "1,024"]),
        ("image.digest=latest", &["image/digest", "sha256"]),
        ("cronJob.failOn=sometimes", &["cronJob/failOn", "'never'"]),
        ("cronJob.schedule=daily", &["cronJob/schedule"]),
        ("rights.secrets=maybe", &["rights/secrets", "boolean"]),
        ("tests.maxPods=0", &["tests/maxPods", "minimum"]),
    ] {
        let output = lint(&[value]);
        let said = utf8(&output.stdout) + &utf8(&output.stderr);
        assert!(!output.status.success(), "{value} was taken");
        for word in words {
            assert!(said.contains(word), "{value}: {word} is not in {said}");
        }
    }
}

/// Paths of the values that are no mappings, or free ones.
fn leaves(value: &Value, path: &str, free: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    match value.as_object() {
        Some(fields) if !free.contains(path) => {
            for (name, value) in fields {
                leaves(value, &format!("{path}/{name}"), free, found);
            }
        }
        _ => drop(found.insert(path.to_string())),
    }
}

fn documented() {
    let schema: Value = serde_json::from_str(&file("manifests/chart/values.schema.json")).expect("JSON");
    let text = file("manifests/chart/values.yaml");
    let values: Value = serde_saphyr::from_str(&text).expect("YAML");
    let (mut free, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    fn walk(schema: &Value, path: &str, free: &mut BTreeSet<String>, wanted: &mut BTreeSet<String>) {
        match schema["properties"].as_object() {
            Some(fields) => {
                assert_eq!(schema["additionalProperties"], false, "{path}: a misspelt name would be taken");
                fields.iter().for_each(|(name, one)| walk(one, &format!("{path}/{name}"), free, wanted));
            }
            None => {
                free.insert(path.to_string());
                wanted.insert(path.to_string());
            }
        }
    }
    walk(&schema, "", &mut free, &mut wanted);
    // Helm's own.
    wanted.remove("/global");
    let mut found = BTreeSet::new();
    leaves(&values, "", &free, &mut found);
    assert_eq!(found, wanted);
    // A comment before the key, or before one of the same group that it follows.
    let mut commented = false;
    for line in text.lines() {
        commented = match line {
            "" => false,
            line if line.trim_start().starts_with('#') => true,
            line => {
                let is_plain =
                    ["image:", "serviceAccount:", "rights:", "monitoring:", "resources:", "nodeSelector:"];
                let is_known = is_plain.iter().any(|plain| line.starts_with(plain));
                assert!(commented || is_known || line.starts_with(' ') || line.contains(": {}"), "{line}");
                true
            }
        };
    }
}

fn kinds(objects: &[Value]) -> Vec<String> {
    objects.iter().map(|one| text(&one["kind"])).collect()
}

fn switched() {
    let nothing = chart(&["cronJob.enabled=false", "monitor.enabled=false", "rights.create=false"]);
    assert_eq!(kinds(&nothing), ["ServiceAccount"]);
    assert!(
        !kinds(&chart(&["monitor.enabled=false", "monitoring.scrape=serviceMonitor"]))
            .iter()
            .any(|kind| matches!(kind.as_str(), "Deployment" | "Service" | "ServiceMonitor"))
    );
    assert!(!kinds(&chart(&["cronJob.enabled=false"])).contains(&"CronJob".to_string()));
    let own = chart(&["serviceAccount.create=false", "serviceAccount.name=mine"]);
    assert!(!kinds(&own).contains(&"ServiceAccount".to_string()));
    assert!(pods(&own).iter().all(|pod| pod["serviceAccountName"] == "mine"));
    let all = chart(ALL);
    for kind in ["PodMonitor", "PrometheusRule"] {
        assert_eq!(find(&all, kind, "")["metadata"]["labels"]["release"], "prometheus", "{kind}");
    }
    let job = &find(&all, "CronJob", "-doctor")["spec"];
    assert_eq!((&job["concurrencyPolicy"], &job["timeZone"]), (&json!("Forbid"), &json!("Europe/Berlin")));
    assert_eq!(job["jobTemplate"]["spec"]["backoffLimit"], 0);
    // What `kubectl regauth cleanup` looks for is never on what is deployed.
    for object in &all {
        assert_ne!(object["metadata"]["labels"]["app.kubernetes.io/managed-by"], "kubectl-regauth");
    }
}

fn taken() {
    for values in [&[][..], ALL, &["scope=namespace", "namespace=team"], &["emitEvents=true"], CANARY] {
        for pod in pods(&chart(values)) {
            let arguments = arguments(pod);
            let has = |flag: &str| arguments.contains(&flag.to_string());
            // Help is asked for last: what stands before it has been parsed then.
            let mut plugin = Command::new(env!("CARGO_BIN_EXE_kubectl-regauth"));
            said(plugin.args(&arguments).arg("--help"));
            assert_ne!(has("--all-namespaces"), has("--namespace=team"), "{arguments:?}");
            // Pods are made where tests are wanted, and what writes is not told to be read-only.
            assert_eq!(has("--max-pods=6"), values == ALL, "{arguments:?}");
            let writes =
                has("--emit-events") || arguments.iter().any(|one| one.starts_with("--push-canary="));
            assert_ne!(writes, has("--read-only"), "{arguments:?}");
            assert_eq!(has("--max-pods=0"), writes && values != ALL, "{arguments:?}");
        }
    }
    let all = chart(&["cronJob.extraArgs={--verbose}", "monitor.extraArgs={--interval=1h}"]);
    let last: Vec<String> = pods(&all).into_iter().filter_map(|pod| arguments(pod).pop()).collect();
    assert_eq!(
        last.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        BTreeSet::from(["--verbose", "--interval=1h"])
    );
}

fn skipped() {
    let skip = |values: &[&str]| -> Vec<String> {
        let all: BTreeSet<Vec<String>> = pods(&chart(values))
            .into_iter()
            .map(|pod| arguments(pod).into_iter().filter(|one| one.starts_with("--skip")).collect())
            .collect();
        assert_eq!(all.len(), 1, "doctor and the monitor leave out the same");
        all.into_iter().next().unwrap_or_default()
    };
    assert_eq!(skip(&[]), ["--skip=secrets,harbor"]);
    assert_eq!(skip(&["rights.nodes=false", "rights.clocks=false"]), ["--skip=secrets,nodes,harbor,clocks"]);
    assert_eq!(skip(&["rights.secrets=true", "rights.harbor.namespaces={harbor}"]), [""; 0]);
    // A check-up of one namespace looks for Harbors there and nowhere else.
    let within = |namespace: &str, harbors: &str| {
        let (namespace, harbors) =
            (format!("namespace={namespace}"), format!("rights.harbor.namespaces={{{harbors}}}"));
        skip(&["scope=namespace", "rights.secrets=true", &namespace, &harbors])
    };
    assert_eq!(within("team", "harbor"), ["--skip=harbor"]);
    assert_eq!(within("harbor", "other,harbor"), [""; 0]);
    // The release's own.
    assert_eq!(within("", "regauth"), [""; 0]);
}

fn probing() {
    let told = |values: &[&str], component: &str| {
        let image = "tests.probeImage=r.example.com/tools/regauth-probe:1";
        let objects = chart(&[values, &[image]].concat());
        let pods = pods(&objects);
        let of = |pod: &&Value| arguments(pod).first().is_some_and(|command| command == component);
        let pod = pods.into_iter().find(of).expect(component);
        arguments(pod).contains(&"--probe-image=r.example.com/tools/regauth-probe:1".to_string())
    };
    for (values, doctor, monitor) in
        [(&[][..], false, false), (&["tests.create=true"], true, true), (CANARY, false, true)]
    {
        assert_eq!((told(values, "doctor"), told(values, "monitor")), (doctor, monitor), "{values:?}");
    }
}

/// The rules of the level `restricted` (kubernetes.io, "Pod Security Standards") that a pod of one container can break.
fn restricted() {
    let all = chart(ALL);
    assert_eq!(pods(&all).len(), 2);
    for pod in pods(&all) {
        let (container, context) = (&pod["containers"][0], &pod["securityContext"]);
        assert_eq!(context["runAsNonRoot"], true);
        assert!(context["runAsUser"].as_u64().is_some_and(|user| user > 0));
        assert_eq!(context["seccompProfile"]["type"], "RuntimeDefault");
        let own = &container["securityContext"];
        assert_eq!(
            (&own["allowPrivilegeEscalation"], &own["readOnlyRootFilesystem"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(own["capabilities"], json!({"drop": ["ALL"]}));
        for field in ["hostNetwork", "hostPID", "hostIPC", "volumes"] {
            assert!(pod.get(field).is_none(), "{field}");
        }
        assert!(container["resources"]["limits"]["memory"].is_string());
        assert!(container["resources"]["requests"]["cpu"].is_string());
    }
    let monitor = &find(&all, "Deployment", "-monitor")["spec"]["template"]["spec"]["containers"][0];
    for probe in ["livenessProbe", "readinessProbe"] {
        assert_eq!(monitor[probe]["httpGet"], json!({"path": "/healthz", "port": "metrics"}), "{probe}");
    }
}

fn images() {
    let digest = format!("sha256:{}", "a".repeat(64));
    for (values, image) in [
        (
            vec!["image.repository=r.example.com/x".to_string(), "image.tag=v2".into()],
            "r.example.com/x:v2".to_string(),
        ),
        (
            vec![
                "image.tag=v2".into(),
                format!("image.digest={digest}"),
                "imagePullSecrets[0].name=regcred".into(),
            ],
            format!("ghcr.io/kubectl-regauth/kubectl-regauth@{digest}"),
        ),
    ] {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let objects = chart(&values);
        for pod in pods(&objects) {
            assert_eq!(pod["containers"][0]["image"], image.as_str());
            let secrets = if values.len() == 3 { json!([{"name": "regcred"}]) } else { Value::Null };
            assert_eq!(pod["imagePullSecrets"], secrets);
        }
    }
}

fn packaged() {
    let folder = Folder::new();
    said(program("helm").arg("package").arg(root().join("manifests/chart")).arg("-d").arg(folder.path("")));
    let package = folder.path(&format!("kubectl-regauth-{}.tgz", env!("CARGO_PKG_VERSION")));
    let mut helm = program("helm");
    helm.args(["template", "kubectl-regauth", "--namespace", "regauth"]).arg(package);
    helm.args(ALL.iter().flat_map(|value| ["--set", value]));
    assert_eq!(super::objects::documents(&said(&mut helm)), chart(ALL));
}
