//! The configuration that Harbor's pods must share, from their specs and the objects that these name.
//!
//! What has to be equal is from Harbor 2.16: src/core/main.go (`CSRF_KEY`, sessions), src/lib/config/systemconfig.go
//! (secrets, database), src/common/secret (core's and jobservice's), src/registryctl, and the registry's own
//! configuration (`http.secret`, `auth.htpasswd`).

use super::cores;
use super::discover::Found;
use super::environment::{self, Value};
use super::mounts::{self, Origin};
use super::objects::{Objects, Reference};
use super::wire::{Container, Pod};
use crate::evidence::harbor::settings::Learnt;
use crate::evidence::harbor::{Setting, SettingValue};
use crate::secret::RunKey;
use crate::text::Clean;

/// A setting that must be equal wherever it is.
pub(super) struct Shared {
    /// The variable, or the absolute path of the file.
    pub name: &'static str,
    /// The components and containers that have it.
    of: &'static [(&'static str, &'static str)],
    /// What may be shown of it.
    pub shown: Shown,
    /// Whether it matters that it is not set: else it is left out where no container has it.
    required: bool,
}

/// What may be shown of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It is a secret.
    Nothing,
    /// Its length alone.
    Length,
    /// Itself.
    Value,
    /// A URL, without user, password and query; nothing of what is none.
    Url,
}

impl Shared {
    pub fn is_file(&self) -> bool {
        self.name.starts_with('/')
    }
}

/// The schemes of URLs that may be shown.
const SCHEMES: [&str; 6] = ["http", "https", "redis", "rediss", "redis+sentinel", "rediss+sentinel"];

const CORE: &[(&str, &str)] = &[("core", "core")];
const REGISTRY: &[(&str, &str)] = &[("registry", "registry")];
const CORE_AND_JOBS: &[(&str, &str)] = &[("core", "core"), ("jobservice", "jobservice")];
const EVERYWHERE: &[(&str, &str)] = &[
    ("core", "core"),
    ("jobservice", "jobservice"),
    ("registry", "registryctl"),
    ("registryctl", "registryctl"),
];

const fn shared(
    name: &'static str,
    of: &'static [(&'static str, &'static str)],
    shown: Shown,
    required: bool,
) -> Shared {
    Shared { name, of, shown, required }
}

/// All of them.
pub(super) const SHARED: &[Shared] = &[
    shared("/etc/core/key", CORE, Shown::Nothing, true),
    // Unset, each process makes its own (src/server/middleware/csrf); another length than 32 is not taken.
    shared("CSRF_KEY", CORE, Shown::Length, true),
    shared("CORE_SECRET", EVERYWHERE, Shown::Nothing, true),
    shared("JOBSERVICE_SECRET", EVERYWHERE, Shown::Nothing, true),
    shared("REGISTRY_CREDENTIAL_USERNAME", CORE_AND_JOBS, Shown::Nothing, false),
    shared("REGISTRY_CREDENTIAL_PASSWORD", CORE_AND_JOBS, Shown::Nothing, false),
    shared("EXT_ENDPOINT", CORE, Shown::Url, true),
    shared("CORE_LOCAL_URL", CORE, Shown::Url, false),
    shared("POSTGRESQL_HOST", CORE, Shown::Value, false),
    shared("POSTGRESQL_PORT", CORE, Shown::Value, false),
    shared("POSTGRESQL_DATABASE", CORE, Shown::Value, false),
    shared("POSTGRESQL_SSLMODE", CORE, Shown::Value, false),
    shared("POSTGRESQL_USERNAME", CORE, Shown::Nothing, false),
    shared("POSTGRESQL_PASSWORD", CORE, Shown::Nothing, false),
    shared("_REDIS_URL", CORE, Shown::Url, false),
    shared("_REDIS_URL_CORE", CORE, Shown::Url, false),
    shared("_REDIS_URL_REG", CORE, Shown::Url, false),
    shared("_REDIS_URL_HARBOR", CORE, Shown::Url, false),
    shared("_REDIS_URL_CACHE_LAYER", CORE, Shown::Url, false),
    shared("REGISTRY_HTTP_SECRET", REGISTRY, Shown::Nothing, true),
    shared("/etc/registry/passwd", REGISTRY, Shown::Nothing, false),
];

/// The settings of a container.
pub(super) fn of_container(component: &str, container: &str) -> impl Iterator<Item = &'static Shared> {
    let place = (component.to_string(), container.to_string());
    SHARED.iter().filter(move |one| one.of.contains(&(place.0.as_str(), place.1.as_str())))
}

