//! Client assertions: JWTs by which a client proves that it holds its secret (`client_secret_jwt`) or private key (`private_key_jwt`).
//!
//! Invariant: the algorithm is one of the method's own list, never the one that the token asks for; an assertion with a `jti` is taken
//! once. Keys come from the app's settings: this org fetches nothing from a `jwks_uri`.

use std::time::Duration;

use db::{Conn, query};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use serde_json::Value;
use vault::Secret;
use world::Instant;

use super::{
    client::Client,
    fault::{OAuthFault, OAuthResult},
    key::signature_only,
};
use crate::{Org, model::app::secrets};

/// How far clocks may differ.
const SKEW: Duration = Duration::from_secs(300);
const LIFE_MAX: Duration = Duration::from_secs(3_600);
/// An HMAC key may not be shorter than its hash.
const SECRET_LEN_MIN: usize = 32;
const SWEPT_AT_ONCE: i64 = 100;

/// Whom an assertion may be written for.
pub struct Audiences {
    pub issuer: String,
    pub endpoints: Vec<String>,
}

impl Audiences {
    fn accept(&self, audience: &str) -> bool {
        // With a trailing slash in its org URL one SDK writes `https://org//oauth2/v1/token`.
        let (scheme, rest) = audience.split_once("://").unwrap_or(("", audience));
        let plain = format!("{scheme}://{}", rest.replace("//", "/"));
        plain == self.issuer || self.endpoints.contains(&plain)
    }
}

/// Who an assertion says that it is from; nothing is checked yet.
pub fn claimed_client(assertion: &Secret) -> OAuthResult<String> {
    let claims: Value =
        jsonwebtoken::dangerous::insecure_decode_claims(assertion.expose()).map_err(|_| unparsable())?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    match (text("iss"), text("sub")) {
        (Some(issuer), Some(subject)) if issuer == subject => Ok(issuer.to_owned()),
        (Some(_), Some(_)) => {
            Err(OAuthFault::invalid_client("The subject claim for client_assertion is not a valid client_id."))
        }
        _ => Err(OAuthFault::invalid_client("The issuer claim for client_assertion is not a valid client_id.")),
    }
}

/// Checks an assertion of this client. Its `jti`, when it has one, is then to be used up by [`once`].
pub async fn check(
    org: &Org,
    conn: &mut Conn,
    client: &Client,
    assertion: &Secret,
    audiences: &Audiences,
) -> OAuthResult<Option<String>> {
    let header = jsonwebtoken::decode_header(assertion.expose()).map_err(|_| unparsable())?;
    let claims = match client.oauth.token_endpoint_auth_method.as_str() {
        "client_secret_jwt" => by_secret(org, conn, client, assertion, header.alg).await?,
        "private_key_jwt" => by_key(client, assertion, header.alg, header.kid.as_deref())?,
        _ => {
            return Err(OAuthFault::invalid_client(
                "Client authentication failed. Either the client or the client credentials are invalid.",
            ));
        }
    };
    check_claims(&claims, audiences, org.now())?;
    Ok(claims.get("jti").and_then(Value::as_str).map(str::to_owned))
}

async fn by_secret(
    org: &Org,
    conn: &mut Conn,
    client: &Client,
    assertion: &Secret,
    algorithm: Algorithm,
) -> OAuthResult<Value> {
    if !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
        return Err(wrong_algorithm());
    }
    for secret in secrets(conn, &client.app.id).await?.iter().filter(|secret| secret.active) {
        let secret = secret.open(&org.vault)?;
        if secret.len() < SECRET_LEN_MIN {
            return Err(OAuthFault::invalid_client("The client secret is too short to verify a JWT HMAC."));
        }
        let key = DecodingKey::from_secret(secret.expose_bytes());
        if let Ok(token) = jsonwebtoken::decode::<Value>(assertion.expose(), &key, &signature_only(algorithm)) {
            return Ok(token.claims);
        }
    }
    Err(wrong_signature())
}

