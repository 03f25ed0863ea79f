//! Secrets that servers give back: in an error's words, in a header, in the claims of a token, in a certificate.
//!
//! [`Clean`] knows credentials by their form, and none that stands in prose. The client knows
//! which secrets it sends, so it takes those out of what it keeps.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::auth::Login;
use crate::secret::Secret;
use crate::text::{Clean, REDACTED};

/// A shorter secret is taken out where it stands as a word: it is part of many that are none.
const SHORT: usize = 8;
/// Encoded forms that are shorter than this would be found in anything.
const SHORTEST_ENCODED: usize = 6;
/// As much of a body as is looked at, in bytes: errors are read from its first 64 KiB.
const MAX_BODY: usize = 128 * 1024;
/// Tokens are short-lived and many: so many are remembered.
const MAX_TOKENS: usize = 16;
/// What need not be encoded in a URL (RFC 3986, section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One secret in every form in which an answer may hold it. It has no `Debug`.
struct Known {
    secret: Secret,
    forms: Vec<Zeroizing<Vec<u8>>>,
}

/// The secrets that a client has sent. It has no `Debug`.
#[derive(Default)]
pub(super) struct Echoes {
    credentials: Vec<Known>,
    tokens: Vec<Known>,
}

impl Echoes {
    /// What a login sends.
    pub(super) fn add_login(&mut self, login: &Login<'_>) {
        let secret = match login {
            Login::Anonymous => return,
            Login::Password { password, .. } => password,
            Login::IdentityToken(token) | Login::RegistryToken(token) => token,
        };
        if !secret.is_empty() && self.credentials.iter().all(|known| known.secret != **secret) {
            self.credentials.push(Known::new(secret));
        }
    }

    /// A token that was granted.
    pub(super) fn add_token(&mut self, token: &Secret) {
        if token.is_empty() || self.tokens.iter().any(|known| known.secret == *token) {
            return;
        }
        if self.tokens.len() == MAX_TOKENS {
            self.tokens.remove(0);
        }
        self.tokens.push(Known::new(token));
    }

    /// A copy of headers and body without them, from which evidence may be read; `None` where there is none in
    /// them. Challenges stay as they are: requests are made of them, and [`Echoes::out_of`] cleans what is shown.
    pub(super) fn out_of_answer(&self, headers: &HeaderMap, body: &[u8]) -> Option<(HeaderMap, Vec<u8>)> {
        if self.credentials.is_empty() && self.tokens.is_empty() {
            return None;
        }
        let mut changed = false;
        let mut clean = HeaderMap::with_capacity(headers.len());
        for (name, value) in headers {
            let found = Some(value.as_bytes()).filter(|_| name != header::WWW_AUTHENTICATE);
            let value = match found.and_then(|bytes| self.out_of_bytes(bytes)) {
                Some(bytes) => {
                    changed = true;
                    HeaderValue::from_bytes(&bytes).unwrap_or(HeaderValue::from_static(REDACTED))
                }
                None => value.clone(),
            };
            clean.append(name.clone(), value);
        }
        let body = &body[..body.len().min(MAX_BODY)];
        let replaced = self.out_of_bytes(body);
        changed |= replaced.is_some();
        changed.then(|| (clean, replaced.unwrap_or_else(|| body.to_vec())))
    }

    /// Evidence without them; `None` when it could not be kept without them.
    pub(super) fn out_of<T: Serialize + DeserializeOwned>(&self, evidence: T) -> Option<T> {
        if self.credentials.is_empty() && self.tokens.is_empty() {
            return Some(evidence);
        }
        let mut value = serde_json::to_value(&evidence).ok()?;
        match self.out_of_value(&mut value) {
            true => serde_json::from_value(value).ok(),
            false => Some(evidence),
        }
    }

    /// A text without them.
    pub(super) fn out_of_text(&self, text: &mut Clean) {
        if let Some(bytes) = self.out_of_bytes(text.as_str().as_bytes()) {
            *text = Clean::new(&String::from_utf8_lossy(&bytes));
        }
    }

    fn out_of_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.out_of_bytes(text.as_bytes()) {
                Some(bytes) => {
                    *text = String::from_utf8_lossy(&bytes).into_owned();
                    true
                }
                None => false,
            },
            Value::Array(list) => list.iter_mut().fold(false, |found, one| self.out_of_value(one) | found),
            Value::Object(map) => map.values_mut().fold(false, |found, one| self.out_of_value(one) | found),
            _ => false,
        }
    }

    /// `bytes` without them; `None` where there is none in it. The longest go first: a token that holds the password, in
    /// whatever form, is taken out whole.
    fn out_of_bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut out: Option<Vec<u8>> = None;
        let known = self.credentials.iter().chain(&self.tokens);
        let mut forms: Vec<_> = known.flat_map(|known| &known.forms).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        for form in forms {
            if let Some(replaced) = replace(out.as_deref().unwrap_or(bytes), form) {
                out = Some(replaced);
            }
        }
        out
    }
}

