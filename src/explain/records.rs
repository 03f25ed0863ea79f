//! Lines that are records: logfmt, klog's structured lines, JSON. What they say becomes one message.

use serde_json::Value;

use super::place::{Pod, pod_of};

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) message: String,
    pub(super) pod: Option<Pod>,
    pub(super) image: Option<String>,
    /// Told to who looks for faults in the program itself: a registry's first 401 is not one.
    pub(super) is_debug: bool,
}

/// Fields that hold the message, and fields that hold what went wrong.
const MESSAGE: &[&str] = &["msg", "message", "log", "MESSAGE", "textPayload", "@m"];
const ERROR: &[&str] = &["error", "err", "errorDetail", "cause", "exception", "stderr", "details"];

/// Values looked at in one JSON document.
const MAX_VALUES: usize = 20_000;
const MAX_DEPTH: usize = 24;
/// Longer lines are no JSON that is taken apart.
const MAX_JSON: usize = 8 << 20;

/// What `line` says; a line that is no record says itself.
pub(super) fn read(line: &str) -> Vec<Record> {
    let text = line.trim();
    if text.starts_with('{')
        && text.len() <= MAX_JSON
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return of_json(&value, text);
    }
    match pairs(text) {
        Some((head, fields)) => vec![of_fields(head, fields)],
        None => vec![Record { message: line.to_owned(), ..Record::default() }],
    }
}

fn of_json(value: &Value, text: &str) -> Vec<Record> {
    // A registry's own answer is a message by itself.
    if value.get("errors").is_some_and(Value::is_array) {
        return vec![Record { message: text.to_owned(), ..Record::default() }];
    }
    let mut out = Vec::new();
    walk(value, None, 0, &mut MAX_VALUES.clone(), &mut out);
    out
}

fn walk(value: &Value, pod: Option<&Pod>, depth: usize, left: &mut usize, out: &mut Vec<Record>) {
    *left = left.saturating_sub(1);
    if *left == 0 || depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, pod, depth + 1, left, out)),
        Value::Object(fields) => {
            let own = pod_of_object(value);
            let pod = own.as_ref().or(pod);
            let said: Vec<&str> = [MESSAGE, ERROR]
                .iter()
                .filter_map(|names| names.iter().find_map(|name| text_of(fields.get(*name)?)))
                .collect();
            let reason = fields.get("reason").and_then(Value::as_str);
            let message = match (said.as_slice(), reason) {
                ([], Some(reason)) => reason.to_owned(),
                ([one, two], _) if one.contains(two) => (*one).to_owned(),
                (said, _) => said.join(": "),
            };
            if !message.is_empty() {
                let image = fields.get("image").and_then(Value::as_str).map(str::to_owned);
                out.push(Record { message, pod: pod.cloned(), image, is_debug: is_debug(value) });
            }
            for (_, inner) in fields.iter().filter(|(_, inner)| inner.is_object() || inner.is_array()) {
                walk(inner, pod, depth + 1, left, out);
            }
        }
        _ => {}
    }
}

fn text_of(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("message").and_then(Value::as_str)).filter(|text| !text.is_empty())
}

fn is_debug(value: &Value) -> bool {
    let level = value.get("level").or_else(|| value.get("severity")).and_then(Value::as_str);
    level.is_some_and(|level| ["debug", "DEBUG", "trace", "TRACE"].contains(&level))
}

/// The pod that an object is, or that an event is about.
fn pod_of_object(value: &Value) -> Option<Pod> {
    let about = match value.get("kind").and_then(Value::as_str)? {
        "Pod" => value.get("metadata")?,
        "Event" => {
            value.get("involvedObject").filter(|about| about.get("kind").is_some_and(|k| k == "Pod"))?
        }
        _ => return None,
    };
    let text = |name: &str| about.get(name).and_then(Value::as_str).unwrap_or_default();
    Pod::new(text("namespace"), text("name"))
}

/// The head and the fields of a line of `key=value`: logfmt (no head), or klog's (`"message" key="value"`).
fn pairs(text: &str) -> Option<(String, Vec<(&str, String)>)> {
    let (head, mut rest) = match text.strip_prefix('"') {
        Some(_) => quoted(text)?,
        None => (String::new(), text),
    };
    let mut fields = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some((key, behind)) = rest.split_once('=') else { break };
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        if !is_key {
            break;
        }
        let (value, after) = match behind.starts_with('"') {
            true => quoted(behind)?,
            false => {
                let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
                (behind[..end].to_owned(), &behind[end..])
            }
        };
        fields.push((key, value));
        rest = after;
    }
    let has = |names: &[&str]| fields.iter().any(|(key, _)| names.contains(key));
    let is_record = if head.is_empty() {
        has(MESSAGE) || has(ERROR) && has(&["level", "time"])
    } else {
        !fields.is_empty()
    };
    is_record.then_some((head, fields))
}

fn of_fields(head: String, fields: Vec<(&str, String)>) -> Record {
    let get = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| fields.iter().find(|(key, _)| key == name))
            .map(|(_, value)| value.clone())
    };
    let said: Vec<String> = [Some(head).filter(|head| !head.is_empty()).or_else(|| get(MESSAGE)), get(ERROR)]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    let message = match said.as_slice() {
        [one, two] if one.contains(two.as_str()) => one.clone(),
        _ => said.join(": "),
    };
    Record {
        message,
        pod: get(&["pod"]).and_then(|name| pod_of(&name)),
        image: get(&["image"]),
        is_debug: get(&["level"]).is_some_and(|level| level == "debug" || level == "trace"),
    }
}

/// A quoted string as Go's `%q` writes it, and what is behind it.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    let end = text.bytes().enumerate().skip(1).find_map(|(at, byte)| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes.then_some(at)
    })?;
    let (literal, rest) = text.split_at(end + 1);
    let inner = serde_json::from_str(literal).unwrap_or_else(|_| literal[1..end].replace("\\\"", "\""));
    Some((inner, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(line: &str) -> Vec<String> {
        read(line).into_iter().map(|record| record.message).collect()
    }

    #[test]
    fn message_and_error_of_a_record_are_one_message() {
        for line in [
            r#"time="2024-05-01T10:00:00Z" level=error msg="PullImage \"a:1\" failed" error="denied: x""#,
            r#"{"level":"error","ts":1.5,"msg":"PullImage \"a:1\" failed","error":"denied: x"}"#,
        ] {
            assert_eq!(messages(line), [r#"PullImage "a:1" failed: denied: x"#]);
        }
        let klog = r#""Failed to pull image" err="rpc error: denied: x" image="a:1" pod="team/web-1""#;
        let found = read(klog);
        assert_eq!(found[0].message, "Failed to pull image: rpc error: denied: x");
        assert_eq!(found[0].image.as_deref(), Some("a:1"));
        assert_eq!(found[0].pod, Pod::new("team", "web-1"));
    }

    #[test]
    fn a_pod_in_json_says_what_its_containers_wait_for() {
        let pod = r#"{"kind":"Pod","metadata":{"name":"web","namespace":"team"},"status":{"containerStatuses":[
            {"image":"a:1","state":{"waiting":{"reason":"ErrImagePull","message":"denied: x"}}}]}}"#;
        let found = read(pod);
        assert_eq!(found[0].message, "denied: x");
        assert_eq!(found[0].pod, Pod::new("team", "web"));
    }

    #[test]
    fn what_is_no_record_is_itself() {
        for line in ["denied: x", "{broken", "a=b c", r#"{"errors":[{"code":"DENIED"}]}"#, "\"open", "=\"x\""]
        {
            assert_eq!(messages(line), [line]);
        }
    }
}
