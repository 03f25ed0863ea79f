//! Text in a column that is narrower than it: broken where a reader expects it, in mid-word only where nothing else is
//! left.

/// Behind which characters text is broken: between words and the parts of an image reference, then between the parts
/// of a name.
const ENDS: [&[char]; 2] =
    [&[' ', ',', '/', ':', '@'], &[' ', ',', '/', ':', '@', '.', '-', '_', '=', '&', '?']];

/// As much of a word is left together wherever there is room for it.
const SHORTEST: usize = 8;

/// How finely text may be broken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    /// Between words and the parts of an image reference.
    Parts,
    /// Between the parts of names, too.
    Names,
    /// Anywhere.
    Anywhere,
}

/// How wide a column must be so that `text` is broken nowhere else.
pub fn narrowest(text: &str, breaks: Breaks) -> usize {
    let (ends, most) = match breaks {
        Breaks::Parts => (ENDS[0], usize::MAX),
        Breaks::Names => (ENDS[1], usize::MAX),
        Breaks::Anywhere => (ENDS[1], SHORTEST),
    };
    let widest = text.split_inclusive(ends).map(|part| chars(part.trim_end())).max();
    widest.unwrap_or_default().min(most)
}

/// `text` in lines of at most `width` characters; one that fits stays as it is.
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    if chars(text) <= width {
        return vec![text.to_string()];
    }
    let mut parts = Vec::new();
    split(text, width, &ENDS, &mut parts);
    let mut out = Vec::new();
    let mut line = String::new();
    for part in parts {
        if !line.is_empty() && chars(&line) + chars(part.trim_end()) > width {
            out.push(line.trim_end().to_string());
            line.clear();
        }
        line.push_str(part);
    }
    out.push(line.trim_end().to_string());
    out
}

/// Parts of `text` that fit into `width`, split no finer than each needs.
fn split<'a>(text: &'a str, width: usize, ends: &[&[char]], out: &mut Vec<&'a str>) {
    if chars(text.trim_end()) <= width {
        return out.push(text);
    }
    match ends.split_first() {
        Some((first, finer)) => text.split_inclusive(*first).for_each(|part| split(part, width, finer, out)),
        None => {
            let end = text.char_indices().nth(width).map_or(text.len(), |(at, _)| at);
            let (part, rest) = text.split_at(end);
            out.push(part);
            split(rest, width, ends, out);
        }
    }
}

/// How many columns a text takes.
pub fn chars(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = "registry.example.com:5000/team/application:2026-01-01";

    #[test]
    fn an_image_is_broken_between_its_parts() {
        assert_eq!(lines(IMAGE, 60), [IMAGE]);
        assert_eq!(lines(IMAGE, 32), ["registry.example.com:5000/team/", "application:2026-01-01"]);
        assert_eq!(
            lines(IMAGE, narrowest(IMAGE, Breaks::Parts)),
            ["registry.example.com:", "5000/team/", "application:", "2026-01-01"]
        );
    }

    #[test]
    fn names_are_broken_between_their_parts_where_that_is_not_enough() {
        let node = "ip-10-0-12-34.eu-central-1.compute.internal";
        assert_eq!(lines(node, 17), ["ip-10-0-12-34.eu-", "central-1.", "compute.internal"]);
    }

    #[test]
    fn only_what_has_no_parts_is_broken_anywhere() {
        let digest = format!("app@sha256:{}", "0".repeat(40));
        assert_eq!(lines(&digest, 20), ["app@sha256:", &"0".repeat(20), &"0".repeat(20)]);
        assert_eq!(lines("höher", 2), ["hö", "he", "r"]);
    }

    #[test]
    fn words_are_broken_between_and_nothing_is_lost() {
        assert_eq!(lines("not  finished yet", 8), ["not", "finished", "yet"]);
        assert_eq!(lines("", 0), [""]);
        let whole: String = (1..60).map(|width| lines(IMAGE, width).concat()).collect();
        assert_eq!(whole, IMAGE.repeat(59));
    }
}
