//! NetworkPolicies that restrict what builders, and pods whose pulls fail, may connect to.

use super::lists::{Fold, List};
use crate::api::Api;
use crate::collect::policies::{EgressRule, NetworkPolicy, PolicyPort};
use crate::collect::selector::Labels;
use crate::evidence::Outcome;
use crate::evidence::workloads::EgressPolicy;
use crate::text::Clean;

/// So many blocks of addresses of a policy are kept.
const BLOCKS: usize = 64;

/// Workloads whose egress matters.
pub(super) struct Subject {
    /// Its id.
    pub id: String,
    pub namespace: String,
    /// Labels of its pods.
    pub labels: Labels,
}

struct Restricting<'s> {
    subjects: &'s [Subject],
    policies: Vec<EgressPolicy>,
}

impl Fold for Restricting<'_> {
    type Item<'a> = NetworkPolicy;

    fn add(&mut self, policy: NetworkPolicy) -> Result<(), serde_json::Error> {
        if policy.restricts_egress() {
            self.policies.extend(of(&policy, self.subjects));
        }
        Ok(())
    }
}

/// Reads the policies of a namespace, or of all.
pub(super) async fn read(
    api: &Api,
    namespace: &str,
    subjects: &[Subject],
) -> (Vec<EgressPolicy>, Outcome<u64>) {
    let list = List::of("network policies", "networking.k8s.io/v1", namespace, "networkpolicies");
    let listed = list.fold(api, || Restricting { subjects, policies: Vec::new() }).await;
    let outcome = listed.outcome();
    let mut policies = listed.state.policies;
    policies.sort_by(|a, b| a.id.cmp(&b.id));
    (policies, outcome)
}

fn of(policy: &NetworkPolicy, subjects: &[Subject]) -> Option<EgressPolicy> {
    let selected = subjects.iter().filter(|subject| {
        subject.namespace == policy.metadata.namespace && policy.spec.pod_selector.matches(&subject.labels)
    });
    let mut workloads: Vec<String> = selected.map(|subject| subject.id.clone()).collect();
    workloads.sort();
    workloads.dedup();
    if workloads.is_empty() {
        return None;
    }
    let (namespace, name) = (policy.metadata.namespace.clone(), policy.metadata.name.clone());
    let rules = &policy.spec.egress;
    let blocks = rules.iter().flat_map(|rule| rule.to.iter().filter_map(|peer| peer.ip_block.as_ref()));
    let mut allows: Vec<Clean> = blocks.take(BLOCKS).map(|block| Clean::with_cap(&block.cidr, 64)).collect();
    allows.sort();
    allows.dedup();
    Some(EgressPolicy {
        id: format!("networkpolicy/{namespace}/{name}"),
        namespace,
        name,
        workloads,
        allows_https_anywhere: rules.iter().any(|rule| is_anywhere(rule) && allows_port(rule, "TCP", 443)),
        allows,
        allows_dns: rules.iter().any(|rule| allows_port(rule, "UDP", 53) || allows_port(rule, "TCP", 53)),
    })
}

/// Whether a rule is about every address, of one family at least. Exceptions are not looked at: they are there for
/// private networks and metadata services.
fn is_anywhere(rule: &EgressRule) -> bool {
    let blocks = || rule.to.iter().filter_map(|peer| peer.ip_block.as_ref());
    rule.to.is_empty() || blocks().any(|block| matches!(block.cidr.trim(), "0.0.0.0/0" | "::/0"))
}

/// A rule without ports allows all. A port by name is one that pods declare, which no registry does.
fn allows_port(rule: &EgressRule, protocol: &str, wanted: u16) -> bool {
    let allows = |port: &PolicyPort| {
        let of_protocol = if port.protocol.is_empty() { "TCP" } else { &port.protocol };
        let number = port.port.as_ref().map(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        let covers = match (number, port.end_port) {
            (None, _) => true,
            (Some(Some(first)), Some(last)) => (first..=u64::from(last)).contains(&u64::from(wanted)),
            (Some(first), None) => first == Some(u64::from(wanted)),
            (Some(None), Some(_)) => false,
        };
        of_protocol == protocol && covers
    };
    rule.ports.is_empty() || rule.ports.iter().any(allows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(spec: &str) -> Option<EgressPolicy> {
        let json = format!(r#"{{"metadata":{{"namespace":"ci","name":"p"}},"spec":{spec}}}"#);
        let labels = [("app".to_string(), "kaniko".to_string())].into();
        let subject = Subject { id: "workload/ci/pod/k".into(), namespace: "ci".into(), labels };
        of(&serde_json::from_str(&json).unwrap(), &[subject])
    }

    #[test]
    fn a_policy_counts_where_it_selects_the_pods() {
        assert!(policy(r#"{"podSelector":{},"policyTypes":["Egress"]}"#).is_some());
        assert!(
            policy(r#"{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Egress"]}"#).is_none()
        );
    }

    #[test]
    fn what_a_policy_allows_is_told_from_its_rules() {
        let deny = policy(r#"{"podSelector":{},"policyTypes":["Egress"]}"#).unwrap();
        assert!(!deny.allows_https_anywhere && !deny.allows_dns && deny.allows.is_empty());
        for (egress, https, dns) in [
            (r#"[{}]"#, true, true),
            (
                r#"[{"ports":[{"port":443}],"to":[{"ipBlock":{"cidr":"0.0.0.0/0","except":["10.0.0.0/8"]}}]}]"#,
                true,
                false,
            ),
            (r#"[{"ports":[{"port":443}],"to":[{"ipBlock":{"cidr":"10.1.0.0/16"}}]}]"#, false, false),
            (r#"[{"ports":[{"port":53,"protocol":"UDP"}]}]"#, false, true),
            (r#"[{"ports":[{"port":400,"endPort":500,"protocol":"TCP"}]}]"#, true, false),
            (r#"[{"ports":[{"port":"https"}]}]"#, false, false),
            (r#"[{"ports":[{"protocol":"UDP"}]}]"#, false, true),
            (r#"[{"to":[{"namespaceSelector":{}}]}]"#, false, true),
        ] {
            let spec = format!(r#"{{"podSelector":{{}},"policyTypes":["Egress"],"egress":{egress}}}"#);
            let told = policy(&spec).unwrap();
            assert_eq!((told.allows_https_anywhere, told.allows_dns), (https, dns), "{egress}");
        }
        let blocks = r#"{"podSelector":{},"egress":[{"to":[{"ipBlock":{"cidr":"10.1.0.0/16"}}]}]}"#;
        assert_eq!(policy(blocks).unwrap().allows, [Clean::new("10.1.0.0/16")]);
    }
}
