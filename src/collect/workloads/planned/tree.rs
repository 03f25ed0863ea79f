//! A document as a tree, from YAML or JSON, and as JSON again for the types that read the API server's answers.
//!
//! A manifest may hold a Secret: texts are overwritten when the tree is dropped, it has no Debug, and errors tell a place
//! and no content.

use std::collections::HashMap;
use std::fmt::{self, Write};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::DuplicateKeyPolicy;
use zeroize::Zeroizing;

/// How deep a document may be.
const DEPTH: usize = 64;
/// How many nodes a document may have.
const NODES: usize = 250_000;
/// How many nodes aliases may add to a document.
const REPLAYED: usize = 100_000;

/// A node.
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(Zeroizing<String>),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// The line in the document's text, from 1.
    pub line: u32,
    /// Why, as a clause.
    pub why: &'static str,
}

/// The trees of a document: one, but for JSON, in which objects may follow each other.
pub(super) fn read(text: &str) -> Result<Vec<Tree>, Broken> {
    if text.trim_start().starts_with('{') {
        let stream = serde_json::Deserializer::from_str(text).into_iter::<Tree>();
        if let Ok(trees) = stream.collect::<Result<Vec<Tree>, _>>() {
            return Ok(trees);
        }
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEPTH, max_nodes: NODES, max_documents: 1 },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: REPLAYED },
        // What kubectl's YAML takes for a boolean differs from this parser's older rules (`y`): a word stays a word.
        strict_booleans: true,
        with_snippet: false,
        emit_comments: false,
    };
    match serde_saphyr::from_str_with_options::<Tree>(text, options) {
        Ok(tree) => Ok(vec![tree]),
        Err(error) => Err(broken(text, &error)),
    }
}

fn broken(text: &str, error: &serde_saphyr::Error) -> Broken {
    let line = error.location().map_or(1, |place| u32::try_from(place.line()).unwrap_or(1)).max(1);
    // Limits have many kinds of errors, some of them wrapped; of the text nothing is kept.
    let told = error.to_string().to_lowercase();
    let is_too_much = ["budget", "limit", "exceed", "depth"].iter().any(|word| told.contains(word));
    let why = match () {
        () if is_too_much => "it is too large, too deep, or repeats itself too often by aliases",
        () if text.contains("{{") => "it is a template, and no YAML yet: render it first (`helm template`)",
        () => "it is no YAML that can be read",
    };
    Broken { line, why }
}

impl Tree {
    /// A field; `Null` where there is none.
    pub fn get(&self, key: &str) -> &Self {
        const NONE: &Tree = &Tree::Null;
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map_or(NONE, |(_, tree)| tree),
            _ => NONE,
        }
    }

    /// A field at the end of a path.
    pub fn at(&self, path: &[&str]) -> &Self {
        path.iter().fold(self, |tree, key| tree.get(key))
    }

    /// Its text; empty where it is none.
    pub fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// Its items; none where it is no list.
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// Its entries; none where it is no map.
    pub fn entries(&self) -> &[(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    /// The same once more.
    pub fn copy(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(value) => Self::Bool(*value),
            Self::Number(text) => Self::Number(text.clone()),
            Self::Text(text) => Self::Text(text.clone()),
            Self::List(items) => Self::List(items.iter().map(Self::copy).collect()),
            Self::Map(entries) => {
                Self::Map(entries.iter().map(|(key, tree)| (key.clone(), tree.copy())).collect())
            }
        }
    }

    pub fn is_map(&self) -> bool {
        matches!(self, Self::Map(_))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// As JSON. An entry without a value is left out, which means the same to Kubernetes.
    pub fn json(&self) -> Zeroizing<String> {
        // With room for all of it from the start nothing is left behind by growing.
        let mut out = Zeroizing::new(String::with_capacity(self.room()));
        self.write(&mut out);
        out
    }

    fn room(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 5,
            Self::Number(text) => text.len(),
            Self::Text(text) => room(text),
            Self::List(items) => 2 + items.iter().map(|item| item.room() + 1).sum::<usize>(),
            Self::Map(entries) => {
                2 + entries.iter().map(|(key, tree)| room(key) + tree.room() + 2).sum::<usize>()
            }
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => quote(text, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(entries) => write_map(entries.iter().map(|(key, tree)| (key.as_str(), tree)), out),
        }
    }
}

/// An object of these entries as JSON.
pub(super) fn write_map<'t>(entries: impl Iterator<Item = (&'t str, &'t Tree)>, out: &mut String) {
    out.push('{');
    for (at, (key, tree)) in entries.filter(|(_, tree)| !tree.is_null()).enumerate() {
        if at > 0 {
            out.push(',');
        }
        quote(key, out);
        out.push(':');
        tree.write(out);
    }
    out.push('}');
}

fn room(text: &str) -> usize {
    2 + text.chars().map(|c| if c < ' ' { 6 } else { c.len_utf8() + 1 }).sum::<usize>()
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(if value.is_finite() { Tree::Number(value.to_string()) } else { Tree::Null })
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(Zeroizing::new(value.to_string())))
    }

    fn visit_string<E>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::Text(Zeroizing::new(value)))
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map: Vec<(String, Tree)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some((key, tree)) = entries.next_entry::<String, Tree>()? {
            // The last of several counts, as for the API server.
            match places.get(&key).and_then(|at| map.get_mut(*at)) {
                Some(known) => known.1 = tree,
                None => {
                    places.insert(key.clone(), map.len());
                    map.push((key, tree));
                }
            }
        }
        Ok(Tree::Map(map))
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
