//! What a text says of where it is from: the pod, the image that is worked on, whether it is being pushed.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::pattern;
use crate::registry::reference::Reference;
use crate::text::is_object_name;

/// How many lines an image that was announced stays the one that is worked on.
const REMEMBERED: usize = 60;

/// A pod that a text names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pod {
    /// Empty where the text does not say.
    pub(super) namespace: String,
    pub(super) name: String,
    /// The container that is meant; empty where the text does not say.
    pub(super) container: String,
}

impl Pod {
    /// A pod, if it can have that name.
    pub(super) fn new(namespace: &str, name: &str) -> Option<Self> {
        let fits = is_object_name(name) && (namespace.is_empty() || is_object_name(namespace));
        fits.then(|| Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            container: String::new(),
        })
    }

    /// The same with its container.
    pub(super) fn with_container(&self, container: &str) -> Self {
        Self { container: container.to_owned(), ..self.clone() }
    }

    /// Whether both may be one place: what one of them does not say is no difference.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let fits = |one: &str, other: &str| one.is_empty() || other.is_empty() || one == other;
        self.name == other.name
            && fits(&self.namespace, &other.namespace)
            && fits(&self.container, &other.container)
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

/// A chart that is worked on, and its version, which stands apart from its name.
static CHART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"oci://(?P<image>[^\s"'`,;)]+)"#,
        r#"(?:.*?(?:--version[= ]|\bversion )["']?(?P<version>v?\d[\w.+-]*))?"#
    ))
});

/// The chart that a text names, as an image: Helm writes the `+` of a version as `_` in the tag.
fn chart(text: &str) -> Option<String> {
    let found = CHART.captures(text)?;
    let image = found["image"].trim_end_matches(['.', ':']);
    let named = Reference::parse(image).ok()?;
    let is_bare = named.tag().is_none() && named.digest().is_none();
    let version = found.name("version").filter(|_| is_bare);
    let tagged = version
        .map(|version| format!("{image}:{}", version.as_str().trim_end_matches('.').replace('+', "_")));
    tagged.filter(|tagged| Reference::parse(tagged).is_ok()).or_else(|| Some(image.to_owned()))
}

/// What is done with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Pull,
    Push,
    /// A chart is pulled. What names one may be about anything else as well.
    Chart,
}

/// What is known at a line of the text.
#[derive(Debug, Default)]
pub(super) struct Place {
    described: [Option<String>; 2],
    is_pod: bool,
    metadata: Option<usize>,
    pod: Option<Pod>,
    /// By the pod that works on it: an image, what is done with it, and the line that said so.
    works_on: HashMap<Option<Pod>, (String, Work, usize)>,
}

impl Place {
    /// Takes note of what a line says of the object that is shown.
    pub(super) fn pass(&mut self, line: &str) {
        if !line.contains(':') {
            return;
        }
        if let Some(found) = DESCRIBED.captures(line) {
            self.describe(&found["key"], &found["value"]);
        } else if let Some(found) = KEY.captures(line) {
            let indent =
                found["indent"].chars().count() + if line.trim_start().starts_with("- ") { 2 } else { 0 };
            self.key(&found["key"], &found["value"], indent, !found["quote"].is_empty());
        }
    }

    /// Whether a message may say which image is worked on. It costs little to ask.
    pub(super) fn may_be_noted(message: &str) -> bool {
        ["ull", "ush", "manifest", "metadata", "oci://"].iter().any(|word| message.contains(word))
    }

    /// Takes note of the image that a message says is worked on; `pod`: the one that works on it.
    pub(super) fn note(&mut self, number: usize, message: &str, pod: Option<&Pod>) {
        if !Self::may_be_noted(message) {
            return;
        }
        let forms = [(&*PUSHES, Work::Push), (&*WORKS_ON, Work::Pull)];
        let mut found = forms.iter().filter_map(|(form, work)| {
            let found = form.captures(message)?;
            let image = found.iter().skip(1).flatten().next()?.as_str().to_owned();
            Some((image, *work))
        });
        let is_chart = message.contains("oci://") && !message.contains("helm push");
        let named = found.next().or_else(|| Some((chart(message).filter(|_| is_chart)?, Work::Chart)));
        if let Some((image, work)) = named.filter(|(image, _)| !image.contains('$')) {
            self.works_on.insert(pod.cloned(), (image, work, number));
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

    /// The image that a pod, or the text where it names none, works on at this line, and how.
    pub(super) fn works_on(&self, number: usize, pod: Option<&Pod>) -> Option<(&str, Work)> {
        let (image, work, since) = self.works_on.get(&pod.cloned())?;
        (number.saturating_sub(*since) <= REMEMBERED).then_some((image.as_str(), *work))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Place {
        let mut place = Place::default();
        text.lines().enumerate().for_each(|(at, line)| {
            place.pass(line);
            place.note(at, line, None);
        });
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
        assert_eq!(place.works_on(5, None), Some(("registry.example.com/team/app", Work::Push)));
        assert_eq!(place.works_on(100, None), None);
        assert_eq!(after("+ docker pull --quiet a/b:1").works_on(1, None), Some(("a/b:1", Work::Pull)));
        assert_eq!(after("+ docker push $IMAGE").works_on(1, None), None);
        assert_eq!(after("+ docker pull a/b:1").works_on(1, Pod::new("", "web").as_ref()), None);
    }

    #[test]
    fn a_chart_is_known_with_its_version() {
        for (text, expected) in [
            (
                "+ helm pull oci://ghcr.io/acme/charts/app --version 1.0.0",
                Some("ghcr.io/acme/charts/app:1.0.0"),
            ),
            (
                "helm upgrade app oci://ghcr.io/acme/app --wait --version=1.0.0+b1",
                Some("ghcr.io/acme/app:1.0.0_b1"),
            ),
            (
                "failed to download \"oci://ghcr.io/acme/app\" at version \"1.2.3\"",
                Some("ghcr.io/acme/app:1.2.3"),
            ),
            ("failed to download oci://ghcr.io/acme/app:2: denied", Some("ghcr.io/acme/app:2")),
            ("helm pull oci://ghcr.io/acme/app --version ~1.2", Some("ghcr.io/acme/app")),
            ("helm push app-1.0.0.tgz oci://ghcr.io/acme", None),
        ] {
            let place = after(text);
            assert_eq!(place.works_on(1, None).map(|(image, _)| image), expected, "{text}");
        }
    }
}
