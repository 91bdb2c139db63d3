//! Administrator roles of people, of groups and of apps that act for themselves: standard ones, and custom ones over resource sets.

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
    groups, iam_resource_sets, iam_roles,
    paging::Asked,
    role_targets,
    users::{self, lifecycle::keep_a_super_administrator},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::{self, App},
        binding::{self, Member},
        change::Change,
        group::{self, Group, GroupType},
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

/// `assignmentType`, and where the assignee is.
fn assignee(assignee: &Assignee) -> (&'static str, String) {
    match assignee {
        Assignee::User(id) => ("USER", format!("/api/v1/users/{id}")),
        Assignee::Group(id) => ("GROUP", format!("/api/v1/groups/{id}")),
        Assignee::Client(id) => ("CLIENT", format!("/oauth2/v1/clients/{id}")),
    }
}

fn body(address: &Address, role: &AdminRole) -> Value {
    let (kind, assignee) = assignee(&role.assignee);
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

/// A custom role over a resource set, as one more assignment.
fn custom_body(address: &Address, member: &Member) -> Value {
    let (kind, assignee) = assignee(&member.assignee);
    let (role, set) =
        (format!("/api/v1/iam/roles/{}", member.role), format!("/api/v1/iam/resource-sets/{}", member.set));
    let link = |path: String| json!({ "href": address.link(&path) });
    json!({
        "id": member.id.as_str(),
        "role": member.role.as_str(),
        "label": member.role_label,
        "type": "CUSTOM",
        "status": "ACTIVE",
        "created": member.created.to_rfc3339_ms(),
        "lastUpdated": member.created.to_rfc3339_ms(),
        "assignmentType": kind,
        "resource-set": member.set.as_str(),
        "_links": {
            "assignee": link(assignee),
            "role": link(role.clone()),
            "permissions": link(format!("{role}/permissions")),
            "resource-set": link(set.clone()),
            "member": link(format!("{set}/bindings/{}/members/{}", member.role, member.id)),
        },
    })
}

/// What somebody is to be given.
enum Wanted {
    Standard(RoleType),
    Custom { role: String, set: String },
}

fn wanted(body: &Map<String, Value>) -> Answer<Wanted> {
    let kind = body.text("type")?.unwrap_or_default();
    match kind {
        "" => Err(Fault::field("type", "The field cannot be left blank")),
        "CUSTOM" => {
            let (role, set) = (body.text("role")?, body.text("resource-set")?);
            let blank = |name| Fault::field(name, "The field cannot be left blank");
            let role = role.ok_or_else(|| blank("role"))?.to_owned();
            Ok(Wanted::Custom { role, set: set.ok_or_else(|| blank("resource-set"))?.to_owned() })
        }
        kind => RoleType::parse(kind)
            .map(Wanted::Standard)
            .ok_or_else(|| Fault::field("type", "The role type is not valid")),
    }
}

/// An assignment that was made.
struct Given {
    body: Value,
    label: String,
}

/// Gives a role; with `notified` the assignee is told of what concerns administrators.
async fn grant(
    change: &mut Change,
    org: &Org,
    address: &Address,
    wanted: &Wanted,
    assignee: &Assignee,
    notified: bool,
) -> Answer<Given> {
    let taken = || Fault::new(&codes::E0000090);
    match wanted {
        Wanted::Standard(kind) => {
            let role = role::grant(change, &org.world, *kind, assignee).await?.ok_or_else(taken)?;
            if !notified {
                role::set_notified(change, &role, false).await?;
            }
            Ok(Given { body: body(address, &role), label: kind.label().to_owned() })
        }
        Wanted::Custom { role, set } => {
            let role = iam_roles::find(change, role).await?;
            let set = iam_resource_sets::find(change, set).await?;
            let id = binding::add(change, &org.world, &set.id, &role.id, assignee).await?.ok_or_else(taken)?;
            let members = members_of(change, assignee).await?;
            let member = members.iter().find(|member| member.id == id).ok_or_else(|| unknown(id.as_str()))?;
            Ok(Given { body: custom_body(address, member), label: role.label })
        }
    }
}

async fn members_of(conn: &mut Conn, assignee: &Assignee) -> Answer<Vec<Member>> {
    Ok(match assignee {
        Assignee::User(id) => binding::of_user(conn, id).await?,
        Assignee::Group(id) => binding::of_group(conn, id).await?,
        Assignee::Client(id) => binding::of_client(conn, id).await?,
    })
}

/// The standard roles of an assignee, a person's groups among them.
pub async fn roles_of(conn: &mut Conn, assignee: &Assignee) -> Answer<Vec<AdminRole>> {
    Ok(match assignee {
        Assignee::User(id) => role::roles_of(conn, id).await?,
        Assignee::Group(id) => role::roles_of_group(conn, id).await?,
        Assignee::Client(id) => role::roles_of_client(conn, id).await?,
    })
}

/// Every assignment of an assignee; `expand` asks for the targets of each.
async fn all(conn: &mut Conn, address: &Address, assignee: &Assignee, expand: Option<&str>) -> Answer<Vec<Value>> {
    let mut all = Vec::new();
    for role in roles_of(conn, assignee).await? {
        let mut body = body(address, &role);
        if let Some(targets) = role_targets::embedded(conn, address, &role, expand.unwrap_or_default()).await? {
            body["_embedded"] = json!({ "targets": targets });
        }
        all.push(body);
    }
    all.extend(members_of(conn, assignee).await?.iter().map(|member| custom_body(address, member)));
    Ok(all)
}

async fn one(conn: &mut Conn, address: &Address, assignee: &Assignee, id: &str) -> Answer<Json<Value>> {
    let all = all(conn, address, assignee, None).await?;
    all.into_iter().find(|body| body["id"] == id).map(Json).ok_or_else(|| unknown(id))
}

/// Takes an assignment of this assignee's own away; what it was called.
async fn revoke(change: &mut Change, assignee: &Assignee, id: &str) -> Answer<String> {
    let members = members_of(change, assignee).await?;
    if let Some(member) = members.into_iter().find(|member| member.id.as_str() == id && member.assignee == *assignee) {
        binding::remove_member(change, &member.id).await?;
        return Ok(member.role_label);
    }
    let roles = roles_of(change, assignee).await?;
    let role = roles.into_iter().find(|role| role.id.as_str() == id && role.assignee == *assignee);
    let role = role.ok_or_else(|| unknown(id))?;
    if matches!(assignee, Assignee::Client(_)) {
        role::revoke_from_client(change, &role.id).await?;
    } else {
        let supers = role::count_active_super_administrators(change).await?;
        role::revoke(change, &role.id).await?;
        keep_a_super_administrator(change, supers).await?;
    }
    Ok(role.kind.label().to_owned())
}

/// There is no such assignment.
pub fn unknown(id: &str) -> Fault {
    Fault::not_found(id, "RoleAssignment")
}

async fn of_user(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, &caller, &name).await?;
    Ok(Json(all(&mut reader, &asked.address, &Assignee::User(user.id), asked.get("expand")).await?))
}

