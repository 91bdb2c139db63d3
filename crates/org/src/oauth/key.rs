//! Signing keys: RS256, one current key for each server and purpose, and its successor before it takes over.
//!
//! Invariant: private keys are sealed; they are opened for one signature, away from the threads that serve requests. A key is published
//! [`PUBLISHED_AHEAD`] before it signs and for [`KEPT_AFTER`] after its last signature, so whoever caches keys always has the right one.

use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use db::{Conn, Row, query};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{AlgorithmParameters, Jwk},
};
use serde_json::{Value, json};
use vault::Secret;
use world::Instant;

use super::server::Server;
use crate::{Error, Org, Result};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long a key signs.
pub const LIFE: Duration = Duration::from_secs(90 * 24 * 3_600);
const PUBLISHED_AHEAD: Duration = Duration::from_secs(30 * 24 * 3_600);
const KEPT_AFTER: Duration = DAY;
const KID_LEN: usize = 43;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// ID tokens, and access tokens of custom servers: anybody may check them.
    Published,
    /// Access tokens of the org's server, which only this org checks.
    Internal,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Published => "published",
            Purpose::Internal => "internal",
        }
    }
}

#[derive(Clone)]
struct Stored {
    kid: String,
    state: String,
    modulus: String,
    exponent: String,
    sealed: Vec<u8>,
    created: Instant,
    current_since: Option<Instant>,
    retired: Option<Instant>,
}

const COLUMNS: &str = "kid, state, modulus, exponent, sealed, created_us, current_us, retired_us";

impl Stored {
    fn read(row: &Row) -> Result<Stored> {
        Ok(Stored {
            kid: row.get("kid")?,
            state: row.get("state")?,
            modulus: row.get("modulus")?,
            exponent: row.get("exponent")?,
            sealed: row.get("sealed")?,
            created: row.get("created_us")?,
            current_since: row.get("current_us")?,
            retired: row.get("retired_us")?,
        })
    }
}

/// Signs claims. `kind` is the header's `typ`, which ID tokens and custom access tokens do not have.
pub async fn sign(org: &Org, server: &Server, purpose: Purpose, kind: Option<&str>, claims: Value) -> Result<String> {
    let (current, _) = keep(org, server, purpose).await?;
    let pem = org.vault.open(&identity(&current.kid), &current.sealed)?;
    let mut header = Header::new(Algorithm::RS256);
    header.typ = kind.map(str::to_owned);
    header.kid = Some(current.kid);
    let signed = tokio::task::spawn_blocking(move || {
        let key = EncodingKey::from_rsa_pem(pem.expose_bytes())?;
        jsonwebtoken::encode(&header, &claims, &key)
    });
    signed.await.map_err(failed)?.map_err(failed)
}

/// The claims of a token that this server signed for this purpose, whatever its time. `None`: it did not, or the token was altered.
pub async fn verify(conn: &mut Conn, server: &Server, purpose: Purpose, token: &str) -> Result<Option<Value>> {
    let Ok(header) = jsonwebtoken::decode_header(token) else { return Ok(None) };
    let Some(kid) = header.kid.filter(|_| header.alg == Algorithm::RS256) else { return Ok(None) };
    let row = query("select modulus, exponent from signing_key where kid = $1 and server_id = $2 and purpose = $3");
    let Some(row) = row.bind(&kid).bind(&server.id).bind(purpose.as_str()).optional(conn).await? else {
        return Ok(None);
    };
    let (modulus, exponent): (String, String) = (row.get("modulus")?, row.get("exponent")?);
    let key = DecodingKey::from_rsa_components(&modulus, &exponent).map_err(failed)?;
    Ok(jsonwebtoken::decode::<Value>(token, &key, &signature_only(Algorithm::RS256)).ok().map(|token| token.claims))
}

/// Checks the signature and nothing else: times are compared with the org's clock, names by the caller.
pub(crate) fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// The published keys, and how long they may be kept in a cache.
pub async fn published(org: &Org, server: &Server) -> Result<(Value, Duration)> {
    let (_, keys) = keep(org, server, Purpose::Published).await?;
    let now = org.now();
    let visible = keys.iter().filter(|key| key.retired.is_none_or(|retired| now.since(retired) < KEPT_AFTER));
    let visible: Vec<Value> = visible
        .map(|key| json!({ "kty": "RSA", "alg": "RS256", "kid": key.kid, "use": "sig", "e": key.exponent, "n": key.modulus }))
        .collect();
    // What rotates by hand can do so at any time, but never to a key that is not published yet.
    let next = keys
        .iter()
        .filter_map(|key| key.current_since.filter(|_| key.retired.is_none() && server.rotates))
        .map(|since| since.plus(LIFE))
        .min();
    let left = next.map_or(PUBLISHED_AHEAD, |next| next.since(now));
    Ok((json!({ "keys": visible }), left.min(PUBLISHED_AHEAD)))
}

/// `credentials.signing` of a custom server.
pub async fn signing_state(org: &Org, server: &Server) -> Result<Value> {
    let (current, _) = keep(org, server, Purpose::Published).await?;
    let since = current.current_since.unwrap_or_else(|| org.now());
    let mut signing = json!({
        "rotationMode": if server.rotates { "AUTO" } else { "MANUAL" },
        "lastRotated": since.whole_second().to_rfc3339_ms(),
    });
    if server.rotates {
        signing["nextRotation"] = since.plus(LIFE).whole_second().to_rfc3339_ms().into();
    }
    signing["kid"] = current.kid.into();
    Ok(signing)
}

