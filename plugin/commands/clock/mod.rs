//! `kubectl regauth clock`.

mod live;

use std::time::Duration;

use jiff::Timestamp;
use regauth::api::{Api, connect};
use regauth::collect::access;
use regauth::collect::leases::{self, Listen, NAMESPACE};
use regauth::error::Error;
use regauth::evidence::clock::LeaseClocks;
use regauth::evidence::{Action, Evidence};
use regauth::plan::{Check, ClockAsk, ClockPlan, Plan};
use regauth::probe::clock::TimeServer;
use regauth::report::{ExitStatus, Report};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::planning::{Flags, Wanted};
use super::runs::{self, Carried};
use crate::cli::{Clock, ClockMethod, Connection, DryRun};
use crate::output::Output;
use crate::{settings, signals};
use live::Live;

/// Reads the nodes' clocks.
pub async fn run(connection: &Connection, args: Clock, output: &mut Output) -> Result<u8, Failure> {
    refuse_flags(&args)?;
    if args.method == ClockMethod::Lease && args.run.dry_run != DryRun::None {
        output.note("leases are only read: nothing would be created");
        return Ok(0);
    }
    let api = connect(&settings::connect_options(connection)).await?;
    if args.method.has_leases() {
        super::within(args.run.timeout, ask_for_rights(&api)).await?;
    }
    let mut evidence = match args.method.has_probes() {
        false => Evidence::new(super::new_run(api.server())?, plan(&args), Timestamp::now()),
        true => {
            let namespace =
                connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
            match probes(&api, &namespace, &args, output).await? {
                Carried::Printed => return Ok(0),
                Carried::Out(evidence) => *evidence,
            }
        }
    };
    if args.method.has_leases() && !evidence.run.interrupted {
        let Some((clocks, interrupted)) = listen(&api, &args, output).await? else {
            output.error("stopped at once");
            return Ok(ExitStatus::Interrupted.code());
        };
        evidence.leases = Some(clocks);
        evidence.run.interrupted = interrupted;
        evidence.collected_at = Timestamp::now();
    }
    runs::print(&Report::of(&evidence), &args.output, output)
}

/// Flags that mean something for the other method only.
fn refuse_flags(args: &Clock) -> Result<(), Failure> {
    let of_probes = [
        (!args.ntp_servers.is_empty()).then_some("--ntp-server"),
        (!args.images.is_empty()).then_some("IMAGE"),
        args.nodes.given(),
        args.probe.given(),
        args.run.keep.then_some("--keep"),
    ];
    let of_leases = [args.watch.then_some("--watch"), args.listen.is_some().then_some("--listen")];
    if let Some(flag) = of_probes.into_iter().flatten().next().filter(|_| !args.method.has_probes()) {
        return Err(format!("{flag} is for probes: add --method probe or --method both").into());
    }
    if let Some(flag) = of_leases.into_iter().flatten().next().filter(|_| !args.method.has_leases()) {
        return Err(format!("{flag} is for leases: leave it out, or add --method both").into());
    }
    if args.watch && args.method.has_probes() {
        return Err("--watch watches leases only: leave out --method".into());
    }
    Ok(())
}

async fn ask_for_rights(api: &Api) -> Result<(), Failure> {
    let rights =
        access::missing(api, NAMESPACE, access::LEASES).await.map_err(Error::doing("ask for your rights"))?;
    match rights.is_empty() {
        true => Ok(()),
        false => Err(Error::MissingRights { rights, namespace: NAMESPACE.into(), part: "--clock" }.into()),
    }
}

fn clock_plan(args: &Clock) -> ClockPlan {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let usual = ClockPlan::default();
    ClockPlan {
        leases: args.method.has_leases(),
        listen_ms: if args.watch { 0 } else { args.listen.map_or(usual.listen_ms, millis) },
        threshold_ms: millis(args.threshold),
        ask: args.method.has_probes().then(|| ClockAsk { ntp_servers: time_servers(&args.ntp_servers) }),
    }
}

/// Each time server once, however it is written: two that agree are believed, and one is no two.
fn time_servers(given: &[String]) -> Vec<String> {
    let mut servers = Vec::new();
    let mut is_new = |text: &&String| {
        let server = TimeServer::parse(text).ok();
        let is_new = !servers.contains(&server);
        servers.push(server);
        is_new
    };
    given.iter().filter(|text| is_new(text)).cloned().collect()
}

