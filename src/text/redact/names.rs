//! Which names stand for a secret.

/// Parameters whose values say what was asked for, and by whom, and never a secret: the token endpoint's
/// (Distribution token and oauth2 specifications) and those of the registry API.
const OPEN: &[&str] = &[
    "scope",
    "service",
    "account",
    "client_id",
    "offline_token",
    "grant_type",
    "access_type",
    "ns",
    "n",
    "last",
    "digest",
    "from",
    "mount",
    "tag",
    "page",
    "page_size",
    "artifacttype",
    "platform",
    "api-version",
    "type",
];

/// Words that make a secret of any name which ends with them.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "authorization",
    "credential",
    "signature",
    "privatekey",
    "accesskey",
    "secretkey",
    "accountkey",
    "sharedkey",
    "sessionid",
    "jsessionid",
    "registryauth",
    "sshpass",
    "dockerconfigjson",
    "dockercfg",
];

/// Words that do so only when they stand alone at the end of a name.
const LAST_WORDS: &[&str] = &[
    "auth",
    "pass",
    "pwd",
    "sig",
    "session",
    "sid",
    "jwt",
    "cookie",
    "bearer",
    "credentials",
    "passwords",
    "tokens",
    "pat",
    "pw",
    "pswd",
];

/// Words that make a secret of a `key` behind them.
const KEYS: &[&str] =
    &["api", "private", "access", "secret", "account", "shared", "signing", "encryption", "auth"];

/// Whether a parameter of this name may be shown.
pub(super) fn is_open(name: &str) -> bool {
    OPEN.iter().any(|open| open.eq_ignore_ascii_case(name))
}

/// Whether a value of this name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    if is_open(name) {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last() else { return false };
    // `imagePullSecret` names an object, not its content.
    if words.iter().rev().nth(1).is_some_and(|word| word == "pull") {
        return false;
    }
    let whole = words.concat();
    ENDINGS.iter().any(|ending| whole.ends_with(ending))
        || LAST_WORDS.contains(&last.as_str())
        || (last == "key" && words.iter().rev().nth(1).is_some_and(|word| KEYS.contains(&word.as_str())))
}

/// Whether the name is that of a password: what prose seldom puts before a colon without one behind it.
pub(super) fn is_password(name: &str) -> bool {
    words(name).last().is_some_and(|last| {
        ["password", "passwd", "pwd", "passphrase"].iter().any(|word| last.ends_with(word))
    })
}

/// `refreshToken`, `refresh_token`, `Refresh-Token` → `refresh`, `token`.
fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut lower_before = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            fresh = true;
            continue;
        }
        if fresh || (lower_before && c.is_ascii_uppercase()) {
            out.push(String::new());
        }
        if let Some(word) = out.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
        lower_before = c.is_ascii_lowercase();
        fresh = false;
    }
    out
}

/// Values which say that there is no secret, or whether there is one.
pub(super) fn is_empty_value(value: &str) -> bool {
    ["", "true", "false", "null", "nil", "<nil>", "none", "yes", "no"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(value))
}

/// Whether `value` is made like a generated secret rather than like a word, a number, a host, an image or a
/// digest.
pub(super) fn looks_generated(value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.as_bytes().iter().any(test);
    value.len() >= 8
        && !value.contains(':')
        && !(value.contains('.') && value.contains('/'))
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && has(u8::is_ascii_alphabetic)
        && (has(u8::is_ascii_digit)
            || value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase()) && has(u8::is_ascii_lowercase))
}
