//! Completion with names from a cluster: by the plugin itself, and by the real kubectl.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::api::Api;
use super::folder::{Folder, stderr, stdout};
use super::{Case, kubectl};

pub const CASES: &[Case] = &[
    Case::new("names_come_from_the_cluster_of_the_flags_that_were_typed", names),
    Case::new("of_secrets_nothing_but_the_metadata_is_asked_for", only_metadata),
    Case::new("contexts_come_from_the_kubeconfig", contexts),
    Case::new("what_the_api_server_refuses_or_does_not_answer_gives_no_candidates_and_no_noise", no_noise),
    Case::new("the_shim_lies_beside_the_link_by_which_the_plugin_is_on_path", installed),
    Case::new("the_shim_replaces_no_file_of_somebody_else", not_replaced),
    Case {
        name: "the_real_kubectl_completes_the_plugin_by_the_shim",
        is_possible: || kubectl::find().is_some(),
        run: by_kubectl,
    },
];

/// The candidates, without descriptions, and the last line.
fn told(folder: &Folder, words: &[&str]) -> (Vec<String>, String) {
    let output = folder.plugin(&[&["__complete"], words].concat());
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{words:?}");
    candidates(&stdout(&output))
}

fn candidates(text: &str) -> (Vec<String>, String) {
    let mut lines: Vec<String> =
        text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_string()).collect();
    let last = lines.pop().unwrap_or_default();
    (lines, last)
}

fn names() {
    let (api, folder) = (Api::start(), Folder::new());
    folder.kubeconfig(&api);
    let expected: &[(&[&str], &[&str])] = &[
        (&["pull", "-n", ""], &["default", "team", "team-b"]),
        (&["pull", "--namespace=team-"], &["team-b"]),
        (&["pull", "--node", "node"], &["node1", "node2"]),
        (&["pull", "--pull-secret", ""], &["old-regcred", "regcred"]),
        (&["push", "--docker-config-secret", ""], &["ci", "regcred"]),
        (&["pull", "--service-account", "b"], &["builder"]),
        (&["pull", "--as-workload", "deploy/w"], &["deploy/web", "deploy/worker"]),
        (&["why", "deployment/we"], &["deployment/web"]),
        (&["-n", "other", "why", "deploy/"], &["deploy/elsewhere"]),
    ];
    for (words, names) in expected {
        assert_eq!(
            told(&folder, words),
            (names.iter().map(ToString::to_string).collect(), ":4".into()),
            "{words:?}"
        );
    }
}

fn only_metadata() {
    let (api, folder) = (Api::start(), Folder::new());
    folder.kubeconfig(&api);
    told(&folder, &["pull", "--pull-secret", ""]);
    let asked = api.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for (path, accept) in asked {
        assert!(path.starts_with("/api/v1/namespaces/team/secrets?fieldSelector=type%3D"), "{path}");
        assert_eq!(accept, "application/json;as=partialobjectmetadatalist;g=meta.k8s.io;v=v1");
    }
}

fn contexts() {
    let (api, folder) = (Api::start(), Folder::new());
    let kubeconfig = folder.kubeconfig(&api);
    let (names, _) = told(&folder, &["pull", "--context", ""]);
    assert_eq!(names, ["test", "broken"]);
    let other = folder.file("other", "contexts: [{name: elsewhere, context: {cluster: a}}]\n");
    let (names, _) = told(&folder, &["--kubeconfig", other.to_str().unwrap(), "pull", "--context", ""]);
    assert_eq!(names, ["elsewhere"]);
    assert!(kubeconfig.is_file() && api.asked().is_empty(), "no server is needed for that");
}

fn no_noise() {
    let nothing = (vec![], ":4".to_string());
    let folder = Folder::new();
    assert_eq!(told(&folder, &["pull", "-n", ""]), nothing, "no kubeconfig");
    folder.kubeconfig(&Api::start());
    assert_eq!(told(&folder, &["pull", "--as-workload", "sts/"]), nothing, "refused");
    assert_eq!(told(&folder, &["--context", "broken", "pull", "--node", ""]), nothing, "no such cluster");
    folder.kubeconfig(&Api::silent());
    assert_eq!(told(&folder, &["pull", "--node", ""]), nothing, "silent");
}

fn installed() {
    let folder = Folder::new();
    let bin = folder.bin_with_shim();
    let shim = bin.join("kubectl_complete-regauth");
    assert_eq!(fs::metadata(&shim).unwrap().permissions().mode() & 0o777, 0o755);
    let again = folder.plugin(&["completion", "install"]);
    assert_eq!(stdout(&again), format!("{} written\n", shim.display()));
    assert_eq!(stderr(&again), "", "it is on PATH");
    let elsewhere = folder.folder("elsewhere");
    let other = folder.plugin(&["completion", "install", "--dir", elsewhere.to_str().unwrap()]);
    assert!(other.status.success() && elsewhere.join("kubectl_complete-regauth").is_file());
    assert!(stderr(&other).contains("is not on PATH"), "{}", stderr(&other));
    let none = folder.plugin(&["completion", "install", "--dir", folder.path("none").to_str().unwrap()]);
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("--dir"), "{}", stderr(&none));
}

fn not_replaced() {
    let folder = Folder::new();
    let shim = folder.bin().join("kubectl_complete-regauth");
    fs::write(&shim, "#!/bin/sh\n").unwrap();
    let output = folder.plugin(&["completion", "install"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("was not written by this command"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&shim).unwrap(), "#!/bin/sh\n");
}

fn by_kubectl() {
    let (api, folder) = (Api::start(), Folder::new());
    folder.kubeconfig(&api);
    folder.bin_with_shim();
    let kubectl = kubectl::find().unwrap();
    let told = |words: &[&str]| {
        let output =
            folder.command(&kubectl).args([&["__complete", "regauth"], words].concat()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        candidates(&stdout(&output))
    };
    let expected: &[(&[&str], &[&str], &str)] = &[
        (&["pu"], &["pull", "push"], ":4"),
        (&["pull", "--meth"], &["--method"], ":4"),
        (&["pull", "--method", ""], &["kubelet", "probe", "both"], ":4"),
        (&["pull", "-n", "team"], &["team", "team-b"], ":4"),
        (&["why", "deploy/we"], &["deploy/web"], ":4"),
        (&["why", "de"], &["deploy/"], ":6"),
        (&["explain", "-f", ""], &[], ":0"),
        (&["explain", "--lang", ""], &["en", "zh"], ":4"),
    ];
    for (words, names, directive) in expected {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(told(words), (names, directive.to_string()), "{words:?}");
    }
}
