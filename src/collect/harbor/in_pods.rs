//! What the settings of running containers are, computed in them: values do not leave their pods, only fingerprints do.
//!
//! A shell in the container hashes each value together with a key that it reads from its standard input. Secrets of a
//! Harbor may be short enough to be guessed, so that a plain hash would give them away. The key is derived from the
//! run's own and serves nothing else; it goes by the stream of the exec, never by an argument, an environment variable
//! or a log, and whoever could read it in the pod can read the values themselves there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use super::checksums::{LIMIT, PODS_AT_ONCE, RIGHT, digest, exec_failed, is_no_program, timed_out};
use super::settings::{self, SHARED, Shared, Shown};
use crate::api::Api;
use crate::api::exec::{End, Ran};
use crate::evidence::harbor::settings::Learnt;
use crate::evidence::harbor::{Harbor, Setting, SettingValue, Unread};
use crate::evidence::{Outcome, Step};
use crate::secret::{Fingerprint, RunKey, Secret};
use crate::text::Clean;

/// What a shell begins with: it reads the key, sees that `printf` is its own (else values would become arguments of a
/// program) and finds a program that hashes.
const HEAD: &str = "LC_ALL=C; export LC_ALL; IFS= read -r k || exit 3
case \"$(command -v printf)\" in printf) ;; *) exit 4 ;; esac
if command -v sha256sum >/dev/null 2>&1; then h() { sha256sum; }
elif command -v openssl >/dev/null 2>&1; then h() { openssl dgst -sha256 -r; }
elif command -v busybox >/dev/null 2>&1; then h() { busybox sha256sum; }
else exit 5; fi
";

/// A container and the settings that it has.
type Places = BTreeMap<(String, String), Vec<&'static Shared>>;

/// Learns the settings of [`Harbor::settings`] anew in the containers that have them.
pub(super) async fn settings(api: &Api, harbor: &mut Harbor, key: &RunKey) {
    let mut input = zeroize::Zeroizing::new(key.settings_key().expose().to_string());
    input.push('\n');
    let input = Secret::from(input);
    let places = places(&harbor.settings);
    let namespace = harbor.namespace.clone();
    let asking = places.iter().map(|((pod, container), wanted)| {
        let (namespace, input) = (&namespace, &input);
        async move {
            let script = script(wanted);
            let command = ["sh", "-c", script.as_str()];
            let ran = api.exec((namespace, pod, container), &command, Some(input));
            let learnt = match timeout(LIMIT, ran).await {
                Err(_) => Err(timed_out().of_any()),
                Ok(Err(error)) => Err(exec_failed(&error).of_any()),
                Ok(Ok(ran)) => lines(&ran),
            };
            (pod, container, learnt)
        }
    });
    let answers: Vec<_> = stream::iter(asking).buffered(PODS_AT_ONCE).collect().await;
    for (pod, container, answer) in answers {
        match answer {
            Ok(lines) => take(&mut harbor.settings, pod, container, &lines),
            Err(outcome) => harbor.unread.push(Unread {
                settled_by: match outcome {
                    Outcome::Denied { .. } => Clean::new(RIGHT),
                    _ => Clean::default(),
                },
                what: format!("settings in pod {pod}, container {container}"),
                outcome,
            }),
        }
    }
}

fn places(all: &[Setting]) -> Places {
    let mut places = Places::new();
    for shared in SHARED {
        for value in all.iter().filter(|one| one.name == shared.name).flat_map(|one| &one.values) {
            places.entry((value.pod.clone(), value.container.clone())).or_default().push(shared);
        }
    }
    places
}

