//! Authorization servers: the org's own and the custom ones, of which `default` is there from the start.
//!
//! Invariant: the issuer follows the address that was called. The org's server is for this org's own API; custom ones are for the
//! owner's.

use axum::{extract::FromRequestParts, http::request::Parts};
use db::{Conn, Query, Row, query};
use world::{Instant, World};

use super::{access_policy, claim, grant::Terms, key::Purpose};
use crate::{
    Org, Result,
    api::edge::Address,
    error::{Answer, Fault},
    model::{id::generate, log::Party},
};

/// The org's own server.
pub const ORG: &str = "org";
/// The custom server that every org has.
pub const DEFAULT: &str = "default";
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
pub const PREFIX: &str = "aus";

#[derive(Clone, Debug)]
pub struct Server {
    pub id: String,
    pub name: String,
    pub description: String,
    pub audience: String,
    pub active: bool,
    /// Whether its keys change by themselves.
    pub rotates: bool,
    pub issuer_mode: String,
    pub id_token_s: i64,
    /// How long its tokens last where no rule of a policy says so.
    pub terms: Terms,
    pub created: Instant,
    pub last_updated: Instant,
}

const COLUMNS: &str = "s.id, s.name, s.description, s.audience, s.status, s.rotation_mode, s.issuer_mode, s.access_token_s, s.id_token_s, s.refresh_token_s, s.refresh_idle_s, s.created_us, s.updated_us";

impl Server {
    pub(super) fn read(row: &Row) -> Result<Server> {
        let (status, rotation): (String, String) = (row.get("status")?, row.get("rotation_mode")?);
        Ok(Server {
            id: row.get("id")?,
            name: row.get("name")?,
            description: row.get("description")?,
            audience: row.get("audience")?,
            active: status == "ACTIVE",
            rotates: rotation == "AUTO",
            issuer_mode: row.get("issuer_mode")?,
            id_token_s: row.get("id_token_s")?,
            terms: Terms {
                access_token_s: row.get("access_token_s")?,
                refresh_token_s: row.get("refresh_token_s")?,
                refresh_idle_s: row.get("refresh_idle_s")?,
            },
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

    /// How the log names it.
    pub fn party(&self) -> Party {
        Party::new(&self.id, "AuthorizationServer", &self.name, &self.name)
    }

    /// An event's name, for the org's server or a custom one.
    pub fn event(&self, of_org: &'static str, of_custom: &'static str) -> &'static str {
        if self.is_org() { of_org } else { of_custom }
    }
}

/// Makes the two servers of a new org. The default one has a policy that lets every app in.
pub async fn prepare(conn: &mut Conn, world: &World) -> Result<()> {
    let now = world.now();
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
    if furnish(conn, world, DEFAULT).await? {
        access_policy::create_default(conn, world, DEFAULT).await?;
    }
    Ok(())
}

/// What is decided about a custom server.
#[derive(Clone, Debug)]
pub struct Content {
    pub name: String,
    pub description: String,
    pub audience: String,
    pub rotates: bool,
    pub issuer_mode: String,
}

impl Content {
    fn rotation_mode(&self) -> &'static str {
        if self.rotates { "AUTO" } else { "MANUAL" }
    }
}

/// Makes a custom server with the claims that every one has, and without a policy: it gives no token before its owner says to whom.
pub async fn create(conn: &mut Conn, world: &World, content: &Content) -> Result<String> {
    let id = generate(PREFIX, world);
    query(
        "insert into authorization_server (id, name, description, audience, status, rotation_mode, issuer_mode, access_token_s, id_token_s,
            refresh_token_s, refresh_idle_s, created_us, updated_us) values ($1, $2, $3, $4, 'ACTIVE', $5, $6, $7, $7, null, $8, $9, $9)",
    )
    .bind(&id)
    .bind(&content.name)
    .bind(&content.description)
    .bind(&content.audience)
    .bind(content.rotation_mode())
    .bind(&content.issuer_mode)
    .bind(HOUR_S)
    .bind(7 * DAY_S)
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    furnish(conn, world, &id).await?;
    Ok(id)
}

/// Gives a server what each begins with. `false`: it has had that.
async fn furnish(conn: &mut Conn, world: &World, id: &str) -> Result<bool> {
    let first = query("update authorization_server set furnished_us = $1 where id = $2 and furnished_us is null");
    if first.bind(world.now()).bind(id).execute(conn).await? == 0 {
        return Ok(false);
    }
    claim::create_system(conn, world, id).await?;
    Ok(true)
}

pub async fn update(conn: &mut Conn, id: &str, content: &Content, now: Instant) -> Result<()> {
    query(
        "update authorization_server set name = $1, description = $2, audience = $3, rotation_mode = $4, issuer_mode = $5, updated_us = $6 where id = $7",
    )
    .bind(&content.name)
    .bind(&content.description)
    .bind(&content.audience)
    .bind(content.rotation_mode())
    .bind(&content.issuer_mode)
    .bind(now.whole_second())
    .bind(id)
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: it was in that state already.
pub async fn set_active(conn: &mut Conn, id: &str, active: bool, now: Instant) -> Result<bool> {
    let status = if active { "ACTIVE" } else { "INACTIVE" };
    let update = query("update authorization_server set status = $1, updated_us = $2 where id = $3 and status <> $1");
    Ok(update.bind(status).bind(now.whole_second()).bind(id).execute(conn).await? == 1)
}

/// Removes a server with its keys, scopes, claims, policies, and everything that it granted.
pub async fn delete(conn: &mut Conn, id: &str) -> Result<()> {
    query("delete from authorization_server where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from authorization_server").one(conn).await?.get("n")?)
}

/// A select of custom servers that a list goes on with.
pub(super) fn select() -> Query {
    query(format!("select {COLUMNS} from authorization_server s where s.id <> 'org'"))
}

/// The custom server that a path of the management API names.
pub async fn custom(conn: &mut Conn, id: &str) -> Answer<Server> {
    let found = by_id(conn, id).await?.filter(|server| !server.is_org());
    found.ok_or_else(|| Fault::not_found(id, "AuthorizationServer"))
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Server>> {
    let sql = format!("select {COLUMNS} from authorization_server s where s.id = $1");
    let row = query(sql).bind(id).optional(conn).await?;
    row.map(|row| Server::read(&row)).transpose()
}

/// The server that a path names: `/oauth2/v1/…` and `/.well-known/…` the org's, `/oauth2/{id}/…` a custom one.
impl FromRequestParts<Org> for Server {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, org: &Org) -> Result<Server, Fault> {
        let path = parts.uri.path();
        let server = of_path(&mut *org.db.read().await?, path).await?;
        server.ok_or_else(|| Fault::not_found(custom_id(path).unwrap_or(ORG), "AuthorizationServer"))
    }
}

/// The active server that a path names.
pub async fn of_path(conn: &mut Conn, path: &str) -> Result<Option<Server>> {
    let id = custom_id(path);
    let server = by_id(conn, id.unwrap_or(ORG)).await?;
    Ok(server.filter(|server| server.active && (id.is_none() || !server.is_org())))
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
