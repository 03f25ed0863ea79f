//! Values of flags: what is not one is refused with a sentence that says what to give.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regauth::evidence::endpoint::Scheme;
use regauth::probe::clock::TimeServer;
use regauth::registry::platform::Platform;
use regauth::registry::reference::Reference;
use regauth::registry::transport::{Origin, Target};
use regauth::text;

/// The shortest and the longest run.
const RUN_LIMITS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(24 * 3600));
/// The longest label value (`k8s.io/apimachinery/pkg/util/validation`, Kubernetes 1.36).
const MAX_LABEL: usize = 63;

/// Where certificates come from, as the user says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaSource {
    /// A PEM file of this machine.
    File(PathBuf),
    /// A ConfigMap in the run's namespace.
    ConfigMap(String),
    /// A Secret in the run's namespace.
    Secret(String),
}

/// A duration as kubectl takes it: `90` (seconds), `30s`, `5m`, `1h30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "use a duration such as 30s, 5m or 1h30m".to_string();
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(parsed).map_err(|_| wrong())
}

/// A duration that may be given in days or weeks as well: `14d`, `2w`.
pub fn long_duration(text: &str) -> Result<Duration, String> {
    const DAY: u64 = 24 * 3600;
    let unit = [('d', DAY), ('w', 7 * DAY)].into_iter().find(|(unit, _)| text.ends_with(*unit));
    let Some((unit, seconds)) = unit else {
        return duration(text).map_err(|_| "use a duration such as 36h, 14d or 2w".into());
    };
    let number =
        text.trim_end_matches(unit).parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    number.map(Duration::from_secs).ok_or_else(|| "use a duration such as 36h, 14d or 2w".into())
}

/// How long leases are watched.
pub fn listen(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    match (Duration::from_secs(1)..=Duration::from_secs(3600)).contains(&time) {
        true => Ok(time),
        false => Err("use at least 1s and at most 1h; --watch listens until it is interrupted".into()),
    }
}

/// From which difference on clocks break something.
pub fn threshold(text: &str) -> Result<Duration, String> {
    let threshold = duration(text)?;
    match (Duration::from_millis(1)..=Duration::from_secs(24 * 3600)).contains(&threshold) {
        true => Ok(threshold),
        false => Err("use at least 1ms and at most 24h".into()),
    }
}

