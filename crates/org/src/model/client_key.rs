//! Public keys of an OAuth client: those in the `jwks` of its settings, one by one.
//!
//! Invariant: a key's id follows from the key itself and its app, so that the same key has the same id however it was registered. What is
//! stored beside the key is its status and, of keys that were added one by one, when.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use world::Instant;

use super::app::App;

pub const PER_APP_MAX: usize = 50;
const ID_PREFIX: &str = "pks";
const ID_LEN: usize = 20;
/// What is stored with a key and not shown with the app.
const OWN: [&str; 2] = ["created", "lastUpdated"];

/// One key, as it is stored.
pub type Key = Map<String, Value>;

/// The keys of a client, in their order.
pub fn of_app(app: &App) -> Vec<Key> {
    let client = app.document.get("settings").and_then(|settings| settings.get("oauthClient"));
    let keys = client.and_then(|client| client.pointer("/jwks/keys")).and_then(Value::as_array);
    keys.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
}

/// The app's document with these keys.
pub fn with_keys(app: &App, keys: Vec<Key>) -> Map<String, Value> {
    let mut document = app.document.clone();
    if let Some(client) = document.get_mut("settings").and_then(|settings| settings.get_mut("oauthClient")) {
        client["jwks"] = serde_json::json!({ "keys": keys });
    }
    document
}

/// The key's id within its app.
pub fn id(app: &App, key: &Key) -> String {
    let text = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
    let said = format!("{}/{}/{}/{}/{}/{}", app.id, text("kty"), text("n"), text("e"), text("x"), text("y"));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, said.as_bytes());
    let letters = URL_SAFE_NO_PAD.encode(digest);
    let letters = letters.chars().filter(char::is_ascii_alphanumeric).take(ID_LEN - ID_PREFIX.len());
    ID_PREFIX.chars().chain(letters).collect()
}

pub fn is_active(key: &Key) -> bool {
    key.get("status").and_then(Value::as_str) != Some("INACTIVE")
}

pub fn is_for_encryption(key: &Key) -> bool {
    key.get("use").and_then(Value::as_str) == Some("enc")
}

pub fn set_active(key: &mut Key, active: bool, now: Instant) {
    key.insert("status".to_owned(), if active { "ACTIVE" } else { "INACTIVE" }.into());
    key.insert("lastUpdated".to_owned(), now.whole_second().to_rfc3339_ms().into());
}

/// A set of keys as the app shows it.
pub fn shown(jwks: &Value) -> Value {
    let mut shown = jwks.clone();
    let keys = shown.get_mut("keys").and_then(Value::as_array_mut);
    for key in keys.into_iter().flatten().filter_map(Value::as_object_mut) {
        key.retain(|name, _| !OWN.contains(&name.as_str()));
    }
    shown
}

/// The keys by which a client may be known: those that are active.
pub fn usable(jwks: &Value) -> Value {
    let keys = jwks.get("keys").and_then(Value::as_array).into_iter().flatten();
    let active: Vec<&Value> = keys.filter(|key| key.as_object().is_none_or(is_active)).collect();
    serde_json::json!({ "keys": active })
}
