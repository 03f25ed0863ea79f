//! Values of Helm charts, by the conventions that are common. Which of them a chart has is for the reader to see.

use super::yaml::{Yaml, list, map, text};

/// Values as one family of charts calls them.
pub(super) struct Convention {
    /// Whose, and what for.
    whose: &'static str,
    values: Yaml,
}

/// Pull secrets of pods. The list of a release's values is replaced, never merged: `names` are all.
///
/// Sources: the chart that `helm create` makes (Helm 3 and 4, `pkg/chart/v2/util/create.go`); Bitnami's library chart
/// `common`, `templates/_images.tpl`.
pub(super) fn pull_secrets(names: &[&str]) -> Vec<Convention> {
    let objects = || list(names.iter().map(|name| map([("name", text(name))])));
    let words = || list(names.iter().map(|name| text(name)));
    vec![
        Convention {
            whose: "charts made by `helm create`, and most others",
            values: objects().under(&["imagePullSecrets"]),
        },
        Convention {
            whose: "Bitnami's charts: all images of the chart and its subcharts",
            values: words().under(&["global", "imagePullSecrets"]),
        },
        Convention {
            whose: "Bitnami's charts: the image of one component",
            values: words().under(&["image", "pullSecrets"]),
        },
        Convention {
            whose: "charts whose ServiceAccount carries it",
            values: objects().under(&["serviceAccount", "imagePullSecrets"]),
        },
    ]
}

/// A volume and where it is mounted.
pub(super) fn volume(volume: &Yaml, mount: &Yaml) -> Vec<Convention> {
    let both = |volumes: &str, mounts: &str| {
        map([(volumes, list([volume.clone()])), (mounts, list([mount.clone()]))])
    };
    vec![
        Convention {
            whose: "charts made by `helm create`, and others",
            values: both("volumes", "volumeMounts"),
        },
        Convention { whose: "Bitnami's charts", values: both("extraVolumes", "extraVolumeMounts") },
    ]
}

/// All conventions in one file, each under a comment.
pub(super) fn render(conventions: &[Convention]) -> String {
    let mut out = String::from("# Keep the part that the chart has.\n");
    for convention in conventions {
        out.push_str(&format!("# {}\n{}", convention.whose, convention.values.render()));
    }
    out
}
