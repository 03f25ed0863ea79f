//! The effective value of a container's variable, in Kubernetes' order of precedence (`makeEnvironmentVariables` in
//! pkg/kubelet/kubelet_pods.go): `envFrom` in its order, then `env` in its order; what comes later wins, and an
//! optional source that is not there sets nothing.

use zeroize::Zeroizing;

use super::objects::{Objects, Reference};
use super::wire::{Container, EnvFrom, EnvVar, ValueFrom};

/// A variable's value. It may be secret: there is no Debug.
pub(super) enum Value {
    /// It is set.
    Set {
        /// To what.
        value: Zeroizing<Vec<u8>>,
        /// Where that comes from: `env`, `secret/NAME key KEY`, `configmap/NAME`.
        from: String,
    },
    /// Nothing sets it.
    Unset,
    /// What sets it could not be read, or is known in the pod alone.
    Unread {
        /// What that is.
        from: String,
        /// Whether it is sure to set it: a variable of its own does, a whole object that cannot be read only may.
        certain: bool,
    },
}

/// The value of one variable of a container.
pub(super) fn value(name: &str, container: &Container, objects: &Objects) -> Value {
    before(container.env.len(), name, container, objects)
}

/// All objects that a variable of a container may come from, whichever it is.
pub(super) fn candidates(names: &[&str], container: &Container) -> Vec<Reference> {
    let whole = container.env_from.iter().filter_map(|source| source_of(source).map(|(object, _)| object));
    let wanted = container.env.iter().filter(|one| names.contains(&one.name.as_str()));
    let single = wanted.filter_map(|one| key_of(one.value_from.as_ref()?)).map(|(object, _, _)| object);
    whole.chain(single).collect()
}

/// As far as the first `end` entries of `env` set it.
fn before(end: usize, name: &str, container: &Container, objects: &Objects) -> Value {
    for (at, entry) in container.env[..end].iter().enumerate().rev().filter(|(_, entry)| entry.name == name) {
        if let Some(value) = of_entry(entry, at, container, objects) {
            return value;
        }
    }
    of_sources(name, &container.env_from, objects)
}

/// `None` where an optional source is not there.
fn of_entry(entry: &EnvVar, at: usize, container: &Container, objects: &Objects) -> Option<Value> {
    let Some(source) = &entry.value_from else {
        return Some(match expanded(entry.value.expose(), at, container, objects) {
            Some(value) => Value::Set { value, from: "env".into() },
            None => Value::Unread { from: "env with another variable in it".into(), certain: true },
        });
    };
    let Some((object, key, optional)) = key_of(source) else {
        return Some(Value::Unread { from: "a field of the pod".into(), certain: true });
    };
    let from = format!("{object} key {key}");
    match objects.get(&object).map(|object| object.get(key)) {
        Ok(Some(value)) => Some(Value::Set { value: Zeroizing::new(value.to_vec()), from }),
        Ok(None) if optional => None,
        Err(_) if optional && objects.is_absent(&object) => None,
        _ => Some(Value::Unread { from, certain: true }),
    }
}

fn key_of(source: &ValueFrom) -> Option<(Reference, &str, bool)> {
    let secret = source.secret_key_ref.as_ref().map(|one| (Reference::secret(&one.name), one));
    let map = || source.config_map_key_ref.as_ref().map(|one| (Reference::config_map(&one.name), one));
    secret.or_else(map).map(|(object, one)| (object, one.key.as_str(), one.optional))
}

fn source_of(source: &EnvFrom) -> Option<(Reference, bool)> {
    let secret = source.secret_ref.as_ref().map(|one| (Reference::secret(&one.name), one.optional));
    let map = || source.config_map_ref.as_ref().map(|one| (Reference::config_map(&one.name), one.optional));
    secret.or_else(map)
}

/// The last source that has it. One that cannot be read is believed not to have what another one has: charts put a
/// variable into either the ConfigMap or the Secret, and the user may often read only the first.
fn of_sources(name: &str, sources: &[EnvFrom], objects: &Objects) -> Value {
    let mut unread = None;
    for source in sources.iter().rev() {
        let (Some(key), Some((object, optional))) = (name.strip_prefix(&source.prefix), source_of(source))
        else {
            continue;
        };
        match objects.get(&object) {
            Ok(found) => {
                if let Some(value) = found.get(key) {
                    let from = format!("{object} key {key}");
                    return Value::Set { value: Zeroizing::new(value.to_vec()), from };
                }
            }
            Err(_) if optional && objects.is_absent(&object) => {}
            Err(_) => unread = Some(object),
        }
    }
    match unread {
        Some(object) => Value::Unread { from: object.to_string(), certain: false },
        None => Value::Unset,
    }
}

/// `$(NAME)` stands for a variable that was set before, `$$` for `$`; a reference to what is not set stays as it is
/// (k8s.io/kubernetes/third_party/forked/golang/expansion). `None` where such a variable cannot be read.
fn expanded(text: &str, at: usize, container: &Container, objects: &Objects) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let (plain, after) = rest.split_at(dollar);
        out.extend_from_slice(plain.as_bytes());
        let name = after.strip_prefix("$(").and_then(|inner| inner.split_once(')'));
        rest = if let Some((name, rest)) = name {
            match before(at, name, container, objects) {
                Value::Set { value, .. } => out.extend_from_slice(&value),
                Value::Unset => out.extend_from_slice(format!("$({name})").as_bytes()),
                Value::Unread { .. } => return None,
            }
            rest
        } else {
            out.push(b'$');
            after.strip_prefix("$$").unwrap_or(&after[1..])
        };
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}
