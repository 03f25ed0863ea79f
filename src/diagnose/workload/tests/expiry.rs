//! Credentials that end, and copies that were forgotten.

use super::build::*;
use crate::code::Code::*;
use crate::evidence::Evidence;
use crate::evidence::workloads::{PullSecret, Workload};
use crate::finding::Severity;

const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

fn ecr_image() -> String {
    format!("{ECR}/team/app:1")
}

/// An ECR password that was written so many minutes ago, in this namespace.
fn ecr(namespace: &str, age: i64) -> PullSecret {
    let secret = secret_of(&format!("{namespace}/ecr"), &[(ECR, "AWS", "token-of-ecr")]);
    secret.ends(ago(age - 12 * 60)).written(ago(age))
}

fn user(namespace: &str) -> Workload {
    deploy(&format!("{namespace}/web")).names(&["ecr"]).of(&[&ecr_image()]).runs()
}

#[test]
fn a_credential_past_its_own_end_has_expired() {
    let expired = vec![secret("a/regcred", &["registry.example.com"]).ends(ago(60))];
    let user = || deploy("a/web").names(&["regcred"]);
    let finding = only_of(CredentialExpired, &audit(vec![user().runs()], expired.clone()));
    assert_eq!((finding.severity, finding.certain), (Severity::Error, true));
    assert_eq!(finding.subject.name, "secret/regcred");
    assert!(finding.cause.contains("expired at 2026-03-01T11:00:00Z"), "{}", finding.cause);
    assert!(finding.cause.contains("deploy/web"), "{}", finding.cause);
    // Nothing pulls with it now.
    let mut idle = user();
    idle.active = false;
    assert_eq!(only_of(CredentialExpired, &audit(vec![idle], expired)).severity, Severity::Warning);
}

#[test]
fn an_expired_credential_may_be_made_up_for_by_the_nodes_own_unless_a_pull_is_refused() {
    let expired = || vec![ecr("a", 13 * 60)];
    for workload in [user("a"), user("a").always()] {
        let finding = only_of(CredentialExpired, &audit(vec![workload], expired()));
        assert_eq!((finding.severity, finding.certain), (Severity::Warning, false));
        assert_eq!(finding.also_possible, [CredentialNotVisible]);
        assert!(finding.settle_by.is_some());
    }
    let refused = only_of(CredentialExpired, &all_fail(audit(vec![user("a")], expired()), DENIED));
    assert_eq!((refused.severity, refused.certain), (Severity::Error, true));
}

#[test]
fn pulls_that_work_since_a_credential_ended_are_told_beside_it() {
    let expired = || vec![secret("a/regcred", &["registry.example.com"]).ends(ago(60))];
    let user = || deploy("a/web").names(&["regcred"]).runs();
    for (workload, severity) in [
        (user().always().last_started(ago(30)), Severity::Warning),
        (user().always().last_started(ago(90)), Severity::Error),
        (user().last_started(ago(30)), Severity::Error),
    ] {
        let finding = only_of(CredentialExpired, &audit(vec![workload], expired()));
        assert_eq!((finding.severity, finding.certain), (severity, severity == Severity::Error));
        let told = finding.cause.contains("have started since, the last at 2026-03-01T11:30:00Z");
        assert_eq!(told, severity == Severity::Warning, "{}", finding.cause);
    }
}

#[test]
fn a_token_that_is_refreshed_as_usual_is_no_finding() {
    for age in [0, 5 * 60, 10 * 60] {
        assert!(found(&audit(vec![user("a")], vec![ecr("a", age)])).is_empty(), "{age}");
    }
    let last_tenth = audit(vec![user("a")], vec![ecr("a", 11 * 60)]);
    assert_eq!(only_of(CredentialExpiresSoon, &last_tenth).severity, Severity::Warning);
}

