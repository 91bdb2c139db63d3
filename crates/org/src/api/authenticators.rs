//! `/api/v1/authenticators`: what the org lets people sign in with, and by which methods.
//!
//! Invariant: only what the org can check can be there; the password stays on.

use axum::{
    Json,
    extract::{Path, State},
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    paging::Asked,
    policies::{immutable, read_only},
    policy_content::pruned,
    resource::link,
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app,
        authenticator::{self, Authenticator, KNOWN, Method},
        change::Change,
        log::{Event, Party},
    },
    operations::Routes,
};

const PATH: &str = "/api/v1/authenticators";
const NAME_LEN_MAX: usize = 255;
const PASSWORD: &str = "okta_password";

pub fn operations() -> Routes {
    Routes::new()
        .on("listAuthenticators", list)
        .on("createAuthenticator", create)
        .on("getAuthenticator", get)
        .on("replaceAuthenticator", replace)
        .on("activateAuthenticator", activate)
        .on("deactivateAuthenticator", deactivate)
        .on("listAuthenticatorMethods", list_methods)
        .on("getAuthenticatorMethod", get_method)
        .on("replaceAuthenticatorMethod", replace_method)
        .on("activateAuthenticatorMethod", activate_method)
        .on("deactivateAuthenticatorMethod", deactivate_method)
        .on("getWellKnownAppAuthenticatorConfiguration", app_configuration)
}

pub async fn find(conn: &mut Conn, id: &str) -> Answer<Authenticator> {
    authenticator::by_id(conn, id).await?.ok_or_else(|| Fault::not_found(id, "Authenticator"))
}

fn party(found: &Authenticator) -> Party {
    Party::new(&found.id, "AuthenticatorEntity", &found.key, &found.name)
}

fn body(address: &Address, found: &Authenticator) -> Value {
    let path = format!("{PATH}/{}", found.id);
    let lifecycle = if found.active { "deactivate" } else { "activate" };
    let mut links = Map::new();
    links.insert("self".to_owned(), link(address, &path, &["GET", "PUT"]));
    links.insert("methods".to_owned(), link(address, &format!("{path}/methods"), &["GET"]));
    if found.key != PASSWORD {
        links.insert(lifecycle.to_owned(), link(address, &format!("{path}/lifecycle/{lifecycle}"), &["POST"]));
    }
    let mut body = json!({
        "id": found.id,
        "key": found.key,
        "type": found.known().map(|known| known.kind),
        "name": found.name,
        "status": if found.active { "ACTIVE" } else { "INACTIVE" },
        "created": found.created.to_rfc3339_ms(),
        "lastUpdated": found.last_updated.to_rfc3339_ms(),
        "_links": links,
    });
    if !found.settings.is_empty() {
        body["settings"] = Value::Object(found.settings.clone());
    }
    body
}

async fn list(State(org): State<Org>, address: Address) -> Answer<Json<Vec<Value>>> {
    let all = authenticator::all(&mut *org.db.read().await?).await?;
    Ok(Json(all.iter().map(|found| body(&address, found)).collect()))
}

async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &find(&mut *org.db.read().await?, &id).await?)))
}

fn name(given: &Map<String, Value>, otherwise: &str) -> Answer<String> {
    let name = given.text("name")?.map_or(otherwise, str::trim);
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", "The field must be between 1 and 255 characters"));
    }
    Ok(name.to_owned())
}

/// Settings as the description of the key has them, over what holds otherwise.
fn settings(key: &str, given: &Map<String, Value>) -> Map<String, Value> {
    let mut whole = given.clone();
    whole.insert("key".to_owned(), key.into());
    let mut settings = authenticator::default_settings(key);
    if let Some(Value::Object(given)) = pruned("AuthenticatorBase", &whole).get("settings") {
        settings.extend(given.clone());
    }
    settings
}

async fn create(State(org): State<Org>, caller: Caller, asked: Asked, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let key = given.text("key")?.unwrap_or_default();
    let known = KNOWN.iter().find(|known| known.key == key);
    let known = known.ok_or_else(|| Fault::field("key", "This org cannot check authenticators of this key"))?;
    let name = name(&given, known.name)?;
    let mut change = caller.begin(&org).await?;
    if authenticator::all(&mut change).await?.iter().any(|found| found.key == key) {
        return Err(Fault::field("key", "The authenticator is there already"));
    }
    let active = asked.flag("activate", false);
    let id = authenticator::create(&mut change, &org.world, known, &name, &settings(key, &given), active).await?;
    let found = find(&mut change, &id).await?;
    change.record(Event::new("security.authenticator.lifecycle.create").target(party(&found)));
    change.commit().await?;
    Ok(Json(body(&asked.address, &found)))
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    if given.text("key")?.is_some_and(|key| key != before.key) {
        return Err(immutable("key"));
    }
    let now = change.now;
    let name = name(&given, &before.name)?;
    authenticator::update(&mut change, &id, &name, &settings(&before.key, &given), now).await?;
    let found = find(&mut change, &id).await?;
    change.record(Event::new("security.authenticator.lifecycle.update").target(party(&found)));
    change.commit().await?;
    Ok(Json(body(&address, &found)))
}

async fn activate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    set_active(&org, &caller, &address, &id, true).await
}

async fn deactivate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    set_active(&org, &caller, &address, &id, false).await
}

