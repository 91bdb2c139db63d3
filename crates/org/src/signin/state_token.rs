//! State tokens: a sign-in that goes on, since the right password was given but a new one must be set first.
//!
//! Invariant: a state token that leads to a session is taken by one conditional delete; until then it may be tried again.

use std::time::Duration;

use db::{Conn, query};
use vault::Secret;
use world::Instant;

use crate::{
    Org, Result,
    model::{id::UserId, user::Status},
};

pub const LIFE: Duration = Duration::from_secs(300);
const LEN: usize = 42;
const SWEPT_AT_ONCE: i64 = 100;

/// What a state token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub user: UserId,
    pub status: Status,
    pub relay_state: Option<String>,
}

pub async fn create(conn: &mut Conn, org: &Org, state: &State) -> Result<(Secret, Instant)> {
    let now = org.now();
    query("delete from sign_in_state where token_hash in (select token_hash from sign_in_state where expires_us < $1 order by expires_us limit $2)")
        .bind(now)
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let token = Secret::new(format!("00{}", org.world.random.base64url(LEN - 2)));
    let expires = now.plus(LIFE);
    insert(conn, org, &token, state, expires).await?;
    Ok((token, expires))
}

/// What the token stands for, leaving it as it is. Its window begins again.
pub async fn peek(conn: &mut Conn, org: &Org, token: &Secret) -> Result<Option<(State, Instant)>> {
    let now = org.now();
    let expires = now.plus(LIFE);
    let row = query(
        "update sign_in_state set expires_us = $1 where token_hash = $2 and expires_us > $3 returning user_id, status, relay_state",
    );
    let row = row.bind(expires).bind(hash(org, token)).bind(now).optional(conn).await?;
    row.map(|row| Ok((read(&row)?, expires))).transpose()
}

/// Takes the token: of any number of callers at once one gets what it stands for.
pub async fn take(conn: &mut Conn, org: &Org, token: &Secret) -> Result<Option<State>> {
    let row = query(
        "delete from sign_in_state where token_hash = $1 and expires_us > $2 returning user_id, status, relay_state",
    );
    let row = row.bind(hash(org, token)).bind(org.now()).optional(conn).await?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &db::Row) -> Result<State> {
    let status: String = row.get("status")?;
    Ok(State {
        user: row.get::<String>("user_id")?.into(),
        status: Status::parse(&status).unwrap_or(Status::PasswordExpired),
        relay_state: row.get("relay_state")?,
    })
}

async fn insert(conn: &mut Conn, org: &Org, token: &Secret, state: &State, expires: Instant) -> Result<()> {
    query(
        "insert into sign_in_state (token_hash, user_id, status, relay_state, expires_us) values ($1, $2, $3, $4, $5)",
    )
    .bind(hash(org, token))
    .bind(state.user.as_str())
    .bind(state.status.as_str())
    .bind(state.relay_state.clone())
    .bind(expires)
    .execute(conn)
    .await?;
    Ok(())
}

fn hash(org: &Org, token: &Secret) -> String {
    org.vault.keyed_hash("state token", token.expose_bytes())
}
