//! Settings by name: plain text, or a secret that is sealed for `setting/<name>`.

use std::collections::BTreeMap;

use db::{Conn, query};
use vault::{Secret, Vault};
use world::Instant;

use crate::Result;

/// Settings at most; there are a handful.
const SETTINGS_MAX: i64 = 200;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    pub value: Option<String>,
    /// Whether there is a secret under this name.
    pub is_sealed: bool,
    pub changed_at: Instant,
}

pub async fn all(conn: &mut Conn) -> Result<BTreeMap<String, Setting>> {
    let text = "select name, value, cast(case when sealed is null then 0 else 1 end as bigint) as is_sealed, changed_us from setting limit $1";
    let rows = query(text).bind(SETTINGS_MAX).all(conn).await?;
    rows.iter()
        .map(|row| {
            let setting = Setting {
                value: row.get("value")?,
                is_sealed: row.get("is_sealed")?,
                changed_at: row.get("changed_us")?,
            };
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

/// Changes a plain value that is still `from` (none: is not there yet). `false`: somebody else was first. Until the transaction ends
/// nobody else changes it.
pub async fn change(conn: &mut Conn, name: &str, from: Option<&str>, to: &str, now: Instant) -> Result<bool> {
    let statement = match from {
        Some(from) => query("update setting set value = $2, changed_us = $3 where name = $1 and value = $4")
            .bind(name)
            .bind(to)
            .bind(now)
            .bind(from),
        None => query(
            "insert into setting (name, value, changed_us) values ($1, $2, $3)
             on conflict (name) do nothing",
        )
        .bind(name)
        .bind(to)
        .bind(now),
    };
    Ok(statement.execute(conn).await? == 1)
}

/// The plain values of several settings, those that are there.
pub async fn values(conn: &mut Conn, names: &[&str]) -> Result<BTreeMap<String, String>> {
    let placeholders = (1..=names.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let mut statement =
        query(format!("select name, value from setting where value is not null and name in ({placeholders})"));
    for name in names {
        statement = statement.bind(*name);
    }
    statement.all(conn).await?.iter().map(|row| Ok((row.get("name")?, row.get("value")?))).collect()
}

/// A secret, opened.
pub async fn secret(conn: &mut Conn, vault: &Vault, name: &str) -> Result<Option<Secret>> {
    let row = query("select sealed from setting where name = $1").bind(name).optional(conn).await?;
    let sealed = row.map(|row| row.get::<Option<Vec<u8>>>("sealed")).transpose()?.flatten();
    Ok(sealed.map(|sealed| vault.open(&identity(name), &sealed)).transpose()?)
}

/// Seals a secret and keeps it.
pub async fn put_secret(conn: &mut Conn, vault: &Vault, name: &str, secret: &Secret, now: Instant) -> Result<()> {
    write(conn, name, None, Some(vault.seal(&identity(name), secret)), now).await
}

fn identity(name: &str) -> String {
    format!("setting/{name}")
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
