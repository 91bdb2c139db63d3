//! The frame of the org's own pages: headers, card, fields.
//!
//! Invariant: a page allows no script but one named by its hash, no frame around it, and forms that lead to this org alone; on the way
//! back to an application also that application's origin, which was validated.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::html::{self, Attributes, Markup, all, element, text, void};

/// Where stylesheet and icon lie; `assets` serves them.
pub const STYLESHEET: &str = "/assets/signin.css";
pub const ICON: &str = "/assets/icon.svg";
/// The face of nearly every word: asked for with the page, not only once the stylesheet is read.
pub const FACE: &str = "/assets/fonts/inter-latin-wght-normal.woff2";

/// One page being put together.
pub struct Page {
    title: String,
    company: String,
    body: Markup,
    status: StatusCode,
    form_targets: Vec<String>,
    script_hash: Option<String>,
    framed_by: Option<String>,
    frames: Vec<String>,
    wide: bool,
}

impl Page {
    pub fn new(title: &str, company: &str) -> Page {
        Page {
            title: title.to_owned(),
            company: company.to_owned(),
            body: Markup::nothing(),
            status: StatusCode::OK,
            form_targets: Vec::new(),
            script_hash: None,
            framed_by: None,
            frames: Vec::new(),
            wide: false,
        }
    }

    pub fn body(mut self, body: Markup) -> Page {
        self.body = self.body.and(body);
        self
    }

    pub fn status(mut self, status: StatusCode) -> Page {
        self.status = status;
        self
    }

    /// Lets the page's forms end at this validated origin: a browser applies `form-action` to redirects too.
    pub fn form_target(mut self, origin: Option<String>) -> Page {
        self.form_targets.extend(origin);
        self
    }

    /// Allows the one script with this hash (`sha256-…`).
    pub fn script_hash(mut self, hash: String) -> Page {
        self.script_hash = Some(hash);
        self
    }

    /// Lets pages of this validated origin hold the page in a frame.
    pub fn framed_by(mut self, origin: String) -> Page {
        self.framed_by = Some(origin);
        self
    }

    /// Lets the page hold frames of this validated origin.
    pub fn frame(mut self, origin: String) -> Page {
        self.frames.push(origin);
        self
    }

    /// For more than a form.
    pub fn wide(mut self) -> Page {
        self.wide = true;
        self
    }

    fn policy(&self) -> String {
        let framed_by = self.framed_by.as_deref().unwrap_or("'none'");
        let mut policy = format!(
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; frame-ancestors {framed_by}; base-uri 'none'; form-action 'self'"
        );
        for target in &self.form_targets {
            policy.push(' ');
            policy.push_str(target);
        }
        if let Some(hash) = &self.script_hash {
            policy.push_str("; script-src '");
            policy.push_str(hash);
            policy.push('\'');
        }
        if !self.frames.is_empty() {
            policy.push_str("; frame-src ");
            policy.push_str(&self.frames.join(" "));
        }
        policy
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let head = void("link", &[("rel", "stylesheet"), ("href", STYLESHEET)])
            .and(void(
                "link",
                &[
                    ("rel", "preload"),
                    ("href", FACE),
                    ("as", "font"),
                    ("type", "font/woff2"),
                    ("crossorigin", "anonymous"),
                ],
            ))
            .and(void("link", &[("rel", "icon"), ("href", ICON)]));
        let card = element(
            "section",
            &[("class", if self.wide { "card wide" } else { "card" })],
            element("p", &[("class", "company")], text(&self.company)).and(self.body.clone()),
        );
        let title = format!("{} · {}", self.title, self.company);
        let document = html::document(&title, head, element("main", &[], card));
        let policy = HeaderValue::from_str(&self.policy()).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let mut response = (self.status, Body::from(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        // Forms need their `Origin`: with `no-referrer` a browser would send "null".
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
        response
    }
}

pub fn heading(content: &str) -> Markup {
    element("h1", &[], text(content))
}

pub fn paragraph(content: &str) -> Markup {
    element("p", &[], text(content))
}

/// A message that the reader must see, announced at once.
pub fn problem(messages: &[String]) -> Markup {
    if messages.is_empty() {
        return Markup::nothing();
    }
    let lines = all(messages.iter().map(|message| element("p", &[], text(message))));
    element("div", &[("class", "problem"), ("role", "alert")], lines)
}

/// A label with its field. `value` is what was typed before.
pub fn field(
    label: &str,
    name: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    value: &str,
    extra: Attributes<'_>,
) -> Markup {
    let mut attributes =
        vec![("id", name), ("name", name), ("type", kind), ("autocomplete", autocomplete), ("required", "")];
    if !value.is_empty() {
        attributes.push(("value", value));
    }
    attributes.extend_from_slice(extra);
    let input = void("input", &attributes);
    element("div", &[("class", "field")], element("label", &[("for", name)], text(label)).and(input))
}

pub fn hidden(name: &'static str, value: &str) -> Markup {
    void("input", &[("type", "hidden"), ("name", name), ("value", value)])
}

pub fn button(label: &str) -> Markup {
    element("button", &[("type", "submit"), ("class", "primary")], text(label))
}

pub fn list(class: &'static str, id: &'static str, entries: &[String]) -> Markup {
    element("ul", &[("class", class), ("id", id)], all(entries.iter().map(|entry| element("li", &[], text(entry)))))
}

pub fn form(action: &'static str, content: Markup) -> Markup {
    element("form", &[("method", "post"), ("action", action)], content)
}

/// A page that says what went wrong, and nothing else.
pub fn error_page(company: &str, status: StatusCode, title: &str, lines: &[&str]) -> Response {
    let lines = all(lines.iter().map(|line| paragraph(line)));
    Page::new(title, company).status(status).body(heading(title).and(lines)).into_response()
}
