//! Schemas over the API: reading them, adding, changing and removing attributes.
//!
//! A POST is partial: what it does not name stays, and null takes a custom attribute away, from every profile that has it.
//! Invariant: what a definition may say is checked here (`definition`), so that a stored one can be relied on.

mod definition;

use axum::{
    Json,
    extract::{Path, State},
};
use db::Conn;
use serde_json::{Map, Value, json};
use world::Instant;

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
};
use crate::{
    Org,
    error::{Answer, Fault, TAKEN},
    model::{
        app::{self, App},
        change::Change,
        group,
        log::{Event, Party},
        schema::{self, CUSTOM_MAX, Owner, Schema, UNIQUE_MAX, attribute::Attribute},
        stripping, unique,
        user_type::{self, UserType},
    },
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .on("getUserSchema", get_people)
        .on("updateUserProfile", update_people)
        .on("getGroupSchema", get_groups)
        .on("updateGroupSchema", update_groups)
        .on("getApplicationUserSchema", get_app_users)
        .on("updateApplicationUserProfile", update_app_users)
}

/// What a schema is called, and since when it is.
struct Heading {
    /// Below `/api/v1/meta/schemas/`.
    path: String,
    name: String,
    title: String,
    description: Option<String>,
    created: Instant,
    updated: Instant,
    /// The address of what it belongs to, where that is a user type.
    kind: Option<String>,
}

fn body(address: &Address, schema: &Schema, heading: &Heading) -> Value {
    let part = |id: &str, attributes: &[Attribute]| {
        let properties: Map<String, Value> =
            attributes.iter().map(|one| (one.name.clone(), one.definition().clone().into())).collect();
        let required: Vec<&str> =
            attributes.iter().filter(|one| one.is_required()).map(|one| one.name.as_str()).collect();
        json!({ "id": id, "type": "object", "properties": properties, "required": required })
    };
    let link = |rel: &str, path: &str| json!({ "rel": rel, "href": address.link(path), "method": "GET" });
    let mut links = Map::new();
    links.insert("self".to_owned(), link("self", &format!("/api/v1/meta/schemas/{}", heading.path)));
    if let Some(kind) = &heading.kind {
        links.insert("type".to_owned(), link("type", kind));
    }
    let mut body = json!({
        "id": address.link(&format!("/meta/schemas/{}", heading.path)),
        "$schema": "http://json-schema.org/draft-04/schema#",
        "name": heading.name,
        "title": heading.title,
        "lastUpdated": heading.updated.to_rfc3339_ms(),
        "created": heading.created.to_rfc3339_ms(),
        "definitions": { "custom": part("#custom", &schema.custom), "base": part("#base", &schema.base) },
        "type": "object",
        "properties": { "profile": { "allOf": [{ "$ref": "#/definitions/custom" }, { "$ref": "#/definitions/base" }] } },
        "_links": links,
    });
    if let Some(description) = &heading.description {
        body["description"] = description.as_str().into();
    }
    body
}

fn of_type(kind: &UserType, schema: &Schema, asked_for: &str) -> Heading {
    Heading {
        path: format!("user/{asked_for}"),
        name: kind.name.clone(),
        title: kind.display_name.clone(),
        description: kind.description.clone(),
        created: kind.created,
        updated: schema.changed.unwrap_or(kind.last_updated),
        kind: Some(format!("/api/v1/meta/types/user/{}", kind.id)),
    }
}

/// `default`, or the id of a schema.
async fn type_of(conn: &mut Conn, id: &str) -> Answer<UserType> {
    if id == "default" {
        return Ok(user_type::default_type(conn).await?);
    }
    user_type::by_schema(conn, id).await?.ok_or_else(|| Fault::not_found(id, "Schema"))
}

async fn get_people(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let kind = type_of(&mut reader, &id).await?;
    let schema = schema::get(&mut reader, Owner::People(kind.schema_id.clone())).await?;
    Ok(Json(body(&address, &schema, &of_type(&kind, &schema, &id))))
}

async fn update_people(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let kind = type_of(&mut change, &id).await?;
    let before = schema::get(&mut change, Owner::People(kind.schema_id.clone())).await?;
    let after = applied(&before, &given)?;
    keep_people(&mut change, &kind, &before, &after).await?;
    change.record(Event::new("directory.user_profile.update").target(Party::new(
        kind.id.as_str(),
        "UserType",
        &kind.name,
        &kind.display_name,
    )));
    let after = schema::get(&mut change, Owner::People(kind.schema_id.clone())).await?;
    change.commit().await?;
    Ok(Json(body(&address, &after, &of_type(&kind, &after, &id))))
}

