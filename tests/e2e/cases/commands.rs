//! Bad input, missing rights, dry runs: one clear sentence and exit status 2, or YAML that kubectl takes.

use std::time::Duration;

use crate::support::cluster::wait_for;
use crate::support::plugin::Plugin;
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "bad input gets one clear sentence and exit status 2, and nothing is created",
        needs: Needs::AnyCluster,
        run: bad_input,
    },
    Case {
        name: "a kubeconfig that does not work is said in one sentence",
        needs: Needs::AnyCluster,
        run: bad_kubeconfig,
    },
    Case {
        name: "a missing right is named before anything is created",
        needs: Needs::AnyCluster,
        run: missing_right,
    },
    Case {
        name: "a dry run prints YAML that kubectl applies, and that gives the same test",
        needs: Needs::OwnCluster,
        run: dry_run_is_applied,
    },
    Case {
        name: "a dry run on the server shows what admission makes of it, or its refusal",
        needs: Needs::AnyCluster,
        run: dry_run_on_the_server,
    },
    Case {
        name: "the table is one line a row when piped, and YAML is the report",
        needs: Needs::AnyCluster,
        run: formats,
    },
];

/// That a call gets one sentence, exit status 2, and does nothing.
pub(super) fn refused(space: &Space, args: &[&str], sentence: &str) {
    let ran = space.plugin(args).run();
    assert_eq!(ran.status, 2, "{args:?}: {}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(sentence), "{args:?}: {}", ran.stderr);
    // clap adds how to get help.
    let said = ran.stderr.replace("For more information, try '--help'.", "");
    assert!(said.trim_end().lines().count() <= 1, "one sentence: {}", ran.stderr);
    assert_eq!(ran.stdout, "", "{args:?}");
}

fn bad_input(space: &Space) {
    let image = space.open_image();
    let namespace = &space.namespace;
    refused(space, &["pull", "Upper/Case"], "\"Upper/Case\" is not an image name that the kubelet takes");
    refused(space, &["pull", "a b"], "is not an image name");
    refused(space, &["pull"], "name at least one image");
    refused(space, &["pull", &image, "--node", "nowhere"], "node nowhere does not exist");
    refused(
        space,
        &["pull", &image, "--node-selector", "no=such"],
        "there is no node with the labels no=such",
    );
    let sentence = format!("serviceaccount/nobody does not exist in namespace {namespace}");
    refused(space, &["pull", &image, "--service-account", "nobody"], &sentence);
    let sentence = format!("deploy/nothing does not exist in namespace {namespace}");
    refused(space, &["pull", "--as-workload", "deploy/nothing"], &sentence);
    refused(space, &["pull", &image, "--as-workload", "node/x"], "is not KIND/NAME");
    refused(space, &["pull", &image, "--timeout", "soon"], "use a duration");
    refused(space, &["pull", &image, "--pull-secret", ""], "no object can have this name");
    refused(space, &["pull", &image, "--user", "nobody"], "the kubeconfig has no user \"nobody\"");
    refused(space, &["pull", &image, "--server", "ftp://x"], "is not the URL of an API server");
    let admin = space.cluster.setting("KUBECONFIG");
    refused(
        space,
        &["pull", &image, "--kubeconfig", admin, "-n", "no-such-place"],
        "namespace no-such-place does not exist",
    );
    assert_eq!(space.cluster.ours(Some(namespace)), [] as [String; 0]);
}

fn bad_kubeconfig(space: &Space) {
    let image = space.open_image();
    let text = std::fs::read_to_string(&space.kubeconfig).expect("a kubeconfig");
    let path = space.kubeconfig.with_extension("bad");
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        change(&mut config);
        std::fs::write(&path, config.to_string()).expect("written");
        Plugin::new(&path, &["pull", &image]).run()
    };
    let expired = with(&|config| config["users"][0]["user"]["token"] = "planted-token-expired".into());
    assert_eq!(expired.status, 2);
    assert!(expired.stderr.contains("refused the kubeconfig's credential"), "{}", expired.stderr);
    let unreachable =
        with(&|config| config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1".into());
    assert_eq!(unreachable.status, 2);
    assert!(unreachable.stderr.contains("https://127.0.0.1:1 cannot be reached"), "{}", unreachable.stderr);
    std::fs::write(&path, "users: {planted-token-broken: [").expect("written");
    let broken = Plugin::new(&path, &["pull", &image]).run();
    assert_eq!(broken.status, 2);
    assert!(broken.stderr.contains("kubeconfig is not valid"), "{}", broken.stderr);
    for ran in [&expired, &unreachable, &broken] {
        assert!(!ran.stderr.contains("planted-token"), "{}", ran.stderr);
        assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{}", ran.stderr);
    }
    let nowhere = Plugin::new(&path.with_extension("nowhere"), &["pull", &image]).run();
    assert_eq!(nowhere.status, 2);
    assert!(nowhere.stderr.contains("kubeconfig"), "{}", nowhere.stderr);
    let _ = std::fs::remove_file(&path);
}

fn missing_right(space: &Space) {
    space.kubectl(&["delete", "rolebinding", "tester"], "");
    let image = space.open_image();
    wait_for("the right to be gone", Duration::from_secs(10), || {
        space.plugin(&["pull", &image]).run().status == 2
    });
    let ran = space.plugin(&["pull", &image]).run();
    let wanted = format!("you may not get serviceaccounts in namespace {}", space.namespace);
    assert!(ran.stderr.contains(&wanted), "{}", ran.stderr);
    assert!(ran.stderr.contains("create pods") && ran.stderr.contains("regauth rbac"), "{}", ran.stderr);
}

fn dry_run_is_applied(space: &Space) {
    let image = space.open_image();
    for how in ["--dry-run", "--dry-run=server"] {
        let ran = space.plugin(&["pull", &image, how]).run();
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert_eq!(space.cluster.ours(Some(&space.namespace)), [] as [String; 0]);
        space.kubectl(&["apply", "--validate=strict", "-f", "-"], &ran.stdout);
        let reasons =
            ["get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[0].state.waiting.reason}"];
        wait_for("the same test", Duration::from_secs(20), || {
            space.kubectl(&reasons, "")
                == "CreateContainerConfigError CreateContainerConfigError CreateContainerConfigError"
        });
        space.kubectl(
            &["delete", "--grace-period=0", "--force", "--ignore-not-found", "-f", "-"],
            &ran.stdout,
        );
    }
}

fn dry_run_on_the_server(space: &Space) {
    let quota = r#"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"none"},"spec":{"hard":{"pods":"0"}}}"#;
    space.kubectl(&["apply", "-f", "-"], quota);
    let image = space.open_image();
    let dry = || space.plugin(&["pull", &image, "--dry-run=server"]).run();
    wait_for("the quota to count", Duration::from_secs(10), || dry().status == 2);
    let ran = dry();
    assert!(ran.stderr.contains("exceeded quota: none"), "{}", ran.stderr);
}

fn formats(space: &Space) {
    let image = space.open_image();
    let nodes = space.cluster.nodes().len();
    for format in ["table", "wide"] {
        let ran = space.plugin(&["pull", &image, "--all-nodes", "-o", format]).run();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
        assert_eq!(ran.stdout.lines().count(), nodes + 1, "{}", ran.stdout);
        assert!(!ran.stdout.contains('\u{1b}'));
    }
    let ran = space.plugin(&["pull", &image, "-o", "yaml"]).run();
    let report: serde_json::Value = serde_saphyr::from_str(&ran.stdout).expect("YAML");
    assert_eq!((&report["apiVersion"], &report["kind"]), (&"regauth/v1alpha1".into(), &"Report".into()));
}
