//! Words that the sentences of several rules have.

use std::collections::BTreeSet;

use super::pullers::{Puller, State, Use};
use crate::code::Code;
use crate::evidence::workloads::{PullSecret, Workload};
use crate::finding::{Finding, Subject};
use crate::plan::SecretSource;

/// How many of several are named.
const EXAMPLES: usize = 3;

/// `deploy/a`, `deploy/a and deploy/b`, `deploy/a, deploy/b, deploy/c and 37 more`; sorted, each once.
pub(super) fn some_of<'t>(names: impl IntoIterator<Item = &'t str>) -> String {
    let names: Vec<&str> = names.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] if names.len() <= EXAMPLES => format!("{} and {last}", first.join(", ")),
        many => format!("{} and {} more", many[..EXAMPLES].join(", "), many.len() - EXAMPLES),
    }
}

/// Who names a pull secret: `deploy/a and deploy/b name it`, `serviceaccount/ci names it for deploy/a`.
pub(super) fn who_names(pullers: &[&Puller<'_>]) -> String {
    let by = |source: SecretSource| pullers.iter().filter(move |puller| puller.source == source);
    let own: Vec<&str> = by(SecretSource::Workload).map(|puller| puller.workload.name.as_str()).collect();
    let accounts: BTreeSet<String> = by(SecretSource::ServiceAccount)
        .map(|puller| format!("serviceaccount/{}", puller.workload.service_account))
        .collect();
    let theirs: Vec<&str> =
        by(SecretSource::ServiceAccount).map(|puller| puller.workload.name.as_str()).collect();
    let verb = |count: usize| if count == 1 { "names" } else { "name" };
    let mut parts = Vec::new();
    if !own.is_empty() {
        let count = own.iter().collect::<BTreeSet<_>>().len();
        parts.push(format!("{} {} it", some_of(own), verb(count)));
    }
    if !accounts.is_empty() {
        let names = some_of(accounts.iter().map(String::as_str));
        parts.push(format!("{names} {} it for {}", verb(accounts.len()), some_of(theirs)));
    }
    parts.join(", and ")
}

/// What softens a fault: that pods have started all of their images with these very pull secrets.
pub(super) fn all_the_same(pullers: &[&Puller<'_>]) -> &'static str {
    let works = |puller: &&Puller<'_>| {
        !puller.uses.is_empty() && puller.uses.iter().all(|one| one.state == State::Works)
    };
    if pullers.iter().all(works) { " Pulls work all the same." } else { "" }
}

/// A finding about a pull secret, with all that name it as its evidence.
pub(super) fn about_secret(
    secret: &PullSecret,
    code: Code,
    pullers: &[&Puller<'_>],
    uses: &[&Use<'_>],
    cause: String,
) -> Finding {
    let subject = Subject { name: format!("secret/{}", secret.name), ..subject_of(uses) };
    let mut finding = Finding::new(code, subject, cause);
    let mut evidence = BTreeSet::from([secret.id.clone()]);
    evidence.extend(pullers.iter().flat_map(|puller| ids(puller)));
    finding.evidence = evidence.into_iter().collect();
    explain(&mut finding, uses);
    finding
}

/// A finding about one workload or several.
pub(super) fn about_workloads(
    name: String,
    code: Code,
    pullers: &[&Puller<'_>],
    uses: &[&Use<'_>],
    cause: String,
) -> Finding {
    let mut finding = Finding::new(code, Subject { name, ..subject_of(uses) }, cause);
    let evidence: BTreeSet<String> = pullers.iter().flat_map(|puller| ids(puller)).collect();
    finding.evidence = evidence.into_iter().collect();
    explain(&mut finding, uses);
    finding
}

/// Ids of a workload and, where that names its pull secrets, of its ServiceAccount.
fn ids(puller: &Puller<'_>) -> Vec<String> {
    let Workload { id, namespace, service_account, .. } = puller.workload;
    let by_account = puller.source == SecretSource::ServiceAccount;
    let account = by_account.then(|| format!("serviceaccount/{namespace}/{service_account}"));
    std::iter::once(id.clone()).chain(account).collect()
}

fn subject_of(uses: &[&Use<'_>]) -> Subject {
    let set = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_string).collect();
    let failing = || uses.iter().flat_map(|one| &one.failing);
    Subject {
        images: set(uses.iter().map(|one| one.image.image.as_str()).collect()),
        nodes: set(failing().map(|pull| pull.node.as_str()).filter(|node| !node.is_empty()).collect()),
        ..Subject::default()
    }
}

/// Adds the pulls that fail by it, with what was said.
fn explain(finding: &mut Finding, uses: &[&Use<'_>]) {
    let explained = || uses.iter().flat_map(|one| one.explained());
    let ids: BTreeSet<&str> = explained().map(|pull| pull.id.as_str()).collect();
    finding.evidence.extend(ids.into_iter().map(str::to_string));
    let said: BTreeSet<_> = explained().filter_map(|pull| pull.message.clone()).collect();
    finding.messages = said.into_iter().take(1).collect();
}