#[test]
fn a_copy_that_the_last_renewals_left_behind_is_overdue() {
    let users = || vec![user("a"), user("b"), user("c")];
    let left = audit(users(), vec![ecr("a", 9 * 60), ecr("b", 60), ecr("c", 61)]);
    let finding = only_of(CredentialExpiresSoon, &left);
    assert!(finding.cause.contains("namespace a") && finding.cause.contains("overdue"), "{}", finding.cause);
    // Each on a schedule of its own; and a round that is just going on.
    for ages in [[4 * 60, 2 * 60, 60], [6 * 60 + 5, 1, 2]] {
        let [a, b, c] = ages;
        assert!(found(&audit(users(), vec![ecr("a", a), ecr("b", b), ecr("c", c)])).is_empty(), "{ages:?}");
    }
}

#[test]
fn a_google_token_that_was_written_long_ago_has_probably_expired() {
    let image = "europe-docker.pkg.dev/p/r/app:1";
    let google = |minutes: i64| {
        let entry = ("europe-docker.pkg.dev", "oauth2accesstoken", "ya29.a-token-of-google");
        secret_of("a/gcp", &[entry]).written(ago(minutes))
    };
    let user = || vec![deploy("a/web").names(&["gcp"]).of(&[image])];
    let finding = only_of(CredentialExpired, &audit(user(), vec![google(90)]));
    assert!(!finding.certain && finding.settle_by.is_some(), "{finding:?}");
    assert!(found(&audit(user(), vec![google(30)])).is_empty());
}

#[test]
fn a_credential_beside_one_that_works_is_a_warning() {
    let good = secret("a/good", &["*.dkr.ecr.eu-west-1.amazonaws.com"]);
    let both = user("a").names(&["ecr", "good"]);
    let finding = only_of(CredentialExpired, &audit(vec![both], vec![ecr("a", 13 * 60), good]));
    assert_eq!(finding.severity, Severity::Warning);
}

#[test]
fn an_expired_credential_that_nothing_uses_is_no_finding() {
    assert!(found(&audit(vec![deploy("a/web").runs()], vec![ecr("a", 13 * 60)])).is_empty());
    let elsewhere = deploy("a/web").names(&["ecr"]).runs();
    assert!(found(&audit(vec![elsewhere], vec![ecr("a", 13 * 60)])).is_empty());
}

#[test]
fn an_expired_credential_that_shadows_what_others_pull_without_is_stale() {
    let image = "public.ecr.aws/nginx/nginx:1";
    let stale = secret_of("a/ecr", &[("public.ecr.aws", "AWS", "token-of-ecr")]).ends(ago(60));
    let shadowed = deploy("a/web").names(&["ecr"]).of(&[image]);
    let plain = || deploy("b/plain").of(&[image]).runs();
    let pulled = audit(vec![shadowed.clone(), plain().always()], vec![stale.clone()]);
    let finding = only_of(StaleCredential, &pulled);
    assert_eq!((finding.certain, finding.severity), (true, Severity::Error));
    assert!(finding.fixes[0].command.contains("--no-pull-secret"), "{:?}", finding.fixes);
    // Without a pull at each start it may have been a copy that the node had.
    let cached = only_of(CredentialExpired, &audit(vec![shadowed, plain()], vec![stale]));
    assert!(cached.also_possible.contains(&StaleCredential), "{cached:#?}");
}

#[test]
fn within_counts_for_long_lived_credentials_only() {
    let week = 7 * 24 * 60;
    let long = secret("a/regcred", &["registry.example.com"]).written(ago(5 * week)).ends(ago(-week));
    let mut evidence = audit(vec![deploy("a/web").names(&["regcred"])], vec![long]);
    assert!(found(&evidence).is_empty());
    evidence.plan.scope.as_mut().unwrap().within_seconds = Some(30 * 24 * 3600);
    only_of(CredentialExpiresSoon, &evidence);
    let mut short = audit(vec![user("a")], vec![ecr("a", 60)]);
    short.plan.scope.as_mut().unwrap().within_seconds = Some(30 * 24 * 3600);
    assert!(found(&short).is_empty());
}

fn copy(namespace: &str, user: &str, password: &str, age: i64) -> PullSecret {
    secret_of(&format!("{namespace}/regcred"), &[("registry.example.com", user, password)]).written(ago(age))
}

fn users(namespaces: &[&str]) -> Vec<Workload> {
    namespaces.iter().map(|one| deploy(&format!("{one}/web")).names(&["regcred"]).runs()).collect()
}

