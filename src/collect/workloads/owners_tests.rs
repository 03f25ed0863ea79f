use super::*;

fn owners(json: &str) -> Vec<(OwnerKind, String, String)> {
    let meta: Meta = serde_json::from_str(json).unwrap();
    let told = of(&Marks::of(&meta)).into_iter();
    told.map(|one| (one.kind, one.name.to_string(), one.namespace)).collect()
}

fn one(kind: OwnerKind, name: &str, namespace: &str) -> Vec<(OwnerKind, String, String)> {
    vec![(kind, name.to_string(), namespace.to_string())]
}

#[test]
fn a_release_is_known_by_its_annotations_and_not_by_a_charts_label() {
    let release = r#"{"annotations":{"meta.helm.sh/release-name":"shop","meta.helm.sh/release-namespace":"web"},
        "labels":{"app.kubernetes.io/managed-by":"Helm"}}"#;
    assert_eq!(owners(release), one(OwnerKind::Helm, "shop", "web"));
    let rendered =
        r#"{"labels":{"app.kubernetes.io/managed-by":"Helm","app.kubernetes.io/instance":"shop"}}"#;
    assert_eq!(owners(rendered), []);
    let meta: Meta = serde_json::from_str(rendered).unwrap();
    let of_pod = of(&Marks { of_pod: true, ..Marks::of(&meta) });
    assert_eq!(of_pod[0].name.as_str(), "shop", "of a pod nothing more is to be seen");
}

#[test]
fn an_application_is_known_by_its_tracking_id_or_its_own_label() {
    let tracked = r#"{"annotations":{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:web/shop"},
        "labels":{"app.kubernetes.io/managed-by":"Helm","app.kubernetes.io/instance":"other"}}"#;
    assert_eq!(owners(tracked), one(OwnerKind::ArgoCd, "shop", ""));
    let elsewhere = r#"{"annotations":{"argocd.argoproj.io/tracking-id":"team_shop:/Secret:web/s"}}"#;
    assert_eq!(owners(elsewhere), one(OwnerKind::ArgoCd, "shop", "team"));
    let labelled = r#"{"labels":{"argocd.argoproj.io/instance":"shop"}}"#;
    assert_eq!(owners(labelled), one(OwnerKind::ArgoCd, "shop", ""));
    assert_eq!(owners(r#"{"labels":{"app.kubernetes.io/instance":"shop"}}"#), []);
}

#[test]
fn a_release_of_flux_is_outside_of_the_release_of_helm() {
    let both = r#"{"annotations":{"meta.helm.sh/release-name":"shop"},
        "labels":{"helm.toolkit.fluxcd.io/name":"shop","helm.toolkit.fluxcd.io/namespace":"flux-system"}}"#;
    let kinds: Vec<OwnerKind> = owners(both).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [OwnerKind::FluxHelmRelease, OwnerKind::Helm]);
    let kustomized = r#"{"labels":{"kustomize.toolkit.fluxcd.io/name":"apps",
        "kustomize.toolkit.fluxcd.io/namespace":"flux-system"}}"#;
    assert_eq!(owners(kustomized), one(OwnerKind::FluxKustomization, "apps", "flux-system"));
}

#[test]
fn gardens_action_is_known_as_label_and_as_annotation() {
    assert_eq!(
        owners(r#"{"annotations":{"garden.io/action":"deploy.web"}}"#),
        one(OwnerKind::Garden, "deploy.web", "")
    );
    assert_eq!(owners(r#"{"labels":{"garden.io/service":"web"}}"#), one(OwnerKind::Garden, "web", ""));
}

#[test]
fn what_writes_a_secret_is_known_by_reference_or_mark() {
    for (json, name, namespace) in [
        (
            r#"{"ownerReferences":[{"apiVersion":"external-secrets.io/v1","kind":"ExternalSecret","name":"reg"}]}"#,
            "ExternalSecret/reg",
            "",
        ),
        (
            r#"{"ownerReferences":[{"apiVersion":"bitnami.com/v1alpha1","kind":"SealedSecret","name":"reg"}]}"#,
            "SealedSecret/reg",
            "",
        ),
        (
            r#"{"annotations":{"reflector.v1.k8s.emberstack.com/reflects":"infra/reg"}}"#,
            "Reflector (infra/reg)",
            "infra",
        ),
        (r#"{"labels":{"kubed.appscode.com/origin.name":"reg"}}"#, "kubed (config-syncer)", ""),
        (
            r#"{"annotations":{"replicator.v1.mittwald.de/replicated-from-version":"680"}}"#,
            "kubernetes-replicator",
            "",
        ),
    ] {
        assert_eq!(owners(json), one(OwnerKind::SecretOperator, name, namespace), "{json}");
    }
}

#[test]
fn a_custom_resource_owns_and_what_users_write_themselves_does_not() {
    let reference = |version: &str, kind: &str| {
        owners(&format!(
            r#"{{"ownerReferences":[{{"apiVersion":"{version}","kind":"{kind}","name":"x","controller":true}}]}}"#
        ))
    };
    assert_eq!(reference("argoproj.io/v1alpha1", "Rollout"), one(OwnerKind::CustomResource, "Rollout/x", ""));
    assert_eq!(reference("v1", "Node"), one(OwnerKind::CustomResource, "Node/x", ""));
    for (version, kind) in [("apps/v1", "ReplicaSet"), ("batch/v1", "CronJob"), ("v1", "ConfigMap")] {
        assert_eq!(reference(version, kind), [], "{kind}");
    }
}

#[test]
fn hostile_values_are_cleaned() {
    let told = owners(
        r#"{"annotations":{"meta.helm.sh/release-name":"a\u001b[31m","meta.helm.sh/release-namespace":"x y; rm"}}"#,
    );
    assert!(!told[0].1.contains('\u{1b}'));
    assert_eq!(told[0].2, "", "no namespace has such a name");
}
