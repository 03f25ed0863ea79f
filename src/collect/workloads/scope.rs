//! Which workloads were asked for.

use crate::collect::identity::WorkloadRef;
use crate::collect::selector::{Labels, Requirement, Selector, no_selector};
use crate::error::Error;
use crate::plan::Plan;

/// What was asked for.
#[derive(Default)]
pub(super) struct Scope {
    /// The namespace; empty for all.
    pub namespace: String,
    /// Named workloads: `deploy/web`. None: all.
    pub wanted: Vec<String>,
    /// Labels of pods or workloads.
    pub selector: Option<Selector>,
}

impl Scope {
    /// Of a plan.
    ///
    /// # Errors
    ///
    /// A selector or a name that is none.
    pub fn of(plan: &Plan) -> Result<Self, Error> {
        let asked = plan.scope.clone().unwrap_or_default();
        let selector = (!asked.selector.trim().is_empty()).then(|| parse(&asked.selector));
        let selector = selector.map(|parsed| parsed.ok_or_else(|| no_selector(&asked.selector)));
        Ok(Self {
            namespace: if asked.all_namespaces { String::new() } else { plan.namespace.clone() },
            wanted: named(&asked.workloads)?,
            selector: selector.transpose()?,
        })
    }

    /// Whether all workloads of the namespaces are meant.
    pub fn is_all(&self) -> bool {
        self.wanted.is_empty() && self.selector.is_none()
    }

    /// Whether a CronJob was named. Whose pods are its own is known only once its Jobs are.
    pub fn names_a_cron_job(&self) -> bool {
        self.wanted.iter().any(|name| name.starts_with("cronjob/"))
    }

    /// Whether an object is meant that has these names, outermost first: `deploy/web`, `pod/web-1`.
    pub fn takes(&self, names: &[&str], labels: impl FnOnce() -> Labels) -> bool {
        let is_named =
            self.wanted.is_empty() || names.iter().any(|name| self.wanted.iter().any(|one| one == name));
        is_named && self.selector.as_ref().is_none_or(|selector| selector.matches(&labels()))
    }
}

/// The names of workloads in the form that tables have.
fn named(workloads: &[String]) -> Result<Vec<String>, Error> {
    let parsed = workloads.iter().map(|name| name.parse::<WorkloadRef>().map_err(Error::Usage));
    parsed.map(|workload| Ok(workload?.to_string())).collect()
}

/// A label selector as kubectl takes it (`labels.Parse` in k8s.io/apimachinery). The API server is not asked to select:
/// pods beside those that are meant are evidence.
fn parse(text: &str) -> Option<Selector> {
    let mut selector = Selector::default();
    for part in split(text) {
        selector.match_expressions.push(requirement(part.trim())?);
    }
    Some(selector)
}

/// At the commas that are not within parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

fn requirement(text: &str) -> Option<Requirement> {
    let of = |key: &str, operator: &str, values: Vec<String>| {
        let key = key.trim();
        let is_word = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || "=!(),<>".contains(c));
        is_word.then(|| Requirement { key: key.to_string(), operator: operator.to_string(), values })
    };
    if let Some((head, list)) = text.split_once('(') {
        let mut words = head.split_whitespace();
        let (key, operator) = (words.next()?, words.next()?);
        let operator = match operator {
            "in" => "In",
            "notin" => "NotIn",
            _ => return None,
        };
        let list = list.trim_end().strip_suffix(')').filter(|_| words.next().is_none())?;
        return of(key, operator, list.split(',').map(|value| value.trim().to_string()).collect());
    }
    for (sign, operator) in [("!=", "NotIn"), ("==", "In"), ("=", "In")] {
        if let Some((key, value)) = text.split_once(sign) {
            let value = value.trim();
            let is_value = !value.contains(|c: char| c.is_whitespace() || "=!(),".contains(c));
            return of(key, operator, vec![value.to_string()]).filter(|_| is_value);
        }
    }
    match text.strip_prefix('!') {
        Some(key) => of(key, "DoesNotExist", Vec::new()),
        None => of(text, "Exists", Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels = labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        parse(selector).unwrap().matches(&labels)
    }

    #[test]
    fn a_selector_means_what_it_means_to_kubectl() {
        let web = [("app", "web"), ("tier", "a")];
        for (selector, expected) in [
            ("app=web", true),
            ("app == web", true),
            ("app=web,tier=b", false),
            ("app!=web", false),
            ("other!=x", true),
            ("app in (web, db),tier", true),
            ("app notin (web,db)", false),
            ("!app", false),
            ("!other", true),
            ("example.com/x=", false),
        ] {
            assert_eq!(matches(selector, &web), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in ["", ",", "a b", "a in b", "a in (b", "=x", "a=b=c", "a in (b) c", "a gt (1)"] {
            assert!(parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_named_workload_is_meant_by_any_of_its_names() {
        let scope = Scope { wanted: vec!["pod/web-1".into()], ..Scope::default() };
        assert!(scope.takes(&["deploy/web", "pod/web-1"], Labels::new));
        assert!(!scope.takes(&["deploy/web", "pod/web-2"], Labels::new));
        assert!(Scope::default().takes(&["ds/x"], Labels::new));
    }
}
