//! Who answers for a group. Owning one gives no right of its own; whoever may change groups may name its owners.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    filter::{self, Expression, Operator, Refused},
    groups,
    paging::{Asked, Beyond, invalid_cursor},
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        group,
        group_owner::{self, Owner, Owning},
        log::{Event, Party},
        user,
    },
    operations::Routes,
};

const LIMIT_MAX: i64 = 1_000;
/// Owners of one group.
const OWNERS_MAX: i64 = 10;

pub fn operations() -> Routes {
    Routes::new().on("listGroupOwners", list).on("assignGroupOwner", add).on("deleteGroupOwner", remove)
}

async fn body(conn: &mut Conn, owning: &Owning) -> Answer<Value> {
    let name = match &owning.owner {
        Owner::Person(id) => user::by_id(conn, id).await?.map(|user| user.profile.display_name()),
        Owner::Group(id) => group::by_id(conn, id).await?.map(|group| group.name),
    };
    Ok(json!({
        "id": owning.owner.id(),
        "type": owning.owner.kind(),
        "resolved": true,
        "originId": null,
        "originType": "OKTA_DIRECTORY",
        "displayName": name,
        "lastUpdated": owning.updated.to_rfc3339_ms(),
    }))
}

/// `type eq "USER"`: nothing else can be asked.
fn wanted_kind(asked: &Asked) -> Answer<Option<String>> {
    let Some(text) = asked.get("search") else { return Ok(None) };
    match filter::parse(text)? {
        Expression::Test { attribute, operator: Operator::Eq, value: Value::String(kind) } if attribute == "type" => {
            let kind = kind.to_uppercase();
            if matches!(kind.as_str(), "USER" | "GROUP") { Ok(Some(kind)) } else { Err(Refused::Malformed.into()) }
        }
        _ => Err(Refused::Unsupported.into()),
    }
}

async fn list(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let limit = asked.limit(LIMIT_MAX, LIMIT_MAX, Beyond::Cut)?;
    let kind = wanted_kind(&asked)?;
    let after = asked.get("after");
    if after.is_some_and(|after| after.len() != 20 || !after.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err(invalid_cursor());
    }
    let mut reader = org.db.read().await?;
    let group = groups::find(&mut reader, &id).await?;
    let mut shown = Vec::new();
    for owning in group_owner::list(&mut reader, &group.id, kind.as_deref(), after, limit + 1).await? {
        shown.push((owning.owner.id().to_owned(), body(&mut reader, &owning).await?));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn add(State(org): State<Org>, caller: Caller, Path(id): Path<String>, given: Body) -> Answer<Response> {
    let given = given.object()?;
    let owner_id = given.text("id")?.unwrap_or_default().to_owned();
    if owner_id.is_empty() {
        return Err(Fault::field("id", "The field cannot be left blank"));
    }
    let mut change = caller.begin(&org).await?;
    let group = groups::find(&mut change, &id).await?;
    let (owner, party) = match given.text("type")? {
        Some("USER") => {
            let user = user::by_id(&mut change, &owner_id.as_str().into()).await?;
            let user = user.ok_or_else(|| Fault::not_found(&owner_id, "User"))?;
            (Owner::Person(user.id.clone()), Party::user(&user))
        }
        Some("GROUP") => {
            let owning = groups::find(&mut change, &owner_id).await?;
            (Owner::Group(owning.id.clone()), Party::group(&owning))
        }
        _ => return Err(Fault::field("type", "The type must be USER or GROUP")),
    };
    if group_owner::list(&mut change, &group.id, None, None, OWNERS_MAX).await?.len()
        >= usize::try_from(OWNERS_MAX).unwrap_or(usize::MAX)
    {
        return Err(Fault::field("owners", &format!("A group cannot have more than {OWNERS_MAX} owners")));
    }
    let now = change.now;
    if !group_owner::add(&mut change, &group.id, &owner, now).await? {
        let reason = format!("Provided owner {owner_id} of type {} is already assigned to this group", owner.kind());
        return Err(Fault::invalid("owner", [reason]));
    }
    let body = body(&mut change, &Owning { owner, updated: now.whole_second() }).await?;
    change
        .record(Event::new("group.profile.update").target(Party::group(&group)).target(party).debug("owner", "added"));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn remove(
    State(org): State<Org>,
    caller: Caller,
    Path((id, owner)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let group = groups::find(&mut change, &id).await?;
    if !group_owner::remove(&mut change, &group.id, &owner).await? {
        return Err(Fault::not_found(&owner, "GroupOwner"));
    }
    change.record(Event::new("group.profile.update").target(Party::group(&group)).debug("owner", "removed"));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
