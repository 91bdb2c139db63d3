//! What is in the outbox: pages of it for an administrator, and what is taken up for sending.
//!
//! Invariant: a mail leaves QUEUED for SENT or FAILED, and never comes back.

use db::{Conn, Row, query};
use vault::{Secret, Vault};
use world::Instant;

use super::identity;
use crate::Result;

/// A mail as it is kept, but for its body.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: String,
    pub created: Instant,
    pub recipient: String,
    pub subject: String,
    pub template: String,
    pub user_id: Option<String>,
    pub status: String,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub sent: Option<Instant>,
    sealed: Vec<u8>,
}

const SELECT: &str = "select id, created_us, recipient, subject, body, template, user_id, status, attempts, last_error, sent_us from outbox";

impl Kept {
    fn read(row: &Row) -> Result<Kept> {
        Ok(Kept {
            id: row.get("id")?,
            created: row.get("created_us")?,
            recipient: row.get("recipient")?,
            subject: row.get("subject")?,
            template: row.get("template")?,
            user_id: row.get("user_id")?,
            status: row.get("status")?,
            attempts: row.get("attempts")?,
            last_error: row.get("last_error")?,
            sent: row.get("sent_us")?,
            sealed: row.get("body")?,
        })
    }

    pub fn body(&self, vault: &Vault) -> Result<Secret> {
        Ok(vault.open(&identity(&self.id), &self.sealed)?)
    }
}

/// Mails from the newest on, those before the mail `before` where it is given.
pub async fn page(conn: &mut Conn, before: Option<&str>, limit: i64) -> Result<Vec<Kept>> {
    let select = query(format!("{SELECT} where (id < $1 or $2 = 1) order by id desc limit $3"));
    let select = select.bind(before.unwrap_or_default()).bind(before.is_none()).bind(limit);
    select.all(conn).await?.iter().map(Kept::read).collect()
}

/// Takes up to `limit` mails; until `until` nobody else does.
pub async fn take(conn: &mut Conn, now: Instant, until: Instant, limit: i64) -> Result<Vec<Kept>> {
    let taken = query(
        "update outbox set due_us = $1 where status = 'QUEUED' and due_us <= $2 and id in
            (select id from outbox where status = 'QUEUED' and due_us <= $2 order by created_us, id limit $3)
         returning id",
    );
    let mut mails = Vec::new();
    for row in taken.bind(until).bind(now).bind(limit).all(conn).await? {
        let one = query(format!("{SELECT} where id = $1")).bind(row.get::<String>("id")?);
        mails.push(Kept::read(&one.one(conn).await?)?);
    }
    Ok(mails)
}

/// Whether a mail waits that may be taken up now.
pub async fn is_due(conn: &mut Conn, now: Instant) -> Result<bool> {
    let due = query("select 1 as one from outbox where status = 'QUEUED' and due_us <= $1 limit 1").bind(now);
    Ok(due.optional(conn).await?.is_some())
}

pub async fn sent(conn: &mut Conn, id: &str, now: Instant) -> Result<()> {
    query("update outbox set status = 'SENT', sent_us = $1, attempts = attempts + 1, last_error = null where id = $2")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes a failed attempt: tried again at `again`, or given up without it.
pub async fn failed(conn: &mut Conn, id: &str, error: &str, again: Option<Instant>) -> Result<()> {
    query("update outbox set status = $1, due_us = $2, attempts = attempts + 1, last_error = $3 where id = $4")
        .bind(if again.is_some() { "QUEUED" } else { "FAILED" })
        .bind(again.unwrap_or(Instant::EPOCH))
        .bind(error)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}
