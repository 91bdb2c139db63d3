//! Who is in a group, and which apps it is assigned to.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    app_body,
    caller::Caller,
    group_rules,
    groups::find,
    paging::{Asked, Beyond},
    user_body::{self, Omitted},
    users::{create::join, lifecycle::keep_a_super_administrator},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app_assignment,
        change::Change,
        group::{self, Group, GroupType},
        id::{AppId, UserId},
        log::{Event, Party},
        reach::Object,
        role,
        user::{self, User},
        user_list,
    },
    operations::{Right, Routes},
};

const USERS_LIMIT: i64 = 1_000;
const APPS_LIMIT: i64 = 20;
const APPS_LIMIT_MAX: i64 = 200;

pub fn operations() -> Routes {
    Routes::new()
        .on("listGroupUsers", users)
        .on("assignUserToGroup", add)
        .on("unassignUserFromGroup", remove)
        .on("listAssignedApplicationsForGroup", apps)
}

async fn users(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let group = find(&mut reader, &id).await?;
    let limit = asked.limit(USERS_LIMIT, USERS_LIMIT, Beyond::Cut)?;
    let after = asked.after_id(UserId::PREFIX)?;
    let seen = caller.sees(Right::READ_USERS, Object::Person, "u.id");
    let people = user_list::members(&mut reader, &group.id, after, limit + 1, seen.as_ref()).await?;
    let (omitted, hidden) = (Omitted::asked(&headers), caller.hidden_attributes());
    let body = |user: &User| {
        let mut body = user_body::in_list(&asked.address, user, omitted);
        hidden.conceal(&mut body);
        body
    };
    Ok(asked.page(people, limit, |user| user.id.to_string(), body))
}

async fn apps(State(org): State<Org>, caller: Caller, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let group = find(&mut reader, &id).await?;
    let limit = asked.limit(APPS_LIMIT, APPS_LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(AppId::PREFIX)?;
    let seen = caller.sees(Right::READ_APPS, Object::App, "a.id");
    let found = app_assignment::apps_of_group(&mut reader, &group.id, after, limit + 1, seen.as_ref()).await?;
    let mut shown = Vec::with_capacity(found.len());
    for app in found {
        shown.push((app.id.to_string(), app_body::body(&mut reader, &org, &caller, &asked.address, &app).await?));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn both(change: &mut Change, caller: &Caller, group: &str, user: &str) -> Answer<(Group, User)> {
    let group = find(change, group).await?;
    let user = user::by_id(change, &user.into()).await?.ok_or_else(|| Fault::not_found(user, "User"))?;
    if group.kind != GroupType::OktaGroup {
        return Err(Fault::new(&codes::E0000060));
    }
    caller.must_outrank_group(change, &group).await?;
    Ok((group, user))
}

async fn add(
    State(org): State<Org>,
    caller: Caller,
    Path((group, user)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (group, user) = both(&mut change, &caller, &group, &user).await?;
    join(&mut change, &group, &user).await?;
    group_rules::reconsider(&mut change, &user.id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(org): State<Org>,
    caller: Caller,
    Path((group, user)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (group, user) = both(&mut change, &caller, &group, &user).await?;
    let supers = role::count_active_super_administrators(&mut change).await?;
    let now = change.now;
    group_rules::exclude_from_rules(&mut change, &group, &user).await?;
    if group::remove_member(&mut change, &group.id, &user.id, now).await? {
        change
            .record(Event::new("group.user_membership.remove").target(Party::user(&user)).target(Party::group(&group)));
        group_rules::reconsider(&mut change, &user.id).await?;
    }
    keep_a_super_administrator(&mut change, supers).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
