//! Go's `filepath.Match` (Go 1.26, Unix), for one part of a host name.

/// A mistake in a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadPattern;

/// Whether `name` matches `pattern` as a whole: `*`, `?`, `[a-z]`, `[^a]`, and `\` before a character that is meant
/// itself. A mistake behind the place where the match has failed already is found or not, as Go does.
pub(super) fn matches(pattern: &[u8], name: &[u8]) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern, name);
    while !pattern.is_empty() {
        let (is_star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if is_star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        let is_end = |left: &[u8]| left.is_empty() || !rest.is_empty();
        if let Some(left) = match_chunk(chunk, name)?.filter(|left| is_end(left)) {
            name = left;
            continue;
        }
        let mut found = None;
        if is_star {
            for skipped in 0..name.len() {
                if name[skipped] == b'/' {
                    break;
                }
                found = match_chunk(chunk, &name[skipped + 1..])?.filter(|left| is_end(left));
                if found.is_some() {
                    break;
                }
            }
        }
        match found {
            Some(left) => name = left,
            None => return Ok(false),
        }
    }
    Ok(name.is_empty())
}

/// Stars in front, what stands up to the next star, and the rest.
fn scan_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let pattern = &pattern[stars..];
    let (mut in_class, mut at) = (false, 0);
    while at < pattern.len() {
        match pattern[at] {
            b'\\' => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    let (chunk, rest) = pattern.split_at(at.min(pattern.len()));
    (stars > 0, chunk, rest)
}

/// What is left of `name` behind `chunk`, if it starts with it.
fn match_chunk<'n>(mut chunk: &[u8], mut name: &'n [u8]) -> Result<Option<&'n [u8]>, BadPattern> {
    let mut failed = false;
    while let Some((first, after)) = chunk.split_first() {
        failed |= name.is_empty();
        match first {
            b'[' => {
                let mut c = '\0';
                if !failed {
                    let (next, size) = decode(name);
                    (c, name) = (next, &name[size..]);
                }
                let is_match;
                (is_match, chunk) = match_class(after, c)?;
                failed |= !is_match;
            }
            b'?' => {
                if !failed {
                    failed = name[0] == b'/';
                    name = &name[decode(name).1..];
                }
                chunk = after;
            }
            _ => {
                let literal = if *first == b'\\' { after } else { chunk };
                let (byte, after) = literal.split_first().ok_or(BadPattern)?;
                if !failed {
                    failed = *byte != name[0];
                    name = &name[1..];
                }
                chunk = after;
            }
        }
    }
    Ok((!failed).then_some(name))
}

/// Whether `c` is in the class whose `[` stands before `chunk`, and what follows the class.
fn match_class(chunk: &[u8], c: char) -> Result<(bool, &[u8]), BadPattern> {
    let (is_negated, mut chunk) = match chunk.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, chunk),
    };
    let (mut is_in, mut ranges) = (false, 0);
    loop {
        if let Some(rest) = chunk.strip_prefix(b"]").filter(|_| ranges > 0) {
            return Ok((is_in != is_negated, rest));
        }
        let (low, rest) = class_char(chunk)?;
        let (high, rest) = match rest.strip_prefix(b"-") {
            Some(rest) => class_char(rest)?,
            None => (low, rest),
        };
        is_in |= (low..=high).contains(&c);
        (chunk, ranges) = (rest, ranges + 1);
    }
}

/// `getEsc`: a character of a class, which must not be the last of the pattern.
fn class_char(chunk: &[u8]) -> Result<(char, &[u8]), BadPattern> {
    let chunk = match chunk.first() {
        None | Some(b'-' | b']') => return Err(BadPattern),
        Some(b'\\') => &chunk[1..],
        Some(_) => chunk,
    };
    let (c, size) = decode(chunk);
    if size == 0 || (c == char::REPLACEMENT_CHARACTER && size == 1) || size == chunk.len() {
        return Err(BadPattern);
    }
    Ok((c, &chunk[size..]))
}

/// `utf8.DecodeRune`: the first character and its size; U+FFFD of size 1 if there is none.
fn decode(text: &[u8]) -> (char, usize) {
    let Some(first) = text.first() else { return (char::REPLACEMENT_CHARACTER, 0) };
    if first.is_ascii() {
        return (char::from(*first), 1);
    }
    let window = &text[..text.len().min(4)];
    let valid = window.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8()))
}
