//! The text format of metrics, version 0.0.4 (prometheus.io, "Exposition formats"): families of gauges and counters.

use std::collections::HashMap;
use std::fmt::Write;

/// So many series of one family, so that no cluster floods whoever stores them.
pub const SERIES: usize = 1_000;

/// A label's value is cut after so many characters.
const LONGEST: usize = 200;

/// Names and values of labels.
pub type Labels = Vec<(&'static str, String)>;

/// What the numbers of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// They go up and down.
    Gauge,
    /// They only grow, as long as the program runs.
    Counter,
}

/// Gauges or counters of one name, each with labels of its own.
pub struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    samples: Vec<(Labels, f64)>,
    places: HashMap<Labels, usize>,
}

impl Family {
    /// Gauges without series. `name` ends with its unit; `help` is one sentence.
    pub fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: Kind::Gauge, samples: Vec::new(), places: HashMap::new() }
    }

    /// Counters without series. `name` ends with `_total`; `help` is one sentence.
    pub fn counter(name: &'static str, help: &'static str) -> Self {
        Self { kind: Kind::Counter, ..Self::new(name, help) }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds to the series of these labels: there may be no two of the same.
    pub fn add(&mut self, labels: Labels, value: f64) {
        self.put(labels, value, |old, new| old + new);
    }

    /// Lowers the series of these labels to the value, where it is higher.
    pub fn lower(&mut self, labels: Labels, value: f64) {
        self.put(labels, value, f64::min);
    }

    fn put(&mut self, mut labels: Labels, value: f64, join: fn(f64, f64) -> f64) {
        labels.iter_mut().for_each(|(_, text)| cut(text));
        let next = self.samples.len();
        let place = *self.places.entry(labels.clone()).or_insert(next);
        match self.samples.get_mut(place) {
            Some((_, old)) => *old = join(*old, value),
            None => self.samples.push((labels, value)),
        }
    }

    /// Puts series in an order, and takes away those beyond [`SERIES`].
    pub fn bound(&mut self, by: impl Fn(f64) -> f64) -> Vec<(Labels, f64)> {
        // Stable: what was put first stays first among equals.
        self.samples.sort_by(|(_, one), (_, other)| by(*one).total_cmp(&by(*other)));
        let rest = self.samples.split_off(self.samples.len().min(SERIES));
        self.places.clear();
        rest
    }

    /// The lines; none where there is no series.
    pub fn written(&self) -> String {
        if self.samples.is_empty() {
            return String::new();
        }
        let kind = match self.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        let (name, mut out) = (self.name, header(self.name, self.help, kind));
        for (labels, value) in &self.samples {
            let _ = writeln!(out, "{name}{} {value}", braced(labels));
        }
        out
    }
}

/// What stands before a family's series.
pub fn header(name: &str, help: &str, kind: &str) -> String {
    format!("# HELP {name} {}\n# TYPE {name} {kind}\n", help.replace('\\', "\\\\"))
}

/// Labels between braces; nothing where there are none.
pub fn braced(labels: &Labels) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> =
        labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// A label's value: backslash, double quote and line feed are escaped, all else stands as it is.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn cut(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
}
