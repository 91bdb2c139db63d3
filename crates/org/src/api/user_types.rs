//! User types.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
};
use crate::{
    Org,
    error::{Answer, Fault, TAKEN, codes},
    model::{
        change::Change,
        log::{Event, Party},
        schema::{self, Owner},
        user_type::{self, NewUserType, UserType},
    },
    operations::Routes,
};

/// The default and nine more.
const TYPES_MAX: usize = 10;
const NAME_LEN_MAX: usize = 50;
const DISPLAY_NAME_LEN_MAX: usize = 100;
const DESCRIPTION_LEN_MAX: usize = 1_000;

pub fn operations() -> Routes {
    Routes::new()
        .on("listUserTypes", list)
        .on("createUserType", create)
        .on("getUserType", get)
        .on("updateUserType", update)
        .on("replaceUserType", replace)
        .on("deleteUserType", delete)
}

fn body(address: &Address, kind: &UserType) -> Value {
    let link = |rel: &str, path: String| json!({ "rel": rel, "href": address.link(&path), "method": "GET" });
    let mut body = json!({
        "id": kind.id.as_str(),
        "displayName": kind.display_name,
        "name": kind.name,
        "createdBy": kind.created_by,
        "lastUpdatedBy": kind.last_updated_by,
        "created": kind.created.to_rfc3339_ms(),
        "lastUpdated": kind.last_updated.to_rfc3339_ms(),
        "default": kind.is_default,
        "_links": {
            "schema": link("schema", format!("/api/v1/meta/schemas/user/{}", kind.schema_id)),
            "self": link("self", format!("/api/v1/meta/types/user/{}", kind.id)),
        },
    });
    if let Some(description) = &kind.description {
        body["description"] = description.as_str().into();
    }
    body
}

fn party(kind: &UserType) -> Party {
    Party::new(kind.id.as_str(), "UserType", &kind.name, &kind.display_name)
}

/// By id, or `default`.
async fn find(conn: &mut Conn, id: &str) -> Answer<UserType> {
    if id == "default" {
        return Ok(user_type::default_type(conn).await?);
    }
    user_type::type_by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "CVDType"))
}

async fn list(State(org): State<Org>, address: Address) -> Answer<Json<Vec<Value>>> {
    let kinds = user_type::all(&mut *org.db.read().await?).await?;
    Ok(Json(kinds.iter().map(|kind| body(&address, kind)).collect()))
}

async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &find(&mut *org.db.read().await?, &id).await?)))
}

fn display_name(given: &Map<String, Value>) -> Answer<Option<&str>> {
    let Some(name) = given.text("displayName")? else { return Ok(None) };
    if name.trim().is_empty() {
        return Err(Fault::field("displayName", "The field cannot be left blank"));
    }
    if name.chars().count() > DISPLAY_NAME_LEN_MAX {
        return Err(Fault::field("displayName", "The field is too long"));
    }
    Ok(Some(name))
}

fn description(given: &Map<String, Value>) -> Answer<Option<&str>> {
    let text = given.text("description")?;
    if text.is_some_and(|text| text.chars().count() > DESCRIPTION_LEN_MAX) {
        return Err(Fault::field("description", "The field is too long"));
    }
    Ok(text)
}

fn blank(field: &str) -> Fault {
    Fault::field(field, "The field cannot be left blank")
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let name = given.text("name")?.filter(|name| !name.is_empty()).ok_or_else(|| blank("name"))?;
    let first = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !first || !plain || name.len() > NAME_LEN_MAX {
        return Err(Fault::field("name", "Does not match required pattern"));
    }
    let display_name = display_name(&given)?.ok_or_else(|| blank("displayName"))?;
    let new = NewUserType { name, display_name, description: description(&given)?, by: caller.user.id.as_str() };
    let mut change = caller.begin(&org).await?;
    let known = user_type::all(&mut change).await?;
    if known.iter().any(|kind| kind.name.eq_ignore_ascii_case(name)) {
        return Err(Fault::field("name", TAKEN));
    }
    if known.len() >= TYPES_MAX {
        return Err(Fault::field("type", &format!("An org cannot have more than {TYPES_MAX} user types")));
    }
    let id = user_type::create(&mut change, &org.world, &new).await.map_err(Fault::taken("name"))?;
    let kind = find(&mut change, id.as_str()).await?;
    inherit(&mut change, &kind).await?;
    change.record(Event::new("directory.user_profile.bootstrap").target(party(&kind)));
    change.commit().await?;
    Ok(Json(body(&address, &kind)))
}

/// A new type begins with the base attributes as the default type has them now.
async fn inherit(conn: &mut Conn, kind: &UserType) -> Answer<()> {
    let default = user_type::default_type(conn).await?;
    let mut schema = schema::get(conn, Owner::People(default.schema_id)).await?;
    if schema.changed.is_some() {
        schema.owner = Owner::People(kind.schema_id.clone());
        schema.custom.clear();
        schema::save(conn, &schema, kind.created).await?;
    }
    Ok(())
}

async fn update(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    refuse_other_name(&before, given.text("name")?)?;
    let description =
        if given.contains_key("description") { description(&given)? } else { before.description.as_deref() };
    let new = NewUserType {
        name: &before.name,
        display_name: display_name(&given)?.unwrap_or(&before.display_name),
        description,
        by: caller.user.id.as_str(),
    };
    let now = change.now;
    user_type::update(&mut change, &before.id, &new, now).await?;
    changed(change, &address, &before).await
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    refuse_other_name(&before, Some(given.text("name")?.ok_or_else(|| blank("name"))?))?;
    let display_name = display_name(&given)?.ok_or_else(|| blank("displayName"))?;
    let description = description(&given)?;
    let new = NewUserType { name: &before.name, display_name, description, by: caller.user.id.as_str() };
    let now = change.now;
    user_type::update(&mut change, &before.id, &new, now).await?;
    changed(change, &address, &before).await
}

fn refuse_other_name(before: &UserType, name: Option<&str>) -> Answer<()> {
    match name {
        Some(name) if name != before.name => Err(Fault::field("name", "The name of a user type cannot be changed")),
        _ => Ok(()),
    }
}

async fn changed(mut change: Change, address: &Address, before: &UserType) -> Answer<Json<Value>> {
    let after = find(&mut change, before.id.as_str()).await?;
    change.record(Event::new("directory.user_profile.update").target(party(&after)));
    change.commit().await?;
    Ok(Json(body(address, &after)))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let kind = find(&mut change, &id).await?;
    if kind.is_default || user_type::is_used(&mut change, &kind.id).await? {
        return Err(Fault::new(&codes::E0000142));
    }
    schema::forget(&mut change, &Owner::People(kind.schema_id.clone())).await?;
    user_type::delete(&mut change, &kind.id).await?;
    change.record(Event::new("directory.user_profile.update").target(party(&kind)).debug("deleted", true));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
