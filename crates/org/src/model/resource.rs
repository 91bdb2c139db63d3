//! What the tables of simple resources share: a row by its id, a list, a status that changes, deletion.
//!
//! Invariant: a table has `id`, `status`, `created_us` and `updated_us`, and where [`Stored::SIGNED`] says so `created_by` and
//! `updated_by`. Statements call it `r`. Names of tables and columns are constants of the program, values are bound.

use db::{Conn, Query, Row, query};
use world::Instant;

use super::id::UserId;
use crate::Result;

/// One row of such a table.
pub trait Stored: Sized + Send + Sync + 'static {
    const TABLE: &'static str;
    /// As `r.id, r.name, …`.
    const COLUMNS: &'static str;
    /// What its ids begin with.
    const PREFIX: &'static str;
    /// Whether the table says who made and who changed a row.
    const SIGNED: bool = false;

    fn read(row: &Row) -> Result<Self>;
    fn id(&self) -> &str;
    fn active(&self) -> bool;
}

/// A select that a list goes on with: ` and …`.
pub fn select<S: Stored>() -> Query {
    query(format!("select {} from {} r where 1 = 1", S::COLUMNS, S::TABLE))
}

pub fn from_rows<S: Stored>(rows: &[Row]) -> Result<Vec<S>> {
    rows.iter().map(S::read).collect()
}

pub async fn by_id<S: Stored>(conn: &mut Conn, id: &str) -> Result<Option<S>> {
    let row = select::<S>().push(" and r.id = $1").bind(id).optional(conn).await?;
    row.map(|row| S::read(&row)).transpose()
}

pub async fn set_active<S: Stored>(conn: &mut Conn, id: &str, active: bool, by: &UserId, now: Instant) -> Result<()> {
    let signed = if S::SIGNED { ", updated_by = $4" } else { "" };
    let update = query(format!("update {} set status = $1, updated_us = $2{signed} where id = $3", S::TABLE))
        .bind(if active { "ACTIVE" } else { "INACTIVE" })
        .bind(now.whole_second())
        .bind(id);
    let update = if S::SIGNED { update.bind(by.as_str()) } else { update };
    update.execute(conn).await?;
    Ok(())
}

pub async fn delete<S: Stored>(conn: &mut Conn, id: &str) -> Result<()> {
    query(format!("delete from {} where id = $1", S::TABLE)).bind(id).execute(conn).await?;
    Ok(())
}
