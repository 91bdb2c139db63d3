//! Sessions: who is signed in with a browser.
//!
//! Invariant: the cookie's value (256 bits) exists in the browser alone; the row has its keyed hash. A sign-in always makes a new one
//! and ends the one that the browser had. A session ends by sign-out, after the idle window of the sign-on policy without a request, after
//! its lifetime whatever happens, and with the person: a suspended or deactivated one has none.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use db::{Conn, Row, query};
use url::Url;
use vault::{Secret, Vault};
use world::{Instant, World};

use super::{cookie, sign_on};
use crate::{
    Org, Result,
    model::{
        id::UserId,
        log::CallOrigin,
        token::may_act,
        user::{self, User},
    },
};

const ID_BYTES_AS_TEXT: usize = 43;
const PUBLIC_ID_LEN: usize = 25;
const EXTERNAL_ID_LEN: usize = 22;
const PURPOSE: &str = "session";
const CSRF_PURPOSE: &str = "csrf token";
/// The idle window is moved at most this often.
const TOUCHED_EVERY: Duration = Duration::from_secs(60);
/// A lifetime that no session outlives, for those that only end by being idle.
const ENDLESS: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);
/// Ended sessions that a new one clears away at most.
const SWEPT_AT_ONCE: i64 = 100;

/// How somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Methods as RFC 8176 names them; `mfa` when there were two.
    pub amr: Vec<String>,
    /// When a factor was last verified.
    pub factor_at: Option<Instant>,
}

impl Proof {
    pub fn password() -> Proof {
        Proof { amr: vec!["pwd".to_owned()], factor_at: None }
    }

    /// With a factor verified now.
    pub fn with_factor(mut self, method: &str, now: Instant) -> Proof {
        for method in [method, "mfa"] {
            if !self.amr.iter().any(|known| known == method) {
                self.amr.push(method.to_owned());
            }
        }
        self.factor_at = Some(now);
        self
    }
}

#[derive(Clone, Debug)]
pub struct Session {
    /// What the API calls it: `102…`.
    pub public_id: String,
    /// What the System Log calls it: `trs…`.
    pub external_id: String,
    pub user_id: UserId,
    pub user: User,
    pub amr: Vec<String>,
    pub created: Instant,
    /// When the password was last given.
    pub password_at: Instant,
    /// When a factor was last verified.
    pub factor_at: Option<Instant>,
    pub idle: Duration,
    pub used: Instant,
    /// When it ends, if nothing more is asked with it.
    pub expires: Instant,
    hash: String,
}

/// A session just made: the value goes into the cookie and nowhere else.
pub struct NewSession {
    pub session: Session,
    value: Secret,
    persistent: Option<Duration>,
}

impl NewSession {
    pub fn cookie(&self, address: &Url) -> HeaderValue {
        cookie::set(cookie::SESSION, &self.value, self.persistent, address)
    }
}

const COLUMNS: &str = "s.id_hash, s.public_id, s.external_id, s.user_id, s.amr, s.created_us, s.password_us, s.factor_us, s.idle_minutes, s.used_us, s.idle_expires_us, s.expires_us";

/// Begins a session as the sign-on policy says, and ends the one that `headers` carry. `kept`: the person wants the cookie to outlive
/// the browser's window.
pub async fn begin(
    conn: &mut Conn,
    org: &Org,
    origin: &CallOrigin,
    headers: &HeaderMap,
    user: &User,
    proof: &Proof,
    kept: bool,
) -> Result<NewSession> {
    let (vault, world): (&Vault, &World) = (&org.vault, &org.world);
    let now = world.now();
    let policy = sign_on::of(conn, user, origin.address).await?;
    if let Some(old) = cookie::read(headers, cookie::SESSION) {
        query("delete from session where id_hash = $1").bind(hash(vault, &old)).execute(conn).await?;
    }
    query("delete from session where id_hash in (select id_hash from session where idle_expires_us < $1 order by idle_expires_us limit $2)")
        .bind(now)
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let value = Secret::new(world.random.base64url(ID_BYTES_AS_TEXT));
    let expires = now.plus(policy.lifetime.unwrap_or(ENDLESS));
    let session = Session {
        public_id: format!("102{}", world.random.base64url(PUBLIC_ID_LEN - 3)),
        external_id: format!("trs{}", world.random.base64url(EXTERNAL_ID_LEN)),
        user_id: user.id.clone(),
        user: user.clone(),
        amr: proof.amr.clone(),
        created: now,
        password_at: now,
        factor_at: proof.factor_at,
        idle: policy.idle,
        used: now,
        expires: now.plus(policy.idle).min(expires),
        hash: hash(vault, &value),
    };
    query(
        "insert into session (id_hash, public_id, external_id, user_id, amr, created_us, password_us, used_us, idle_expires_us, expires_us,
            factor_us, idle_minutes)
         values ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9, $10)",
    )
    .bind(&session.hash)
    .bind(&session.public_id)
    .bind(&session.external_id)
    .bind(user.id.as_str())
    .bind(session.amr.join(" "))
    .bind(now)
    .bind(session.expires)
    .bind(expires)
    .bind(session.factor_at)
    .bind(minutes(session.idle))
    .execute(conn)
    .await?;
    user::record_login(conn, &user.id, now).await?;
    let persistent = (kept || policy.persistent).then(|| policy.lifetime.unwrap_or(policy.idle));
    Ok(NewSession { session, value, persistent })
}

fn minutes(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs() / 60).unwrap_or(i64::MAX)
}

