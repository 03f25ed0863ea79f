//! Bodies that programs quote in their messages: the registry API's JSON, logs' JSON, object stores' XML.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// What of a body is read: pairs of a code, which may be empty, and a text.
pub(super) type Told = Vec<(String, String)>;

/// Members whose text is a message: the token service's, the daemon's, those of programs that log in JSON.
const TEXTS: [&str; 9] =
    ["error_description", "message", "details", "detail", "error", "msg", "err", "reason", "description"];

/// A JSON body at the start of `rest`, and what is behind it. One that has line breaks in its strings, was cut
/// off or is written as Python does is read as far as it is one.
pub(super) fn json(rest: &str) -> Option<(Told, &str)> {
    if let Some((value, length)) = first_value(rest) {
        return Some((errors(&value), &rest[length..]));
    }
    // Byte for byte, so that places stay.
    let in_one_line = rest.replace(['\n', '\r', '\t'], " ");
    if let Some((value, length)) = first_value(&in_one_line) {
        return Some((errors(&value), rest.get(length..)?));
    }
    let told = members(rest);
    (!told.is_empty()).then_some((told, ""))
}

fn first_value(text: &str) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// The errors in a JSON answer: the registry API's `errors`, and the texts beside them.
fn errors(value: &Value) -> Told {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let listed = value.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut out = Told::new();
    for error in listed.iter().take(16) {
        out.push((text(error, "code"), text(error, "message")));
        // What makes it so is told here, if at all, as a text or in a member.
        match error.get("detail") {
            Some(Value::String(detail)) => out.push((String::new(), detail.clone())),
            Some(detail @ Value::Object(_)) => out.extend(texts(detail)),
            _ => {}
        }
    }
    out.extend(texts(value));
    out
}

fn texts(value: &Value) -> impl Iterator<Item = (String, String)> + '_ {
    let said = TEXTS.iter().filter_map(|name| value.get(*name).and_then(Value::as_str));
    said.filter(|said| !said.is_empty()).map(|said| (String::new(), said.to_owned()))
}

/// A member with a string, in the quotes of JSON or of Python; the last one may be cut off.
static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?:"(?P<name>\w+)"\s*:\s*"(?P<text>(?:[^"\\]|\\.)*)|'(?P<name2>\w+)'\s*:\s*'(?P<text2>(?:[^'\\]|\\.)*))"#,
    )
    .ok()
});

/// The members of a body that is no JSON as it stands.
fn members(rest: &str) -> Told {
    let mut out = Told::new();
    let mut code = String::new();
    for found in MEMBER.iter().flat_map(|member| member.captures_iter(rest)).take(32) {
        let group = |one: &str, other: &str| {
            found.name(one).or_else(|| found.name(other)).map_or("", |group| group.as_str())
        };
        let text = super::nesting::unescape(group("text", "text2"));
        match group("name", "name2") {
            "code" => code = text,
            name if TEXTS.contains(&name) => out.push((std::mem::take(&mut code), text)),
            _ => {}
        }
    }
    if !code.is_empty() {
        out.push((code, String::new()));
    }
    out
}

static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<[?/]?[A-Za-z][^<>]{0,200}>").ok());

/// The texts of an object store's error document (S3, Google Cloud Storage, Azure Blob Storage: `<Error>` with
/// `<Code>` and `<Message>`), as sentences.
pub(super) fn store_error(rest: &str) -> Option<String> {
    if !rest.starts_with("<?xml") && !rest.starts_with("<Error>") {
        return None;
    }
    let document = &rest[rest.find("<Error>")?..];
    Some(TAG.as_ref()?.replace_all(document, ". ").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(code: &str, text: &str) -> (String, String) {
        (code.to_owned(), text.to_owned())
    }

    #[test]
    fn a_body_is_read_whole_broken_over_lines_cut_off_and_in_pythons_quotes() {
        let whole = r#"{"errors":[{"code":"DENIED","message":"no","detail":"why"}]} behind"#;
        assert_eq!(json(whole), Some((vec![pair("DENIED", "no"), pair("", "why")], " behind")));
        let broken = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\nway\"}]}";
        assert_eq!(json(broken), Some((vec![pair("DENIED", "no way")], "")));
        let cut = r#"{"errors":[{"code":"DENIED","message":"no wa"#;
        assert_eq!(json(cut), Some((vec![pair("DENIED", "no wa")], "")));
        let python = "{'errors': [{'code': 'DENIED', 'message': 'no'}]}";
        assert_eq!(json(python), Some((vec![pair("DENIED", "no")], "")));
        assert_eq!(json("{not json"), None);
    }

    #[test]
    fn the_document_of_a_store_becomes_sentences_and_a_page_does_not() {
        let document = "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please.</Message></Error>";
        let told = store_error(document).unwrap();
        assert!(told.contains(". SlowDown. ") && told.contains("Please."), "{told}");
        assert_eq!(store_error("<html><head>"), None);
        assert_eq!(store_error("<?xml version='1.0'?><html>"), None);
    }
}
