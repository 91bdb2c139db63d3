//! Links of one use that a person is sent: to set a first password (`/welcome/{token}`) or a new one (`/reset_password/{token}`), or to
//! end a lock (`/unlock_account/{token}`).
//!
//! Invariant: of a link's token only a keyed hash is kept; it is used up by one conditional update; a newer link of the same person
//! ends the older ones.

use std::time::Duration;

use db::{Conn, query};
use vault::{Secret, Vault};
use world::{Instant, World};

use super::id::UserId;
use crate::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Welcome,
    ResetPassword,
    Unlock,
}

const TOKEN_LEN: usize = 20;
const WELCOME_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);
const RESET_LIFE: Duration = Duration::from_secs(3_600);

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Welcome => "welcome",
            Purpose::ResetPassword => "reset_password",
            Purpose::Unlock => "unlock_account",
        }
    }

    /// The path of the page that the link opens, without the token.
    pub fn path(self) -> &'static str {
        match self {
            Purpose::Welcome => "/welcome/",
            Purpose::ResetPassword => "/reset_password/",
            Purpose::Unlock => "/unlock_account/",
        }
    }

    fn life(self) -> Duration {
        match self {
            Purpose::Welcome => WELCOME_LIFE,
            Purpose::ResetPassword | Purpose::Unlock => RESET_LIFE,
        }
    }
}

/// When a link that is made now ends.
pub fn lasts_until(purpose: Purpose, now: Instant) -> Instant {
    now.plus(purpose.life())
}

/// Makes a link's token.
pub async fn create(conn: &mut Conn, vault: &Vault, world: &World, user: &UserId, purpose: Purpose) -> Result<Secret> {
    let token = Secret::new(world.random.base64url(TOKEN_LEN));
    let now = world.now();
    end_all(conn, user).await?;
    query("insert into person_link (token_hash, user_id, purpose, created_us, expires_us) values ($1, $2, $3, $4, $5)")
        .bind(hash(vault, purpose, &token))
        .bind(user.as_str())
        .bind(purpose.as_str())
        .bind(now)
        .bind(lasts_until(purpose, now))
        .execute(conn)
        .await?;
    Ok(token)
}

/// Whose link it is, while it can be used.
pub async fn peek(
    conn: &mut Conn,
    vault: &Vault,
    purpose: Purpose,
    token: &Secret,
    now: Instant,
) -> Result<Option<UserId>> {
    let row = query("select user_id from person_link where token_hash = $1 and used_us is null and expires_us > $2")
        .bind(hash(vault, purpose, token))
        .bind(now)
        .optional(conn)
        .await?;
    Ok(row.map(|row| row.get::<String>("user_id")).transpose()?.map(UserId::from))
}

/// Uses the link up. Of any number of callers at once one gets the person.
pub async fn consume(
    conn: &mut Conn,
    vault: &Vault,
    purpose: Purpose,
    token: &Secret,
    now: Instant,
) -> Result<Option<UserId>> {
    let row = query("update person_link set used_us = $1 where token_hash = $2 and used_us is null and expires_us > $1 returning user_id")
        .bind(now)
        .bind(hash(vault, purpose, token))
        .optional(conn)
        .await?;
    Ok(row.map(|row| row.get::<String>("user_id")).transpose()?.map(UserId::from))
}

/// Ends every link of a person.
pub async fn end_all(conn: &mut Conn, user: &UserId) -> Result<()> {
    query("delete from person_link where user_id = $1").bind(user.as_str()).execute(conn).await?;
    Ok(())
}

fn hash(vault: &Vault, purpose: Purpose, token: &Secret) -> String {
    vault.keyed_hash(purpose.as_str(), token.expose_bytes())
}
