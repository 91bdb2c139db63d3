//! Where the parameters of an authorize request are: in itself, in an object that the client signed (`request`), or at the org, where the
//! client pushed them before (`request_uri`).
//!
//! Invariant: an unsigned object is refused, and with an object or pushed parameters nothing else in the request counts (RFC 9101). Each
//! of them leads to one answer: [`Once`] is used up together with what it gave.

use std::time::Duration;

use db::{Conn, query};
use serde_json::Value;
use vault::Secret;
use world::Instant;

use super::{
    access, assertion,
    client::{self, Client},
    client_signature::{self, SignedBy, Unsigned},
    fault::{OAuthFault, OAuthResult},
    parameters::Parameters,
    server::Server,
};
use crate::{Org, Result};

pub const URI_PREFIX: &str = "urn:okta:";
pub const PUSHED_LIFE: Duration = Duration::from_secs(3_600);
const URI_LEN: usize = 43;
const OBJECT_LIFE_MAX: Duration = Duration::from_secs(3_600);
const SKEW: Duration = Duration::from_secs(300);
const SWEPT_AT_ONCE: i64 = 100;
const OBJECT_PURPOSE: &str = "request object";
/// Claims of an object that are about the object.
const OF_OBJECT: [&str; 6] = ["iss", "aud", "exp", "iat", "nbf", "jti"];

/// What may lead to one answer.
#[derive(Clone, Debug)]
pub enum Once {
    Pushed(String),
    Object { jti: String, until: Instant },
}

#[derive(Clone, Debug)]
pub struct Resolved {
    pub parameters: Parameters,
    pub once: Option<Once>,
}

impl Resolved {
    pub fn plain(parameters: Parameters) -> Resolved {
        Resolved { parameters, once: None }
    }
}

/// Finds the parameters that count.
pub async fn resolve(org: &Org, conn: &mut Conn, server: &Server, given: &Parameters) -> OAuthResult<Resolved> {
    let repeated = given.repeated();
    if !given.has("request") && !given.has("request_uri") {
        return Ok(Resolved::plain(given.clone()));
    }
    if !repeated.is_empty() {
        return Err(OAuthFault::duplicate(&repeated));
    }
    match (given.get("request"), given.get("request_uri")) {
        (Some(_), Some(_)) => Err(OAuthFault::invalid_request(
            "The authorize request must not contain both a request object and a request uri.",
        )),
        (Some(object), None) => by_object(org, conn, server, given, &Secret::new(object)).await,
        (None, Some(uri)) => pushed(org, conn, server, given, uri).await,
        (None, None) => Ok(Resolved::plain(given.without("request").without("request_uri"))),
    }
}

async fn by_object(
    org: &Org,
    conn: &mut Conn,
    server: &Server,
    given: &Parameters,
    object: &Secret,
) -> OAuthResult<Resolved> {
    let client = match given.get("client_id") {
        Some(client_id) => client::find(conn, client_id).await?,
        None => None,
    };
    let client =
        client.ok_or_else(|| OAuthFault::new(400, "invalid_client", "Invalid value for 'client_id' parameter."))?;
    let by = SignedBy::of(object);
    let settings = client.app.document.get("settings");
    let wanted = settings.and_then(|settings| settings.pointer("/oauthClient/request_object_signing_alg"));
    let wanted = wanted.and_then(Value::as_str).map(str::to_owned);
    let header = jsonwebtoken::decode_header(object.expose()).ok().map(|header| format!("{:?}", header.alg));
    if let (Some(wanted), Some(header)) = (&wanted, &header)
        && wanted != header
    {
        return Err(invalid("The signing algorithm used is not supported by this client."));
    }
    let by = by.ok_or_else(|| match header {
        Some(_) => invalid("The JWT signature algorithm of the request object is invalid."),
        None => invalid("The request object cannot be parsed."),
    })?;
    let claims = client_signature::claims(org, conn, &client, object, by).await?.map_err(refused)?;
    check_object(org, server, &client, &claims)?;
    let once = match (claims.get("jti").and_then(Value::as_str), time(&claims, "exp")) {
        (Some(jti), Some(until)) => Some(Once::Object { jti: jti.to_owned(), until }),
        _ => None,
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let inner = claims.as_object().into_iter().flatten();
    let inner = inner.filter(|(name, _)| !OF_OBJECT.contains(&name.as_str()) && *name != "client_id");
    let pairs = inner.filter_map(|(name, value)| Some((name.clone(), text(value)?)));
    let own = [("client_id".to_owned(), client.client_id.clone())];
    Ok(Resolved { parameters: own.into_iter().chain(pairs).collect(), once })
}

fn time(claims: &Value, name: &str) -> Option<Instant> {
    claims.get(name).and_then(Value::as_i64).map(Instant::from_seconds)
}

fn check_object(org: &Org, server: &Server, client: &Client, claims: &Value) -> OAuthResult<()> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(&client.client_id) || text("client_id").is_some_and(|id| id != client.client_id) {
        return Err(OAuthFault::new(400, "invalid_client", "The issuer of the request object is invalid."));
    }
    let is_ours = |audience: &str| access::is_issuer(org, server, audience);
    let accepted = match claims.get("aud") {
        Some(Value::String(audience)) => is_ours(audience),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(is_ours),
        _ => false,
    };
    if !accepted {
        return Err(invalid("The audience of the request object is invalid."));
    }
    let now = org.now();
    match time(claims, "exp") {
        Some(expires) if expires <= now.minus(SKEW) => return Err(invalid("The request object is expired.")),
        Some(expires) if expires > now.plus(OBJECT_LIFE_MAX).plus(SKEW) => {
            return Err(invalid("The request object expires too far in the future."));
        }
        _ => {}
    }
    if time(claims, "nbf").is_some_and(|from| from > now.plus(SKEW)) {
        return Err(invalid("The request object is issued too early."));
    }
    if time(claims, "iat").is_some_and(|issued| issued > now.plus(SKEW)) {
        return Err(invalid("The request object is issued in the future."));
    }
    if claims.get("request").is_some() || claims.get("request_uri").is_some() {
        return Err(invalid("The authorize request object is invalid."));
    }
    Ok(())
}

