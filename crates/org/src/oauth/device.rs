//! The device flow (RFC 8628): something without a browser shows a short code, and a person allows it at `/activate`.
//!
//! Invariant: both codes are kept as keyed hashes. A person decides once, and what was allowed is given once, each by one conditional
//! update.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use db::{Conn, query};
use serde_json::json;
use vault::Secret;
use world::{Instant, Random};

use super::{
    client::{self, Client},
    consent, custom_scope,
    fault::{OAuthFault, OAuthResult},
    grant::{self, Grant},
    parameters::Posted,
    scope::{self, Known},
    server::Server,
};
use crate::{Org, Result, api::edge::Address, model::log::CallOrigin};

pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const LIFE: Duration = Duration::from_secs(600);
const INTERVAL_S: i64 = 5;
/// Consonants: no code is a word, and none is misread.
const ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LEN: usize = 8;
/// One app has no more devices waiting at once.
const WAITING_MAX: i64 = 1_000;
const SWEPT_AT_ONCE: i64 = 100;

/// `POST …/v1/device/authorize`
pub async fn authorize(
    State(org): State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    posted: Posted,
) -> OAuthResult<Response> {
    let Posted(parameters) = posted;
    let endpoint = "device/authorize";
    let client = client::authenticate(&org, &address, &server, &origin, &headers, &parameters, endpoint).await?;
    if !client.allows(GRANT_TYPE) {
        return Err(OAuthFault::unauthorized_grant(&client.oauth.grant_types));
    }
    let mut tx = org.db.begin().await?;
    let custom = custom_scope::of_server(&mut tx, &server).await?;
    let granted = consent::scopes_of_app(&mut tx, &client.app.id).await?;
    let known = Known { server: &server, custom: &custom, granted: &granted };
    let scopes = scope::asked(&known, &client.oauth, parameters.get("scope"))?;
    let codes = create(&mut tx, &org, &server, &client, &scopes).await?;
    tx.commit().await?;
    let verification = address.link("/activate");
    let body = json!({
        "user_code": codes.user.expose(),
        "device_code": codes.device.expose(),
        "interval": INTERVAL_S,
        "verification_uri_complete": format!("{verification}?user_code={}", codes.user.expose()),
        "verification_uri": verification,
        "expires_in": LIFE.as_secs(),
    });
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    Ok(response)
}

struct Codes {
    device: Secret,
    user: Secret,
}

async fn create(conn: &mut Conn, org: &Org, server: &Server, client: &Client, scopes: &[String]) -> OAuthResult<Codes> {
    let now = org.now();
    query("delete from device_authorization where device_hash in (select device_hash from device_authorization where expires_us < $1 order by expires_us limit $2)")
        .bind(now)
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let waiting = query("select count(*) as n from device_authorization where app_id = $1 and expires_us > $2");
    let waiting: i64 = waiting.bind(client.app.id.as_str()).bind(now).one(conn).await?.get("n")?;
    if waiting >= WAITING_MAX {
        let text = "Too many user codes generated. Please try again later.";
        return Err(OAuthFault::new(429, "too_many_user_codes", text));
    }
    let random: &dyn Random = org.world.random.as_ref();
    let codes = Codes { device: Secret::new(uuid(random)), user: Secret::new(random.text(ALPHABET, USER_CODE_LEN)) };
    query(
        "insert into device_authorization (device_hash, user_hash, server_id, app_id, scopes, status, interval_s, expires_us)
         values ($1, $2, $3, $4, $5, 'PENDING', $6, $7)",
    )
    .bind(hash(org, "device code", codes.device.expose()))
    .bind(hash(org, "user code", codes.user.expose()))
    .bind(&server.id)
    .bind(client.app.id.as_str())
    .bind(scopes.join(" "))
    .bind(INTERVAL_S)
    .bind(now.plus(LIFE))
    .execute(conn)
    .await?;
    Ok(codes)
}

fn uuid(random: &dyn Random) -> String {
    let hex = random.text(b"0123456789abcdef", 30);
    let variant = random.text(b"89ab", 1);
    format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..])
}

fn hash(org: &Org, purpose: &str, code: &str) -> String {
    org.vault.keyed_hash(purpose, code.as_bytes())
}

