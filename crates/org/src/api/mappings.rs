//! Profile mappings: how the profile of a person becomes that of an app's user.
//!
//! Every app has one mapping, from the default user type; its id is made of the app's, so a mapping is there as soon as its app is.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use db::{Conn, query};
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    paging::{Asked, Beyond},
};
use crate::{
    Error, Org, Result,
    error::{Answer, Fault},
    expression::LENGTH_MAX,
    model::{
        app::{self, App},
        id::{AppId, ProfileMappingId},
        log::{Event, Party},
        schema::{self, Owner},
        user_type::{self, UserType},
    },
    operations::Routes,
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;

pub fn operations() -> Routes {
    Routes::new().on("listProfileMappings", list).on("getProfileMapping", get).on("updateProfileMapping", update)
}

/// The id of an app's mapping: the app's own under another prefix.
fn id_of(app: &AppId) -> String {
    format!("{}{}", ProfileMappingId::PREFIX, app.as_str().strip_prefix(AppId::PREFIX).unwrap_or(app.as_str()))
}

fn app_of(id: &str) -> Option<AppId> {
    id.strip_prefix(ProfileMappingId::PREFIX).map(|rest| format!("{}{rest}", AppId::PREFIX).into())
}

fn heading(address: &Address, source: &UserType, app: &App) -> Map<String, Value> {
    let link = |path: String| json!({ "href": address.link(&path) });
    let mut heading = Map::new();
    heading.insert("id".to_owned(), id_of(&app.id).into());
    heading.insert(
        "source".to_owned(),
        json!({
            "id": source.id.as_str(),
            "name": source.name,
            "type": "user",
            "_links": {
                "self": link(format!("/api/v1/meta/types/user/{}", source.id)),
                "schema": link(format!("/api/v1/meta/schemas/user/{}", source.schema_id)),
            },
        }),
    );
    heading.insert(
        "target".to_owned(),
        json!({
            "id": app.id.as_str(),
            "name": app.name,
            "type": "appuser",
            "_links": {
                "self": link(format!("/api/v1/apps/{}", app.id)),
                "schema": link(format!("/api/v1/meta/schemas/apps/{}/default", app.id)),
            },
        }),
    );
    heading
}

fn linked(mut body: Map<String, Value>, address: &Address, app: &App) -> Value {
    let path = format!("/api/v1/mappings/{}", id_of(&app.id));
    body.insert("_links".to_owned(), json!({ "self": { "href": address.link(&path) } }));
    Value::Object(body)
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Refuse)?;
    let after = asked.after_id(ProfileMappingId::PREFIX)?.and_then(app_of);
    let mut reader = org.db.read().await?;
    let source = user_type::default_type(&mut reader).await?;
    if asked.get("sourceId").is_some_and(|id| id != source.id.as_str()) {
        return Ok(asked.list(Vec::new(), limit, None));
    }
    let ids = query("select id from app where id > $1 and ($2 = '' or id = $2) order by id limit $3")
        .bind(after.as_ref().map_or("", AppId::as_str))
        .bind(asked.get("targetId").unwrap_or_default())
        .bind(limit + 1);
    let mut shown = Vec::new();
    for row in ids.all(&mut reader).await? {
        let id = row.get::<String>("id")?.into();
        if let Some(app) = app::by_id(&mut reader, &id).await? {
            shown.push((id_of(&app.id), linked(heading(&asked.address, &source, &app), &asked.address, &app)));
        }
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn find(conn: &mut Conn, id: &str) -> Answer<App> {
    let unknown = || Fault::not_found(id, "ProfileMapping");
    let app = app_of(id).ok_or_else(unknown)?;
    app::by_id(conn, &app).await?.ok_or_else(unknown)
}

async fn properties(conn: &mut Conn, app: &AppId) -> Result<Map<String, Value>> {
    let row =
        query("select properties from profile_mapping where app_id = $1").bind(app.as_str()).optional(conn).await?;
    let Some(row) = row else { return Ok(Map::new()) };
    let text: String = row.get("properties")?;
    serde_json::from_str(&text).map_err(|error| Error::Stored { what: "profile mapping", reason: error.to_string() })
}

async fn shown(conn: &mut Conn, address: &Address, app: &App) -> Answer<Value> {
    let source = user_type::default_type(conn).await?;
    let mut body = heading(address, &source, app);
    body.insert("properties".to_owned(), properties(conn, &app.id).await?.into());
    Ok(linked(body, address, app))
}

async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    Ok(Json(shown(&mut reader, &address, &app).await?))
}

/// What a body says of one attribute; `None` takes its mapping away.
fn mapped(name: &str, given: &Value) -> Answer<Option<Value>> {
    let Some(given) = given.as_object() else { return Ok(None) };
    let Some(expression) = given.text("expression")? else { return Ok(None) };
    if expression.trim().is_empty() || expression.chars().count() > LENGTH_MAX {
        let reason = format!("The expression must be between 1 and {LENGTH_MAX} characters");
        return Err(Fault::field(&format!("properties.{name}.expression"), &reason));
    }
    match given.text("pushStatus")?.unwrap_or("DONT_PUSH") {
        status @ ("PUSH" | "DONT_PUSH") => Ok(Some(json!({ "expression": expression, "pushStatus": status }))),
        _ => Err(Fault::field(&format!("properties.{name}.pushStatus"), "The push status must be PUSH or DONT_PUSH")),
    }
}

async fn update(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let changes =
        given.child("properties")?.ok_or_else(|| Fault::field("properties", "The field cannot be left blank"))?;
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    let schema = schema::get(&mut change, Owner::AppUsers(app.id.clone())).await?;
    let mut properties = properties(&mut change, &app.id).await?;
    for (name, given) in changes {
        match mapped(name, given)? {
            None => {
                properties.shift_remove(name);
            }
            Some(_) if schema.attribute(name).is_none() => {
                return Err(Fault::invalid(
                    "properties",
                    [format!("Property name '{name}' is not defined in profile")],
                ));
            }
            Some(mapped) => {
                properties.insert(name.clone(), mapped);
            }
        }
    }
    let now = change.now;
    query(
        "insert into profile_mapping (app_id, properties, updated_us) values ($1, $2, $3)
         on conflict (app_id) do update set properties = excluded.properties, updated_us = excluded.updated_us",
    )
    .bind(app.id.as_str())
    .bind(Value::Object(properties).to_string())
    .bind(now)
    .execute(&mut change)
    .await?;
    change.record(Event::new("directory.mapping.update").target(Party::app(&app)));
    let body = shown(&mut change, &address, &app).await?;
    change.commit().await?;
    Ok(Json(body))
}
