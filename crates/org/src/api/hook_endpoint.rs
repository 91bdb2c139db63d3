//! Where a hook calls, as bodies say it: `{uri, headers, authScheme}`.

use axum::http::HeaderName;
use serde_json::{Map, Value, json};
use vault::Secret;

use super::body::Properties;
use crate::{
    OrgConfig,
    error::{Answer, Fault},
    hooks,
    model::endpoint::Endpoint,
};

const URI_LEN_MAX: usize = 1_024;
const HEADERS_MAX: usize = 20;
const HEADER_LEN_MAX: usize = 4_096;
/// What the client sets itself.
const OWN_HEADERS: [&str; 9] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-okta-verification-challenge",
];

/// The endpoint, and the value of the header that proves who calls where one was given.
pub fn read(config: &Map<String, Value>) -> Answer<(Endpoint, Option<Secret>)> {
    let uri = config.text("uri")?.unwrap_or_default().to_owned();
    if uri.is_empty() || uri.chars().count() > URI_LEN_MAX {
        return Err(Fault::field("uri", &format!("The field must be between 1 and {URI_LEN_MAX} characters")));
    }
    let mut headers = Vec::new();
    let given = config.get("headers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for entry in given.iter().filter_map(Value::as_object) {
        let (key, value) = (entry.text("key")?.unwrap_or_default(), entry.text("value")?.unwrap_or_default());
        check_header("headers", key, value)?;
        headers.push((key.to_owned(), value.to_owned()));
    }
    if headers.len() > HEADERS_MAX {
        return Err(Fault::field("headers", &format!("At most {HEADERS_MAX} headers are allowed")));
    }
    let (mut auth_key, mut secret) = (None, None);
    if let Some(scheme) = config.child("authScheme")? {
        if !scheme.text("type")?.is_some_and(|kind| kind.eq_ignore_ascii_case("HEADER")) {
            return Err(Fault::field("authScheme.type", "The type must be HEADER"));
        }
        let key = scheme.text("key")?.unwrap_or_default();
        let value = scheme.text("value")?.filter(|value| !value.is_empty());
        check_header("authScheme.key", key, value.unwrap_or_default())?;
        auth_key = Some(key.to_owned());
        secret = value.map(Secret::new);
    }
    Ok((Endpoint { uri, headers, auth_key }, secret))
}

fn check_header(field: &str, key: &str, value: &str) -> Answer<()> {
    let known = HeaderName::try_from(key).map_err(|_| Fault::field(field, "The name of the header is not valid"))?;
    if OWN_HEADERS.contains(&known.as_str()) {
        return Err(Fault::field(field, &format!("The header {key} cannot be set")));
    }
    let printable = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if key.len() > HEADER_LEN_MAX || value.len() > HEADER_LEN_MAX || !printable {
        return Err(Fault::field(field, "The value of the header is not valid"));
    }
    Ok(())
}

/// Refuses an address that a hook may not have.
pub fn check_uri(config: &OrgConfig, field: &str, uri: &str) -> Answer<()> {
    if hooks::may_have(config, uri) {
        return Ok(());
    }
    Err(Fault::field(field, "The address must begin with https:// and name a host"))
}

/// Refuses a header without a value where none is kept: the old one is only for the old address.
pub fn check_secret(endpoint: &Endpoint, secret: Option<&Secret>, before: Option<&Endpoint>) -> Answer<()> {
    let kept = before.is_some_and(|before| before.auth_key == endpoint.auth_key && before.uri == endpoint.uri);
    if endpoint.auth_key.is_none() || secret.is_some() || kept {
        return Ok(());
    }
    Err(Fault::field("authScheme.value", "The field cannot be left blank"))
}

/// The endpoint as answers show it.
pub fn body(endpoint: &Endpoint) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("uri".to_owned(), endpoint.uri.clone().into());
    body.insert("headers".to_owned(), endpoint.headers_json());
    body.insert("method".to_owned(), "POST".into());
    if let Some(key) = &endpoint.auth_key {
        body.insert("authScheme".to_owned(), json!({ "type": "HEADER", "key": key }));
    }
    body
}
