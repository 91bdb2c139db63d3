//! Trusted origins.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    filter::{
        self,
        compile::{Column, EQ, Field, Grammar},
    },
    paging::{Asked, Beyond},
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        id::TrustedOriginId,
        literal,
        log::{Event, Party},
        trusted_origin::{self, OriginContent, SCOPES, TrustedOrigin},
    },
    operations::Routes,
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
const NAME_LEN_MAX: usize = 255;
const GRAMMAR: Grammar = Grammar { field, allows_not: false };

pub fn operations() -> Routes {
    Routes::new()
        .on("listTrustedOrigins", list)
        .on("createTrustedOrigin", create)
        .on("getTrustedOrigin", get)
        .on("replaceTrustedOrigin", replace)
        .on("deleteTrustedOrigin", delete)
        .on("activateTrustedOrigin", activate)
        .on("deactivateTrustedOrigin", deactivate)
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "name" => Field::new(Column::Exact("o.name"), EQ),
        "origin" => Field::new(Column::Exact("o.origin"), EQ),
        "status" => Field::new(Column::Exact("o.status"), EQ),
        "type" => Field::new(Column::Around("o.scopes like '%\"' ||", "|| '\"%'"), EQ),
        _ => return None,
    })
}

fn body(address: &Address, origin: &TrustedOrigin) -> Value {
    let link = |rest: &str| address.link(&format!("/api/v1/trustedOrigins/{}{rest}", origin.id));
    let scopes: Vec<Value> = origin.scopes.iter().map(|scope| json!({ "type": scope })).collect();
    let other = if origin.active { "deactivate" } else { "activate" };
    let mut body = json!({
        "id": origin.id.as_str(),
        "name": origin.name,
        "origin": origin.origin,
        "status": if origin.active { "ACTIVE" } else { "INACTIVE" },
        "scopes": scopes,
        "created": origin.created.to_rfc3339_ms(),
        "createdBy": origin.created_by,
        "lastUpdated": origin.last_updated.to_rfc3339_ms(),
        "lastUpdatedBy": origin.last_updated_by,
        "_links": { "self": { "href": link(""), "hints": { "allow": ["GET", "PUT", "DELETE"] } } },
    });
    body["_links"][other] = json!({ "href": link(&format!("/lifecycle/{other}")), "hints": { "allow": ["POST"] } });
    body
}

async fn find(conn: &mut Conn, id: &str) -> Answer<TrustedOrigin> {
    trusted_origin::by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "TrustedOrigin"))
}

fn party(origin: &TrustedOrigin) -> Party {
    Party::new(origin.id.as_str(), "TrustedOrigin", &origin.origin, &origin.name)
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(TrustedOriginId::PREFIX)?.unwrap_or_default();
    let mut select = trusted_origin::select();
    if let Some(text) = asked.get("filter") {
        select = GRAMMAR.compile(&filter::parse(text)?)?.append(select.push(" and "));
    }
    if let Some(text) = asked.get("q") {
        let placeholder = select.next_placeholder();
        let condition =
            format!(" and (o.name like ${placeholder} escape '\\' or o.origin like ${placeholder} escape '\\')");
        select = select.push(&condition).bind(format!("{}%", literal(text)));
    }
    let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
    let select =
        select.push(&format!(" and o.id > ${first} order by o.id limit ${second}")).bind(after).bind(limit + 1);
    let origins = trusted_origin::from_rows(&select.all(&mut *org.db.read().await?).await?)?;
    Ok(asked.page(origins, limit, |origin| origin.id.to_string(), |origin| body(&asked.address, origin)))
}

async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &find(&mut *org.db.read().await?, &id).await?)))
}

fn content(given: &Map<String, Value>) -> Answer<OriginContent> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let text = given.text("origin")?.unwrap_or_default().trim_end_matches('/');
    let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let origin =
        parsed.map(|url| url.origin().ascii_serialization()).filter(|origin| origin.eq_ignore_ascii_case(text));
    let origin =
        origin.ok_or_else(|| Fault::field("origin", "The origin must be a scheme, a host and an optional port"))?;
    let mut scopes = Vec::new();
    for scope in given.get("scopes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let kind = scope.get("type").and_then(Value::as_str).unwrap_or_default();
        let known = SCOPES
            .iter()
            .find(|known| **known == kind)
            .ok_or_else(|| Fault::field("scopes", "The scope type is not valid"))?;
        if !scopes.iter().any(|scope| scope == known) {
            scopes.push((*known).to_owned());
        }
    }
    if scopes.is_empty() {
        return Err(Fault::field("scopes", "At least one scope must be given"));
    }
    Ok(OriginContent { name, origin, scopes })
}

fn taken(error: crate::Error) -> Fault {
    match error {
        crate::Error::Database(db::Error::Conflict { constraint, .. }) => {
            let field = if constraint.contains("name") { "name" } else { "origin" };
            Fault::field(field, "An object with this field already exists in the current organization")
        }
        other => other.into(),
    }
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let content = content(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let id = trusted_origin::create(&mut change, &org.world, &content, &caller.user.id).await.map_err(taken)?;
    let origin = find(&mut change, id.as_str()).await?;
    change.record(Event::new("security.trusted_origin.create").target(party(&origin)));
    change.commit().await?;
    Ok(Json(body(&address, &origin)))
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let content = content(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    let now = change.now;
    trusted_origin::update(&mut change, &before.id, &content, &caller.user.id, now).await.map_err(taken)?;
    let origin = find(&mut change, &id).await?;
    change.record(Event::new("security.trusted_origin.update").target(party(&origin)));
    change.commit().await?;
    Ok(Json(body(&address, &origin)))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let origin = find(&mut change, &id).await?;
    trusted_origin::delete(&mut change, &origin.id).await?;
    change.record(Event::new("security.trusted_origin.delete").target(party(&origin)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn activate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    set_active(&org, &caller, &address, &id, true).await
}

async fn deactivate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    set_active(&org, &caller, &address, &id, false).await
}

async fn set_active(org: &Org, caller: &Caller, address: &Address, id: &str, active: bool) -> Answer<Json<Value>> {
    let mut change = caller.begin(org).await?;
    let before = find(&mut change, id).await?;
    let now = change.now;
    trusted_origin::set_active(&mut change, &before.id, active, &caller.user.id, now).await?;
    let origin = find(&mut change, id).await?;
    let kind = if active { "security.trusted_origin.activate" } else { "security.trusted_origin.deactivate" };
    change.record(Event::new(kind).target(party(&origin)));
    change.commit().await?;
    Ok(Json(body(address, &origin)))
}