impl Known {
    fn new(secret: &Secret) -> Self {
        let text = secret.expose();
        let mut forms = vec![Zeroizing::new(text.as_bytes().to_vec())];
        let mut add = |form: String| {
            let form = Zeroizing::new(form.into_bytes());
            if form.len() >= SHORTEST_ENCODED && !forms.contains(&form) {
                forms.push(form);
            }
        };
        add(utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
        add(utf8_percent_encode(text, UNRESERVED).to_string());
        add(utf8_percent_encode(text, UNRESERVED).to_string().replace("%20", "+"));
        if let Ok(quoted) = serde_json::to_string(text) {
            add(quoted.trim_matches('"').to_string());
        }
        for shift in 0..3 {
            let core = base64_core(text.as_bytes(), shift);
            add(core.replace('+', "-").replace('/', "_"));
            add(core);
        }
        Self { secret: secret.clone(), forms }
    }
}

/// What base64 has of `bytes` wherever they stand in what was encoded, `shift` bytes behind a multiple of three:
/// without the characters at both ends that depend on what is beside them.
fn base64_core(bytes: &[u8], shift: usize) -> String {
    let mut shifted = Zeroizing::new(vec![0; shift]);
    shifted.extend_from_slice(bytes);
    let text = Zeroizing::new(STANDARD_NO_PAD.encode(&*shifted));
    let (start, end) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
    text.get(start..end).unwrap_or_default().to_string()
}

/// `text` with [`REDACTED`] for each `form`, in upper or lower case; `None` where there is none.
fn replace(text: &[u8], form: &[u8]) -> Option<Vec<u8>> {
    let first = form.first()?;
    let mut out: Option<Vec<u8>> = None;
    let (mut at, mut kept) = (0, 0);
    while at + form.len() <= text.len() {
        let end = at + form.len();
        let here = text[at].eq_ignore_ascii_case(first)
            && text[at..end].eq_ignore_ascii_case(form)
            && (form.len() >= SHORT || is_word(text, at, end));
        if !here {
            at += 1;
            continue;
        }
        let out = out.get_or_insert_default();
        out.extend_from_slice(&text[kept..at]);
        out.extend_from_slice(REDACTED.as_bytes());
        (at, kept) = (end, end);
    }
    let mut out = out?;
    out.extend_from_slice(&text[kept..]);
    Some(out)
}

fn is_word(text: &[u8], start: usize, end: usize) -> bool {
    let part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !part(start.checked_sub(1).and_then(|before| text.get(before))) && !part(text.get(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(secret: &str, text: &str) -> String {
        let mut echoes = Echoes::default();
        let secret = Secret::new(secret.to_string());
        echoes.add_login(&Login::Password { user: "joe", password: &secret });
        let bytes = echoes.out_of_bytes(text.as_bytes()).unwrap_or_else(|| text.as_bytes().to_vec());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn a_secret_in_prose_is_taken_out_in_every_form() {
        let secret = "pass wörd+\"/#1";
        for before in ["", "a", "ab", "joe:"] {
            for after in ["", "x", "xy"] {
                let text = format!("{before}{secret}{after}");
                let encoded = STANDARD_NO_PAD.encode(&text);
                for form in [encoded.clone(), encoded.replace('+', "-").replace('/', "_")] {
                    let left = without(secret, &form);
                    assert!(left.contains(REDACTED), "{form} {left}");
                    assert!(left.len() < 32, "{form} {left}");
                }
            }
        }
        assert_eq!(without(secret, &format!("no login joe / {secret}!")), "no login joe / [redacted]!");
        assert_eq!(without(secret, r#"PASS Wörd+\"/#1"#), "[redacted]");
        assert_eq!(without(secret, "?p=pass%20w%C3%B6rd%2b%22%2f%231&x"), "?p=[redacted]&x");
        assert_eq!(without(secret, "?p=pass+w%C3%B6rd%2B%22%2F%231&x"), "?p=[redacted]&x");
    }

    #[test]
    fn a_short_secret_is_taken_out_as_a_word() {
        assert_eq!(without("abc", "abc: no abcd, no ABC"), "[redacted]: no abcd, no [redacted]");
        assert_eq!(without("", "nothing"), "nothing");
    }

    #[test]
    fn a_token_that_holds_the_password_is_taken_out_whole() {
        let password = Secret::new("hunter2-planted".into());
        for token in
            [STANDARD_NO_PAD.encode("joe:hunter2-planted:of-a-session"), "a-hunter2-planted-b".into()]
        {
            let mut echoes = Echoes::default();
            echoes.add_login(&Login::Password { user: "joe", password: &password });
            echoes.add_token(&Secret::new(token.clone()));
            let text = format!("no session {token}, hunter2-planted");
            let left = echoes.out_of_bytes(text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8_lossy(&left), "no session [redacted], [redacted]");
        }
    }

    #[test]
    fn challenges_stay_and_other_headers_do_not() {
        let mut echoes = Echoes::default();
        echoes.add_token(&Secret::new("planted-token".into()));
        let mut headers = HeaderMap::new();
        assert!(echoes.out_of_answer(&headers, b"nothing").is_none());
        headers
            .append("www-authenticate", HeaderValue::from_static("Bearer realm=\"https://x/planted-token\""));
        headers.append("server", HeaderValue::from_static("of planted-token"));
        let (clean, body) = echoes.out_of_answer(&headers, b"Planted-Token").unwrap();
        assert_eq!(body, REDACTED.as_bytes());
        assert_eq!(clean["server"], "of [redacted]");
        assert_eq!(clean["www-authenticate"], headers["www-authenticate"]);
        assert_eq!(echoes.out_of(vec!["a planted-token".to_string()]).unwrap(), ["a [redacted]"]);
    }
}
