//! Scopes of custom authorization servers, as their owner defines them for an API of their own.
//!
//! Invariant: a scope is granted without asking the person: scopes that need consent are not accepted, since there is no page that asks.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::{Conn, Row, query};
use serde_json::{Map, Value, json};

use super::{
    scope::OPEN_ID,
    server::{self, Server},
};
use crate::{
    Org, Result,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::{
        id::generate,
        log::{Event, Party},
    },
};

const PREFIX: &str = "scp";
const NAME_LEN_MAX: usize = 255;
const TEXT_LEN_MAX: usize = 1_024;
/// One server has no more scopes than a decision can look at.
const PER_SERVER_MAX: i64 = 500;

#[derive(Clone, Debug)]
pub struct CustomScope {
    pub id: String,
    pub name: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    /// Given to a client that asks for no scope.
    pub is_default: bool,
    /// Named in the discovery documents.
    pub is_published: bool,
}

const COLUMNS: &str = "id, name, display_name, description, is_default, is_published";

impl CustomScope {
    fn read(row: &Row) -> Result<CustomScope> {
        Ok(CustomScope {
            id: row.get("id")?,
            name: row.get("name")?,
            display_name: row.get("display_name")?,
            description: row.get("description")?,
            is_default: row.get("is_default")?,
            is_published: row.get("is_published")?,
        })
    }

    fn party(&self) -> Party {
        Party::new(&self.id, "OAuth2Scope", &self.name, &self.name)
    }
}

/// The scopes of a server, by name.
pub async fn of_server(conn: &mut Conn, server: &Server) -> Result<Vec<CustomScope>> {
    let sql = format!("select {COLUMNS} from custom_scope where server_id = $1 order by name limit $2");
    query(sql).bind(&server.id).bind(PER_SERVER_MAX).all(conn).await?.iter().map(CustomScope::read).collect()
}

async fn by_id(conn: &mut Conn, server: &Server, id: &str) -> Answer<CustomScope> {
    let sql = format!("select {COLUMNS} from custom_scope where server_id = $1 and id = $2");
    let row = query(sql).bind(&server.id).bind(id).optional(conn).await?;
    let row = row.ok_or_else(|| Fault::not_found(id, "OAuth2Scope"))?;
    Ok(CustomScope::read(&row)?)
}

async fn custom_server(conn: &mut Conn, id: &str) -> Answer<Server> {
    let found = server::by_id(conn, id).await?.filter(|server| !server.is_org());
    found.ok_or_else(|| Fault::not_found(id, "AuthorizationServer"))
}

/// `GET /api/v1/authorizationServers/{authServerId}/scopes`: the owner's, and those of OpenID Connect.
pub async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let server = custom_server(&mut reader, &id).await?;
    let own = of_server(&mut reader, &server).await?;
    let system = OPEN_ID.iter().map(|name| system_body(name));
    Ok(Json(system.chain(own.iter().map(|scope| body(&address, &server, scope))).collect()))
}

/// `GET /api/v1/authorizationServers/{authServerId}/scopes/{scopeId}`
pub async fn get(
    State(org): State<Org>,
    address: Address,
    Path((server, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let server = custom_server(&mut reader, &server).await?;
    Ok(Json(body(&address, &server, &by_id(&mut reader, &server, &id).await?)))
}

/// `POST /api/v1/authorizationServers/{authServerId}/scopes`
pub async fn create(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let server = custom_server(&mut change, &id).await?;
    let scope = read(&given, generate(PREFIX, &org.world))?;
    let known = of_server(&mut change, &server).await?;
    if known.iter().any(|known| known.name == scope.name) || OPEN_ID.contains(&scope.name.as_str()) {
        return Err(Fault::field("name", "An object with this field already exists in the current organization"));
    }
    if known.len() >= usize::try_from(PER_SERVER_MAX).unwrap_or(usize::MAX) {
        return Err(Fault::field("name", "This authorization server has too many scopes"));
    }
    let now = change.now;
    query(
        "insert into custom_scope
            (id, server_id, name, display_name, description, is_default, is_published, created_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&scope.id)
    .bind(&server.id)
    .bind(&scope.name)
    .bind(scope.display_name.clone())
    .bind(scope.description.clone())
    .bind(scope.is_default)
    .bind(scope.is_published)
    .bind(now.whole_second())
    .execute(&mut change)
    .await?;
    change.record(Event::new("oauth2.scope.created").target(scope.party()));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &server, &scope))).into_response())
}

/// `DELETE /api/v1/authorizationServers/{authServerId}/scopes/{scopeId}`
pub async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((server, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let server = custom_server(&mut change, &server).await?;
    let scope = by_id(&mut change, &server, &id).await?;
    query("delete from custom_scope where id = $1").bind(&scope.id).execute(&mut change).await?;
    change.record(Event::new("oauth2.scope.deleted").target(scope.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(given: &Map<String, Value>, id: String) -> Answer<CustomScope> {
    let name = given.text("name")?.unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if name.len() > NAME_LEN_MAX || !name.bytes().all(allowed) || name.starts_with("okta.") {
        return Err(Fault::field("name", "The scope name is not valid"));
    }
    if given.text("consent")?.is_some_and(|consent| consent != "IMPLICIT") {
        return Err(Fault::field("consent", "Only IMPLICIT is supported"));
    }
    let text = |field: &str| -> Answer<Option<String>> {
        let text = given.text(field)?.filter(|text| !text.is_empty()).map(str::to_owned);
        if text.as_ref().is_some_and(|text| text.chars().count() > TEXT_LEN_MAX) {
            return Err(Fault::field(field, "The field is too long"));
        }
        Ok(text)
    };
    let is_published = match given.text("metadataPublish")? {
        Some("ALL_CLIENTS") => true,
        None | Some("NO_CLIENTS") => false,
        Some(_) => return Err(Fault::field("metadataPublish", "The value must be ALL_CLIENTS or NO_CLIENTS")),
    };
    Ok(CustomScope {
        id,
        name,
        display_name: text("displayName")?,
        description: text("description")?,
        is_default: given.flag("default")?.unwrap_or(false),
        is_published,
    })
}

fn body(address: &Address, server: &Server, scope: &CustomScope) -> Value {
    let path = format!("/api/v1/authorizationServers/{}/scopes/{}", server.id, scope.id);
    json!({
        "id": scope.id,
        "name": scope.name,
        "displayName": scope.display_name,
        "description": scope.description,
        "system": false,
        "metadataPublish": if scope.is_published { "ALL_CLIENTS" } else { "NO_CLIENTS" },
        "consent": "IMPLICIT",
        "default": scope.is_default,
        "optional": false,
        "_links": { "self": { "href": address.link(&path), "hints": { "allow": ["GET", "DELETE"] } } },
    })
}

fn system_body(name: &str) -> Value {
    json!({
        "id": format!("{PREFIX}{name}"),
        "name": name,
        "system": true,
        "metadataPublish": "ALL_CLIENTS",
        "consent": "IMPLICIT",
        "default": false,
        "optional": false,
    })
}
