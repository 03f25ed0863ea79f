//! One token key for all cores, in a form that Harbor reads, and that the next render of a chart keeps.

use super::super::fix;
use super::{NEW_SECRET, look_at, roll, workload};
use crate::diagnose::harbor::{Core, View};
use crate::evidence::harbor::pods::KeyForm;
use crate::evidence::harbor::{Installer, KeyMount};
use crate::finding::Fix;

/// Keeps the next render of the chart from making another key.
pub(super) fn keep_one_key(view: &View<'_>) -> Vec<Fix> {
    let Some(harbor) = view.harbor else { return Vec::new() };
    let (namespace, release) =
        (&harbor.namespace, if harbor.release.is_empty() { "RELEASE" } else { &harbor.release });
    match harbor.installer {
        Installer::HarborHelm | Installer::Bitnami => of_chart(view, namespace, release, harbor.installer),
        Installer::Operator => vec![fix(
            "shows when cert-manager makes a new key (renewal, rotationPolicy); with each new one the cores have to be rolled",
            format!(
                "kubectl -n {namespace} get certificate -o custom-columns=NAME:.metadata.name,SECRET:.spec.secretName,RENEWS:.status.renewalTime,ROTATES:.spec.privateKey.rotationPolicy"
            ),
        )],
        Installer::Selector => Vec::new(),
    }
}

fn of_chart(view: &View<'_>, namespace: &str, release: &str, installer: Installer) -> Vec<Fix> {
    let chart = match installer {
        Installer::Bitnami => "oci://registry-1.docker.io/bitnamicharts/harbor",
        _ => "harbor --repo https://helm.goharbor.io",
    };
    let secret = mounted(view).unwrap_or("SECRET");
    // The chart's own Secret has its Deployment's name; another one was given to the chart and stays as it is.
    if view.workload().is_some_and(|workload| workload.rsplit('/').next() != Some(secret))
        && secret != "SECRET"
    {
        return Vec::new();
    }
    let version = format!("$(helm -n {namespace} get metadata {release} -o json | jq -r .version)");
    vec![
        fix(
            format!(
                "makes a Secret of its own of the key that secret/{secret} holds now; the key is not shown"
            ),
            format!(
                "kubectl -n {namespace} get secret {secret} -o json | jq '{{apiVersion, kind, type: \"kubernetes.io/tls\", metadata: {{name: \"{NEW_SECRET}\", namespace: .metadata.namespace}}, data: (.data | {{\"tls.crt\", \"tls.key\"}})}}' | kubectl create -f -"
            ),
        ),
        fix(
            "has the chart use it from then on, in place of a new key at each render (or set core.tokenKey and core.tokenCert); with Argo CD or Flux set it in their values, and sync the whole application, not parts of it",
            format!(
                "helm -n {namespace} upgrade {release} {chart} --version \"{version}\" --reuse-values --set core.secretName={NEW_SECRET}"
            ),
        ),
    ]
}

/// The Secret that the cores mount.
fn mounted<'a>(view: &View<'a>) -> Option<&'a str> {
    view.cores.iter().find_map(|core| match &core.pod?.key.mount {
        KeyMount::Secret { name, .. } => Some(name.as_str()),
        _ => None,
    })
}

/// A PKCS#1 key in place of one that core cannot issue with.
pub(super) fn readable(view: &View<'_>, cores: &[&Core<'_>]) -> Vec<Fix> {
    let namespace = view.namespace();
    let core = cores.first();
    let mut fixes = Vec::new();
    if let Some(secret) = core.and_then(|core| view.secret(core)) {
        let (name, key) = (&secret.name, &secret.key);
        let form = core.and_then(|core| view.secret_seen(core)).map(|seen| seen.form);
        let read = format!(
            "kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.{}}}' | base64 -d",
            key.replace('.', "\\.")
        );
        if form.is_none() {
            fixes.push(fix(
                "shows the key's form without showing the key: BEGIN RSA PRIVATE KEY is right",
                format!("{read} | head -n 1"),
            ));
        }
        if form.is_none_or(|form| form == KeyForm::Pkcs8) {
            fixes.push(fix(
                "puts the same key into the Secret in the form that Harbor reads (PKCS#1, BEGIN RSA PRIVATE KEY)",
                format!(
                    "(umask 077; {read} | openssl rsa -traditional -out {key})\nkubectl -n {namespace} create secret generic {name} --from-file={key} --dry-run=client -o json | jq '{{data}}' | kubectl -n {namespace} patch secret {name} --type merge --patch-file /dev/stdin\nrm {key}"
                ),
            ));
        }
    } else if let Some(core) = core {
        fixes.extend(look_at(view, core));
    }
    fixes.extend(roll(view));
    fixes
}

/// Makes the certificate anew from the key beside it.
pub(crate) fn certificate(view: &View<'_>, secret: &str) -> Vec<Fix> {
    let namespace = view.namespace();
    vec![fix(
        "makes the certificate anew from the key beside it",
        format!(
            "(umask 077; kubectl -n {namespace} get secret {secret} -o jsonpath='{{.data.tls\\.key}}' | base64 -d >tls.key)\nopenssl req -x509 -new -key tls.key -days 3650 -subj /CN=harbor-token-ca -out tls.crt\nkubectl -n {namespace} create secret generic {secret} --from-file=tls.crt --dry-run=client -o json | jq '{{data}}' | kubectl -n {namespace} patch secret {secret} --type merge --patch-file /dev/stdin\nrm tls.key tls.crt"
        ),
    )]
}

pub(super) fn show_mounts(view: &View<'_>) -> Fix {
    fix(
        "shows what is mounted where in the cores",
        format!(
            "kubectl -n {} get {} -o jsonpath='{{.spec.template.spec.containers[*].volumeMounts}}'",
            view.namespace(),
            workload(view)
        ),
    )
}
