//! Administrator roles of people and of groups.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    groups,
    users::{self, lifecycle::keep_a_super_administrator},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::{self, App},
        change::Change,
        group::{self, GroupType},
        group_rule,
        log::{Event, Party},
        role::{self, AdminRole, Assignee, RoleType},
        user::Status,
    },
    operations::Routes,
};

const GROUP_MEMBERS_MAX: i64 = 5_000;

pub fn operations() -> Routes {
    Routes::new()
        .on("listAssignedRolesForUser", of_user)
        .on("assignRoleToUser", grant_to_user)
        .on("getUserAssignedRole", one_of_user)
        .on("unassignRoleFromUser", revoke_from_user)
        .on("listGroupAssignedRoles", of_group)
        .on("assignRoleToGroup", grant_to_group)
        .on("getGroupAssignedRole", one_of_group)
        .on("unassignRoleFromGroup", revoke_from_group)
        .on("listRolesForClient", of_client)
        .on("assignRoleToClient", grant_to_client)
        .on("retrieveClientRole", one_of_client)
        .on("deleteRoleFromClient", revoke_from_client)
}

fn body(address: &Address, role: &AdminRole) -> Value {
    let (kind, assignee) = match &role.assignee {
        Assignee::User(id) => ("USER", format!("/api/v1/users/{id}")),
        Assignee::Group(id) => ("GROUP", format!("/api/v1/groups/{id}")),
        Assignee::Client(id) => ("CLIENT", format!("/oauth2/v1/clients/{id}")),
    };
    json!({
        "id": role.id.as_str(),
        "label": role.kind.label(),
        "type": role.kind.as_str(),
        "status": "ACTIVE",
        "created": role.created.to_rfc3339_ms(),
        "lastUpdated": role.last_updated.to_rfc3339_ms(),
        "assignmentType": kind,
        "_links": { "assignee": { "href": address.link(&assignee) } },
    })
}

fn wanted(body: &Map<String, Value>) -> Answer<RoleType> {
    let kind = body.text("type")?.unwrap_or_default();
    if kind.is_empty() {
        return Err(Fault::field("type", "The field cannot be left blank"));
    }
    RoleType::parse(kind).ok_or_else(|| Fault::field("type", "The role type is not valid"))
}

fn unknown(id: &str) -> Fault {
    Fault::not_found(id, "RoleAssignment")
}

async fn of_user(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, &caller, &name).await?;
    let roles = role::roles_of(&mut reader, &user.id).await?;
    Ok(Json(roles.iter().map(|role| body(&address, role)).collect()))
}

async fn one_of_user(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, &caller, &name).await?;
    let roles = role::roles_of(&mut reader, &user.id).await?;
    roles.iter().find(|role| role.id.as_str() == id).map(|role| Json(body(&address, role))).ok_or_else(|| unknown(&id))
}

async fn grant_to_user(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
    given: Body,
) -> Answer<Response> {
    let kind = wanted(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let user = users::find(&mut change, &caller, &name).await?;
    if user.status == Status::Deprovisioned {
        return Err(Fault::new(&codes::E0000038));
    }
    let role = grant(&mut change, &org, kind, Assignee::User(user.id.clone())).await?;
    change.record(
        Event::new("user.account.privilege.grant").target(Party::user(&user)).debug("privilegeGranted", kind.label()),
    );
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &role))).into_response())
}

async fn grant(change: &mut Change, org: &Org, kind: RoleType, assignee: Assignee) -> Answer<AdminRole> {
    role::grant(change, &org.world, kind, &assignee).await?.ok_or_else(|| Fault::new(&codes::E0000090))
}

