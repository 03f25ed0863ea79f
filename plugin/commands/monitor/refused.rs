//! What Harbor's cores refuse: by their own metrics where they are enabled, else by the telling lines of their logs.

use std::collections::BTreeMap;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use regauth::api::{Api, forward};
use regauth::collect::harbor as collect;
use regauth::evidence::harbor::pods::{CoreLog, MetricsAt, TellingLine};
use regauth::evidence::harbor::{CorePod, Harbor};
use regauth::evidence::{Evidence, Outcome};

/// So many cores at the most.
pub const CORES: usize = 60;
/// How long one core's metrics may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 8 << 20;
/// The counter of requests (src/lib/metric/collector.go of goharbor/harbor), behind the names that the chart puts before it.
const REQUESTS: &str = "http_request_total";
/// Statuses by which core refuses.
const REFUSALS: [&str; 2] = ["401", "403"];
/// Lines that are logged when a request is refused.
const LINES: [TellingLine; 4] = [
    TellingLine::KeyDoesNotFit,
    TellingLine::NotValidYet,
    TellingLine::TokenExpired,
    TellingLine::RobotUnusable,
];

/// How many requests each core refused, by namespace and pod. Of cores with metrics since they started, of the others since
/// this program began.
#[derive(Debug, Default)]
pub struct Refused {
    counts: BTreeMap<(String, String), f64>,
}

/// What was read of one core.
#[derive(Debug, PartialEq)]
pub enum Seen {
    /// Its own counter.
    Counter(f64),
    /// So many lines since the log was read last.
    Lines(f64),
}

/// What was read of one core, by namespace and pod.
pub type Reading = ((String, String), Seen);

impl Refused {
    /// Each core's namespace, pod and count.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        self.counts.iter().map(|((namespace, pod), count)| (namespace.as_str(), pod.as_str(), *count))
    }

    /// Takes in what was read; cores that are not there any more are forgotten.
    pub fn read(&mut self, seen: Vec<Reading>) {
        let mut before = std::mem::take(&mut self.counts);
        for (core, seen) in seen.into_iter().take(CORES) {
            let known = before.remove(&core).unwrap_or_default();
            let count = match seen {
                Seen::Counter(count) => count,
                Seen::Lines(lines) => known + lines,
            };
            self.counts.insert(core, count);
        }
    }
}

/// Reads the cores of every Harbor of a check-up; logs from `since` on. What may not be read is left out.
pub async fn read(api: &Api, parts: &[Evidence], since: Timestamp) -> Vec<Reading> {
    let mut all = Vec::new();
    for harbor in parts.iter().filter_map(|part| part.harbor.as_ref()) {
        let mut of_logs = Harbor { namespace: harbor.namespace.clone(), ..Harbor::default() };
        for core in harbor.cores.iter().filter(|core| core.started_at.is_some()).take(CORES) {
            let counter = match &core.metrics {
                Some(at) => {
                    tokio::time::timeout(PATIENCE, counter(api, &harbor.namespace, core, at)).await.ok()
                }
                None => None,
            };
            match counter.flatten() {
                Some(count) => {
                    all.push(((harbor.namespace.clone(), core.name.clone()), Seen::Counter(count)))
                }
                None => of_logs.cores.push(core.clone()),
            }
        }
        collect::logs(api, &mut of_logs, whole_seconds(since).await).await;
        let lines = of_logs.logs.iter().filter_map(lines);
        all.extend(lines.map(|(pod, count)| ((harbor.namespace.clone(), pod), Seen::Lines(count))));
    }
    all
}

/// How long ago that was, once it is a whole number of seconds: logs are asked for by whole seconds, and lines of the rest
/// would be lost, or be counted again next time.
async fn whole_seconds(since: Timestamp) -> Duration {
    let span = Duration::try_from(Timestamp::now().duration_since(since)).unwrap_or_default();
    let whole = Duration::from_secs(span.as_secs() + 1);
    tokio::time::sleep(whole - span).await;
    whole
}