/// Notes that the person of a session verified a factor now.
pub async fn note_factor(conn: &mut Conn, session: &Session, proof: &Proof) -> Result<()> {
    query("update session set amr = $1, factor_us = $2 where id_hash = $3")
        .bind(proof.amr.join(" "))
        .bind(proof.factor_at)
        .bind(&session.hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// The session whose cookie came with a request, while it lasts.
pub async fn current(org: &Org, headers: &HeaderMap, conn: &mut Conn) -> Result<Option<Session>> {
    let Some(value) = cookie::read(headers, cookie::SESSION) else { return Ok(None) };
    let sql = format!(
        "select {COLUMNS} from session s where s.id_hash = $1 and s.idle_expires_us > $2 and s.expires_us > $2"
    );
    let row = query(sql).bind(hash(&org.vault, &value)).bind(org.now()).optional(conn).await?;
    read(conn, row).await
}

/// Sessions of one person that a page lists.
const SHOWN_MAX: usize = 100;

/// The session that the API calls by this id.
pub async fn by_public_id(conn: &mut Conn, id: &str, now: Instant) -> Result<Option<Session>> {
    let sql = format!(
        "select {COLUMNS} from session s where s.public_id = $1 and s.idle_expires_us > $2 and s.expires_us > $2"
    );
    let row = query(sql).bind(id).bind(now).optional(conn).await?;
    read(conn, row).await
}

/// The sessions of a person that last, the one that was used last first.
pub async fn all_of(conn: &mut Conn, user: &UserId, now: Instant) -> Result<Vec<Session>> {
    let sql = format!(
        "select {COLUMNS} from session s where s.user_id = $1 and s.idle_expires_us > $2 and s.expires_us > $2
         order by s.used_us desc, s.public_id limit {SHOWN_MAX}"
    );
    let mut sessions = Vec::new();
    for row in query(sql).bind(user.as_str()).bind(now).all(conn).await? {
        sessions.extend(read(conn, Some(row)).await?);
    }
    Ok(sessions)
}

/// Moves the idle window, when that was not done within the last minute.
pub async fn touch(org: &Org, session: &Session) -> Result<()> {
    if org.now().since(session.used) < TOUCHED_EVERY {
        return Ok(());
    }
    let mut tx = org.db.begin().await?;
    renew(&mut tx, session, org.now()).await?;
    Ok(tx.commit().await?)
}

/// Moves the idle window now; when the session ends then.
pub async fn renew(conn: &mut Conn, session: &Session, now: Instant) -> Result<Instant> {
    let until = now.plus(session.idle);
    let row = query(
        "update session set used_us = $1, idle_expires_us = case when expires_us < $2 then expires_us else $2 end
         where id_hash = $3 and idle_expires_us > $1 returning idle_expires_us",
    );
    let row = row.bind(now).bind(until).bind(&session.hash).optional(conn).await?;
    Ok(row.map(|row| row.get("idle_expires_us")).transpose()?.unwrap_or(session.expires))
}

/// `false`: it had ended.
pub async fn end(conn: &mut Conn, session: &Session) -> Result<bool> {
    Ok(query("delete from session where id_hash = $1").bind(&session.hash).execute(conn).await? == 1)
}

/// Ends every session of a person and what would lead to one; how many sessions there were.
pub async fn end_all(conn: &mut Conn, user: &UserId) -> Result<u64> {
    end_all_but(conn, user, None).await
}

/// Leaves the session that somebody is acting by.
pub async fn end_all_but(conn: &mut Conn, user: &UserId, own: Option<&Session>) -> Result<u64> {
    query("delete from session_token where user_id = $1").bind(user.as_str()).execute(conn).await?;
    query("delete from sign_in_state where user_id = $1").bind(user.as_str()).execute(conn).await?;
    let ended = query("delete from session where user_id = $1 and id_hash <> $2").bind(user.as_str());
    Ok(ended.bind(own.map_or("", |own| own.hash.as_str())).execute(conn).await?)
}

/// The token that unsafe calls made with this session must carry in `X-CSRF-Token`. It gives nothing of the cookie away.
pub fn csrf_token(org: &Org, session: &Session) -> String {
    org.vault.keyed_hash(CSRF_PURPOSE, session.hash.as_bytes())
}

/// The token that belongs to the cookie of a request.
pub fn csrf_token_of(vault: &Vault, headers: &HeaderMap) -> Option<String> {
    cookie::read(headers, cookie::SESSION).map(|value| vault.keyed_hash(CSRF_PURPOSE, hash(vault, &value).as_bytes()))
}

fn hash(vault: &Vault, value: &Secret) -> String {
    vault.keyed_hash(PURPOSE, value.expose_bytes())
}

async fn read(conn: &mut Conn, row: Option<Row>) -> Result<Option<Session>> {
    let Some(row) = row else { return Ok(None) };
    let user: String = row.get("user_id")?;
    let Some(user) = user::by_id(conn, &user.into()).await?.filter(|user| may_act(user.status)) else {
        return Ok(None);
    };
    let amr: String = row.get("amr")?;
    Ok(Some(Session {
        public_id: row.get("public_id")?,
        external_id: row.get("external_id")?,
        user_id: user.id.clone(),
        user,
        amr: amr.split(' ').map(str::to_owned).collect(),
        created: row.get("created_us")?,
        password_at: row.get("password_us")?,
        factor_at: row.get("factor_us")?,
        idle: Duration::from_secs(row.get::<i64>("idle_minutes")?.max(1).unsigned_abs() * 60),
        used: row.get("used_us")?,
        expires: row.get("idle_expires_us")?,
        hash: row.get("id_hash")?,
    }))
}
