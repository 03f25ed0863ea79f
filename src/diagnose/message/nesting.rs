//! How messages nest: parts of a chain, quotes within quotes, lists of attempts, and where a message was cut.

/// The text without the mark of being cut: an event's `...`, or the one that [`Clean`] leaves.
pub(super) fn without_ellipsis(text: &str) -> (&str, bool) {
    let text = text.strip_suffix("[truncated]").map_or(text, str::trim_end);
    if let Some(cut) = text.strip_suffix("...") {
        return (cut, true);
    }
    match text.rfind('…') {
        Some(at) if text[at..].ends_with("cut]") || text[at..].trim_end().chars().count() == 1 => {
            (&text[..at], true)
        }
        _ => (text, false),
    }
}

/// Whether a rule that matched `found` ends where a part can end.
pub(super) fn is_boundary(found: &str, after: &str) -> bool {
    found.ends_with(|c: char| c.is_whitespace() || c == '(')
        || after.chars().next().is_none_or(|c| c.is_whitespace() || ":;,.()[]\"'`\\}&<>".contains(c))
}

/// Where the next part may begin: behind a colon, the end of a sentence or a column, or at a quoted chain.
pub(super) fn next_part(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = rest.chars().next().map_or(0, char::len_utf8);
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match bytes[at] {
            b':' | b'.' | b';' if next.is_ascii_whitespace() => return at + 1,
            b']' if next == b' ' || next == b':' => return at + 1,
            b'\n' => return at + 1,
            b' ' if next == b' ' => return at + 1,
            b'<' if tag(&rest[at..]).is_some() => return at,
            b' ' if rest[at..].starts_with(" - ") => return at + 2,
            b'=' if next == b'"' => return at + 1,
            b'"' => match quoted(&rest[at..]) {
                Some((inner, _)) if inner.contains(": ") => return at,
                Some((_, after)) => at = rest.len() - after.len(),
                None => at += 1,
            },
            b'{' if next == b'"' || next == b'\'' => return at,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A tag of a page at the start of `rest`: what is behind it.
pub(super) fn tag(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('<')?;
    let name = inner.strip_prefix('/').unwrap_or(inner);
    let end = inner.find(['>', '<']).filter(|end| *end <= 200)?;
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && inner[end..].starts_with('>'))
        .then(|| &inner[end + 1..])
}

/// A quoted string at the start of `rest`, as Go's `%q` and JSON write it, and what is behind it. One that is
/// not closed goes to the end.
pub(super) fn quoted(rest: &str) -> Option<(&str, &str)> {
    let inner = rest.strip_prefix('"').or_else(|| rest.strip_prefix('`'))?;
    let mark = rest.as_bytes()[0];
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' && mark == b'"' {
            escaped = true;
        } else if byte == mark {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    Some((inner, ""))
}

/// The text of a quoted string.
pub(super) fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'r' | 't') => out.push(' '),
            Some('u') => {
                let code = chars.as_str().get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(c) => {
                        out.push(c);
                        chars.nth(3);
                    }
                    None => out.push('u'),
                }
            }
            Some(c) => out.push(c),
            None => {}
        }
    }
    out
}

/// A list of what was tried at several places, or with several credentials.
pub(super) fn attempts(rest: &str) -> Option<Vec<&str>> {
    bracketed(rest).or_else(|| bulleted(rest)).or_else(|| mirrored(rest))
}

/// What containers/image says when a mirror is configured (`docker/docker_image_src.go`): `(Mirrors also failed:
/// [REFERENCE: error] [REFERENCE: error]): REFERENCE: error`. The last, the registry itself, comes first here.
fn mirrored(rest: &str) -> Option<Vec<&str>> {
    let inner = rest.strip_prefix("(Mirrors also failed: ")?;
    let (mirrors, own) = inner.split_once("]): ")?;
    let mirrors = mirrors.strip_prefix('[').unwrap_or(mirrors).split("] [");
    Some(std::iter::once(own).chain(mirrors).collect())
}

/// What Podman says of a name that it looked for in several registries (`hashicorp/go-multierror`): `2 errors
/// occurred while pulling:` and a list with a star before each.
fn bulleted(rest: &str) -> Option<Vec<&str>> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = rest.get(digits..).filter(|_| digits > 0)?;
    let listed = [" errors occurred", " error(s) occurred", " error occurred"]
        .iter()
        .find_map(|form| rest.strip_prefix(form))?;
    let (_, listed) = listed.split_once(':').filter(|(between, _)| between.len() < 40)?;
    let pieces: Vec<_> =
        listed.split("* ").skip(1).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    (pieces.len() > 1).then_some(pieces)
}

/// The kubelet's list of what each credential led to: `[a, b]`, where each begins like the first
/// (`k8s.io/apimachinery/pkg/util/errors`, `Aggregate`).
fn bracketed(rest: &str) -> Option<Vec<&str>> {
    let inner = rest.strip_prefix('[')?;
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    let opening = inner.get(..inner.find(':').filter(|end| (4..=40).contains(end))?)?;
    let between = format!(", {opening}");
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, _) in inner.match_indices(&between) {
        pieces.push(&inner[from..at]);
        from = at + 2;
    }
    pieces.push(&inner[from..]);
    (pieces.len() > 1).then_some(pieces)
}
