//! Bindings of custom roles to resource sets, their members, and who has any role.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Value, json};
use url::Url;

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    groups,
    iam_resource_sets::{self, party, path},
    iam_roles::{self, page},
    paging::{Asked, Beyond},
    roles::{client, must_act_for_itself, must_take_roles},
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        binding::{self, Member},
        change::Change,
        custom_role::CustomRole,
        id::{CustomRoleId, RoleId, UserId},
        log::Event,
        resource_set::ResourceSet,
        role::{self, Assignee},
        user::{self, Status},
    },
    operations::Routes,
};

const PAGE: i64 = 100;
const ADDITIONS_MAX: usize = 100;
const ASSIGNEES_LIMIT: i64 = 100;
const ASSIGNEES_LIMIT_MAX: i64 = 200;

pub fn operations() -> Routes {
    Routes::new()
        .on("listBindings", list)
        .on("createResourceSetBinding", create)
        .on("getBinding", get)
        .on("deleteBinding", delete)
        .on("listMembersOfBinding", list_members)
        .on("addMembersToBinding", add_members)
        .on("getMemberOfBinding", get_member)
        .on("unassignMemberFromBinding", remove_member)
        .on("listUsersWithRoleAssignments", assignees)
}

/// A set, and a role that is bound to it.
async fn found(conn: &mut Conn, set: &str, role: &str) -> Answer<(ResourceSet, CustomRole)> {
    let set = iam_resource_sets::find(conn, set).await?;
    let bound = iam_roles::find(conn, role).await?;
    if binding::exists(conn, &set.id, &bound.id).await? {
        Ok((set, bound))
    } else {
        Err(Fault::not_found(role, "RoleBinding"))
    }
}

fn binding_path(set: &ResourceSet, role: &CustomRoleId) -> String {
    format!("{}/bindings/{role}", path(&set.id))
}

fn edited(address: &Address, set: &ResourceSet, role: &CustomRole) -> Value {
    let bindings = format!("{}/bindings", path(&set.id));
    json!({ "_links": {
        "self": { "href": address.link(&binding_path(set, &role.id)) },
        "bindings": { "href": address.link(&bindings) },
        "resource-set": { "href": address.link(&path(&set.id)) },
    } })
}

fn member_body(address: &Address, set: &ResourceSet, member: &Member) -> Value {
    let own = match &member.assignee {
        Assignee::User(id) => format!("/api/v1/users/{id}"),
        Assignee::Group(id) => format!("/api/v1/groups/{id}"),
        Assignee::Client(_) => format!("{}/members/{}", binding_path(set, &member.role), member.id),
    };
    json!({
        "id": member.id.as_str(),
        "created": member.created.to_rfc3339_ms(),
        "lastUpdated": member.created.to_rfc3339_ms(),
        "_links": { "self": { "href": address.link(&own) } },
    })
}

async fn list(State(org): State<Org>, asked: Asked, Path(name): Path<String>) -> Answer<Json<Value>> {
    let after = asked.after_id(CustomRoleId::PREFIX)?;
    let mut reader = org.db.read().await?;
    let set = iam_resource_sets::find(&mut reader, &name).await?;
    let roles = binding::roles_of_set(&mut reader, &set.id, after, PAGE + 1).await?;
    let body = |role: &CustomRoleId| {
        let own = binding_path(&set, role);
        json!({ "id": role.as_str(), "_links": {
            "self": { "href": asked.address.link(&own) },
            "members": { "href": asked.address.link(&format!("{own}/members")) },
        } })
    };
    let rows = roles.iter().map(|role| (role.to_string(), body(role))).collect();
    let place = format!("{}/bindings", path(&set.id));
    let mut answer = page(&asked, "roles", &place, rows, PAGE);
    answer["_links"]["self"] = json!({ "href": asked.address.link(&place) });
    answer["_links"]["resource-set"] = json!({ "href": asked.address.link(&path(&set.id)) });
    Ok(Json(answer))
}

/// Whom an address names: a person, a group or an app.
async fn assignee(conn: &mut Conn, org: &Org, text: &str) -> Answer<Assignee> {
    let refused = || Fault::field("members", &format!("'{text}' is nobody who can have a role"));
    let url = Url::parse(text).map_err(|_| refused())?;
    if !org.addresses.iter().any(|address| address.origin() == url.origin()) {
        return Err(refused());
    }
    let path = url.path();
    if let Some(id) = path.strip_prefix("/api/v1/users/") {
        let user = user::by_id(conn, &id.into()).await?.filter(|user| user.status != Status::Deprovisioned);
        return Ok(Assignee::User(user.ok_or_else(refused)?.id));
    }
    if let Some(id) = path.strip_prefix("/api/v1/groups/") {
        let group = groups::find(conn, id).await.map_err(|_| refused())?;
        must_take_roles(conn, &group).await?;
        return Ok(Assignee::Group(group.id));
    }
    let id = path.strip_prefix("/oauth2/v1/clients/").ok_or_else(refused)?;
    let app = client(conn, id).await.map_err(|_| refused())?;
    must_act_for_itself(&app)?;
    Ok(Assignee::Client(app.id))
}

