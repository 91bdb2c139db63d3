//! Keys of inline hooks.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
};
use crate::{
    Error, Org,
    error::{Answer, Fault},
    model::{
        hook_key::{self, HookKey, Pair},
        log::{Event, Party},
    },
    oauth,
    operations::Routes,
};

const NAME_LEN_MAX: usize = 255;
/// Keys of an org.
const KEYS_MAX: i64 = 50;
const KIND: &str = "HookKey";

pub fn operations() -> Routes {
    Routes::new()
        .on("listHookKeys", list)
        .on("createHookKey", create)
        .on("getHookKey", get)
        .on("replaceHookKey", replace)
        .on("deleteHookKey", delete)
        .on("getPublicKey", public)
}

fn body(key: &HookKey) -> Value {
    json!({
        "id": key.id.as_str(),
        "keyId": key.kid,
        "name": key.name,
        "created": key.created.to_rfc3339_ms(),
        "lastUpdated": key.last_updated.to_rfc3339_ms(),
        "isUsed": key.used.to_string(),
    })
}

/// The public key, as JSON web keys are written.
fn public_body(key: &HookKey) -> Value {
    json!({ "kty": "RSA", "alg": "RS256", "kid": key.kid, "use": "sig", "e": key.exponent, "n": key.modulus })
}

fn detailed(key: &HookKey) -> Json<Value> {
    let mut body = body(key);
    body["_embedded"] = public_body(key);
    Json(body)
}

fn party(key: &HookKey) -> Party {
    Party::new(key.id.as_str(), KIND, &key.kid, &key.name)
}

async fn find(conn: &mut Conn, id: &str) -> Answer<HookKey> {
    hook_key::by_id(conn, id).await?.ok_or_else(|| Fault::not_found(id, KIND))
}

fn name(given: Body) -> Answer<String> {
    let given = given.object()?;
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    Ok(name)
}

async fn list(State(org): State<Org>) -> Answer<Json<Value>> {
    let keys = hook_key::list(&mut *org.db.read().await?, KEYS_MAX).await?;
    Ok(Json(keys.iter().map(body).collect()))
}

async fn get(State(org): State<Org>, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&find(&mut *org.db.read().await?, &id).await?)))
}

async fn public(State(org): State<Org>, Path(kid): Path<String>) -> Answer<Json<Value>> {
    let key = hook_key::by_kid(&mut *org.db.read().await?, &kid).await?;
    Ok(Json(public_body(&key.ok_or_else(|| Fault::not_found(&kid, KIND))?)))
}

async fn create(State(org): State<Org>, caller: Caller, given: Body) -> Answer<Json<Value>> {
    let name = name(given)?;
    if hook_key::count(&mut *org.db.read().await?).await? >= KEYS_MAX {
        return Err(Fault::field("name", &format!("At most {KEYS_MAX} keys are allowed")));
    }
    let made = tokio::task::spawn_blocking(oauth::key::generate).await;
    let failed = |error: tokio::task::JoinError| Error::Stored { what: "hook key", reason: error.to_string() };
    let (private, modulus, exponent) = made.map_err(failed)??;
    let mut change = caller.begin(&org).await?;
    let pair = Pair { private, modulus, exponent };
    let id = hook_key::create(&mut change, &org.vault, &org.world, &name, &pair).await.map_err(Fault::taken("name"))?;
    let key = find(&mut change, id.as_str()).await?;
    change.record(Event::new("system.hook.key.created").target(party(&key)));
    change.commit().await?;
    Ok(detailed(&key))
}

async fn replace(State(org): State<Org>, caller: Caller, Path(id): Path<String>, given: Body) -> Answer<Json<Value>> {
    let name = name(given)?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    let now = change.now;
    hook_key::rename(&mut change, &before.id, &name, now).await.map_err(Fault::taken("name"))?;
    let key = find(&mut change, &id).await?;
    change.record(Event::new("system.hook.key.updated").target(party(&key)));
    change.commit().await?;
    Ok(detailed(&key))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let key = find(&mut change, &id).await?;
    if key.used {
        return Err(Fault::field("id", "The key is used by an inline hook"));
    }
    hook_key::delete(&mut change, &key.id).await?;
    change.record(Event::new("system.hook.key.deleted").target(party(&key)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
