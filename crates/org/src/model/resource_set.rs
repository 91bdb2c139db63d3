//! Resource sets: what custom roles are given over.

use db::{Conn, Row, query};
use world::{Instant, World};

use super::{
    fold,
    id::{ResourceId, ResourceSetId},
};
use crate::{Error, Result};

/// As the manual says.
pub const RESOURCES_MAX: usize = 1_000;

#[derive(Clone, Debug)]
pub struct ResourceSet {
    pub id: ResourceSetId,
    pub label: String,
    pub description: String,
    pub created: Instant,
    pub last_updated: Instant,
}

#[derive(Clone, Debug)]
pub struct Resource {
    pub id: ResourceId,
    /// Its resource name.
    pub name: String,
    /// Names of what is left out of it.
    pub excluded: Vec<String>,
    pub created: Instant,
    pub last_updated: Instant,
}

const COLUMNS: &str = "id, label, description, created_us, updated_us";

fn read(row: &Row) -> Result<ResourceSet> {
    Ok(ResourceSet {
        id: row.get::<String>("id")?.into(),
        label: row.get("label")?,
        description: row.get("description")?,
        created: row.get("created_us")?,
        last_updated: row.get("updated_us")?,
    })
}

/// A page of sets, in id order.
pub async fn list(conn: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<ResourceSet>> {
    let sql = format!("select {COLUMNS} from resource_set where id > $1 order by id limit $2");
    query(sql).bind(after.unwrap_or_default()).bind(limit).all(conn).await?.iter().map(read).collect()
}

pub async fn by_id_or_label(conn: &mut Conn, text: &str) -> Result<Option<ResourceSet>> {
    let sql = format!("select {COLUMNS} from resource_set where id = $1 or label_folded = $2 order by id limit 1");
    query(sql).bind(text).bind(fold(text)).optional(conn).await?.map(|row| read(&row)).transpose()
}

pub async fn create(conn: &mut Conn, world: &World, label: &str, description: &str) -> Result<ResourceSet> {
    let id = ResourceSetId::new(world);
    let now = world.now().whole_second();
    query(
        "insert into resource_set (id, label, label_folded, description, created_us, updated_us) values ($1, $2, $3, $4, $5, $5)",
    )
    .bind(id.as_str())
    .bind(label)
    .bind(fold(label))
    .bind(description)
    .bind(now)
    .execute(conn)
    .await?;
    let (label, description) = (label.to_owned(), description.to_owned());
    Ok(ResourceSet { id, label, description, created: now, last_updated: now })
}

pub async fn update(conn: &mut Conn, id: &ResourceSetId, label: &str, description: &str, now: Instant) -> Result<()> {
    query("update resource_set set label = $1, label_folded = $2, description = $3, updated_us = $4 where id = $5")
        .bind(label)
        .bind(fold(label))
        .bind(description)
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Its bindings go with it.
pub async fn delete(conn: &mut Conn, id: &ResourceSetId) -> Result<()> {
    query("delete from resource_set where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from resource_set").one(conn).await?.get("n")?)
}

/// The resources of a set, oldest first.
pub async fn resources(conn: &mut Conn, id: &ResourceSetId) -> Result<Vec<Resource>> {
    let rows = query(
        "select id, orn, excluded, created_us, updated_us from resource_set_resource where set_id = $1 order by id",
    );
    let read = |row: &Row| {
        let excluded: String = row.get("excluded")?;
        let excluded = serde_json::from_str(&excluded)
            .map_err(|error| Error::Stored { what: "resource", reason: error.to_string() })?;
        Ok(Resource {
            id: row.get::<String>("id")?.into(),
            name: row.get("orn")?,
            excluded,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    };
    rows.bind(id.as_str()).all(conn).await?.iter().map(read).collect()
}

/// Adds a resource; one that is there already stays as it is. Its id.
pub async fn add_resource(
    conn: &mut Conn,
    world: &World,
    set: &ResourceSetId,
    name: &str,
    excluded: &[String],
) -> Result<Option<ResourceId>> {
    let id = ResourceId::new(world);
    let added = query(
        "insert into resource_set_resource (id, set_id, orn, excluded, created_us, updated_us) values ($1, $2, $3, $4, $5, $5)
         on conflict do nothing",
    )
    .bind(id.as_str())
    .bind(set.as_str())
    .bind(name)
    .bind(serde_json::json!(excluded).to_string())
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok((added == 1).then_some(id))
}

pub async fn set_excluded(conn: &mut Conn, id: &ResourceId, excluded: &[String], now: Instant) -> Result<()> {
    query("update resource_set_resource set excluded = $1, updated_us = $2 where id = $3")
        .bind(serde_json::json!(excluded).to_string())
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn remove_resource(conn: &mut Conn, id: &ResourceId) -> Result<()> {
    query("delete from resource_set_resource where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}
