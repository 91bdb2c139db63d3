//! JWTs that clients sign, with their secret or their private key: assertions and request objects.
//!
//! Invariant: the algorithm is one of the method's own list, never the one that the token asks for. Keys come from the app's settings:
//! this org fetches nothing from a `jwks_uri`.

use db::Conn;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use serde_json::Value;
use vault::Secret;

use super::{client::Client, key::signature_only};
use crate::{Org, Result, model::app::secrets};

/// An HMAC key may not be shorter than its hash.
const SECRET_LEN_MIN: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBy {
    Secret,
    Key,
}

impl SignedBy {
    /// What a token's own header says; `None` for an algorithm that nobody may use, such as `none`.
    pub fn of(token: &Secret) -> Option<SignedBy> {
        match jsonwebtoken::decode_header(token.expose()).ok()?.alg {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => Some(SignedBy::Secret),
            algorithm if is_of_key(algorithm) => Some(SignedBy::Key),
            _ => None,
        }
    }
}

/// Why a token does not count as the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    Unparsable,
    Algorithm,
    NoSecret,
    SecretTooShort,
    NoKeys,
    KeysElsewhere,
    InvalidKeys,
    Kid,
    Signature,
}

fn is_of_key(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::ES256 | Algorithm::ES384)
}

/// The claims of a token that this client signed in this way.
pub async fn claims(
    org: &Org,
    conn: &mut Conn,
    client: &Client,
    token: &Secret,
    by: SignedBy,
) -> Result<std::result::Result<Value, Unsigned>> {
    let Ok(header) = jsonwebtoken::decode_header(token.expose()) else { return Ok(Err(Unsigned::Unparsable)) };
    match by {
        SignedBy::Secret => by_secret(org, conn, client, token, header.alg).await,
        SignedBy::Key => Ok(by_key(client, token, header.alg, header.kid.as_deref())),
    }
}

async fn by_secret(
    org: &Org,
    conn: &mut Conn,
    client: &Client,
    token: &Secret,
    algorithm: Algorithm,
) -> Result<std::result::Result<Value, Unsigned>> {
    if !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
        return Ok(Err(Unsigned::Algorithm));
    }
    let secrets = secrets(conn, &client.app.id).await?;
    let mut refused = Unsigned::NoSecret;
    for secret in secrets.iter().filter(|secret| secret.active) {
        let secret = secret.open(&org.vault)?;
        if secret.len() < SECRET_LEN_MIN {
            refused = Unsigned::SecretTooShort;
            continue;
        }
        refused = Unsigned::Signature;
        let key = DecodingKey::from_secret(secret.expose_bytes());
        if let Ok(token) = jsonwebtoken::decode::<Value>(token.expose(), &key, &signature_only(algorithm)) {
            return Ok(Ok(token.claims));
        }
    }
    Ok(Err(refused))
}

fn by_key(
    client: &Client,
    token: &Secret,
    algorithm: Algorithm,
    kid: Option<&str>,
) -> std::result::Result<Value, Unsigned> {
    if !is_of_key(algorithm) {
        return Err(Unsigned::Algorithm);
    }
    let missing = if client.oauth.jwks_uri.is_some() { Unsigned::KeysElsewhere } else { Unsigned::NoKeys };
    let jwks = client.oauth.jwks.clone().ok_or(missing)?;
    let jwks: JwkSet = serde_json::from_value(jwks).map_err(|_| Unsigned::InvalidKeys)?;
    let signing = |key: &&Jwk| !matches!(&key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let keys: Vec<&Jwk> = match kid {
        Some(kid) => jwks.keys.iter().filter(|key| key.common.key_id.as_deref() == Some(kid)).filter(signing).collect(),
        None => jwks.keys.iter().filter(signing).collect(),
    };
    if keys.is_empty() || (kid.is_none() && keys.len() > 1) {
        return Err(Unsigned::Kid);
    }
    let checked = keys.iter().find_map(|key| {
        let key = DecodingKey::from_jwk(key).ok()?;
        jsonwebtoken::decode::<Value>(token.expose(), &key, &signature_only(algorithm)).ok()
    });
    checked.map(|token| token.claims).ok_or(Unsigned::Signature)
}
