//! What a scenario does before its run: a Harbor that it installs, pods that it waits for, the words it begins with.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::scenario::fill;
use crate::support::cluster::wait_for;
use crate::support::harbor::{Harbor, Setup, TokenKey};
use crate::support::space::Space;

/// How the Harbor of a scenario is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HarborState {
    /// Three cores, one of which started after the Secret with the token key was changed.
    OneOtherKey,
}

impl HarborState {
    pub fn install(self, space: &Space) {
        let harbor = Harbor::install(space, &Setup::default());
        match self {
            HarborState::OneOtherKey => {
                harbor.change_key(&TokenKey::new());
                harbor.replace_a_core();
            }
        }
    }
}

/// Pods with a label that wait for their image, or have started.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Until {
    pods: String,
    /// The reason for which a container of each waits: `ImagePullBackOff`.
    #[serde(default)]
    waiting: Option<String>,
    /// How many of them have it so.
    #[serde(default = "one")]
    count: usize,
}

fn one() -> usize {
    1
}

/// The words with which somebody begins.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorText {
    text: String,
    /// The code that must be among the first three candidates.
    code: String,
}

impl Until {
    pub fn wait(&self, space: &Space) {
        let path = "{range .items[*]}{.metadata.name} {range .status.initContainerStatuses[*]}{.state.waiting.reason} \
            {end}{range .status.containerStatuses[*]}{.state.waiting.reason}{.state.running.startedAt} {end}{\"\\n\"}{end}";
        let pods = ["get", "pods", "-l", &self.pods, "-o", &format!("jsonpath={path}")];
        let is_so = |line: &&str| match &self.waiting {
            Some(reason) => line.split_whitespace().skip(1).any(|word| word == reason),
            // Every container's state is when it was started.
            None => {
                let mut states = line.split_whitespace().skip(1).peekable();
                states.peek().is_some() && states.all(|word| word.starts_with("20"))
            }
        };
        wait_for(&format!("{} pods {}", self.count, self.pods), Duration::from_secs(90), || {
            space.kubectl(&pods, "").lines().filter(is_so).count() >= self.count
        });
    }
}

impl ErrorText {
    pub fn check(&self, space: &Space) {
        let text = fill(&self.text, space);
        let ran = space.plugin(&["explain", "--lines", "-o", "json", "-"]).run_with(&text.replace('\n', " "));
        let line: Value = serde_json::from_str(ran.stdout.trim()).expect("one line of JSON");
        let candidates = line["candidates"].as_array().expect("candidates").iter().take(3);
        let codes: Vec<&str> = candidates.filter_map(|one| one["code"].as_str()).collect();
        assert!(codes.contains(&self.code.as_str()), "{codes:?} for {text}");
    }
}
