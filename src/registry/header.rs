//! Response headers as pairs, so that the parsers need no HTTP library.

/// Response headers in the order in which they came: names in any case, values as text.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// Every value of the header `name`.
pub fn values<'a>(headers: Headers<'a>, name: &str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// The first value of the header `name`.
pub fn first<'a>(headers: Headers<'a>, name: &str) -> Option<&'a str> {
    values(headers, name).next()
}
