//! Settings of the org that are one value each.

use db::{Conn, query};
use serde_json::Value;
use world::Instant;

use crate::{Error, Result};

/// A setting and when it was last changed; none while nobody has decided.
pub async fn get(conn: &mut Conn, name: &str) -> Result<Option<(Value, Instant)>> {
    let row = query("select value, updated_us from org_setting where name = $1").bind(name).optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let text: String = row.get("value")?;
    let value =
        serde_json::from_str(&text).map_err(|error| Error::Stored { what: "setting", reason: error.to_string() })?;
    Ok(Some((value, row.get("updated_us")?)))
}

/// The value alone, null while nobody has decided.
pub async fn value(conn: &mut Conn, name: &str) -> Result<Value> {
    Ok(get(conn, name).await?.map_or(Value::Null, |(value, _)| value))
}

pub async fn set(conn: &mut Conn, name: &str, value: &Value, now: Instant) -> Result<()> {
    query(
        "insert into org_setting (name, value, updated_us) values ($1, $2, $3)
         on conflict (name) do update set value = excluded.value, updated_us = excluded.updated_us",
    )
    .bind(name)
    .bind(value.to_string())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn remove(conn: &mut Conn, name: &str) -> Result<()> {
    query("delete from org_setting where name = $1").bind(name).execute(conn).await?;
    Ok(())
}
