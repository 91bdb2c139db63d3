//! Public keys of an OAuth client, one by one: they are those of its `jwks` setting.
//!
//! Invariant: a client that is known by its key always has one that is active; an active key is not deleted.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    app_check::check_key,
    apps::find,
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        app::{self, App},
        change::Change,
        client_key::{self, Key, PER_APP_MAX},
        log::{Event, Party},
    },
    operations::Routes,
};

const KIND: &str = "JsonWebKey";

pub fn operations() -> Routes {
    Routes::new()
        .on("listJwk", list)
        .on("addJwk", add)
        .on("getJwk", get)
        .on("deletejwk", delete)
        .on("activateOAuth2ClientJsonWebKey", activate)
        .on("deactivateOAuth2ClientJsonWebKey", deactivate)
}

fn refused(cause: impl Into<String>) -> Fault {
    Fault::invalid(KIND, [cause.into()])
}

fn body(address: &Address, app: &App, key: &Key) -> Value {
    let base = format!("/api/v1/apps/{}/credentials/jwks/{}", app.id, client_key::id(app, key));
    let active = client_key::is_active(key);
    let other = if active { "deactivate" } else { "activate" };
    let mut links = Map::new();
    // The active key for encryption gives way to another one and is never merely switched off.
    if !(active && client_key::is_for_encryption(key)) {
        let href = address.link(&format!("{base}/lifecycle/{other}"));
        links.insert(other.to_owned(), json!({ "href": href, "hints": { "allow": ["POST"] } }));
    }
    if !active {
        links.insert("delete".to_owned(), json!({ "href": address.link(&base), "hints": { "allow": ["DELETE"] } }));
    }
    let since = |name: &str| key.get(name).cloned().unwrap_or_else(|| app.created.to_rfc3339_ms().into());
    let mut body = json!({
        "id": client_key::id(app, key),
        "kid": key.get("kid"),
        "status": if active { "ACTIVE" } else { "INACTIVE" },
        "created": since("created"),
        "lastUpdated": since("lastUpdated"),
        "_links": links,
    });
    for name in ["kty", "alg", "use", "crv", "e", "n", "x", "y"] {
        if let Some(value) = key.get(name) {
            body[name] = value.clone();
        }
    }
    body
}

/// The app, its keys, and the place of one of them.
async fn found(conn: &mut Conn, id: &str, key: &str) -> Answer<(App, Vec<Key>, usize)> {
    let app = find(conn, id).await?;
    let keys = client_key::of_app(&app);
    let position = keys.iter().position(|known| client_key::id(&app, known) == key);
    Ok((app, keys, position.ok_or_else(|| Fault::not_found(key, KIND))?))
}

/// The same, about to be changed by somebody who may change the credentials of the app.
async fn begin(org: &Org, caller: &Caller, id: &str, key: &str) -> Answer<(Change, App, Vec<Key>, usize)> {
    let mut change = caller.begin(org).await?;
    let (app, keys, position) = found(&mut change, id, key).await?;
    caller.must_outrank_client(&mut change, &app.id).await?;
    Ok((change, app, keys, position))
}

async fn keep(change: &mut Change, app: &App, keys: Vec<Key>) -> Answer<()> {
    let now = change.now;
    app::update(change, &app.id, &app.label, &client_key::with_keys(app, keys), now).await?;
    change.record(Event::new("app.oauth2.client.lifecycle.update").target(Party::app(app)));
    Ok(())
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let app = find(&mut *org.db.read().await?, &id).await?;
    Ok(Json(client_key::of_app(&app).iter().map(|key| body(&address, &app, key)).collect()))
}

async fn get(State(org): State<Org>, address: Address, Path((id, key)): Path<(String, String)>) -> Answer<Json<Value>> {
    let (app, keys, position) = found(&mut *org.db.read().await?, &id, &key).await?;
    Ok(Json(body(&address, &app, &keys[position])))
}

async fn add(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    let given = given.object()?;
    check_key(&given)?;
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    caller.must_outrank_client(&mut change, &app.id).await?;
    if app.oauth().is_none() {
        return Err(refused("The app has no OAuth client."));
    }
    let mut keys = client_key::of_app(&app);
    if keys.len() >= PER_APP_MAX {
        return Err(refused(format!(
            "You can't create a new key. You have reached the maximum number of keys allowed ({PER_APP_MAX}). To add another key, you must first delete an existing one."
        )));
    }
    let kid = given.text("kid")?;
    let same = |known: &Key| {
        client_key::id(&app, known) == client_key::id(&app, &given)
            || (kid.is_some() && known.get("kid").and_then(Value::as_str) == kid)
    };
    if keys.iter().any(same) {
        return Err(refused("A key with this 'kid' is among the keys of the client already."));
    }
    let mut key: Key = given.clone();
    key.retain(|name, _| ["kty", "kid", "alg", "use", "crv", "e", "n", "x", "y"].contains(&name.as_str()));
    let active = given.text("status")? != Some("INACTIVE");
    let only = |known: &Key| client_key::is_for_encryption(known) && client_key::is_active(known);
    if active && client_key::is_for_encryption(&key) && keys.iter().any(only) {
        return Err(refused("The client can have only one active encryption key in the 'jwks'."));
    }
    client_key::set_active(&mut key, active, change.now);
    key.insert("created".to_owned(), change.now.whole_second().to_rfc3339_ms().into());
    keys.push(key.clone());
    keep(&mut change, &app, keys).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &app, &key))))
}

async fn delete(State(org): State<Org>, caller: Caller, Path((id, key)): Path<(String, String)>) -> Answer<StatusCode> {
    let (mut change, app, mut keys, position) = begin(&org, &caller, &id, &key).await?;
    if client_key::is_active(&keys[position]) {
        return Err(refused("You can't delete an active JSON Web Key. Deactivate the key before deleting it."));
    }
    keys.remove(position);
    keep(&mut change, &app, keys).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Of keys for encryption the one that was active before gives way.
async fn activate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, key)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (mut change, app, mut keys, position) = begin(&org, &caller, &id, &key).await?;
    let now = change.now;
    if client_key::is_for_encryption(&keys[position]) {
        let others = keys.iter_mut().filter(|key| client_key::is_for_encryption(key) && client_key::is_active(key));
        others.for_each(|other| client_key::set_active(other, false, now));
    }
    client_key::set_active(&mut keys[position], true, now);
    let shown = body(&address, &app, &keys[position]);
    keep(&mut change, &app, keys).await?;
    change.commit().await?;
    Ok(Json(shown))
}

async fn deactivate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, key)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (mut change, app, mut keys, position) = begin(&org, &caller, &id, &key).await?;
    if client_key::is_for_encryption(&keys[position]) {
        return Err(refused("You can't deactivate the active encryption key."));
    }
    let signs = |key: &Key| client_key::is_active(key) && !client_key::is_for_encryption(key);
    let by_key = app.oauth().is_some_and(|client| client.token_endpoint_auth_method == "private_key_jwt");
    let last = keys.iter().enumerate().all(|(place, key)| place == position || !signs(key));
    if by_key && last {
        return Err(refused(
            "Can't deactivate the only active JSON Web Key when the value for `token_endpoint_auth_method` is `private_key_jwt`.",
        ));
    }
    let now = change.now;
    client_key::set_active(&mut keys[position], false, now);
    let shown = body(&address, &app, &keys[position]);
    keep(&mut change, &app, keys).await?;
    change.commit().await?;
    Ok(Json(shown))
}
