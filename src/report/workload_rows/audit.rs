//! A row a workload and image: what it has for a credential.

use super::credential::credential;
use super::{AuditRow, Codes, PlannedRow, is_unread};
use crate::diagnose::workload::View;
use crate::evidence::Evidence;
use crate::evidence::workloads::{FailingPull, ImageUse, Resource, Workload};
use crate::finding::Severity;
use crate::report::rows::{Row, Verdict};

pub(super) fn audit(view: &View<'_>, codes: &Codes<'_>) -> Vec<Row> {
    let in_scope = view.seen.workloads.iter().filter(|one| !one.out_of_scope);
    let uses = in_scope.flat_map(|one| one.images.iter().map(move |image| (one, image)));
    let mut rows: Vec<AuditRow> =
        uses.map(|(workload, image)| audit_row(view, workload, image, codes)).collect();
    rows.sort_by(|one, other| {
        (&one.namespace, &one.workload, &one.image).cmp(&(&other.namespace, &other.workload, &other.image))
    });
    rows.into_iter().map(Row::Audit).collect()
}

fn audit_row(view: &View<'_>, workload: &Workload, image: &ImageUse, codes: &Codes<'_>) -> AuditRow {
    let known = view.pull_secrets(workload);
    let failing: Vec<&FailingPull> =
        view.failing_of(&workload.id).filter(|one| one.image == image.image).collect();
    let finding = failing
        .iter()
        .find_map(|one| codes.about(&one.id, &image.image))
        .or_else(|| codes.about(&workload.id, &image.image));
    let credential = credential(view, (&workload.namespace, &workload.service_account), known, &image.image);
    let lacking = failing.iter().filter(|one| one.lacks_image()).count();
    AuditRow {
        namespace: workload.namespace.clone(),
        workload: workload.name.clone(),
        image: image.image.clone(),
        result: match (finding.map(|one| one.severity), known) {
            (Some(Severity::Error | Severity::Warning), _) => Verdict::Failed,
            (Some(Severity::Unknown), _) => Verdict::NotTested,
            // Whatever it is for: what is not there does not work.
            _ if lacking > 0 => Verdict::Failed,
            // A pull that fails may be one of a pod that was not listed.
            _ if is_unread(view.evidence, view.seen, Resource::Pods) => Verdict::NotTested,
            // Neither is an image well whose pull nobody has seen, and that was to be tested.
            _ if is_untested(view.evidence, &workload.id, &image.image) => Verdict::NotTested,
            (_, Some((names, _))) if view.keyring(&workload.namespace, names).is_whole() => Verdict::Ok,
            _ => Verdict::NotTested,
        },
        credential,
        started: image.started,
        failing: u32::try_from(lacking).unwrap_or(u32::MAX),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        planned: planned(view.evidence, &workload.id, &image.image),
        evidence: workload.id.clone(),
    }
}

/// What the manifests say of it, where it is not in the cluster yet.
fn planned(evidence: &Evidence, workload: &str, image: &str) -> Option<PlannedRow> {
    let preflight = evidence.preflight.as_ref()?;
    let planned = preflight.workload(workload)?;
    let tests = || preflight.tests.iter().filter(|test| test.workload == workload && test.image == image);
    let landing = planned.landing();
    let platforms = landing.into_iter().flat_map(|landing| &landing.platforms);
    Some(PlannedRow {
        place: planned.place_of(image),
        platforms: platforms.map(|one| one.platform.clone()).collect(),
        runs: tests().filter_map(|test| test.run.clone()).collect(),
        tested: None,
        nodes: Vec::new(),
        why_not: tests().map(|test| &test.why_not).find(|why| !why.is_empty()).cloned().unwrap_or_default(),
    })
}

/// Whether a pull that manifests plan was not tested at all.
fn is_untested(evidence: &Evidence, workload: &str, image: &str) -> bool {
    let Some(preflight) = &evidence.preflight else { return false };
    let is_nowhere =
        preflight.workload(workload).and_then(|one| one.landing()).is_some_and(|one| one.nodes == 0);
    let mut tests =
        preflight.tests.iter().filter(|test| test.workload == workload && test.image == image).peekable();
    is_nowhere || tests.peek().is_none() || tests.all(|test| test.run.is_none())
}