/// A time server: a name or address with an optional port.
pub fn time_server(text: &str) -> Result<String, String> {
    match TimeServer::parse(text) {
        Ok(_) => Ok(text.trim().to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// The time limit of a run.
pub fn run_limit(text: &str) -> Result<Duration, String> {
    let limit = duration(text)?;
    if limit < RUN_LIMITS.0 || limit > RUN_LIMITS.1 {
        return Err("use at least 5s and at most 24h".into());
    }
    Ok(limit)
}

/// How often something is done that goes on.
pub fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    match (Duration::from_secs(60)..=Duration::from_secs(24 * 3600)).contains(&interval) {
        true => Ok(interval),
        false => Err("use at least 1m and at most 24h".into()),
    }
}

/// An address of this machine to listen on.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write it as IP:PORT, such as 127.0.0.1:9464, or 0.0.0.0:9464 for all addresses".into())
}

/// The name of a Kubernetes object.
pub fn object_name(text: &str) -> Result<String, String> {
    match text::is_object_name(text) {
        true => Ok(text.to_string()),
        false => Err("no object can have this name: use lower-case letters, digits, '-' and '.'".into()),
    }
}

/// The key of a Secret's data.
pub fn data_key(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match !text.is_empty() && text.len() <= 253 && text.chars().all(fits) && text != "." && text != ".." {
        true => Ok(text.to_string()),
        false => Err("no Secret has such a key: use letters, digits, '-', '_' and '.'".into()),
    }
}

/// A label as `KEY=VALUE`.
pub fn label(text: &str) -> Result<(String, String), String> {
    let wrong = || "write a label as KEY=VALUE, such as app=web or example.com/team=a".to_string();
    let (key, value) = text.split_once('=').ok_or_else(wrong)?;
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_prefix = prefix.is_none_or(text::is_object_name);
    match is_prefix && !name.is_empty() && is_label_part(name) && is_label_part(value) {
        true => Ok((key.to_string(), value.to_string())),
        false => Err(wrong()),
    }
}

fn is_label_part(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.len() <= MAX_LABEL
        && text.chars().all(fits)
        && edge(text.chars().next())
        && edge(text.chars().next_back())
}

/// Where certificates come from: `configmap/NAME`, `secret/NAME`, or a file.
pub fn ca_source(text: &str) -> Result<CaSource, String> {
    match text.split_once('/') {
        Some(("configmap" | "cm", name)) => object_name(name).map(CaSource::ConfigMap),
        Some(("secret", name)) => object_name(name).map(CaSource::Secret),
        // kubectl takes the plural as well; a folder may have this name.
        Some(("configmaps", name)) if !Path::new(text).exists() => object_name(name).map(CaSource::ConfigMap),
        Some(("secrets", name)) if !Path::new(text).exists() => object_name(name).map(CaSource::Secret),
        _ if text.is_empty() => Err("name a file, configmap/NAME or secret/NAME".into()),
        _ => Ok(CaSource::File(text.into())),
    }
}

/// A registry's host with an optional port.
pub fn registry_host(text: &str) -> Result<String, String> {
    match Origin::of_registry(text, Scheme::Http) {
        Ok(_) => Ok(text.to_string()),
        Err(_) => Err("name a registry as HOST or HOST:PORT, as it stands in the image's name".into()),
    }
}

/// Harbor's URL: scheme, host and port.
// An error must not repeat the value: it may hold a password.
pub fn front_url(text: &str) -> Result<String, String> {
    let wrong = || "write it as https://HOST or https://HOST:PORT".to_string();
    if text.contains('@') {
        return Err("leave out user and password: write it as https://HOST".into());
    }
    let target = Target::parse(text).map_err(|_| wrong())?;
    match target.path.as_str() {
        "/" => Ok(target.origin.to_string()),
        _ => Err("leave out the path: write it as https://HOST".into()),
    }
}

/// An address and a port.
pub fn endpoint(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write it as IP:PORT, such as 192.0.2.7:443 or [2001:db8::7]:443; a name goes into --url".into()
    })
}

/// A repository of Harbor, without its host: `PROJECT/REPOSITORY`.
pub fn harbor_repository(text: &str) -> Result<String, String> {
    let wrong = || "write it as PROJECT/REPOSITORY, without host and tag".to_string();
    let (project, rest) = text.split_once('/').ok_or_else(wrong)?;
    let is_host = project.contains(['.', ':']) && rest.contains('/');
    let reference = Reference::parse(&format!("registry.invalid/{text}")).map_err(|_| wrong())?;
    let has_tag = reference.tag().is_some() || reference.digest().is_some();
    match is_host || has_tag {
        true => Err(wrong()),
        false => Ok(text.to_string()),
    }
}

