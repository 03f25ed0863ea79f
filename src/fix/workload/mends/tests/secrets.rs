//! Secrets: made, copied, renewed, each where it is written.

use super::*;

fn absent(also_in: &[&str]) -> PullSecret {
    PullSecret {
        outcome: Outcome::Absent { message: Clean::new("not found") },
        also_in: Some(also_in.iter().map(ToString::to_string).collect()),
        ..secret("web", vec![])
    }
}

/// The namespace `infra`, which has a Secret of that name.
fn infra(secret: Option<&PullSecret>) -> Option<Elsewhere<'_>> {
    Some(Elsewhere { namespace: "infra", secret })
}

#[test]
fn a_missing_secret_is_copied_unseen_then_created_then_looked_for() {
    let web = workload("deploy/web", vec![]);
    let fixes = missing(&absent(&["infra"]), infra(None), Some(&web), FixFormat::Kubectl);
    assert_eq!(
        fixes.iter().map(|fix| fix.command.as_str()).collect::<Vec<_>>(),
        [
            "kubectl -n infra get secret reg.cred -o json | jq '{apiVersion, kind, type, data, metadata: {name: \
             .metadata.name}}' | kubectl -n web create -f -",
            "kubectl -n web create secret generic reg.cred --type=kubernetes.io/dockerconfigjson \
             --from-file=.dockerconfigjson=DOCKER_CONFIG.json",
            "kubectl -n web get serviceaccount runner -o jsonpath='{.imagePullSecrets}'",
        ]
    );
}

#[test]
fn what_an_operator_writes_elsewhere_is_made_by_it_here_too() {
    for (name, wanted) in [
        ("ExternalSecret/reg", "kubectl -n infra get externalsecret reg -o json"),
        ("SealedSecret/reg.cred", "| kubeseal --format yaml > reg.cred-web.yaml"),
        ("Reflector (base/reg.cred)", "jsonpath='{.metadata.annotations}'"),
    ] {
        let source = secret("infra", vec![owner(OwnerKind::SecretOperator, name, "")]);
        let fixes = missing(&absent(&["infra"]), infra(Some(&source)), None, FixFormat::Kubectl);
        assert!(fixes[0].command.contains(wanted), "{}", fixes[0].command);
    }
}

#[test]
fn garden_copies_and_a_kustomization_generates_under_the_same_name() {
    let garden = missing(&absent(&["infra"]), infra(None), None, FixFormat::Garden);
    assert_eq!(
        garden[0].patches[0].text,
        "providers:
  - name: kubernetes
    copySecrets:
      - name: reg.cred
        namespace: infra
"
    );
    let kustomize = missing(&absent(&[]), None, None, FixFormat::Kustomize);
    assert_eq!(
        kustomize[0].patches[0].text,
        "secretGenerator:
  - name: reg.cred
    namespace: web
    type: kubernetes.io/dockerconfigjson
    files:
      - \".dockerconfigjson=DOCKER_CONFIG.json\"
    options:
      disableNameSuffixHash: true
"
    );
}

#[test]
fn a_new_content_keeps_labels_and_annotations() {
    let fixes = renew(&secret("web", vec![]), "https://harbor.example/v2/");
    assert!(fixes[0].what.contains("docker login harbor.example,"), "{}", fixes[0].what);
    assert_eq!(
        fixes[0].command,
        "kubectl -n web create secret generic reg.cred --type=kubernetes.io/dockerconfigjson \
         --from-file=.dockerconfigjson=DOCKER_CONFIG.json --dry-run=client -o yaml | \
         kubectl -n web patch secret reg.cred --patch-file=/dev/stdin"
    );
}

#[test]
fn the_older_type_gets_the_inner_part_of_the_config() {
    let mut legacy = secret("web", vec![]);
    legacy.outcome = Outcome::Seen { value: seen("kubernetes.io/dockercfg", vec![]) };
    assert!(renew(&legacy, "")[0].command.starts_with("jq .auths DOCKER_CONFIG.json | kubectl"));
}

