//! Who is assigned to an app: people and groups.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    apps::find,
    body::{Body, Patch, Properties},
    caller::Caller,
    edge::Address,
    groups,
    paging::{Asked, Beyond},
    user_body::{self, Omitted},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::App,
        app_assignment::{self, AppGroup, AppUser},
        change::Change,
        id::{AppId, GroupId, UserId},
        log::{Event, Party},
        profile::Profile,
        reach::Object,
        schema::{self, Owner},
        user::{self, Status, User},
    },
    operations::{Right, Routes},
};

const USERS_LIMIT: i64 = 50;
const USERS_LIMIT_MAX: i64 = 500;
const GROUPS_LIMIT: i64 = 20;
const GROUPS_LIMIT_MAX: i64 = 200;
const PRIORITY_MAX: i64 = 1_000;

pub fn operations() -> Routes {
    Routes::new()
        .on("listApplicationUsers", users)
        .on("assignUserToApplication", assign_user)
        .on("getApplicationUser", one_user)
        .on("updateApplicationUser", update_user)
        .on("unassignUserFromApplication", unassign_user)
        .on("listApplicationGroupAssignments", assigned_groups)
        .on("getApplicationGroupAssignment", one_group)
        .on("assignGroupToApplication", assign_group)
        .on("updateGroupAssignmentToApplication", patch_group)
        .on("unassignApplicationFromGroup", unassign_group)
}

/// An app user on the wire.
pub fn user_body(address: &Address, app: &AppId, assigned: &AppUser) -> Value {
    json!({
        "id": assigned.user_id.as_str(),
        "externalId": null,
        "created": assigned.created.to_rfc3339_ms(),
        "lastUpdated": assigned.last_updated.to_rfc3339_ms(),
        "scope": if assigned.direct { "USER" } else { "GROUP" },
        "status": "ACTIVE",
        "statusChanged": assigned.last_updated.to_rfc3339_ms(),
        "passwordChanged": null,
        "syncState": "DISABLED",
        "credentials": { "userName": assigned.user_name },
        "profile": assigned.profile,
        "_links": {
            "app": { "href": address.link(&format!("/api/v1/apps/{app}")) },
            "user": { "href": address.link(&format!("/api/v1/users/{}", assigned.user_id)) },
        },
    })
}

fn group_body(address: &Address, app: &AppId, assigned: &AppGroup) -> Value {
    let group = &assigned.group_id;
    json!({
        "id": group.as_str(),
        "lastUpdated": assigned.last_updated.to_rfc3339_ms(),
        "priority": assigned.priority,
        "profile": assigned.profile,
        "_links": {
            "app": { "href": address.link(&format!("/api/v1/apps/{app}")) },
            "self": { "href": address.link(&format!("/api/v1/apps/{app}/groups/{group}")) },
            "group": { "href": address.link(&format!("/api/v1/groups/{group}")) },
        },
    })
}