/// An image reference.
pub fn image(text: &str) -> Result<String, String> {
    match Reference::parse(text) {
        Ok(_) => Ok(text.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// A platform as `OS/ARCHITECTURE`.
pub fn platform(text: &str) -> Result<Platform, String> {
    let fits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [os, architecture] if fits(os) && fits(architecture) => Ok(Platform::new(os, architecture)),
        [os, architecture, variant] if [*os, architecture, variant].iter().all(|part| fits(part)) => {
            Ok(Platform { variant: variant.to_ascii_lowercase(), ..Platform::new(os, architecture) })
        }
        _ => Err("name a platform as OS/ARCHITECTURE, such as linux/amd64".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_kubectl() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        for text in ["", "five", "-3s", "1x"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_run_lasts_from_five_seconds_to_a_day() {
        assert!(run_limit("4s").is_err() && run_limit("25h").is_err());
        assert_eq!(run_limit("5m"), Ok(Duration::from_secs(300)));
    }

    #[test]
    fn a_time_server_is_a_host_with_an_optional_port() {
        for text in [
            "time.example.com",
            "time.example.com:1123",
            "192.0.2.1",
            "192.0.2.1:123",
            "2001:db8::1",
            "[2001:db8::1]:123",
        ] {
            assert_eq!(time_server(text), Ok(text.to_string()));
        }
        for text in ["", ":123", "http://time", "time:0", "time:x", "a b", "time:123:4"] {
            assert!(time_server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn leases_are_watched_for_a_second_to_an_hour() {
        assert!(listen("500ms").is_err() && listen("2h").is_err());
        assert_eq!(listen("45s"), Ok(Duration::from_secs(45)));
        assert!(threshold("0s").is_err() && threshold("48h").is_err());
        assert_eq!(threshold("40ms"), Ok(Duration::from_millis(40)));
    }

    #[test]
    fn certificates_come_from_a_file_or_an_object() {
        assert_eq!(ca_source("configmap/corp-ca"), Ok(CaSource::ConfigMap("corp-ca".into())));
        assert_eq!(ca_source("secret/ca"), Ok(CaSource::Secret("ca".into())));
        assert_eq!(ca_source("secrets/corp-ca"), Ok(CaSource::Secret("corp-ca".into())));
        assert_eq!(ca_source("configmaps/corp-ca"), Ok(CaSource::ConfigMap("corp-ca".into())));
        assert_eq!(ca_source("./ca.pem"), Ok(CaSource::File("./ca.pem".into())));
        assert_eq!(ca_source("certs/ca.pem"), Ok(CaSource::File("certs/ca.pem".into())));
        assert!(ca_source("secret/No_Name").is_err() && ca_source("").is_err());
    }

    #[test]
    fn labels_are_those_that_an_object_can_have() {
        assert_eq!(label("app=web"), Ok(("app".into(), "web".into())));
        assert_eq!(label("example.com/team="), Ok(("example.com/team".into(), String::new())));
        for text in ["app", "=web", "a/b/c=d", "app=-x", "app=a b", "Ex/app=x"] {
            assert!(label(text).is_err(), "{text}");
        }
    }

    #[test]
    fn harbors_url_has_neither_user_nor_path_and_an_error_does_not_repeat_it() {
        assert_eq!(front_url("https://harbor.example.com"), Ok("https://harbor.example.com".into()));
        assert_eq!(front_url("http://10.0.0.1:8080/"), Ok("http://10.0.0.1:8080".into()));
        for text in
            ["harbor.example.com", "ftp://x", "https://u:hunter2@h.example.com", "https://h/harbor", ""]
        {
            let error = front_url(text).unwrap_err();
            assert!(error.contains("https://HOST") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_repository_of_harbor_has_a_project_and_no_host() {
        assert_eq!(harbor_repository("team/app"), Ok("team/app".into()));
        assert_eq!(harbor_repository("team/sub/app"), Ok("team/sub/app".into()));
        for text in ["app", "team/app:1", "harbor.example.com/team/app", "Team/App", "/app", "team/"] {
            assert!(harbor_repository(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_platform_has_an_os_and_an_architecture() {
        assert_eq!(platform("linux/arm64").map(|one| one.to_string()), Ok("linux/arm64".into()));
        assert_eq!(platform("linux/arm/v7").map(|one| one.to_string()), Ok("linux/arm/v7".into()));
        for text in ["linux", "linux/", "/amd64", "linux/amd64/v1/x", "linux amd64"] {
            assert!(platform(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_registry_is_a_host_with_an_optional_port() {
        assert_eq!(registry_host("registry.local:5000"), Ok("registry.local:5000".into()));
        for text in ["http://registry.local", "registry.local/team", ""] {
            assert!(registry_host(text).is_err(), "{text}");
        }
    }
}
