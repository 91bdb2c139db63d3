//! Subscriptions of roles and of administrators to notifications.
//!
//! Invariant: an administrator's subscriptions are their own affair: nobody else reads or changes them.

use axum::{
    Json,
    extract::{Path, State},
};
use db::Conn;
use serde_json::{Value, json};

use super::{caller::Caller, edge::Address, users};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        role::{self, RoleType},
        subscription::{self, TYPES},
    },
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .on("listSubscriptionsRole", list_of_role)
        .on("getSubscriptionsNotificationTypeRole", of_role)
        .on("subscribeByNotificationTypeRole", subscribe_role)
        .on("unsubscribeByNotificationTypeRole", unsubscribe_role)
        .on("listSubscriptionsUser", list_of_person)
        .on("getSubscriptionsNotificationTypeUser", of_person)
        .on("subscribeByNotificationTypeUser", subscribe_person)
        .on("unsubscribeByNotificationTypeUser", unsubscribe_person)
}

fn body(address: &Address, path: &str, kind: &str, subscribed: bool) -> Value {
    json!({
        "notificationType": kind,
        "channels": ["email"],
        "status": if subscribed { "subscribed" } else { "unsubscribed" },
        "_links": { "self": { "href": address.link(&format!("{path}/{kind}")) } },
    })
}

fn role_named(name: &str) -> Answer<RoleType> {
    RoleType::parse(name).ok_or_else(|| Fault::not_found(name, "Role"))
}

fn check_type(kind: &str) -> Answer<()> {
    if TYPES.contains(&kind) { Ok(()) } else { Err(Fault::not_found(kind, "NotificationType")) }
}

fn path_of_role(role: RoleType) -> String {
    format!("/api/v1/roles/{}/subscriptions", role.as_str())
}

async fn list_of_role(State(org): State<Org>, address: Address, Path(name): Path<String>) -> Answer<Json<Value>> {
    let role = role_named(&name)?;
    let mut reader = org.db.read().await?;
    let mut found = Vec::new();
    for kind in TYPES {
        let subscribed = subscription::of_role(&mut reader, role, kind).await?;
        found.push(body(&address, &path_of_role(role), kind, subscribed));
    }
    Ok(Json(Value::Array(found)))
}

async fn of_role(
    State(org): State<Org>,
    address: Address,
    Path((name, kind)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let role = role_named(&name)?;
    check_type(&kind)?;
    let subscribed = subscription::of_role(&mut *org.db.read().await?, role, &kind).await?;
    Ok(Json(body(&address, &path_of_role(role), &kind, subscribed)))
}

async fn subscribe_role(
    State(org): State<Org>,
    caller: Caller,
    Path((name, kind)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    decide(&org, &caller, role_named(&name)?.as_str(), &kind, true).await
}

async fn unsubscribe_role(
    State(org): State<Org>,
    caller: Caller,
    Path((name, kind)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    decide(&org, &caller, role_named(&name)?.as_str(), &kind, false).await
}

async fn decide(org: &Org, caller: &Caller, subject: &str, kind: &str, subscribed: bool) -> Answer<Json<Value>> {
    check_type(kind)?;
    let mut change = caller.begin(org).await?;
    subscription::decide(&mut change, subject, kind, subscribed).await?;
    change.commit().await?;
    Ok(Json(json!({})))
}

/// The caller, when the path names them.
async fn oneself(conn: &mut Conn, caller: &Caller, name: &str) -> Answer<String> {
    let user = users::find(conn, caller, name).await?;
    if user.id == caller.user.id { Ok(user.id.to_string()) } else { Err(Fault::forbidden()) }
}

fn roles_of(caller: &Caller) -> Vec<RoleType> {
    caller.roles.iter().map(|role: &role::AdminRole| role.kind).collect()
}

async fn list_of_person(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let id = oneself(&mut reader, &caller, &name).await?;
    let (roles, path) = (roles_of(&caller), format!("/api/v1/users/{id}/subscriptions"));
    let mut found = Vec::new();
    for kind in TYPES {
        let subscribed = subscription::of_person(&mut reader, &id, &roles, kind).await?;
        found.push(body(&address, &path, kind, subscribed));
    }
    Ok(Json(Value::Array(found)))
}

async fn of_person(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, kind)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    check_type(&kind)?;
    let mut reader = org.db.read().await?;
    let id = oneself(&mut reader, &caller, &name).await?;
    let subscribed = subscription::of_person(&mut reader, &id, &roles_of(&caller), &kind).await?;
    Ok(Json(body(&address, &format!("/api/v1/users/{id}/subscriptions"), &kind, subscribed)))
}

async fn subscribe_person(
    State(org): State<Org>,
    caller: Caller,
    Path((name, kind)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let id = oneself(&mut *org.db.read().await?, &caller, &name).await?;
    decide(&org, &caller, &id, &kind, true).await
}

async fn unsubscribe_person(
    State(org): State<Org>,
    caller: Caller,
    Path((name, kind)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let id = oneself(&mut *org.db.read().await?, &caller, &name).await?;
    decide(&org, &caller, &id, &kind, false).await
}