/// The script for some settings. Names are this program's own words, so nothing has to be quoted.
fn script(wanted: &[&Shared]) -> String {
    let mut script = HEAD.to_string();
    for setting in wanted {
        let name = setting.name;
        let _ = if setting.is_file() {
            writeln!(
                script,
                "if [ -r {name} ]; then printf 'set {name} - '; {{ printf '%s\\n%s\\n' \"$k\" {name}; cat {name}; }} | h; \
                 elif [ ! -e {name} ]; then printf 'unset {name}\\n'; fi"
            )
        } else {
            writeln!(
                script,
                "if [ \"${{{name}+x}}\" ]; then printf 'set {name} %s ' \"${{#{name}}}\"; \
                 printf '%s\\n%s\\n%s' \"$k\" {name} \"${name}\" | h; else printf 'unset {name}\\n'; fi"
            )
        };
        // The two that are no secret and mean something by themselves. What stands before an `@` stays in the pod.
        if matches!(name, "EXT_ENDPOINT" | "CORE_LOCAL_URL") {
            let _ = writeln!(
                script,
                "case \"${name}\" in http://* | https://*) t=${{{name}#*://}}; \
                 printf 'shown {name} %s://%s\\n' \"${{{name}%%:*}}\" \"${{t##*@}}\" ;; esac"
            );
        }
    }
    script
}

/// What a container told of one setting.
#[derive(Default)]
struct Told {
    unset: bool,
    fingerprint: Option<Fingerprint>,
    bytes: Option<usize>,
    shown: Option<Clean>,
}

fn lines(ran: &Ran) -> Result<BTreeMap<String, Told>, Outcome<()>> {
    let failed = |why: &str| Err(Outcome::Failed { step: Step::Exec, message: Clean::with_cap(why, 512) });
    match &ran.end {
        End::Exit(0) => {}
        End::NotStarted(words) if is_no_program(words.as_str()) => return failed("the image has no shell"),
        End::Exit(126 | 127) => return failed("the image has no shell"),
        End::Exit(4) => return failed("the image's shell has no printf of its own"),
        End::Exit(5) => {
            return failed("the image has no program for checksums (sha256sum, openssl or busybox)");
        }
        End::Exit(status) => return failed(&format!("the shell ended with status {status}")),
        End::NotStarted(words) => return failed(&format!("the shell could not be run: {words}")),
        End::Unknown => return failed("the connection ended before the shell did"),
    }
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for line in ran.stdout.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(what), Some(name)) = (words.next(), words.next()) else { continue };
        let rest = words.next().unwrap_or_default();
        let one = told.entry(name.to_string()).or_default();
        match what {
            "set" => {
                let (length, hash) = rest.split_once(' ').unwrap_or_default();
                one.fingerprint = digest(hash).and_then(|digits| Fingerprint::of_sha256(&digits));
                one.bytes = length.parse().ok();
            }
            "unset" => one.unset = true,
            "shown" => one.shown = settings::shown(Shown::Url, rest),
            _ => {}
        }
    }
    Ok(told)
}

/// Puts what a container told in the place of what its spec said.
fn take(all: &mut [Setting], pod: &str, container: &str, told: &BTreeMap<String, Told>) {
    for setting in all {
        let Some((told, shared)) =
            told.get(&setting.name).zip(SHARED.iter().find(|shared| shared.name == setting.name))
        else {
            continue;
        };
        let theirs = |value: &&mut SettingValue| value.pod == pod && value.container == container;
        let Some(value) = setting.values.iter_mut().find(theirs) else { continue };
        if told.unset {
            let (pod, container) = (value.pod.clone(), value.container.clone());
            let from = "unset".to_string();
            let learnt = Learnt::Unset;
            *value =
                SettingValue { pod, container, from, learnt, fingerprint: None, bytes: None, shown: None };
        } else if let Some(fingerprint) = &told.fingerprint {
            // What the spec says it is may still be shown where it is the same.
            let same = value.fingerprint.as_ref() == Some(fingerprint);
            value.shown = told.shown.clone().or(value.shown.take().filter(|_| same));
            value.bytes = told.bytes.filter(|_| shared.shown == Shown::Length);
            value.fingerprint = Some(fingerprint.clone());
            value.learnt = Learnt::InPod;
        }
    }
}

#[cfg(test)]
#[path = "in_pods_tests.rs"]
mod tests;