/// The plan where only leases are watched.
fn plan(args: &Clock) -> Plan {
    plan_of_leases(clock_plan(args), args.listen.unwrap_or(args.run.timeout))
}

/// The same of whoever watches them beside something else.
pub fn plan_of_leases(clock: ClockPlan, limit: Duration) -> Plan {
    Plan {
        namespace: NAMESPACE.into(),
        checks: Vec::new(),
        clock: Some(clock),
        ..Plan::of_this_machine(Action::Clock, Vec::new(), limit.as_secs())
    }
}

/// A probe on each node. It has no credential: whoever issues an anonymous token tells its time as well.
async fn probes(api: &Api, namespace: &str, args: &Clock, output: &mut Output) -> Result<Carried, Failure> {
    let identity = super::unidentified();
    let flags = Flags { identity: &identity, nodes: &args.nodes, run: &args.run };
    let wanted = Wanted {
        action: Action::Clock,
        images: super::unique(&args.images),
        checks: vec![Check::ProbeNode],
        probe: Some(settings::probe_plan(&args.probe)?),
        harbor: None,
        clock: Some(clock_plan(args)),
        labels: Default::default(),
        one_node: false,
    };
    runs::carry_out(api, namespace, flags, wanted, output).await
}

/// Watches the leases; `None` when it was to end at once. With whether it was interrupted: `--watch` is ended in no other way.
async fn listen(
    api: &Api,
    args: &Clock,
    output: &mut Output,
) -> Result<Option<(LeaseClocks, bool)>, Failure> {
    let how_long = match (args.watch, args.listen) {
        (true, _) => Listen { at_most: None, ..Listen::default() },
        (false, Some(time)) => Listen { at_least: time, at_most: Some(time), doubt_over: None },
        (false, None) => {
            let usual = Listen::default();
            Listen { doubt_over: usual.doubt_over.map(|over| over.min(args.threshold)), ..usual }
        }
    };
    let stop = CancellationToken::new();
    let signals = signals::listen(&stop);
    let clocks = {
        let live = Live::new(output, args.watch, args.output.output, stop.clone());
        let clocks = tokio::select! {
            clocks = leases::watch(api, how_long, &live, &stop) => Some(clocks),
            _ = signals => None,
        };
        live.finish();
        clocks
    };
    match clocks {
        None => Ok(None),
        Some(clocks) => Ok(Some((clocks?, stop.is_cancelled() && !args.watch))),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(args: &str) -> Clock {
        let words = ["kubectl-regauth", "clock"].into_iter().chain(args.split_whitespace());
        match Cli::try_parse_from(words).unwrap().command {
            Command::Clock(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    fn refused(text: &str) -> String {
        refuse_flags(&args(text)).map(|()| "nothing".to_string()).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn without_flags_leases_are_watched_for_one_period() {
        let args = args("");
        assert_eq!(refused(""), "nothing");
        let plan = plan(&args);
        assert_eq!(plan.clock, Some(ClockPlan::default()));
        assert!(plan.pods().is_empty() && plan.checks.is_empty());
    }

    #[test]
    fn flags_of_the_other_method_are_refused_by_name() {
        assert!(refused("--ntp-server time.example.com").starts_with("--ntp-server is for probes"));
        assert!(refused("harbor.example.com/a/b:1").starts_with("IMAGE is for probes"));
        assert!(refused("--node n1").starts_with("--node is for probes"));
        assert!(refused("--method probe --listen 20s").starts_with("--listen is for leases"));
        assert!(refused("--method both --watch").starts_with("--watch watches leases only"));
        assert_eq!(refused("--method both --node n1 --listen 20s"), "nothing");
    }

    #[test]
    fn a_probe_is_told_the_time_servers_once_each() {
        let args =
            args("--method probe --ntp-server a --ntp-server b:1123 --ntp-server a:123 --threshold 500ms");
        let plan = clock_plan(&args);
        assert_eq!(plan.ask, Some(ClockAsk { ntp_servers: vec!["a".into(), "b:1123".into()] }));
        assert_eq!((plan.leases, plan.threshold_ms), (false, 500));
    }
}
