//! The passwords that somebody has had, as hashes.

use db::{Conn, query};
use world::Instant;

use super::id::UserId;
use crate::Result;

/// No policy asks for more.
pub const KEPT_MAX: i64 = 30;

/// Keeps the hash of a password that was just set.
pub async fn remember(conn: &mut Conn, user: &UserId, hash: &str, now: Instant) -> Result<()> {
    let last = query("select coalesce(max(position), 0) as n from password_history where user_id = $1");
    let position: i64 = last.bind(user.as_str()).one(conn).await?.get::<i64>("n")? + 1;
    query("insert into password_history (user_id, position, hash, set_us) values ($1, $2, $3, $4)")
        .bind(user.as_str())
        .bind(position)
        .bind(hash)
        .bind(now)
        .execute(conn)
        .await?;
    query("delete from password_history where user_id = $1 and position <= $2")
        .bind(user.as_str())
        .bind(position - KEPT_MAX)
        .execute(conn)
        .await?;
    Ok(())
}

/// The last hashes, newest first.
pub async fn last(conn: &mut Conn, user: &UserId, count: i64) -> Result<Vec<String>> {
    let rows = query("select hash from password_history where user_id = $1 order by position desc limit $2");
    let rows = rows.bind(user.as_str()).bind(count.min(KEPT_MAX)).all(conn).await?;
    rows.iter().map(|row| Ok(row.get("hash")?)).collect()
}
