//! Grants: one authorization of one person for one client, with the codes and tokens that hang on it.
//!
//! Invariant: what works once is used up by one conditional update; ending a grant ends everything on it, and that survives a crash and
//! a restart, since every use of a token asks the grant.

use std::time::Duration;

use db::{Conn, Row, query};
use vault::Secret;
use world::Instant;

use super::server::Server;
use crate::{
    Org, Result,
    model::{
        app::App,
        id::{AppId, UserId},
    },
};

pub const CODE_LIFE: Duration = Duration::from_secs(60);
const CODE_LEN: usize = 43;
const REFRESH_TOKEN_LEN: usize = 43;
const TOKEN_ID_LEN: usize = 43;
/// Grants are kept so long after their last token, so that a replay is still recognised.
const KEPT_AFTER: Duration = Duration::from_secs(24 * 3_600);
const SWEPT_AT_ONCE: i64 = 50;
/// What stands for "without end": a hundred years.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);

/// How long tokens last, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub access_token_s: i64,
    /// How long a refresh token lasts whatever happens; `None`: without end.
    pub refresh_token_s: Option<i64>,
    /// How long it lasts unused.
    pub refresh_idle_s: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub id: String,
    pub server_id: String,
    pub app_id: AppId,
    /// Absent where a client acts for itself.
    pub user_id: Option<UserId>,
    pub session_id: Option<String>,
    pub scopes: Vec<String>,
    /// When the person gave a password.
    pub auth_time: Option<Instant>,
    pub amr: Vec<String>,
    /// The assurance that was asked for and met.
    pub acr: Option<String>,
    /// What the policy was asked about.
    pub grant_type: String,
    /// On which terms it was made; older ones are on those of their server.
    terms: Option<Terms>,
}

pub(super) const COLUMNS: &str = "g.id, g.server_id, g.app_id, g.user_id, g.session_id, g.scopes, g.auth_us, g.amr, g.acr, g.grant_type, g.access_token_s, g.refresh_token_s, g.refresh_idle_s";

impl Grant {
    pub(super) fn read(row: &Row) -> Result<Grant> {
        let (scopes, amr): (String, String) = (row.get("scopes")?, row.get("amr")?);
        let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Ok(Grant {
            id: row.get("id")?,
            server_id: row.get("server_id")?,
            app_id: row.get::<String>("app_id")?.into(),
            user_id: row.get::<Option<String>>("user_id")?.map(UserId::from),
            session_id: row.get("session_id")?,
            scopes: words(&scopes),
            auth_time: row.get("auth_us")?,
            amr: words(&amr),
            acr: row.get("acr")?,
            grant_type: row.get("grant_type")?,
            terms: match row.get::<Option<i64>>("access_token_s")? {
                Some(access_token_s) => Some(Terms {
                    access_token_s,
                    refresh_token_s: row.get("refresh_token_s")?,
                    refresh_idle_s: row.get("refresh_idle_s")?,
                }),
                None => None,
            },
        })
    }

    pub fn terms(&self, server: &Server) -> Terms {
        self.terms.unwrap_or(server.terms)
    }

    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// What a grant is made of.
pub struct NewGrant<'a> {
    pub server: &'a Server,
    pub app: &'a App,
    pub user: Option<&'a UserId>,
    pub session_id: Option<&'a str>,
    pub scopes: &'a [String],
    pub auth_time: Option<Instant>,
    pub amr: &'a [String],
    pub acr: Option<&'a str>,
    pub grant_type: &'a str,
    pub terms: Terms,
}

/// The grant as it would be, kept nowhere.
pub fn imagined(org: &Org, new: &NewGrant<'_>) -> Grant {
    Grant {
        id: format!("oag{}", org.world.random.base62(17)),
        server_id: new.server.id.clone(),
        app_id: new.app.id.clone(),
        user_id: new.user.cloned(),
        session_id: new.session_id.map(str::to_owned),
        scopes: new.scopes.to_vec(),
        auth_time: new.auth_time,
        amr: new.amr.to_vec(),
        acr: new.acr.map(str::to_owned),
        grant_type: new.grant_type.to_owned(),
        terms: Some(new.terms),
    }
}

