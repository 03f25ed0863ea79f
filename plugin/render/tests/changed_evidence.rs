//! Evidence that somebody changed: whatever of it can still be read is judged and rendered without a panic, and no text of it
//! leads a terminal, a page or a shell astray.

use std::fs::File;

use regauth::bundle::Bundle;
use regauth::evidence::Evidence;
use regauth::report::Report;
use serde_json::{Value, json};

use crate::cli::Format;

/// How many documents are tried. They are the same in every run.
const TRIES: u64 = 400;
const FORMATS: [Format; 9] = [
    Format::Table,
    Format::Wide,
    Format::Json,
    Format::Yaml,
    Format::Markdown,
    Format::Html,
    Format::Junit,
    Format::Sarif,
    Format::Prometheus,
];

fn recorded() -> Vec<Evidence> {
    let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/broken-cluster.regauth"));
    Bundle::read(file.expect("the example")).expect("a bundle").evidence
}

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit.max(1) as u64).unwrap_or_default()
    }
}

fn rendered(evidence: &[Evidence]) -> Vec<String> {
    let report = Report::of_all(evidence).expect("evidence");
    let render = |format| crate::render::report(&report, format, Some(80), true).ok();
    FORMATS.into_iter().map(|format| render(format).expect("rendered")).collect()
}

/// How many values there are in it.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Changes the value that is the `at`-th; returns how many are left to be counted.
fn change(value: &mut Value, at: usize, random: &mut Random) -> Option<usize> {
    if at == 0 {
        *value = other(value, random);
        return None;
    }
    let mut left = at - 1;
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => return Some(left),
    };
    for child in children {
        left = change(child, left, random)?;
    }
    Some(left)
}

fn other(value: &Value, random: &mut Random) -> Value {
    match value {
        Value::String(_) => {
            let texts = [
                "",
                "-1",
                "$(reboot)",
                "'; reboot #",
                "<script>",
                "a/b/c/d",
                "::",
                "9999-12-31T23:59:59Z",
                "日本語",
                "|`*_",
            ];
            match random.below(texts.len() + 1) {
                at if at < texts.len() => json!(texts[at]),
                _ => json!("x".repeat(5000)),
            }
        }
        Value::Number(_) => {
            let numbers = [
                json!(0),
                json!(-1),
                json!(1),
                json!(i64::MAX),
                json!(i64::MIN),
                json!(u64::MAX),
                json!(65535),
            ];
            numbers[random.below(numbers.len())].clone()
        }
        Value::Bool(is) => json!(!is),
        Value::Array(items) if random.below(2) == 0 => items.iter().chain(items).cloned().collect(),
        Value::Array(_) => json!([]),
        Value::Object(fields) => {
            let out = random.below(fields.len());
            fields
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != out)
                .map(|(_, (key, value))| (key.clone(), value.clone()))
                .collect()
        }
        Value::Null => json!(0),
    }
}

#[test]
fn changed_evidence_is_refused_or_judged_and_never_panics() {
    let recorded = recorded();
    let whole: Vec<Value> = recorded.iter().map(|one| serde_json::to_value(one).expect("JSON")).collect();
    let (mut judged, mut random) = (0, Random(42));
    for _ in 0..TRIES {
        let part = random.below(whole.len());
        let mut changed = whole[part].clone();
        for _ in 0..=random.below(3) {
            let at = random.below(count(&changed));
            change(&mut changed, at, &mut random);
        }
        let Ok(evidence) = serde_json::from_value::<Evidence>(changed.clone()) else { continue };
        judged += 1;
        let mut all = recorded.clone();
        all[part] = evidence;
        let outputs = std::panic::catch_unwind(|| rendered(&all));
        let outputs = outputs.unwrap_or_else(|_| panic!("this evidence panics:\n{changed}"));
        assert_eq!(outputs[5].matches("<script").count(), 1, "the page's own alone: {changed}");
    }
    assert!(judged > TRIES / 4, "{judged}");
}

#[test]
fn a_word_of_the_evidence_never_ends_the_quotes_of_a_command() {
    let texts: Vec<String> = recorded().iter().map(|one| serde_json::to_string(one).expect("JSON")).collect();
    // A Secret whose name no API server would take.
    let changed = |text: &String| text.replace("\"typo\"", "\"typo'; touch /tmp/owned; '\"");
    assert!(texts.iter().any(|text| changed(text) != *text));
    let all: Vec<Evidence> =
        texts.iter().map(|text| serde_json::from_str(&changed(text)).expect("evidence")).collect();
    for finding in Report::of_all(&all).expect("evidence").findings {
        for fix in finding.fixes {
            let words = shlex::split(&fix.command).unwrap_or_default();
            assert!(!words.iter().any(|word| word == "touch"), "{}", fix.command);
        }
    }
}

#[test]
fn with_other_names_the_findings_are_the_same_and_no_name_is_left() {
    let recorded = recorded();
    let bundle = Bundle::new(recorded.clone(), recorded[0].collected_at);
    let other = bundle.anonymized().expect("other names").evidence;
    let codes = |evidence: &[Evidence]| -> Vec<_> {
        let findings = Report::of_all(evidence).expect("evidence").findings;
        findings.iter().map(|one| (one.code, one.certain, one.severity)).collect()
    };
    assert_eq!(codes(&other), codes(&recorded));
    assert!(codes(&other).len() >= 10);
    let text = serde_json::to_string(&other).expect("JSON");
    let names = [
        "regcred",
        "typo",
        "nowhere",
        "hollow",
        "puller",
        "node1",
        "secure.",
        "legacy",
        "example.test",
        "10.77.",
        "BEGIN",
    ];
    for name in names {
        let at = text.find(name).map(|at| &text[at.saturating_sub(60)..(at + 60).min(text.len())]);
        assert_eq!(at, None, "{name} is still there");
    }
    // Nor in anything that is said of it.
    for page in rendered(&other) {
        assert!(!page.contains("regcred ") && !page.contains("secure.registry"), "{page}");
    }
}
