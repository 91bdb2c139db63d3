//! Authorization servers: the org's own and the custom ones, of which `default` is there from the start.
//!
//! Invariant: the issuer follows the address that was called. The org's server is for this org's own API; custom ones are for the
//! owner's.

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::request::Parts,
};
use db::{Conn, Row, query};
use serde_json::{Value, json};
use world::Instant;

use super::key::{self, Purpose};
use crate::{
    Org, Result,
    api::edge::Address,
    error::{Answer, Fault},
};

/// The org's own server.
pub const ORG: &str = "org";
/// The custom server that every org has.
pub const DEFAULT: &str = "default";
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
const LISTED_MAX: i64 = 200;

#[derive(Clone, Debug)]
pub struct Server {
    pub id: String,
    pub name: String,
    pub description: String,
    pub audience: String,
    pub active: bool,
    pub access_token_s: i64,
    pub id_token_s: i64,
    /// How long a refresh token lasts whatever happens; `None`: without end.
    pub refresh_token_s: Option<i64>,
    /// How long it lasts unused.
    pub refresh_idle_s: Option<i64>,
    pub created: Instant,
    pub last_updated: Instant,
}

const COLUMNS: &str = "id, name, description, audience, status, access_token_s, id_token_s, refresh_token_s, refresh_idle_s, created_us, updated_us";

impl Server {
    fn read(row: &Row) -> Result<Server> {
        let status: String = row.get("status")?;
        Ok(Server {
            id: row.get("id")?,
            name: row.get("name")?,
            description: row.get("description")?,
            audience: row.get("audience")?,
            active: status == "ACTIVE",
            access_token_s: row.get("access_token_s")?,
            id_token_s: row.get("id_token_s")?,
            refresh_token_s: row.get("refresh_token_s")?,
            refresh_idle_s: row.get("refresh_idle_s")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    pub fn is_org(&self) -> bool {
        self.id == ORG
    }

    pub fn issuer(&self, address: &Address) -> String {
        if self.is_org() { address.base().to_owned() } else { address.link(&format!("/oauth2/{}", self.id)) }
    }

    /// An endpoint below `/v1`.
    pub fn endpoint(&self, address: &Address, name: &str) -> String {
        if self.is_org() {
            address.link(&format!("/oauth2/v1/{name}"))
        } else {
            address.link(&format!("/oauth2/{}/v1/{name}", self.id))
        }
    }

    /// `aud` of an access token. That of the org's server is the issuer.
    pub fn audience(&self, address: &Address) -> String {
        if self.is_org() { self.issuer(address) } else { self.audience.clone() }
    }

    /// Which keys sign access tokens. Those of the org's server are nobody's to check.
    pub fn access_purpose(&self) -> Purpose {
        if self.is_org() { Purpose::Internal } else { Purpose::Published }
    }

    /// An event's name, for the org's server or a custom one.
    pub fn event(&self, of_org: &'static str, of_custom: &'static str) -> &'static str {
        if self.is_org() { of_org } else { of_custom }
    }
}

/// Makes the two servers of a new org.
pub async fn prepare(conn: &mut Conn, now: Instant) -> Result<()> {
    let rows = [
        (
            ORG,
            "Org Authorization Server",
            "Signs people in and gives access to this org's API.",
            "",
            Some(90 * DAY_S),
            None,
        ),
        (
            DEFAULT,
            "default",
            "Default Authorization Server for your Applications",
            "api://default",
            None,
            Some(7 * DAY_S),
        ),
    ];
    for (id, name, description, audience, refresh_s, idle_s) in rows {
        query(
            "insert into authorization_server (id, name, description, audience, status, access_token_s, id_token_s, refresh_token_s,
                refresh_idle_s, created_us, updated_us) values ($1, $2, $3, $4, 'ACTIVE', $5, $5, $6, $7, $8, $8) on conflict (id) do nothing",
        )
        .bind(id)
        .bind(name)
        .bind(description)
        .bind(audience)
        .bind(HOUR_S)
        .bind(refresh_s)
        .bind(idle_s)
        .bind(now.whole_second())
        .execute(conn)
        .await?;
    }
    Ok(())
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Server>> {
    let sql = format!("select {COLUMNS} from authorization_server where id = $1");
    let row = query(sql).bind(id).optional(conn).await?;
    row.map(|row| Server::read(&row)).transpose()
}

/// The server that a path names: `/oauth2/v1/…` and `/.well-known/…` the org's, `/oauth2/{id}/…` a custom one.
impl FromRequestParts<Org> for Server {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, org: &Org) -> Result<Server, Fault> {
        let id = custom_id(parts.uri.path());
        let server = by_id(&mut *org.db.read().await?, id.unwrap_or(ORG)).await?;
        let server = server.filter(|server| server.active && (id.is_none() || !server.is_org()));
        server.ok_or_else(|| Fault::not_found(id.unwrap_or(ORG), "AuthorizationServer"))
    }
}

fn custom_id(path: &str) -> Option<&str> {
    let rest = path
        .strip_prefix("/.well-known/oauth-authorization-server/oauth2/")
        .or_else(|| path.strip_prefix("/oauth2/"))?;
    let mut segments = rest.split('/');
    let first = segments.next()?;
    let is_custom = first != "v1" || segments.next() == Some("v1");
    is_custom.then_some(first)
}

/// `GET /api/v1/authorizationServers`
pub async fn list(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let sql = format!("select {COLUMNS} from authorization_server where id <> $1 order by id limit $2");
    let rows = query(sql).bind(ORG).bind(LISTED_MAX).all(&mut reader).await?;
    let mut bodies = Vec::new();
    for row in rows {
        let server = Server::read(&row)?;
        bodies.push(body(&org, &mut reader, &address, &server).await?);
    }
    Ok(Json(Value::Array(bodies)))
}

/// `GET /api/v1/authorizationServers/{authServerId}`
pub async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let server = by_id(&mut reader, &id).await?.filter(|server| !server.is_org());
    let server = server.ok_or_else(|| Fault::not_found(&id, "AuthorizationServer"))?;
    Ok(Json(body(&org, &mut reader, &address, &server).await?))
}