fn invalid(text: &str) -> OAuthFault {
    OAuthFault::new(400, "invalid_request_object", text)
}

fn refused(unsigned: Unsigned) -> OAuthFault {
    invalid(match unsigned {
        Unsigned::Unparsable => "The request object cannot be parsed.",
        Unsigned::Algorithm => "The JWT signature algorithm of the request object is invalid.",
        Unsigned::SecretTooShort => "The JWT signature secret length is too short.",
        Unsigned::Kid => "The JWT kid of the request object is invalid.",
        Unsigned::InvalidKeys => "The client JWKSet is invalid.",
        Unsigned::Signature => "The signature of the request object is invalid.",
        Unsigned::NoSecret => {
            let text = "The issuer of the request object does not have a client secret.";
            return OAuthFault::new(400, "request_not_supported", text);
        }
        Unsigned::NoKeys | Unsigned::KeysElsewhere => {
            let text = "The client does not have a JWKSet configured, but the request object requires one.";
            return OAuthFault::new(400, "invalid_client", text);
        }
    })
}

fn hash(org: &Org, uri: &str) -> String {
    org.vault.keyed_hash("pushed request", uri.as_bytes())
}

/// Keeps a request that a client pushed; the address that stands for it.
pub async fn push(
    conn: &mut Conn,
    org: &Org,
    server: &Server,
    client: &Client,
    parameters: &Parameters,
) -> Result<String> {
    let now = org.now();
    query("delete from pushed_request where uri_hash in (select uri_hash from pushed_request where expires_us < $1 order by expires_us limit $2)")
        .bind(now)
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let uri = format!("{URI_PREFIX}{}", org.world.random.base64url(URI_LEN));
    query(
        "insert into pushed_request (uri_hash, server_id, app_id, parameters, expires_us) values ($1, $2, $3, $4, $5)",
    )
    .bind(hash(org, &uri))
    .bind(&server.id)
    .bind(client.app.id.as_str())
    .bind(parameters.encode())
    .bind(now.plus(PUSHED_LIFE))
    .execute(conn)
    .await?;
    Ok(uri)
}

async fn pushed(org: &Org, conn: &mut Conn, server: &Server, given: &Parameters, uri: &str) -> OAuthResult<Resolved> {
    if !uri.starts_with(URI_PREFIX) {
        let text = "The authorize request uri is not supported by this client.";
        return Err(OAuthFault::new(400, "request_uri_not_supported", text));
    }
    let invalid = |text: &str| OAuthFault::new(400, "invalid_request_uri", text);
    let hash = hash(org, uri);
    let row = query(
        "select p.server_id, p.parameters, a.client_id from pushed_request p join app a on a.id = p.app_id
         where p.uri_hash = $1 and p.expires_us > $2 and p.used_us is null",
    );
    let row = row.bind(&hash).bind(org.now()).optional(conn).await?;
    let row = row.ok_or_else(|| invalid("The authorize request_uri is invalid."))?;
    let (server_id, parameters): (String, String) = (row.get("server_id")?, row.get("parameters")?);
    let client_id: Option<String> = row.get("client_id")?;
    if server_id != server.id {
        return Err(invalid("The request_uri was issued for another authorization server."));
    }
    if client_id.as_deref() != given.get("client_id") {
        let text = "The 'client_id' parameter does not match the expected value for the provided request_uri.";
        return Err(OAuthFault::invalid_client(text));
    }
    Ok(Resolved { parameters: Parameters::parse(&parameters), once: Some(Once::Pushed(hash)) })
}

/// Uses a request up, in the transaction that gives something for it. Of any number at once one is the first.
pub async fn use_up(conn: &mut Conn, org: &Org, client: &Client, once: Option<&Once>) -> OAuthResult<()> {
    match once {
        None => Ok(()),
        Some(Once::Object { jti, until }) => {
            if assertion::use_up(conn, org, OBJECT_PURPOSE, client, jti, *until).await? {
                return Ok(());
            }
            Err(invalid("The request object has already been used."))
        }
        Some(Once::Pushed(hash)) => {
            let first = query("update pushed_request set used_us = $1 where uri_hash = $2 and used_us is null");
            if first.bind(org.now()).bind(hash).execute(conn).await? == 1 {
                return Ok(());
            }
            Err(OAuthFault::new(400, "invalid_request_uri", "The authorize request_uri is invalid."))
        }
    }
}
