//! The API server's audit log: which requests the plugin made.

use serde_json::Value;

use super::cluster::Cluster;

/// A request of the plugin.
#[derive(Debug)]
pub struct Request {
    pub verb: String,
    pub uri: String,
    /// What was sent, where the log holds it.
    pub body: String,
}

/// Requests that the plugin has made since `mark`, by its user agent, in order.
pub fn requests(cluster: &Cluster, mark: u64) -> Vec<Request> {
    // The log is written as requests end: let the last ones arrive.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let mut seen = std::collections::HashSet::new();
    cluster
        .log_since("AUDIT_LOG", mark)
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|entry| text(&entry["userAgent"]).starts_with("kubectl-regauth/"))
        .filter(|entry| seen.insert(text(&entry["auditID"])))
        .map(|entry| Request {
            verb: text(&entry["verb"]),
            uri: text(&entry["requestURI"]),
            body: entry["requestObject"].to_string(),
        })
        .collect()
}
