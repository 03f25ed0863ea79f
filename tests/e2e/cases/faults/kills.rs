//! The client is killed at any moment.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::as_administrator;
use crate::support::cluster::wait_for;
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[Case {
    name: "the client is killed at a hundred random moments: after the Jobs' deadlines nothing is left",
    needs: Needs::OwnCluster,
    run: killed,
}];

/// How many are killed, unless the variable of this name says.
const KILLS: usize = 100;
const VARIABLE: &str = "REGAUTH_E2E_KILLS";
/// The moments, unless the variable of this name says.
const SEED: &str = "REGAUTH_E2E_SEED";
/// How many run side by side.
const AT_ONCE: usize = 20;
/// When the last one is killed, in milliseconds after its start: some have ended by themselves.
const LATEST: u64 = 6_000;
/// The least time limit of a run, and what doctor needs to begin a test.
const LIMIT: &str = "5s";
const DOCTORS_LIMIT: &str = "15s";
/// When the Jobs are gone: a minute after the longer of these is the deadline, and they live on for ten seconds.
const GONE_AFTER: Duration = Duration::from_secs(15 + 60 + 10 + 50);
/// One in so many is a doctor.
const DOCTORS: usize = 5;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Numbers that look random, the same for the same seed (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn killed(space: &Space) {
    let kills = variable(VARIABLE).map_or(KILLS, |count| usize::try_from(count).expect("a number"));
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    let seed = variable(SEED).unwrap_or(since_epoch.as_secs());
    eprintln!("{kills} kills, {SEED}={seed}");
    let mut random = Random(seed);
    let mut amid = 0;
    for batch in 0..kills.div_ceil(AT_ONCE) {
        let count = AT_ONCE.min(kills - batch * AT_ONCE);
        let begun = Instant::now();
        let mut children: Vec<(u64, Child)> =
            (0..count).map(|one| (random.below(LATEST), start(space, batch * AT_ONCE + one))).collect();
        children.sort_by_key(|(at, _)| *at);
        for (at, child) in children {
            std::thread::sleep(Duration::from_millis(at).saturating_sub(begun.elapsed()));
            amid += usize::from(kill(child));
        }
    }
    let left = space.cluster.ours(Some(&space.namespace)).len();
    eprintln!("{amid} were killed before their end; {left} objects are left behind for now");
    assert!(amid > kills / 4 && left > 0, "the moments are those of runs that go on");
    wait_for("the Jobs' deadlines", GONE_AFTER, || space.cluster.ours(Some(&space.namespace)).is_empty());
}

/// A doctor that tests an image, or a run on one node.
fn start(space: &Space, number: usize) -> Child {
    let (image, plain) = (space.open_image(), space.cluster.setting("OPEN_REGISTRY"));
    if number % DOCTORS == DOCTORS - 1 {
        let args = ["doctor", "--image", &image, "--plain-http", plain, "--max-duration", DOCTORS_LIMIT];
        return as_administrator(space, &[&args[..], &["-o", "json"]].concat()).spawn();
    }
    pull(space, &image, number)
}

/// By the kubelet of one node, or by a probe as well.
fn pull(space: &Space, image: &str, number: usize) -> Child {
    let nodes = space.cluster.nodes();
    let method = if number.is_multiple_of(4) { "both" } else { "kubelet" };
    let node = &nodes[number % nodes.len()];
    let mut args = vec!["pull", image, "--node", node, "--method", method, "--timeout", LIMIT, "-o", "json"];
    if method == "both" {
        args.extend(["--plain-http", space.cluster.setting("OPEN_REGISTRY")]);
    }
    space.plugin(&args).spawn()
}

/// Whether it had not ended yet. What it had written then is nothing, and else a whole report.
fn kill(child: Child) -> bool {
    let signal = Command::new("kill").args(["-KILL", &child.id().to_string()]).output();
    signal.expect("kill runs");
    let ran = crate::support::plugin::wait(child);
    if ran.status != -9 && !(ran.status == 2 && ran.stdout.is_empty()) {
        let report: Value = serde_json::from_str(&ran.stdout).expect("a whole report");
        assert!(report["results"].is_array(), "{report}");
    }
    ran.status == -9
}
