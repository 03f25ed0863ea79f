//! Platforms, compared as containerd compares them (`github.com/containerd/platforms` 1.0.0-rc.5, `Only`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an image, or a node, runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Platform {
    /// `linux`, `windows`.
    pub os: String,
    /// `amd64`, `arm64`, in Go's names.
    pub architecture: String,
    /// `v7`, `v8`; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// The build of Windows, such as `10.0.20348.2527`; empty elsewhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub os_version: String,
}

/// What is kept of each part.
const MAX_PART: usize = 64;

impl Platform {
    /// A platform without variant and version, as a node's `status.nodeInfo` has it.
    pub fn new(os: &str, architecture: &str) -> Self {
        Self { os: part(os), architecture: part(architecture), ..Self::default() }
    }

    /// The platform in its one form: `arm64/v8` is `arm64`, `arm` is `arm/v7`, `x86_64` is `amd64`.
    pub fn normalized(&self) -> Self {
        let (architecture, variant) = normal_architecture(&part(&self.architecture), &part(&self.variant));
        let os = match part(&self.os).as_str() {
            "" => "linux".to_owned(),
            "macos" => "darwin".to_owned(),
            os => os.to_owned(),
        };
        Self { os, architecture, variant, os_version: part(&self.os_version) }
    }

    /// How well an image for `image` fits this node: the lower the better, `None` when it does not.
    pub fn rank(&self, image: &Self) -> Option<usize> {
        let (node, image) = (self.normalized(), image.normalized());
        if node.os != image.os || node.os == "windows" && !windows_fits(&node.os_version, &image.os_version) {
            return None;
        }
        let found = (image.architecture, image.variant);
        accepted(&node.architecture, &node.variant).iter().position(|known| *known == found)
    }

    /// An attestation's entry in an index, which no node pulls (BuildKit's attestation storage).
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" || self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        if !self.os_version.is_empty() {
            write!(f, " ({})", self.os_version)?;
        }
        Ok(())
    }
}

/// A part as it is kept: it comes from a registry, and holds nothing but names.
pub(super) fn part(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-+".contains(*c))
        .take(MAX_PART)
        .collect::<String>()
        .to_ascii_lowercase()
}

fn normal_architecture(architecture: &str, variant: &str) -> (String, String) {
    let (architecture, variant) = match (architecture, variant) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "9.0" | "v9.0") => ("arm64", "v9"),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) => ("arm", "v7"),
        ("armel", _) => ("arm", "v6"),
        ("arm", "" | "7") => ("arm", "v7"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "6") => ("arm", "v6"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    (architecture.to_owned(), variant.to_owned())
}

/// The architectures that a node takes, best first, in normal form (`platformVector`).
fn accepted(architecture: &str, variant: &str) -> Vec<(String, String)> {
    let one = |architecture: &str, variant: String| {
        let (architecture, variant) = normal_architecture(architecture, &variant);
        (architecture, variant)
    };
    let number = variant.strip_prefix('v').unwrap_or(variant).parse::<u8>().ok();
    match architecture {
        "amd64" => {
            let mut out = vec![one("amd64", variant.to_owned())];
            out.extend((1..number.unwrap_or(1).min(16)).rev().map(|n| one("amd64", format!("v{n}"))));
            out.push(one("386", String::new()));
            out
        }
        "arm" => {
            let mut out = vec![one("arm", variant.to_owned())];
            out.extend((5..number.unwrap_or(5).min(16)).rev().map(|n| one("arm", format!("v{n}"))));
            out
        }
        "arm64" => {
            let minors = arm64_minors(variant);
            let mut out: Vec<_> = minors
                .iter()
                .flat_map(|(major, minor)| {
                    (0..=*minor).rev().map(move |minor| match minor {
                        0 => format!("v{major}"),
                        _ => format!("v{major}.{minor}"),
                    })
                })
                .map(|variant| one("arm64", variant))
                .collect();
            if !out.is_empty() {
                out.extend((5..=8).rev().map(|n| one("arm", format!("v{n}"))));
            }
            out
        }
        _ => vec![one(architecture, variant.to_owned())],
    }
}

/// The versions that an arm64 of that version runs: majors, each with its highest minor; none for a variant
/// that containerd does not know, which then fits nothing.
fn arm64_minors(variant: &str) -> Vec<(u8, u8)> {
    let version = variant.strip_prefix('v').unwrap_or("8");
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    match (major, minor.parse::<u8>()) {
        ("8", Ok(minor @ 0..=9)) => vec![(8, minor)],
        ("9", Ok(minor @ 0..=7)) => vec![(9, minor), (8, (minor + 5).min(9))],
        _ => Vec::new(),
    }
}

/// The first long-term builds of Windows with a stable interface between host and container.
const STABLE_BUILDS: [u32; 2] = [20348, 26100];

/// Whether a Windows host takes an image of that version (`checkWindowsHostAndContainerCompat`).
fn windows_fits(host: &str, image: &str) -> bool {
    let version = |text: &str| {
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        Some((parts.next()??, parts.next()??, parts.next()??))
    };
    let Some(host) = version(host) else { return true };
    if image.is_empty() {
        return true;
    }
    let Some(image) = version(image) else { return false };
    if (host.0, host.1) != (image.0, image.1) {
        return false;
    }
    let generation = STABLE_BUILDS.iter().rposition(|build| host.2 >= *build);
    match generation {
        None => host.2 == image.2,
        Some(at) => (STABLE_BUILDS[at.saturating_sub(1)]..=host.2).contains(&image.2),
    }
}
