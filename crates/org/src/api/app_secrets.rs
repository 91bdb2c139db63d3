//! Client secrets of an app: two at most, so that one can be replaced while the other still works.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Value, json};
use vault::Secret;

use super::{
    app_check::check_secret,
    apps::find,
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        app::App,
        change::Change,
        client_secret::{self, ClientSecret, PER_APP_MAX},
        log::{Event, Party},
    },
    operations::Routes,
};

const KIND: &str = "OAuth2ClientSecretMediated";

pub fn operations() -> Routes {
    Routes::new()
        .on("listOAuth2ClientSecrets", list)
        .on("createOAuth2ClientSecret", create)
        .on("getOAuth2ClientSecret", get)
        .on("deleteOAuth2ClientSecret", delete)
        .on("activateOAuth2ClientSecret", activate)
        .on("deactivateOAuth2ClientSecret", deactivate)
}

fn body(org: &Org, address: &Address, app: &App, secret: &ClientSecret) -> Answer<Value> {
    let other = if secret.active { "deactivate" } else { "activate" };
    let base = format!("/api/v1/apps/{}/credentials/secrets/{}", app.id, secret.id);
    let mut links = json!({ other: { "href": address.link(&format!("{base}/lifecycle/{other}")), "hints": { "allow": ["POST"] } } });
    if !secret.active {
        links["delete"] = json!({ "href": address.link(&base), "hints": { "allow": ["DELETE"] } });
    }
    Ok(json!({
        "id": secret.id.as_str(),
        "status": if secret.active { "ACTIVE" } else { "INACTIVE" },
        "client_secret": secret.open(&org.vault)?.expose(),
        "secret_hash": secret.fingerprint(),
        "created": secret.created.to_rfc3339_ms(),
        "lastUpdated": secret.last_updated.to_rfc3339_ms(),
        "_links": links,
    }))
}

fn refused(cause: &str) -> Fault {
    Fault::invalid(KIND, [cause.to_owned()])
}

async fn found(conn: &mut Conn, app: &str, id: &str) -> Answer<(App, ClientSecret)> {
    let app = find(conn, app).await?;
    let secret = client_secret::by_id(conn, &app.id, &id.into()).await?;
    Ok((app, secret.ok_or_else(|| Fault::not_found(id, "OAuth2ClientSecretMediated"))?))
}

fn record(change: &mut Change, app: &App) {
    change.record(Event::new("app.oauth2.client.lifecycle.update").target(Party::app(app)));
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let secrets = client_secret::of_app(&mut reader, &app.id).await?;
    let bodies: Answer<Vec<Value>> = secrets.iter().map(|secret| body(&org, &address, &app, secret)).collect();
    Ok(Json(bodies?))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    Path((id, secret)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (app, secret) = found(&mut *org.db.read().await?, &id, &secret).await?;
    Ok(Json(body(&org, &address, &app, &secret)?))
}

async fn create(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let given = given.optional();
    let chosen = given.text("client_secret")?;
    chosen.map(check_secret).transpose()?;
    let active = given.text("status")?.is_none_or(|status| status == "ACTIVE");
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    caller.must_outrank_client(&mut change, &app.id).await?;
    if app.oauth().is_none() {
        return Err(refused("The app has no OAuth client."));
    }
    if client_secret::of_app(&mut change, &app.id).await?.len() >= PER_APP_MAX {
        return Err(refused("You've reached the maximum number of client secrets per client."));
    }
    let secret = chosen.map_or_else(|| client_secret::generate(&org.world), Secret::new);
    let secret = client_secret::create(&mut change, &org.vault, &org.world, &app.id, &secret, active).await?;
    record(&mut change, &app);
    let body = body(&org, &address, &app, &secret)?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn activate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, secret)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    set_active(&org, &caller, &address, &id, &secret, true).await
}

async fn deactivate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, secret)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    set_active(&org, &caller, &address, &id, &secret, false).await
}

async fn set_active(
    org: &Org,
    caller: &Caller,
    address: &Address,
    id: &str,
    secret: &str,
    active: bool,
) -> Answer<Json<Value>> {
    let mut change = caller.begin(org).await?;
    let (app, before) = found(&mut change, id, secret).await?;
    caller.must_outrank_client(&mut change, &app.id).await?;
    let others = client_secret::of_app(&mut change, &app.id).await?;
    if !active && before.active && !others.iter().any(|other| other.active && other.id != before.id) {
        return Err(refused("You can't deactivate the only active client secret."));
    }
    let now = change.now;
    client_secret::set_active(&mut change, &before.id, active, now).await?;
    record(&mut change, &app);
    let (app, after) = found(&mut change, id, secret).await?;
    change.commit().await?;
    Ok(Json(body(org, address, &app, &after)?))
}

async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((id, secret)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (app, secret) = found(&mut change, &id, &secret).await?;
    if secret.active {
        return Err(refused("You can't delete an active client secret. Deactivate the secret before deleting it."));
    }
    client_secret::delete(&mut change, &secret.id).await?;
    record(&mut change, &app);
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
