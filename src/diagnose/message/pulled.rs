//! The kubelet's reports of what went well, or nearly: pulls that ended, pull secrets that were not found.

use crate::text::is_object_name;

/// A pull that ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// How long the pull took, in milliseconds.
    pub took_ms: u64,
    /// How long it took with the wait for other pulls; Kubernetes before 1.27 does not say.
    pub waited_ms: Option<u64>,
    /// The image's size; Kubernetes before 1.29 does not say.
    pub size_bytes: Option<u64>,
}

/// Reads the kubelet's `Successfully pulled image "…" in 58ms (58ms including waiting). Image size: 768618
/// bytes.` in the wordings of Kubernetes 1.24 to 1.36 (`pkg/kubelet/images/image_manager.go`). An image that
/// was there already is no pull.
pub fn pulled(message: &str) -> Option<Pulled> {
    let rest = message.trim().strip_prefix("Successfully pulled image \"")?;
    let (_, rest) = rest.split_once('"')?;
    let rest = rest.trim_start().strip_prefix("in ")?;
    let (took, rest) = rest.split_once(|c: char| c.is_whitespace()).unwrap_or((rest, ""));
    let waited = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(" including waiting"));
    let size = rest.split_once("Image size: ").and_then(|(_, rest)| rest.split_once(" bytes"));
    Some(Pulled {
        took_ms: milliseconds(took.trim_end_matches('.'))?,
        waited_ms: waited.and_then(|(waited, _)| milliseconds(waited)),
        size_bytes: size.and_then(|(size, _)| size.parse().ok()),
    })
}

/// The pull secrets that the kubelet did not find, from a `FailedToRetrieveImagePullSecret` event (Kubernetes
/// 1.24 to 1.36: `Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not
/// succeed.`) or from its log (`Unable to retrieve pull secret, the image pull may not succeed." pod="ns/p"
/// secret="ns/a"`, and `Unable to retrieve pull secret ns/a for ns/p due to …` of old).
pub fn missing_pull_secrets(message: &str) -> Vec<String> {
    let listed = message
        .split_once("Unable to retrieve some image pull secrets (")
        .map(|(_, rest)| rest.split_once(')').map_or(rest, |(names, _)| names));
    let logged = || {
        let (_, rest) = message.split_once("Unable to retrieve pull secret")?;
        let quoted =
            rest.split_once("secret=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name);
        let worded = || rest.trim_start().split_once(" for ").map(|(name, _)| name);
        quoted.or_else(worded).map(|name| name.rsplit('/').next().unwrap_or(name))
    };
    let mut names: Vec<String> = Vec::new();
    for name in listed.or_else(logged).unwrap_or_default().split(',').map(str::trim) {
        if is_object_name(name) && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// A Go duration (`1m2.3s`, `1.234567ms`, `512µs`) in whole milliseconds, rounded down.
fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0.0_f64;
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let unit = &rest[..rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len())];
        let in_ms = match unit {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            "us" | "µs" | "μs" => 1e-3,
            "ns" => 1e-6,
            _ => return None,
        };
        total += number * in_ms;
        rest = &rest[unit.len()..];
    }
    // A pull of centuries is no duration of a kubelet; the cast cannot lose anything below that.
    (total < 1e13).then_some((total + 1e-6) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(took_ms: u64, waited_ms: Option<u64>, size_bytes: Option<u64>) -> Option<Pulled> {
        Some(Pulled { took_ms, waited_ms, size_bytes })
    }

    #[test]
    fn every_wording_since_1_24_is_read() {
        let image = r#"Successfully pulled image "registry.example.com/team/app:1" in"#;
        assert_eq!(
            pulled(&format!("{image} 58ms (58ms including waiting). Image size: 768618 bytes.")),
            seen(58, Some(58), Some(768_618))
        );
        assert_eq!(
            pulled(&format!("{image} 1m2.3s (1h0m2.3s including waiting)")),
            seen(62_300, Some(3_602_300), None)
        );
        assert_eq!(pulled(&format!("{image} 1.234567ms")), seen(1, None, None));
        assert_eq!(pulled(&format!("{image} 512µs (512µs including waiting)")), seen(0, Some(0), None));
        assert_eq!(pulled(&format!("{image} 2.5s.")), seen(2_500, None, None));
    }

    #[test]
    fn what_is_no_pull_is_not_read_as_one() {
        for message in [
            "",
            r#"Container image "app:1" already present on machine"#,
            r#"Successfully pulled image "app:1""#,
            r#"Successfully pulled image "app:1" in a while"#,
            r#"Pulling image "app:1""#,
            r#"Successfully pulled image "app:1" in 1x"#,
            r#"Successfully pulled image "app:1" in 1.2.3s"#,
        ] {
            assert_eq!(pulled(message), None, "{message}");
        }
    }

    #[test]
    fn missing_secrets_are_named() {
        assert_eq!(
            missing_pull_secrets(
                "Unable to retrieve some image pull secrets (a, b.c, a); attempting to pull the image may not succeed."
            ),
            ["a", "b.c"]
        );
        assert_eq!(
            missing_pull_secrets(
                r#""Unable to retrieve pull secret, the image pull may not succeed." pod="ns/p" secret="ns/regcred" err="secret \"regcred\" not found""#
            ),
            ["regcred"]
        );
        assert_eq!(
            missing_pull_secrets(
                "Unable to retrieve pull secret ns/regcred for ns/pod due to secret \"regcred\" not found.  The image pull may not succeed."
            ),
            ["regcred"]
        );
        assert!(missing_pull_secrets("Failed to pull image").is_empty());
        assert!(missing_pull_secrets("Unable to retrieve some image pull secrets (); attempting").is_empty());
        assert_eq!(missing_pull_secrets("Unable to retrieve some image pull secrets (a, b"), ["a", "b"]);
    }
}
