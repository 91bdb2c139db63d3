//! Inline hooks: services that are asked in the middle of something.
//!
//! Invariant: the channel is kept as it is shown; its secret is sealed beside it.

use db::{Conn, Row, query};
use serde_json::Value;
use vault::{Secret, Vault};
use world::{Instant, World};

use super::{id::InlineHookId, resource::Stored};
use crate::{Error, Result};

#[derive(Clone, Debug)]
pub struct InlineHook {
    pub id: InlineHookId,
    pub name: String,
    pub kind: String,
    pub version: String,
    pub active: bool,
    pub channel: Value,
    pub key_id: Option<String>,
    pub created: Instant,
    pub last_updated: Instant,
}

/// What an inline hook is made of or changed to.
#[derive(Clone, Debug)]
pub struct InlineHookContent {
    pub name: String,
    /// None where one is changed: a hook keeps its kind.
    pub kind: Option<String>,
    pub version: String,
    pub channel: Value,
    /// None keeps the one that there is.
    pub secret: Option<Secret>,
    pub key_id: Option<String>,
}

impl Stored for InlineHook {
    const TABLE: &'static str = "inline_hook";
    const COLUMNS: &'static str =
        "r.id, r.name, r.type, r.version, r.status, r.channel, r.key_id, r.created_us, r.updated_us";
    const PREFIX: &'static str = InlineHookId::PREFIX;

    fn read(row: &Row) -> Result<InlineHook> {
        let status: String = row.get("status")?;
        let channel: String = row.get("channel")?;
        Ok(InlineHook {
            id: row.get::<String>("id")?.into(),
            name: row.get("name")?,
            kind: row.get("type")?,
            version: row.get("version")?,
            active: status == "ACTIVE",
            channel: serde_json::from_str(&channel)
                .map_err(|error| Error::Stored { what: "inline hook", reason: error.to_string() })?,
            key_id: row.get("key_id")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn active(&self) -> bool {
        self.active
    }
}

pub async fn create(conn: &mut Conn, world: &World, content: &InlineHookContent) -> Result<InlineHookId> {
    let id = InlineHookId::new(world);
    query(
        "insert into inline_hook (id, name, type, version, status, channel, key_id, created_us, updated_us)
         values ($1, $2, $3, $4, 'ACTIVE', $5, $6, $7, $7)",
    )
    .bind(id.as_str())
    .bind(&content.name)
    .bind(content.kind.as_deref().unwrap_or_default())
    .bind(&content.version)
    .bind(content.channel.to_string())
    .bind(content.key_id.as_deref())
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok(id)
}

pub async fn update(conn: &mut Conn, id: &InlineHookId, content: &InlineHookContent, now: Instant) -> Result<()> {
    query("update inline_hook set name = $1, version = $2, channel = $3, key_id = $4, updated_us = $5 where id = $6")
        .bind(&content.name)
        .bind(&content.version)
        .bind(content.channel.to_string())
        .bind(content.key_id.as_deref())
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

fn identity(id: &str) -> String {
    format!("inline_hook/{id}")
}

pub async fn seal(conn: &mut Conn, vault: &Vault, id: &str, secret: Option<&Secret>) -> Result<()> {
    query("update inline_hook set secret = $1 where id = $2")
        .bind(secret.map(|secret| vault.seal(&identity(id), secret)))
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The value of the header, or the client secret, that proves who calls.
pub async fn open(conn: &mut Conn, vault: &Vault, id: &str) -> Result<Option<Secret>> {
    let row = query("select secret from inline_hook where id = $1").bind(id).optional(conn).await?;
    let sealed: Option<Vec<u8>> = row.map(|row| row.get("secret")).transpose()?.flatten();
    Ok(sealed.map(|sealed| vault.open(&identity(id), &sealed)).transpose()?)
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from inline_hook").one(conn).await?.get("n")?)
}
