use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn policy(name: &str, spec: &str) -> NetworkPolicy {
    serde_json::from_str(&format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{spec}}}"#)).unwrap()
}

#[test]
fn only_labels_that_policies_select_on_are_carried() {
    let policies = [
        policy("deny", r#"{"podSelector":{},"policyTypes":["Ingress","Egress"]}"#),
        policy("web", r#"{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"]}"#),
        policy(
            "tier",
            r#"{"podSelector":{"matchExpressions":[{"key":"tier","operator":"In","values":["a"]}]},"policyTypes":["Egress"]}"#,
        ),
    ];
    let seen =
        seen_from(&policies, &labels(&[("app", "web"), ("tier", "a"), ("version", "3"), ("track", "x")]));
    assert_eq!(seen.labels, labels(&[("app", "web"), ("tier", "a")]));
    assert_eq!(seen.egress, ["deny", "tier"]);
    assert!(seen.missed.is_empty());
}

#[test]
fn a_controllers_own_label_is_never_carried_and_the_policy_is_named_as_missed() {
    for key in ["pod-template-hash", "job-name", "batch.kubernetes.io/controller-uid", "controller-uid"] {
        let spec = format!(r#"{{"podSelector":{{"matchLabels":{{"{key}":"x"}}}},"policyTypes":["Egress"]}}"#);
        let seen = seen_from(&[policy("odd", &spec)], &labels(&[(key, "x"), ("app", "web")]));
        assert_eq!((seen.labels.len(), seen.egress.len()), (0, 0), "{key}");
        assert_eq!(seen.missed, ["odd"]);
    }
}

#[test]
fn a_policy_for_pods_without_a_label_does_not_select_a_workload_that_has_it() {
    let spec = r#"{"podSelector":{"matchExpressions":[{"key":"trusted","operator":"DoesNotExist"}]},"policyTypes":["Egress"]}"#;
    let seen = seen_from(&[policy("untrusted", spec)], &labels(&[("trusted", "yes")]));
    assert_eq!(seen.labels, labels(&[("trusted", "yes")]));
    assert!(seen.egress.is_empty());
}

#[test]
fn a_policy_without_types_is_about_egress_when_it_has_such_rules() {
    assert!(policy("a", r#"{"podSelector":{},"egress":[{}]}"#).restricts_egress());
    assert!(!policy("a", r#"{"podSelector":{},"egress":null,"policyTypes":null}"#).restricts_egress());
}

#[test]
fn without_policies_nothing_is_carried() {
    assert_eq!(seen_from(&[], &labels(&[("app", "web")])), Policies::default());
}

#[test]
fn a_budget_without_a_selector_counts_none_and_an_empty_one_counts_all() {
    let budget = |spec: &str| serde_json::from_str::<Budget>(&format!(r#"{{"spec":{spec}}}"#)).unwrap();
    assert!(!budget("{}").would_count(&labels(&[("a", "b")])));
    assert!(!budget(r#"{"selector":null}"#).would_count(&labels(&[])));
    assert!(budget(r#"{"selector":{}}"#).would_count(&labels(&[])));
}

#[test]
fn a_service_counts_when_it_publishes_unready_pods_and_has_a_selector() {
    let service = |spec: &str| serde_json::from_str::<Service>(&format!(r#"{{"spec":{spec}}}"#)).unwrap();
    let web = labels(&[("app", "web")]);
    assert!(service(r#"{"publishNotReadyAddresses":true,"selector":{"app":"web"}}"#).would_send_to(&web));
    assert!(!service(r#"{"selector":{"app":"web"}}"#).would_send_to(&web));
    assert!(!service(r#"{"publishNotReadyAddresses":true,"selector":null}"#).would_send_to(&web));
    assert!(!service(r#"{"publishNotReadyAddresses":true,"selector":{"app":"db"}}"#).would_send_to(&web));
}
