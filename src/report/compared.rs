//! A report beside an earlier one: what is new, what is still there, what is gone, and what was not looked at this time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NotChecked, NotCheckedState, Report, Row};
use crate::finding::Finding;

/// What has changed since an earlier check-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// When the earlier one began (UTC).
    pub since: Timestamp,
    /// Its API server, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_server: Option<String>,
    /// Keys ([`Finding::key`]) of findings that were not there.
    pub new: Vec<String>,
    /// Keys of findings that were there already.
    pub still: Vec<String>,
    /// Earlier findings whose subject was looked at again, and is well in this.
    pub gone: Vec<Finding>,
    /// Earlier findings of which nothing can be told: what they are about was not looked at this time.
    pub not_looked_at: Vec<Finding>,
}

/// How a finding stands to an earlier check-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// It was not there.
    New,
    /// It was there already.
    Still,
}

impl Report {
    /// Puts the report beside an earlier one.
    pub fn compare(&mut self, earlier: &Self) {
        let keys = |report: &Self| report.findings.iter().map(Finding::key).collect::<Vec<_>>();
        let (now, then) = (keys(self), keys(earlier));
        let (still, new) = now.iter().cloned().partition(|key| then.contains(key));
        let lost = lost(&self.not_checked, &earlier.not_checked) || self.reads_less_than(earlier);
        let missing = earlier.findings.iter().filter(|one| !now.contains(&one.key())).cloned();
        let (gone, not_looked_at) = missing.partition(|one| !lost && self.looked_at(one));
        let other_server = (earlier.run.server != self.run.server).then(|| earlier.run.server.clone());
        let since = earlier.run.started_at;
        self.comparison = Some(Comparison { since, other_server, new, still, gone, not_looked_at });
    }

    /// Whether something was left out this time that was read then.
    fn reads_less_than(&self, earlier: &Self) -> bool {
        let reads =
            |report: &Self| report.plan.scope.as_ref().map(|scope| scope.reads.clone()).unwrap_or_default();
        let now = reads(self);
        reads(earlier).iter().any(|resource| !now.contains(resource))
    }

    /// How a finding of this report stands to the earlier one, where there is one.
    pub fn since(&self, finding: &Finding) -> Option<Since> {
        let comparison = self.comparison.as_ref()?;
        Some(if comparison.new.contains(&finding.key()) { Since::New } else { Since::Still })
    }

    /// Whether what a finding is about was looked at here, by whatever showed it then.
    fn looked_at(&self, finding: &Finding) -> bool {
        !finding.evidence.is_empty() && finding.evidence.iter().all(|id| self.has_looked(id, finding))
    }

    fn has_looked(&self, id: &str, finding: &Finding) -> bool {
        let kind = id.split('/').next().unwrap_or_default();
        match kind {
            "lease" => self.clock.is_some(),
            "core" | "harbor" | "ingress" | "service" => self.harbor.is_some(),
            // A test: it was made again, or the image has started.
            "pull" | "probe" => finding.subject.images.iter().any(|image| self.is_seen_to_work(image)),
            _ => self.workloads.is_some() && self.is_in_scope(&finding.subject.namespace),
        }
    }

    fn is_in_scope(&self, namespace: &str) -> bool {
        let everywhere = self.plan.scope.as_ref().is_some_and(|scope| scope.all_namespaces);
        everywhere || namespace.is_empty() || namespace == self.plan.namespace
    }

    fn is_seen_to_work(&self, image: &str) -> bool {
        use super::Verdict::Ok;
        self.results.iter().any(|row| match row {
            Row::Pull(row) => row.image == image && row.result == Ok,
            Row::Probe(row) => row.image == image && row.result == Ok,
            Row::Audit(row) => row.image == image && row.started > 0 && row.failing == 0,
            _ => false,
        })
    }
}

