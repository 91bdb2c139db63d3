//! HTML in small typed pieces.
//!
//! Invariant: names of elements and attributes are constants of ours; every text and every attribute value is escaped on its way in.
//! There is no way to put raw text into a [`Markup`] from outside this file.

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

pub type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    pub fn nothing() -> Markup {
        Markup::default()
    }

    pub fn and(mut self, next: Markup) -> Markup {
        self.0.push_str(&next.0);
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text as it is.
pub fn text(value: &str) -> Markup {
    let mut markup = String::with_capacity(value.len());
    escape(value, &mut markup);
    Markup(markup)
}

pub fn element(name: &'static str, attributes: Attributes<'_>, content: Markup) -> Markup {
    let mut markup = opening(name, attributes);
    markup.push_str(&content.0);
    markup.push_str("</");
    markup.push_str(name);
    markup.push('>');
    Markup(markup)
}

/// An element that has no content and no end, such as `input`.
pub fn void(name: &'static str, attributes: Attributes<'_>) -> Markup {
    Markup(opening(name, attributes))
}

pub fn all(pieces: impl IntoIterator<Item = Markup>) -> Markup {
    pieces.into_iter().fold(Markup::nothing(), Markup::and)
}

/// A script that stands in this program as a constant; the page's policy names its hash.
pub fn script(source: &'static str) -> Markup {
    Markup(format!("<script>{source}</script>"))
}

/// A whole document.
pub fn document(title: &str, head: Markup, body: Markup) -> String {
    let head = all([
        void("meta", &[("charset", "utf-8")]),
        void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
        void("meta", &[("name", "color-scheme"), ("content", "light dark")]),
        element("title", &[], text(title)),
        head,
    ]);
    let document = element(
        "html",
        &[("lang", "en"), ("data-accent", "console")],
        element("head", &[], head).and(element("body", &[], body)),
    );
    format!("<!doctype html>\n{}\n", document.0)
}

fn opening(name: &'static str, attributes: Attributes<'_>) -> String {
    let mut markup = format!("<{name}");
    for (attribute, value) in attributes {
        markup.push(' ');
        markup.push_str(attribute);
        markup.push_str("=\"");
        escape(value, &mut markup);
        markup.push('"');
    }
    markup.push('>');
    markup
}

fn escape(value: &str, markup: &mut String) {
    for character in value.chars() {
        match character {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            other => markup.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_cannot_become_markup() {
        let hostile = "\"><script>alert(1)</script>'&";
        let markup = element("p", &[("title", hostile)], text(hostile));
        assert_eq!(markup.as_str().matches('<').count(), 2);
        assert_eq!(markup.as_str().matches('"').count(), 2);
        assert!(!document(hostile, Markup::nothing(), markup).contains("<script"));
    }
}
