//! `introspect` and `revoke`: what became of a token, and the end of one.
//!
//! Invariant: a token that is unknown, lapsed, ended or of another server is `{"active":false}` and nothing more.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Map, Value, json};
use vault::Secret;
use world::Instant;

use super::{
    access,
    client::{self, Client},
    fault::{OAuthFault, OAuthResult},
    grant,
    key::{self, Purpose},
    parameters::Posted,
    server::Server,
};
use crate::{
    Org,
    api::edge::Address,
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
    },
};

/// `POST …/v1/introspect`
pub async fn introspect(
    State(org): State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    posted: Posted,
) -> OAuthResult<Json<Value>> {
    let Posted(parameters) = posted;
    let client = client::authenticate(&org, &address, &server, &origin, &headers, &parameters, "introspect").await?;
    let token = parameters.get("token").map(Secret::new).ok_or_else(missing)?;
    let mut reader = org.db.read().await?;
    let found = match by_access_token(&org, &mut reader, &server, &token).await? {
        Some(found) => Some(found),
        None => match by_refresh_token(&org, &mut reader, &server, &client, &token).await? {
            Some(found) => Some(found),
            None => by_id_token(&org, &mut reader, &server, &client, &token).await?,
        },
    };
    Ok(Json(found.unwrap_or_else(|| json!({ "active": false }))))
}

fn missing() -> OAuthFault {
    OAuthFault::invalid_request("The 'token' parameter is required.")
}

async fn by_access_token(org: &Org, conn: &mut Conn, server: &Server, token: &Secret) -> OAuthResult<Option<Value>> {
    let Some(access) = access::read(org, conn, server, token).await? else { return Ok(None) };
    let claim = |name: &str| access.claims.get(name).cloned().unwrap_or(Value::Null);
    let mut body = Map::new();
    body.insert("active".to_owned(), true.into());
    body.insert("scope".to_owned(), access.scopes.join(" ").into());
    body.insert("username".to_owned(), access.user.as_ref().map_or(Value::Null, |user| user.login.clone().into()));
    for name in ["exp", "iat", "sub", "aud", "iss", "jti"] {
        body.insert(name.to_owned(), claim(name));
    }
    body.insert("token_type".to_owned(), "Bearer".into());
    body.insert("client_id".to_owned(), claim("cid"));
    if access.user.is_some() {
        body.insert("uid".to_owned(), claim("uid"));
    }
    body.retain(|_, value| !value.is_null());
    Ok(Some(Value::Object(body)))
}

/// A refresh token is its own client's alone.
async fn by_refresh_token(
    org: &Org,
    conn: &mut Conn,
    server: &Server,
    client: &Client,
    token: &Secret,
) -> OAuthResult<Option<Value>> {
    let Some(refresh) = grant::refresh_token(conn, org, token).await? else { return Ok(None) };
    let own =
        refresh.grant.app_id == client.app.id && refresh.grant.server_id == server.id && refresh.replaced.is_none();
    let Some((_, user)) = access::behind(conn, &refresh.grant).await?.filter(|_| own) else { return Ok(None) };
    let mut body = json!({
        "active": true,
        "token_type": "Bearer",
        "scope": refresh.grant.scopes.join(" "),
        "client_id": client.client_id,
        "exp": refresh.expires.as_seconds(),
        "jti": refresh.id,
    });
    if let Some(user) = user {
        body["username"] = user.login.clone().into();
        body["sub"] = user.login.into();
        body["uid"] = user.id.as_str().into();
    }
    Ok(Some(body))
}

async fn by_id_token(
    org: &Org,
    conn: &mut Conn,
    server: &Server,
    client: &Client,
    token: &Secret,
) -> OAuthResult<Option<Value>> {
    let Some(mut claims) = key::verify(conn, server, Purpose::Published, token.expose()).await? else {
        return Ok(None);
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let own = text("aud") == client.client_id
        && text("jti").starts_with("ID.")
        && access::is_issuer(org, server, text("iss"));
    let holds =
        claims.get("exp").and_then(Value::as_i64).is_some_and(|expires| Instant::from_seconds(expires) > org.now());
    if !own || !holds {
        return Ok(None);
    }
    claims["active"] = true.into();
    Ok(Some(claims))
}

/// `POST …/v1/revoke`: an empty body without a content type, for unknown tokens too.
pub async fn revoke(
    State(org): State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    posted: Posted,
) -> OAuthResult<Response> {
    let Posted(parameters) = posted;
    let client = client::authenticate(&org, &address, &server, &origin, &headers, &parameters, "revoke").await?;
    let token = parameters.get("token").map(Secret::new).ok_or_else(missing)?;
    let mut change = Change::begin(&org, client.party(), origin).await?;
    let now = change.now;
    let ended = if let Some(refresh) = grant::refresh_token(&mut change, &org, &token).await? {
        let own = refresh.grant.app_id == client.app.id && refresh.grant.server_id == server.id;
        if own {
            grant::end(&mut change, &refresh.grant.id, now).await?;
        }
        own.then_some(refresh.grant)
    } else if let Some(access) = access::read(&org, &mut change, &server, &token).await? {
        let own = access.app.id == client.app.id;
        if own {
            let jti = access.claims.get("jti").and_then(Value::as_str).unwrap_or_default();
            grant::end_access_token(&mut change, jti, now).await?;
        }
        own.then_some(access.grant)
    } else {
        None
    };
    if let Some(grant) = ended {
        let event = Event::new(server.event("app.oauth2.token.revoke", "app.oauth2.as.token.revoke"))
            .target(Party::app(&client.app));
        change.record(match grant.session_id {
            Some(session) => event.session(session),
            None => event,
        });
    }
    change.commit().await?;
    Ok(StatusCode::OK.into_response())
}
