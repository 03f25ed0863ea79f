//! What must be equal on all pods: settings, images and versions.

use super::about::{about, list, whole};
use super::version::{parse, tag};
use super::view::{Core, View};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::harbor::settings::Learnt;
use crate::evidence::harbor::{CorePod, PodState, Setting, SettingValue};
use crate::finding::{Finding, Severity};
use crate::text::url::host;

/// The key of core's protection against cross-site requests, and its length in bytes. Core makes one at random where it
/// has another length (`src/server/middleware/csrf/csrf.go` of Harbor 2.16).
const CSRF_KEY: (&str, usize) = ("CSRF_KEY", 32);
/// The registry's htpasswd file, which holds what core's credential is checked against.
const REGISTRY_PASSWD: &str = "/etc/registry/passwd";
/// Where core reaches itself.
const CORE_LOCAL_URL: &str = "CORE_LOCAL_URL";

/// Settings that differ, or that each process makes up for itself.
pub(in crate::diagnose) fn drifting_settings(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let Some(harbor) = view.harbor else { return Vec::new() };
    let mut findings = Vec::new();
    for setting in &harbor.settings {
        findings.extend(match setting.name.as_str() {
            CORE_LOCAL_URL => not_loopback(&view, setting),
            name if name == CSRF_KEY.0 => made_up(&view, setting).or_else(|| differs(&view, setting)),
            _ => differs(&view, setting),
        });
    }
    findings.extend(certificates(&view));
    findings
}

/// The values of pods that are not being deleted.
fn current<'a>(view: &View<'a>, setting: &'a Setting) -> Vec<&'a SettingValue> {
    let gone =
        |pod: &str| view.cores.iter().any(|core| core.name == pod && core.state() == PodState::Terminating);
    setting.values.iter().filter(|value| value.learnt != Learnt::Unread && !gone(&value.pod)).collect()
}

/// A finding about a setting.
fn drift(view: &View<'_>, setting: &Setting, pods: &[&SettingValue], cause: String) -> Finding {
    let is_in = |core: &&Core<'_>| pods.iter().any(|value| value.pod == core.name);
    let cores: Vec<&Core<'_>> = view.cores.iter().filter(is_in).collect();
    let mut finding = about(view, Code::HarborConfigDrift, &cores, whole(view), cause);
    finding.evidence.insert(0, format!("harbor/setting/{}", setting.name));
    finding
}

fn differs(view: &View<'_>, setting: &Setting) -> Option<Finding> {
    let values = current(view, setting);
    let mut kinds: Vec<(Option<&str>, Vec<&SettingValue>)> = Vec::new();
    for value in values {
        let key = value.fingerprint.as_ref().map(|print| print.as_str());
        let key = key.or_else(|| value.shown.as_ref().map(|shown| shown.as_str()));
        // What was learnt without a value to compare says nothing; what is unset is a value of its own.
        if key.is_none() && value.learnt != Learnt::Unset {
            continue;
        }
        match kinds.iter_mut().find(|(known, _)| *known == key) {
            Some((_, same)) => same.push(value),
            None => kinds.push((key, vec![value])),
        }
    }
    if kinds.len() < 2 {
        return None;
    }
    kinds.sort_by_key(|(_, same)| std::cmp::Reverse(same.len()));
    let told: Vec<String> = kinds.iter().map(|(_, same)| holders(same)).collect();
    let mut cause = format!("{} differs: {}.", setting.name, told.join("; "));
    cause.push_str(consequence(&setting.name));
    if view.rollout().is_some_and(|rollout| !rollout.stuck) {
        cause.push_str(" A rollout is in progress, with which it may pass.");
    }
    // The most common value is taken for the right one where there is one.
    let is_tied = matches!(kinds.as_slice(), [(_, first), (_, second), ..] if first.len() == second.len());
    let odd: Vec<&SettingValue> =
        kinds.iter().skip(usize::from(!is_tied)).flat_map(|(_, same)| same.iter().copied()).collect();
    let mut finding = drift(view, setting, &odd, cause);
    // What the objects hold now may be newer than what the processes have.
    let from_objects = |value: &&SettingValue| value.learnt == Learnt::FromSpec && value.from != "env";
    if setting.name == REGISTRY_PASSWD {
        // bcrypt salts each line at random: two files of one password differ.
        finding.certain = false;
        finding.settle_by =
            Some("whether core's REGISTRY_CREDENTIAL_USERNAME and REGISTRY_CREDENTIAL_PASSWORD fit each of these files".into());
    } else if kinds.iter().flat_map(|(_, same)| same.iter()).any(from_objects) {
        finding.certain = false;
        finding.settle_by = Some("what the running containers have (--exec)".into());
    }
    Some(finding)
}

