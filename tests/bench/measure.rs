//! Time, memory and requests of a program that is run on the test cluster.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Names another build of the plugin to measure, such as one before a change.
const OTHER_PROGRAM: &str = "REGAUTH_BENCH_PROGRAM";
/// How often each thing is measured; the best is printed, and the median beside it.
pub const ROUNDS: usize = 5;
/// Of the processor times in /proc: `sysconf(_SC_CLK_TCK)` is this on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What one run of a program took.
pub struct Measured {
    /// From its start to its end.
    pub time: Duration,
    /// The processor's time, its own and the kernel's for it, in seconds.
    pub cpu: f64,
    /// Its peak memory.
    pub peak_kib: u64,
    /// Its exit status.
    pub status: Option<i32>,
}

/// Runs a command of the plugin; its peak memory is what the kernel last said while it ran.
pub fn measure(env: &BTreeMap<String, String>, args: &[&str]) -> Measured {
    let mut command = plugin();
    command.args(args).env("KUBECONFIG", &env["KUBECONFIG"]);
    measure_program(command)
}

/// The plugin, as it was built with the bench unless the environment names another.
pub fn plugin() -> Command {
    Command::new(std::env::var(OTHER_PROGRAM).unwrap_or(env!("CARGO_BIN_EXE_kubectl-regauth").into()))
}

/// Like [`measure`], of any program.
pub fn measure_program(mut command: Command) -> Measured {
    command.stdout(Stdio::null());
    let measured = measure_any(&mut command);
    assert_eq!(measured.status, Some(0), "{command:?} failed");
    measured
}

/// Like [`measure`], of a program that may end with any status.
pub fn measure_any(command: &mut Command) -> Measured {
    let begun = Instant::now();
    command.stdin(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let folder = format!("/proc/{}", child.id());
    let (mut peak_kib, mut cpu) = (0, 0.0);
    let ended = loop {
        if let Ok(text) = std::fs::read_to_string(format!("{folder}/status")) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            peak_kib = peak_kib.max(kib.unwrap_or(0));
        }
        if let Ok(text) = std::fs::read_to_string(format!("{folder}/stat")) {
            cpu = processor_time(&text).unwrap_or(cpu);
        }
        if let Some(status) = child.try_wait().expect("the program runs") {
            break status;
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    Measured { time: begun.elapsed(), cpu, peak_kib, status: ended.code() }
}

/// `utime` and `stime` of proc(5), the 14th and 15th field; the second is the name, and may hold anything.
fn processor_time(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS_PER_SECOND)
}

/// Sorted by time.
pub fn rounds(mut once: impl FnMut() -> Measured) -> Vec<Measured> {
    let mut all: Vec<Measured> = (0..ROUNDS).map(|_| once()).collect();
    all.sort_by_key(|measured| measured.time);
    all
}

/// The best and the median.
pub fn times(sorted: &[Measured]) -> String {
    format!("{} ({})", shown(sorted[0].time), shown(sorted[sorted.len() / 2].time))
}

/// In milliseconds.
pub fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// In MiB.
pub fn peak(all: &[Measured]) -> f64 {
    all.iter().map(|measured| measured.peak_kib).max().unwrap_or(0) as f64 / 1024.0
}

/// Where the audit log stands.
pub fn log_length(env: &BTreeMap<String, String>) -> usize {
    std::fs::metadata(&env["AUDIT_LOG"]).map_or(0, |metadata| metadata.len() as usize)
}

/// Entries of the audit log from `mark` on.
pub fn log_since(env: &BTreeMap<String, String>, mark: usize) -> Vec<Value> {
    let mut file = std::fs::File::open(&env["AUDIT_LOG"]).expect("the audit log");
    file.seek(SeekFrom::Start(mark as u64)).expect("the log is a file");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).expect("the audit log");
    String::from_utf8_lossy(&bytes).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Whether a request is the plugin's.
pub fn is_ours(entry: &Value) -> bool {
    entry["userAgent"].as_str().is_some_and(|agent| agent.starts_with("kubectl-regauth/"))
}

/// The plugin's requests, and among them apart the reviewed rights.
pub fn count(log: &[Value]) -> (usize, usize) {
    let ours = |entry: &&Value| is_ours(entry);
    let reviews = log.iter().filter(ours).filter(|entry| {
        entry["requestURI"].as_str().is_some_and(|uri| uri.contains("selfsubjectaccessreviews"))
    });
    let reviews = reviews.count();
    (log.iter().filter(ours).count() - reviews, reviews)
}

/// The settings of the test cluster, if it is up.
pub fn cluster() -> Option<BTreeMap<String, String>> {
    let state =
        std::env::var("REGAUTH_CLUSTER_STATE").unwrap_or_else(|_| "/tmp/kubectl-regauth-cluster".into());
    let text = std::fs::read_to_string(format!("{state}/env")).ok()?;
    Some(text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect())
}
