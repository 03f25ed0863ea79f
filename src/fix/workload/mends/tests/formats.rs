//! What stands in files, by owner and format.

use super::*;

fn of(owner: Vec<Owner>, format: FixFormat) -> Vec<Fix> {
    named(&workload("deploy/web", owner), Some(&carries(&[])), format)
}

#[test]
fn a_kustomization_gets_a_patch() {
    let fix = &of(vec![], FixFormat::Kustomize)[0];
    assert_eq!(fix.command, "kubectl apply -k DIRECTORY");
    assert_eq!(fix.patches[0].file, "kustomization.yaml");
    assert_eq!(
        fix.patches[0].text,
        "patches:
  - target:
      kind: Deployment
      name: web
    patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: web
      spec:
        template:
          spec:
            imagePullSecrets:
              - name: reg.cred
"
    );
}

#[test]
fn a_chart_gets_values_by_each_convention_after_a_look_at_which_it_has() {
    let fixes = of(vec![owner(OwnerKind::Helm, "shop", "apps")], FixFormat::Kubectl);
    assert_eq!(fixes[0].command, "helm get values shop -n apps --all | grep -n -i -A 3 pullsecrets");
    assert_eq!(fixes[1].command, "helm upgrade shop CHART -n apps --reuse-values -f pull-secret-values.yaml");
    assert!(fixes[1].what.contains("a patch is lost at its next upgrade"), "{}", fixes[1].what);
    assert_eq!(
        fixes[1].patches[0].text,
        "# Keep the part that the chart has.
# charts made by `helm create`, and most others
imagePullSecrets:
  - name: reg.cred
# Bitnami's charts: all images of the chart and its subcharts
global:
  imagePullSecrets:
    - reg.cred
# Bitnami's charts: the image of one component
image:
  pullSecrets:
    - reg.cred
# charts whose ServiceAccount carries it
serviceAccount:
  imagePullSecrets:
    - name: reg.cred
"
    );
    assert_eq!(
        of(vec![], FixFormat::HelmValues)[0].command,
        "helm show values CHART | grep -n -i -A 3 pullsecrets"
    );
}

#[test]
fn gardens_action_takes_the_names_from_a_variable_of_the_project() {
    let fix = &of(vec![owner(OwnerKind::Garden, "deploy.shop", "")], FixFormat::Kubectl)[0];
    assert_eq!(fix.command, "garden deploy shop");
    assert_eq!(
        fix.patches[0].text,
        "variables:
  imagePullSecrets:
    - name: reg.cred
providers:
  - name: kubernetes
    imagePullSecrets:
      - name: reg.cred
        namespace: web
"
    );
    assert_eq!(
        fix.patches[1].text,
        "spec:
  patchResources:
    - name: web
      kind: Deployment
      patch:
        spec:
          template:
            spec:
              imagePullSecrets: \"${var.imagePullSecrets}\"
"
    );
}

#[test]
fn gardens_action_of_a_chart_gets_values_since_it_has_no_patches() {
    let both = vec![owner(OwnerKind::Garden, "deploy.shop", ""), owner(OwnerKind::Helm, "shop", "")];
    for format in [FixFormat::Kubectl, FixFormat::Garden] {
        let fixes = of(both.clone(), format);
        assert!(fixes[1].patches[0].text.starts_with("spec:\n  values:\n    # Keep"));
        assert_eq!(fixes[1].command, "garden deploy shop");
    }
}

#[test]
fn a_release_of_flux_is_changed_in_its_values_or_behind_its_chart() {
    let both = || {
        vec![owner(OwnerKind::FluxHelmRelease, "shop", "apps"), owner(OwnerKind::Helm, "apps-shop", "web")]
    };
    let values = of(both(), FixFormat::Kubectl);
    assert_eq!(values[0].command, "helm get values apps-shop -n web --all | grep -n -i -A 3 pullsecrets");
    assert_eq!(values[1].command, "flux reconcile helmrelease shop -n apps");
    let behind = &of(both(), FixFormat::Kustomize)[0];
    assert!(
        behind.patches[0].text.starts_with("spec:\n  postRenderers:\n    - kustomize:\n        patches:\n")
    );
}

#[test]
fn what_comes_from_git_is_changed_there_and_brought_by_its_program() {
    let argo = &of(vec![owner(OwnerKind::ArgoCd, "shop", "team")], FixFormat::Kubectl)[0];
    assert_eq!(argo.command, "argocd app sync team/shop");
    assert!(argo.what.contains("in Git") && argo.what.contains("undoes a patch"), "{}", argo.what);
    let flux = &of(vec![owner(OwnerKind::FluxKustomization, "apps", "flux-system")], FixFormat::Kubectl)[0];
    assert_eq!(flux.command, "flux reconcile kustomization apps -n flux-system --with-source");
}

#[test]
fn a_hostile_owner_stays_one_word_of_the_command() {
    let fixes = of(vec![owner(OwnerKind::ArgoCd, "shop; rm -rf 'x'", "")], FixFormat::Kubectl);
    assert_eq!(fixes[0].command, r"argocd app sync 'shop; rm -rf '\''x'\'''");
}