pub async fn create(conn: &mut Conn, org: &Org, new: &NewGrant<'_>) -> Result<Grant> {
    let now = org.now();
    query("delete from oauth_grant where id in (select id from oauth_grant where expires_us < $1 order by expires_us limit $2)")
        .bind(now.minus(KEPT_AFTER))
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let refreshes = new.scopes.iter().any(|scope| scope == "offline_access");
    let life =
        if refreshes { new.terms.refresh_token_s.map_or(FOREVER, seconds) } else { seconds(new.terms.access_token_s) };
    let grant = imagined(org, new);
    query(
        "insert into oauth_grant (id, server_id, app_id, user_id, session_id, scopes, auth_us, amr, created_us, expires_us, acr, grant_type,
            access_token_s, refresh_token_s, refresh_idle_s) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(&grant.id)
    .bind(&grant.server_id)
    .bind(grant.app_id.as_str())
    .bind(grant.user_id.as_ref().map(UserId::as_str))
    .bind(grant.session_id.clone())
    .bind(grant.scopes.join(" "))
    .bind(grant.auth_time)
    .bind(grant.amr.join(" "))
    .bind(now)
    .bind(now.plus(life).plus(CODE_LIFE))
    .bind(grant.acr.clone())
    .bind(&grant.grant_type)
    .bind(new.terms.access_token_s)
    .bind(new.terms.refresh_token_s)
    .bind(new.terms.refresh_idle_s)
    .execute(conn)
    .await?;
    Ok(grant)
}

pub(crate) fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.max(0).unsigned_abs())
}

/// What a code was given for.
#[derive(Clone, Debug)]
pub struct Code {
    pub redirect_uri: String,
    pub nonce: Option<String>,
    pub challenge: Option<String>,
}

pub async fn create_code(conn: &mut Conn, org: &Org, grant: &Grant, code: &Code) -> Result<Secret> {
    let value = Secret::new(org.world.random.base64url(CODE_LEN));
    query("insert into authorization_code (code_hash, grant_id, redirect_uri, nonce, challenge, expires_us) values ($1, $2, $3, $4, $5, $6)")
        .bind(hash(org, "authorization code", &value))
        .bind(&grant.id)
        .bind(&code.redirect_uri)
        .bind(code.nonce.clone())
        .bind(code.challenge.clone())
        .bind(org.now().plus(CODE_LIFE))
        .execute(conn)
        .await?;
    Ok(value)
}

/// What came of a code.
pub enum Redeemed {
    First(Grant, Code),
    /// It had been used: the grant was ended by this.
    Replayed(Grant),
    /// Another client's.
    Foreign,
    Unknown,
}

/// Uses a code up. Of any number of callers at once one is the first.
pub async fn redeem(conn: &mut Conn, org: &Org, server: &Server, app: &App, code: &Secret) -> Result<Redeemed> {
    let (now, hash) = (org.now(), hash(org, "authorization code", code));
    let row = query(
        "update authorization_code set used_us = $1 where code_hash = $2 and used_us is null and expires_us > $1
            and grant_id in (select id from oauth_grant where app_id = $3 and server_id = $4 and ended_us is null)
         returning grant_id, redirect_uri, nonce, challenge",
    );
    let row = row.bind(now).bind(&hash).bind(app.id.as_str()).bind(&server.id).optional(conn).await?;
    if let Some(row) = row {
        let code =
            Code { redirect_uri: row.get("redirect_uri")?, nonce: row.get("nonce")?, challenge: row.get("challenge")? };
        let grant = by_id(conn, &row.get::<String>("grant_id")?).await?;
        return Ok(grant.map_or(Redeemed::Unknown, |grant| Redeemed::First(grant, code)));
    }
    let sql = format!(
        "select {COLUMNS}, c.used_us from authorization_code c join oauth_grant g on g.id = c.grant_id where c.code_hash = $1"
    );
    let Some(row) = query(sql).bind(&hash).optional(conn).await? else { return Ok(Redeemed::Unknown) };
    let (grant, used): (Grant, Option<Instant>) = (Grant::read(&row)?, row.get("used_us")?);
    if grant.app_id != app.id {
        return Ok(Redeemed::Foreign);
    }
    if used.is_none() {
        return Ok(Redeemed::Unknown);
    }
    end(conn, &grant.id, now).await?;
    Ok(Redeemed::Replayed(grant))
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Grant>> {
    let sql = format!("select {COLUMNS} from oauth_grant g where g.id = $1 and g.ended_us is null");
    let row = query(sql).bind(id).optional(conn).await?;
    row.map(|row| Grant::read(&row)).transpose()
}

/// Notes an access token; its `jti` and when it lapses.
pub async fn create_access_token(conn: &mut Conn, org: &Org, grant: &Grant, terms: Terms) -> Result<(String, Instant)> {
    let jti = format!("AT.{}", org.world.random.base64url(TOKEN_ID_LEN));
    let expires = org.now().whole_second().plus(seconds(terms.access_token_s));
    query("insert into access_token (jti, grant_id, expires_us) values ($1, $2, $3)")
        .bind(&jti)
        .bind(&grant.id)
        .bind(expires)
        .execute(conn)
        .await?;
    Ok((jti, expires))
}

/// The grant of an access token that still holds.
pub async fn by_access_token(conn: &mut Conn, jti: &str, now: Instant) -> Result<Option<Grant>> {
    let sql = format!(
        "select {COLUMNS} from access_token t join oauth_grant g on g.id = t.grant_id
         where t.jti = $1 and t.expires_us > $2 and t.ended_us is null and g.ended_us is null"
    );
    let row = query(sql).bind(jti).bind(now).optional(conn).await?;
    row.map(|row| Grant::read(&row)).transpose()
}

pub async fn end_access_token(conn: &mut Conn, jti: &str, now: Instant) -> Result<()> {
    query("update access_token set ended_us = $1 where jti = $2 and ended_us is null")
        .bind(now)
        .bind(jti)
        .execute(conn)
        .await?;
    Ok(())
}

/// A refresh token as it is stored.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    pub id: String,
    pub grant: Grant,
    pub expires: Instant,
    pub replaced: Option<Instant>,
    hash: String,
}

