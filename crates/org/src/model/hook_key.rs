//! Keys with which inline hooks prove to a token endpoint who calls.
//!
//! Invariant: the private key is sealed and never leaves the org; a key that a hook uses stays.

use db::{Conn, Row, query};
use vault::{Secret, Vault};
use world::{Instant, World};

use super::id::HookKeyId;
use crate::Result;

const KID_LEN: usize = 43;

#[derive(Clone, Debug)]
pub struct HookKey {
    pub id: HookKeyId,
    pub kid: String,
    pub name: String,
    pub modulus: String,
    pub exponent: String,
    pub used: bool,
    pub created: Instant,
    pub last_updated: Instant,
}

/// A key pair that was just made.
pub struct Pair {
    pub private: Secret,
    pub modulus: String,
    pub exponent: String,
}

const SELECT: &str = "select r.id, r.kid, r.name, r.modulus, r.exponent, r.created_us, r.updated_us,
    (select count(*) from inline_hook h where h.key_id = r.id) as uses from hook_key r";

impl HookKey {
    fn read(row: &Row) -> Result<HookKey> {
        Ok(HookKey {
            id: row.get::<String>("id")?.into(),
            kid: row.get("kid")?,
            name: row.get("name")?,
            modulus: row.get("modulus")?,
            exponent: row.get("exponent")?,
            used: row.get::<i64>("uses")? > 0,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

fn identity(kid: &str) -> String {
    format!("hook_key/{kid}")
}

pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<HookKey>> {
    let rows = query(format!("{SELECT} order by r.id limit $1")).bind(limit).all(conn).await?;
    rows.iter().map(HookKey::read).collect()
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<HookKey>> {
    let row = query(format!("{SELECT} where r.id = $1")).bind(id).optional(conn).await?;
    row.map(|row| HookKey::read(&row)).transpose()
}

pub async fn by_kid(conn: &mut Conn, kid: &str) -> Result<Option<HookKey>> {
    let row = query(format!("{SELECT} where r.kid = $1")).bind(kid).optional(conn).await?;
    row.map(|row| HookKey::read(&row)).transpose()
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from hook_key").one(conn).await?.get("n")?)
}

pub async fn create(conn: &mut Conn, vault: &Vault, world: &World, name: &str, pair: &Pair) -> Result<HookKeyId> {
    let id = HookKeyId::new(world);
    let kid = world.random.base64url(KID_LEN);
    query(
        "insert into hook_key (id, kid, name, sealed, modulus, exponent, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(id.as_str())
    .bind(&kid)
    .bind(name)
    .bind(vault.seal(&identity(&kid), &pair.private))
    .bind(&pair.modulus)
    .bind(&pair.exponent)
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok(id)
}

pub async fn rename(conn: &mut Conn, id: &HookKeyId, name: &str, now: Instant) -> Result<()> {
    query("update hook_key set name = $1, updated_us = $2 where id = $3")
        .bind(name)
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id: &HookKeyId) -> Result<()> {
    query("delete from hook_key where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// The private key as PEM, for one signature.
pub async fn open(conn: &mut Conn, vault: &Vault, key: &HookKey) -> Result<Secret> {
    let row = query("select sealed from hook_key where id = $1").bind(key.id.as_str()).one(conn).await?;
    Ok(vault.open(&identity(&key.kid), &row.get::<Vec<u8>>("sealed")?)?)
}
