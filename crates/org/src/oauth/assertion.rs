//! Client assertions: JWTs by which a client proves that it holds its secret (`client_secret_jwt`) or private key (`private_key_jwt`).
//!
//! Invariant: an assertion with a `jti` is taken once.

use std::time::Duration;

use db::{Conn, query};
use serde_json::Value;
use vault::Secret;
use world::Instant;

use super::{
    client::Client,
    client_signature::{self, SignedBy, Unsigned},
    fault::{OAuthFault, OAuthResult},
};
use crate::Org;

/// How far clocks may differ.
const SKEW: Duration = Duration::from_secs(300);
const LIFE_MAX: Duration = Duration::from_secs(3_600);
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
    let by = match client.oauth.token_endpoint_auth_method.as_str() {
        "client_secret_jwt" => SignedBy::Secret,
        "private_key_jwt" => SignedBy::Key,
        _ => {
            return Err(OAuthFault::invalid_client(
                "Client authentication failed. Either the client or the client credentials are invalid.",
            ));
        }
    };
    let claims = client_signature::claims(org, conn, client, assertion, by).await?.map_err(refused)?;
    check_claims(&claims, audiences, org.now())?;
    Ok(claims.get("jti").and_then(Value::as_str).map(str::to_owned))
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
    let mut tx = org.db.begin().await?;
    let first = use_up(&mut tx, org, "client assertion", client, jti, org.now().plus(LIFE_MAX).plus(SKEW)).await?;
    tx.commit().await?;
    if first { Ok(()) } else { Err(OAuthFault::invalid_client("The client_assertion token has already been used.")) }
}

/// Notes that a client sent something that may come once, until it has lapsed anyway. `false`: it had come before.
pub async fn use_up(
    conn: &mut Conn,
    org: &Org,
    purpose: &str,
    client: &Client,
    jti: &str,
    until: Instant,
) -> crate::Result<bool> {
    query("delete from client_assertion where assertion_hash in (select assertion_hash from client_assertion where expires_us < $1 order by expires_us limit $2)")
        .bind(org.now())
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let hash = org.vault.keyed_hash(purpose, format!("{}\0{jti}", client.client_id).as_bytes());
    let first = query(
        "insert into client_assertion (assertion_hash, expires_us) values ($1, $2) on conflict (assertion_hash) do nothing",
    );
    Ok(first.bind(hash).bind(until.plus(SKEW)).execute(conn).await? == 1)
}

fn unparsable() -> OAuthFault {
    OAuthFault::invalid_client("The parsing of the client_assertion failed.")
}

fn refused(unsigned: Unsigned) -> OAuthFault {
    OAuthFault::invalid_client(match unsigned {
        Unsigned::Unparsable => return unparsable(),
        Unsigned::Algorithm => "The client_assertion JWT signature algorithm is invalid.",
        Unsigned::SecretTooShort => "The client secret is too short to verify a JWT HMAC.",
        Unsigned::NoSecret => {
            "The issuer and subject claim for client_assertion is invalid because the client does not have a client secret."
        }
        Unsigned::NoKeys => "The client does not have a JWKSet configured, but the client_assertion requires one.",
        Unsigned::KeysElsewhere => "Error retrieving the client JWKSet from jwks_uri.",
        Unsigned::InvalidKeys => "The client JWKSet is invalid.",
        Unsigned::Kid => "The client_assertion JWT kid is invalid.",
        Unsigned::Signature => "The client_assertion signature is invalid.",
    })
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