async fn one_of_user(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, &caller, &name).await?;
    one(&mut reader, &address, &Assignee::User(user.id), &id).await
}

async fn grant_to_user(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
    given: Body,
) -> Answer<Response> {
    let wanted = wanted(&given.object()?)?;
    let notified = !asked.flag("disableNotifications", false);
    let mut change = caller.begin(&org).await?;
    let user = users::find(&mut change, &caller, &name).await?;
    if user.status == Status::Deprovisioned {
        return Err(Fault::new(&codes::E0000038));
    }
    let assignee = Assignee::User(user.id.clone());
    let given = grant(&mut change, &org, &asked.address, &wanted, &assignee, notified).await?;
    let event = Event::new("user.account.privilege.grant").target(Party::user(&user));
    change.record(event.debug("privilegeGranted", given.label));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(given.body)).into_response())
}

async fn revoke_from_user(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let user = users::find(&mut change, &caller, &name).await?;
    let label = revoke(&mut change, &Assignee::User(user.id.clone()), &id).await?;
    let event = Event::new("user.account.privilege.revoke").target(Party::user(&user));
    change.record(event.debug("privilegeRevoked", label));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn of_group(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let group = groups::find(&mut reader, &id).await?;
    Ok(Json(all(&mut reader, &asked.address, &Assignee::Group(group.id), asked.get("expand")).await?))
}

async fn one_of_group(
    State(org): State<Org>,
    address: Address,
    Path((group, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let group = groups::find(&mut reader, &group).await?;
    one(&mut reader, &address, &Assignee::Group(group.id), &id).await
}

/// Refuses roles for a group that people come into otherwise than by an administrator's hand, or too many of them.
pub async fn must_take_roles(conn: &mut Conn, group: &Group) -> Answer<()> {
    match group.kind {
        GroupType::OktaGroup => {}
        GroupType::BuiltIn => return Err(Fault::new(&codes::E0000211).with_argument(&group.name)),
        GroupType::AppGroup => return Err(Fault::new(&codes::E0000194).with_argument(&group.name)),
    }
    if group_rule::is_target(conn, &group.id).await? {
        return Err(Fault::new(&codes::E0000192).with_argument(&group.name));
    }
    if group::count_members(conn, &group.id).await? > GROUP_MEMBERS_MAX {
        return Err(Fault::new(&codes::E0000193).with_argument(&group.name));
    }
    Ok(())
}

async fn grant_to_group(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let wanted = wanted(&given.object()?)?;
    let notified = !asked.flag("disableNotifications", false);
    let mut change = caller.begin(&org).await?;
    let group = groups::find(&mut change, &id).await?;
    must_take_roles(&mut change, &group).await?;
    let assignee = Assignee::Group(group.id.clone());
    let given = grant(&mut change, &org, &asked.address, &wanted, &assignee, notified).await?;
    let event = Event::new("group.privilege.grant").target(Party::group(&group));
    change.record(event.debug("privilegeGranted", given.label));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(given.body)).into_response())
}

async fn revoke_from_group(
    State(org): State<Org>,
    caller: Caller,
    Path((group, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let group = groups::find(&mut change, &group).await?;
    let label = revoke(&mut change, &Assignee::Group(group.id.clone()), &id).await?;
    let event = Event::new("group.privilege.revoke").target(Party::group(&group));
    change.record(event.debug("privilegeRevoked", label));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The app of a client id.
pub async fn client(conn: &mut Conn, id: &str) -> Answer<App> {
    let found = app::by_client_id(conn, id).await?;
    found.ok_or_else(|| Fault::not_found(id, "PublicClientApp"))
}

/// Refuses roles for an app that does not act for itself.
pub fn must_act_for_itself(app: &App) -> Answer<()> {
    if app.oauth().is_none_or(|client| client.application_type != "service") {
        return Err(Fault::field("clientId", "Only service apps can have administrator roles"));
    }
    Ok(())
}

async fn of_client(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let app = client(&mut reader, &id).await?;
    Ok(Json(all(&mut reader, &asked.address, &Assignee::Client(app.id), asked.get("expand")).await?))
}

async fn one_of_client(
    State(org): State<Org>,
    address: Address,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = client(&mut reader, &name).await?;
    one(&mut reader, &address, &Assignee::Client(app.id), &id).await
}

async fn grant_to_client(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let wanted = wanted(&given.object()?)?;
    let notified = !asked.flag("disableNotifications", false);
    let mut change = caller.begin(&org).await?;
    let app = client(&mut change, &id).await?;
    must_act_for_itself(&app)?;
    let assignee = Assignee::Client(app.id.clone());
    let given = grant(&mut change, &org, &asked.address, &wanted, &assignee, notified).await?;
    let event = Event::new("app.oauth2.client.privilege.grant").target(Party::app(&app));
    change.record(event.debug("privilegeGranted", given.label));
    change.commit().await?;
    // Okta answers 200 here, where people and groups get 201.
    Ok(Json(given.body).into_response())
}

async fn revoke_from_client(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let app = client(&mut change, &name).await?;
    let label = revoke(&mut change, &Assignee::Client(app.id.clone()), &id).await?;
    let event = Event::new("app.oauth2.client.privilege.revoke").target(Party::app(&app));
    change.record(event.debug("privilegeRevoked", label));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
