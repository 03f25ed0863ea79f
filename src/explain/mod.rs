//! Pasted text: which errors of pulls and pushes are in it, what may have caused them, what only follows from them.
//!
//! `lines` takes logs' decoration off and joins what belongs together, `records` takes logfmt, klog and JSON apart,
//! `judge` asks the classifier (`diagnose::message`) about what is about images at all, `group` puts together what
//! has one cause. Pure: the text is all there is.

mod decoration;
mod group;
mod image;
mod judge;
mod lines;
mod next;
mod place;
mod records;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::diagnose::message::{Context, candidates, missing_pull_secrets};
use crate::finding::{Candidate, Code, Fix};
use crate::text::{Clean, prefix, without_controls};
use group::{Followers, Groups, Met};
use judge::{Judgement, Question, judge};
use lines::Said;
use place::{Place, Pod};
use records::Record;

/// Longer messages are cut: the classifier looks no further.
const MAX_MESSAGE: usize = 32 * 1024;

/// What a text says of pulls and pushes that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// How many lines the text has.
    pub lines: usize,
    /// Causes, in the order in which the text first shows them.
    pub causes: Vec<Cause>,
    /// Lines that only follow from one of the causes.
    pub followers: Vec<Follower>,
    /// How often further causes are told, beyond the first 500.
    pub unlisted: u64,
}

/// One cause, and where the text shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The first line that shows it, from 1.
    pub line: usize,
    /// How often it is told, with the counts that events carry.
    pub count: u64,
    /// The message that says most of it.
    pub message: Clean,
    /// What it may be, likeliest first; never empty.
    pub candidates: Vec<Candidate>,
    /// Images concerned.
    pub images: Vec<String>,
    /// Registries concerned.
    pub registries: Vec<String>,
    /// Hosts that the messages name: registries, token services, storage.
    pub hosts: Vec<String>,
    /// Pods concerned, as `NAMESPACE/NAME`, or `NAME` where the text says no namespace.
    pub pods: Vec<String>,
}

impl Cause {
    /// The likeliest.
    pub fn code(&self) -> Code {
        self.candidates.first().map_or(Code::Unknown, |candidate| candidate.code)
    }

    /// Whether no other cause is left.
    pub fn is_certain(&self) -> bool {
        self.candidates.first().is_some_and(|candidate| candidate.certain)
    }

    /// The object that it is about: `image/…`, `registry/…`, or empty where the text names neither.
    pub fn subject(&self) -> String {
        let image = self.images.first().filter(|_| group::is_of_the_image(self.code()));
        let secret = missing_pull_secrets(self.message.as_str()).into_iter().next();
        if let (Code::PullSecretMissing, Some(name)) = (self.code(), secret) {
            return format!("secret/{name}");
        }
        let registry = || self.registries.first().map(|registry| format!("registry/{registry}"));
        image.map(|image| format!("image/{image}")).or_else(registry).unwrap_or_default()
    }

    /// Commands to run next, with what the text names filled in. `namespace`: that of pods whose own the text does
    /// not say.
    pub fn next(&self, namespace: Option<&str>) -> Vec<Fix> {
        next::commands(self, namespace)
    }
}

/// A line that says no more than that something before it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The first such line, from 1.
    pub line: usize,
    /// How often it is there.
    pub count: u64,
    /// Its text.
    pub message: Clean,
    /// The line of the [`Cause`] that it follows from.
    pub follows: usize,
}

/// A row of the events that `kubectl describe` prints.
static DESCRIBED_EVENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:Normal|Warning)\s{2,}[A-Z]\w+\s{2,}\S+(?: \(x(?P<count>\d+) over [^)]*\)\s+|\s{2,})",
        r"\S+(?:, \S+)*\s{2,}(?P<message>.*)$"
    ))
});

/// A row of `kubectl get events`, with `-A` and `-o wide` also.
static LISTED_EVENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:(?P<namespace>[a-z0-9-]+)\s+)?\S+(?: \(x(?P<count>\d+) over [^)]*\))?\s{2,}(?:Normal|Warning)\s{2,}[A-Z]\w+\s{2,}",
        r"(?P<kind>[a-z]+)/(?P<name>\S+)\s{2,}(?:spec\.\S+\s{2,})?(?:kubelet\S*(?: \S+)?\s{2,})?(?P<message>.*)$"
    ))
});

/// A row of `kubectl get pods` whose image cannot be had.
static LISTED_POD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:(?P<namespace>[a-z0-9-]+)\s+)?(?P<name>[a-z0-9][a-z0-9.-]*)\s+\d+/\d+\s+(?:Init:)?",
        r"(?P<message>ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)\s.*$"
    ))
});

/// Explains a text: one message, or a log, a description, a table of events.
pub fn explain(text: &str) -> Explained {
    let said = lines::said(text);
    // Whoever gives nothing but one message holds it for a registry's.
    let is_lone = said.len() == 1;
    let mut reader = Reader { is_lone, ..Reader::default() };
    for one in &said {
        reader.read(one);
    }
    reader.explained(text.lines().count())
}

