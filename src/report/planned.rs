//! What a preflight did not check, and what tests come to for the rows of its workloads.

use std::collections::BTreeMap;

use super::rows::{Row, Verdict};
use super::unchecked::{self, NotChecked, NotCheckedState};
use super::workload_rows::PlannedRow;
use super::{AuditRow, Report};
use crate::code::Code;
use crate::evidence::preflight::{ManifestPlace, PlannedNamespace, PlannedTest, PlannedWorkload, Preflight};
use crate::evidence::{Evidence, Outcome};
use crate::finding::{Finding, Fix, Patch, Severity};

/// How many of several are named.
const EXAMPLES: usize = 3;

/// Everything about manifests that was not checked; of what lies in the cluster others tell.
pub(super) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let Some(preflight) = &evidence.preflight else { return Vec::new() };
    let mut items: Vec<NotChecked> = Vec::new();
    items.extend(preflight.namespaces.iter().filter_map(|one| namespace(one, evidence)));
    items.extend(preflight.workloads.iter().filter_map(landing));
    items.extend(untested(preflight));
    items.extend(preflight.unread_kinds.iter().map(|one| NotChecked {
        what: format!("{} of kind {}", some_objects(one.count), one.kind),
        state: NotCheckedState::LeftOut,
        why: "nothing in it looks like a pod template; images that its controller uses are not known".into(),
    }));
    items
}

fn some_objects(count: usize) -> String {
    if count == 1 { "1 object".into() } else { format!("{count} objects") }
}

fn namespace(one: &PlannedNamespace, evidence: &Evidence) -> Option<NotChecked> {
    let what = format!("namespace/{}", one.name);
    let seen = evidence.workloads.iter().flat_map(|seen| &seen.service_accounts);
    let is_in_use =
        || seen.into_iter().any(|account| account.namespace == one.name && account.seen().is_some());
    match &one.outcome {
        Outcome::Seen { .. } => None,
        _ if one.brought => None,
        Outcome::Absent { .. } => Some(NotChecked {
            what,
            state: NotCheckedState::Failed,
            why: "it does not exist, and the manifests do not bring it: create it first, or name another one with -n"
                .into(),
        }),
        _ if is_in_use() => None,
        other => {
            let (state, why) = unchecked::state(other);
            Some(NotChecked { what, state, why: format!("whether it exists could not be read: {why}") })
        }
    }
}

fn landing(one: &PlannedWorkload) -> Option<NotChecked> {
    let landing = one.landing().filter(|landing| landing.nodes == 0)?;
    let name = one.id.split('/').skip(2).collect::<Vec<_>>().join("/");
    Some(NotChecked {
        what: format!("the pulls of {name}"),
        state: NotCheckedState::Failed,
        why: format!("its pods can land on none of {} nodes: {}", landing.of, landing.because),
    })
}