/// Whether something could not be looked at this time that could be then.
fn lost(now: &[NotChecked], then: &[NotChecked]) -> bool {
    now.iter().any(|item| {
        item.state != NotCheckedState::LeftOut
            && !then.iter().any(|one| one.what == item.what && one.state != NotCheckedState::LeftOut)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::diagnose::tests::build::{evidence, failed, pulled};
    use crate::evidence::workloads::Resource;
    use crate::finding::Subject;
    use crate::plan::ScopePlan;

    fn finding(code: Code, evidence: &str) -> Finding {
        let subject = Subject {
            name: format!("secret/{code}"),
            images: vec![crate::diagnose::tests::build::IMAGE.into()],
            ..Subject::default()
        };
        Finding { evidence: vec![evidence.into()], ..Finding::new(code, subject, "…") }
    }

    fn report(works: bool, findings: Vec<Finding>) -> Report {
        let pull = if works { pulled("node1") } else { failed("node1", "x") };
        Report { findings, ..Report::of(&evidence(vec![pull])) }
    }

    fn compared(mut now: Report, then: &Report) -> Comparison {
        now.compare(then);
        now.comparison.expect("a comparison")
    }

    #[test]
    fn what_is_new_and_what_is_still_there_is_told_by_code_and_subject() {
        let (old, new) = (finding(Code::NoCredential, "pull/a"), finding(Code::NodeDiskFull, "pull/b"));
        let then = report(false, vec![old.clone()]);
        let mut now = report(false, vec![old.clone(), new.clone()]);
        now.compare(&then);
        assert_eq!((now.since(&old), now.since(&new)), (Some(Since::Still), Some(Since::New)));
        let comparison = now.comparison.expect("a comparison");
        assert_eq!((comparison.new, comparison.still), (vec![new.key()], vec![old.key()]));
        assert!(comparison.other_server.is_none());
    }

    #[test]
    fn what_a_test_found_is_gone_only_where_the_image_is_seen_to_work() {
        let then = report(false, vec![finding(Code::NoCredential, "pull/a")]);
        assert_eq!(compared(report(true, vec![]), &then).gone.len(), 1);
        let comparison = compared(report(false, vec![]), &then);
        assert_eq!((comparison.gone.len(), comparison.not_looked_at.len()), (0, 1));
    }

    #[test]
    fn what_was_not_looked_at_is_not_gone() {
        let then = report(
            false,
            vec![finding(Code::ClockDrift, "lease/node1"), finding(Code::NoCredential, "pod/a/b/c")],
        );
        let comparison = compared(report(true, vec![]), &then);
        assert_eq!((comparison.gone.len(), comparison.not_looked_at.len()), (0, 2));
    }

    #[test]
    fn nothing_is_gone_while_something_could_not_be_read_that_could_be_then() {
        let then = report(false, vec![finding(Code::NoCredential, "pull/a")]);
        let mut now = report(true, vec![]);
        let (what, why) = ("secrets".to_string(), String::new());
        now.not_checked.push(NotChecked { what, state: NotCheckedState::Denied, why });
        assert_eq!(compared(now, &then).not_looked_at.len(), 1);
    }

    #[test]
    fn nothing_is_gone_while_something_is_left_out_that_was_read_then() {
        let reading = |reads: &[Resource], findings| {
            let mut report = report(true, findings);
            report.plan.scope = Some(ScopePlan { reads: reads.to_vec(), ..ScopePlan::default() });
            report
        };
        let then = reading(&[Resource::Pods, Resource::Secrets], vec![finding(Code::NoCredential, "pull/a")]);
        assert_eq!(compared(reading(&[Resource::Pods], vec![]), &then).not_looked_at.len(), 1);
        let more = reading(&[Resource::Pods, Resource::Secrets, Resource::Nodes], vec![]);
        assert_eq!(compared(more, &then).gone.len(), 1);
    }

    #[test]
    fn another_cluster_is_named() {
        let mut then = report(true, vec![]);
        then.run.server = "https://other.example.com:6443".into();
        assert_eq!(
            compared(report(true, vec![]), &then).other_server,
            Some("https://other.example.com:6443".into())
        );
    }
}
