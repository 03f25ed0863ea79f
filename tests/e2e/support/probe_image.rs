//! The probe's image in the test cluster: built from this source, pushed to the open registry, on every node.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::cluster::Cluster;
use super::plugin::Plugin;

/// The variable that tells the plugin the image's reference.
pub const VARIABLE: &str = "REGAUTH_PROBE_IMAGE";
/// The cluster's setting of the same.
pub const SETTING: &str = "PROBE_IMAGE";

/// Builds the image if it is older than the source, pushes it, and has every node pull it: where a test breaks
/// a node's DNS, the probe must be there already.
pub fn provide(cluster: &mut Cluster) {
    let archive = build();
    let bytes = std::fs::read(&archive).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
    let digest: String = Sha256::digest(&bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    // Named by what it is: a node keeps what it has under a tag.
    let repository = format!("regauth/regauth-probe:{digest}");
    // Names of registries are known in the cluster only.
    let (_, port) = cluster.setting("OPEN_REGISTRY").rsplit_once(':').expect("HOST:PORT");
    let address = format!("{}:{port}", cluster.setting("OPEN_IP"));
    let kubeconfig = PathBuf::from(cluster.setting("KUBECONFIG"));
    let archive = archive.to_string_lossy();
    let to = format!("{address}/{repository}");
    works(&kubeconfig, &["image", "push", &to, "--archive", &archive, "--plain-http", &address]);
    let image = format!("{}/{repository}", cluster.setting("OPEN_REGISTRY"));
    works(&kubeconfig, &["pull", &image, "--no-pull-secret"]);
    cluster.env.insert(SETTING.into(), image);
}

fn works(kubeconfig: &Path, args: &[&str]) {
    let ran = Plugin::new(kubeconfig, args).run();
    assert_eq!(ran.status, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
}

/// The archive of the image, within the package's folder.
fn built() -> String {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("target/probe-image/regauth-probe-{architecture}.tar")
}

/// The archive of the image, which is there once [`provide`] was called.
pub fn archive() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(built())
}

/// `make probe-image`; returns the archive.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let archive = built();
    let mut make = Command::new("make");
    make.args(["--no-print-directory", "probe-image"])
        .arg(format!("PROBE_ARCHIVE={archive}"))
        .current_dir(root);
    // What it says goes to the test's stderr: it takes minutes the first time.
    let status = make.stdout(Stdio::null()).status().expect("make runs");
    assert!(status.success(), "`make probe-image` failed");
    self::archive()
}
