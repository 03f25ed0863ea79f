//! YAML as mends write it: block style, keys in the order in which people write them.

/// A node of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Yaml {
    /// In a patch: the field is removed.
    Null,
    True,
    Text(String),
    /// Text of several lines, as a literal block.
    Block(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

pub(super) fn text(text: &str) -> Yaml {
    Yaml::Text(text.to_string())
}

pub(super) fn map<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
    Yaml::Map(entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
}

pub(super) fn list(items: impl IntoIterator<Item = Yaml>) -> Yaml {
    Yaml::List(items.into_iter().collect())
}

impl Yaml {
    /// Puts a node under keys, the outermost first.
    pub(super) fn under(self, keys: &[&str]) -> Self {
        keys.iter().rev().fold(self, |inner, key| map([(key, inner)]))
    }

    /// Adds the entries of another map, those of common keys inside each other.
    pub(super) fn merged(self, other: Self) -> Self {
        let (Self::Map(mut own), Self::Map(added)) = (self.clone(), other) else { return self };
        for (key, value) in added {
            match own.iter_mut().find(|(one, _)| *one == key) {
                Some((_, inner)) => *inner = inner.clone().merged(value),
                None => own.push((key, value)),
            }
        }
        Self::Map(own)
    }

    /// The document.
    pub(super) fn render(&self) -> String {
        self.lines().join("\n") + "\n"
    }

    /// The same as JSON in one line.
    pub(super) fn json(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::True => "true".into(),
            Self::Text(text) | Self::Block(text) => string(text),
            Self::List(items) => format!("[{}]", items.iter().map(Self::json).collect::<Vec<_>>().join(",")),
            Self::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}:{}", string(key), value.json())).collect();
                format!("{{{}}}", entries.join(","))
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        match self {
            Self::Null => vec!["null".into()],
            Self::True => vec!["true".into()],
            Self::Text(text) | Self::Block(text) => vec![scalar(text)],
            Self::List(items) if items.is_empty() => vec!["[]".into()],
            Self::List(items) => items.iter().flat_map(|item| begun("- ", item.lines())).collect(),
            Self::Map(entries) => {
                entries.iter().flat_map(|(key, value)| entry(&scalar(key), value)).collect()
            }
        }
    }
}

fn entry(key: &str, value: &Yaml) -> Vec<String> {
    let (head, below) = match value {
        Yaml::Null | Yaml::True | Yaml::Text(_) => return vec![format!("{key}: {}", value.lines().concat())],
        Yaml::List(items) if items.is_empty() => return vec![format!("{key}: []")],
        Yaml::Block(text) => (format!("{key}: |-"), text.lines().map(str::to_string).collect()),
        Yaml::List(_) | Yaml::Map(_) => (format!("{key}:"), value.lines()),
    };
    std::iter::once(head).chain(below.into_iter().map(|line| format!("  {line}"))).collect()
}

/// The first line after `mark`, the further ones under its text.
fn begun(mark: &str, lines: Vec<String>) -> Vec<String> {
    let under = " ".repeat(mark.len());
    let begin = |(n, line)| format!("{}{line}", if n == 0 { mark } else { under.as_str() });
    lines.into_iter().enumerate().map(begin).collect()
}

/// Words that YAML 1.1 or 1.2 takes for something other than text.
const NOT_TEXT: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan"];

fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let is_word = !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str());
    if begins && is_word && text.chars().all(is_plain) { text.to_string() } else { string(text) }
}

/// In double quotes, which YAML and JSON read alike.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
