//! Numbers that no check-up writes, and an archive may hold all the same: none of them ends the program.

use std::collections::BTreeSet;

use regauth::bundle::Bundle;
use regauth::evidence::Evidence;
use regauth::report::Report;
use serde_json::{Value, json};

use crate::render::Format;

const EXAMPLE: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/broken-cluster.regauth"));
/// Those that calculate with numbers.
const FORMATS: [Format; 5] =
    [Format::Table, Format::Markdown, Format::Html, Format::Junit, Format::Prometheus];

/// The recorded check-up as JSON, with repeated pushes in each of its probes.
fn recorded() -> Vec<Value> {
    let evidence = Bundle::read(EXAMPLE).unwrap().evidence;
    let mut all: Vec<Value> = evidence.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
    let series = json!({"asked": 9, "accepted": 3, "refused": 3, "failed": 3, "tookMs": 1});
    let targets = all.iter_mut().filter_map(|one| one.get_mut("probes")?.as_array_mut()).flatten();
    let targets = targets.filter_map(|probe| probe.pointer_mut("/outcome/value/targets")?.as_array_mut());
    let count = targets.flatten().map(|target| target["series"] = series.clone()).count();
    assert!(count > 0, "the recorded check-up has probes");
    all
}

/// Each number in a field, and the field's name.
fn numbers(value: &mut Value, key: &str, change: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Number(_) => change(key, value),
        Value::Array(items) => items.iter_mut().for_each(|item| numbers(item, key, change)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| numbers(value, key, change)),
        _ => {}
    }
}

/// The evidence with every number of these fields replaced; `None` where a field cannot hold it.
fn with(evidence: &[Value], fields: &dyn Fn(&str) -> bool, number: &Value) -> Option<Vec<Evidence>> {
    let mut evidence = evidence.to_vec();
    let mut change = |key: &str, value: &mut Value| {
        if fields(key) {
            *value = number.clone();
        }
    };
    evidence.iter_mut().for_each(|one| numbers(one, "", &mut change));
    evidence.into_iter().map(|one| serde_json::from_value(one).ok()).collect()
}

#[test]
fn whatever_numbers_an_archive_holds_it_is_judged_and_rendered() {
    let recorded = recorded();
    let mut fields = BTreeSet::new();
    recorded.clone().iter_mut().for_each(|one| {
        numbers(one, "", &mut |key, _| {
            fields.insert(key.to_string());
        })
    });
    for known in ["tookMs", "refused", "leastLagUs", "value"] {
        assert!(fields.contains(known), "{known}");
    }
    // As it is, it can be read.
    recorded.iter().for_each(|one| drop(serde_json::from_value::<Evidence>(one.clone()).unwrap()));
    for field in &fields {
        // The largest that it can hold, and the smallest.
        let down = [json!(u64::MAX), json!(i64::MAX), json!(u32::MAX), json!(u16::MAX), json!(u8::MAX)];
        let up = [json!(i64::MIN), json!(0)];
        for extremes in [down.as_slice(), &up] {
            let held = extremes.iter().find_map(|number| with(&recorded, &|key| key == field, number));
            // A percentage may not be any.
            held.as_deref().into_iter().for_each(rendered);
            assert!(held.is_some() || field == "rateLimitThresholdPercent", "{field}");
        }
    }
}

fn rendered(evidence: &[Evidence]) {
    let report = Report::of_all(evidence).unwrap();
    for format in FORMATS {
        assert!(!super::super::report(&report, format, Some(100), false).unwrap().is_empty());
    }
}
