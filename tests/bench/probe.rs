//! What one look of the probe costs, beside other programs at the same image, in one run.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use super::measure::{measure_program, peak, rounds, times};

/// Where `make image` leaves program and archive.
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target");

/// Prints a line a program. All ask for the same image over plain HTTP, each from its start.
pub fn compare(env: &BTreeMap<String, String>) {
    let registry = format!("{}:5000", env["OPEN_IP"]);
    let image = format!("{registry}/team/pause:1");
    let machine = std::env::consts::ARCH;
    let probe = format!("{TARGET}/{machine}-unknown-linux-gnu/probe/regauth-probe");
    if !Path::new(&probe).exists() {
        println!("\nregauth-probe              not measured: `make image` builds it");
        return;
    }
    let task = json!({
        "action": "pull", "targets": [image], "runKey": "0".repeat(64), "plainHttp": [registry],
        "timeoutSeconds": 30, "messageBytes": 4096,
    });
    println!("\none look at {image}: challenge, manifest, configuration, first bytes of a layer");
    let task = task.to_string();
    line("regauth-probe", &probe, &["probe", "--task", &task]);
    let (config, layer) = blobs(env, &image);
    let urls = curl_arguments(&format!("http://{registry}"), &config, &layer);
    line("curl, the same requests", "curl", &urls.iter().map(String::as_str).collect::<Vec<_>>());
    line("crane manifest", &format!("{}/crane", env["BIN"]), &["manifest", "--insecure", &image]);
    let docker = format!("docker://{image}");
    line("skopeo inspect", "skopeo", &["inspect", "--tls-verify=false", &docker]);
    for (what, file) in [("program", probe), ("archive", archive())] {
        let size = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
        println!("{:<26} {:.2} MB", format!("the probe's {what}"), size as f64 / 1e6);
    }
}

fn line(name: &str, program: &str, args: &[&str]) {
    let all = rounds(|| {
        let mut command = Command::new(program);
        command.args(args).env_clear().env("HOME", "/nonexistent").env("PATH", "/usr/bin:/bin");
        measure_program(command)
    });
    println!("{name:<26} {}   {:.1} MB", times(&all), peak(&all));
}

/// The digests of the image's configuration and first layer.
fn blobs(env: &BTreeMap<String, String>, image: &str) -> (String, String) {
    let mut crane = Command::new(format!("{}/crane", env["BIN"]));
    let out =
        crane.args(["manifest", "--insecure", image]).stderr(Stdio::null()).output().expect("crane runs");
    let manifest: serde_json::Value = serde_json::from_slice(&out.stdout).expect("a manifest");
    let digest = |value: &serde_json::Value| value["digest"].as_str().expect("a digest").to_string();
    (digest(&manifest["config"]), digest(&manifest["layers"][0]))
}

/// One curl over one connection.
fn curl_arguments(base: &str, config: &str, layer: &str) -> Vec<String> {
    let accept = "Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
    let mut all = Vec::new();
    let mut ask = |path: &str, extra: &[&str]| {
        if !all.is_empty() {
            all.push("--next".to_string());
        }
        all.extend(["-sf", "-o", "/dev/null"].map(String::from));
        all.extend(extra.iter().map(|argument| argument.to_string()));
        all.push(format!("{base}{path}"));
    };
    ask("/v2/", &[]);
    ask("/v2/team/pause/manifests/1", &["-H", accept]);
    ask(&format!("/v2/team/pause/blobs/{config}"), &[]);
    ask(&format!("/v2/team/pause/blobs/{layer}"), &["-r", "0-1023"]);
    all
}

fn archive() -> String {
    let arch = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "amd64" };
    format!("{TARGET}/probe-image/regauth-probe-{arch}.tar")
}
