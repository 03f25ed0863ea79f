//! Token keys.

use super::build::*;
use crate::code::Code;
use crate::evidence::Outcome;
use crate::evidence::harbor::pods::{KeyForm, TellingLine};
use crate::evidence::harbor::{Installer, KeyMount, PodState};
use crate::finding::Severity;

#[test]
fn equal_keys_are_no_finding() {
    let mut evidence = harbor(&[A, A, A]);
    matrix(&mut evidence, |_, _| false);
    assert_eq!(codes(&evidence), []);
}

#[test]
fn another_key_id_is_a_mismatch_for_certain() {
    let finding = only(&harbor(&[A, A, B]));
    assert_eq!(
        (finding.code, finding.certain, finding.severity),
        (Code::HarborKeyMismatch, true, Severity::Error)
    );
    assert_eq!(finding.subject.name, "deployment/harbor-core");
    assert_eq!((finding.subject.nodes.as_slice(), finding.evidence.len()), (&["node3".to_string()][..], 1));
    for word in [
        "key A (ZJXH:E6TN…, what secret/harbor-core holds now)",
        "key B (E72H:ZK7P…",
        "started after it was written",
    ] {
        assert!(finding.cause.contains(word), "{word}: {}", finding.cause);
    }
    let commands: Vec<&str> = finding.fixes.iter().map(|fix| fix.command.as_str()).collect();
    assert!(
        commands[0].starts_with("kubectl -n harbor rollout restart deployment/harbor-core"),
        "{commands:?}"
    );
    assert!(
        commands.iter().any(|command| command.contains("core.secretName=harbor-token-key")),
        "{commands:?}"
    );
}

#[test]
fn the_secret_was_rewritten_after_the_pods_started() {
    let mut evidence = harbor(&[A, A, B]);
    in_secret(&mut evidence, |secret| {
        (secret.kid, secret.certificate_kid) = (Some(B.into()), Some(B.into()));
        secret.written_at = Some(at(NOW - 60));
    });
    let finding = only(&evidence);
    assert!(
        finding.cause.contains("not what secret/harbor-core holds now, which was written after they started"),
        "{}",
        finding.cause
    );
    assert_eq!(finding.subject.nodes, ["node1", "node2"]);
}

#[test]
fn the_same_key_with_other_white_space_is_no_finding() {
    let mut evidence = harbor(&[A, A]);
    in_secret(&mut evidence, |secret| secret.sha256 = sum("with a line more"));
    file(&mut evidence, 1, A);
    file(&mut evidence, 2, "with a space");
    assert_eq!(codes(&evidence), []);
}

#[test]
fn checksums_alone_are_not_certain() {
    let mut evidence = harbor(&[A, A]);
    evidence.probes.clear();
    shown(&mut evidence).key_secrets.clear();
    file(&mut evidence, 1, A);
    file(&mut evidence, 2, B);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::HarborKeyMismatch, false));
    assert!(finding.settle_by.is_some_and(|by| by.contains("port-forward")));
    file(&mut evidence, 2, A);
    assert_eq!(codes(&evidence), []);
}

#[test]
fn a_checksum_that_another_core_has_too_tells_the_key() {
    let mut evidence = harbor(&[A, ""]);
    file(&mut evidence, 1, A);
    file(&mut evidence, 2, A);
    let codes = codes(&evidence);
    assert!(
        !codes.contains(&Code::HarborKeyMismatch) && codes.contains(&Code::HarborKeyUnreadable),
        "{codes:?}"
    );
}

#[test]
fn a_pod_that_is_being_deleted_is_no_mismatch() {
    let mut evidence = harbor(&[A, A, B]);
    shown(&mut evidence).cores[2].state = PodState::Terminating;
    assert_eq!(codes(&evidence), []);
}

