//! Wrong passwords: a growing delay for each name and address, then LOCKED_OUT, which ends by itself.
//!
//! Invariant: a name that nobody has is counted, delayed and refused exactly like one that somebody has; only the status of a person
//! and the log tell them apart. A delay is for the address that guesses: it keeps nobody else out.

use std::{net::IpAddr, time::Duration};

use db::{Conn, query};
use vault::Vault;
use world::Instant;

use super::password_policy::PasswordPolicy;
use crate::{
    Error, Result,
    model::{
        fold,
        user::{self, Status, User},
    },
};

/// Wrong passwords from one address that cost nothing yet.
const FREE_FAILURES: i64 = 2;
const DELAY_MAX: Duration = Duration::from_secs(30);
/// Failures are forgotten after so long without another.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// Rows that one failure clears away at most.
const SWEPT_AT_ONCE: i64 = 100;

/// Who is guessing whose password, in the form in which it is counted.
#[derive(Clone, Debug)]
pub struct Guess {
    name_hash: String,
    address: String,
}

/// What counting a wrong password led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Noted,
    /// The last one that was allowed: the person, if there is one, is to be locked out.
    LimitReached,
}

impl Guess {
    pub fn new(vault: &Vault, login: &str, address: Option<IpAddr>) -> Guess {
        let address = address.map_or_else(|| "unknown".to_owned(), |address| address.to_canonical().to_string());
        Guess { name_hash: name_hash(vault, login), address }
    }

    /// How long this address must wait before it may try this name again.
    pub async fn wait(&self, conn: &mut Conn, now: Instant) -> Result<Option<Duration>> {
        let row = query("select next_us from sign_in_failure where name_hash = $1 and address = $2");
        let row = row.bind(&self.name_hash).bind(&self.address).optional(conn).await?;
        let next: Option<Instant> = row.map(|row| row.get("next_us")).transpose()?;
        Ok(next.map(|next| next.since(now)).filter(|left| !left.is_zero()))
    }

    /// Whether the name is closed at the moment by wrong passwords from anywhere.
    pub async fn is_closed(&self, conn: &mut Conn, policy: &PasswordPolicy, now: Instant) -> Result<bool> {
        let Some((failures, until)) = self.total(conn).await? else { return Ok(false) };
        let limit = i64::from(policy.max_attempts);
        Ok(limit > 0 && failures >= limit && (policy.auto_unlock_minutes == 0 || until > now))
    }

    /// Forgets failures whose lock has ended, or that are long ago. `true`: a lock ended.
    pub async fn lapse(&self, conn: &mut Conn, policy: &PasswordPolicy, now: Instant) -> Result<bool> {
        let Some((failures, until)) = self.total(conn).await? else { return Ok(false) };
        let limit = i64::from(policy.max_attempts);
        let lock_ended = limit > 0 && failures >= limit && policy.auto_unlock_minutes > 0 && until <= now;
        if lock_ended {
            self.forget(conn).await?;
        }
        Ok(lock_ended)
    }

    /// Counts a wrong password.
    pub async fn count(&self, conn: &mut Conn, policy: &PasswordPolicy, now: Instant) -> Result<Counted> {
        let old = query(
            "delete from sign_in_failure where (name_hash, address) in
            (select name_hash, address from sign_in_failure where last_us < $1 order by last_us limit $2)",
        );
        old.bind(now.minus(FORGOTTEN_AFTER)).bind(SWEPT_AT_ONCE).execute(conn).await?;
        let here = self.add(conn, &self.address, now).await?;
        self.set_next(conn, &self.address, now.plus(delay(here))).await?;
        let everywhere = self.add(conn, "", now).await?;
        if everywhere != i64::from(policy.max_attempts) {
            return Ok(Counted::Noted);
        }
        self.set_next(conn, "", now.plus(lock_length(policy))).await?;
        Ok(Counted::LimitReached)
    }

    /// The right password was given: what was counted before is void.
    pub async fn forget(&self, conn: &mut Conn) -> Result<()> {
        query("delete from sign_in_failure where name_hash = $1").bind(&self.name_hash).execute(conn).await?;
        Ok(())
    }

