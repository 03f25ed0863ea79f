//! What a text says of where it is from: the pod, the image that is worked on, whether it is being pushed.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern;
use crate::text::is_object_name;

/// How many lines an image that was announced stays the one that is worked on.
const REMEMBERED: usize = 60;

/// A pod that a text names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pod {
    /// Empty where the text does not say.
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Pod {
    /// A pod, if it can have that name.
    pub(super) fn new(namespace: &str, name: &str) -> Option<Self> {
        let fits = is_object_name(name) && (namespace.is_empty() || is_object_name(namespace));
        fits.then(|| Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

/// A pod as the kubelet's log names it: `team/web-1`, in old ones `web-1_team(uid)`.
pub(super) fn pod_of(text: &str) -> Option<Pod> {
    match text.split_once('/') {
        Some((namespace, name)) => Pod::new(namespace, name),
        None => {
            let (name, rest) = text.split_once('_')?;
            Pod::new(rest.split('(').next().unwrap_or_default(), name)
        }
    }
}

/// `Name:` and `Namespace:` of `kubectl describe`.
static DESCRIBED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<key>Name|Namespace|Node|Priority|Service Account):\s+(?P<value>\S+)"));

/// A key of an object in YAML or indented JSON.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^(?P<indent>\s*)(?:- )?(?P<quote>"?)(?P<key>kind|metadata|name|namespace)"?:\s*"?(?P<value>[\w./-]*)"#,
    )
});

/// What programs print before they work on an image, and commands that a shell echoes.
static WORKS_ON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?:Pulling image "(?P<a>[^"]+)"|Trying to pull (?P<b>[^\s"]+?)\.{3}|"#,
        r"load metadata for (?P<c>\S+)|Retrieving image manifest (?P<d>\S+)|",
        r"\b(?:docker|podman|nerdctl|crictl|buildah|crane)(?: image)? pull (?:-\S+ )*(?P<e>[^\s-]\S*))",
    ))
});

/// What programs print before they push.
static PUSHES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:The push refers to (?:a )?repository \[(?P<a>[^\]]+)\]|Pushing image to (?P<b>\S+)|",
        r"\b(?:docker|podman|nerdctl|buildah|crane)(?: image)? push (?:-\S+ )*(?P<c>[^\s-]\S*))",
    ))
});

/// What is known at a line of the text.
#[derive(Debug, Default)]
pub(super) struct Place {
    described: [Option<String>; 2],
    is_pod: bool,
    metadata: Option<usize>,
    pod: Option<Pod>,
    /// The image that is worked on, whether it is pushed, and the line that said so.
    works_on: Option<(String, bool, usize)>,
}

impl Place {
    /// Takes note of a line.
    pub(super) fn pass(&mut self, number: usize, line: &str) {
        if let Some(found) = DESCRIBED.captures(line) {
            self.describe(&found["key"], &found["value"]);
        } else if let Some(found) = KEY.captures(line) {
            let indent =
                found["indent"].chars().count() + if line.trim_start().starts_with("- ") { 2 } else { 0 };
            self.key(&found["key"], &found["value"], indent, !found["quote"].is_empty());
        }
        for (form, is_push) in [(&*WORKS_ON, false), (&*PUSHES, true)] {
            let found = form.captures(line);
            let image = found
                .and_then(|found| found.iter().skip(1).flatten().next().map(|one| one.as_str().to_owned()));
            if let Some(image) = image.filter(|image| !image.contains('$')) {
                self.works_on = Some((image, is_push, number));
            }
        }
    }

    fn describe(&mut self, key: &str, value: &str) {
        match key {
            "Name" => (self.described, self.is_pod, self.pod) = ([Some(value.to_owned()), None], false, None),
            "Namespace" => self.described[1] = Some(value.to_owned()),
            // What only pods have.
            _ => self.is_pod = true,
        }
        if let ([Some(name), Some(namespace)], true) = (&self.described, self.is_pod) {
            self.pod = Pod::new(namespace, name);
        }
    }

    fn key(&mut self, key: &str, value: &str, indent: usize, is_json: bool) {
        match (key, self.metadata) {
            ("kind", _) if value != "Pod" && !value.is_empty() && self.metadata.is_none() => {
                self.is_pod = false
            }
            ("kind", _) if value == "Pod" => self.is_pod = true,
            ("metadata", _) if self.metadata.is_none_or(|known| indent <= known) => {
                (self.metadata, self.described, self.pod) = (Some(indent), [None, None], None);
            }
            ("name" | "namespace", Some(metadata)) if indent == metadata + if is_json { 4 } else { 2 } => {
                let at = usize::from(key == "namespace");
                if self.described[at].is_none() {
                    self.described[at] = Some(value.to_owned());
                }
                if let (Some(name), true) = (&self.described[0], self.is_pod) {
                    self.pod = Pod::new(self.described[1].as_deref().unwrap_or_default(), name);
                }
            }
            _ => {}
        }
    }

    /// The pod that the text describes here.
    pub(super) fn pod(&self) -> Option<&Pod> {
        self.pod.as_ref()
    }

    /// The image that is worked on at this line, and whether it is being pushed.
    pub(super) fn works_on(&self, number: usize) -> Option<(&str, bool)> {
        let (image, is_push, since) = self.works_on.as_ref()?;
        (number.saturating_sub(*since) <= REMEMBERED).then_some((image.as_str(), *is_push))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Place {
        let mut place = Place::default();
        text.lines().enumerate().for_each(|(at, line)| place.pass(at, line));
        place
    }

    #[test]
    fn the_pod_that_is_described_is_known() {
        let described =
            "Name:             web-1\nNamespace:        team\nPriority:         0\nNode:  n1/192.0.2.1";
        assert_eq!(after(described).pod(), Pod::new("team", "web-1").as_ref());
        let deployment = "Name:   web\nNamespace:  team\nReplicas:  1 desired";
        assert_eq!(after(deployment).pod(), None);
    }

    #[test]
    fn the_pod_of_yaml_and_json_is_known_and_its_labels_are_not_taken_for_it() {
        let yaml = "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    name: other\n  name: web-1\n  namespace: team\n  \
                    ownerReferences:\n  - kind: ReplicaSet\n    name: web\nspec:\n  containers:\n  - name: app";
        assert_eq!(after(yaml).pod(), Pod::new("team", "web-1").as_ref());
        let json = "{\n    \"kind\": \"Pod\",\n    \"metadata\": {\n        \"labels\": {\n            \"name\": \"x\"\n        },\n        \
                    \"name\": \"web-1\",\n        \"namespace\": \"team\"\n    }";
        assert_eq!(after(json).pod(), Pod::new("team", "web-1").as_ref());
    }

    #[test]
    fn the_image_that_is_worked_on_is_known_for_a_while() {
        let place = after("The push refers to repository [registry.example.com/team/app]\nabc: Preparing");
        assert_eq!(place.works_on(5), Some(("registry.example.com/team/app", true)));
        assert_eq!(place.works_on(100), None);
        assert_eq!(after("+ docker pull --quiet a/b:1").works_on(1), Some(("a/b:1", false)));
        assert_eq!(after("+ docker push $IMAGE").works_on(1), None);
    }
}