#[test]
fn a_pod_that_is_not_ready_yet_is_a_warning() {
    let mut evidence = harbor(&[A, A, B]);
    shown(&mut evidence).cores[2].state = PodState::Unready;
    let finding = diagnose_first(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::HarborKeyMismatch, Severity::Warning));
    assert!(finding.cause.contains("not ready"), "{}", finding.cause);
}

fn diagnose_first(evidence: &crate::evidence::Evidence) -> crate::finding::Finding {
    let findings = crate::diagnose::diagnose(evidence);
    findings.into_iter().find(|finding| finding.code == Code::HarborKeyMismatch).unwrap()
}

#[test]
fn a_rollout_in_progress_has_words_and_a_mend_of_its_own() {
    let mut evidence = harbor(&[B, A, A]);
    rollout(&mut evidence, false);
    let finding = only(&evidence);
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.cause.contains("this passes when it ends"), "{}", finding.cause);
    assert_eq!(finding.fixes[0].command, "kubectl -n harbor rollout status deployment/harbor-core");
    rollout(&mut evidence, true);
    let finding = only(&evidence);
    assert!(finding.cause.contains("is stuck with 1 of 3 pods renewed"), "{}", finding.cause);
    assert_eq!(finding.fixes[1].command, "kubectl -n harbor rollout undo deployment/harbor-core");
}

#[test]
fn a_secret_with_another_key_than_every_pod_is_stale_pods() {
    let mut evidence = harbor(&[A, A]);
    in_secret(&mut evidence, |secret| {
        secret.kid = Some(B.into());
        secret.certificate_kid = Some(B.into());
        secret.sha256 = sum(B);
    });
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain, finding.evidence.len()), (Code::HarborKeyStale, true, 2));
    assert!(finding.cause.contains("subPath"), "{}", finding.cause);
}

#[test]
fn times_alone_are_no_stale_pod() {
    let mut evidence = harbor(&[A, A]);
    in_secret(&mut evidence, |secret| secret.written_at = Some(at(NOW)));
    assert_eq!(codes(&evidence), []);
    // Nor where nothing but times is known.
    evidence.probes.clear();
    assert_eq!(codes(&evidence), []);
}

#[test]
fn a_checksum_that_differs_from_the_secrets_is_stale_but_not_certain() {
    let mut evidence = harbor(&[A, A]);
    evidence.probes.clear();
    file(&mut evidence, 1, B);
    file(&mut evidence, 2, B);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::HarborKeyStale, false));
}

#[test]
fn a_core_that_answers_500_cannot_read_its_key() {
    let mut evidence = harbor(&[A, A, ""]);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::HarborKeyUnreadable, false));
    assert_eq!(finding.also_possible, [Code::RegistryServerError]);
    logged(&mut evidence, 3, TellingLine::KeyUnreadable, 4);
    let finding = only(&evidence);
    assert!(finding.certain && finding.cause.contains("its log"), "{}", finding.cause);
}

#[test]
fn a_pkcs8_key_is_named_with_its_conversion() {
    let mut evidence = harbor(&["", ""]);
    in_secret(&mut evidence, |secret| secret.form = KeyForm::Pkcs8);
    let findings = crate::diagnose::diagnose(&evidence);
    assert!(findings.iter().all(|finding| finding.code == Code::HarborKeyUnreadable && finding.certain));
    assert!(findings[0].cause.contains("PKCS#8"), "{}", findings[0].cause);
    assert!(findings[0].fixes[0].command.contains("openssl rsa -traditional"), "{:?}", findings[0].fixes);
}

#[test]
fn a_pkcs8_key_in_the_secret_waits_for_the_next_start() {
    let mut evidence = harbor(&[A, A]);
    in_secret(&mut evidence, |secret| secret.form = KeyForm::Pkcs8);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::HarborKeyUnreadable, Severity::Warning));
}

