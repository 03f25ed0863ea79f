//! The plugin's own image in the test cluster. What a release builds takes minutes; here the program under test is packed by
//! the same script, with the libraries that it is linked to, and pushed to the open registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::cluster::Cluster;
use super::plugin::{PROGRAM, Plugin};

/// Where the image is: a repository and a tag that follows from its bytes.
pub struct Image {
    pub repository: String,
    pub tag: String,
}

/// Packs it, where that has not been done for this program, and pushes it.
pub fn provide(cluster: &Cluster) -> Image {
    let program = fs::read(PROGRAM).expect("the program");
    let tag: String = Sha256::digest(&program).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let archive = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("plugin-image-{tag}.tar"));
    if !archive.is_file() {
        pack(&tag, &archive);
    }
    let (_, port) = cluster.setting("OPEN_REGISTRY").rsplit_once(':').expect("HOST:PORT");
    let address = format!("{}:{port}", cluster.setting("OPEN_IP"));
    let repository = "regauth/kubectl-regauth";
    let (to, from) = (format!("{address}/{repository}:{tag}"), archive.to_string_lossy());
    let push = ["image", "push", &to, "--archive", &from, "--plain-http", &address];
    let ran = Plugin::new(&PathBuf::from(cluster.setting("KUBECONFIG")), &push).run();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    Image { repository: format!("{}/{repository}", cluster.setting("OPEN_REGISTRY")), tag }
}

fn pack(tag: &str, archive: &Path) {
    let work = archive.with_extension("d");
    let _ = fs::remove_dir_all(&work);
    let root = work.join("root");
    fs::create_dir_all(&root).expect("a folder");
    let program = work.join("kubectl-regauth");
    run(Command::new("strip").arg("-o").arg(&program).arg(PROGRAM));
    for library in libraries(&program) {
        let to = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(&library, to).unwrap_or_else(|error| panic!("{library}: {error}"));
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let mut pack = Command::new(package.join("manifests/plugin-image/build"));
    pack.arg(&program).args(["/etc/ssl/certs/ca-certificates.crt", architecture, tag]).args([archive, &root]);
    run(&mut pack);
    let _ = fs::remove_dir_all(&work);
}

/// Files that the program is linked to, its loader among them; none of a static one.
fn libraries(program: &Path) -> Vec<String> {
    let listed = Command::new("ldd").arg(program).output().expect("ldd runs");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let file = |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(String::from);
    text.lines().filter_map(file).collect()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
