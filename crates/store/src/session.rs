//! Sessions. The id is 256 random bits; only its keyed hash is here.

use db::{Conn, query};
use domain::PersonId;
use world::Instant;

use crate::{
    Result,
    person::{self, Person},
};

/// A session with the person whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id_hash: String,
    pub epoch: i64,
    pub began_at: Instant,
    pub used_at: Instant,
    /// The ID token of a sign-in at the org, sealed for `session/<id_hash>`.
    pub id_token: Option<Vec<u8>>,
    pub person: Person,
}

pub struct NewSession<'a> {
    pub id_hash: &'a str,
    pub person: &'a PersonId,
    pub id_token: Option<Vec<u8>>,
    pub client_address: String,
}

/// Begins a session in the person's present epoch.
pub async fn insert(conn: &mut Conn, new: NewSession<'_>, now: Instant) -> Result<()> {
    query(
        "insert into session (id_hash, person_id, epoch, began_us, used_us, id_token, client_address)
         select $1, p.id, p.epoch, $2, $2, $3, $4 from person p where p.id = $5",
    )
    .bind(new.id_hash)
    .bind(now)
    .bind(new.id_token)
    .bind(new.client_address)
    .bind(new.person.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn find(conn: &mut Conn, id_hash: &str) -> Result<Option<Session>> {
    let statement = format!(
        "select {}, s.id_hash, s.epoch as session_epoch, s.began_us, s.used_us, s.id_token
         from session s join person p on p.id = s.person_id where s.id_hash = $1",
        person::COLUMNS
    );
    let row = query(statement).bind(id_hash).optional(conn).await?;
    row.map(|row| {
        Ok(Session {
            id_hash: row.get("id_hash")?,
            epoch: row.get("session_epoch")?,
            began_at: row.get("began_us")?,
            used_at: row.get("used_us")?,
            id_token: row.get("id_token")?,
            person: person::read(&row)?,
        })
    })
    .transpose()
}

pub async fn touch(conn: &mut Conn, id_hash: &str, now: Instant) -> Result<()> {
    query("update session set used_us = $2 where id_hash = $1").bind(id_hash).bind(now).execute(conn).await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id_hash: &str) -> Result<bool> {
    Ok(query("delete from session where id_hash = $1").bind(id_hash).execute(conn).await? == 1)
}

/// Removes sessions that ended by time.
pub async fn delete_over(conn: &mut Conn, used_before: Instant, began_before: Instant) -> Result<u64> {
    let statement = query("delete from session where used_us < $1 or began_us < $2");
    Ok(statement.bind(used_before).bind(began_before).execute(conn).await?)
}
