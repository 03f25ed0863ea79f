//! What is asked from this machine, with its own credentials and without a cluster.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use regauth::evidence::stores::Store;
use regauth::evidence::{Action, Evidence, Probe};
use regauth::plan::{Plan, ProbePlan};
use regauth::probe::stores::helper::{LIMIT, Programs};
use regauth::probe::stores::{Env, Remembered, Stores};
use regauth::probe::{go_architecture, interrupted, look_from_here};
use regauth::registry::platform::Platform;
use regauth::report::{ExitStatus, Report};
use regauth::secret::RunKey;
use tokio_util::sync::CancellationToken;

use super::{Failure, runs};
use crate::cli::{OutputArgs, ReachArgs, StoreArgs};
use crate::output::Output;
use crate::{settings, signals};

/// The stores of this machine.
pub type MyStores = Stores<Remembered<Programs>>;

/// What to ask from this machine.
pub struct Here<'a> {
    pub action: Action,
    pub images: Vec<String>,
    /// The platform; this machine's architecture where none was named.
    pub platform: Option<Platform>,
    pub timeout: Duration,
    /// Repetition and threshold.
    pub probe: ProbePlan,
    pub stores: &'a StoreArgs,
    pub reach: &'a ReachArgs,
    pub output: &'a OutputArgs,
}

/// Refuses flags that mean something in a cluster only.
pub fn refuse(given: &[Option<&'static str>]) -> Result<(), Failure> {
    match given.iter().flatten().next() {
        None => Ok(()),
        Some(flag) => Err(format!("--network local uses no cluster: leave out {flag}").into()),
    }
}

/// Looks and prints what it came to.
pub async fn run(here: Here<'_>, output: &mut Output) -> Result<u8, Failure> {
    let stop = CancellationToken::new();
    let signals = signals::listen(&stop);
    let stores = stores(here.stores, &stop, here.timeout)?;
    let (plan, asked) = (plan(&here), asked(&here)?);
    output.remark(&format!("looking at {} from this machine", here.images.join(", ")));
    let mut run = super::new_run("")?;
    let looked = tokio::select! {
        looked = looked(asked, stores, stop.clone()) => looked,
        _ = signals => None,
    };
    let Some((probe, stores)) = looked else {
        output.error("stopped at once");
        return Ok(ExitStatus::Interrupted.code());
    };
    run.interrupted = stop.is_cancelled();
    let evidence = Evidence { probes: vec![probe], stores, ..Evidence::new(run, plan, Timestamp::now()) };
    runs::print(&Report::of(&evidence), here.output, output)
}

/// What was seen, and what the stores have. In a thread of its own: reading files and asking helpers blocks, and a
/// second signal must end the program all the same. `None` if that thread failed.
async fn looked(
    asked: regauth::probe::Here,
    mut stores: MyStores,
    stop: CancellationToken,
) -> Option<(Probe, Vec<Store>)> {
    let runtime = tokio::runtime::Handle::current();
    let look = move || {
        let images = asked.targets.clone();
        let probe = runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.cancelled() => interrupted(),
                probe = look_from_here(asked, &mut stores) => probe,
            }
        });
        let seen = images.iter().flat_map(|image| stores.seen(image)).collect();
        (probe, seen)
    };
    tokio::task::spawn_blocking(look).await.ok()
}

/// This machine's stores, or those of one file or client; their helpers are ended with `stop`, and together take no
/// more than half of `timeout` from now: the other half is the registry's, which would else seem not to answer.
pub fn stores(args: &StoreArgs, stop: &CancellationToken, timeout: Duration) -> Result<MyStores, Failure> {
    let env = match &args.docker_config {
        None => Env::current(),
        Some(file) => Env::of_docker_config(existing(file)?.to_path_buf()),
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let key = RunKey::random().map_err(|error| error.to_string())?;
    let stop = stop.clone();
    let end = Instant::now().checked_add(timeout / 2);
    let helpers = Programs::new(path, LIMIT).within(end).until(move || stop.is_cancelled());
    let stores = Stores::new(env, Remembered::new(helpers), key);
    let client = match args.docker_config {
        Some(_) => Some(regauth::probe::stores::Client::Docker),
        None => args.client.map(Into::into),
    };
    Ok(match client {
        None => stores,
        Some(client) => stores.only(&[client]),
    })
}

/// A file that can be read again and again, as several clients and rules do.
fn existing(file: &Path) -> Result<&Path, Failure> {
    let name = file.display();
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(file),
        Ok(metadata) if metadata.is_dir() => {
            Err(format!("{name} is a folder: name the docker configuration file in it").into())
        }
        Ok(_) => Err(format!(
            "{name} is a pipe or device, which can be read only once: write the docker configuration into a file \
             that only you can read, and name that"
        )
        .into()),
        Err(_) => Err(format!("there is no file {name}: name a docker configuration file").into()),
    }
}

fn asked(here: &Here<'_>) -> Result<regauth::probe::Here, Failure> {
    Ok(regauth::probe::Here {
        action: here.action,
        targets: here.images.clone(),
        platform: here.platform.clone().unwrap_or_else(|| Platform::new("linux", go_architecture())),
        settings: settings::of_this_machine(here.reach)?,
        plain_http: here.reach.plain_http.clone(),
        repeat: here.probe.repeat,
        interval: Duration::from_millis(here.probe.interval_ms),
        limit: here.timeout,
    })
}

fn plan(here: &Here<'_>) -> Plan {
    let probe = ProbePlan {
        proxy: here.reach.proxy.clone(),
        plain_http: here.reach.plain_http.clone(),
        ..here.probe.clone()
    };
    let plan = Plan::of_this_machine(here.action, here.images.clone(), here.timeout.as_secs());
    Plan { probe: Some(probe), ..plan }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn a_docker_configuration_that_cannot_be_read_twice_is_refused_with_what_to_do() {
        let told = |path: &str| existing(Path::new(path)).map(|_| ()).unwrap_err().to_string();
        assert!(told("/dev/null").contains("can be read only once"), "{}", told("/dev/null"));
        assert!(told("/").contains("is a folder"));
        assert!(told("/nonexistent").contains("there is no file /nonexistent"));
    }

    #[test]
    fn flags_of_a_cluster_are_refused_by_name_where_none_is_used() {
        let given = |flags: &str| {
            let words = ["kubectl-regauth", "probe", "nginx"].into_iter().chain(flags.split_whitespace());
            Cli::try_parse_from(words).unwrap().connection.given()
        };
        assert_eq!(given("-n team"), Some("--namespace"));
        assert_eq!(given("--context c"), Some("--context"));
        assert_eq!(given("--as joe"), Some("--as"));
        assert_eq!(given("-v 6"), None);
    }
}