/// Tests that were not made, one item a reason.
fn untested(preflight: &Preflight) -> Vec<NotChecked> {
    let mut reasons: BTreeMap<(bool, &str), Vec<&PlannedTest>> = BTreeMap::new();
    for test in preflight.tests.iter().filter(|test| !test.why_not.is_empty()) {
        reasons.entry((test.left_out, test.why_not.as_str())).or_default().push(test);
    }
    let item = |((left_out, why), tests): ((bool, &str), Vec<&PlannedTest>)| {
        let mut images: Vec<&str> = tests.iter().map(|test| test.image.as_str()).collect();
        images.sort_unstable();
        images.dedup();
        let more = match images.len().saturating_sub(EXAMPLES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        images.truncate(EXAMPLES);
        NotChecked {
            what: format!("the registry's answer for {}{more}", images.join(", ")),
            state: if left_out { NotCheckedState::LeftOut } else { NotCheckedState::Failed },
            why: why.to_string(),
        }
    };
    reasons.into_iter().map(item).collect()
}

/// What one run saw of an image.
struct Answer {
    image: String,
    node: String,
    result: Verdict,
    code: Option<Code>,
    certain: Option<bool>,
}

/// What a run came to, for the rows of the workloads that it tested.
pub(super) struct Answers {
    run: String,
    answers: Vec<Answer>,
}

impl Answers {
    /// Those of a run's report.
    pub(super) fn of(tested: &Report) -> Self {
        let pulled: Vec<&str> = tested.pulls().map(|row| row.image.as_str()).collect();
        let mut answers: Vec<Answer> = tested
            .pulls()
            .map(|row| Answer {
                image: row.image.clone(),
                node: row.node.clone(),
                result: row.result,
                code: row.code,
                certain: row.certain,
            })
            .collect();
        // The kubelet's word decides.
        answers.extend(tested.probes().filter(|row| !pulled.contains(&row.image.as_str())).map(|row| {
            Answer {
                image: row.image.clone(),
                node: row.node.clone(),
                result: row.result,
                code: row.code,
                certain: row.certain,
            }
        }));
        Self { run: tested.run.id.clone(), answers }
    }

    /// Whether a row's image was tested by this run.
    fn is_of(&self, row: &AuditRow) -> bool {
        row.planned.as_ref().is_some_and(|planned| planned.runs.contains(&self.run))
    }

    /// Writes into a finding of the run where the manifests name its images, and what mends it there.
    pub(super) fn place(&self, finding: &mut Finding, results: &[Row]) {
        let rows = results.iter().filter_map(|row| if let Row::Audit(row) = row { Some(row) } else { None });
        let is_about = |row: &&AuditRow| {
            finding.subject.images.is_empty() || finding.subject.images.contains(&row.image)
        };
        for row in rows.filter(|row| self.is_of(row)).filter(is_about) {
            let places = row.planned.iter().map(|planned| planned.place.clone());
            finding.places.extend(places);
        }
        finding.places.sort();
        finding.places.dedup();
        if let Some(fix) = finding.places.first().and_then(|place| in_manifest(finding.code, place)) {
            finding.fixes.insert(0, fix);
        }
    }

    /// Writes what it came to into the rows.
    pub(super) fn tell(&self, results: &mut [Row], findings: &[Finding]) {
        for row in results {
            let Row::Audit(row) = row else { continue };
            if self.is_of(row) {
                self.tell_row(row, findings);
            }
        }
    }

    fn tell_row(&self, row: &mut AuditRow, findings: &[Finding]) {
        let image = row.image.clone();
        let Some(planned) = &mut row.planned else { return };
        let mut worst: Option<&Answer> = None;
        for answer in self.answers.iter().filter(|answer| answer.image == image) {
            add_node(planned, &answer.node);
            if worst.is_none_or(|known| rank(answer.result) < rank(known.result)) {
                worst = Some(answer);
            }
        }
        let Some(worst) = worst else { return };
        planned.tested =
            planned.tested.filter(|known| rank(*known) < rank(worst.result)).or(Some(worst.result));
        if worst.result != Verdict::Ok && row.result != Verdict::Failed {
            row.result = worst.result;
        }
        if worst.result != Verdict::Ok && row.code.is_none_or(|_| row.certain != Some(true)) {
            let place = &planned.place;
            let is_told =
                |finding: &&Finding| finding.places.contains(place) && Some(finding.code) == worst.code;
            let better = |finding: &&Finding| finding.places.contains(place);
            let finding = findings.iter().find(is_told).or(findings.iter().find(better));
            row.code = finding.map(|one| one.code).or(worst.code);
            row.certain = finding.map(|one| one.certain).or(worst.certain);
        }
    }
}

/// A pull secret that the kubelet gets nothing from matters little where the pulls work all the same.
pub(super) fn soften(findings: &mut [Finding], results: &[Row]) {
    const WITHOUT_EFFECT: &[Code] =
        &[Code::PullSecretMissing, Code::PullSecretWrongType, Code::PullSecretEmpty];
    for finding in findings.iter_mut().filter(|one| WITHOUT_EFFECT.contains(&one.code)) {
        let rows = results.iter().filter_map(|row| if let Row::Audit(row) = row { Some(row) } else { None });
        let mut tested = rows
            .filter(|row| finding.evidence.contains(&row.evidence))
            .map(|row| row.planned.as_ref().and_then(|planned| planned.tested))
            .peekable();
        let is_error = finding.severity == Severity::Error;
        if is_error && tested.peek().is_some() && tested.all(|one| one == Some(Verdict::Ok)) {
            finding.severity = Severity::Warning;
            finding.cause.push_str(" Pulls work all the same.");
        }
    }
}

fn add_node(planned: &mut PlannedRow, node: &str) {
    if !node.is_empty() && !planned.nodes.iter().any(|one| one == node) {
        planned.nodes.push(node.to_string());
    }
}

/// The worst first.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 0,
        Verdict::NotFinished => 1,
        Verdict::NotTested => 2,
        Verdict::Ok => 3,
    }
}

/// What is changed in the manifest, where that is the mend.
fn in_manifest(code: Code, place: &ManifestPlace) -> Option<Fix> {
    let (what, text) = match code {
        Code::NoCredential => (
            "names a pull secret that has an entry for the registry, in the pod's spec (or in its ServiceAccount)",
            "imagePullSecrets:\n- name: PULL_SECRET\n",
        ),
        Code::ImageNotFound => ("gives the container an image that is there", "image: IMAGE\n"),
        Code::PlatformMissing => (
            "keeps the pods on nodes that the image is for, in the pod's spec; or name an image for all of them",
            "nodeSelector:\n  kubernetes.io/arch: ARCHITECTURE\n",
        ),
        _ => return None,
    };
    let file = if place.is_piped() { "-".into() } else { crate::fix::shell::quoted(place.file.as_str()) };
    Some(Fix {
        what: format!("{what}: in the manifest"),
        patches: vec![Patch { file: place.describe(), text: text.into() }],
        command: format!("kubectl regauth preflight -f {file}"),
    })
}
