//! Keys of an app with their certificates: made here, or shared with another app.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Value, json};

use super::{apps::find, caller::Caller, paging::Asked};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::App,
        app_certificate,
        app_key::{self, AppKey, PER_APP_MAX},
        log::{Event, Party},
        reach::Object,
    },
    operations::{Right, Routes},
};

const YEARS_MIN: u16 = 2;
const YEARS_MAX: u16 = 10;

pub fn operations() -> Routes {
    Routes::new()
        .on("listApplicationKeys", list)
        .on("generateApplicationKey", generate)
        .on("getApplicationKey", get)
        .on("cloneApplicationKey", clone)
}

/// A key on the wire.
pub fn body(key: &AppKey) -> Value {
    json!({
        "kid": key.kid,
        "created": key.created.to_rfc3339_ms(),
        "lastUpdated": key.last_updated.to_rfc3339_ms(),
        "expiresAt": key.not_after.to_rfc3339_ms(),
        "use": "sig",
        "kty": "RSA",
        "e": key.exponent,
        "n": key.modulus,
        "x5c": [key.certificate],
        "x5t#S256": app_certificate::thumbprint(&key.certificate),
    })
}

/// An app and one of its keys.
pub async fn found(conn: &mut Conn, id: &str, kid: &str) -> Answer<(App, AppKey)> {
    let app = find(conn, id).await?;
    let key = app_key::by_kid(conn, &app.id, kid).await?;
    Ok((app, key.ok_or_else(|| Fault::not_found(kid, "JsonWebKey"))?))
}

/// Refuses one key more than an app may have.
pub async fn refuse_too_many(conn: &mut Conn, app: &App, what: &str) -> Answer<()> {
    if app_key::of_app(conn, &app.id).await?.len() < PER_APP_MAX {
        return Ok(());
    }
    let cause = format!(
        "You can't create a new key. You have reached the maximum number of keys allowed ({PER_APP_MAX}). To add another key, you must first delete an existing one."
    );
    Err(Fault::invalid(what, [cause]))
}

async fn list(State(org): State<Org>, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    Ok(Json(app_key::of_app(&mut reader, &app.id).await?.iter().map(body).collect()))
}

async fn get(State(org): State<Org>, Path((id, kid)): Path<(String, String)>) -> Answer<Json<Value>> {
    let (_, key) = found(&mut *org.db.read().await?, &id, &kid).await?;
    Ok(Json(body(&key)))
}

async fn generate(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(id): Path<String>,
) -> Answer<(StatusCode, Json<Value>)> {
    let years = asked.get("validityYears").and_then(|years| years.parse::<u16>().ok());
    let years = years.filter(|years| (YEARS_MIN..=YEARS_MAX).contains(years)).ok_or_else(|| {
        let cause = format!("Validity years out of range. It should be {YEARS_MIN} - {YEARS_MAX} years.");
        Fault::invalid("generateKey", [cause])
    })?;
    let app = find(&mut *org.db.read().await?, &id).await?;
    let made = app_certificate::certified(&org.world, &app.label, years).await?;
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, app.id.as_str()).await?;
    refuse_too_many(&mut change, &app, "generateKey").await?;
    let now = change.now;
    app_key::add(&mut change, &org.vault, &app.id, &made, now).await?;
    change.record(Event::new("app.keys.generate").target(Party::app(&app)).debug("keyId", made.key.kid.as_str()));
    let (_, key) = found(&mut change, &id, &made.key.kid).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&key))))
}

async fn clone(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path((id, kid)): Path<(String, String)>,
) -> Answer<(StatusCode, Json<Value>)> {
    let target = asked.get("targetAid").ok_or_else(|| Fault::new(&codes::E0000028))?;
    let mut change = caller.begin(&org).await?;
    let (_, key) = found(&mut change, &id, &kid).await?;
    let target = find(&mut change, target).await?;
    caller.must_reach(&mut change, Right::MANAGE_APPS, Object::App, target.id.as_str()).await?;
    if app_key::by_kid(&mut change, &target.id, &key.kid).await?.is_some() {
        let cause = "Key already exists in the list of key credentials for the target app.".to_owned();
        return Err(Fault::invalid("cloneKey", [cause]));
    }
    refuse_too_many(&mut change, &target, "cloneKey").await?;
    let now = change.now.whole_second();
    app_key::share(&mut change, &target.id, &key.kid, now).await?;
    change.record(Event::new("app.keys.clone").target(Party::app(&target)).debug("keyId", key.kid.as_str()));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&key))))
}
