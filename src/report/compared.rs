//! A report beside an earlier one: what is new, what is still there, what is gone, and what was not looked at this time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::tested::OF_RUN;
use super::{AttemptRow, NotChecked, NotCheckedState, Report, Row, Verdict};
use crate::code::Code;
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

    /// Whether what a finding is about was looked at here, by whatever showed it then, and is well now.
    fn looked_at(&self, finding: &Finding) -> bool {
        // Of a pull that failed then it counts whether it fails now; what a test said beside it is of less weight, but
        // for a node's own way, which pods elsewhere say nothing of.
        let is_pods = finding.evidence.iter().any(|id| kind(id) == "pod");
        let counts =
            |id: &&String| !(is_pods && is_test(id)) || (finding.code == Code::EgressBlocked && is_test(id));
        !finding.evidence.is_empty()
            && finding.evidence.iter().filter(counts).all(|id| self.has_looked(id, finding))
            && !(is_pods && self.still_fails(finding))
    }

    fn has_looked(&self, id: &str, finding: &Finding) -> bool {
        match kind(id) {
            "lease" => self.is_measured(id),
            "core" | "harbor" | "ingress" | "service" => self.harbor.is_some(),
            "pull" | "probe" => self.works_now(id, finding),
            // Such ids name a namespace second.
            _ => {
                let named = id.split('/').nth(1).filter(|_| id.split('/').count() > 2);
                let namespace = named.unwrap_or(&finding.subject.namespace);
                self.workloads.is_some() && self.is_in_scope(namespace)
            }
        }
    }

    fn is_measured(&self, id: &str) -> bool {
        let node = id.split_once('/').map_or(id, |(_, node)| node);
        self.results.iter().any(|row| match row {
            Row::Clock(row) => row.node == node && matches!(row.result, Verdict::Ok | Verdict::Failed),
            _ => false,
        })
    }

    /// Whether a pull of an image of the finding still fails, for whatever is said of it now.
    fn still_fails(&self, finding: &Finding) -> bool {
        let namespaces: Vec<&str> = finding.evidence.iter().filter_map(|id| namespace_of_pod(id)).collect();
        self.failing().any(|row| {
            namespaces.contains(&row.namespace.as_str()) && finding.subject.images.contains(&row.image)
        })
    }

    /// Whether the same test, from the same place and with the same credential, works now.
    fn works_now(&self, id: &str, finding: &Finding) -> bool {
        let name = &finding.subject.name;
        let secret = name.strip_prefix("secret/");
        let is_image = |image: &String| finding.subject.images.contains(image);
        self.results.iter().any(|row| match row {
            Row::Probe(row) => {
                let sends = |one: &AttemptRow| one.credential.as_ref() == Some(name);
                row.result == Verdict::Ok
                    && is_image(&row.image)
                    && place(&row.evidence) == place(id)
                    && (secret.is_none() || row.attempts.iter().any(sends))
            }
            Row::Pull(row) => {
                row.result == Verdict::Ok
                    && is_image(&row.image)
                    && place(&row.evidence) == place(id)
                    && secret.is_none_or(|secret| row.identity.contains(secret))
            }
            _ => false,
        })
    }

    fn is_in_scope(&self, namespace: &str) -> bool {
        let everywhere = self.plan.scope.as_ref().is_some_and(|scope| scope.all_namespaces);
        everywhere || namespace.is_empty() || namespace == self.plan.namespace
    }
}

/// The kind of an item of evidence: `pod` of `pod/team/web-1/app`.
fn kind(id: &str) -> &str {
    id.split('/').next().unwrap_or_default()
}

fn is_test(id: &str) -> bool {
    matches!(kind(id), "pull" | "probe")
}

fn namespace_of_pod(id: &str) -> Option<&str> {
    id.strip_prefix("pod/")?.split('/').next()
}

/// From where a test looked: its id without what tells runs apart and the number of its image.
fn place(id: &str) -> &str {
    let of_run = id.split_once(OF_RUN).map_or(id, |(id, _)| id);
    of_run.rsplit_once('/').map_or(of_run, |(place, _)| place)
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
    use crate::diagnose::tests::build::{evidence, failed, pulled};
    use crate::evidence::workloads::Resource;
    use crate::finding::Subject;
    use crate::plan::ScopePlan;

    fn finding(code: Code, evidence: &str) -> Finding {
        let subject = Subject {
            name: format!("registry/{code}"),
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
        let (old, new) = (finding(Code::NoCredential, "pull/node1/0"), finding(Code::NodeDiskFull, "pull/b"));
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
        let then = report(false, vec![finding(Code::NoCredential, "pull/node1/0")]);
        assert_eq!(compared(report(true, vec![]), &then).gone.len(), 1);
        let comparison = compared(report(false, vec![]), &then);
        assert_eq!((comparison.gone.len(), comparison.not_looked_at.len()), (0, 1));
    }

    #[test]
    fn what_a_test_found_is_not_gone_by_a_test_of_another_node_or_another_credential() {
        for (elsewhere, name) in [("pull/node2/0", "image/x"), ("pull/node1/0", "secret/other")] {
            let mut found = finding(Code::CredentialRejected, elsewhere);
            found.subject.name = name.into();
            let comparison = compared(report(true, vec![]), &report(false, vec![found]));
            assert_eq!((comparison.gone.len(), comparison.not_looked_at.len()), (0, 1), "{elsewhere} {name}");
        }
        let mut tested = finding(Code::CredentialRejected, "pull/node1/3#run");
        tested.subject.name = "image/x".into();
        assert_eq!(compared(report(true, vec![]), &report(false, vec![tested])).gone.len(), 1);
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
    fn what_another_namespace_showed_is_not_gone_by_a_look_at_this_one() {
        let mut found = finding(Code::InvalidImageName, "pod/elsewhere/web-1/app");
        found.subject.name = "image/Upper".into();
        let here = || {
            let mut report = report(true, vec![]);
            report.workloads = Some(Default::default());
            report
        };
        assert_eq!(compared(here(), &report(false, vec![found.clone()])).not_looked_at.len(), 1);
        found.evidence = vec![format!("pod/{}/web-1/app", here().plan.namespace)];
        assert_eq!(compared(here(), &report(false, vec![found])).gone.len(), 1);
    }

    #[test]
    fn nothing_is_gone_while_something_could_not_be_read_that_could_be_then() {
        let then = report(false, vec![finding(Code::NoCredential, "pull/node1/0")]);
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
        let then =
            reading(&[Resource::Pods, Resource::Secrets], vec![finding(Code::NoCredential, "pull/node1/0")]);
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
