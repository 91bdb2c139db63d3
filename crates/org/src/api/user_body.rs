//! How a person looks on the wire.
//!
//! Invariant: five times and six profile attributes are always there, null where there is nothing; no answer holds a password or the
//! answer to a recovery question.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::Conn;
use serde_json::{Map, Value, json};
use world::Instant;

use super::edge::Address;
use crate::{
    error::Answer,
    model::{
        schema::Schema,
        user::{self, Status, User},
    },
};

const ALWAYS_SHOWN: [&str; 6] = ["firstName", "lastName", "mobilePhone", "secondEmail", "login", "email"];

/// What the caller asked to be left out, by a parameter of its `Content-Type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    credentials: bool,
    credentials_links: bool,
}

impl Omitted {
    /// Reads `application/json; okta-response="omitCredentials,omitCredentialsLinks"`.
    pub fn asked(headers: &HeaderMap) -> Omitted {
        let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wish =
            given.split(';').filter_map(|part| part.trim().strip_prefix("okta-response=")).next().unwrap_or_default();
        let names: Vec<&str> = wish.trim_matches('"').split(',').map(str::trim).collect();
        Omitted {
            credentials: names.contains(&"omitCredentials"),
            credentials_links: names.contains(&"omitCredentialsLinks"),
        }
    }
}

pub fn instant(instant: Option<Instant>) -> Value {
    instant.map_or(Value::Null, |instant| instant.to_rfc3339_ms().into())
}

/// A person as an answer about one person shows them.
pub async fn full(conn: &mut Conn, address: &Address, user: &User, omitted: Omitted) -> Answer<Value> {
    let schema = user::type_by_id(conn, &user.type_id).await?.map(|kind| kind.schema_id);
    let mut body = base(user, omitted);
    body.insert("_links".to_owned(), links(address, user, schema.as_deref(), omitted));
    Ok(Value::Object(body))
}

/// Takes away what people may not see of themselves.
pub fn hide_from_self(body: &mut Value, schema: &Schema) {
    let Some(profile) = body.get_mut("profile").and_then(Value::as_object_mut) else { return };
    for attribute in schema.attributes().filter(|attribute| attribute.own_permission() == "HIDE") {
        profile.shift_remove(&attribute.name);
    }
}

/// A person as lists show them.
pub fn in_list(address: &Address, user: &User, omitted: Omitted) -> Value {
    let mut body = base(user, omitted);
    body.insert("_links".to_owned(), json!({ "self": { "href": href(address, user, "") } }));
    Value::Object(body)
}

/// Changes with anything that the body shows.
pub fn entity_tag(user: &User) -> String {
    let text = Value::Object(base(user, Omitted::default())).to_string();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]))
}

fn base(user: &User, omitted: Omitted) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("id", user.id.as_str().into());
    put("status", user.status.as_str().into());
    put("created", instant(Some(user.created)));
    put("activated", instant(user.activated));
    put("statusChanged", instant(user.status_changed));
    put("lastLogin", instant(user.last_login));
    put("lastUpdated", instant(Some(user.last_updated)));
    put("passwordChanged", instant(user.password_changed));
    put("type", json!({ "id": user.type_id.as_str() }));
    put("profile", profile(user));
    if !omitted.credentials {
        put("credentials", credentials(user, true));
    }
    body
}

fn profile(user: &User) -> Value {
    let mut profile = Map::new();
    for name in ALWAYS_SHOWN {
        profile.insert(name.to_owned(), user.profile.get(name).map_or(Value::Null, Value::from));
    }
    for (name, value) in user.profile.entries().filter(|(name, _)| !ALWAYS_SHOWN.contains(name)) {
        profile.insert(name.to_owned(), value.clone());
    }
    Value::Object(profile)
}

/// The credentials object; `with_emails` everywhere but in the answers of credential operations.
pub fn credentials(user: &User, with_emails: bool) -> Value {
    let mut credentials = Map::new();
    if user.has_password {
        credentials.insert("password".to_owned(), json!({}));
    }
    if let Some(question) = &user.recovery_question {
        credentials.insert("recovery_question".to_owned(), json!({ "question": question }));
    }
    if with_emails {
        let mut emails = vec![json!({ "value": user.profile.email(), "status": "VERIFIED", "type": "PRIMARY" })];
        if let Some(second) = user.profile.get("secondEmail").filter(|second| !second.is_empty()) {
            emails.push(json!({ "value": second, "status": "VERIFIED", "type": "SECONDARY" }));
        }
        credentials.insert("emails".to_owned(), emails.into());
    }
    credentials.insert("provider".to_owned(), json!({ "type": user.provider.kind, "name": user.provider.name }));
    Value::Object(credentials)
}

fn href(address: &Address, user: &User, rest: &str) -> String {
    address.link(&format!("/api/v1/users/{}{rest}", user.id))
}

fn links(address: &Address, user: &User, schema: Option<&str>, omitted: Omitted) -> Value {
    let mut links = Map::new();
    let action = |rest: &str| json!({ "href": href(address, user, rest), "method": "POST" });
    let (suspend, deactivate) = (("suspend", "/lifecycle/suspend"), ("deactivate", "/lifecycle/deactivate"));
    let passwords = [
        ("resetPassword", "/lifecycle/reset_password"),
        ("expirePassword", "/lifecycle/expire_password"),
        ("changeRecoveryQuestion", "/credentials/change_recovery_question"),
        ("changePassword", "/credentials/change_password"),
    ];
    let forgot = ("forgotPassword", "/credentials/forgot_password");
    let mut named: Vec<(&str, &str)> = Vec::new();
    match user.status {
        Status::Staged => named.push(("activate", "/lifecycle/activate")),
        Status::Provisioned => named.extend([
            suspend,
            ("reactivate", "/lifecycle/reactivate"),
            ("resetPassword", "/lifecycle/reset_password"),
            deactivate,
        ]),
        Status::Active | Status::PasswordExpired => {
            named.push(suspend);
            named.extend(passwords);
            if user.recovery_question.is_some() {
                named.push(forgot);
            }
            named.push(deactivate);
        }
        Status::Recovery => {
            named.extend([suspend, ("reactivate", "/lifecycle/reactivate"), passwords[0], passwords[3], deactivate])
        }
        Status::LockedOut => {
            named.extend([("unlock", "/lifecycle/unlock"), suspend, passwords[0], passwords[1], deactivate])
        }
        Status::Suspended => named.extend([("unsuspend", "/lifecycle/unsuspend"), deactivate]),
        Status::Deprovisioned => named.push(("activate", "/lifecycle/activate")),
    }
    links.insert("self".to_owned(), json!({ "href": href(address, user, "") }));
    if let Some(schema) = schema {
        links.insert(
            "schema".to_owned(),
            json!({ "href": address.link(&format!("/api/v1/meta/schemas/user/{schema}")) }),
        );
    }
    links.insert(
        "type".to_owned(),
        json!({ "href": address.link(&format!("/api/v1/meta/types/user/{}", user.type_id)) }),
    );
    for (name, rest) in named {
        let of_credentials = rest.contains("password") || rest.starts_with("/credentials");
        if !(omitted.credentials_links && of_credentials) {
            links.insert(name.to_owned(), action(rest));
        }
    }
    if user.status == Status::Deprovisioned {
        links.insert("delete".to_owned(), json!({ "href": href(address, user, ""), "method": "DELETE" }));
    }
    Value::Object(links)
}
