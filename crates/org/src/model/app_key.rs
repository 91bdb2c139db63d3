//! Keys of apps with their certificates, and requests for certificates that are not answered yet.
//!
//! Invariant: a private key is sealed for its `kid`. A key that no app has any more is gone.

use db::{Conn, Row, query};
use vault::Vault;
use world::{Instant, World};

use super::{
    app_certificate::{Certified, Requested},
    id::AppId,
};
use crate::Result;

/// Keys of one app, and requests of one app.
pub const PER_APP_MAX: usize = 50;
const CSR_ID_LEN: usize = 43;

#[derive(Clone, Debug)]
pub struct AppKey {
    pub kid: String,
    pub modulus: String,
    pub exponent: String,
    /// DER in base64.
    pub certificate: String,
    pub not_after: Instant,
    pub created: Instant,
    pub last_updated: Instant,
}

impl AppKey {
    const COLUMNS: &str = "k.kid, k.modulus, k.exponent, k.certificate, k.not_after_us, k.created_us, k.updated_us";

    fn read(row: &Row) -> Result<AppKey> {
        Ok(AppKey {
            kid: row.get("kid")?,
            modulus: row.get("modulus")?,
            exponent: row.get("exponent")?,
            certificate: row.get("certificate")?,
            not_after: row.get("not_after_us")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

/// The keys of an app, oldest first.
pub async fn of_app(conn: &mut Conn, app: &AppId) -> Result<Vec<AppKey>> {
    let sql = format!(
        "select {} from key_credential k join app_key a on a.kid = k.kid where a.app_id = $1 order by a.created_us, k.kid",
        AppKey::COLUMNS
    );
    query(sql).bind(app.as_str()).all(conn).await?.iter().map(AppKey::read).collect()
}

pub async fn by_kid(conn: &mut Conn, app: &AppId, kid: &str) -> Result<Option<AppKey>> {
    Ok(of_app(conn, app).await?.into_iter().find(|key| key.kid == kid))
}

/// Gives an app a new key.
pub async fn add(conn: &mut Conn, vault: &Vault, app: &AppId, made: &Certified, now: Instant) -> Result<()> {
    let key = &made.key;
    let row = AppKey {
        kid: key.kid.clone(),
        modulus: key.modulus.clone(),
        exponent: key.exponent.clone(),
        certificate: made.certificate.clone(),
        not_after: made.not_after,
        created: now.whole_second(),
        last_updated: now.whole_second(),
    };
    insert(conn, &row, vault.seal(&identity(&key.kid), &key.pem)).await?;
    share(conn, app, &key.kid, row.created).await
}

async fn insert(conn: &mut Conn, key: &AppKey, sealed: Vec<u8>) -> Result<()> {
    query(
        "insert into key_credential (kid, sealed, modulus, exponent, certificate, not_after_us, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(&key.kid)
    .bind(sealed)
    .bind(&key.modulus)
    .bind(&key.exponent)
    .bind(&key.certificate)
    .bind(key.not_after)
    .bind(key.created)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives an app a key that another one has.
pub async fn share(conn: &mut Conn, app: &AppId, kid: &str, now: Instant) -> Result<()> {
    let added = query("insert into app_key (app_id, kid, created_us) values ($1, $2, $3)");
    added.bind(app.as_str()).bind(kid).bind(now).execute(conn).await?;
    Ok(())
}

/// Removes the keys that no app has: after an app went.
pub async fn forget_unused(conn: &mut Conn) -> Result<()> {
    query("delete from key_credential where kid not in (select kid from app_key)").execute(conn).await?;
    Ok(())
}

fn identity(kid: &str) -> String {
    format!("key_credential/{kid}")
}

/// A request for a certificate.
#[derive(Clone, Debug)]
pub struct Csr {
    pub id: String,
    /// DER in base64.
    pub request: String,
    pub modulus: String,
    pub exponent: String,
    pub created: Instant,
    sealed: Vec<u8>,
}

impl Csr {
    fn read(row: &Row) -> Result<Csr> {
        Ok(Csr {
            id: row.get("id")?,
            request: row.get("request")?,
            modulus: row.get("modulus")?,
            exponent: row.get("exponent")?,
            created: row.get("created_us")?,
            sealed: row.get("sealed")?,
        })
    }
}

pub async fn csrs_of_app(conn: &mut Conn, app: &AppId) -> Result<Vec<Csr>> {
    let rows = query(
        "select id, request, modulus, exponent, created_us, sealed from app_csr where app_id = $1 order by created_us, id",
    );
    rows.bind(app.as_str()).all(conn).await?.iter().map(Csr::read).collect()
}

pub async fn add_csr(conn: &mut Conn, vault: &Vault, world: &World, app: &AppId, made: &Requested) -> Result<Csr> {
    let id = world.random.base64url(CSR_ID_LEN);
    let now = world.now().whole_second();
    // Sealed as the key that it becomes once it is published under its request's name.
    let sealed = vault.seal(&identity(&id), &made.key.pem);
    query(
        "insert into app_csr (id, app_id, sealed, modulus, exponent, request, created_us) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&id)
    .bind(app.as_str())
    .bind(sealed.clone())
    .bind(&made.key.modulus)
    .bind(&made.key.exponent)
    .bind(&made.request)
    .bind(now)
    .execute(conn)
    .await?;
    let key = &made.key;
    Ok(Csr {
        id,
        request: made.request.clone(),
        modulus: key.modulus.clone(),
        exponent: key.exponent.clone(),
        created: now,
        sealed,
    })
}

/// The request becomes a key with this certificate, under its own name.
pub async fn publish(
    conn: &mut Conn,
    app: &AppId,
    csr: &Csr,
    certificate: &str,
    not_after: Instant,
    now: Instant,
) -> Result<()> {
    let key = AppKey {
        kid: csr.id.clone(),
        modulus: csr.modulus.clone(),
        exponent: csr.exponent.clone(),
        certificate: certificate.to_owned(),
        not_after,
        created: now.whole_second(),
        last_updated: now.whole_second(),
    };
    insert(conn, &key, csr.sealed.clone()).await?;
    share(conn, app, &key.kid, key.created).await?;
    remove_csr(conn, &csr.id).await
}

pub async fn remove_csr(conn: &mut Conn, id: &str) -> Result<()> {
    query("delete from app_csr where id = $1").bind(id).execute(conn).await?;
    Ok(())
}
