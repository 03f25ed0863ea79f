//! Probes on any cluster.

use crate::support::cluster::Kind;
use crate::support::plugin::rows;
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[Case {
    name: "kubelet and probes of both networks agree on an image that everybody may pull",
    needs: Needs::ProbeImage,
    run: all_agree,
}];

fn all_agree(space: &Space) {
    let image = space.open_image();
    let mut args = vec!["pull", &image, "--method", "both", "--network", "both", "--no-pull-secret"];
    // The test cluster's open registry is a plain HTTP one.
    if space.cluster.kind == Kind::Own {
        args.extend(["--plain-http", space.cluster.setting("OPEN_REGISTRY")]);
    }
    let (ran, report) = space.plugin(&args).report();
    assert_eq!(ran.status, 0, "{report}");
    let nodes = space.cluster.nodes().len();
    for kind in [("Pull", None), ("Probe", Some("node")), ("Probe", Some("pod"))] {
        let is_one = |row: &&&serde_json::Value| {
            row["kind"] == kind.0 && row["network"].as_str() == kind.1 && row["result"] == "ok"
        };
        assert_eq!(rows(&report).iter().filter(is_one).count(), nodes, "{kind:?}: {report}");
    }
}
