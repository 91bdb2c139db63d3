//! Trusted origins: whose pages may call the API from a browser (CORS) or be returned to (REDIRECT).

use db::{Conn, Row, query};
use serde_json::Value;
use world::{Instant, World};

use super::{
    id::{TrustedOriginId, UserId},
    resource::{self, Stored},
};
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

impl Stored for TrustedOrigin {
    const TABLE: &'static str = "trusted_origin";
    const COLUMNS: &'static str =
        "r.id, r.name, r.origin, r.status, r.scopes, r.created_us, r.created_by, r.updated_us, r.updated_by";
    const PREFIX: &'static str = TrustedOriginId::PREFIX;
    const SIGNED: bool = true;

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

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn active(&self) -> bool {
        self.active
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

/// Whether `origin` (scheme, host and port, as a browser writes it) is trusted for `scope`.
pub async fn is_trusted(conn: &mut Conn, origin: &str, scope: &str) -> Result<bool> {
    let select = resource::select::<TrustedOrigin>().push(" and r.origin = $1 and r.status = 'ACTIVE'").bind(origin);
    let found: Vec<TrustedOrigin> = resource::from_rows(&select.all(conn).await?)?;
    Ok(found.iter().any(|trusted| trusted.scopes.iter().any(|known| known == scope)))
}