/// Keeps a schema of people, and what it means for the people there are.
async fn keep_people(change: &mut Change, kind: &UserType, before: &Schema, after: &Schema) -> Answer<()> {
    let now = change.now;
    schema::save(change, after, now).await?;
    for attribute in &before.custom {
        let kept = after.custom.iter().find(|one| one.name == attribute.name);
        if attribute.is_unique() && !kept.is_some_and(Attribute::is_unique) {
            unique::forget(change, before, &attribute.name).await?;
        }
        if kept.is_none() {
            stripping::people(change, &kind.id, &attribute.name, now).await?;
        }
    }
    for attribute in after.custom.iter().filter(|attribute| attribute.is_unique()) {
        let was = before.custom.iter().any(|one| one.name == attribute.name && one.is_unique());
        if !was {
            unique::begin(change, after, &attribute.name).await.map_err(|error| match error {
                crate::Error::Database(db::Error::Conflict { .. }) => {
                    Fault::field(&attribute.name, "Two users have the same value, so it cannot be unique")
                }
                other => other.into(),
            })?;
        }
    }
    Ok(())
}

async fn get_groups(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let schema = schema::get(&mut reader, Owner::Groups).await?;
    let heading = of_groups(&mut reader, &schema).await?;
    Ok(Json(body(&address, &schema, &heading)))
}

async fn of_groups(conn: &mut Conn, schema: &Schema) -> Answer<Heading> {
    let everyone = group::by_name(conn, group::EVERYONE).await?;
    let created = everyone.map_or(Instant::EPOCH, |everyone| everyone.created);
    Ok(Heading {
        path: "group/default".to_owned(),
        name: "group".to_owned(),
        title: "Okta group".to_owned(),
        description: None,
        created,
        updated: schema.changed.unwrap_or(created),
        kind: None,
    })
}

async fn update_groups(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before = schema::get(&mut change, Owner::Groups).await?;
    let after = applied(&before, &given)?;
    let now = change.now;
    schema::save(&mut change, &after, now).await?;
    for gone in before.custom.iter().filter(|one| !after.custom.iter().any(|kept| kept.name == one.name)) {
        stripping::groups(&mut change, &gone.name).await?;
    }
    change.record(Event::new("directory.user_profile.update").target(Party::new(
        "group",
        "GroupSchema",
        "group",
        "Okta group",
    )));
    let after = schema::get(&mut change, Owner::Groups).await?;
    let heading = of_groups(&mut change, &after).await?;
    change.commit().await?;
    Ok(Json(body(&address, &after, &heading)))
}

async fn app_of(conn: &mut Conn, id: &str) -> Answer<App> {
    app::by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "AppInstance"))
}

fn of_app(app: &App, schema: &Schema) -> Heading {
    Heading {
        path: format!("apps/{}/default", app.id),
        name: app.name.clone(),
        title: format!("{} User", app.label),
        description: None,
        created: app.created,
        updated: schema.changed.unwrap_or(app.created),
        kind: None,
    }
}

async fn get_app_users(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = app_of(&mut reader, &id).await?;
    let schema = schema::get(&mut reader, Owner::AppUsers(app.id.clone())).await?;
    Ok(Json(body(&address, &schema, &of_app(&app, &schema))))
}

async fn update_app_users(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let app = app_of(&mut change, &id).await?;
    let before = schema::get(&mut change, Owner::AppUsers(app.id.clone())).await?;
    let after = applied(&before, &given)?;
    let now = change.now;
    schema::save(&mut change, &after, now).await?;
    for gone in before.custom.iter().filter(|one| !after.custom.iter().any(|kept| kept.name == one.name)) {
        stripping::app_users(&mut change, &app.id, &gone.name).await?;
    }
    change.record(Event::new("directory.user_profile.update").target(Party::app(&app)));
    let after = schema::get(&mut change, Owner::AppUsers(app.id.clone())).await?;
    change.commit().await?;
    Ok(Json(body(&address, &after, &of_app(&app, &after))))
}

/// The schema with what a body asks; E0000001 with a cause for every fault.
fn applied(before: &Schema, given: &Map<String, Value>) -> Answer<Schema> {
    let empty = Map::new();
    let definitions = given.child("definitions")?.unwrap_or(&empty);
    let properties = |part: &str| -> Answer<Map<String, Value>> {
        Ok(definitions.child(part)?.unwrap_or(&empty).child("properties")?.cloned().unwrap_or_default())
    };
    let mut after = before.clone();
    let mut causes = Vec::new();
    for (name, changes) in properties("base")? {
        causes.extend(definition::change_base(&mut after, &name, changes));
    }
    for (name, changes) in properties("custom")? {
        causes.extend(definition::change_custom(&mut after, &name, changes));
    }
    if after.custom.len() > CUSTOM_MAX {
        causes.push(format!("custom: A schema cannot have more than {CUSTOM_MAX} custom attributes"));
    }
    if after.custom.iter().filter(|attribute| attribute.is_unique()).count() > UNIQUE_MAX {
        causes.push(format!("custom: A schema cannot have more than {UNIQUE_MAX} unique attributes"));
    }
    match causes.first() {
        None => Ok(after),
        Some(first) => {
            let field = first.split_once(':').map_or("schema", |(field, _)| field).to_owned();
            Err(Fault::invalid(&field, causes))
        }
    }
}

/// The cause for a name that is taken.
fn taken(name: &str) -> String {
    format!("{name}: {TAKEN}")
}