/// What a person at `/activate` is asked about.
pub struct Waiting {
    pub server_id: String,
    pub app_id: String,
    pub scopes: Vec<String>,
    hash: String,
}

/// The device behind a code that a person typed, in whatever case and grouping.
pub async fn waiting(conn: &mut Conn, org: &Org, typed: &str) -> Result<Option<Waiting>> {
    let code: String = typed.chars().filter(char::is_ascii_alphabetic).take(USER_CODE_LEN + 1).collect();
    let hash = hash(org, "user code", &code.to_ascii_uppercase());
    let row = query(
        "select server_id, app_id, scopes from device_authorization where user_hash = $1 and status = 'PENDING' and expires_us > $2",
    );
    let Some(row) = row.bind(&hash).bind(org.now()).optional(conn).await? else { return Ok(None) };
    let scopes: String = row.get("scopes")?;
    let scopes = scopes.split(' ').map(str::to_owned).collect();
    Ok(Some(Waiting { server_id: row.get("server_id")?, app_id: row.get("app_id")?, scopes, hash }))
}

/// Notes what a person decided; the grant, where it was allowed. `false`: it was decided before, or is too late.
pub async fn decide(conn: &mut Conn, waiting: &Waiting, grant: Option<&Grant>, now: Instant) -> Result<bool> {
    let done = query(
        "update device_authorization set status = $1, grant_id = $2 where user_hash = $3 and status = 'PENDING' and expires_us > $4",
    );
    let status = if grant.is_some() { "ALLOWED" } else { "DENIED" };
    let grant_id = grant.map(|grant| grant.id.clone());
    Ok(done.bind(status).bind(grant_id).bind(&waiting.hash).bind(now).execute(conn).await? == 1)
}

/// What a device that asks is told.
pub enum Polled {
    Allowed(Grant),
    Fault(OAuthFault),
}

/// Answers a device. Of any number of calls for one allowed code one gets the grant.
pub async fn poll(conn: &mut Conn, org: &Org, server: &Server, client: &Client, code: &Secret) -> Result<Polled> {
    let (hash, now) = (hash(org, "device code", code.expose()), org.now());
    let fault = |error: &'static str, text: &str| Ok(Polled::Fault(OAuthFault::new(400, error, text)));
    let invalid = || fault("invalid_grant", "The device code is invalid or has expired.");
    let row = query(
        "select status, interval_s, polled_us, expires_us from device_authorization where device_hash = $1 and app_id = $2 and server_id = $3",
    );
    let row = row.bind(&hash).bind(client.app.id.as_str()).bind(&server.id).optional(conn).await?;
    let Some(row) = row else { return invalid() };
    let (status, interval_s): (String, i64) = (row.get("status")?, row.get("interval_s")?);
    let (polled, expires): (Option<Instant>, Instant) = (row.get("polled_us")?, row.get("expires_us")?);
    if expires <= now {
        return fault("expired_token", "The device code has expired.");
    }
    match status.as_str() {
        "PENDING" => {}
        "DENIED" => {
            let text = "The resource owner or authorization server denied the request.";
            return Ok(Polled::Fault(OAuthFault::new(403, "access_denied", text)));
        }
        "ALLOWED" => {
            let used = query(
                "update device_authorization set status = 'USED' where device_hash = $1 and status = 'ALLOWED' returning grant_id",
            );
            let Some(row) = used.bind(&hash).optional(conn).await? else { return invalid() };
            let grant_id: Option<String> = row.get("grant_id")?;
            let grant = match grant_id {
                Some(id) => grant::by_id(conn, &id).await?,
                None => None,
            };
            return grant.map_or_else(invalid, |grant| Ok(Polled::Allowed(grant)));
        }
        _ => return invalid(),
    }
    let too_soon = polled.is_some_and(|polled| now.since(polled) < grant::seconds(interval_s));
    let interval_s = if too_soon { interval_s + INTERVAL_S } else { interval_s };
    query("update device_authorization set polled_us = $1, interval_s = $2 where device_hash = $3")
        .bind(now)
        .bind(interval_s)
        .bind(&hash)
        .execute(conn)
        .await?;
    if too_soon {
        return fault("slow_down", "Slow down the polling frequency. Please try again later.");
    }
    fault("authorization_pending", "The device authorization is pending. Please try again later.")
}
