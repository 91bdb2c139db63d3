//! A request as its caller writes it, and the answer as its caller gets it: whole and bounded.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

/// A request that is being put together. Its `Debug` shows neither headers nor body.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    /// A header's name or value had characters that no header can have.
    pub(crate) malformed: bool,
    pub(crate) answer_within: Option<Duration>,
}

impl Request {
    pub fn new(method: &str, url: Url) -> Request {
        Request {
            method: method.to_owned(),
            url,
            headers: HeaderMap::new(),
            body: None,
            malformed: false,
            answer_within: None,
        }
    }

    /// Adds a header. Those that carry credentials are kept out of traces and of HTTP/2's header table.
    pub fn header(mut self, name: &str, value: &str) -> Request {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(matches!(name.as_str(), "authorization" | "cookie" | "x-csrf-token"));
                self.headers.append(name, value);
            }
            _ => self.malformed = true,
        }
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = Some(body.into());
        self
    }

    /// Gives up sooner than the client's own limit says: somebody waits for this answer.
    pub fn within(mut self, limit: Duration) -> Request {
        self.answer_within = Some(limit);
        self
    }

    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.url.origin().ascii_serialization())
    }
}

/// An answer that was read whole. Its `Debug` shows neither headers nor body: tokens and secrets come in both.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header's value, when it is there once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with {} bytes", self.status, self.body.len())
    }
}
