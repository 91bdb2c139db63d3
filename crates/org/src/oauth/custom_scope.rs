//! Scopes of custom authorization servers, as their owner defines them for an API of their own.
//!
//! Invariant: a scope whose consent is not IMPLICIT is given to an app that needs consent only once the person agreed (`consent`), and
//! one whose consent is REQUIRED never to an app that acts for itself.

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
    Error, Org, Result,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
        paging::{Asked, Beyond, invalid_cursor},
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
const LIMIT: i64 = 500;
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
    pub consent: Consent,
    /// The person may leave it out where consent is asked.
    pub is_optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    Implicit,
    /// Asked of people; apps that act for themselves have it without.
    Flexible,
    Required,
}

impl Consent {
    fn as_str(self) -> &'static str {
        match self {
            Consent::Implicit => "IMPLICIT",
            Consent::Flexible => "FLEXIBLE",
            Consent::Required => "REQUIRED",
        }
    }

    fn parse(text: &str) -> Option<Consent> {
        [Consent::Implicit, Consent::Flexible, Consent::Required].into_iter().find(|known| known.as_str() == text)
    }
}

const COLUMNS: &str = "id, name, display_name, description, is_default, is_published, consent, is_optional";

impl CustomScope {
    fn read(row: &Row) -> Result<CustomScope> {
        let consent: String = row.get("consent")?;
        Ok(CustomScope {
            id: row.get("id")?,
            name: row.get("name")?,
            display_name: row.get("display_name")?,
            description: row.get("description")?,
            is_default: row.get("is_default")?,
            is_published: row.get("is_published")?,
            consent: Consent::parse(&consent)
                .ok_or_else(|| Error::Stored { what: "scope", reason: format!("unknown consent {consent}") })?,
            is_optional: row.get("is_optional")?,
        })
    }

    /// How it is shown to people.
    pub fn title(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
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

/// `GET /api/v1/authorizationServers/{authServerId}/scopes`: the owner's, and those of OpenID Connect; `q` is the beginning of a name.
pub async fn list(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT, Beyond::Cut)?;
    let mut reader = org.db.read().await?;
    let server = server::custom(&mut reader, &id).await?;
    let own = of_server(&mut reader, &server).await?;
    let own = own.iter().map(|scope| (scope.name.clone(), body(&asked.address, &server, scope)));
    let mut all: Vec<(String, Value)> = OPEN_ID
        .iter()
        .map(|name| ((*name).to_owned(), system_body(&asked.address, &server, name)))
        .chain(own)
        .collect();
    all.retain(|(name, _)| asked.get("q").is_none_or(|start| name.starts_with(start)));
    let id_of = |body: &Value| body["id"].as_str().unwrap_or_default().to_owned();
    if let Some(after) = asked.get("after") {
        let place = all.iter().position(|(_, body)| id_of(body) == after).ok_or_else(invalid_cursor)?;
        all.drain(..=place);
    }
    Ok(asked.page(all, limit, |(_, body)| id_of(body), |(_, body)| body.clone()))
}

/// `GET /api/v1/authorizationServers/{authServerId}/scopes/{scopeId}`
pub async fn get(
    State(org): State<Org>,
    address: Address,
    Path((server, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let server = server::custom(&mut reader, &server).await?;
    if let Some(name) = system_name(&id) {
        return Ok(Json(system_body(&address, &server, name)));
    }
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
    let server = server::custom(&mut change, &id).await?;
    let scope = read(&given, generate(PREFIX, &org.world), None)?;
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
            (id, server_id, name, display_name, description, is_default, is_published, created_us, consent, is_optional)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&scope.id)
    .bind(&server.id)
    .bind(&scope.name)
    .bind(scope.display_name.clone())
    .bind(scope.description.clone())
    .bind(scope.is_default)
    .bind(scope.is_published)
    .bind(now.whole_second())
    .bind(scope.consent.as_str())
    .bind(scope.is_optional)
    .execute(&mut change)
    .await?;
    change.record(Event::new("oauth2.scope.created").target(scope.party()));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &server, &scope))).into_response())
}

