//! Factors: what somebody signs in with beside the password.
//!
//! Invariant: secrets are sealed, answers and codes are keyed hashes; a time step or counter that was used is not used again.

use db::{Conn, Row, query};
use serde_json::{Map, Value};
use vault::{Secret, Vault};
use world::{Instant, World};

use super::id::{UserId, generate};
use crate::{Error, Result};

/// The kinds that this org has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    Email,
    /// Codes of the authenticator app that the org calls its own; any app that follows RFC 6238 serves.
    OktaTotp,
    GoogleTotp,
    Question,
    WebAuthn,
}

impl FactorKind {
    pub const ALL: [FactorKind; 5] =
        [FactorKind::Email, FactorKind::OktaTotp, FactorKind::GoogleTotp, FactorKind::Question, FactorKind::WebAuthn];

    /// `factorType` and `provider`, as the API writes them.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            FactorKind::Email => ("email", "OKTA"),
            FactorKind::OktaTotp => ("token:software:totp", "OKTA"),
            FactorKind::GoogleTotp => ("token:software:totp", "GOOGLE"),
            FactorKind::Question => ("question", "OKTA"),
            FactorKind::WebAuthn => ("webauthn", "FIDO"),
        }
    }

    pub fn parse(kind: &str, provider: &str) -> Option<FactorKind> {
        FactorKind::ALL.into_iter().find(|known| known.names() == (kind, provider))
    }

    /// The key of the authenticator that it belongs to.
    pub fn authenticator(self) -> &'static str {
        match self {
            FactorKind::Email => "okta_email",
            FactorKind::OktaTotp => "okta_verify",
            FactorKind::GoogleTotp => "google_otp",
            FactorKind::Question => "security_question",
            FactorKind::WebAuthn => "webauthn",
        }
    }

    pub fn of_authenticator(key: &str) -> Option<FactorKind> {
        FactorKind::ALL.into_iter().find(|kind| kind.authenticator() == key)
    }
}

impl FactorKind {
    fn as_str(self) -> &'static str {
        match self {
            FactorKind::Email => "email",
            FactorKind::OktaTotp => "okta_totp",
            FactorKind::GoogleTotp => "google_totp",
            FactorKind::Question => "question",
            FactorKind::WebAuthn => "webauthn",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            FactorKind::Email => "eml",
            FactorKind::OktaTotp => "ost",
            FactorKind::GoogleTotp => "uft",
            FactorKind::Question => "ufs",
            FactorKind::WebAuthn => "fwf",
        }
    }

    /// How RFC 8176 names it in `amr`.
    pub fn method(self) -> &'static str {
        match self {
            FactorKind::Email => "email",
            FactorKind::OktaTotp | FactorKind::GoogleTotp => "otp",
            FactorKind::Question => "kba",
            FactorKind::WebAuthn => "hwk",
        }
    }

    /// Whether somebody can have several.
    pub fn is_many(self) -> bool {
        self == FactorKind::WebAuthn
    }
}

#[derive(Clone, Debug)]
pub struct Factor {
    pub id: String,
    pub user_id: UserId,
    pub kind: FactorKind,
    pub active: bool,
    pub profile: Map<String, Value>,
    sealed: Option<Vec<u8>>,
    pub answer_hash: Option<String>,
    pub code_hash: Option<String>,
    pub code_until: Option<Instant>,
    pub counter: i64,
    pub failures: i64,
    pub failed: Instant,
    pub created: Instant,
    pub last_updated: Instant,
}

/// What a new factor begins with.
pub struct NewFactor<'a> {
    pub user: &'a UserId,
    pub kind: FactorKind,
    pub active: bool,
    pub profile: &'a Map<String, Value>,
    pub secret: Option<&'a Secret>,
}

const COLUMNS: &str =
    "f.id, f.user_id, f.kind, f.status, f.profile, f.secret, f.answer_hash, f.code_hash, f.code_until_us, f.counter,
    f.failures, f.failed_us, f.created_us, f.updated_us";

