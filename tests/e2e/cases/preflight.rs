//! Manifests before they are applied, on a cluster that has their registries.

use serde_json::Value;

use crate::support::plugin::{Ran, codes, rows};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "manifests whose images can be pulled pass the preflight, and nothing of them is made",
        needs: Needs::OwnCluster,
        run: healthy,
    },
    Case {
        name: "what is wrong with manifests is found before they are applied",
        needs: Needs::OwnCluster,
        run: wrong,
    },
    Case {
        name: "what a preflight cannot tell keeps it from being healthy",
        needs: Needs::OwnCluster,
        run: not_told,
    },
    Case {
        name: "the builder of a manifest may push, as preflight sees it",
        needs: Needs::OwnCluster,
        run: pushes,
    },
];

fn allow(space: &Space) {
    for role in ["regauth-workloads", "regauth-workloads-secrets"] {
        space.allow(role);
    }
}

fn deployment(name: &str, image: &str, more: &str) -> String {
    format!(
        "---\n# Source: web/templates/{name}.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers:\n      - name: app\n        image: {image}\n{more}"
    )
}

fn named(secret: &str) -> String {
    format!("      imagePullSecrets: [{{name: {secret}}}]\n")
}

/// As `helm template web | kubectl regauth preflight -f -`.
fn piped(space: &Space, args: &[&str], text: &str) -> (Ran, Value) {
    let open = space.cluster.setting("OPEN_REGISTRY");
    let ca = space.cluster.setting("SECURE_CA");
    let all =
        [&["preflight", "-f", "-", "-o", "json", "--plain-http", open, "--ca-bundle", ca], args].concat();
    let ran = space.plugin(&all).run_with(text);
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    (ran, report)
}

/// The row of a workload.
fn row<'r>(report: &'r Value, workload: &str) -> &'r Value {
    let found = rows(report).into_iter().find(|row| row["workload"] == workload);
    found.unwrap_or_else(|| panic!("no row of {workload}: {report:#}"))
}

fn healthy(space: &Space) {
    allow(space);
    space.right_secret("regcred");
    let text = deployment("web", &space.private_image(), &named("regcred"))
        + &deployment("open", &space.open_image(), "");
    let (ran, report) = piped(space, &[], &text);
    assert_eq!(ran.status, 0, "{}{report:#}", ran.stderr);
    for name in ["deploy/web", "deploy/open"] {
        let row = row(&report, name);
        assert_eq!(
            (&row["result"], &row["planned"]["tested"]),
            (&Value::from("ok"), &Value::from("ok")),
            "{row:#}"
        );
    }
    let made = space.kubectl(&["get", "deployments,pods", "-o", "name"], "");
    assert_eq!(made.trim(), "");
    // Without a way for the probe, the node's own pull decides.
    let folder = std::env::temp_dir().join(&space.namespace);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("web.yaml"), deployment("web", &space.private_image(), &named("regcred")))
        .expect("written");
    let ran = space.plugin(&["preflight", "-f", &folder.to_string_lossy(), "--max-nodes", "1"]).run();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("web.yaml:"), "{}", ran.stdout);
    let _ = std::fs::remove_dir_all(&folder);
}

fn wrong(space: &Space) {
    allow(space);
    let of = |setting| space.cluster.setting(setting);
    space.right_secret("regcred");
    space.pull_secret("typo", of("SECURE_REGISTRY"), of("REGISTRY_USER"), "wrong");
    let arm = format!("{}/team/arm-only:1", of("OPEN_REGISTRY"));
    let gone = format!("{}/team/app:no-such-tag", of("SECURE_REGISTRY"));
    let image = space.private_image();
    let text = [
        deployment("missing", &image, &named("nowhere")),
        deployment("typo", &image, &named("typo")),
        deployment("gone", &gone, &named("regcred")),
        deployment("arm", &arm, ""),
        deployment("none", &image, ""),
        deployment("name", "Not/A:Name:1", ""),
    ]
    .concat();
    let (ran, report) = piped(space, &["--max-nodes", "1"], &text);
    assert_eq!(ran.status, 1, "{}{report:#}", ran.stderr);
    for (name, code) in [
        ("missing", "PullSecretMissing"),
        ("typo", "CredentialRejected"),
        ("gone", "ImageNotFound"),
        ("arm", "PlatformMissing"),
        ("none", "PullSecretNotReferenced"),
        ("name", "InvalidImageName"),
    ] {
        let row = row(&report, &format!("deploy/{name}"));
        assert_eq!((&row["result"], &row["code"]), (&Value::from("failed"), &Value::from(code)), "{row:#}");
        assert!(codes(&report).contains(&code), "{:?}", codes(&report));
        assert_eq!(row["planned"]["place"]["template"], format!("web/templates/{name}.yaml"));
    }
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|one| !one["places"].as_array().unwrap().is_empty()), "{findings:#?}");
}

fn not_told(space: &Space) {
    allow(space);
    let image = space.private_image();
    let config = serde_json::json!({"auths": {space.cluster.setting("SECURE_REGISTRY"): {"username": "u", "password": "p"}}});
    let secret = format!(
        "---\napiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\nmetadata: {{name: mine}}\nstringData:\n  \
         .dockerconfigjson: '{config}'\n"
    );
    let nowhere = format!("{}      nodeSelector: {{gpu: 'yes'}}\n", named("mine"));
    let text = [
        deployment("brought", &image, &named("mine")),
        secret,
        deployment("gpu", &image, &nowhere),
        "---\n: [\n".into(),
    ];
    let (ran, report) = piped(space, &[], &text.concat());
    assert_eq!(ran.status, 3, "{}{report:#}", ran.stderr);
    assert_eq!(codes(&report), [] as [&str; 0]);
    let told = report["notChecked"].to_string();
    for part in ["secret/mine comes with the manifests", "gpu=yes", "document 4 cannot be read"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for name in ["deploy/brought", "deploy/gpu"] {
        assert_eq!(row(&report, name)["result"], "notTested");
    }
    let (ran, report) = piped(space, &["--read-only"], &deployment("open", &space.open_image(), ""));
    assert_eq!(
        (ran.status, &row(&report, "deploy/open")["result"]),
        (0, &Value::from("notTested")),
        "{report:#}"
    );
}

fn pushes(space: &Space) {
    allow(space);
    let of = |setting| space.cluster.setting(setting);
    let registry = of("SECURE_REGISTRY");
    space.pull_secret("push", registry, of("PUSHER_USER"), of("PUSHER_PASSWORD"));
    let builder = "        args: [--destination=x]\n        volumeMounts: [{name: config, mountPath: /root/.docker}]\n      volumes:\n      \
                   - name: config\n        secret: {secretName: push, items: [{key: .dockerconfigjson, path: config.json}]}\n";
    let text = deployment("kaniko", &space.open_image(), builder);
    let repository = format!("{registry}/team/app");
    let (ran, report) = piped(space, &["--push", &repository], &text);
    assert_eq!(ran.status, 0, "{}{report:#}", ran.stderr);
    let pushed = rows(&report).into_iter().find(|row| row["action"] == "push").expect("a push");
    assert_eq!((&pushed["result"], &pushed["image"]), (&Value::from("ok"), &Value::from(repository)));
}