async fn set_active(org: &Org, caller: &Caller, address: &Address, id: &str, active: bool) -> Answer<Json<Value>> {
    let mut change = caller.begin(org).await?;
    let before = find(&mut change, id).await?;
    if before.key == PASSWORD && !active {
        return Err(read_only("status"));
    }
    let now = change.now;
    authenticator::set_active(&mut change, id, active, now).await?;
    let found = find(&mut change, id).await?;
    let kind = match active {
        true => "security.authenticator.lifecycle.activate",
        false => "security.authenticator.lifecycle.deactivate",
    };
    change.record(Event::new(kind).target(party(&found)));
    change.commit().await?;
    Ok(Json(body(address, &found)))
}

fn method_body(address: &Address, found: &Authenticator, method: &Method) -> Value {
    let path = format!("{PATH}/{}/methods/{}", found.id, method.kind);
    let lifecycle = if method.active { "deactivate" } else { "activate" };
    let mut links = Map::new();
    links.insert("self".to_owned(), link(address, &path, &["GET", "PUT"]));
    links.insert(lifecycle.to_owned(), link(address, &format!("{path}/lifecycle/{lifecycle}"), &["POST"]));
    let mut body = json!({
        "type": method.kind,
        "status": if method.active { "ACTIVE" } else { "INACTIVE" },
        "_links": links,
    });
    let code =
        json!({ "algorithm": "HMacSHA1", "encoding": "base32", "passCodeLength": 6, "timeIntervalInSeconds": 30 });
    match (found.key.as_str(), method.kind.as_str()) {
        ("okta_verify", "totp") => body["settings"] = code,
        ("google_otp", "otp") => {
            for (name, value) in code.as_object().into_iter().flatten() {
                body[name] = value.clone();
            }
            body["acceptableAdjacentIntervals"] = 1.into();
            body["protocol"] = "TOTP".into();
        }
        (_, "webauthn") => {
            let mut settings = json!({ "userVerification": "PREFERRED", "attachment": "ANY" });
            for (name, value) in &method.settings {
                settings[name] = value.clone();
            }
            body["settings"] = settings;
        }
        _ => {}
    }
    body
}

async fn find_method(conn: &mut Conn, id: &str, kind: &str) -> Answer<(Authenticator, Method)> {
    let found = find(conn, id).await?;
    let method = authenticator::methods(conn, id).await?.into_iter().find(|method| method.kind == kind);
    Ok((found, method.ok_or_else(|| Fault::not_found(kind, "AuthenticatorMethod"))?))
}

async fn list_methods(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let found = find(&mut reader, &id).await?;
    let methods = authenticator::methods(&mut reader, &id).await?;
    Ok(Json(methods.iter().map(|method| method_body(&address, &found, method)).collect()))
}

async fn get_method(
    State(org): State<Org>,
    address: Address,
    Path((id, kind)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (found, method) = find_method(&mut *org.db.read().await?, &id, &kind).await?;
    Ok(Json(method_body(&address, &found, &method)))
}

async fn replace_method(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, kind)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let mut given = given.optional();
    given.insert("type".to_owned(), kind.clone().into());
    let mut change = caller.begin(&org).await?;
    let (_, mut method) = find_method(&mut change, &id, &kind).await?;
    if kind == "webauthn" {
        let settings = pruned("AuthenticatorMethodBase", &given);
        method.settings = settings.get("settings").and_then(Value::as_object).cloned().unwrap_or_default();
    } else if given.contains_key("settings") {
        // Codes have one form in this org.
        return Err(read_only("settings"));
    }
    if let Some(status) = given.text("status")? {
        method.active = status == "ACTIVE";
    }
    keep(change, &address, &id, &method).await
}

async fn keep(mut change: Change, address: &Address, id: &str, method: &Method) -> Answer<Json<Value>> {
    let found = find(&mut change, id).await?;
    if found.key == PASSWORD && !method.active {
        return Err(read_only("status"));
    }
    authenticator::set_method(&mut change, id, method).await?;
    change.record(Event::new("security.authenticator.lifecycle.update").target(party(&found)));
    change.commit().await?;
    Ok(Json(method_body(address, &found, method)))
}

async fn activate_method(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(path): Path<(String, String)>,
) -> Answer<Json<Value>> {
    set_method_active(&org, &caller, &address, &path, true).await
}

async fn deactivate_method(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(path): Path<(String, String)>,
) -> Answer<Json<Value>> {
    set_method_active(&org, &caller, &address, &path, false).await
}

async fn set_method_active(
    org: &Org,
    caller: &Caller,
    address: &Address,
    (id, kind): &(String, String),
    active: bool,
) -> Answer<Json<Value>> {
    let mut change = caller.begin(org).await?;
    let (_, mut method) = find_method(&mut change, id, kind).await?;
    method.active = active;
    keep(change, address, id, &method).await
}

/// Authenticators of the kind `custom_app`, of which this org has none: an app learns that there is nothing to enrol with.
async fn app_configuration(State(org): State<Org>, asked: Asked) -> Answer<Json<Vec<Value>>> {
    let client = asked.get("oauthClientId").ok_or_else(|| Fault::new(&codes::E0000028))?;
    let mut conn = org.db.read().await?;
    if app::by_client_id(&mut conn, client).await?.is_none() {
        return Err(Fault::not_found(client, "PublicClientApp"));
    }
    let all = authenticator::all(&mut conn).await?;
    let custom = all.iter().filter(|found| found.key == "custom_app" && found.active);
    let shown = custom.map(|found| json!({ "authenticatorId": found.id, "key": found.key, "name": found.name }));
    Ok(Json(shown.collect()))
}
