//! Names in texts: those that were gathered, and what is one by its form.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::common;
use super::fields::Kind;
use super::names::{Names, is_in_word};

/// What is told by its form alone, the longer before what it holds: digests, UIDs, IPv6 addresses, mail addresses, home
/// folders, and words.
const FORMS: &str = concat!(
    r"(?<digest>sha(?:256|512):[0-9a-f]{64,128})",
    r"|(?<uid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)",
    r"|(?<v6>[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})",
    r"|(?<user>[A-Za-z0-9_.+-]+)@(?<at>[a-z0-9-]+(?:\.[a-z0-9-]+)+)",
    r"|(?<home>/(?:home|Users)/)(?<owner>[A-Za-z0-9_.-]+)",
    r"|(?<word>[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)",
);

/// The text with other names.
pub(super) fn replaced(text: &str, names: &mut Names) -> String {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(FORMS).ok());
    let mut text = text.to_string();
    for (name, other) in names.phrases() {
        if text.contains(name.as_str()) {
            text = text.replace(name.as_str(), other);
        }
    }
    let is_sentence = text.contains(' ');
    match FORM.as_ref() {
        Some(form) => {
            let other =
                |found: &Captures<'_>| one(found, is_sentence && !stands_as_name(&text, found), names);
            form.replace_all(&text, other).into_owned()
        }
        None => text,
    }
}

/// Whether a word stands in a path, before or as a tag, or between quotes: it is no word of the sentence then.
fn stands_as_name(text: &str, found: &Captures<'_>) -> bool {
    let Some(whole) = found.get(0) else { return false };
    let before = text[..whole.start()].chars().next_back();
    let mut after = text[whole.end()..].chars();
    let (next, second) = (after.next(), after.next());
    let is_quoted = before == Some('"') && next == Some('"');
    let is_tagged = matches!(next, Some(':' | '@')) && second.is_some_and(|c| !c.is_whitespace());
    is_quoted || is_tagged || matches!(before, Some('/' | ':')) || next == Some('/')
}

fn one(found: &Captures<'_>, is_sentence: bool, names: &mut Names) -> String {
    let group = |name: &str| found.name(name).map(|part| part.as_str());
    if let Some(digest) = group("digest") {
        let (algorithm, encoded) = digest.split_once(':').unwrap_or(("sha256", digest));
        return format!("{algorithm}:{:0width$x}", names.number(digest), width = encoded.len());
    }
    if let Some(uid) = group("uid") {
        return format!("00000000-0000-0000-0000-{:012x}", names.number(uid));
    }
    if let Some(v6) = group("v6") {
        return match v6.parse::<Ipv6Addr>() {
            Ok(address) => names.address(address.into()).to_string(),
            Err(_) => v6.split(':').map(|part| word(part, is_sentence, names)).collect::<Vec<_>>().join(":"),
        };
    }
    if let (Some(user), Some(at)) = (group("user"), group("at")) {
        names.take(Kind::User, user);
        let user = names.word(user).unwrap_or(user).to_string();
        return format!("{user}@{}", word(at, is_sentence, names));
    }
    if let (Some(home), Some(owner)) = (group("home"), group("owner")) {
        names.take(Kind::User, owner);
        return format!("{home}{}", names.word(owner).unwrap_or(owner));
    }
    word(group("word").unwrap_or_default(), is_sentence, names)
}

fn word(word: &str, is_sentence: bool, names: &mut Names) -> String {
    debug_assert!(word.chars().all(is_in_word));
    if is_sentence && common::is_word(word) {
        return word.to_string();
    }
    if let Some(other) = names.word(word) {
        return other.to_string();
    }
    if let Ok(address) = word.parse::<IpAddr>() {
        return names.address(address).to_string();
    }
    if common::looks_like_host(word) {
        return names.host(word);
    }
    longer(word, names).unwrap_or_else(|| word.to_string())
}

/// A pod's name begins with its workload's, and a Service's host with the Service's.
fn longer(word: &str, names: &Names) -> Option<String> {
    let ends = word.char_indices().rev().filter(|(_, c)| matches!(c, '-' | '.' | '_')).map(|(at, _)| at);
    let known = |end: usize| Some((names.word(&word[..end])?, &word[end..]));
    let (name, rest) = ends.into_iter().find_map(known)?;
    // What follows may be another name: `web.team.svc`.
    let (gap, rest) = rest.split_at(1);
    let rest =
        names.word(rest).map(str::to_string).or_else(|| longer(rest, names)).unwrap_or_else(|| rest.into());
    Some(format!("{name}{gap}{rest}"))
}