/// `PUT /api/v1/authorizationServers/{authServerId}/scopes/{scopeId}`
pub async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((server, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let server = server::custom(&mut change, &server).await?;
    if system_name(&id).is_some() {
        return Err(Fault::forbidden().with_cause("System scopes cannot be changed."));
    }
    let before = by_id(&mut change, &server, &id).await?;
    let scope = read(&given, before.id.clone(), Some(&before))?;
    query(
        "update custom_scope set name = $1, display_name = $2, description = $3, is_default = $4, is_published = $5, consent = $6,
            is_optional = $7 where id = $8",
    )
    .bind(&scope.name)
    .bind(scope.display_name.clone())
    .bind(scope.description.clone())
    .bind(scope.is_default)
    .bind(scope.is_published)
    .bind(scope.consent.as_str())
    .bind(scope.is_optional)
    .bind(&scope.id)
    .execute(&mut change)
    .await
    .map_err(Error::from)
    .map_err(Fault::taken("name"))?;
    change.record(Event::new("oauth2.scope.updated").target(scope.party()));
    change.commit().await?;
    Ok(Json(body(&address, &server, &scope)))
}

/// `DELETE /api/v1/authorizationServers/{authServerId}/scopes/{scopeId}`
pub async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((server, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let server = server::custom(&mut change, &server).await?;
    if system_name(&id).is_some() {
        return Err(Fault::forbidden().with_cause("System scopes cannot be deleted."));
    }
    let scope = by_id(&mut change, &server, &id).await?;
    query("delete from user_scope_grant where server_id = $1 and scope = $2")
        .bind(&server.id)
        .bind(&scope.name)
        .execute(&mut change)
        .await?;
    query("delete from custom_scope where id = $1").bind(&scope.id).execute(&mut change).await?;
    change.record(Event::new("oauth2.scope.deleted").target(scope.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A scope as a body describes it. Of one that is replaced, what people are shown and asked stays where nothing is said of it.
fn read(given: &Map<String, Value>, id: String, before: Option<&CustomScope>) -> Answer<CustomScope> {
    let name = given.text("name")?.unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if name.len() > NAME_LEN_MAX || !name.bytes().all(allowed) || name.starts_with("okta.") {
        return Err(Fault::field("name", "The scope name is not valid"));
    }
    let consent = match given.text("consent")? {
        Some(text) => Consent::parse(text)
            .ok_or_else(|| Fault::field("consent", "The value must be IMPLICIT, FLEXIBLE or REQUIRED"))?,
        None => before.map_or(Consent::Implicit, |before| before.consent),
    };
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
        display_name: text("displayName")?.or_else(|| before.and_then(|before| before.display_name.clone())),
        description: text("description")?,
        is_default: given.flag("default")?.unwrap_or(false),
        is_published,
        consent,
        is_optional: given.flag("optional")?.unwrap_or(false),
    })
}

/// The name of a scope of OpenID Connect, which is no row, by its id.
fn system_name(id: &str) -> Option<&'static str> {
    OPEN_ID.iter().copied().find(|name| id.strip_prefix(PREFIX) == Some(name))
}

/// How the API names a scope: its id, and what is known of it.
pub fn described(server: &Server, address: &Address, own: &[CustomScope], name: &str) -> Value {
    match own.iter().find(|scope| scope.name == name) {
        Some(scope) => body(address, server, scope),
        None => system_body(address, server, name),
    }
}

fn body(address: &Address, server: &Server, scope: &CustomScope) -> Value {
    let path = format!("/api/v1/authorizationServers/{}/scopes/{}", server.id, scope.id);
    let mut body = json!({
        "id": scope.id,
        "name": scope.name,
        "displayName": scope.display_name,
        "system": false,
        "metadataPublish": if scope.is_published { "ALL_CLIENTS" } else { "NO_CLIENTS" },
        "consent": scope.consent.as_str(),
        "default": scope.is_default,
        "optional": scope.is_optional,
        "_links": { "self": { "href": address.link(&path), "hints": { "allow": ["GET", "PUT", "DELETE"] } } },
    });
    if let Some(description) = &scope.description {
        body["description"] = description.clone().into();
    }
    body
}

fn system_body(address: &Address, server: &Server, name: &str) -> Value {
    let id = format!("{PREFIX}{name}");
    let path = format!("/api/v1/authorizationServers/{}/scopes/{id}", server.id);
    json!({
        "id": id,
        "name": name,
        "displayName": name,
        "system": true,
        "metadataPublish": "ALL_CLIENTS",
        "consent": "IMPLICIT",
        "default": false,
        "optional": false,
        "_links": { "self": { "href": address.link(&path), "hints": { "allow": ["GET"] } } },
    })
}
