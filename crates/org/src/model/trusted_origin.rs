//! Trusted origins: whose pages may call the API from a browser (CORS) or be returned to (REDIRECT).

use db::{Conn, Row, query};
use serde_json::Value;
use world::{Instant, World};

use super::id::{TrustedOriginId, UserId};
use crate::{Error, Result};

pub const SCOPES: [&str; 3] = ["CORS", "REDIRECT", "IFRAME_EMBED"];

#[derive(Clone, Debug)]
pub struct TrustedOrigin {
    pub id: TrustedOriginId,
    pub name: String,
    pub origin: String,
    pub active: bool,
    pub scopes: Vec<String>,
    pub created: Instant,
    pub created_by: String,
    pub last_updated: Instant,
    pub last_updated_by: String,
}

impl TrustedOrigin {
    const COLUMNS: &str =
        "o.id, o.name, o.origin, o.status, o.scopes, o.created_us, o.created_by, o.updated_us, o.updated_by";

    fn read(row: &Row) -> Result<TrustedOrigin> {
        let status: String = row.get("status")?;
        let scopes: String = row.get("scopes")?;
        Ok(TrustedOrigin {
            id: row.get::<String>("id")?.into(),
            name: row.get("name")?,
            origin: row.get("origin")?,
            active: status == "ACTIVE",
            scopes: serde_json::from_str(&scopes)
                .map_err(|error| Error::Stored { what: "trusted origin", reason: error.to_string() })?,
            created: row.get("created_us")?,
            created_by: row.get("created_by")?,
            last_updated: row.get("updated_us")?,
            last_updated_by: row.get("updated_by")?,
        })
    }
}

/// What a trusted origin is made of or changed to.
#[derive(Clone, Debug)]
pub struct OriginContent {
    pub name: String,
    pub origin: String,
    pub scopes: Vec<String>,
}

impl OriginContent {
    fn scopes_text(&self) -> String {
        Value::from(self.scopes.clone()).to_string()
    }
}

pub async fn create(conn: &mut Conn, world: &World, content: &OriginContent, by: &UserId) -> Result<TrustedOriginId> {
    let id = TrustedOriginId::new(world);
    query(
        "insert into trusted_origin (id, name, origin, status, scopes, created_us, created_by, updated_us, updated_by)
         values ($1, $2, $3, 'ACTIVE', $4, $5, $6, $5, $6)",
    )
    .bind(id.as_str())
    .bind(&content.name)
    .bind(&content.origin)
    .bind(content.scopes_text())
    .bind(world.now().whole_second())
    .bind(by.as_str())
    .execute(conn)
    .await?;
    Ok(id)
}

pub async fn update(
    conn: &mut Conn,
    id: &TrustedOriginId,
    content: &OriginContent,
    by: &UserId,
    now: Instant,
) -> Result<()> {
    query(
        "update trusted_origin set name = $1, origin = $2, scopes = $3, updated_us = $4, updated_by = $5 where id = $6",
    )
    .bind(&content.name)
    .bind(&content.origin)
    .bind(content.scopes_text())
    .bind(now.whole_second())
    .bind(by.as_str())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn set_active(conn: &mut Conn, id: &TrustedOriginId, active: bool, by: &UserId, now: Instant) -> Result<()> {
    query("update trusted_origin set status = $1, updated_us = $2, updated_by = $3 where id = $4")
        .bind(if active { "ACTIVE" } else { "INACTIVE" })
        .bind(now.whole_second())
        .bind(by.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id: &TrustedOriginId) -> Result<()> {
    query("delete from trusted_origin where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

pub async fn by_id(conn: &mut Conn, id: &TrustedOriginId) -> Result<Option<TrustedOrigin>> {
    let sql = format!("select {} from trusted_origin o where o.id = $1", TrustedOrigin::COLUMNS);
    let row = query(sql).bind(id.as_str()).optional(conn).await?;
    row.map(|row| TrustedOrigin::read(&row)).transpose()
}

/// Whether `origin` (scheme, host and port, as a browser writes it) is trusted for `scope`.
pub async fn is_trusted(conn: &mut Conn, origin: &str, scope: &str) -> Result<bool> {
    let sql =
        format!("select {} from trusted_origin o where o.origin = $1 and o.status = 'ACTIVE'", TrustedOrigin::COLUMNS);
    let row = query(sql).bind(origin).optional(conn).await?;
    let found = row.map(|row| TrustedOrigin::read(&row)).transpose()?;
    Ok(found.is_some_and(|trusted| trusted.scopes.iter().any(|known| known == scope)))
}

/// A select of trusted origins that a list goes on with.
pub(crate) fn select() -> db::Query {
    query(format!("select {} from trusted_origin o where 1 = 1", TrustedOrigin::COLUMNS))
}

pub(crate) fn from_rows(rows: &[Row]) -> Result<Vec<TrustedOrigin>> {
    rows.iter().map(TrustedOrigin::read).collect()
}
