//! Shares of the rate limits that single API tokens and OAuth clients have instead of the usual one.

use db::{Conn, Row, query};
use world::{Instant, World};

use super::id::{PrincipalLimitId, UserId};
use crate::Result;

#[derive(Clone, Debug)]
pub struct PrincipalLimit {
    pub id: PrincipalLimitId,
    pub principal_id: String,
    pub principal_type: String,
    /// Percent of each bucket.
    pub percentage: i64,
    /// Percent of the calls that may run at once.
    pub concurrency: i64,
    pub created: Instant,
    pub created_by: String,
    pub last_updated: Instant,
    pub last_updated_by: String,
}

const SELECT: &str = "select * from principal_rate_limit";

impl PrincipalLimit {
    fn read(row: &Row) -> Result<PrincipalLimit> {
        Ok(PrincipalLimit {
            id: row.get::<String>("id")?.into(),
            principal_id: row.get("principal_id")?,
            principal_type: row.get("principal_type")?,
            percentage: row.get("percentage")?,
            concurrency: row.get("concurrency")?,
            created: row.get("created_us")?,
            created_by: row.get("created_by")?,
            last_updated: row.get("updated_us")?,
            last_updated_by: row.get("updated_by")?,
        })
    }
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<PrincipalLimit>> {
    let row = query(format!("{SELECT} where id = $1")).bind(id).optional(conn).await?;
    row.map(|row| PrincipalLimit::read(&row)).transpose()
}

/// Those of a type, and of one principal where it is named, in the order of their ids.
pub async fn page(
    conn: &mut Conn,
    principal_type: &str,
    principal_id: Option<&str>,
    after: &str,
    limit: i64,
) -> Result<Vec<PrincipalLimit>> {
    let select = query(format!(
        "{SELECT} where principal_type = $1 and id > $2 and (principal_id = $3 or $4 = 1) order by id limit $5"
    ));
    let select = select.bind(principal_type).bind(after).bind(principal_id.unwrap_or_default());
    let rows = select.bind(principal_id.is_none()).bind(limit).all(conn).await?;
    rows.iter().map(PrincipalLimit::read).collect()
}

pub async fn all(conn: &mut Conn, limit: i64) -> Result<Vec<PrincipalLimit>> {
    let rows = query(format!("{SELECT} order by id limit $1")).bind(limit).all(conn).await?;
    rows.iter().map(PrincipalLimit::read).collect()
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from principal_rate_limit").one(conn).await?.get("n")?)
}

pub async fn create(
    conn: &mut Conn,
    world: &World,
    principal: (&str, &str),
    shares: (i64, i64),
    by: &UserId,
) -> Result<PrincipalLimitId> {
    let id = PrincipalLimitId::new(world);
    query(
        "insert into principal_rate_limit
            (id, principal_type, principal_id, percentage, concurrency, created_us, created_by, updated_us, updated_by)
         values ($1, $2, $3, $4, $5, $6, $7, $6, $7)",
    )
    .bind(id.as_str())
    .bind(principal.0)
    .bind(principal.1)
    .bind(shares.0)
    .bind(shares.1)
    .bind(world.now().whole_second())
    .bind(by.as_str())
    .execute(conn)
    .await?;
    Ok(id)
}

pub async fn update(
    conn: &mut Conn,
    id: &PrincipalLimitId,
    shares: (i64, i64),
    by: &UserId,
    now: Instant,
) -> Result<()> {
    query("update principal_rate_limit set percentage = $1, concurrency = $2, updated_us = $3, updated_by = $4 where id = $5")
        .bind(shares.0)
        .bind(shares.1)
        .bind(now.whole_second())
        .bind(by.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
