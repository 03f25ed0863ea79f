//! Token keys: equal, stale, different; seen by kid, checksum and matrix, and by each way to the cores.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::harbor::{Asked, EXEC, Harbor, READ, SECRETS, Setup, TokenKey, only_rights, password};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "cores with one key are well, however its Secret is written, until that holds another",
        needs: Needs::OwnCluster,
        run: one_key,
    },
    Case {
        name: "one of three cores with another key is seen by each way, with and without rights and credentials",
        needs: Needs::OwnCluster,
        run: another_key,
    },
];

/// The host by which clients know the Harbor of a test.
pub const HOST: &str = "harbor.example.test";
const MISMATCH: &str = "error HarborKeyMismatch certain deployment/harbor-core";
const STALE: &str = "error HarborKeyStale certain secret/harbor-core";
const NOTHING: [&str; 0] = [];

fn one_key(space: &Space) {
    only_rights(space, &[READ, SECRETS, EXEC]);
    let setup = Setup::default();
    let harbor = Harbor::install(space, &setup);
    let asked = harbor.ask(&["--exec", "--logs"]);
    asked.must_be(0, &[]);
    assert_eq!(asked.not_checked(), NOTHING);
    assert_eq!(asked.matrix(), ("anonymous".into(), [9, 0, 0]));
    assert_eq!((distinct(&asked, "kid"), distinct(&asked, "fileSha256")), (1, 1));
    assert_eq!(asked.of_cores("agreesWithSecret"), [true, true, true]);

    // What nodes cannot pull cannot look; this machine can, through the API server.
    let missing = format!("{}/regauth/missing:1", space.cluster.setting("OPEN_REGISTRY"));
    let door = harbor.front_door();
    let asked = harbor.ask(&["--probe-image", &missing, "--front", &door]);
    asked.must_be(0, &[]);
    assert_eq!(asked.report["harbor"]["via"], "portForward");
    let said = &asked.ran.stderr;
    assert!(said.contains("the probe's image cannot be had"), "{said}");
    assert!(said.contains("the cores are asked through port-forward"), "{said}");
    let left_out = [
        "checksums of the key files and the settings of the running cores",
        "what the cores logged about tokens",
    ];
    assert_eq!(asked.not_checked(), left_out);

    harbor.change_key(&setup.key.with_white_space());
    harbor.replace_a_core();
    let asked = harbor.ask(&["--exec"]);
    asked.must_be(0, &[]);
    assert_eq!(
        (distinct(&asked, "kid"), distinct(&asked, "fileSha256")),
        (1, 2),
        "the files differ, the key does not"
    );

    harbor.change_key(&TokenKey::new());
    let asked = harbor.ask(&[]);
    asked.must_be(1, &[STALE]);
    assert_eq!(distinct(&asked, "kid"), 1);
    assert_eq!(asked.of_cores("agreesWithSecret"), [false, false, false]);
}

fn another_key(space: &Space) {
    only_rights(space, &[READ, SECRETS, EXEC]);
    let harbor = Harbor::install(space, &Setup::default());
    harbor.change_key(&TokenKey::new());
    let odd = harbor.replace_a_core();
    let cores = harbor.cores();
    let agrees: Vec<bool> = cores.iter().map(|core| *core == odd).collect();

    let asked = harbor.ask(&["--exec"]);
    // One cause: that the others are stale is part of its sentence.
    asked.must_be(1, &[MISMATCH]);
    assert!(
        asked.cause("HarborKeyMismatch").contains("not what secret/harbor-core holds now"),
        "{:#}",
        asked.report["findings"]
    );
    assert_eq!((distinct(&asked, "kid"), distinct(&asked, "fileSha256")), (2, 2));
    assert_eq!(asked.of_cores("agreesWithSecret"), agrees);
    seen_by_matrix(&asked, "anonymous");
    let rate = asked.report["harbor"]["failing"]["requestRate"].as_f64().expect("a rate");
    assert!((rate - 4.0 / 9.0).abs() < 1e-4, "{rate}");
    assert!(asked.report["harbor"]["front"]["rejected"]["hits"].as_u64().is_some_and(|hits| hits > 0));

    // The matrix left its lines in the cores' logs.
    space.pull_secret("push", HOST, "robot$team+push", &password("push"));
    let asked = harbor.ask(&["--logs", "--pull-secret", "push", "--project", "team/app"]);
    asked.must_be(1, &[MISMATCH]);
    seen_by_matrix(&asked, "credential");
    assert!(
        asked.cause("HarborKeyMismatch").contains("of tokens whose signature does not fit"),
        "{:#}",
        asked.report["findings"]
    );

    let door = harbor.front_door();
    let asked = harbor.ask(&["--via", "port-forward", "--front", &door]);
    asked.must_be(1, &[MISMATCH]);
    seen_by_matrix(&asked, "anonymous");
    assert_eq!(asked.of_cores("agreesWithSecret"), agrees);
    by_url(space, &harbor, &door);

    only_rights(space, &[READ]);
    let asked = harbor.ask(&["--exec"]);
    let namespace = format!("unknown NotPermitted certain namespace/{}", space.namespace);
    asked.must_be(1, &[MISMATCH, &namespace]);
    let rights = asked.cause("NotPermitted");
    assert!(rights.contains("get secrets") && rights.contains("create pods/exec"), "{rights}");
    assert_eq!(
        (distinct(&asked, "kid"), distinct(&asked, "fileSha256")),
        (2, 1),
        "no checksum, and yet the key"
    );
    assert_eq!(asked.of_cores("agreesWithSecret"), [&Value::Null; 3]);
}

/// Without a cluster: this machine reaches the Service's port on a node, and the pods.
fn by_url(space: &Space, harbor: &Harbor<'_>, door: &str) {
    let host = door.trim_start_matches("http://");
    let asked = harbor.ask(&["--url", door]);
    asked.must_be(1, &[&format!("error HarborKeyMismatch certain registry/{host}")]);
    assert_eq!(asked.report["harbor"]["front"]["kids"].as_array().map(Vec::len), Some(2));
    let addresses = harbor.addresses();
    let mut args = vec!["--url", door];
    addresses.iter().for_each(|address| args.extend(["--endpoint", address]));
    let asked = harbor.ask(&args);
    assert_eq!(asked.of_cores("pod").len(), 3, "{}", space.namespace);
    asked.must_be(1, &[&format!("error HarborKeyMismatch certain registry/{host}")]);
    seen_by_matrix(&asked, "anonymous");
}

/// Two of three cores take each other's tokens, and the third its own only.
fn seen_by_matrix(asked: &Asked, method: &str) {
    assert_eq!(asked.matrix(), (method.into(), [5, 4, 0]));
}

/// How many different values the cores have; what is missing is one, too.
fn distinct(asked: &Asked, what: &str) -> usize {
    asked.of_cores(what).into_iter().map(Value::to_string).collect::<BTreeSet<_>>().len()
}