/// One key as the management API shows it.
pub struct Shown {
    pub kid: String,
    pub status: &'static str,
    pub modulus: String,
    pub exponent: String,
}

/// The current key, its successor and the one that signed before, each where there is one.
pub async fn shown(org: &Org, server: &Server) -> Result<Vec<Shown>> {
    let (_, keys) = keep(org, server, Purpose::Published).await?;
    let last = keys.iter().filter_map(|key| key.retired).max();
    let mut shown = Vec::new();
    for (state, status) in [("CURRENT", "ACTIVE"), ("NEXT", "NEXT"), ("RETIRED", "EXPIRED")] {
        let of_state = keys.iter().filter(|key| key.state == state && (state != "RETIRED" || key.retired == last));
        shown.extend(of_state.map(|key| Shown {
            kid: key.kid.clone(),
            status,
            modulus: key.modulus.clone(),
            exponent: key.exponent.clone(),
        }));
    }
    Ok(shown)
}

/// The key that signs now. Where keys are rotated by hand, its successor is there.
pub async fn signing_kid(org: &Org, server: &Server) -> Result<String> {
    Ok(keep(org, server, Purpose::Published).await?.0.kid)
}

/// The current key and all keys, after doing what is due: the first key, a successor, the change to it.
async fn keep(org: &Org, server: &Server, purpose: Purpose) -> Result<(Stored, Vec<Stored>)> {
    loop {
        let keys = load(&mut *org.db.read().await?, server, purpose).await?;
        let current = keys.iter().find(|key| key.state == "CURRENT").cloned();
        let age = current.as_ref().and_then(|key| key.current_since).map(|since| org.now().since(since));
        let next = keys.iter().find(|key| key.state == "NEXT");
        // Whoever keeps keys in a cache has seen this one.
        let next_is_known = next.is_some_and(|next| org.now().since(next.created) >= KEPT_AFTER);
        let rotates = server.rotates || purpose == Purpose::Internal;
        match (current, age) {
            (Some(current), Some(age)) if rotates && age >= LIFE && next_is_known => {
                let mut tx = org.db.begin().await?;
                rotate(&mut tx, server, purpose, &current.kid, org.now()).await?;
                tx.commit().await?;
            }
            // A hand may rotate at any time, so that the successor is always there.
            (Some(_), Some(age)) if next.is_none() && (!rotates || age >= LIFE - PUBLISHED_AHEAD) => {
                make(org, server, purpose, "NEXT").await?
            }
            (Some(current), _) => return Ok((current, keys)),
            (None, _) => make(org, server, purpose, "CURRENT").await?,
        }
    }
}

async fn load(conn: &mut Conn, server: &Server, purpose: Purpose) -> Result<Vec<Stored>> {
    let sql =
        format!("select {COLUMNS} from signing_key where server_id = $1 and purpose = $2 order by created_us, kid");
    query(sql).bind(&server.id).bind(purpose.as_str()).all(conn).await?.iter().map(Stored::read).collect()
}

/// Makes a key. Of several that are made at once the first one stays.
async fn make(org: &Org, server: &Server, purpose: Purpose, state: &str) -> Result<()> {
    let (pem, modulus, exponent) = tokio::task::spawn_blocking(generate).await.map_err(failed)??;
    let kid = org.world.random.base64url(KID_LEN);
    let now = org.now();
    let mut tx = org.db.begin().await?;
    query(
        "insert into signing_key (kid, server_id, purpose, state, sealed, modulus, exponent, created_us, current_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
    )
    .bind(&kid)
    .bind(&server.id)
    .bind(purpose.as_str())
    .bind(state)
    .bind(org.vault.seal(&identity(&kid), &pem))
    .bind(modulus)
    .bind(exponent)
    .bind(now)
    .bind((state == "CURRENT").then_some(now))
    .execute(&mut tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The successor of the key `kid` takes over; keys that nobody needs any more go. `false`: it has taken over before.
pub async fn rotate(conn: &mut Conn, server: &Server, purpose: Purpose, kid: &str, now: Instant) -> Result<bool> {
    let retired =
        query("update signing_key set state = 'RETIRED', retired_us = $1 where kid = $2 and state = 'CURRENT'");
    if retired.bind(now).bind(kid).execute(conn).await? == 0 {
        return Ok(false);
    }
    query("update signing_key set state = 'CURRENT', current_us = $1 where server_id = $2 and purpose = $3 and state = 'NEXT'")
        .bind(now)
        .bind(&server.id)
        .bind(purpose.as_str())
        .execute(conn)
        .await?;
    query("delete from signing_key where server_id = $1 and purpose = $2 and retired_us < $3")
        .bind(&server.id)
        .bind(purpose.as_str())
        .bind(now.minus(LIFE))
        .execute(conn)
        .await?;
    Ok(true)
}

/// A new key as PEM, and its modulus and exponent in base64url.
pub(crate) fn generate() -> Result<(Secret, String, String)> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for line in STANDARD.encode(der.as_ref()).as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap_or_default());
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    let pem = Secret::new(pem);
    let key = EncodingKey::from_rsa_pem(pem.expose_bytes()).map_err(failed)?;
    match Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(failed)?.algorithm {
        AlgorithmParameters::RSA(public) => Ok((pem, public.n, public.e)),
        _ => Err(failed("the public key is no RSA key")),
    }
}

fn identity(kid: &str) -> String {
    format!("signing_key/{kid}")
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Stored { what: "signing key", reason: error.to_string() }
}