    async fn total(&self, conn: &mut Conn) -> Result<Option<(i64, Instant)>> {
        let row = query("select failures, next_us from sign_in_failure where name_hash = $1 and address = ''");
        let row = row.bind(&self.name_hash).optional(conn).await?;
        row.map(|row| Ok((row.get("failures")?, row.get("next_us")?))).transpose()
    }

    async fn add(&self, conn: &mut Conn, address: &str, now: Instant) -> Result<i64> {
        let row = query(
            "insert into sign_in_failure (name_hash, address, failures, last_us, next_us) values ($1, $2, 1, $3, $3)
             on conflict (name_hash, address) do update set failures = sign_in_failure.failures + 1, last_us = excluded.last_us
             returning failures",
        );
        Ok(row.bind(&self.name_hash).bind(address).bind(now).one(conn).await?.get("failures")?)
    }

    async fn set_next(&self, conn: &mut Conn, address: &str, next: Instant) -> Result<()> {
        let update = query("update sign_in_failure set next_us = $1 where name_hash = $2 and address = $3");
        update.bind(next).bind(&self.name_hash).bind(address).execute(conn).await?;
        Ok(())
    }
}

/// Sets the status and remembers the one before. `false`: a person of this status is not locked out.
pub async fn lock(conn: &mut Conn, user: &User, policy: &PasswordPolicy, now: Instant) -> Result<bool> {
    if !matches!(user.status, Status::Active | Status::PasswordExpired) {
        return Ok(false);
    }
    let until = (policy.auto_unlock_minutes > 0).then(|| now.plus(lock_length(policy)));
    query("insert into sign_in_lock (user_id, from_status, locked_us, until_us) values ($1, $2, $3, $4)
           on conflict (user_id) do update set from_status = excluded.from_status, locked_us = excluded.locked_us, until_us = excluded.until_us")
        .bind(user.id.as_str())
        .bind(user.status.as_str())
        .bind(now)
        .bind(until)
        .execute(conn)
        .await?;
    user::set_status(conn, &user.id, Status::LockedOut, now).await?;
    Ok(true)
}

/// Ends a lock whose time is over. `true`: it did, and the person has the status from before.
pub async fn unlock_if_due(conn: &mut Conn, user: &User, now: Instant) -> Result<bool> {
    if user.status != Status::LockedOut {
        return Ok(false);
    }
    let ended = query(
        "delete from sign_in_lock where user_id = $1 and until_us is not null and until_us <= $2 returning from_status",
    );
    let Some(row) = ended.bind(user.id.as_str()).bind(now).optional(conn).await? else { return Ok(false) };
    let from: String = row.get("from_status")?;
    let from =
        Status::parse(&from).ok_or_else(|| Error::Stored { what: "lock", reason: format!("unknown status {from}") })?;
    user::set_status(conn, &user.id, from, now).await?;
    Ok(true)
}

/// An administrator unlocked somebody, or set a new password: nothing counts any more. The status is the caller's.
pub async fn clear(conn: &mut Conn, vault: &Vault, user: &User) -> Result<()> {
    query("delete from sign_in_lock where user_id = $1").bind(user.id.as_str()).execute(conn).await?;
    query("delete from sign_in_failure where name_hash = $1").bind(name_hash(vault, &user.login)).execute(conn).await?;
    Ok(())
}

fn name_hash(vault: &Vault, login: &str) -> String {
    vault.keyed_hash("sign-in name", fold(login.trim()).as_bytes())
}

/// 1, 2, 4, ... seconds after the failures that are free.
fn delay(failures: i64) -> Duration {
    if failures <= FREE_FAILURES {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(failures - FREE_FAILURES - 1).unwrap_or(u32::MAX).min(16);
    Duration::from_secs(1 << doublings).min(DELAY_MAX)
}

fn lock_length(policy: &PasswordPolicy) -> Duration {
    Duration::from_secs(u64::from(policy.auto_unlock_minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_and_stays_bounded() {
        let seconds: Vec<u64> = (1..=10).map(|failures| delay(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(delay(i64::MAX), DELAY_MAX);
    }
}
