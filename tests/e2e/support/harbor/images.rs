//! Images of the stand-in and of a registry, in the cluster's open registry.

use std::path::Path;
use std::process::Command;

use super::keys::run;
use crate::support::cluster::Cluster;

const SLEEPER: &str = "goharbor/harbor-jobservice:v2.16.0";

/// Where a Harbor's images are.
pub struct Images {
    /// Of the cluster: HOST:PORT of its open registry.
    registry: String,
}

impl Images {
    /// Builds the images, where that has not been done, and pushes each version that is wanted.
    pub fn provide<'v>(cluster: &Cluster, versions: impl Iterator<Item = &'v str>) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/harbor-core");
        let built = last_line(&run(&mut Command::new(root.join("build")), ""));
        let program = Path::new(cluster.setting("BIN")).join("registry");
        let packed = last_line(&run(Command::new(root.join("registry-image")).arg(program), ""));
        push(cluster, &packed, "goharbor/registry-photon:v2.16.0");
        push(cluster, &format!("{built}/harbor-core.tar"), SLEEPER);
        for version in versions {
            push(cluster, &format!("{built}/harbor-core.tar"), &core(version, false));
            push(cluster, &format!("{built}/bare.tar"), &core(version, true));
        }
        Self { registry: cluster.setting("OPEN_REGISTRY").to_string() }
    }

    /// The image of a core.
    pub fn core(&self, version: &str, bare: bool) -> String {
        format!("{}/{}", self.registry, core(version, bare))
    }

    /// An image of Harbor's release with a shell, for programs that are not asked anything.
    pub fn sleeper(&self) -> String {
        format!("{}/{SLEEPER}", self.registry)
    }

    /// The image of Distribution.
    pub fn registry(&self) -> String {
        format!("{}/goharbor/registry-photon:v2.16.0", self.registry)
    }
}

fn core(version: &str, bare: bool) -> String {
    let name = if bare { "harbor-core-bare" } else { "harbor-core" };
    format!("goharbor/{name}:v{version}")
}

/// Names of registries are known in the cluster only, so it is pushed to the address.
fn push(cluster: &Cluster, archive: &str, to: &str) {
    let (_, port) = cluster.setting("OPEN_REGISTRY").rsplit_once(':').expect("HOST:PORT");
    let to = format!("{}:{port}/{to}", cluster.setting("OPEN_IP"));
    let crane = Path::new(cluster.setting("BIN")).join("crane");
    run(Command::new(crane).args(["push", "--insecure", archive, &to]), "");
}

fn last_line(text: &str) -> String {
    text.lines().last().expect("it prints a path").to_string()
}
