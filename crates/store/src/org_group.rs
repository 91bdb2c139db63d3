//! What the sync last saw of each group of the org, so that it reads only what moved.

use db::{Conn, query};
use world::Instant;

use crate::Result;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgGroup {
    pub id: String,
    pub name: String,
    /// The org's `lastMembershipUpdated` when the members were last read.
    pub moved_at: Instant,
    pub members_count: i64,
    /// When that was, by the org's clock.
    pub read_at: Instant,
}

pub async fn all(conn: &mut Conn) -> Result<Vec<OrgGroup>> {
    let rows =
        query("select id, name, moved_us, members_count, read_us from org_group order by name").all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(OrgGroup {
                id: row.get("id")?,
                name: row.get("name")?,
                moved_at: row.get("moved_us")?,
                members_count: row.get("members_count")?,
                read_at: row.get("read_us")?,
            })
        })
        .collect()
}

pub async fn record(conn: &mut Conn, group: &OrgGroup) -> Result<()> {
    query(
        "insert into org_group (id, name, moved_us, members_count, read_us) values ($1, $2, $3, $4, $5)
         on conflict (id) do update set name = excluded.name, moved_us = excluded.moved_us,
             members_count = excluded.members_count, read_us = excluded.read_us",
    )
    .bind(&group.id)
    .bind(&group.name)
    .bind(group.moved_at)
    .bind(group.members_count)
    .bind(group.read_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id: &str) -> Result<()> {
    query("delete from org_group where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Forgets every group, so that all of them are read again: after a change of org or of roles.
pub async fn clear(conn: &mut Conn) -> Result<()> {
    query("delete from org_group").execute(conn).await?;
    Ok(())
}