async fn body(org: &Org, conn: &mut Conn, address: &Address, server: &Server) -> Result<Value> {
    let own = format!("/api/v1/authorizationServers/{}", server.id);
    let link = |path: &str, allow: Value| json!({ "href": address.link(path), "hints": { "allow": allow } });
    let signing = key::signing_state(org, conn, server).await?;
    let state = if server.active { "deactivate" } else { "activate" };
    let mut links = serde_json::Map::new();
    links.insert("self".to_owned(), link(&own, json!(["GET", "DELETE", "PUT"])));
    for (name, path) in [
        ("scopes", "scopes"),
        ("claims", "claims"),
        ("policies", "policies"),
        ("rotateKey", "credentials/lifecycle/keyRotate"),
    ] {
        let allow = if name == "rotateKey" { json!(["POST"]) } else { json!(["GET"]) };
        links.insert(name.to_owned(), link(&format!("{own}/{path}"), allow));
    }
    links.insert("metadata".to_owned(), json!([
        { "name": "oauth-authorization-server", "href": address.link(&format!("/oauth2/{}/.well-known/oauth-authorization-server", server.id)), "hints": { "allow": ["GET"] } },
        { "name": "openid-configuration", "href": address.link(&format!("/oauth2/{}/.well-known/openid-configuration", server.id)), "hints": { "allow": ["GET"] } },
    ]));
    links.insert(state.to_owned(), link(&format!("{own}/lifecycle/{state}"), json!(["POST"])));
    Ok(json!({
        "id": server.id,
        "name": server.name,
        "description": server.description,
        "audiences": [server.audience],
        "issuer": server.issuer(address),
        "issuerMode": "ORG_URL",
        "status": if server.active { "ACTIVE" } else { "INACTIVE" },
        "created": server.created.to_rfc3339_ms(),
        "lastUpdated": server.last_updated.to_rfc3339_ms(),
        "credentials": { "signing": signing },
        "_links": links,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_server() {
        assert_eq!(custom_id("/oauth2/v1/token"), None);
        assert_eq!(custom_id("/.well-known/openid-configuration"), None);
        assert_eq!(custom_id("/oauth2/default/v1/token"), Some("default"));
        assert_eq!(custom_id("/oauth2/default/.well-known/openid-configuration"), Some("default"));
        assert_eq!(custom_id("/.well-known/oauth-authorization-server/oauth2/default"), Some("default"));
        assert_eq!(custom_id("/oauth2/v1/v1/token"), Some("v1"));
    }
}
