//! The nodes' clocks in depth: `clock --method probe` against real time servers, and against those that are off, refuse,
//! lie or are silent.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::{grant, revoke};
use super::commands::refused;
use crate::support::plugin::{Ran, rows};
use crate::support::scripted::servers::{Accounts, Reply, Request, Servers, Wire};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "probes and leases of nodes with the true time find no fault in it",
        needs: Needs::OwnCluster,
        run: true_time,
    },
    Case {
        name: "a node that is seven seconds behind by its time server is named, and is an error over the threshold",
        needs: Needs::OwnCluster,
        run: seven_seconds,
    },
    Case {
        name: "one of three time servers that lies is named and not believed",
        needs: Needs::OwnCluster,
        run: liar,
    },
    Case {
        name: "time servers that are silent, refuse, or have no time to tell are told apart",
        needs: Needs::OwnCluster,
        run: useless_servers,
    },
    Case {
        name: "the times of an image's registry and of its tokens are looked at, and a token of the future is told",
        needs: Needs::OwnCluster,
        run: registries,
    },
    Case {
        name: "what is no time server, duration or method for clocks is refused in one sentence",
        needs: Needs::AnyCluster,
        run: bad_input,
    },
];

/// Runs `clock --method probe` and what else is asked for.
fn probe(space: &Space, args: &[&str]) -> (Ran, Value) {
    let ran = space.plugin(&[&["clock", "--method", "probe"], args].concat()).report();
    eprintln!("exit {}: {:#}", ran.0.status, ran.1["findings"]);
    ran
}

/// The findings but one: what the kernel of the machine says of the clock that all its nodes have. It is no part of
/// the test whether something keeps that right.
fn findings(report: &Value) -> Vec<&Value> {
    let of_kernel = |finding: &&Value| {
        let cause = finding["cause"].as_str().expect("a cause");
        finding["code"] == "ClockUnsynchronised" && cause.starts_with("The kernel says")
    };
    report["findings"].as_array().expect("findings").iter().filter(|one| !of_kernel(one)).collect()
}

/// Code, severity, certainty, subject and nodes.
type Told<'a> = (&'a str, &'a str, bool, &'a str, Vec<&'a str>);

fn told(finding: &Value) -> Told<'_> {
    fn text(value: &Value) -> &str {
        value.as_str().unwrap_or_default()
    }
    let subject = &finding["subject"];
    let nodes = subject["nodes"].as_array().expect("nodes").iter().filter_map(Value::as_str);
    let certain = finding["certain"].as_bool().expect("whether it is certain");
    (text(&finding["code"]), text(&finding["severity"]), certain, text(&subject["name"]), nodes.collect())
}

fn offset_us(row: &Value) -> i64 {
    row["offsetUs"].as_i64().unwrap_or_else(|| panic!("no offset: {row}"))
}

/// The address of a node's own time server for the others.
fn server_of(space: &Space, node: &str) -> String {
    let address = "jsonpath={.status.addresses[?(@.type==\"InternalIP\")].address}";
    space.cluster.kubectl(&["get", "node", node, "-o", address], "")
}

fn true_time(space: &Space) {
    grant(space);
    let servers = [space.cluster.setting("TIME_SERVER"), space.cluster.setting("NODE_TIME_SERVER")];
    let args = ["clock", "--method", "both", "--ntp-server", servers[0], "--ntp-server", servers[1]];
    let (ran, report) = space.plugin(&args).report();
    revoke(space);
    assert_eq!(findings(&report), Vec::<&Value>::new());
    let is_kept = report["findings"].as_array().is_some_and(Vec::is_empty);
    assert_eq!(ran.status, if is_kept { 0 } else { 1 }, "{report:#}");
    let nodes = space.cluster.nodes();
    for (method, most_us) in [("lease", 200_000), ("probe", 1_000)] {
        let of_method: Vec<&Value> =
            rows(&report).into_iter().filter(|row| row["method"] == method).collect();
        let named: Vec<&str> = of_method.iter().filter_map(|row| row["node"].as_str()).collect();
        assert_eq!(named, nodes, "{report:#}");
        for row in of_method {
            assert!(offset_us(row).abs() < most_us, "{row:#}");
        }
    }
}

