//! Custom roles: labels with permissions.
//!
//! Invariant: a permission of a role is one of the table in `operations::permissions`, which says what it lets somebody do.

use db::{Conn, Row, query};
use serde_json::{Map, Value};
use world::{Instant, World};

use super::{fold, id::CustomRoleId};
use crate::{Error, Result};

#[derive(Clone, Debug)]
pub struct CustomRole {
    pub id: CustomRoleId,
    pub label: String,
    pub description: String,
    pub created: Instant,
    pub last_updated: Instant,
}

/// One permission of one role.
#[derive(Clone, Debug)]
pub struct Permission {
    pub name: String,
    pub conditions: Option<Map<String, Value>>,
    pub created: Instant,
    pub last_updated: Instant,
}

const COLUMNS: &str = "id, label, description, created_us, updated_us";

fn read(row: &Row) -> Result<CustomRole> {
    Ok(CustomRole {
        id: row.get::<String>("id")?.into(),
        label: row.get("label")?,
        description: row.get("description")?,
        created: row.get("created_us")?,
        last_updated: row.get("updated_us")?,
    })
}

/// A page of roles, in id order.
pub async fn list(conn: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<CustomRole>> {
    let sql = format!("select {COLUMNS} from custom_role where id > $1 order by id limit $2");
    query(sql).bind(after.unwrap_or_default()).bind(limit).all(conn).await?.iter().map(read).collect()
}

pub async fn by_id_or_label(conn: &mut Conn, text: &str) -> Result<Option<CustomRole>> {
    let sql = format!("select {COLUMNS} from custom_role where id = $1 or label_folded = $2 order by id limit 1");
    query(sql).bind(text).bind(fold(text)).optional(conn).await?.map(|row| read(&row)).transpose()
}

pub async fn create(conn: &mut Conn, world: &World, label: &str, description: &str) -> Result<CustomRole> {
    let id = CustomRoleId::new(world);
    let now = world.now().whole_second();
    query(
        "insert into custom_role (id, label, label_folded, description, created_us, updated_us) values ($1, $2, $3, $4, $5, $5)",
    )
    .bind(id.as_str())
    .bind(label)
    .bind(fold(label))
    .bind(description)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(CustomRole { id, label: label.to_owned(), description: description.to_owned(), created: now, last_updated: now })
}

pub async fn update(conn: &mut Conn, id: &CustomRoleId, label: &str, description: &str, now: Instant) -> Result<()> {
    query("update custom_role set label = $1, label_folded = $2, description = $3, updated_us = $4 where id = $5")
        .bind(label)
        .bind(fold(label))
        .bind(description)
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from custom_role").one(conn).await?.get("n")?)
}

/// Its bindings go with it.
pub async fn delete(conn: &mut Conn, id: &CustomRoleId) -> Result<()> {
    query("delete from custom_role where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// The permissions of a role, by name.
pub async fn permissions(conn: &mut Conn, id: &CustomRoleId) -> Result<Vec<Permission>> {
    let rows = query(
        "select permission, conditions, created_us, updated_us from custom_role_permission where role_id = $1 order by permission",
    );
    let read = |row: &Row| {
        let text: Option<String> = row.get("conditions")?;
        let conditions = text.map(|text| serde_json::from_str(&text)).transpose();
        Ok(Permission {
            name: row.get("permission")?,
            conditions: conditions.map_err(|error| Error::Stored { what: "permission", reason: error.to_string() })?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    };
    rows.bind(id.as_str()).all(conn).await?.iter().map(read).collect()
}

/// Gives a role a permission, or the permission other conditions.
pub async fn set_permission(
    conn: &mut Conn,
    id: &CustomRoleId,
    name: &str,
    conditions: Option<&Map<String, Value>>,
    now: Instant,
) -> Result<()> {
    query(
        "insert into custom_role_permission (role_id, permission, conditions, created_us, updated_us) values ($1, $2, $3, $4, $4)
         on conflict (role_id, permission) do update set conditions = excluded.conditions, updated_us = excluded.updated_us",
    )
    .bind(id.as_str())
    .bind(name)
    .bind(conditions.map(|conditions| Value::Object(conditions.clone()).to_string()))
    .bind(now.whole_second())
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: the role did not have it.
pub async fn remove_permission(conn: &mut Conn, id: &CustomRoleId, name: &str) -> Result<bool> {
    let removed = query("delete from custom_role_permission where role_id = $1 and permission = $2");
    Ok(removed.bind(id.as_str()).bind(name).execute(conn).await? == 1)
}
