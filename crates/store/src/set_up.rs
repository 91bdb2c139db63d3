//! The one-time code of set-up. Once it is used, set-up is closed for good: no statement here opens it again.

use db::{Conn, query};
use domain::PersonId;
use world::Instant;

use crate::Result;

/// Offers a new code in place of one that nobody used. `false`: set-up is closed.
pub async fn offer(conn: &mut Conn, code_hash: &str, now: Instant) -> Result<bool> {
    let offered = query(
        "insert into set_up (id, code_hash, made_us) values (1, $1, $2)
         on conflict (id) do update set code_hash = excluded.code_hash, made_us = excluded.made_us where set_up.used_us is null",
    );
    Ok(offered.bind(code_hash).bind(now).execute(conn).await? == 1)
}

/// Whether nobody used a code yet.
pub async fn is_open(conn: &mut Conn) -> Result<bool> {
    Ok(query("select id from set_up where used_us is not null").optional(conn).await?.is_none())
}

/// Whether this is the code that is on offer. It is not used up by asking.
pub async fn is_offered(conn: &mut Conn, code_hash: &str) -> Result<bool> {
    let row =
        query("select id from set_up where code_hash = $1 and used_us is null").bind(code_hash).optional(conn).await?;
    Ok(row.is_some())
}

/// Uses the code up. `false`: it is another code, or somebody was first.
pub async fn claim(conn: &mut Conn, code_hash: &str, by: &PersonId, now: Instant) -> Result<bool> {
    let claimed =
        query("update set_up set used_us = $1, used_by = $2 where id = 1 and code_hash = $3 and used_us is null");
    Ok(claimed.bind(now).bind(by.as_str()).bind(code_hash).execute(conn).await? == 1)
}
