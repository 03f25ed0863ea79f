//! A real Prometheus scrapes what the plugin renders, and raises an alert when Harbor's cores hold different keys.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::Case;
use super::prometheus::Prometheus;
use crate::cli::Format;
use crate::render::{self, tests::fixture};

pub const CASES: &[Case] =
    &[("a_real_prometheus_takes_the_metrics_and_raises_an_alert_while_keys_differ", scraped)];

/// A server of one text.
struct StandIn {
    address: String,
    text: Arc<Mutex<String>>,
}

impl StandIn {
    fn start(text: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let text = Arc::new(Mutex::new(text.to_string()));
        let served = text.clone();
        // It ends with the tests.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let body = served.lock().expect("unpoisoned").clone();
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
            }
        });
        Self { address, text }
    }

    fn change(&self, text: &str) {
        *self.text.lock().expect("unpoisoned") = text.to_string();
    }
}

fn scraped() {
    let mut report = fixture::cluster(5);
    let broken = render::report(&report, Format::Prometheus, None, false).expect("metrics");
    let harbor = report.harbor.as_mut().expect("a Harbor");
    harbor.keys.truncate(1);
    report.findings.retain(|finding| finding.code != regauth::code::Code::HarborKeyMismatch);
    let well = render::report(&report, Format::Prometheus, None, false).expect("metrics");

    let server = StandIn::start(&well);
    let prometheus = Prometheus::start(&server.address);
    prometheus.wait("the target is up", || prometheus.is_up());
    prometheus.wait("the rules are loaded", || prometheus.rules_are_well());
    let groups = || prometheus.value("regauth_harbor_key_groups");
    prometheus.wait("one key", || groups() == Some(1.0));
    let fires = |name: &str| prometheus.firing().iter().any(|one| one == name);
    prometheus.wait("other findings raise theirs", || fires("RegauthFinding"));
    assert!(!fires("RegauthHarborKeysDiffer"), "the keys are equal");

    server.change(&broken);
    prometheus.wait("the alert", || fires("RegauthHarborKeysDiffer"));
    assert!(groups().is_some_and(|groups| groups > 1.0));
    server.change(&well);
    prometheus.wait("the alert is over", || !fires("RegauthHarborKeysDiffer"));
}
