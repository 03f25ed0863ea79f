//! Label selectors, as the API server reads them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Error;
use crate::text::Clean;

/// How much of a selector a sentence quotes.
const MAX_QUOTED: usize = 256;

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// `metav1.LabelSelector`: all of its requirements must hold. Empty selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Selector {
    /// Labels that must have these values.
    #[serde(deserialize_with = "crate::api::wire::null_as_default")]
    pub match_labels: Labels,
    /// Requirements on labels.
    #[serde(deserialize_with = "crate::api::wire::null_as_default")]
    pub match_expressions: Vec<Requirement>,
}

/// `metav1.LabelSelectorRequirement`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// Values for `In` and `NotIn`.
    #[serde(deserialize_with = "crate::api::wire::null_as_default")]
    pub values: Vec<String>,
}

impl Selector {
    /// Whether an object with these labels is selected (`LabelSelectorAsSelector` in k8s.io/apimachinery).
    pub fn matches(&self, labels: &Labels) -> bool {
        contains(labels, &self.match_labels) && self.match_expressions.iter().all(|one| one.holds(labels))
    }

    /// The keys of the labels that it asks about.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let expressions = self.match_expressions.iter().map(|one| one.key.as_str());
        self.match_labels.keys().map(String::as_str).chain(expressions)
    }
}

impl Requirement {
    /// `NotIn` holds for an object without the label; an operator that is not known holds for none, as the API
    /// server lets no such selector in.
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// The error for a text that is no label selector.
pub(super) fn no_selector(text: &str) -> Error {
    Error::Usage(format!(
        "\"{}\" is not a label selector: write KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY or !KEY, with commas between",
        Clean::with_cap(text, MAX_QUOTED)
    ))
}

/// Whether an object has all of these labels: the plain selector of a Service.
pub fn contains(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    fn selector(text: &str) -> Selector {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_empty_selector_selects_everything() {
        for text in ["{}", r#"{"matchLabels":null,"matchExpressions":null}"#] {
            assert!(selector(text).matches(&labels(&[])));
            assert!(selector(text).matches(&labels(&[("app", "web")])));
        }
    }

    #[test]
    fn every_label_and_every_expression_must_hold() {
        let both = selector(
            r#"{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"Exists"}]}"#,
        );
        assert!(both.matches(&labels(&[("app", "web"), ("tier", "x"), ("more", "y")])));
        assert!(!both.matches(&labels(&[("app", "web")])));
        assert!(!both.matches(&labels(&[("app", "db"), ("tier", "x")])));
    }

    #[test]
    fn each_operator_means_what_it_means_to_the_api_server() {
        let one = |operator: &str, values: &str| {
            selector(&format!(
                r#"{{"matchExpressions":[{{"key":"k","operator":"{operator}","values":{values}}}]}}"#
            ))
        };
        let (with, other, without) = (labels(&[("k", "a")]), labels(&[("k", "b")]), labels(&[]));
        for (operator, values, expected) in [
            ("In", r#"["a","c"]"#, [true, false, false]),
            ("NotIn", r#"["a"]"#, [false, true, true]),
            ("Exists", "null", [true, true, false]),
            ("DoesNotExist", "[]", [false, false, true]),
            ("Gt", r#"["0"]"#, [false, false, false]),
        ] {
            let selector = one(operator, values);
            let seen = [&with, &other, &without].map(|labels| selector.matches(labels));
            assert_eq!(seen, expected, "{operator}");
        }
    }

    #[test]
    fn the_keys_are_those_of_labels_and_expressions() {
        let both = selector(
            r#"{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"DoesNotExist"}]}"#,
        );
        assert_eq!(both.keys().collect::<Vec<_>>(), ["app", "tier"]);
    }
}
