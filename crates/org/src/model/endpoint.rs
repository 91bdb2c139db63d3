//! Where a hook calls, and with which headers.
//!
//! Invariant: the value of the header that proves who calls is not here; it is sealed beside the row.

use serde_json::{Value, json};

use crate::{Error, Result};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub uri: String,
    /// Name and value, in the order in which they were given.
    pub headers: Vec<(String, String)>,
    /// The name of the header whose value is the secret.
    pub auth_key: Option<String>,
}

impl Endpoint {
    /// The headers as they are stored and shown.
    pub fn headers_json(&self) -> Value {
        self.headers.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
    }

    pub fn headers_from(text: &str) -> Result<Vec<(String, String)>> {
        let stored = |reason: String| Error::Stored { what: "hook", reason };
        let entries: Vec<Value> = serde_json::from_str(text).map_err(|error| stored(error.to_string()))?;
        let one = |entry: &Value| {
            let (key, value) = (entry["key"].as_str(), entry["value"].as_str());
            key.zip(value).map(|(key, value)| (key.to_owned(), value.to_owned()))
        };
        entries.iter().map(|entry| one(entry).ok_or_else(|| stored(entry.to_string()))).collect()
    }
}
