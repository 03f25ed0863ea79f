//! The chart, installed by the real Helm for one test.

use std::path::Path;

use super::plugin_image;
use super::space::Space;
use super::toolbox::{program, said};

/// A release in a test's namespace; it goes with this.
pub struct Release<'s> {
    space: &'s Space,
}

/// Its name, and that of what it makes.
pub const NAME: &str = "kubectl-regauth";

impl<'s> Release<'s> {
    /// Installs the chart with these values and the image of the program under test.
    pub fn install(space: &'s Space, values: &[&str]) -> Self {
        let image = plugin_image::provide(space.cluster);
        let image = [format!("image.repository={}", image.repository), format!("image.tag={}", image.tag)];
        let release = Self { space };
        let mut helm = release.helm("install");
        helm.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests/chart"));
        let strings = image.iter().flat_map(|value| ["--set-string", value]);
        helm.args(strings).args(values.iter().flat_map(|value| ["--set", value]));
        let notes = said(&mut helm);
        assert!(notes.contains(&format!("kubectl -n {}", space.namespace)), "{notes}");
        release
    }

    fn helm(&self, what: &str) -> std::process::Command {
        let mut helm = program("helm");
        helm.env("KUBECONFIG", self.space.cluster.setting("KUBECONFIG"));
        helm.args([what, NAME, "--namespace", &self.space.namespace]);
        helm
    }
}

impl Drop for Release<'_> {
    fn drop(&mut self) {
        let _ = self.helm("uninstall").output();
    }
}
