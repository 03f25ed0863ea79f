//! Messages with the causes that they leave open: those of the fixtures, and real ones, when the file with them is
//! at hand. Both are scored by the same three rules.

use std::io::Write;

use serde_json::Value;

use super::super::{Context, candidates};

#[derive(Default)]
struct Score {
    records: usize,
    first_fits: usize,
    own_in_three: usize,
    falsely_certain: usize,
}

impl Score {
    fn add(&mut self, record: &Value) {
        let found = candidates(record["message"].as_str().unwrap(), &Context::default());
        let names: Vec<&str> = found.iter().map(|candidate| candidate.code.as_str()).collect();
        let own = record["code"].as_str().unwrap();
        let others: Vec<&str> = record["also_possible"]
            .as_array()
            .map(|codes| codes.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let first_fits = names[0] == own || others.contains(&names[0]);
        let own_in_three = names.iter().take(3).any(|name| *name == own);
        let falsely_certain = !others.is_empty() && found.iter().any(|candidate| candidate.certain);
        if !(first_fits && own_in_three && !falsely_certain) {
            println!(
                "{own} certain={} first_fits={first_fits} own_in_three={own_in_three}\n  {}\n  {names:?}",
                found[0].certain, record["message"]
            );
        }
        self.records += 1;
        self.first_fits += usize::from(first_fits);
        self.own_in_three += usize::from(own_in_three);
        self.falsely_certain += usize::from(falsely_certain);
    }

    fn print(&self, name: &str) {
        let percent = |count: usize| 100.0 * count as f64 / self.records.max(1) as f64;
        println!(
            "{name}: {} records, first fits {:.1} %, own code in first three {:.1} %, ambiguous called certain {}",
            self.records,
            percent(self.first_fits),
            percent(self.own_in_three),
            self.falsely_certain
        );
    }
}

/// Scores the messages of `content`, one record a line.
fn score(name: &str, content: &str, counts: impl Fn(&Value) -> bool) -> Score {
    let mut score = Score::default();
    for line in content.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        if counts(&record) {
            score.add(&record);
        }
    }
    score.print(name);
    assert!(score.records > 0);
    score
}

impl Score {
    fn is_well_enough(&self) {
        assert!(self.first_fits * 100 >= self.records * 97);
        assert!(self.own_in_three * 100 >= self.records * 95);
        assert_eq!(self.falsely_certain, 0);
    }
}

fn is_of_nodes(record: &Value) -> bool {
    ["containerd", "kubelet"].contains(&record["tool"].as_str().unwrap())
}

/// Messages in the wordings of public reports and of the programs' sources, with identities of nobody.
#[test]
fn messages_of_the_fixtures_are_judged_well_enough() {
    let content = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/messages.jsonl"));
    score("fixtures", content, |_| true).is_well_enough();
}

#[test]
fn real_messages_are_judged_well_enough() {
    let path = std::env::var("REGAUTH_CORPUS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/pull-errors.jsonl").to_owned()
    });
    let Ok(content) = std::fs::read_to_string(&path) else {
        // Written past the test harness, which swallows what a test that passes prints.
        let _ = writeln!(std::io::stderr(), "SKIPPED: there are no messages at {path}");
        return;
    };
    let all = score("all", &content, |_| true);
    let of_nodes = score("containerd and kubelet", &content, is_of_nodes);
    all.is_well_enough();
    of_nodes.is_well_enough();
}
