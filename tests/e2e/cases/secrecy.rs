//! Credentials are planted and searched for in every output.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::audit;
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[Case {
    name: "no credential is in any output or request, at the highest verbosity",
    needs: Needs::OwnCluster,
    run: nothing_is_shown,
}];

fn nothing_is_shown(space: &Space) {
    let cluster = space.cluster;
    let user = cluster.setting("REGISTRY_USER");
    let (right, wrong) = (cluster.setting("REGISTRY_PASSWORD"), "planted-wrong-password");
    space.right_secret("right");
    space.pull_secret("wrong", cluster.setting("SECURE_REGISTRY"), user, wrong);
    let token = std::fs::read_to_string(&space.kubeconfig).expect("a kubeconfig");
    let token: serde_json::Value = serde_json::from_str(&token).expect("JSON");
    let token = token["users"][0]["user"]["token"].as_str().expect("a token");
    let mut planted = vec![right.to_string(), wrong.to_string(), token.to_string()];
    planted.extend([right, wrong].map(|password| STANDARD.encode(format!("{user}:{password}"))));
    let mark = cluster.log_mark("AUDIT_LOG");
    let image = space.private_image();
    let mut outputs = Vec::new();
    for secret in ["right", "wrong"] {
        for format in ["table", "wide", "json", "yaml"] {
            let args = ["pull", &image, "--pull-secret", secret, "-o", format, "-v", "10", "--node", "node1"];
            let ran = space.plugin(&args).run();
            assert!(ran.stderr.contains("selfsubjectaccessreviews"), "the log is on: {}", ran.stderr);
            outputs.extend([ran.stdout, ran.stderr]);
        }
    }
    outputs.push(space.plugin(&["pull", &image, "--pull-secret", "wrong", "--dry-run"]).run().stdout);
    let requests = audit::requests(cluster, mark);
    assert!(!requests.is_empty());
    outputs.extend(requests.into_iter().map(|request| request.uri + &request.body));
    for text in &planted {
        assert!(outputs.iter().all(|output| !output.contains(text)), "a planted credential is shown");
    }
}
