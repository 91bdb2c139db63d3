//! Relations between people: what they are called, and who is in them.
//!
//! Invariant: a name means one end of one relation; in each relation a person has one primary at most.

use db::{Conn, Row, query};
use world::Instant;

use super::id::UserId;
use crate::Result;

#[derive(Clone, Debug)]
pub struct End {
    pub name: String,
    pub title: String,
    pub description: Option<String>,
}

/// A relation, such as that of a manager to subordinates.
#[derive(Clone, Debug)]
pub struct LinkedObject {
    pub primary: End,
    pub associated: End,
}

const COLUMNS: &str =
    "primary_name, primary_title, primary_description, associated_name, associated_title, associated_description";

fn read(row: &Row) -> Result<LinkedObject> {
    Ok(LinkedObject {
        primary: End {
            name: row.get("primary_name")?,
            title: row.get("primary_title")?,
            description: row.get("primary_description")?,
        },
        associated: End {
            name: row.get("associated_name")?,
            title: row.get("associated_title")?,
            description: row.get("associated_description")?,
        },
    })
}

/// Every relation; there are at most as many as may be made.
pub async fn all(conn: &mut Conn) -> Result<Vec<LinkedObject>> {
    let rows =
        query(format!("select {COLUMNS} from linked_object order by created_us, primary_name")).all(conn).await?;
    rows.iter().map(read).collect()
}

/// By the name of either end.
pub async fn named(conn: &mut Conn, name: &str) -> Result<Option<LinkedObject>> {
    let sql = format!("select {COLUMNS} from linked_object where primary_name = $1 or associated_name = $1");
    let row = query(sql).bind(name).optional(conn).await?;
    row.map(|row| read(&row)).transpose()
}

pub async fn create(conn: &mut Conn, new: &LinkedObject, now: Instant) -> Result<()> {
    let sql = format!("insert into linked_object ({COLUMNS}, created_us) values ($1, $2, $3, $4, $5, $6, $7)");
    query(sql)
        .bind(&new.primary.name)
        .bind(&new.primary.title)
        .bind(new.primary.description.clone())
        .bind(&new.associated.name)
        .bind(&new.associated.title)
        .bind(new.associated.description.clone())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// With everybody who is in it.
pub async fn delete(conn: &mut Conn, primary: &str) -> Result<()> {
    query("delete from linked_object where primary_name = $1").bind(primary).execute(conn).await?;
    Ok(())
}

/// Makes `primary` the one of `associated`, in place of whoever was.
pub async fn link(
    conn: &mut Conn,
    relation: &LinkedObject,
    associated: &UserId,
    primary: &UserId,
    now: Instant,
) -> Result<()> {
    query(
        "insert into linked_person (primary_name, associated_id, primary_id, created_us) values ($1, $2, $3, $4)
         on conflict (primary_name, associated_id) do update set primary_id = excluded.primary_id, created_us = excluded.created_us",
    )
    .bind(&relation.primary.name)
    .bind(associated.as_str())
    .bind(primary.as_str())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: there was nothing to end.
pub async fn unlink(conn: &mut Conn, relation: &LinkedObject, associated: &UserId) -> Result<bool> {
    let done = query("delete from linked_person where primary_name = $1 and associated_id = $2");
    Ok(done.bind(&relation.primary.name).bind(associated.as_str()).execute(conn).await? == 1)
}

/// Who is the primary of somebody.
pub async fn primary_of(conn: &mut Conn, relation: &LinkedObject, associated: &UserId) -> Result<Option<UserId>> {
    let row = query("select primary_id from linked_person where primary_name = $1 and associated_id = $2");
    let row = row.bind(&relation.primary.name).bind(associated.as_str()).optional(conn).await?;
    Ok(row.map(|row| row.get::<String>("primary_id")).transpose()?.map(Into::into))
}

/// Whose primary somebody is.
pub async fn associated_of(
    conn: &mut Conn,
    relation: &LinkedObject,
    primary: &UserId,
    limit: i64,
) -> Result<Vec<UserId>> {
    let rows = query(
        "select associated_id from linked_person where primary_name = $1 and primary_id = $2 order by associated_id limit $3",
    );
    let rows = rows.bind(&relation.primary.name).bind(primary.as_str()).bind(limit).all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("associated_id")?.into())).collect()
}
