//! The content of a JSON string, as Go's `encoding/json` makes it.

use zeroize::Zeroizing;

/// A string's content without its escapes. It is made in one piece, so that no copy of it is left behind.
pub(super) fn unquote(raw: &[u8]) -> Zeroizing<String> {
    // An escape is longer than what it stands for; a byte that is no UTF-8 becomes three.
    let size = if std::str::from_utf8(raw).is_ok() { raw.len() } else { raw.len() * 3 };
    let mut out = Zeroizing::new(String::with_capacity(size));
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        push_lossy(&mut out, &rest[..at]);
        let (c, length) = escape(&rest[at..]);
        out.push(c);
        rest = &rest[at + length..];
    }
    push_lossy(&mut out, rest);
    out
}

/// Appends `bytes`, each that is no UTF-8 as U+FFFD, which is what Go does.
pub(super) fn push_lossy(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// What the escape at the start of `text` stands for, and its length. Half of a surrogate pair is replaced.
fn escape(text: &[u8]) -> (char, usize) {
    let c = match text.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let Some(high) = unit(text) else { return (char::REPLACEMENT_CHARACTER, 6) };
            let pair = text.get(6..).and_then(unit).map(|low| [high, low]);
            let joined = pair.and_then(|pair| char::decode_utf16(pair).next()?.ok());
            return match joined {
                Some(c) if c.len_utf16() == 2 => (c, 12),
                _ => (char::from_u32(u32::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            };
        }
        Some(other) => char::from(*other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (c, 2)
}

/// The UTF-16 unit of the `\uXXXX` at the start of `text`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