impl Factor {
    fn read(row: &Row) -> Result<Factor> {
        let stored = |reason: String| Error::Stored { what: "factor", reason };
        let (kind, profile): (String, String) = (row.get("kind")?, row.get("profile")?);
        Ok(Factor {
            id: row.get("id")?,
            user_id: row.get::<String>("user_id")?.into(),
            kind: FactorKind::ALL
                .into_iter()
                .find(|known| known.as_str() == kind)
                .ok_or_else(|| stored(format!("unknown kind {kind}")))?,
            active: row.get::<String>("status")? == "ACTIVE",
            profile: serde_json::from_str(&profile).map_err(|error| stored(error.to_string()))?,
            sealed: row.get("secret")?,
            answer_hash: row.get("answer_hash")?,
            code_hash: row.get("code_hash")?,
            code_until: row.get("code_until_us")?,
            counter: row.get("counter")?,
            failures: row.get("failures")?,
            failed: row.get("failed_us")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    /// What was sealed, where there is something.
    pub fn secret(&self, vault: &Vault) -> Result<Option<Secret>> {
        Ok(self.sealed.as_ref().map(|sealed| vault.open(&identity(&self.id), sealed)).transpose()?)
    }
}

fn identity(id: &str) -> String {
    format!("factor {id}")
}

pub async fn create(conn: &mut Conn, vault: &Vault, world: &World, new: &NewFactor<'_>) -> Result<Factor> {
    let id = generate(new.kind.prefix(), world);
    let now = world.now();
    query(
        "insert into factor (id, user_id, kind, status, profile, secret, counter, failures, failed_us, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7, $7)",
    )
    .bind(&id)
    .bind(new.user.as_str())
    .bind(new.kind.as_str())
    .bind(if new.active { "ACTIVE" } else { "PENDING_ACTIVATION" })
    .bind(Value::Object(new.profile.clone()).to_string())
    .bind(new.secret.map(|secret| vault.seal(&identity(&id), secret)))
    .bind(now.whole_second())
    .execute(conn)
    .await?;
    let made = by_id(conn, new.user, &id).await?;
    made.ok_or_else(|| Error::Stored { what: "factor", reason: "it is gone right after it was made".to_owned() })
}

/// A person's, in the order in which they were enrolled.
pub async fn of_user(conn: &mut Conn, user: &UserId) -> Result<Vec<Factor>> {
    let sql = format!("select {COLUMNS} from factor f where f.user_id = $1 order by f.created_us, f.id");
    query(sql).bind(user.as_str()).all(conn).await?.iter().map(Factor::read).collect()
}

pub async fn by_id(conn: &mut Conn, user: &UserId, id: &str) -> Result<Option<Factor>> {
    let sql = format!("select {COLUMNS} from factor f where f.id = $1 and f.user_id = $2");
    query(sql).bind(id).bind(user.as_str()).optional(conn).await?.map(|row| Factor::read(&row)).transpose()
}

pub async fn delete(conn: &mut Conn, id: &str) -> Result<()> {
    query("delete from factor where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Sets profile and secret, and makes the factor one that counts.
pub async fn activate(
    conn: &mut Conn,
    vault: &Vault,
    factor: &Factor,
    secret: Option<&Secret>,
    now: Instant,
) -> Result<()> {
    let sealed = match secret {
        Some(secret) => Some(vault.seal(&identity(&factor.id), secret)),
        None => factor.sealed.clone(),
    };
    query(
        "update factor set status = 'ACTIVE', profile = $1, secret = $2, code_hash = null, code_until_us = null, failures = 0, updated_us = $3
         where id = $4",
    )
    .bind(Value::Object(factor.profile.clone()).to_string())
    .bind(sealed)
    .bind(now.whole_second())
    .bind(&factor.id)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn set_answer(conn: &mut Conn, id: &str, hash: &str) -> Result<()> {
    query("update factor set answer_hash = $1 where id = $2").bind(hash).bind(id).execute(conn).await?;
    Ok(())
}

/// Keeps the hash of a code that was sent, or of a challenge; an older one ends.
pub async fn set_code(conn: &mut Conn, id: &str, hash: &str, until: Instant) -> Result<()> {
    query("update factor set code_hash = $1, code_until_us = $2 where id = $3")
        .bind(hash)
        .bind(until)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the code or challenge: of any number of callers at once one gets it.
pub async fn take_code(conn: &mut Conn, id: &str, hash: &str, now: Instant) -> Result<bool> {
    let update = query(
        "update factor set code_hash = null, code_until_us = null, failures = 0 where id = $1 and code_hash = $2 and code_until_us > $3",
    );
    Ok(update.bind(id).bind(hash).bind(now).execute(conn).await? == 1)
}

/// Moves the counter on. `false`: somebody used this step, or a later one, before.
pub async fn advance(conn: &mut Conn, id: &str, counter: i64) -> Result<bool> {
    let update = query("update factor set counter = $1, failures = 0 where id = $2 and counter < $1");
    Ok(update.bind(counter).bind(id).execute(conn).await? == 1)
}

/// Counts a wrong answer.
pub async fn count_failure(conn: &mut Conn, id: &str, failures: i64, now: Instant) -> Result<()> {
    let update = query("update factor set failures = $1, failed_us = $2 where id = $3");
    update.bind(failures).bind(now).bind(id).execute(conn).await?;
    Ok(())
}

/// Forgets what was counted.
pub async fn forgive(conn: &mut Conn, id: &str) -> Result<()> {
    query("update factor set failures = 0 where id = $1").bind(id).execute(conn).await?;
    Ok(())
}