/// Makes a refresh token; a later one of the same grant inherits when the first one lapses.
pub async fn create_refresh_token(
    conn: &mut Conn,
    org: &Org,
    grant: &Grant,
    terms: Terms,
    inherited: Option<Instant>,
) -> Result<Secret> {
    let now = org.now();
    let value = Secret::new(org.world.random.base64url(REFRESH_TOKEN_LEN));
    let expires = inherited.unwrap_or_else(|| now.plus(terms.refresh_token_s.map_or(FOREVER, seconds)));
    query("insert into refresh_token (token_hash, id, grant_id, created_us, expires_us, idle_us, updated_us) values ($1, $2, $3, $4, $5, $6, $4)")
        .bind(hash(org, "refresh token", &value))
        .bind(format!("oar{}", org.world.random.base62(17)))
        .bind(&grant.id)
        .bind(now)
        .bind(expires)
        .bind(terms.refresh_idle_s.map(|idle| now.plus(seconds(idle))))
        .execute(conn)
        .await?;
    Ok(value)
}

/// A refresh token that was not ended and has not lapsed; replaced ones too.
pub async fn refresh_token(conn: &mut Conn, org: &Org, value: &Secret) -> Result<Option<RefreshToken>> {
    let sql = format!(
        "select {COLUMNS}, t.token_hash, t.id as token_id, t.expires_us as token_expires_us, t.replaced_us
         from refresh_token t join oauth_grant g on g.id = t.grant_id
         where t.token_hash = $1 and t.expires_us > $2 and (t.idle_us is null or t.idle_us > $2) and g.ended_us is null"
    );
    let row = query(sql).bind(hash(org, "refresh token", value)).bind(org.now()).optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(RefreshToken {
        id: row.get("token_id")?,
        grant: Grant::read(&row)?,
        expires: row.get("token_expires_us")?,
        replaced: row.get("replaced_us")?,
        hash: row.get("token_hash")?,
    }))
}

/// Marks a refresh token as replaced by a newer one. `false`: somebody was first.
pub async fn replace(conn: &mut Conn, token: &RefreshToken, now: Instant) -> Result<bool> {
    let done = query("update refresh_token set replaced_us = $1 where token_hash = $2 and replaced_us is null");
    Ok(done.bind(now).bind(&token.hash).execute(conn).await? == 1)
}

/// A refresh token that stays the same was used: its idle window begins again.
pub async fn use_again(conn: &mut Conn, terms: Terms, token: &RefreshToken, now: Instant) -> Result<()> {
    let idle = terms.refresh_idle_s.map(|idle| now.plus(seconds(idle)));
    query("update refresh_token set idle_us = $1, updated_us = $2 where token_hash = $3")
        .bind(idle)
        .bind(now)
        .bind(&token.hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a grant with all its tokens.
pub async fn end(conn: &mut Conn, id: &str, now: Instant) -> Result<()> {
    query("update oauth_grant set ended_us = $1 where id = $2 and ended_us is null")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends everything that was granted for a person.
pub async fn end_all_of_user(conn: &mut Conn, user: &UserId, now: Instant) -> Result<()> {
    query("update oauth_grant set ended_us = $1 where user_id = $2 and ended_us is null")
        .bind(now)
        .bind(user.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends everything that was granted to an app.
pub async fn end_all_of_app(conn: &mut Conn, app: &AppId, now: Instant) -> Result<()> {
    query("update oauth_grant set ended_us = $1 where app_id = $2 and ended_us is null")
        .bind(now)
        .bind(app.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends everything that a server granted.
pub async fn end_all_of_server(conn: &mut Conn, server_id: &str, now: Instant) -> Result<()> {
    query("update oauth_grant set ended_us = $1 where server_id = $2 and ended_us is null")
        .bind(now)
        .bind(server_id)
        .execute(conn)
        .await?;
    Ok(())
}

fn hash(org: &Org, purpose: &str, value: &Secret) -> String {
    org.vault.keyed_hash(purpose, value.expose_bytes())
}