#[test]
fn copies_that_hold_different_secrets_of_one_user_differ() {
    let secrets = vec![
        copy("a", "ci", "new-password", 10),
        copy("b", "ci", "new-password", 12),
        copy("c", "ci", "old-password", 9000),
    ];
    let finding = only_of(PullSecretCopiesDiffer, &audit(users(&["a", "b", "c"]), secrets));
    assert_eq!(finding.severity, Severity::Warning);
    for words in ["user ci", "namespaces a and b agree", "namespace c"] {
        assert!(finding.cause.contains(words), "{words}: {}", finding.cause);
    }
    assert!(finding.fixes[0].command.contains("kubectl -n a get secret regcred"), "{:?}", finding.fixes);
    assert!(finding.fixes[0].command.contains("kubectl -n c patch secret"), "{:?}", finding.fixes);
}

#[test]
fn a_copy_that_is_refused_beside_one_that_works_is_stale() {
    let mut workloads = users(&["c0", "c1"]);
    workloads[0].images[0].started = 0;
    let secrets = vec![copy("c0", "ci", "new-password", 10), copy("c1", "ci", "old-password", 9000)];
    let mut evidence = audit(workloads, secrets);
    let seen = evidence.workloads.as_mut().unwrap();
    seen.failing = vec![failing(&seen.workloads[0], REFUSED)];
    let differ = |evidence: &Evidence| {
        found(evidence).into_iter().find(|one| one.code == PullSecretCopiesDiffer).unwrap()
    };
    let finding = differ(&evidence);
    assert!(finding.certain && finding.settle_by.is_none(), "{finding:#?}");
    for words in [
        "that in namespace c1, with which pods pull; ",
        "c0, last written at",
        ", with which pulls are refused, differs",
    ] {
        assert!(finding.cause.contains(words), "{words}: {}", finding.cause);
    }
    assert!(finding.fixes[0].command.contains("kubectl -n c1 get secret regcred"), "{:?}", finding.fixes);
    assert!(finding.fixes[0].command.contains("kubectl -n c0 patch secret regcred"), "{:?}", finding.fixes);
    // Refused alone: nobody knows whether the other is any better.
    evidence.workloads.as_mut().unwrap().workloads[1].images[0].started = 0;
    assert!(differ(&evidence).fixes.is_empty());
}

#[test]
fn where_no_copy_is_the_most_common_none_is_known_to_be_odd() {
    let copies = |secrets: [&str; 3], count: usize| {
        let made = secrets.iter().zip(["a", "b", "c"]).zip([9000, 20, 10]).take(count);
        made.map(|((secret, space), age)| copy(space, "ci", secret, age)).collect::<Vec<_>>()
    };
    let passwords = ["password-a", "password-b", "password-c"];
    let tokens = [
        "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ghp_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "ghp_cccccccccccccccccccccccccccccccccccc",
    ];
    for (secrets, count, severity) in [
        (passwords, 2, Severity::Warning),
        (passwords, 3, Severity::Info),
        (tokens, 2, Severity::Info),
        (tokens, 3, Severity::Info),
    ] {
        let evidence = audit(users(&["a", "b", "c"][..count]), copies(secrets, count));
        let finding = only_of(PullSecretCopiesDiffer, &evidence);
        assert_eq!((finding.severity, finding.certain), (severity, false), "{secrets:?} {count}");
        assert!(finding.fixes.is_empty() && finding.settle_by.is_some(), "{finding:#?}");
    }
}

#[test]
fn other_users_and_minted_tokens_may_differ() {
    let robots = vec![copy("a", "robot$a", "password-a", 10), copy("b", "robot$b", "password-b", 10)];
    assert!(found(&audit(users(&["a", "b"]), robots)).is_empty());
    let tokens =
        |user: &str| vec![copy("a", user, "token-number-a", 10), copy("b", user, "token-number-b", 10)];
    for generic in ["AWS", "_json_key", "x-access-token"] {
        assert!(found(&audit(users(&["a", "b"]), tokens(generic))).is_empty(), "{generic}");
    }
}