async fn revoke_from_user(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let user = users::find(&mut change, &caller, &name).await?;
    let assignee = Assignee::User(user.id.clone());
    let roles = role::roles_of(&mut change, &user.id).await?;
    let role = roles
        .into_iter()
        .find(|role| role.id.as_str() == id && role.assignee == assignee)
        .ok_or_else(|| unknown(&id))?;
    revoke(&mut change, &role).await?;
    change.record(
        Event::new("user.account.privilege.revoke")
            .target(Party::user(&user))
            .debug("privilegeRevoked", role.kind.label()),
    );
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke(change: &mut Change, role: &AdminRole) -> Answer<()> {
    let supers = role::count_active_super_administrators(change).await?;
    role::revoke(change, &role.id).await?;
    keep_a_super_administrator(change, supers).await
}

async fn of_group(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let group = groups::find(&mut reader, &id).await?;
    let roles = role::roles_of_group(&mut reader, &group.id).await?;
    Ok(Json(roles.iter().map(|role| body(&address, role)).collect()))
}

async fn one_of_group(
    State(org): State<Org>,
    address: Address,
    Path((group, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let group = groups::find(&mut reader, &group).await?;
    let roles = role::roles_of_group(&mut reader, &group.id).await?;
    roles.iter().find(|role| role.id.as_str() == id).map(|role| Json(body(&address, role))).ok_or_else(|| unknown(&id))
}

async fn grant_to_group(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let kind = wanted(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let group = groups::find(&mut change, &id).await?;
    match group.kind {
        GroupType::OktaGroup => {}
        GroupType::BuiltIn => return Err(Fault::new(&codes::E0000211).with_argument(&group.name)),
        GroupType::AppGroup => return Err(Fault::new(&codes::E0000194).with_argument(&group.name)),
    }
    if group_rule::is_target(&mut change, &group.id).await? {
        return Err(Fault::new(&codes::E0000192).with_argument(&group.name));
    }
    if group::count_members(&mut change, &group.id).await? > GROUP_MEMBERS_MAX {
        return Err(Fault::new(&codes::E0000193).with_argument(&group.name));
    }
    let role = grant(&mut change, &org, kind, Assignee::Group(group.id.clone())).await?;
    change.record(
        Event::new("group.privilege.grant").target(Party::group(&group)).debug("privilegeGranted", kind.label()),
    );
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &role))).into_response())
}

async fn revoke_from_group(
    State(org): State<Org>,
    caller: Caller,
    Path((group, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let group = groups::find(&mut change, &group).await?;
    let roles = role::roles_of_group(&mut change, &group.id).await?;
    let role = roles.into_iter().find(|role| role.id.as_str() == id).ok_or_else(|| unknown(&id))?;
    revoke(&mut change, &role).await?;
    change.record(
        Event::new("group.privilege.revoke").target(Party::group(&group)).debug("privilegeRevoked", role.kind.label()),
    );
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn client(conn: &mut Conn, id: &str) -> Answer<App> {
    let found = app::by_client_id(conn, id).await?;
    found.ok_or_else(|| Fault::not_found(id, "PublicClientApp"))
}

async fn client_role(conn: &mut Conn, client_id: &str, id: &str) -> Answer<(App, AdminRole)> {
    let app = client(conn, client_id).await?;
    let roles = role::roles_of_client(conn, &app.id).await?;
    let role = roles.into_iter().find(|role| role.id.as_str() == id).ok_or_else(|| unknown(id))?;
    Ok((app, role))
}

async fn of_client(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let app = client(&mut reader, &id).await?;
    let roles = role::roles_of_client(&mut reader, &app.id).await?;
    Ok(Json(roles.iter().map(|role| body(&address, role)).collect()))
}

async fn one_of_client(
    State(org): State<Org>,
    address: Address,
    Path((client, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (_, role) = client_role(&mut *org.db.read().await?, &client, &id).await?;
    Ok(Json(body(&address, &role)))
}

async fn grant_to_client(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let kind = wanted(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let app = client(&mut change, &id).await?;
    if app.oauth().is_none_or(|client| client.application_type != "service") {
        return Err(Fault::field("clientId", "Only service apps can have administrator roles"));
    }
    let role = grant(&mut change, &org, kind, Assignee::Client(app.id.clone())).await?;
    let event = Event::new("app.oauth2.client.privilege.grant").target(Party::app(&app));
    change.record(event.debug("privilegeGranted", kind.label()));
    change.commit().await?;
    // Okta answers 200 here, where people and groups get 201.
    Ok(Json(body(&address, &role)).into_response())
}

async fn revoke_from_client(
    State(org): State<Org>,
    caller: Caller,
    Path((client, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (app, role) = client_role(&mut change, &client, &id).await?;
    role::revoke_from_client(&mut change, &role.id).await?;
    let event = Event::new("app.oauth2.client.privilege.revoke").target(Party::app(&app));
    change.record(event.debug("privilegeRevoked", role.kind.label()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