/// `harbor-core-1 and harbor-core-2 (secret/harbor-core)`.
fn holders(values: &[&SettingValue]) -> String {
    let names: Vec<&str> = values.iter().map(|value| value.pod.as_str()).collect();
    let Some(first) = values.first() else { return String::new() };
    let shown = first.shown.as_ref().map(|shown| format!("{shown}, ")).unwrap_or_default();
    let from = if first.learnt == Learnt::Unset { "unset" } else { first.from.as_str() };
    format!("{} ({shown}{from})", list(&names))
}

/// What comes of it, where that is known (Harbor 2.16).
fn consequence(name: &str) -> &'static str {
    match name {
        "/etc/core/key" => " What one core encrypts (robot secrets, registry endpoints) another cannot read.",
        "CSRF_KEY" => " A form of the portal that one core made another refuses.",
        "CORE_SECRET" | "JOBSERVICE_SECRET" => {
            " Components refuse each other's requests: replication, scans and garbage collection fail now and then."
        }
        "REGISTRY_HTTP_SECRET" => " An upload that one registry pod began another refuses.",
        "EXT_ENDPOINT" => " Clients are sent to different token services.",
        REGISTRY_PASSWD => {
            " The files differ, which may be the same password with another salt; if it is another password, the registry refuses some requests of core, whatever the client's credential."
        }
        name if name.starts_with("REGISTRY_CREDENTIAL") => {
            " The registry refuses some cores, whatever the client's credential."
        }
        _ => "",
    }
}

/// Core makes a key of its own where it has none of the right length.
fn made_up(view: &View<'_>, setting: &Setting) -> Option<Finding> {
    let cores = view.cores.iter().filter(|core| core.state() != PodState::Terminating).count();
    if cores < 2 {
        return None;
    }
    let bad = |value: &&SettingValue| {
        value.learnt == Learnt::Unset || value.bytes.is_some_and(|bytes| bytes != CSRF_KEY.1)
    };
    let bad: Vec<&SettingValue> = current(view, setting).into_iter().filter(bad).collect();
    let first = bad.first()?;
    let names: Vec<&str> = bad.iter().map(|value| value.pod.as_str()).collect();
    let what = match first.bytes {
        Some(bytes) if first.learnt != Learnt::Unset => {
            format!("has {bytes} bytes in place of {}", CSRF_KEY.1)
        }
        _ => "is not set".into(),
    };
    let cause = format!(
        "{} {what} on {}: each process makes one at random, so a form of the portal that one core made another refuses.",
        CSRF_KEY.0,
        list(&names)
    );
    Some(drift(view, setting, &bad, cause))
}

fn not_loopback(view: &View<'_>, setting: &Setting) -> Option<Finding> {
    let is_elsewhere = |value: &&SettingValue| {
        value.shown.as_ref().is_some_and(|url| !url.is_empty() && !is_loopback(url.as_str()))
    };
    let bad: Vec<&SettingValue> = current(view, setting).into_iter().filter(is_elsewhere).collect();
    let url = bad.first()?.shown.as_ref()?;
    let names: Vec<&str> = bad.iter().map(|value| value.pod.as_str()).collect();
    let cause = format!(
        "{CORE_LOCAL_URL} is {url} on {}, where core should reach itself: its own requests come to other cores, which may hold another key.",
        list(&names)
    );
    Some(drift(view, setting, &bad, cause))
}

