//! Harbor's versions, and what a version forgives.

use super::view::View;
use crate::plan::clock::{HARBOR_LEEWAY_MS, NO_LEEWAY_MS};

/// The release from which on a token's times may be off by 60 s.
const WITH_LEEWAY: (u32, u32) = (2, 11);

/// Major and minor version of the cores: by what they say, else by their images' tags. The oldest counts.
pub(super) fn of(view: &View<'_>) -> Option<(u32, u32)> {
    let told = |core: &super::view::Core<'_>| {
        let info = core.seen.and_then(|seen| seen.info.as_ref()?.version.as_ref());
        info.and_then(|version| parse(version.as_str())).or_else(|| parse(tag(&core.pod?.image)?))
    };
    view.cores.iter().filter_map(told).map(|(major, minor, _)| (major, minor)).min()
}

/// What a version says of clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leeway {
    /// An error beyond this may break tokens, in microseconds.
    pub least_us: i64,
    /// An error beyond this breaks them whatever the version, in microseconds.
    pub most_us: i64,
    /// The version; `None` where it is unknown.
    pub version: Option<(u32, u32)>,
}

impl Leeway {
    /// The leeway of these cores.
    pub fn of(view: &View<'_>) -> Self {
        let us = |ms: u64| i64::try_from(ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
        let (none, some) = (us(NO_LEEWAY_MS), us(HARBOR_LEEWAY_MS));
        let version = of(view);
        let (least_us, most_us) = match version {
            Some(version) if version >= WITH_LEEWAY => (some, some),
            Some(_) => (none, none),
            None => (none, some),
        };
        Self { least_us, most_us, version }
    }

    /// The limit in words.
    pub fn in_words(self) -> String {
        match self.version {
            Some((major, minor)) if (major, minor) >= WITH_LEEWAY => {
                format!("Harbor {major}.{minor} forgives 60 s")
            }
            Some((major, minor)) => format!("Harbor {major}.{minor} forgives less than a second; from 2.11 on it is 60 s"),
            None => "Harbor forgives 60 s from 2.11 on and less than a second before; which one this is could not be told".into(),
        }
    }
}

/// The tag of an image reference.
pub(super) fn tag(image: &str) -> Option<&str> {
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split_once(':').map(|(_, tag)| tag)
}

/// The three numbers that a version or tag begins with: `v2.16.0-abcdef`, `2.11.1-debian-12-r3`.
pub(super) fn parse(text: &str) -> Option<(u32, u32, u32)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let mut parts = numbers.split('.').map(str::parse::<u32>);
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some((major, minor, parts.next().and_then(Result::ok).unwrap_or_default()))
}