#[test]
fn a_written_secret_is_renewed_at_its_source() {
    for (kind, name, wanted) in [
        (OwnerKind::SecretOperator, "ExternalSecret/reg", "annotate externalsecret reg force-sync="),
        (OwnerKind::SecretOperator, "SealedSecret/reg", "kubeseal --format yaml > reg.cred.yaml"),
        (OwnerKind::SecretOperator, "Reflector (infra/base)", "kubectl -n infra patch secret base "),
        (OwnerKind::SecretOperator, "kubed (config-syncer)", "jsonpath='{.metadata.annotations}'"),
        (OwnerKind::Helm, "shop", "helm upgrade shop CHART -n web --reuse-values"),
        (OwnerKind::ArgoCd, "shop", "argocd app sync shop"),
        (OwnerKind::FluxKustomization, "apps", "flux reconcile kustomization apps -n web"),
        (OwnerKind::FluxHelmRelease, "shop", "flux reconcile helmrelease shop -n web"),
        (OwnerKind::Garden, "deploy.shop", "garden deploy shop"),
        (OwnerKind::CustomResource, "Registry/main", "kubectl -n web get Registry/main -o yaml"),
    ] {
        let owned = secret("web", vec![owner(kind, name, "")]);
        for fixes in [renew(&owned, ""), align(&owned, "infra")] {
            assert!(fixes[0].command.contains(wanted), "{}", fixes[0].command);
            assert!(!fixes[0].command.contains("kubectl -n web patch"), "{}", fixes[0].command);
        }
    }
}

#[test]
fn a_copy_is_aligned_without_being_shown() {
    assert_eq!(
        align(&secret("web", vec![]), "infra")[0].command,
        "kubectl -n infra get secret reg.cred -o json | jq '{apiVersion, kind, type, data, metadata: {name: \
         .metadata.name}}' | kubectl -n web patch secret reg.cred --patch-file=/dev/stdin"
    );
}

#[test]
fn a_written_secret_of_a_wrong_type_is_mended_at_its_source() {
    for (kind, name, wanted) in [
        (OwnerKind::SecretOperator, "ExternalSecret/reg", "kubectl -n web get externalsecret reg -o yaml"),
        (OwnerKind::SecretOperator, "SealedSecret/reg", "kubectl -n web get sealedsecret reg -o yaml"),
        (OwnerKind::SecretOperator, "kubed (config-syncer)", "jsonpath='{.metadata.annotations}'"),
        (OwnerKind::Helm, "shop", "helm upgrade shop CHART -n web --reuse-values"),
        (OwnerKind::ArgoCd, "shop", "argocd app sync shop"),
    ] {
        let owned = secret("web", vec![owner(kind, name, "")]);
        let fix = retype(&owned, owned.seen().unwrap()).unwrap();
        assert!(fix.command.contains(wanted), "{}", fix.command);
        assert!(fix.what.contains("type kubernetes.io/dockerconfigjson"), "{}", fix.what);
    }
    let plain = secret("web", vec![]);
    assert_eq!(retype(&plain, plain.seen().unwrap()), None);
}

#[test]
fn a_mounted_secret_gets_the_file_that_it_lacks_and_keeps_its_type() {
    let mut opaque = secret("ci", vec![]);
    let mut content = seen("Opaque", vec![]);
    content.keys = vec![Clean::new("config.json")];
    opaque.outcome = Outcome::Seen { value: content.clone() };
    let commands = |secret: &PullSecret, file: &str| -> Vec<String> {
        renew_file(secret, file).into_iter().map(|fix| fix.command).collect()
    };
    let patch = "kubectl -n ci patch secret reg.cred --patch-file=/dev/stdin";
    let anew = "kubectl -n ci create secret generic reg.cred --from-file=config.json=DOCKER_CONFIG.json \
        --dry-run=client -o yaml";
    assert_eq!(commands(&opaque, "config.json"), [format!("{anew} | {patch}")]);
    content.keys = vec![Clean::new(".dockerconfigjson")];
    opaque.outcome = Outcome::Seen { value: content };
    let copy = "kubectl -n ci get secret reg.cred -o json | \
        jq '{data: {\"config.json\": .data[\".dockerconfigjson\"]}}'";
    assert_eq!(commands(&opaque, "config.json"), [format!("{copy} | {patch}"), format!("{anew} | {patch}")]);
    let written = secret("ci", vec![owner(OwnerKind::ArgoCd, "shop", "")]);
    assert_eq!(commands(&written, "config.json"), ["argocd app sync shop"]);
}

#[test]
fn a_mounted_secret_that_is_missing_is_made_with_the_file_that_is_mounted() {
    let commands: Vec<String> =
        missing_file(&absent(&[]), Some("infra"), "config.json").into_iter().map(|fix| fix.command).collect();
    assert!(commands[0].starts_with("kubectl -n infra get secret reg.cred -o json"), "{}", commands[0]);
    assert_eq!(
        commands[1],
        "kubectl -n web create secret generic reg.cred --from-file=config.json=DOCKER_CONFIG.json"
    );
}