/// What one message may be caused by, likeliest first: the message as it is, a JSON string, or an object with the
/// field `message`. Empty for an empty one.
pub fn message(line: &str) -> Vec<Candidate> {
    let text = match serde_json::from_str::<Value>(line.trim()) {
        Ok(Value::String(text)) => text,
        Ok(Value::Object(fields)) => match fields.get("message") {
            Some(Value::String(text)) => text.clone(),
            _ => line.to_owned(),
        },
        _ => line.to_owned(),
    };
    let clean: Vec<String> = prefix(&text, MAX_MESSAGE).lines().map(without_controls).collect();
    let stripped: Vec<&str> = clean.iter().map(|line| decoration::stripped(line).trim_end()).collect();
    let text = stripped.join("\n");
    match text.trim() {
        "" => Vec::new(),
        text => candidates(text, &Context::default()),
    }
}

/// Goes through what was said.
#[derive(Default)]
struct Reader {
    is_lone: bool,
    place: Place,
    groups: Groups,
    /// Pulls that fail without a word on why.
    unexplained: Vec<Met>,
    /// Line, count and text of what follows from something.
    following: Vec<(usize, u64, String)>,
    judged: HashMap<String, Judgement>,
}

impl Reader {
    fn read(&mut self, said: &Said) {
        self.place.pass(said.line, &said.text);
        let (text, count, pod) = unrowed(&said.text);
        for record in records::read(text) {
            if !record.is_debug {
                let pod = record.pod.clone().or_else(|| pod.clone()).or_else(|| self.place.pod().cloned());
                self.record(said.line, count, pod, record);
            }
        }
    }

    fn record(&mut self, line: usize, count: u64, pod: Option<Pod>, record: Record) {
        // A record's message may be a line of another log, or a page of them.
        let inner: Vec<&str> = record.message.lines().map(|line| decoration::stripped(line).trim()).collect();
        let message = prefix(inner.join(" ").trim(), MAX_MESSAGE).to_owned();
        let works_on =
            record.image.as_deref().map(|image| (image, false)).or_else(|| self.place.works_on(line));
        let key = format!("{message}\n{works_on:?}");
        let known = self.judged.get(&key).cloned();
        let judgement = known.unwrap_or_else(|| {
            let found = judge(&Question { message: &message, works_on, is_lone: self.is_lone });
            if !matches!(found, Judgement::Nothing) {
                self.judged.insert(key, found.clone());
            }
            found
        });
        match judgement {
            Judgement::Error(judged) => self.groups.add(Met { line, count, message, judged, pod }),
            Judgement::Unexplained(judged) => {
                self.unexplained.push(Met { line, count, message, judged, pod })
            }
            Judgement::Follows => self.following.push((line, count, message)),
            Judgement::Nothing => {}
        }
    }

    /// What is told without a cause is a cause of its own where nothing explains it.
    fn explained(mut self, lines: usize) -> Explained {
        let mut followers = Followers::default();
        let nothing_explains = self.groups.is_empty();
        for met in std::mem::take(&mut self.unexplained) {
            match self.groups.cause_before(usize::MAX, met.judged.image.as_ref()) {
                Some(of) if !nothing_explains => followers.add(met.line, met.count, &met.message, of),
                _ => self.groups.add(met),
            }
        }
        for (line, count, message) in &self.following {
            let waits = ["timed out waiting", "progress deadline", "Failed processing"]
                .iter()
                .any(|word| message.contains(word));
            // Told before the cause: by who looks at the pods after a wait in vain, by Garden as a heading.
            let until = if waits { usize::MAX } else { *line };
            if let Some(of) = self.groups.cause_before(until, None) {
                followers.add(*line, *count, message, of);
            }
        }
        let unlisted = self.groups.unlisted();
        Explained { lines, causes: self.groups.causes(), followers: followers.sorted(), unlisted }
    }
}

/// The message of a row of a table, how often an event says that it happened, and the pod it is about.
fn unrowed(text: &str) -> (&str, u64, Option<Pod>) {
    let forms = [&*DESCRIBED_EVENT, &*LISTED_EVENT, &*LISTED_POD];
    let Some(found) = forms.iter().find_map(|form| form.captures(text)) else { return (text, 1, None) };
    let group = |name: &str| found.name(name).map(|group| group.as_str());
    let count = group("count").and_then(|count| count.parse().ok()).unwrap_or(1);
    let is_pod = group("kind").is_none_or(|kind| kind == "pod");
    let namespace = group("namespace").unwrap_or_default();
    let pod = group("name").filter(|_| is_pod).and_then(|name| Pod::new(namespace, name));
    (group("message").unwrap_or(text), count, pod)
}

/// A pattern that is written down in this room, and compiled by its tests.
fn pattern(text: &'static str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}
