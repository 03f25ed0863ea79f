//! Rows of the tables that kubectl prints: events, and pods that lack their image.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern;
use super::place::Pod;

/// What a row says.
pub(super) struct Row<'t> {
    /// The message; of a line that is no row, the line.
    pub(super) message: &'t str,
    /// How often an event says that it happened.
    pub(super) count: u64,
    /// The pod that it is about, where the row names one.
    pub(super) pod: Option<Pod>,
    /// The pod's container; empty where the row names none.
    pub(super) container: &'t str,
}

/// A row of the events that `kubectl describe` prints.
static DESCRIBED_EVENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:Normal|Warning)\s{2,}[A-Z]\w+\s{2,}\S+(?: \(x(?P<count>\d+) over [^)]*\)\s+|\s{2,})",
        r"\S+(?:, \S+)*\s{2,}(?:spec\.\w+\{(?P<container>[^}]*)\}: )?(?P<message>.*)$"
    ))
});

/// A row of `kubectl get events`, with `-A` and `-o wide` also.
static LISTED_EVENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:(?P<namespace>[a-z0-9-]+)\s+)?\S+(?: \(x(?P<count>\d+) over [^)]*\))?\s{2,}(?:Normal|Warning)\s{2,}[A-Z]\w+\s{2,}",
        r"(?P<kind>[a-z]+)/(?P<name>\S+)\s{2,}(?:spec\.\w+(?:\{(?P<container>[^}]*)\})?(?:: |\s{2,}))?",
        r"(?:kubelet\S*(?: \S+)?\s{2,})?(?P<message>.*)$"
    ))
});

/// A row of `kubectl get pods` whose image cannot be had.
static LISTED_POD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:(?P<namespace>[a-z0-9-]+)\s+)?(?P<name>[a-z0-9][a-z0-9.-]*)\s+\d+/\d+\s+(?:Init:)?",
        r"(?P<message>ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)\s.*$"
    ))
});

/// Takes a row apart.
pub(super) fn row(text: &str) -> Row<'_> {
    // The words that these rows cannot be without cost little to look for.
    let is_event = text.contains("Normal  ") || text.contains("Warning  ");
    let forms =
        [(&*DESCRIBED_EVENT, is_event), (&*LISTED_EVENT, is_event), (&*LISTED_POD, text.contains("Image"))];
    let found = forms.iter().filter(|(_, may_be)| *may_be).find_map(|(form, _)| form.captures(text));
    let Some(found) = found else { return Row { message: text, count: 1, pod: None, container: "" } };
    let group = |name: &str| found.name(name).map(|group| group.as_str());
    let is_pod = group("kind").is_none_or(|kind| kind == "pod");
    let namespace = group("namespace").unwrap_or_default();
    Row {
        message: group("message").unwrap_or(text),
        count: group("count").and_then(|count| count.parse().ok()).unwrap_or(1),
        pod: group("name").filter(|_| is_pod).and_then(|name| Pod::new(namespace, name)),
        container: group("container").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_its_pod_and_the_container_where_kubectl_shows_it() {
        for (text, container, pod) in [
            (
                "  Warning  Failed  4s (x2 over 9s)  kubelet  spec.containers{app}: Error: ErrImagePull",
                "app",
                "",
            ),
            (
                "team  4s  Warning  Failed  pod/web  spec.containers{app}  kubelet, node1  Error: ErrImagePull",
                "app",
                "web",
            ),
            ("4s          Warning   Failed    pod/web     Error: ErrImagePull", "", "web"),
            ("4s          Warning   Failed    job/web     Error: ErrImagePull", "", ""),
        ] {
            let row = row(text);
            assert_eq!((row.message, row.container), ("Error: ErrImagePull", container), "{text}");
            assert_eq!(row.pod.map(|pod| pod.name).unwrap_or_default(), pod, "{text}");
        }
        let listed = row("web-1   0/1   Init:ImagePullBackOff   0   5m");
        assert_eq!((listed.message, listed.pod.unwrap().name.as_str()), ("ImagePullBackOff", "web-1"));
    }
}