fn seven_seconds(space: &Space) {
    let nodes = space.cluster.nodes();
    let own = space.cluster.setting("NODE_TIME_SERVER");
    space.cluster.fault(&["time", &nodes[0], "offset=7s"]);
    // One word against the node's: it may be the server that is wrong.
    let (ran, report) = probe(space, &["--ntp-server", own, "--fail-on", "error"]);
    assert_eq!(ran.status, 0, "warnings do not count: {}", ran.stderr);
    let found: Vec<Told<'_>> = findings(&report).into_iter().map(told).collect();
    assert_eq!(found, [("ClockDrift", "warning", false, "nodes", vec![nodes[0].as_str()])]);
    for row in rows(&report) {
        let expected = if row["node"] == nodes[0].as_str() { -7_000_000 } else { 0 };
        assert!((offset_us(row) - expected).abs() < 1_000, "{row:#}");
    }
    let (ran, report) = probe(space, &["--ntp-server", own, "--threshold", "5s", "--fail-on", "error"]);
    assert_eq!(ran.status, 1, "{report:#}");
    let found: Vec<Told<'_>> = findings(&report).into_iter().map(told).collect();
    assert_eq!(found, [("ClockDrift", "error", false, "nodes", vec![nodes[0].as_str()])]);
    // Two that agree are believed, and all nodes are behind them alike.
    space.cluster.fault(&["time", &nodes[1], "offset=7s"]);
    let (one, other) = (server_of(space, &nodes[0]), server_of(space, &nodes[1]));
    let (ran, report) = probe(
        space,
        &["--ntp-server", &one, "--ntp-server", &other, "--threshold", "5s", "--fail-on", "error"],
    );
    assert_eq!(ran.status, 1, "{report:#}");
    let found: Vec<Told<'_>> = findings(&report).into_iter().map(told).collect();
    let all = nodes.iter().map(String::as_str).collect();
    assert_eq!(found, [("ClockDrift", "error", true, "nodes", all)]);
}

fn liar(space: &Space) {
    let nodes = space.cluster.nodes();
    space.cluster.fault(&["time", &nodes[2], "offset=-90s"]);
    let (liar, honest) = (server_of(space, &nodes[2]), server_of(space, &nodes[1]));
    let time = space.cluster.setting("TIME_SERVER");
    let servers = ["--ntp-server", &liar, "--ntp-server", &honest, "--ntp-server", time];
    let (ran, report) = probe(space, &servers);
    assert_eq!(ran.status, 1, "{report:#}");
    let found: Vec<Told<'_>> = findings(&report).into_iter().map(told).collect();
    let all = nodes.iter().map(String::as_str).collect();
    let subject = format!("ntp/{liar}");
    assert_eq!(found, [("ClockDrift", "warning", true, subject.as_str(), all)]);
    for row in rows(&report) {
        assert!(offset_us(row).abs() < 1_000, "the nodes are right: {row:#}");
    }
}

fn useless_servers(space: &Space) {
    let nodes = space.cluster.nodes();
    let of = |name: &str| space.cluster.setting(name).to_string();
    let deaf = of("API_SERVER").trim_start_matches("https://").replace(":6443", "");
    let (own, none, nowhere) =
        (of("NODE_TIME_SERVER"), of("UNSYNCHRONISED_TIME_SERVER"), of("UNRESOLVED_HOST"));
    space.cluster.fault(&["time", &nodes[0], "kod=RATE"]);
    space.cluster.fault(&["time", &nodes[1], "silent"]);
    space.cluster.fault(&["time", &nodes[2], "lie=origin"]);
    let servers = [&own, &none, &deaf, &nowhere];
    let args: Vec<&str> = servers.iter().flat_map(|server| ["--ntp-server", server.as_str()]).collect();
    let (ran, report) = probe(space, &args);
    assert_eq!(ran.status, 1, "{report:#}");
    let all: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let cause_of = |server: &str, nodes: &[&str]| {
        let found = findings(&report);
        let is_it = |finding: &&&Value| {
            let (_, severity, certain, subject, of) = told(finding);
            (severity, certain, subject, of.as_slice()) == ("warning", true, &format!("ntp/{server}"), nodes)
        };
        let one = found.iter().find(is_it).unwrap_or_else(|| panic!("nothing of {server} on {nodes:?}"));
        (one["code"].clone(), format!("{} {}", one["cause"], one["messages"]))
    };
    for (server, nodes, code, words) in [
        (&own, &all[..1], "NtpUnreachable", "RATE"),
        (&own, &all[1..2], "NtpUnreachable", "does not answer in time"),
        (&own, &all[2..], "NtpUnreachable", "does not answer the request"),
        (&none, &all[..], "ClockUnsynchronised", "leap indicator 3, stratum 0"),
        (&deaf, &all[..], "NtpUnreachable", "nothing listens"),
        (&nowhere, &all[..], "NtpUnreachable", "its name has no address"),
    ] {
        let (told, cause) = cause_of(server, nodes);
        assert!(told == code && cause.contains(words), "{server}: {told} {cause}");
    }
    assert_eq!(findings(&report).len(), 6);
    assert!(rows(&report).iter().all(|row| row["offsetUs"].is_null()), "nobody told the time");
}

