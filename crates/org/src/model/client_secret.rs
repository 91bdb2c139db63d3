//! Client secrets of apps.
//!
//! Invariant: a secret is sealed for its own row; what is compared is its keyed hash. Administrators may read it again, as in Okta.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::{Conn, Row, query};
use vault::{Secret, Vault, same};
use world::{Instant, World};

use super::id::{AppId, SecretId};
use crate::Result;

pub const PER_APP_MAX: usize = 2;
pub const LEN_MIN: usize = 14;
pub const LEN_MAX: usize = 100;
const GENERATED_LEN: usize = 64;
const PURPOSE: &str = "client secret";

#[derive(Clone, Debug)]
pub struct ClientSecret {
    pub id: SecretId,
    pub active: bool,
    pub created: Instant,
    pub last_updated: Instant,
    sealed: Vec<u8>,
    hash: String,
}

impl ClientSecret {
    fn read(row: &Row) -> Result<ClientSecret> {
        let status: String = row.get("status")?;
        Ok(ClientSecret {
            id: row.get::<String>("id")?.into(),
            active: status == "ACTIVE",
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
            sealed: row.get("sealed")?,
            hash: row.get("hash")?,
        })
    }

    pub fn open(&self, vault: &Vault) -> Result<Secret> {
        Ok(vault.open(&identity(&self.id), &self.sealed)?)
    }

    /// The 22 characters by which lists tell secrets apart; they give nothing of the secret away.
    pub fn fingerprint(&self) -> String {
        let bytes: Vec<u8> = self
            .hash
            .as_bytes()
            .chunks(2)
            .take(16)
            .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

fn identity(id: &SecretId) -> String {
    format!("client_secret/{id}")
}

/// A new secret of ours.
pub fn generate(world: &World) -> Secret {
    Secret::new(world.random.base64url(GENERATED_LEN))
}

pub async fn create(
    conn: &mut Conn,
    vault: &Vault,
    world: &World,
    app: &AppId,
    secret: &Secret,
    active: bool,
) -> Result<ClientSecret> {
    let id = SecretId::new(world);
    let now = world.now().whole_second();
    let sealed = vault.seal(&identity(&id), secret);
    let hash = vault.keyed_hash(PURPOSE, secret.expose_bytes());
    query("insert into client_secret (id, app_id, sealed, hash, status, created_us, updated_us) values ($1, $2, $3, $4, $5, $6, $6)")
        .bind(id.as_str())
        .bind(app.as_str())
        .bind(sealed.clone())
        .bind(&hash)
        .bind(if active { "ACTIVE" } else { "INACTIVE" })
        .bind(now)
        .execute(conn)
        .await?;
    Ok(ClientSecret { id, active, created: now, last_updated: now, sealed, hash })
}

/// The secrets of an app, oldest first.
pub async fn of_app(conn: &mut Conn, app: &AppId) -> Result<Vec<ClientSecret>> {
    let rows = query(
        "select id, sealed, hash, status, created_us, updated_us from client_secret where app_id = $1 order by id",
    );
    rows.bind(app.as_str()).all(conn).await?.iter().map(ClientSecret::read).collect()
}

/// Whether `given` is an active secret of the app.
pub async fn matches(conn: &mut Conn, vault: &Vault, app: &AppId, given: &Secret) -> Result<bool> {
    let hash = vault.keyed_hash(PURPOSE, given.expose_bytes());
    let secrets = of_app(conn, app).await?;
    Ok(secrets.iter().filter(|secret| secret.active).any(|secret| same(secret.hash.as_bytes(), hash.as_bytes())))
}

pub async fn set_active(conn: &mut Conn, id: &SecretId, active: bool, now: Instant) -> Result<()> {
    query("update client_secret set status = $1, updated_us = $2 where id = $3")
        .bind(if active { "ACTIVE" } else { "INACTIVE" })
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id: &SecretId) -> Result<()> {
    query("delete from client_secret where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// The secret with this id among an app's.
pub async fn by_id(conn: &mut Conn, app: &AppId, id: &SecretId) -> Result<Option<ClientSecret>> {
    let row = query(
        "select id, sealed, hash, status, created_us, updated_us from client_secret where app_id = $1 and id = $2",
    );
    let row = row.bind(app.as_str()).bind(id.as_str()).optional(conn).await?;
    row.map(|row| ClientSecret::read(&row)).transpose()
}
