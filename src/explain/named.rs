//! Which image a message names, with its tag.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern;
use crate::diagnose::message::Reading;
use crate::registry::reference::Reference;

/// The image that a message names, with its tag where that stands elsewhere in it; else that of the request.
pub(super) fn named(reading: &Reading, message: &str) -> Option<String> {
    match reading.image.as_ref().filter(|image| !image.is_empty()) {
        Some(image) => Some(with_tag(image.as_str(), message)),
        None => {
            let of_request =
                reading.requests.iter().rev().find_map(|one| of_url(one.url.as_str(), &one.host));
            let stated = || STATED.captures(message).map(|found| found["image"].to_owned());
            of_request.or_else(|| stated().filter(|image| Reference::parse(image).is_ok()))
        }
    }
}

/// An image with its registry and tag where a part of a message begins: `registry.example.com/a:1: not found`.
static STATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|: | |oci://)(?P<image>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:/[a-z0-9._-]+)+[:@][A-Za-z0-9_][\w.-]*(?::[0-9a-f]{64})?): ",
    )
});

/// `manifest TAG in REPOSITORY`, and a reference with its transport: containers/image names the two apart.
static APART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"manifest (?P<tag>\S+) in |docker://\S+?/[^\s:@/]+(?P<joint>[:@])(?P<end>[\w][\w.:-]*)")
});

/// A tag or digest behind an image's name.
static END: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<joint>[:@])(?P<end>sha256:[0-9a-f]{64}|[A-Za-z0-9_][\w.-]*)"));

fn with_tag(image: &str, message: &str) -> String {
    let is_bare =
        Reference::parse(image).is_ok_and(|image| image.tag().is_none() && image.digest().is_none());
    if !is_bare {
        return image.to_owned();
    }
    let found = APART.captures(message);
    let part = |name: &str| found.as_ref().and_then(|found| found.name(name)).map(|part| part.as_str());
    let tag = part("tag").or_else(|| part("end")).or_else(|| end_elsewhere(image, message));
    let tag = tag.map(|tag| tag.trim_end_matches(['.', ':']));
    let whole = tag.map(|tag| format!("{image}{}{tag}", if tag.starts_with("sha256:") { '@' } else { ':' }));
    whole.filter(|whole| Reference::parse(whole).is_ok()).unwrap_or_else(|| image.to_owned())
}

/// The tag or digest with which a message names the same image in another place: Docker's refusals leave it out.
fn end_elsewhere<'m>(image: &str, message: &'m str) -> Option<&'m str> {
    let ends = message.match_indices(image).filter_map(|(at, _)| {
        let before = message.get(..at)?;
        let is_part = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c));
        let is_whole = !is_part || before.ends_with("://") || before.ends_with("docker.io/");
        let found = END.captures(message.get(at + image.len()..)?).filter(|_| is_whole)?;
        Some(found.name("end")?.as_str())
    });
    ends.into_iter().next()
}

/// The image that a request of the registry API is about: `/v2/NAME/manifests/REFERENCE`, `/v2/NAME/blobs/…`.
fn of_url(url: &str, host: &str) -> Option<String> {
    let (_, path) = url.split_once("/v2/")?;
    let registry = if host == "registry-1.docker.io" { "docker.io" } else { host };
    let image = match (path.split_once("/manifests/"), path.split_once("/blobs/")) {
        (Some((name, reference)), _) => {
            let reference = reference.split('?').next().unwrap_or_default();
            let joint = if reference.contains(':') { '@' } else { ':' };
            format!("{registry}/{name}{joint}{reference}")
        }
        (None, Some((name, _))) => format!("{registry}/{name}"),
        (None, None) => return None,
    };
    Reference::parse(&image).is_ok().then_some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_taken_from_where_the_same_image_has_one() {
        for (image, message, expected) in [
            (
                "r.example.com/x/y",
                "unable to pull image r.example.com/x/y:1: pull access denied for r.example.com/x/y, repo",
                "r.example.com/x/y:1",
            ),
            ("acme/app", "pull docker.io/acme/app:2.1.: access denied for acme/app", "acme/app:2.1"),
            ("acme/app", "docker://acme/app@sha256:0 denied", "acme/app"),
            ("acme/app", "r.example.com/acme/app:2 and acme/app-b:3: denied for acme/app: x", "acme/app"),
            ("acme/app", "scope repository:acme/app:pull: denied", "acme/app"),
            ("acme/app:1", "acme/app:2: denied", "acme/app:1"),
        ] {
            assert_eq!(with_tag(image, message), expected, "{message}");
        }
    }
}
