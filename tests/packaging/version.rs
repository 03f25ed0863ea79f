//! `kubectl regauth version` as a process.

use serde_json::Value;

use super::Case;
use super::api::Api;
use super::folder::{Folder, stderr, stdout};

pub const CASES: &[Case] = &[
    Case::new("versions_of_client_server_and_probe_image_are_told_with_their_fit", told),
    Case::new("a_server_that_does_not_answer_is_a_note", silent),
    Case::new("the_client_alone_asks_no_server", client_alone),
    Case::new("another_probe_image_is_told_with_where_its_name_comes_from", other_image),
];

fn json(output: &std::process::Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).expect("JSON")
}

fn told() {
    let (api, folder) = (Api::start(), Folder::new());
    folder.kubeconfig(&api);
    let told = json(&folder.plugin(&["version", "-o", "json"]));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(told["client"]["version"], format!("v{version}"));
    assert!(told["client"]["platform"].as_str().unwrap().starts_with("linux/"));
    assert_eq!(told["server"]["version"], "v1.36.3");
    assert_eq!(told["server"]["fits"], "yes");
    assert_eq!(told["probeImage"]["reference"], regauth::image::default_reference());
    assert_eq!(told["probeImage"]["from"], "default");
    // What this build holds, if anything, is not there for the scripted nodes.
    let inside = told["probeImage"]["inside"].as_array().unwrap();
    assert_eq!(told["probeImage"]["fits"], if inside.is_empty() { "yes" } else { "no" });
    let yaml = folder.plugin(&["version", "-o", "yaml"]);
    assert_eq!(serde_saphyr::from_str::<Value>(&stdout(&yaml)).unwrap(), told);
    let table = stdout(&folder.plugin(&["version"]));
    assert!(table.starts_with("PART") && table.contains("server") && table.contains("v1.36.3"), "{table}");
    assert_eq!(stdout(&folder.plugin(&["--version"])), format!("kubectl-regauth {version}\n"));
}

fn silent() {
    let folder = Folder::new();
    folder.kubeconfig(&Api::silent());
    let output = folder.plugin(&["version", "--request-timeout", "100ms", "-o", "json"]);
    let told = json(&output);
    assert!(told["server"]["problem"].as_str().unwrap().contains("did not answer"), "{told}");
    assert!(stderr(&output).starts_with("note: "), "{}", stderr(&output));
    let table = folder.plugin(&["version", "--context", "nothing"]);
    assert_eq!(table.status.code(), Some(0));
    assert!(
        stdout(&table).contains("unknown") && stderr(&table).contains("no context"),
        "{}",
        stderr(&table)
    );
}

fn client_alone() {
    let (api, folder) = (Api::start(), Folder::new());
    folder.kubeconfig(&api);
    let output = folder.plugin(&["version", "--client", "-o", "json"]);
    assert_eq!(json(&output).get("server"), None);
    assert_eq!(stderr(&output), "");
    assert!(api.asked().is_empty(), "{:?}", api.asked());
}

fn other_image() {
    let folder = Folder::new();
    let mut command = folder.command(super::folder::PLUGIN);
    let output = command
        .args(["version", "--client", "-o", "json"])
        .env("REGAUTH_PROBE_IMAGE", "r.example.com/probe:9.9.9")
        .output()
        .unwrap();
    let told = json(&output);
    assert_eq!(told["probeImage"]["from"], "variable");
    assert_eq!(told["probeImage"]["fits"], "no");
    assert!(told["probeImage"]["why"].as_str().unwrap().contains("9.9.9"), "{told}");
}
