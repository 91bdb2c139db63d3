//! JSON bodies, and what handlers read out of them.
//!
//! Invariant: a body is at most [`BODY_BYTES_MAX`] long; a property of the wrong JSON type is E0000003, as a body that is no JSON.

use axum::{
    extract::{FromRequest, Request},
    response::IntoResponse,
};
use serde_json::{Map, Value};

use crate::error::{Answer, Fault, codes};

pub const BODY_BYTES_MAX: usize = 1 << 20;

/// A body that is one JSON object. None at all counts as an empty one where the handler says so.
pub struct Body(Option<Map<String, Value>>);

impl Body {
    /// The object; E0000003 when there was no body.
    pub fn object(self) -> Answer<Map<String, Value>> {
        self.0.ok_or_else(malformed)
    }

    /// The object, or an empty one.
    pub fn optional(self) -> Map<String, Value> {
        self.0.unwrap_or_default()
    }
}

fn malformed() -> Fault {
    Fault::new(&codes::E0000003)
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = axum::response::Response;

    async fn from_request(request: Request, _: &S) -> Result<Body, axum::response::Response> {
        let Ok(bytes) = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await else {
            return Err(axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        if bytes.is_empty() {
            return Ok(Body(None));
        }
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(Value::Object(object)) => Ok(Body(Some(object))),
            _ => Err(malformed().into_response()),
        }
    }
}

/// Reading properties, each with its JSON type; null counts as absent.
pub trait Properties {
    fn text(&self, name: &str) -> Answer<Option<&str>>;
    fn flag(&self, name: &str) -> Answer<Option<bool>>;
    fn child(&self, name: &str) -> Answer<Option<&Map<String, Value>>>;
    fn texts(&self, name: &str) -> Answer<Option<Vec<String>>>;
}

impl Properties for Map<String, Value> {
    fn text(&self, name: &str) -> Answer<Option<&str>> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(malformed()),
        }
    }

    fn flag(&self, name: &str) -> Answer<Option<bool>> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(malformed()),
        }
    }

    fn child(&self, name: &str) -> Answer<Option<&Map<String, Value>>> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(malformed()),
        }
    }

    fn texts(&self, name: &str) -> Answer<Option<Vec<String>>> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => {
                let text = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(malformed);
                items.iter().map(text).collect::<Answer<_>>().map(Some)
            }
            Some(_) => Err(malformed()),
        }
    }
}

/// A body that is a JSON patch (RFC 6902) of replacements.
pub struct Patch(Vec<Value>);

const PATCH_STEPS_MAX: usize = 100;

impl Patch {
    /// Path and new value of each step; E0000003 for any other kind of step.
    pub fn replacements(self) -> Answer<Vec<(String, Value)>> {
        let one = |step: Value| {
            let replaces = step.get("op").and_then(Value::as_str) == Some("replace");
            let path = step.get("path").and_then(Value::as_str).filter(|_| replaces).ok_or_else(malformed)?;
            Ok((path.to_owned(), step.get("value").cloned().ok_or_else(malformed)?))
        };
        self.0.into_iter().map(one).collect()
    }
}

impl<S: Send + Sync> FromRequest<S> for Patch {
    type Rejection = axum::response::Response;

    async fn from_request(request: Request, _: &S) -> Result<Patch, axum::response::Response> {
        let Ok(bytes) = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await else {
            return Err(axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(Value::Array(steps)) if steps.len() <= PATCH_STEPS_MAX => Ok(Patch(steps)),
            _ => Err(malformed().into_response()),
        }
    }
}