fn lines(log: &CoreLog) -> Option<(String, f64)> {
    let Outcome::Seen { value } = &log.outcome else { return None };
    let telling = value.iter().filter(|one| LINES.contains(&one.line));
    Some((log.pod.clone(), telling.map(|one| f64::from(one.count)).sum()))
}

/// The refused requests by a core's own metrics, through port-forward.
async fn counter(api: &Api, namespace: &str, core: &CorePod, at: &MetricsAt) -> Option<f64> {
    let forward = forward(api, namespace, &core.name, at.port).await.ok()?;
    let stream = tokio::net::TcpStream::connect(forward.address()).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let connection = tokio::spawn(connection);
    let request = http::Request::get(&at.path).header(http::header::HOST, &core.name);
    let asking = async {
        let answer = sender.send_request(request.body(Empty::<bytes::Bytes>::new()).ok()?).await.ok()?;
        let is_ok = answer.status() == http::StatusCode::OK;
        let body = Limited::new(answer.into_body(), LARGEST).collect().await.ok()?;
        is_ok.then(|| refusals(&String::from_utf8_lossy(&body.to_bytes()))).flatten()
    };
    let count = asking.await;
    connection.abort();
    count
}

/// The sum of the requests with a status that refuses, in the text format; `None` where there is no such counter.
fn refusals(text: &str) -> Option<f64> {
    let mut sum = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, rest)) = line.split_once('{') else { continue };
        let Some((labels, value)) = rest.rsplit_once('}') else { continue };
        if !name.ends_with(REQUESTS) {
            continue;
        }
        let sum = sum.get_or_insert(0.0);
        if REFUSALS.iter().any(|code| labels.contains(&format!("code=\"{code}\""))) {
            let value = value.split_whitespace().next().and_then(|value| value.parse::<f64>().ok());
            *sum += value.filter(|value| value.is_finite()).unwrap_or_default();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(pod: &str) -> (String, String) {
        ("harbor".into(), pod.into())
    }

    #[test]
    fn the_refusals_of_all_operations_are_summed() {
        let text = "# HELP harbor_core_http_request_total The total number of requests\n\
            # TYPE harbor_core_http_request_total counter\n\
            harbor_core_http_request_total{code=\"200\",method=\"GET\",operation=\"GetHealth\"} 97\n\
            harbor_core_http_request_total{code=\"401\",method=\"GET\",operation=\"v2\"} 4\n\
            harbor_core_http_request_total{code=\"401\",method=\"PUT\",operation=\"v2 manifest\"} 1.5e+01\n\
            harbor_core_http_request_total{code=\"403\",method=\"GET\",operation=\"x\"} 1\n\
            harbor_core_http_inflight_requests 7\n";
        assert_eq!(refusals(text), Some(20.0));
    }

    #[test]
    fn what_is_no_such_counter_is_none_and_one_without_refusals_is_zero() {
        assert_eq!(refusals("go_goroutines 7\n"), None);
        assert_eq!(refusals("<html>{</html>"), None);
        assert_eq!(refusals("harbor_core_http_request_total{code=\"200\"} 9\n"), Some(0.0));
        assert_eq!(refusals("x_http_request_total{code=\"401\"} NaN\n"), Some(0.0));
    }

    #[test]
    fn lines_add_up_counters_stand_for_themselves_and_pods_that_are_gone_are_forgotten() {
        let mut refused = Refused::default();
        refused.read(vec![(core("a"), Seen::Lines(3.0)), (core("b"), Seen::Counter(40.0))]);
        refused.read(vec![(core("a"), Seen::Lines(2.0)), (core("b"), Seen::Counter(41.0))]);
        let told: Vec<_> = refused.each().map(|(_, pod, count)| (pod.to_string(), count)).collect();
        assert_eq!(told, [("a".to_string(), 5.0), ("b".to_string(), 41.0)]);
        refused.read(vec![(core("c"), Seen::Lines(0.0))]);
        assert_eq!(refused.each().map(|(_, pod, _)| pod.to_string()).collect::<Vec<_>>(), ["c"]);
    }
}
