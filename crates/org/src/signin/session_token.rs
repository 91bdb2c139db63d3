//! Session tokens: what `/api/v1/authn` ends with, exchanged once for a session.

use std::time::Duration;

use db::{Conn, query};
use vault::Secret;
use world::Instant;

use super::session::Proof;
use crate::{
    Org, Result,
    model::{
        id::UserId,
        token::may_act,
        user::{self, User},
    },
};

pub const LIFE: Duration = Duration::from_secs(300);
const LEN: usize = 42;
const PURPOSE: &str = "session token";
const SWEPT_AT_ONCE: i64 = 100;

pub async fn create(conn: &mut Conn, org: &Org, user: &UserId, proof: &Proof) -> Result<(Secret, Instant)> {
    let now = org.now();
    let expires = now.plus(LIFE);
    query("delete from session_token where token_hash in (select token_hash from session_token where expires_us < $1 order by expires_us limit $2)")
        .bind(now)
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let token = Secret::new(format!("00{}", org.world.random.base64url(LEN - 2)));
    query(
        "insert into session_token (token_hash, user_id, created_us, expires_us, amr, factor_us) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(hash(org, &token))
    .bind(user.as_str())
    .bind(now)
    .bind(expires)
    .bind(proof.amr.join(" "))
    .bind(proof.factor_at)
    .execute(conn)
    .await?;
    Ok((token, expires))
}

/// Uses the token up. Of any number of callers at once one gets the person, and how they proved who they are.
pub async fn consume(conn: &mut Conn, org: &Org, token: &Secret) -> Result<Option<(User, Proof)>> {
    let now = org.now();
    let row = query(
        "update session_token set used_us = $1 where token_hash = $2 and used_us is null and expires_us > $1 returning user_id, amr, factor_us",
    );
    let Some(row) = row.bind(now).bind(hash(org, token)).optional(conn).await? else { return Ok(None) };
    let user = user::by_id(conn, &row.get::<String>("user_id")?.into()).await?;
    let amr: String = row.get("amr")?;
    let proof = Proof { amr: amr.split(' ').map(str::to_owned).collect(), factor_at: row.get("factor_us")? };
    Ok(user.filter(|user| may_act(user.status)).map(|user| (user, proof)))
}

fn hash(org: &Org, token: &Secret) -> String {
    org.vault.keyed_hash(PURPOSE, token.expose_bytes())
}