/// A container of a Harbor that has settings.
pub(super) struct Place<'a> {
    pub pod: &'a Pod,
    pub container: &'a Container,
    pub settings: Vec<&'static Shared>,
}

/// The containers of a Harbor that have settings.
pub(super) fn places(found: &Found) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for pod in &found.cores {
        let settings = || of_container("core", "core").collect();
        places.extend(cores::container(pod).map(|container| Place { pod, container, settings: settings() }));
    }
    for (component, pod) in &found.others {
        for container in &pod.spec.containers {
            let settings: Vec<&Shared> = of_container(component, &container.name).collect();
            if !settings.is_empty() {
                places.push(Place { pod, container, settings });
            }
        }
    }
    places
}

/// The objects that settings come from.
pub(super) fn candidates(places: &[Place<'_>]) -> Vec<Reference> {
    let of_place = |place: &Place<'_>| {
        let names: Vec<&str> = place.settings.iter().map(|setting| setting.name).collect();
        let files = place.settings.iter().filter(|setting| setting.is_file());
        let mounted =
            files.flat_map(|file| mounts::candidates(file.name, place.container, &place.pod.spec.volumes));
        let mut objects = environment::candidates(&names, place.container);
        objects.extend(mounted);
        objects
    };
    places.iter().flat_map(of_place).collect()
}

/// What the specs say about each setting, in the order of [`SHARED`].
pub(super) fn from_specs(places: &[Place<'_>], objects: &Objects, key: &RunKey) -> Vec<Setting> {
    let of_setting = |setting: &'static Shared| {
        let has = |place: &&Place<'_>| place.settings.iter().any(|one| one.name == setting.name);
        let values: Vec<SettingValue> =
            places.iter().filter(has).map(|place| from_spec(setting, place, objects, key)).collect();
        let all_unset = values.iter().all(|value| value.learnt == Learnt::Unset);
        let kept = !values.is_empty() && (setting.required || !all_unset);
        kept.then(|| Setting { name: setting.name.to_string(), values })
    };
    SHARED.iter().filter_map(of_setting).collect()
}

fn from_spec(setting: &Shared, place: &Place<'_>, objects: &Objects, key: &RunKey) -> SettingValue {
    let value = match setting.is_file() {
        true => file(setting.name, place, objects),
        false => environment::value(setting.name, place.container, objects),
    };
    let bare = |from: &str, learnt| SettingValue {
        pod: place.pod.metadata.name.clone(),
        container: place.container.name.clone(),
        from: Clean::with_cap(from, 320).to_string(),
        learnt,
        fingerprint: None,
        bytes: None,
        shown: None,
    };
    match value {
        Value::Set { value, from } => SettingValue {
            fingerprint: Some(key.setting(setting.name, &value)),
            bytes: (setting.shown == Shown::Length).then_some(value.len()),
            shown: shown(setting.shown, &String::from_utf8_lossy(&value)),
            ..bare(&from, Learnt::FromSpec)
        },
        Value::Unset => bare("unset", Learnt::Unset),
        Value::Unread { from, .. } => bare(&from, Learnt::Unread),
    }
}

/// A file's value; one that no object holds can be read in the pod alone.
fn file(path: &str, place: &Place<'_>, objects: &Objects) -> Value {
    match mounts::origin(path, place.container, &place.pod.spec.volumes, objects) {
        Origin::Nothing => Value::Unset,
        Origin::Other(source) => Value::Unread { from: source, certain: true },
        Origin::Key { object, key, .. } => {
            let from = format!("{object} key {key}");
            match objects.get(&object).map(|object| object.get(&key)) {
                Ok(Some(value)) => Value::Set { value: zeroize::Zeroizing::new(value.to_vec()), from },
                _ => Value::Unread { from, certain: true },
            }
        }
    }
}

/// What is shown of a value.
pub(super) fn shown(how: Shown, value: &str) -> Option<Clean> {
    let text = match how {
        Shown::Nothing | Shown::Length => return None,
        Shown::Value => value.trim().to_string(),
        Shown::Url => url(value.trim())?,
    };
    Some(Clean::with_cap(&text, 512))
}

/// A URL without user, password, query and fragment, each of which may hold a password. `None` of what may be none:
/// Harbor's older charts write `_REDIS_URL` as `HOST:PORT,100,PASSWORD`, and a password that is not encoded may hold
/// what ends a host.
fn url(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once("://").filter(|(scheme, _)| SCHEMES.contains(scheme))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next()?;
    // Sentinels alone are several.
    if host.is_empty() || path.contains('@') || host.contains(',') && !scheme.ends_with("+sentinel") {
        return None;
    }
    let path = path.split(['?', '#']).next()?;
    Some(format!("{scheme}://{host}{path}"))
}