async fn add_all(
    change: &mut Change,
    org: &Org,
    set: &ResourceSet,
    role: &CustomRole,
    wanted: &[String],
) -> Answer<()> {
    if wanted.len() > ADDITIONS_MAX {
        return Err(Fault::field("members", &format!("At most {ADDITIONS_MAX} members can be added at once")));
    }
    binding::bind(change, &org.world, &set.id, &role.id).await?;
    for text in wanted {
        let assignee = assignee(change, org, text).await?;
        binding::add(change, &org.world, &set.id, &role.id, &assignee).await?;
    }
    let event = Event::new("iam.resourceset.bindings.add").target(party(set));
    change.record(event.debug("role", role.label.as_str()));
    Ok(())
}

async fn create(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let wanted = given.texts("members")?.unwrap_or_default();
    let role = given.text("role")?.ok_or_else(|| Fault::field("role", "The field cannot be left blank"))?;
    let mut change = caller.begin(&org).await?;
    let set = iam_resource_sets::find(&mut change, &name).await?;
    let role = iam_roles::find(&mut change, role).await?;
    add_all(&mut change, &org, &set, &role, &wanted).await?;
    change.commit().await?;
    Ok(Json(edited(&address, &set, &role)))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    Path((name, role)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (set, role) = found(&mut *org.db.read().await?, &name, &role).await?;
    let own = binding_path(&set, &role.id);
    Ok(Json(json!({ "id": role.id.as_str(), "_links": {
        "self": { "href": address.link(&own) },
        "members": { "href": address.link(&format!("{own}/members")) },
        "resource-set": { "href": address.link(&path(&set.id)) },
    } })))
}

async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((name, role)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (set, role) = found(&mut change, &name, &role).await?;
    binding::remove(&mut change, &set.id, &role.id).await?;
    let event = Event::new("iam.resourceset.bindings.delete").target(party(&set));
    change.record(event.debug("role", role.label.as_str()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_members(
    State(org): State<Org>,
    asked: Asked,
    Path((name, role)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let after = asked.after_id(RoleId::PREFIX)?;
    let mut reader = org.db.read().await?;
    let (set, role) = found(&mut reader, &name, &role).await?;
    let members = binding::of_binding(&mut reader, &set.id, &role.id, after, PAGE + 1).await?;
    let rows =
        members.iter().map(|member| (member.id.to_string(), member_body(&asked.address, &set, member))).collect();
    let own = binding_path(&set, &role.id);
    let place = format!("{own}/members");
    let mut answer = page(&asked, "members", &place, rows, PAGE);
    answer["_links"]["self"] = json!({ "href": asked.address.link(&place) });
    answer["_links"]["binding"] = json!({ "href": asked.address.link(&own) });
    Ok(Json(answer))
}

async fn add_members(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, role)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let wanted = given.object()?.texts("additions")?.unwrap_or_default();
    let mut change = caller.begin(&org).await?;
    let (set, role) = found(&mut change, &name, &role).await?;
    add_all(&mut change, &org, &set, &role, &wanted).await?;
    change.commit().await?;
    Ok(Json(edited(&address, &set, &role)))
}

/// The member of this id.
async fn member(conn: &mut Conn, set: &ResourceSet, role: &CustomRole, id: &str) -> Answer<Member> {
    let found = binding::member(conn, &id.into()).await?;
    let found = found.filter(|member| member.set == set.id && member.role == role.id);
    found.ok_or_else(|| Fault::not_found(id, "RoleBindingMember"))
}

async fn get_member(
    State(org): State<Org>,
    address: Address,
    Path((name, role, id)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let (set, role) = found(&mut reader, &name, &role).await?;
    let member = member(&mut reader, &set, &role, &id).await?;
    Ok(Json(member_body(&address, &set, &member)))
}

async fn remove_member(
    State(org): State<Org>,
    caller: Caller,
    Path((name, role, id)): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (set, role) = found(&mut change, &name, &role).await?;
    let member = member(&mut change, &set, &role, &id).await?;
    binding::remove_member(&mut change, &member.id).await?;
    let event = Event::new("iam.resourceset.bindings.delete").target(party(&set));
    change.record(event.debug("role", role.label.as_str()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /iam/assignees/users`: everybody who has any role, in whatever way.
async fn assignees(State(org): State<Org>, asked: Asked) -> Answer<Json<Value>> {
    let limit = asked.limit(ASSIGNEES_LIMIT, ASSIGNEES_LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(UserId::PREFIX)?;
    let people = role::administrators(&mut *org.db.read().await?, after, limit + 1).await?;
    let body = |id: &UserId| {
        let own = asked.address.link(&format!("/api/v1/users/{id}"));
        json!({
            "id": id.as_str(),
            "orn": format!("orn:okta:directory:{}:users:{id}", org.id),
            "_links": { "self": { "href": own }, "roles": { "href": format!("{own}/roles") } },
        })
    };
    let rows = people.iter().map(|id| (id.to_string(), body(id))).collect();
    Ok(Json(page(&asked, "value", "/api/v1/iam/assignees/users", rows, limit)))
}