fn registries(space: &Space) {
    let of = |name: &str| space.cluster.setting(name).to_string();
    let time = of("TIME_SERVER");
    let image = format!("{}/public/app:1", of("TOKEN_REGISTRY"));
    let (_, report) = probe(space, &[&image, "--ntp-server", &time, "--ca-bundle", &of("SECURE_CA")]);
    assert_eq!(findings(&report), Vec::<&Value>::new());
    for row in rows(&report) {
        let state = row["state"].as_str().expect("what was seen");
        for server in [of("TOKEN_REGISTRY"), of("AUTH_SERVICE"), time.clone()] {
            assert!(state.contains(&server), "{state}");
        }
    }
    let registry = of("SCRIPTED_REGISTRY");
    let _servers = of_the_future(space, &registry);
    let image = format!("{registry}/team/app:1");
    let (ran, report) = probe(space, &[&image, "--ntp-server", &time, "--plain-http", &registry]);
    assert_eq!(ran.status, 1, "{report:#}");
    let found: Vec<Told<'_>> = findings(&report).into_iter().map(told).collect();
    let (nodes, subject) = (space.cluster.nodes(), format!("server/{registry}"));
    let all = nodes.iter().map(String::as_str).collect();
    assert!(found.contains(&("TokenTimeRejected", "error", false, &subject, all)), "{found:#?}");
}

/// A registry whose token service is ninety seconds ahead.
fn of_the_future(space: &Space, registry: &str) -> Servers {
    let servers = Servers::new(Accounts::default());
    let (_, port) = registry.rsplit_once(':').expect("HOST:PORT");
    let bound = servers.bind_at(&format!("{}:{port}", space.cluster.setting("HOST_IP")));
    let realm = format!("Bearer realm=\"http://{registry}/token\",service=\"future\"");
    servers.serve(bound, "future", Wire::Http, move |request: &Request| {
        let now = Timestamp::now().as_second();
        if !request.path.starts_with("/token") {
            return Reply::error(401, "UNAUTHORIZED", "authentication required")
                .header("WWW-Authenticate", &realm);
        }
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let times = json!({"iat": now + 90, "nbf": now + 90, "exp": now + 390});
        let token = format!("{}.{}.c2lnbmF0dXJl", part(json!({"alg": "RS256"})), part(times));
        Reply::json(200, &json!({"token": token}))
    });
    servers
}

fn bad_input(space: &Space) {
    let probe = ["clock", "--method", "probe"];
    let refused = |args: &[&str], sentence: &str| refused(space, args, sentence);
    for server in ["http://time.test", "", "time.test:0", "time.test:123:4", "a b"] {
        refused(
            &[&probe[..], &["--ntp-server", server]].concat(),
            "is not a time server: write a name or an address",
        );
    }
    refused(&["clock", "--ntp-server", "time.test"], "--ntp-server is for probes: add --method probe");
    refused(&["clock", "registry.test/team/app:1"], "IMAGE is for probes: add --method probe");
    refused(&[&probe[..], &["--listen", "20s"]].concat(), "--listen is for leases");
    refused(&[&probe[..], &["--watch"]].concat(), "--watch is for leases");
    refused(&["clock", "--method", "both", "--watch"], "--watch watches leases only");
    refused(&["clock", "--threshold", "0s"], "at least 1ms and at most 24h");
    refused(&["clock", "--threshold", "soon"], "use a duration");
    refused(&["clock", "--listen", "2h"], "--watch listens until it is interrupted");
    refused(&[&probe[..], &["Upper/Case"]].concat(), "in lower case");
    refused(&[&probe[..], &["--node", "nowhere"]].concat(), "node nowhere does not exist");
}