/// Whether a URL leads to the machine itself.
fn is_loopback(url: &str) -> bool {
    let host = host(url);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A certificate that is not the key's beside it.
fn certificates(view: &View<'_>) -> Vec<Finding> {
    let secrets = view.harbor.iter().flat_map(|harbor| &harbor.key_secrets);
    let bad = secrets.filter_map(|secret| {
        let crate::evidence::Outcome::Seen { value } = &secret.outcome else { return None };
        let (key, certificate) = (value.kid.as_ref()?, value.certificate_kid.as_ref()?);
        (key != certificate).then_some(secret)
    });
    bad.map(|secret| {
        let cause = format!(
            "secret/{} holds a tls.crt that is not of its private key: the two were made at different times, and what trusts the certificate refuses the key's tokens.",
            secret.name
        );
        let mut finding =
            about(view, Code::HarborConfigDrift, &[], format!("secret/{}", secret.name), cause);
        finding.evidence = vec![format!("harbor/secret/{}", secret.name)];
        finding.fixes = crate::fix::harbor::certificate(view, &secret.name);
        finding
    })
    .collect()
}

/// Cores of different images or versions, and components of another release.
pub(in crate::diagnose) fn versions(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    among_cores(&view).into_iter().chain(of_others(&view)).collect()
}

/// What a core runs, to compare and in words: the digest that really runs where all are compared by it, else its image's
/// name, else its version where it says so.
fn runs(core: &Core<'_>, by_digest: bool) -> Option<(String, String)> {
    let version = core.seen.and_then(|seen| seen.info.as_ref()?.version.as_ref()).map(ToString::to_string);
    let image = core.pod.map(|pod| match digest(pod).filter(|_| by_digest) {
        Some(digest) => {
            let short: String = digest.chars().take(19).collect();
            // Images of two releases may hold the same bytes, and be of two releases all the same.
            let release = tag(&pod.image).filter(|tag| parse(tag).is_some()).unwrap_or_default();
            (format!("{digest} {release}"), format!("{} ({short}…)", pod.image))
        }
        None => (pod.image.clone(), pod.image.clone()),
    });
    image.or(version.map(|version| (version.clone(), version))).filter(|(key, _)| !key.is_empty())
}

/// `sha256:…` of the manifest that really runs. An `imageID` without a repository names the image's configuration, which
/// has another digest (containerd, by how the image came to the node).
fn digest(pod: &CorePod) -> Option<&str> {
    pod.image_id.rsplit_once('@').map(|(_, digest)| digest).filter(|digest| digest.starts_with("sha256:"))
}

fn among_cores(view: &View<'_>) -> Option<Finding> {
    let current = || view.cores.iter().filter(|core| core.state() != PodState::Terminating);
    let by_digest = current().filter_map(|core| core.pod).all(|pod| digest(pod).is_some());
    let mut known: Vec<String> = Vec::new();
    let mut kinds: Vec<(String, Vec<&Core<'_>>)> = Vec::new();
    for core in current() {
        let Some((key, what)) = runs(core, by_digest) else { continue };
        let place = known.iter().position(|one| *one == key);
        match place.and_then(|place| kinds.get_mut(place)) {
            Some((_, same)) => same.push(core),
            None => {
                known.push(key);
                kinds.push((what, vec![core]));
            }
        }
    }
    if kinds.len() < 2 {
        return None;
    }
    kinds.sort_by_key(|(_, same)| std::cmp::Reverse(same.len()));
    let told: Vec<String> =
        kinds.iter().map(|(what, same)| format!("{what} on {}", super::about::names(same))).collect();
    let odd: Vec<&Core<'_>> = kinds.iter().skip(1).flat_map(|(_, same)| same.iter().copied()).collect();
    let what = if odd.iter().any(|core| core.pod.is_some()) { "images" } else { "versions" };
    let mut cause = format!("Harbor's cores run different {what}: {}.", told.join("; "));
    let in_progress = view.rollout().filter(|rollout| !rollout.stuck);
    if let Some(rollout) = in_progress {
        cause.push_str(&format!(
            " A rollout of {} is in progress ({} of {} pods renewed): this passes when it ends.",
            rollout.workload, rollout.updated, rollout.wanted
        ));
    }
    let mut finding = about(view, Code::HarborVersionMismatch, &odd, whole(view), cause);
    if in_progress.is_some() {
        finding.severity = Severity::Info;
    }
    Some(finding)
}

/// Jobservice and registry have the release's tag too.
fn of_others(view: &View<'_>) -> Option<Finding> {
    let harbor = view.harbor?;
    let release = |image: &str| parse(tag(image)?);
    let of_cores =
        view.cores.iter().filter(|core| core.serves()).filter_map(|core| release(&core.pod?.image)).max()?;
    let other = |pod: &&crate::evidence::harbor::pods::OtherPod| {
        pod.state == PodState::Ready && release(&pod.image).is_some_and(|version| version != of_cores)
    };
    let odd: Vec<String> = harbor
        .others
        .iter()
        .filter(other)
        .map(|pod| format!("{} {} ({})", pod.component, pod.name, pod.image))
        .collect();
    if odd.is_empty() {
        return None;
    }
    let (major, minor, patch) = of_cores;
    let cause =
        format!("Harbor's core is of release {major}.{minor}.{patch} and others are not: {}.", list(&odd));
    let mut finding =
        about(view, Code::HarborVersionMismatch, &[], format!("namespace/{}", view.namespace()), cause);
    finding.evidence = vec!["harbor/others".into()];
    if harbor.rollouts.iter().any(|rollout| !rollout.stuck) {
        finding.severity = Severity::Info;
        finding.cause.push_str(" A rollout is in progress, with which it may pass.");
    }
    Some(finding)
}
