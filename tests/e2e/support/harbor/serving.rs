//! Whether every node's kube-proxy leads to the pods that are ready, and to no others: it follows later than they change.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::Value;

use super::super::cluster::wait_for;
use super::Harbor;

/// Those before which there is a Service that clients or cores use.
const COMPONENTS: [&str; 2] = ["core", "registry"];

impl Harbor<'_> {
    /// Waits until the Services lead to the pods that are ready.
    pub fn wait_until_services_follow(&self) {
        for component in COMPONENTS {
            for node in self.space.cluster.nodes() {
                let way = format!("{node}'s way to harbor-{component}");
                wait_for(&way, Duration::from_secs(60), || {
                    self.ready(component) == self.proxied(&node, component)
                });
            }
        }
    }

    /// Addresses of a component's pods that are ready and not being deleted.
    fn ready(&self, component: &str) -> BTreeSet<String> {
        let selector = format!("app=harbor,component={component}");
        let pods = self.space.kubectl(&["get", "pods", "-l", &selector, "-o", "json"], "");
        let pods: Value = serde_json::from_str(&pods).expect("JSON");
        let serves = |pod: &&Value| {
            let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
            let mut ready = conditions.filter(|one| one["type"] == "Ready" && one["status"] == "True");
            pod["metadata"]["deletionTimestamp"].is_null() && ready.next().is_some()
        };
        let address = |pod: &Value| pod["status"]["podIP"].as_str().expect("an address").to_string();
        pods["items"].as_array().expect("a list").iter().filter(serves).map(address).collect()
    }

    /// Addresses to which a node leads connections to a component's Service: all that kube-proxy writes into the
    /// Service's chain, `service-HASH-NAMESPACE/SERVICE/PROTOCOL/PORT`.
    fn proxied(&self, node: &str, component: &str) -> BTreeSet<String> {
        let rules = self.space.cluster.on_node(node, &["nft", "list", "table", "ip", "kube-proxy"]);
        let service = format!("-{}/harbor-{component}/", self.space.namespace);
        let chains = rules.split("\tchain ").filter(|chain| chain.starts_with("service-"));
        let chains =
            chains.filter_map(|chain| chain.split_once('{')).filter(|(name, _)| name.contains(&service));
        chains
            .flat_map(|(_, rules)| rules.split(|sign: char| !sign.is_ascii_digit() && sign != '.'))
            .filter(|word| word.parse::<Ipv4Addr>().is_ok())
            .map(ToString::to_string)
            .collect()
    }
}
