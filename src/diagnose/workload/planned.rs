//! The rules about workloads that are in manifests alone: what no pull secret plays a part in. Those of `audit/` judge
//! their credentials, those of probes what the registry answers.

use super::View;
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::preflight::{ManifestPlace, PlannedWorkload, Preflight};
use crate::evidence::workloads::{ImageUse, PullPolicy, Workload};
use crate::finding::{Finding, Severity, Subject};
use crate::fix::workload::{Field, Place, change_container};
use crate::registry::reference::Reference;

/// Images whose names the kubelet does not take, and images that are never pulled and not there.
pub(in crate::diagnose) fn images(evidence: &Evidence) -> Vec<Finding> {
    let (Some(view), Some(preflight)) = (View::of(evidence), &evidence.preflight) else { return Vec::new() };
    let mut findings = Vec::new();
    for planned in &preflight.workloads {
        let Some(workload) = view.workload(&planned.id) else { continue };
        for image in &workload.images {
            match Reference::parse(&image.image) {
                Err(error) => {
                    let cause = format!(
                        "\"{}\" is no image reference that the kubelet takes: {error}.",
                        crate::text::Clean::with_cap(&image.image, 256)
                    );
                    findings.push(about(&view, workload, image, Code::InvalidImageName, cause));
                }
                Ok(_) if image.pull_policy == PullPolicy::Never => {
                    findings.extend(never_pulled(&view, planned, workload, image));
                }
                Ok(_) => {}
            }
        }
    }
    findings
}

/// A node lists 50 images by default, the largest first, so that one that it does not list may be there.
fn never_pulled(
    view: &View<'_>,
    planned: &PlannedWorkload,
    workload: &Workload,
    image: &ImageUse,
) -> Option<Finding> {
    let nodes = &planned.landing()?.without_image;
    let first = nodes.first()?;
    let others = match nodes.len() {
        1 => String::new(),
        many => format!(" and {} others", many - 1),
    };
    let cause = format!(
        "The pull policy of {} is Never, and {first}{others}, where pods of {} can land, does not list it.",
        image.image, workload.name
    );
    let mut finding = about(view, workload, image, Code::ImageNeverPulled, cause);
    finding.severity = Severity::Warning;
    finding.certain = false;
    finding.settle_by =
        Some(format!("kubectl get node {first} -o jsonpath='{{.status.images}}' (the 50 largest)"));
    finding.subject.nodes.clone_from(nodes);
    Some(finding)
}

fn about(view: &View<'_>, workload: &Workload, image: &ImageUse, code: Code, cause: String) -> Finding {
    let subject = Subject {
        name: workload.name.clone(),
        namespace: workload.namespace.clone(),
        images: vec![image.image.clone()],
        ..Subject::default()
    };
    let mut finding = Finding::new(code, subject, cause);
    finding.evidence = vec![workload.id.clone()];
    let account = view.account(&workload.namespace, &workload.service_account);
    let place = Place { workload, account, format: view.scope().fix_format };
    let field = if code == Code::InvalidImageName { Field::Image } else { Field::PullPolicy };
    finding.fixes = match image.containers.first() {
        Some(container) => change_container(&place, container, field),
        None => Vec::new(),
    };
    finding
}

/// Says where manifests name what each finding is about: the object itself before those that concern its images.
pub(in crate::diagnose) fn place(findings: &mut [Finding], evidence: &Evidence) {
    let Some(preflight) = &evidence.preflight else { return };
    for finding in findings {
        finding.places = places(finding, preflight);
    }
}

fn places(finding: &Finding, preflight: &Preflight) -> Vec<ManifestPlace> {
    let own = match finding.subject.name.split_once('/') {
        Some((kind, name)) => format!("{kind}/{}/{name}", finding.subject.namespace),
        None => String::new(),
    };
    let mut places: Vec<ManifestPlace> =
        preflight.brought(&own).map(|one| one.place.clone()).into_iter().collect();
    let concerned = preflight.workloads.iter().filter(|one| finding.evidence.contains(&one.id));
    for workload in concerned {
        let images = finding.subject.images.iter();
        let written = images.filter(|image| workload.images.iter().any(|one| one.image == **image));
        let mut of_images: Vec<ManifestPlace> = written.map(|image| workload.place_of(image)).collect();
        if of_images.is_empty() {
            of_images.push(workload.place.clone());
        }
        places.extend(of_images);
    }
    let mut seen = Vec::new();
    places.retain(|place| {
        let is_new = !seen.contains(place);
        seen.push(place.clone());
        is_new
    });
    places
}
