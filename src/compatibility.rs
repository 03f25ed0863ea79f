//! Whether client, API server and probe image fit each other: pure rules over their versions.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::registry::platform::Platform;
use crate::registry::reference::Reference;

/// The oldest Kubernetes that runs are made for, as major and minor version.
pub const OLDEST_SERVER: (u32, u32) = (1, 24);

/// Whether a part fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "fits", content = "why")]
pub enum Fit {
    /// It does.
    Yes,
    /// It does not, as this sentence says.
    No(String),
    /// That cannot be told, as this sentence says.
    Unknown(String),
}

/// An API server by its `gitVersion`, such as `v1.33.2-eks-1a2b3c4`.
pub fn server(git_version: &str) -> Fit {
    let (major, minor) = OLDEST_SERVER;
    match version(git_version) {
        Some(version) if version >= OLDEST_SERVER => Fit::Yes,
        Some(_) => Fit::No(format!("Kubernetes {major}.{minor} or later is needed")),
        None => Fit::Unknown("its version has not the form of Kubernetes versions".into()),
    }
}

/// Major and minor version; what a vendor adds behind is no part of them.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    let major = parts.next()?.parse().ok()?;
    let minor: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
    Some((major, minor.parse().ok()?))
}

/// The probe's image by its tag: a probe speaks with the client of its own version.
pub fn probe_image(reference: &Reference, client: &str) -> Fit {
    match (reference.digest(), reference.tag()) {
        (None, Some(tag)) if tag.strip_prefix('v').unwrap_or(tag) == client => Fit::Yes,
        (None, Some(tag)) if version(tag).is_some() => {
            Fit::No(format!("it has the tag {tag}, and this client is {client}: use the image of that tag"))
        }
        (None, Some(tag)) => Fit::Unknown(format!("the tag {tag} does not tell a version")),
        _ => Fit::Unknown("no tag tells its version".into()),
    }
}

/// The platforms that the probe's image is there for, and the architectures of the cluster's nodes as Go names them.
pub fn platforms(inside: &[Platform], nodes: &BTreeSet<String>) -> Fit {
    let has =
        |node: &&String| inside.iter().any(|one| one.os == "linux" && one.architecture == node.as_str());
    let missing: Vec<&str> = nodes.iter().filter(|node| !has(node)).map(String::as_str).collect();
    match missing.is_empty() {
        true => Fit::Yes,
        false => Fit::No(format!("there are nodes of {}, which it is not there for", missing.join(" and "))),
    }
}

impl Fit {
    /// Both: the worse of the two, and of equals the first.
    pub fn and(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::No(_), _) | (_, Self::Yes) => self,
            (Self::Unknown(_), Self::Unknown(_)) => self,
            _ => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_fits_from_the_oldest_version_on_whatever_its_vendor_adds() {
        for text in ["v1.24.0", "v1.36.3", "v1.33.2-eks-1a2b3c4", "v1.30+", "1.31.4+k3s1", "v2.0.0"] {
            assert_eq!(server(text), Fit::Yes, "{text}");
        }
        assert!(matches!(server("v1.23.17-gke.300"), Fit::No(why) if why.contains("1.24")));
        for text in ["", "v1", "unknown", "vx.y"] {
            assert!(matches!(server(text), Fit::Unknown(_)), "{text}");
        }
    }

    #[test]
    fn the_probes_image_fits_by_its_tag() {
        let fit = |text: &str| probe_image(&Reference::parse(text).unwrap(), "0.1.0");
        assert_eq!(fit("r.example.com/probe:0.1.0"), Fit::Yes);
        assert_eq!(fit("r.example.com/probe:v0.1.0"), Fit::Yes);
        assert!(matches!(fit("r.example.com/probe:0.2.0"), Fit::No(why) if why.contains("0.2.0")));
        assert!(matches!(fit("r.example.com/probe:main"), Fit::Unknown(_)));
        let digest = format!("r.example.com/probe@sha256:{}", "a".repeat(64));
        assert!(matches!(fit(&digest), Fit::Unknown(_)));
    }

    #[test]
    fn an_architecture_of_a_node_that_is_not_inside_does_not_fit() {
        let inside = [Platform::new("linux", "amd64")];
        let nodes = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(platforms(&inside, &nodes(&["amd64"])), Fit::Yes);
        let both = platforms(&inside, &nodes(&["amd64", "arm64"]));
        assert!(matches!(&both, Fit::No(why) if why.contains("arm64") && !why.contains("amd64")), "{both:?}");
        let unknown = Fit::Unknown(String::new());
        assert_eq!(unknown.clone().and(both.clone()), both);
        assert_eq!(Fit::Yes.and(unknown.clone()), unknown);
    }
}
