//! Settings by name: plain text, or a secret that is sealed for `setting/<name>`.

use std::collections::BTreeMap;

use db::{Conn, query};
use world::Instant;

use crate::Result;

/// Settings at most; there are a handful.
const SETTINGS_MAX: i64 = 200;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    pub value: Option<String>,
    pub sealed: Option<Vec<u8>>,
    pub changed_at: Instant,
}

pub async fn all(conn: &mut Conn) -> Result<BTreeMap<String, Setting>> {
    let rows = query("select name, value, sealed, changed_us from setting limit $1").bind(SETTINGS_MAX).all(conn).await?;
    rows.iter()
        .map(|row| {
            let setting = Setting { value: row.get("value")?, sealed: row.get("sealed")?, changed_at: row.get("changed_us")? };
            Ok((row.get::<String>("name")?, setting))
        })
        .collect()
}

pub async fn value(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    let row = query("select value from setting where name = $1").bind(name).optional(conn).await?;
    row.map(|row| Ok(row.get::<Option<String>>("value")?)).transpose().map(Option::flatten)
}

pub async fn put(conn: &mut Conn, name: &str, value: &str, now: Instant) -> Result<()> {
    write(conn, name, Some(value), None, now).await
}

pub async fn put_sealed(conn: &mut Conn, name: &str, sealed: Vec<u8>, now: Instant) -> Result<()> {
    write(conn, name, None, Some(sealed), now).await
}

async fn write(conn: &mut Conn, name: &str, value: Option<&str>, sealed: Option<Vec<u8>>, now: Instant) -> Result<()> {
    query(
        "insert into setting (name, value, sealed, changed_us) values ($1, $2, $3, $4)
         on conflict (name) do update set value = excluded.value, sealed = excluded.sealed, changed_us = excluded.changed_us",
    )
    .bind(name)
    .bind(value)
    .bind(sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn clear(conn: &mut Conn, name: &str) -> Result<()> {
    query("delete from setting where name = $1").bind(name).execute(conn).await?;
    Ok(())
}
