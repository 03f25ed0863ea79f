//! HTML that cannot hold text by accident: what is not written here is escaped.

/// A piece of a page. It is made of elements and escaped text only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Html(String);

impl Html {
    /// Text, with everything escaped that means something in an element or an attribute (HTML, 13.1.2). Control characters
    /// become U+FFFD, those that turn the direction of text too: what is shown is what is copied.
    pub fn text(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                '\n' | '\t' => out.push(letter),
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    out.push('\u{fffd}')
                }
                letter if letter.is_control() => out.push('\u{fffd}'),
                letter => out.push(letter),
            }
        }
        Self(out)
    }

    /// What is written in the program's own source: the style, the script, a symbol.
    pub const fn own(text: &'static str) -> OwnHtml {
        OwnHtml(text)
    }

    /// An element.
    pub fn tag(name: &'static str, inner: impl Into<Self>) -> Self {
        Self::with(name, &[], inner)
    }

    /// An element with attributes.
    pub fn with(name: &'static str, attributes: &[(&'static str, &str)], inner: impl Into<Self>) -> Self {
        let inner: Self = inner.into();
        Self(format!("<{name}{}>{}</{name}>", written(attributes), inner.0))
    }

    /// An element that has neither content nor end: `meta`, `br`.
    pub fn void(name: &'static str, attributes: &[(&'static str, &str)]) -> Self {
        Self(format!("<{name}{}>", written(attributes)))
    }

    /// The same with more behind it.
    pub fn and(mut self, more: impl Into<Self>) -> Self {
        let more: Self = more.into();
        self.0.push_str(&more.0);
        self
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of the page.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// See [`Html::own`].
pub struct OwnHtml(&'static str);

impl From<OwnHtml> for Html {
    fn from(own: OwnHtml) -> Self {
        Self(own.0.to_string())
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Self::text(&text)
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(pieces: I) -> Self {
        Self(pieces.into_iter().map(|piece| piece.0).collect())
    }
}

fn written(attributes: &[(&'static str, &str)]) -> String {
    attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", Html::text(value).0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup_wherever_it_stands() {
        let hostile = "<b>&\"'\u{0}\u{202e}";
        let page = Html::with("p", &[("title", hostile)], hostile).into_string();
        let escaped = "&lt;b&gt;&amp;&quot;&#39;\u{fffd}\u{fffd}";
        assert_eq!(page, format!("<p title=\"{escaped}\">{escaped}</p>"));
    }
}
