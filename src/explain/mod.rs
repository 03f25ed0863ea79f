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
mod named;
mod next;
mod place;
mod records;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

use crate::diagnose::message::{Context, candidates, missing_pull_secrets};
use crate::finding::{Candidate, Code, Fix};
use crate::text::{Clean, prefix, without_controls};
use group::{Followers, Groups, Met};
use judge::{Judgement, Question, judge, may_fail};
use lines::Said;
use place::{Place, Pod, Work};
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
    /// Whether it is a chart that was pulled: no node does that.
    pub is_chart: bool,
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
    following: Vec<Following>,
    judged: HashMap<String, Judgement>,
}

/// What says that something before it failed.
struct Following {
    line: usize,
    count: u64,
    message: String,
    pod: Option<Pod>,
}

impl Reader {
    fn read(&mut self, said: &Said) {
        self.place.pass(&said.text);
        if !self.is_lone && !may_fail(&said.text) && !Place::may_be_noted(&said.text) {
            return;
        }
        let row = rows::row(&said.text);
        for record in records::read(row.message) {
            if !record.is_debug {
                let pod = record.pod.as_ref().or(row.pod.as_ref()).or_else(|| self.place.pod());
                let pod = pod.map(|pod| pod.with_container(row.container));
                self.record(said.line, row.count, pod, record);
            }
        }
    }

    fn record(&mut self, line: usize, count: u64, pod: Option<Pod>, record: Record) {
        // A record's message may be a line of another log, or a page of them.
        let inner: Vec<&str> = record.message.lines().map(|line| decoration::stripped(line).trim()).collect();
        let message = prefix(inner.join(" ").trim(), MAX_MESSAGE).to_owned();
        self.place.note(line, &message, pod.as_ref());
        if !self.is_lone && !may_fail(&message) {
            return;
        }
        let announced = || self.place.works_on(line, pod.as_ref());
        let works_on = record.image.as_deref().map(|image| (image, Work::Pull)).or_else(announced);
        let is_of_a_pod = pod.is_some();
        let key = format!("{message}\n{works_on:?}{is_of_a_pod}");
        let known = self.judged.get(&key).cloned();
        let judgement = known.unwrap_or_else(|| {
            let found = judge(&Question { message: &message, works_on, is_of_a_pod, is_lone: self.is_lone });
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
            Judgement::Follows => self.following.push(Following { line, count, message, pod }),
            Judgement::Nothing => {}
        }
    }

    /// What is told without a cause is a cause of its own where nothing explains it.
    fn explained(mut self, lines: usize) -> Explained {
        let mut followers = Followers::default();
        let mut alone = Vec::new();
        for met in std::mem::take(&mut self.unexplained) {
            match self.groups.cause_of(usize::MAX, met.judged.image.as_ref(), met.pod.as_ref()) {
                Some(of) => followers.add(met.line, met.count, &met.message, of),
                None => alone.push(met),
            }
        }
        alone.into_iter().for_each(|met| self.groups.add(met));
        for one in &self.following {
            let waits = ["timed out waiting", "progress deadline", "Failed processing"]
                .iter()
                .any(|word| one.message.contains(word));
            // Told before the cause: by who looks at the pods after a wait in vain, by Garden as a heading.
            let until = if waits { usize::MAX } else { one.line };
            if let Some(of) = self.groups.cause_of(until, None, one.pod.as_ref()) {
                followers.add(one.line, one.count, &one.message, of);
            }
        }
        let unlisted = self.groups.unlisted();
        Explained { lines, causes: self.groups.causes(), followers: followers.sorted(), unlisted }
    }
}

/// A pattern that is written down in this room, and compiled by its tests.
fn pattern(text: &'static str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}