async fn users(State(org): State<Org>, caller: Caller, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let limit = asked.limit(USERS_LIMIT, USERS_LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(UserId::PREFIX)?;
    let seen = caller.sees(Right::READ_USERS, Object::Person, "user_id");
    let found =
        app_assignment::app_users(&mut reader, &app.id, after, asked.get("q"), limit + 1, seen.as_ref()).await?;
    let expand = asked.get("expand") == Some("user");
    let mut shown = Vec::with_capacity(found.len());
    for assigned in found {
        let mut body = user_body(&asked.address, &app.id, &assigned);
        if expand && let Some(user) = user::by_id(&mut reader, &assigned.user_id).await? {
            let mut embedded = user_body::in_list(&asked.address, &user, Omitted::default());
            caller.hidden_attributes().conceal(&mut embedded);
            body["_embedded"] = json!({ "user": embedded });
        }
        shown.push((assigned.user_id.to_string(), body));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn assignment(conn: &mut Conn, app: &App, user: &str) -> Answer<AppUser> {
    let found = app_assignment::app_user(conn, &app.id, &user.into()).await?;
    found.ok_or_else(|| Fault::not_found(user, "AppUser"))
}

async fn one_user(
    State(org): State<Org>,
    address: Address,
    Path((id, user)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let assigned = assignment(&mut reader, &app, &user).await?;
    Ok(Json(user_body(&address, &app.id, &assigned)))
}

/// User name and profile, where a body has them.
type Content = (Option<String>, Option<Map<String, Value>>);

/// User name and profile of a body.
fn content(given: &Map<String, Value>) -> Answer<Content> {
    let empty = Map::new();
    let user_name = given.child("credentials")?.unwrap_or(&empty).text("userName")?.map(str::to_owned);
    Ok((user_name, given.child("profile")?.cloned()))
}

async fn assign_user(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let user = given.text("id")?.unwrap_or_default().to_owned();
    if given.text("scope")?.is_some_and(|scope| scope != "USER") {
        return Err(Fault::field("scope", "The scope of a direct assignment must be USER"));
    }
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    if !caller.reach(Right::READ_USERS).includes(&mut change, Object::Person, &user).await? {
        return Err(Fault::not_found(&user, "User"));
    }
    let user = user::by_id(&mut change, &user.as_str().into()).await?.ok_or_else(|| Fault::not_found(&user, "User"))?;
    if user.status == Status::Deprovisioned {
        return Err(Fault::new(&codes::E0000117));
    }
    save_user(change, &address, &app, &user, &given).await
}

async fn update_user(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, user)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.optional();
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    let assigned = assignment(&mut change, &app, &user).await?;
    let user = user::by_id(&mut change, &assigned.user_id).await?.ok_or_else(|| Fault::not_found(&user, "User"))?;
    save_user(change, &address, &app, &user, &given).await
}

/// Makes or changes the direct assignment; what the body does not name stays.
async fn save_user(
    mut change: Change,
    address: &Address,
    app: &App,
    user: &User,
    given: &Map<String, Value>,
) -> Answer<Json<Value>> {
    let before = app_assignment::app_user(&mut change, &app.id, &user.id).await?;
    let (user_name, profile) = content(given)?;
    let kept_name = before.as_ref().map(|before| before.user_name.clone()).filter(|name| *name != user.login);
    let user_name = user_name.or(kept_name);
    let profile = match (profile, &before) {
        (None, Some(before)) => before.profile.clone(),
        (given, _) => {
            let name = user_name.as_deref().unwrap_or(&user.login);
            checked_profile(&mut change, app, given.unwrap_or_default(), Some(name)).await?
        }
    };
    let now = change.now;
    app_assignment::assign_user(&mut change, &app.id, &user.id, user_name.as_deref(), &profile, now).await?;
    let kind = if before.is_some() { "application.user_membership.update" } else { "application.user_membership.add" };
    change.record(Event::new(kind).target(Party::user(user)).target(Party::app(app)));
    let after = assignment(&mut change, app, user.id.as_str()).await?;
    change.commit().await?;
    Ok(Json(user_body(address, &app.id, &after)))
}

/// A profile with its defaults, held against the app's schema. `user_name` is whose profile it is; a group's has no name, and need not have
/// what is required of each person.
async fn checked_profile(
    conn: &mut Conn,
    app: &App,
    given: Map<String, Value>,
    user_name: Option<&str>,
) -> Answer<Map<String, Value>> {
    let schema = schema::get(conn, Owner::AppUsers(app.id.clone())).await?;
    let mut whole = given.clone();
    if let Some(name) = user_name {
        whole.entry("userName").or_insert_with(|| name.into());
    }
    let mut whole = Profile::from_json(whole);
    if user_name.is_some() {
        whole = schema.with_defaults(whole);
    }
    let absent = |cause: &String| {
        let field = cause.split_once(": The field cannot be left blank").map(|(field, _)| field);
        user_name.is_none() && field.is_some_and(|field| whole.value(field).is_none())
    };
    let causes: Vec<String> = schema.check(&whole).into_iter().filter(|cause| !absent(cause)).collect();
    if let Some(first) = causes.first() {
        let field = first.split_once(':').map_or("profile", |(field, _)| field).to_owned();
        return Err(Fault::invalid(&field, causes));
    }
    let named = given.contains_key("userName");
    let kept = whole.entries().filter(|(name, _)| named || *name != "userName");
    Ok(kept.map(|(name, value)| (name.to_owned(), value.clone())).collect())
}

/// Ends the direct assignment. Somebody who is assigned through a group as well stays assigned by it.
async fn unassign_user(
    State(org): State<Org>,
    caller: Caller,
    Path((id, user)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    let assigned = assignment(&mut change, &app, &user).await?;
    let user = user::by_id(&mut change, &assigned.user_id).await?.ok_or_else(|| Fault::not_found(&user, "User"))?;
    if app_assignment::unassign_user(&mut change, &app.id, &user.id).await? {
        change.record(
            Event::new("application.user_membership.remove").target(Party::user(&user)).target(Party::app(&app)),
        );
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn assigned_groups(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(id): Path<String>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let limit = asked.limit(GROUPS_LIMIT, GROUPS_LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(GroupId::PREFIX)?;
    let seen = caller.sees(Right::READ_GROUPS, Object::Group, "group_id");
    let found = app_assignment::app_groups(&mut reader, &app.id, after, limit + 1, seen.as_ref()).await?;
    let expand = asked.get("expand") == Some("group");
    let mut shown = Vec::with_capacity(found.len());
    for assigned in found {
        let mut body = group_body(&asked.address, &app.id, &assigned);
        if expand {
            let group = groups::find(&mut reader, assigned.group_id.as_str()).await?;
            body["_embedded"] = json!({ "group": groups::body(&asked.address, &group) });
        }
        shown.push((assigned.group_id.to_string(), body));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn group_assignment(conn: &mut Conn, app: &App, group: &str) -> Answer<AppGroup> {
    let found = app_assignment::app_group(conn, &app.id, &group.into()).await?;
    found.ok_or_else(|| Fault::not_found(group, "GroupAssignment"))
}

async fn one_group(
    State(org): State<Org>,
    address: Address,
    Path((id, group)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let assigned = group_assignment(&mut reader, &app, &group).await?;
    Ok(Json(group_body(&address, &app.id, &assigned)))
}

fn priority(value: Option<&Value>) -> Answer<Option<i64>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let priority = value.as_i64().filter(|priority| (0..=PRIORITY_MAX).contains(priority));
            let refused = || Fault::field("priority", &format!("The priority must be between 0 and {PRIORITY_MAX}"));
            priority.map(Some).ok_or_else(refused)
        }
    }
}

async fn assign_group(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, group)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.optional();
    let priority = priority(given.get("priority"))?;
    let profile = given.child("profile")?.cloned().unwrap_or_default();
    save_group(&org, &caller, &address, (&id, &group), priority, &profile).await
}

async fn patch_group(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, group)): Path<(String, String)>,
    patch: Patch,
) -> Answer<Json<Value>> {
    let before = {
        let mut reader = org.db.read().await?;
        let app = find(&mut reader, &id).await?;
        group_assignment(&mut reader, &app, &group).await?
    };
    let (mut wanted, mut profile) = (before.priority, before.profile);
    for (path, value) in patch.replacements()? {
        match path.as_str() {
            "/priority" => wanted = priority(Some(&value))?.unwrap_or(wanted),
            "/profile" => profile = value.as_object().cloned().ok_or_else(|| Fault::new(&codes::E0000003))?,
            path => {
                let name = path.strip_prefix("/profile/").filter(|name| !name.contains('/'));
                let name = name.ok_or_else(|| Fault::field("path", "The path names nothing that can be changed"))?;
                profile.insert(name.to_owned(), value);
            }
        }
    }
    save_group(&org, &caller, &address, (&id, &group), Some(wanted), &profile).await
}

/// `ids`: the app's and the group's.
async fn save_group(
    org: &Org,
    caller: &Caller,
    address: &Address,
    ids: (&str, &str),
    priority: Option<i64>,
    profile: &Map<String, Value>,
) -> Answer<Json<Value>> {
    let mut change = caller.begin(org).await?;
    let app = find(&mut change, ids.0).await?;
    let group = groups::find(&mut change, ids.1).await?;
    let before = app_assignment::app_group(&mut change, &app.id, &group.id).await?;
    let priority = priority.or(before.as_ref().map(|before| before.priority));
    let profile = &checked_profile(&mut change, &app, profile.clone(), None).await?;
    let now = change.now;
    app_assignment::assign_group(&mut change, &app.id, &group.id, priority, profile, now).await?;
    let kind =
        if before.is_some() { "group.application_assignment.update" } else { "group.application_assignment.add" };
    change.record(Event::new(kind).target(Party::group(&group)).target(Party::app(&app)));
    let after = group_assignment(&mut change, &app, group.id.as_str()).await?;
    change.commit().await?;
    Ok(Json(group_body(address, &app.id, &after)))
}

async fn unassign_group(
    State(org): State<Org>,
    caller: Caller,
    Path((id, group)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    let assigned = group_assignment(&mut change, &app, &group).await?;
    let group = groups::find(&mut change, assigned.group_id.as_str()).await?;
    app_assignment::unassign_group(&mut change, &app.id, &group.id).await?;
    change.record(
        Event::new("group.application_assignment.remove").target(Party::group(&group)).target(Party::app(&app)),
    );
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
