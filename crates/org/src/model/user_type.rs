//! User types: kinds of people, each with a schema of its own.
//!
//! Invariant: one type is the default; it cannot go, nor can one that somebody has.

use db::{Conn, Row, query};
use world::{Instant, World};

use super::id::{SchemaId, UserTypeId};
use crate::Result;

/// Who made it, where nobody asked: the org itself.
const NOBODY: &str = "unknown";

#[derive(Clone, Debug)]
pub struct UserType {
    pub id: UserTypeId,
    pub name: String,
    pub display_name: String,
    pub description: Option<String>,
    pub schema_id: String,
    pub is_default: bool,
    pub created: Instant,
    pub created_by: String,
    pub last_updated: Instant,
    pub last_updated_by: String,
}

impl UserType {
    const COLUMNS: &str =
        "id, name, display_name, description, schema_id, is_default, created_us, created_by, updated_us, updated_by";

    fn read(row: &Row) -> Result<UserType> {
        Ok(UserType {
            id: row.get::<String>("id")?.into(),
            name: row.get("name")?,
            display_name: row.get("display_name")?,
            description: row.get("description")?,
            schema_id: row.get("schema_id")?,
            is_default: row.get("is_default")?,
            created: row.get("created_us")?,
            created_by: row.get("created_by")?,
            last_updated: row.get("updated_us")?,
            last_updated_by: row.get("updated_by")?,
        })
    }
}

/// What people say of a type.
#[derive(Clone, Debug)]
pub struct NewUserType<'a> {
    pub name: &'a str,
    pub display_name: &'a str,
    pub description: Option<&'a str>,
    /// The id of whoever makes it.
    pub by: &'a str,
}

/// The type of everybody who was not given another.
pub async fn default_type(conn: &mut Conn) -> Result<UserType> {
    let sql = format!("select {} from user_type where is_default = 1", UserType::COLUMNS);
    UserType::read(&query(sql).one(conn).await?)
}

pub async fn type_by_id(conn: &mut Conn, id: &UserTypeId) -> Result<Option<UserType>> {
    let sql = format!("select {} from user_type where id = $1", UserType::COLUMNS);
    let row = query(sql).bind(id.as_str()).optional(conn).await?;
    row.map(|row| UserType::read(&row)).transpose()
}

pub async fn by_schema(conn: &mut Conn, schema: &str) -> Result<Option<UserType>> {
    let sql = format!("select {} from user_type where schema_id = $1", UserType::COLUMNS);
    let row = query(sql).bind(schema).optional(conn).await?;
    row.map(|row| UserType::read(&row)).transpose()
}

/// Every type; there are never many.
pub async fn all(conn: &mut Conn) -> Result<Vec<UserType>> {
    let sql = format!("select {} from user_type order by id", UserType::COLUMNS);
    query(sql).all(conn).await?.iter().map(UserType::read).collect()
}

/// The type that an org has from the start, or one more for a test.
pub async fn create_type(conn: &mut Conn, world: &World, name: &str, is_default: bool) -> Result<UserTypeId> {
    let new = NewUserType { name, display_name: "User", description: None, by: NOBODY };
    insert(conn, world, &new, is_default).await
}

pub async fn create(conn: &mut Conn, world: &World, new: &NewUserType<'_>) -> Result<UserTypeId> {
    insert(conn, world, new, false).await
}

async fn insert(conn: &mut Conn, world: &World, new: &NewUserType<'_>, is_default: bool) -> Result<UserTypeId> {
    let (id, schema) = (UserTypeId::new(world), SchemaId::new(world));
    query(
        "insert into user_type (id, name, is_default, schema_id, display_name, description, created_us, created_by, updated_us, updated_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8)",
    )
    .bind(id.as_str())
    .bind(new.name)
    .bind(is_default)
    .bind(schema.as_str())
    .bind(new.display_name)
    .bind(new.description.map(str::to_owned))
    .bind(world.now().whole_second())
    .bind(new.by)
    .execute(conn)
    .await?;
    Ok(id)
}

/// Names a type otherwise.
pub async fn update(conn: &mut Conn, id: &UserTypeId, new: &NewUserType<'_>, now: Instant) -> Result<()> {
    query("update user_type set display_name = $1, description = $2, updated_us = $3, updated_by = $4 where id = $5")
        .bind(new.display_name)
        .bind(new.description.map(str::to_owned))
        .bind(now.whole_second())
        .bind(new.by)
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn is_used(conn: &mut Conn, id: &UserTypeId) -> Result<bool> {
    let row = query("select 1 as n from org_user where type_id = $1 limit 1").bind(id.as_str()).optional(conn).await?;
    Ok(row.is_some())
}

pub async fn delete(conn: &mut Conn, id: &UserTypeId) -> Result<()> {
    query("delete from user_type where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}