fn by_key(client: &Client, assertion: &Secret, algorithm: Algorithm, kid: Option<&str>) -> OAuthResult<Value> {
    let allowed = matches!(
        algorithm,
        Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::ES256 | Algorithm::ES384
    );
    if !allowed {
        return Err(wrong_algorithm());
    }
    let Some(jwks) = client.oauth.jwks.clone() else {
        let text = match client.oauth.jwks_uri {
            Some(_) => "Error retrieving the client JWKSet from jwks_uri.",
            None => "The client does not have a JWKSet configured, but the client_assertion requires one.",
        };
        return Err(OAuthFault::invalid_client(text));
    };
    let jwks: JwkSet =
        serde_json::from_value(jwks).map_err(|_| OAuthFault::invalid_client("The client JWKSet is invalid."))?;
    let signing = |key: &&Jwk| !matches!(&key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let keys: Vec<&Jwk> = match kid {
        Some(kid) => jwks.keys.iter().filter(|key| key.common.key_id.as_deref() == Some(kid)).filter(signing).collect(),
        None => jwks.keys.iter().filter(signing).collect(),
    };
    if keys.is_empty() || (kid.is_none() && keys.len() > 1) {
        return Err(OAuthFault::invalid_client("The client_assertion JWT kid is invalid."));
    }
    let token = keys.iter().find_map(|key| {
        let key = DecodingKey::from_jwk(key).ok()?;
        jsonwebtoken::decode::<Value>(assertion.expose(), &key, &signature_only(algorithm)).ok()
    });
    token.map(|token| token.claims).ok_or_else(wrong_signature)
}

fn check_claims(claims: &Value, audiences: &Audiences, now: Instant) -> OAuthResult<()> {
    let refused = |text: &str| Err(OAuthFault::invalid_client(text));
    let accepted = match claims.get("aud") {
        Some(Value::String(audience)) => audiences.accept(audience),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(|audience| audiences.accept(audience)),
        _ => false,
    };
    if !accepted {
        return refused("The audience claim for client_assertion must be the endpoint invoked for the request.");
    }
    let time = |name: &str| {
        claims.get(name).and_then(|value| value.as_i64().or_else(|| value.as_f64().map(|value| value as i64)))
    };
    let Some(expires) = time("exp") else {
        return refused("The client_assertion must contain the 'exp' claim as seconds since epoch.");
    };
    if expires <= now.minus(SKEW).as_seconds() {
        return refused("The client_assertion token is expired.");
    }
    if expires > now.plus(LIFE_MAX).plus(SKEW).as_seconds() {
        return refused("The client_assertion token has an expiration too far into the future.");
    }
    if time("iat").is_some_and(|issued| issued > now.plus(SKEW).as_seconds()) {
        return refused("The client_assertion token must be issued before the current time.");
    }
    Ok(())
}

/// Of any number of requests with one `jti` the first passes.
pub async fn once(org: &Org, client: &Client, jti: &str) -> OAuthResult<()> {
    let now = org.now();
    let mut tx = org.db.begin().await?;
    query("delete from client_assertion where assertion_hash in (select assertion_hash from client_assertion where expires_us < $1 order by expires_us limit $2)")
        .bind(now)
        .bind(SWEPT_AT_ONCE)
        .execute(&mut tx)
        .await?;
    let hash = org.vault.keyed_hash("client assertion", format!("{}\0{jti}", client.client_id).as_bytes());
    let first = query(
        "insert into client_assertion (assertion_hash, expires_us) values ($1, $2) on conflict (assertion_hash) do nothing",
    );
    let first = first.bind(hash).bind(now.plus(LIFE_MAX).plus(SKEW).plus(SKEW)).execute(&mut tx).await?;
    tx.commit().await?;
    if first == 1 {
        Ok(())
    } else {
        Err(OAuthFault::invalid_client("The client_assertion token has already been used."))
    }
}

fn unparsable() -> OAuthFault {
    OAuthFault::invalid_client("The parsing of the client_assertion failed.")
}

fn wrong_algorithm() -> OAuthFault {
    OAuthFault::invalid_client("The client_assertion JWT signature algorithm is invalid.")
}

fn wrong_signature() -> OAuthFault {
    OAuthFault::invalid_client("The client_assertion signature is invalid.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn audience_and_times_are_checked() {
        let audiences = Audiences {
            issuer: "https://org.test".to_owned(),
            endpoints: vec!["https://org.test/oauth2/v1/token".to_owned()],
        };
        let now = Instant::from_seconds(1_800_000_000);
        let claims = |aud: &str, exp: i64, iat: i64| json!({ "aud": aud, "exp": 1_800_000_000 + exp, "iat": 1_800_000_000 + iat });
        for aud in ["https://org.test", "https://org.test/oauth2/v1/token", "https://org.test//oauth2/v1/token"] {
            assert!(check_claims(&claims(aud, 3_000, 0), &audiences, now).is_ok(), "{aud}");
        }
        for (aud, exp, iat) in [
            ("https://other.test", 60, 0),
            ("https://org.test", -301, -600),
            ("https://org.test", 4_000, 0),
            ("https://org.test", 600, 400),
        ] {
            assert!(check_claims(&claims(aud, exp, iat), &audiences, now).is_err(), "{aud} {exp} {iat}");
        }
        assert!(check_claims(&json!({ "aud": "https://org.test" }), &audiences, now).is_err());
    }
}
