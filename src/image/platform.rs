//! What a node must be to run an image.

use std::fmt;

use serde::Serialize;

/// Operating system and architecture by Go's names, as image-spec 1.1 has them (`linux`, `amd64`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Platform {
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `linux`.
    pub os: String,
    /// Such as `v7`; `None` where it is the architecture's usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// The platform with its usual variant left out, or written out for `arm`, so that one platform has one
    /// form (`normalizeArch` in containerd's `platforms` 1.0).
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let variant = match (architecture, variant.unwrap_or_default()) {
            ("amd64", "v1") | ("arm64", "v8" | "8") => "",
            ("arm", "" | "7") => "v7",
            ("arm", "5") => "v5",
            ("arm", "6") => "v6",
            ("arm", "8") => "v8",
            (_, variant) => variant,
        };
        Self {
            architecture: architecture.into(),
            os: os.into(),
            variant: (!variant.is_empty()).then(|| variant.into()),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}
