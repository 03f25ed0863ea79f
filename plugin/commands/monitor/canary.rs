//! Pushes that are tried again and again: an upload that is started and cancelled.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use regauth::api::Api;
use regauth::evidence::Action;
use regauth::plan::{Check, ProbePlan};
use regauth::report::{ProbeRow, Report, Verdict};
use tokio_util::sync::CancellationToken;

use super::super::planning::{Flags, Wanted};
use super::super::{Failure, push, runs, unique};
use crate::cli::{IdentityArgs, Monitor, NodeArgs, OneFirst, RunArgs};
use crate::output::Output;
use crate::settings;

/// The ratio is that of so many tries.
pub const LAST: usize = 20;
/// So many repositories at the most.
pub const REPOSITORIES: usize = 20;
/// How long a try may take.
const LIMIT: Duration = Duration::from_secs(60);
/// The longest pause while a credential is refused: an account is not to be locked.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// The tries of each repository since the program began.
#[derive(Debug, Default)]
pub struct Canaries {
    of: BTreeMap<String, Tries>,
    /// How often in a row a credential was refused.
    refusals: u32,
}

/// The tries of one repository.
#[derive(Debug, Default)]
pub struct Tries {
    /// How many ended how.
    pub ended: BTreeMap<&'static str, u64>,
    /// Of the last ones that could be made, whether they worked.
    last: VecDeque<bool>,
}

impl Tries {
    /// The share of the last tries that worked, from 0 to 1; `None` where none could be made.
    pub fn success(&self) -> Option<f64> {
        let worked = self.last.iter().filter(|worked| **worked).count();
        (!self.last.is_empty()).then(|| worked as f64 / self.last.len() as f64)
    }

    fn add(&mut self, verdict: Verdict) {
        let result = match verdict {
            Verdict::Ok => "ok",
            Verdict::Failed => "failed",
            Verdict::NotFinished => "not_finished",
            Verdict::NotTested => "not_tested",
        };
        *self.ended.entry(result).or_default() += 1;
        if verdict != Verdict::NotTested {
            self.last.push_back(verdict == Verdict::Ok);
            if self.last.len() > LAST {
                self.last.pop_front();
            }
        }
    }
}

impl Canaries {
    /// None of these was tried yet.
    pub fn new(repositories: &[String]) -> Self {
        Self { of: repositories.iter().map(|one| (one.clone(), Tries::default())).collect(), refusals: 0 }
    }

    /// Each repository and its tries.
    pub fn each(&self) -> impl Iterator<Item = (&str, &Tries)> {
        self.of.iter().map(|(repository, tries)| (repository.as_str(), tries))
    }

    /// Takes in what a try came to. A repository that has no row could not be tried.
    pub fn tried(&mut self, rows: &[&ProbeRow]) {
        for (repository, tries) in &mut self.of {
            let row = rows.iter().find(|row| row.image == *repository);
            tries.add(row.map_or(Verdict::NotTested, |row| row.result));
        }
        let is_refused = |row: &&ProbeRow| row.code.is_some_and(|code| code.refuses_credential());
        self.refusals = if rows.iter().any(is_refused) { self.refusals.saturating_add(1) } else { 0 };
    }

    /// How long until the next try: longer and longer while a credential is refused.
    pub fn pause(&self, interval: Duration) -> Duration {
        let longer = interval.saturating_mul(2u32.saturating_pow(self.refusals.min(10)));
        longer.min(LONGEST_PAUSE).max(interval)
    }
}

/// What is wrong with the flags, if anything is.
pub fn check(args: &Monitor) -> Result<Vec<String>, Failure> {
    let repositories = unique(&args.canary.repositories);
    if args.checkup.read_only && !repositories.is_empty() {
        return Err(
            "--push-canary makes a pod and starts an upload, and --read-only creates nothing: leave one of \
                    them out"
                .into(),
        );
    }
    if repositories.len() > REPOSITORIES {
        return Err(format!(
            "--push-canary is given {} times: {REPOSITORIES} at the most",
            repositories.len()
        )
        .into());
    }
    repositories.iter().try_for_each(|one| push::check_repository(one))?;
    Ok(repositories)
}

/// Tries all repositories in one pod.
pub async fn attempt(
    (api, namespace): (&Api, &str),
    (args, repositories): (&Monitor, &[String]),
    stop: &CancellationToken,
    output: &Output,
) -> Result<Report, Failure> {
    let identity = IdentityArgs {
        service_account: args.canary.service_account.clone(),
        pull_secrets: args.canary.pull_secret.iter().cloned().collect(),
        ..IdentityArgs::default()
    };
    let nodes = NodeArgs::of(Vec::new(), OneFirst::Never);
    let run = RunArgs::unasked(LIMIT);
    let flags = Flags { identity: &identity, nodes: &nodes, run: &run };
    let probing = settings::probe_plan(&args.checkup.probing)?;
    // Both are for the nodes' network.
    let probe = ProbePlan { node_config: false, node_namespace: None, ..probing };
    let wanted = Wanted {
        one_node: true,
        ..Wanted::of(Action::Push, repositories.to_vec(), vec![Check::ProbePod], Some(probe))
    };
    let evidence = runs::carry_out_quietly(api, namespace, flags, wanted, (&(), stop), output).await?;
    Ok(Report::of(&evidence))
}

#[cfg(test)]
mod tests {
    use regauth::code::Code;
    use regauth::evidence::Network;

    use super::*;

    fn row(image: &str, result: Verdict, code: Option<Code>) -> ProbeRow {
        ProbeRow {
            node: "node1".into(),
            namespace: "team".into(),
            network: Network::Pod,
            image: image.into(),
            action: Action::Push,
            result,
            step: None,
            took_ms: None,
            identity: "anonymous".into(),
            code,
            certain: None,
            message: None,
            path: Vec::new(),
            attempts: Vec::new(),
            series: None,
            pod: String::new(),
            evidence: String::new(),
        }
    }

    fn tries<'c>(canaries: &'c Canaries, repository: &str) -> &'c Tries {
        canaries.each().find(|(one, _)| *one == repository).unwrap().1
    }

    #[test]
    fn the_ratio_is_that_of_the_last_tries_that_could_be_made() {
        let mut canaries = Canaries::new(&["r/a".into(), "r/b".into()]);
        assert_eq!(tries(&canaries, "r/a").success(), None);
        for number in 0..50 {
            let result = if number % 4 == 0 { Verdict::Failed } else { Verdict::Ok };
            canaries.tried(&[&row("r/a", result, None)]);
        }
        assert_eq!(tries(&canaries, "r/a").success(), Some(0.75));
        assert_eq!(tries(&canaries, "r/a").last.len(), LAST);
        let untried = tries(&canaries, "r/b");
        assert_eq!((untried.success(), untried.ended.get("not_tested")), (None, Some(&50)));
    }

    #[test]
    fn a_refused_credential_is_sent_less_and_less_often() {
        let mut canaries = Canaries::new(&["r/a".into()]);
        let interval = Duration::from_secs(300);
        let refused = row("r/a", Verdict::Failed, Some(Code::CredentialRejected));
        let mut pauses = Vec::new();
        for _ in 0..5 {
            canaries.tried(&[&refused]);
            pauses.push(canaries.pause(interval).as_secs());
        }
        assert_eq!(pauses, [600, 1_200, 2_400, 3_600, 3_600]);
        canaries.tried(&[&row("r/a", Verdict::Ok, None)]);
        assert_eq!(canaries.pause(interval), interval);
        let rare = Duration::from_secs(7_200);
        canaries.tried(&[&refused]);
        assert_eq!(canaries.pause(rare), rare);
    }
}
