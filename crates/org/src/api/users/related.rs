//! What hangs on a person: groups, app tiles, sessions.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    find,
    lifecycle::{begin, end_access},
};
use crate::{
    Org,
    api::{
        app_logo,
        caller::Caller,
        edge::Address,
        groups,
        paging::{Asked, Beyond},
    },
    error::Answer,
    model::{
        app::{self, App},
        group,
        log::{Event, Party},
        reach::Object,
        user::{Status, User},
    },
    operations::Right,
    signin::session,
};

const GROUPS_LIMIT: i64 = 200;

pub async fn groups(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let user = find(&mut reader, &caller, &name).await?;
    let limit = asked.limit(GROUPS_LIMIT, GROUPS_LIMIT, Beyond::Cut)?;
    let after = asked.after_id("00g")?;
    let seen = if caller.on_self { None } else { caller.sees(Right::READ_GROUPS, Object::Group, "g.id") };
    let found = group::page_of(&mut reader, &user.id, after, limit + 1, seen.as_ref()).await?;
    Ok(asked.page(found, limit, |group| group.id.to_string(), |group| groups::body(&asked.address, group)))
}

/// By what somebody is kept out: after too many wrong passwords, everywhere.
pub fn blocks_of(user: &User) -> Vec<Value> {
    let blocked = user.status == Status::LockedOut;
    blocked.then(|| json!({ "type": "DEVICE_BASED", "appliesTo": "ANY_DEVICES" })).into_iter().collect()
}

pub async fn blocks(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Vec<Value>>> {
    let user = find(&mut *org.db.read().await?, &caller, &name).await?;
    Ok(Json(blocks_of(&user)))
}

/// Devices are registered by an agent on them; this org takes part in none, so nobody has one.
pub async fn devices(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Vec<Value>>> {
    find(&mut *org.db.read().await?, &caller, &name).await?;
    Ok(Json(Vec::new()))
}

/// The tiles of the end-user page.
pub async fn app_links(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let user = find(&mut reader, &caller, &name).await?;
    let apps = app::assigned_to(&mut reader, &user.id).await?;
    let tiles = apps.iter().filter(|app| app.link_url().is_some()).enumerate();
    Ok(Json(tiles.map(|(position, app)| tile(&address, &user, app, position)).collect()))
}

fn tile(address: &Address, user: &User, app: &App, position: usize) -> Value {
    json!({
        "id": user.id.as_str(),
        "label": app.label,
        "linkUrl": app.link_url(),
        "logoUrl": app_logo::link(address, app),
        "appName": app.name,
        "appInstanceId": app.id.as_str(),
        "appAssignmentId": format!("0ua{}{}", tail(app.id.as_str(), 8), tail(user.id.as_str(), 9)),
        "credentialsSetup": false,
        "hidden": false,
        "sortOrder": position,
    })
}

/// Ends sessions, and with `oauthTokens=true` what apps were granted.
pub async fn clear_sessions(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if asked.flag("oauthTokens", false) {
        end_access(&mut change, &user.id).await?;
    } else {
        session::end_all(&mut change, &user.id).await?;
    }
    change.record(Event::new("user.session.clear").target(Party::user(&user)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tail(id: &str, len: usize) -> &str {
    &id[id.len().saturating_sub(len)..]
}