#[test]
fn a_key_that_is_not_mounted_is_the_images_own() {
    let mut evidence = harbor(&[A, A]);
    for pod in &mut shown(&mut evidence).cores {
        pod.key.mount = KeyMount::Nothing;
    }
    let finding = only(&evidence);
    assert_eq!(finding.code, Code::HarborKeyNotMounted);
    assert!(finding.cause.contains("/etc/core/private_key.pem"), "{}", finding.cause);
}

#[test]
fn only_a_volume_of_a_pods_own_is_not_shared() {
    for (source, found) in
        [("emptyDir", true), ("hostPath", true), ("configmap/key", false), ("csi/vault", false)]
    {
        let mut evidence = harbor(&[A]);
        for pod in &mut shown(&mut evidence).cores {
            pod.key.mount = KeyMount::Other { source: source.into() };
        }
        assert_eq!(codes(&evidence) == [Code::HarborKeyNotMounted], found, "{source}");
    }
}

#[test]
fn keys_on_volumes_of_their_own_are_judged_by_whether_they_are_equal() {
    let on_volumes = |kids: &[&str]| {
        let mut evidence = harbor(kids);
        for pod in &mut shown(&mut evidence).cores {
            pod.key.mount = KeyMount::Other { source: "hostPath".into() };
        }
        evidence
    };
    let not_mounted = |evidence: &crate::evidence::Evidence| -> Option<bool> {
        let found = crate::diagnose::diagnose(evidence);
        found.iter().find(|one| one.code == Code::HarborKeyNotMounted).map(|one| one.certain)
    };
    assert_eq!(not_mounted(&on_volumes(&[A, A])), None, "whoever fills them keeps one key");
    assert_eq!(not_mounted(&on_volumes(&[A, B])), Some(true));
    assert_eq!(not_mounted(&on_volumes(&[A])), Some(false));
    let mut unasked = on_volumes(&[A, A]);
    unasked.probes.clear();
    assert_eq!(not_mounted(&unasked), Some(false));
    file(&mut unasked, 1, A);
    file(&mut unasked, 2, A);
    assert_eq!(not_mounted(&unasked), None, "by the checksums");
}

#[test]
fn what_may_not_be_read_is_no_key() {
    let mut evidence = harbor(&[A, A]);
    let denied = Outcome::Denied { status: 403, message: crate::text::Clean::new("forbidden") };
    shown(&mut evidence).key_secrets[0].outcome = denied;
    assert_eq!(codes(&evidence), []);
}

#[test]
fn logs_are_counted_in_the_sentence() {
    let mut evidence = harbor(&[A, B]);
    logged(&mut evidence, 1, TellingLine::KeyDoesNotFit, 7);
    assert!(only(&evidence).cause.contains("7 lines of tokens whose signature does not fit"));
}

#[test]
fn a_secret_that_was_given_to_the_chart_needs_no_other_one() {
    let mut evidence = harbor(&[A, B]);
    for pod in &mut shown(&mut evidence).cores {
        pod.key.mount = KeyMount::Secret { name: "own-token".into(), key: "tls.key".into(), sub_path: true };
    }
    let finding = only(&evidence);
    assert_eq!(finding.fixes.len(), 1, "{:?}", finding.fixes);
    assert!(finding.fixes[0].command.contains("rollout restart"));
}

#[test]
fn every_mend_of_a_mismatch_names_real_objects() {
    for installer in [Installer::HarborHelm, Installer::Bitnami, Installer::Operator, Installer::Selector] {
        let mut evidence = harbor(&[A, B]);
        shown(&mut evidence).installer = installer;
        for fix in only(&evidence).fixes {
            assert!(fix.command.contains("-n harbor "), "{installer:?}: {}", fix.command);
            let placeholder = |word: &str| ["RELEASE", "SECRET", "DEPLOYMENT", "NAMESPACE"].contains(&word);
            assert!(!fix.command.split([' ', '/', '"']).any(placeholder), "{installer:?}: {}", fix.command);
        }
    }
}
