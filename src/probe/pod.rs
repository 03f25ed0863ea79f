//! The probe in its pod: from the task to the termination message.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::clock;
use super::credentials::Sources;
use super::harbor::{Stop, harbor_seen};
use super::look::{Looking, look};
use super::node_config::NodeConfig;
use super::task::Task;
use crate::evidence::{Action, ProbeSeen};
use crate::registry::client::Client;
use crate::registry::platform::Platform;
use crate::registry::reference::Reference;
use crate::registry::transport::{ProxyRules, Settings, Transport};
use crate::secret::RunKey;

/// Where the kubelet reads a container's termination message.
const TERMINATION_LOG: &str = "/dev/termination-log";

/// Does a task; returns everything that was seen as JSON.
///
/// # Errors
///
/// One sentence, when the task makes no sense or the program cannot look at all.
pub fn run(task: &str) -> Result<String, String> {
    // A parser's message would quote the task.
    let task: Task = serde_json::from_str(task).map_err(|error| {
        format!(
            "the task cannot be read (column {}): is the probe's image of the plugin's version?",
            error.column()
        )
    })?;
    let seen = seen(&task)?;
    let text = super::report::whole(&seen);
    // Without a kubelet there is no such file; stdout has it all.
    if Path::new(TERMINATION_LOG).exists() {
        fs::write(TERMINATION_LOG, super::report::encode(&seen, task.message_bytes))
            .map_err(|error| format!("the termination message cannot be written: {}", error.kind()))?;
    }
    Ok(text)
}

fn seen(task: &Task) -> Result<ProbeSeen, String> {
    let run_key = RunKey::from_hex(task.run_key.as_str()).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime does not start: {}", error.kind()))?;
    let mut sources = Sources::read(&task.sources, run_key);
    let mut settings = settings(task)?;
    let mut looking = looking(task);
    if let Some(root) = &task.node_config {
        let node = NodeConfig::new(root.clone());
        node.apply(&mut settings);
        for reference in task.targets.iter().filter_map(|image| Reference::parse(image).ok()) {
            let hosts = node.hosts(reference.registry(), &mut settings);
            looking.mirrors.insert(reference.registry().to_string(), hosts);
        }
    }
    Ok(runtime.block_on(async {
        let deadline = Instant::now() + Duration::from_secs(task.timeout_seconds);
        if let Some(ask) = &task.harbor {
            let image = task.targets.first().map(String::as_str);
            let until = (deadline, &Stop::default());
            return Box::pin(harbor_seen(ask, image, settings, &mut sources, until)).await;
        }
        let names = settings.clone();
        let mut client = Client::new(Transport::new(settings), task.plain_http.iter().cloned(), deadline);
        match task.action {
            Action::Clock => clock(task, &mut client, &names, deadline).await,
            _ => look(&looking, &mut client, &mut sources).await,
        }
    }))
}

/// The node's clock; nothing that it takes is a secret.
async fn clock(task: &Task, client: &mut Client, names: &Settings, deadline: Instant) -> ProbeSeen {
    let started_at = Some(Timestamp::now());
    let how = clock::How { settings: names, pace: clock::Pace::default(), deadline };
    let ask = task.clock.clone().unwrap_or_default();
    let clock = clock::look(&ask, &task.targets, client, &how).await;
    ProbeSeen {
        version: env!("CARGO_PKG_VERSION").into(),
        started_at,
        endpoints: client.endpoints().to_vec(),
        clock: Some(clock),
        ..ProbeSeen::default()
    }
}

fn looking(task: &Task) -> Looking {
    let own = || Platform::new(std::env::consts::OS, go_architecture());
    Looking {
        action: task.action,
        targets: task.targets.clone(),
        platform: task.platform.split_once('/').map_or_else(own, |(os, arch)| Platform::new(os, arch)),
        refused: task.refused.clone(),
        mirrors: BTreeMap::new(),
        repeat: task.repeat,
        interval: Duration::from_millis(task.interval_ms),
    }
}

/// This machine's architecture, by Go's names, which images use.
pub fn go_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

fn settings(task: &Task) -> Result<Settings, String> {
    let mut settings = Settings::of_this_machine(|name| std::env::var(name).ok());
    if !task.proxy.is_empty() {
        settings.proxies = ProxyRules::fixed(&task.proxy).map_err(|error| error.to_string())?;
    }
    for path in &task.ca_bundles {
        for file in certificate_files(path) {
            settings.roots.add_file(&file).map_err(|error| error.to_string())?;
        }
    }
    for text in &task.ca_pem {
        let given = Path::new("the given CA bundle");
        settings.roots.add_pem(text.as_bytes(), given).map_err(|error| error.to_string())?;
    }
    Ok(settings)
}

/// A file, or the files of a folder: a mounted ConfigMap or Secret, whose own files start with `..`.
fn certificate_files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return vec![path.to_path_buf()] };
    let names = entries.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with(".."));
    let mut files: Vec<PathBuf> = names.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}
