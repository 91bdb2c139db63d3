//! Authenticators: what the org lets people sign in with.
//!
//! Invariant: the org has each kind that it can check from its first moment; the password cannot be switched off.

use db::{Conn, Row, query};
use serde_json::{Map, Value, json};
use world::{Instant, World};

use super::id::generate;
use crate::{Error, Result};

const PREFIX: &str = "aut";

/// Key, type, name, methods, and whether it is on in a new org.
pub struct Known {
    pub key: &'static str,
    pub kind: &'static str,
    pub name: &'static str,
    pub methods: &'static [&'static str],
    from_the_start: bool,
}

const fn known(
    key: &'static str,
    kind: &'static str,
    name: &'static str,
    methods: &'static [&'static str],
    from_the_start: bool,
) -> Known {
    Known { key, kind, name, methods, from_the_start }
}

/// Those that the org can check.
pub const KNOWN: [Known; 7] = [
    known("okta_password", "password", "Password", &["password"], true),
    known("okta_email", "email", "Email", &["email"], true),
    known("security_question", "security_question", "Security Question", &["security_question"], true),
    known("okta_verify", "app", "Okta Verify", &["totp"], true),
    known("google_otp", "app", "Google Authenticator", &["otp"], true),
    known("webauthn", "security_key", "Security Key or Biometric", &["webauthn"], true),
    known("yubikey_token", "security_key", "YubiKey Authenticator", &["otp"], false),
];

#[derive(Clone, Debug)]
pub struct Authenticator {
    pub id: String,
    pub key: String,
    pub name: String,
    pub active: bool,
    pub settings: Map<String, Value>,
    pub created: Instant,
    pub last_updated: Instant,
}

#[derive(Clone, Debug)]
pub struct Method {
    pub kind: String,
    pub active: bool,
    pub settings: Map<String, Value>,
}

fn object(row: &Row, column: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(&row.get::<String>(column)?)
        .map_err(|error| Error::Stored { what: "authenticator", reason: error.to_string() })
}

impl Authenticator {
    fn read(row: &Row) -> Result<Authenticator> {
        Ok(Authenticator {
            id: row.get("id")?,
            key: row.get("key")?,
            name: row.get("name")?,
            active: row.get::<String>("status")? == "ACTIVE",
            settings: object(row, "settings")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    pub fn known(&self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.key == self.key)
    }
}

/// Makes what every org has from its first moment, where it is missing.
pub async fn make(conn: &mut Conn, world: &World) -> Result<()> {
    let count: i64 = query("select count(*) as n from authenticator").one(conn).await?.get("n")?;
    if count > 0 {
        return Ok(());
    }
    for known in KNOWN.iter().filter(|known| known.from_the_start) {
        create(conn, world, known, known.name, &default_settings(known.key), true).await?;
    }
    Ok(())
}

/// What holds where nobody said otherwise.
pub fn default_settings(key: &str) -> Map<String, Value> {
    let settings = match key {
        "okta_email" => json!({ "allowedFor": "any", "tokenLifetimeInMinutes": 5 }),
        "security_question" => json!({ "allowedFor": "any" }),
        _ => json!({}),
    };
    settings.as_object().cloned().unwrap_or_default()
}

pub async fn create(
    conn: &mut Conn,
    world: &World,
    known: &Known,
    name: &str,
    settings: &Map<String, Value>,
    active: bool,
) -> Result<String> {
    let id = generate(PREFIX, world);
    query(
        "insert into authenticator (id, key, name, status, settings, created_us, updated_us) values ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(&id)
    .bind(known.key)
    .bind(name)
    .bind(status(active))
    .bind(Value::Object(settings.clone()).to_string())
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    for method in known.methods {
        query("insert into authenticator_method (authenticator_id, type, status, settings) values ($1, $2, 'ACTIVE', '{}')")
            .bind(&id)
            .bind(*method)
            .execute(conn)
            .await?;
    }
    Ok(id)
}

fn status(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "INACTIVE" }
}

const COLUMNS: &str = "a.id, a.key, a.name, a.status, a.settings, a.created_us, a.updated_us";

pub async fn all(conn: &mut Conn) -> Result<Vec<Authenticator>> {
    let rows = query(format!("select {COLUMNS} from authenticator a order by a.created_us, a.key")).all(conn).await?;
    rows.iter().map(Authenticator::read).collect()
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Authenticator>> {
    let row = query(format!("select {COLUMNS} from authenticator a where a.id = $1")).bind(id).optional(conn).await?;
    row.map(|row| Authenticator::read(&row)).transpose()
}

/// Whether the authenticator of this key can be used: it is on, and a method of it.
pub async fn is_active(conn: &mut Conn, key: &str) -> Result<bool> {
    let row = query(
        "select a.id from authenticator a join authenticator_method m on m.authenticator_id = a.id
         where a.key = $1 and a.status = 'ACTIVE' and m.status = 'ACTIVE' limit 1",
    );
    Ok(row.bind(key).optional(conn).await?.is_some())
}

pub async fn update(conn: &mut Conn, id: &str, name: &str, settings: &Map<String, Value>, now: Instant) -> Result<()> {
    query("update authenticator set name = $1, settings = $2, updated_us = $3 where id = $4")
        .bind(name)
        .bind(Value::Object(settings.clone()).to_string())
        .bind(now.whole_second())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn set_active(conn: &mut Conn, id: &str, active: bool, now: Instant) -> Result<()> {
    let update = query("update authenticator set status = $1, updated_us = $2 where id = $3");
    update.bind(status(active)).bind(now.whole_second()).bind(id).execute(conn).await?;
    Ok(())
}

pub async fn methods(conn: &mut Conn, id: &str) -> Result<Vec<Method>> {
    let rows =
        query("select type, status, settings from authenticator_method where authenticator_id = $1 order by type");
    let rows = rows.bind(id).all(conn).await?;
    let read = |row: &Row| -> Result<Method> {
        Ok(Method {
            kind: row.get("type")?,
            active: row.get::<String>("status")? == "ACTIVE",
            settings: object(row, "settings")?,
        })
    };
    rows.iter().map(read).collect()
}

pub async fn set_method(conn: &mut Conn, id: &str, method: &Method) -> Result<()> {
    query("update authenticator_method set status = $1, settings = $2 where authenticator_id = $3 and type = $4")
        .bind(status(method.active))
        .bind(Value::Object(method.settings.clone()).to_string())
        .bind(id)
        .bind(&method.kind)
        .execute(conn)
        .await?;
    Ok(())
}
