//! Sign-ins that are under way at the org. Each is used once, by one conditional update.

use db::{Conn, query};
use world::Instant;

use crate::Result;

pub struct NewAttempt<'a> {
    pub state_hash: &'a str,
    /// Keyed hash of the cookie that the attempt is bound to.
    pub browser_hash: &'a str,
    /// Nonce and PKCE verifier, sealed for `sign_in_attempt/<state_hash>`.
    pub verifier: Vec<u8>,
    pub redirect_uri: &'a str,
    pub return_to: &'a str,
}

/// An attempt that was just used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub verifier: Vec<u8>,
    pub redirect_uri: String,
    pub return_to: String,
}

pub async fn insert(conn: &mut Conn, new: NewAttempt<'_>, now: Instant) -> Result<()> {
    query(
        "insert into sign_in_attempt (state_hash, browser_hash, verifier, redirect_uri, return_to, began_us)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.state_hash)
    .bind(new.browser_hash)
    .bind(new.verifier)
    .bind(new.redirect_uri)
    .bind(new.return_to)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Uses an attempt up. None: it was used before, began before `began_after`, belongs to another browser, or never was.
pub async fn take(
    conn: &mut Conn,
    state_hash: &str,
    browser_hash: &str,
    began_after: Instant,
    now: Instant,
) -> Result<Option<Attempt>> {
    let row = query(
        "update sign_in_attempt set used_us = $1
         where state_hash = $2 and browser_hash = $3 and began_us > $4 and used_us is null
         returning verifier, redirect_uri, return_to",
    )
    .bind(now)
    .bind(state_hash)
    .bind(browser_hash)
    .bind(began_after)
    .optional(conn)
    .await?;
    row.map(|row| {
        Ok(Attempt {
            verifier: row.get("verifier")?,
            redirect_uri: row.get("redirect_uri")?,
            return_to: row.get("return_to")?,
        })
    })
    .transpose()
}

pub async fn delete_before(conn: &mut Conn, began_before: Instant) -> Result<u64> {
    Ok(query("delete from sign_in_attempt where began_us < $1").bind(began_before).execute(conn).await?)
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from sign_in_attempt").one(conn).await?.get("n")?)
}
