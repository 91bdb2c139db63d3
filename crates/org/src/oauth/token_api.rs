//! Refresh tokens in the management API: of an app, of a person at a client, of a client at a custom server; and which clients there are.
//!
//! Invariant: a token is shown by its id and facts; its value is nowhere. Revoking one ends its grant with everything on it.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::{Conn, Query, Row, query};
use serde_json::{Value, json};
use world::Instant;

use super::{
    custom_scope, grant,
    server::{self, Server},
};
use crate::{
    Org, Result,
    api::{
        caller::Caller,
        edge::Address,
        paging::{Asked, Beyond},
        users,
    },
    error::{Answer, Fault},
    model::{
        app,
        change::Change,
        log::{Event, Party},
    },
    operations::Routes,
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
/// Clients that one answer names.
const CLIENTS_MAX: i64 = 200;
const PREFIX: &str = "oar";
const KIND: &str = "OAuth2RefreshToken";

pub fn operations() -> Routes {
    Routes::new()
        .on("listOAuth2TokensForApplication", list_of_app)
        .on("getOAuth2TokenForApplication", get_of_app)
        .on("revokeOAuth2TokenForApplication", revoke_of_app)
        .on("revokeOAuth2TokensForApplication", revoke_all_of_app)
        .on("listRefreshTokensForUserAndClient", list_of_user)
        .on("getRefreshTokenForUserAndClient", get_of_user)
        .on("revokeTokenForUserAndClient", revoke_of_user)
        .on("revokeTokensForUserAndClient", revoke_all_of_user)
        .on("listRefreshTokensForAuthorizationServerAndClient", list_of_server)
        .on("getRefreshTokenForAuthorizationServerAndClient", get_of_server)
        .on("revokeRefreshTokenForAuthorizationServerAndClient", revoke_of_server)
        .on("revokeRefreshTokensForAuthorizationServerAndClient", revoke_all_of_server)
        .on("listUserClients", clients_of_user)
        .on("listOAuth2ClientsForAuthorizationServer", clients_of_server)
}

/// Whose tokens are meant, where they are found, and what the condition is.
struct Place {
    /// Of the tokens themselves, without a final slash.
    path: String,
    column: &'static str,
    value: String,
    client_id: String,
}

/// By an app, whose path does not name a client of its own.
async fn of_app(conn: &mut Conn, id: &str) -> Answer<Place> {
    let found = app::by_id(conn, &id.into()).await?.filter(|app| app.client_id.is_some());
    let app = found.ok_or_else(|| Fault::not_found(id, "AppInstance"))?;
    Ok(Place {
        path: format!("/api/v1/apps/{}/tokens", app.id),
        column: "g.app_id",
        value: app.id.to_string(),
        client_id: app.client_id.unwrap_or_default(),
    })
}

async fn of_user(conn: &mut Conn, caller: &Caller, name: &str, client_id: &str) -> Answer<Place> {
    let user = users::find(conn, caller, name).await?;
    check_client(conn, client_id).await?;
    Ok(Place {
        path: format!("/api/v1/users/{}/clients/{client_id}/tokens", user.id),
        column: "g.user_id",
        value: user.id.to_string(),
        client_id: client_id.to_owned(),
    })
}

async fn of_server(conn: &mut Conn, id: &str, client_id: &str) -> Answer<Place> {
    let server = server::custom(conn, id).await?;
    check_client(conn, client_id).await?;
    Ok(Place {
        path: format!("/api/v1/authorizationServers/{}/clients/{client_id}/tokens", server.id),
        column: "g.server_id",
        value: server.id,
        client_id: client_id.to_owned(),
    })
}

async fn check_client(conn: &mut Conn, client_id: &str) -> Answer<()> {
    let found = app::by_client_id(conn, client_id).await?;
    found.map(|_| ()).ok_or_else(|| Fault::not_found(client_id, "PublicClientApp"))
}

/// One refresh token that still works.
struct Token {
    id: String,
    grant_id: String,
    server_id: String,
    app_id: String,
    label: String,
    user_id: Option<String>,
    scopes: Vec<String>,
    created: Instant,
    last_updated: Instant,
    expires: Instant,
}

const ALIVE: &str =
    "t.replaced_us is null and g.ended_us is null and t.expires_us > $1 and (t.idle_us is null or t.idle_us > $1)";

/// The living tokens of a place.
fn select(place: &Place, now: Instant) -> Query {
    let column = place.column;
    query(format!(
        "select t.id, t.grant_id, g.server_id, g.app_id, a.label, g.user_id, g.scopes, t.created_us, t.updated_us, t.expires_us, t.idle_us
         from refresh_token t join oauth_grant g on g.id = t.grant_id join app a on a.id = g.app_id
         where {ALIVE} and {column} = $2 and a.client_id = $3"
    ))
    .bind(now)
    .bind(&place.value)
    .bind(&place.client_id)
}

impl Token {
    fn read(row: &Row) -> Result<Token> {
        let (scopes, created): (String, Instant) = (row.get("scopes")?, row.get("created_us")?);
        let (expires, idle): (Instant, Option<Instant>) = (row.get("expires_us")?, row.get("idle_us")?);
        Ok(Token {
            id: row.get("id")?,
            grant_id: row.get("grant_id")?,
            server_id: row.get("server_id")?,
            app_id: row.get("app_id")?,
            label: row.get("label")?,
            user_id: row.get("user_id")?,
            scopes: scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            created,
            last_updated: row.get::<Option<Instant>>("updated_us")?.unwrap_or(created),
            expires: idle.map_or(expires, |idle| idle.min(expires)),
        })
    }
}

async fn list(org: &Org, conn: &mut Conn, asked: &Asked, place: &Place) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(PREFIX)?.unwrap_or_default();
    let rows = select(place, org.now())
        .push(" and t.id > $4 order by t.id limit $5")
        .bind(after)
        .bind(limit + 1)
        .all(conn)
        .await?;
    let mut bodies = Vec::new();
    for row in &rows {
        let token = Token::read(row)?;
        bodies.push((token.id.clone(), body(conn, asked, place, &token).await?));
    }
    Ok(asked.page(bodies, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn find(org: &Org, conn: &mut Conn, place: &Place, id: &str) -> Answer<Token> {
    let row = select(place, org.now()).push(" and t.id = $4").bind(id).optional(conn).await?;
    let row = row.ok_or_else(|| Fault::not_found(id, KIND))?;
    Ok(Token::read(&row)?)
}

async fn get(org: &Org, conn: &mut Conn, asked: &Asked, place: &Place, id: &str) -> Answer<Json<Value>> {
    let token = find(org, conn, place, id).await?;
    Ok(Json(body(conn, asked, place, &token).await?))
}

/// Ends one token, or every one of a place.
async fn revoke(org: &Org, mut change: Change, place: &Place, id: Option<&str>) -> Answer<StatusCode> {
    let tokens = match id {
        Some(id) => vec![find(org, &mut change, place, id).await?],
        None => {
            let rows = select(place, org.now()).all(&mut change).await?;
            rows.iter().map(Token::read).collect::<Result<Vec<_>>>()?
        }
    };
    let now = change.now;
    for token in &tokens {
        grant::end(&mut change, &token.grant_id, now).await?;
        let kind =
            if token.server_id == server::ORG { "app.oauth2.token.revoke" } else { "app.oauth2.as.token.revoke" };
        let app = Party::new(&token.app_id, "AppInstance", &token.label, &token.label);
        change.record(Event::new(kind).target(app).target(Party::new(
            &token.id,
            "refresh_token",
            "unknown",
            "Refresh Token",
        )));
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_of_app(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let place = of_app(&mut reader, &id).await?;
    list(&org, &mut reader, &asked, &place).await
}

async fn get_of_app(
    State(org): State<Org>,
    asked: Asked,
    Path((id, token)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let place = of_app(&mut reader, &id).await?;
    get(&org, &mut reader, &asked, &place, &token).await
}

async fn revoke_of_app(
    State(org): State<Org>,
    caller: Caller,
    Path((id, token)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let place = of_app(&mut change, &id).await?;
    revoke(&org, change, &place, Some(&token)).await
}

async fn revoke_all_of_app(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let place = of_app(&mut change, &id).await?;
    revoke(&org, change, &place, None).await
}

async fn list_of_user(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path((name, client)): Path<(String, String)>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let place = of_user(&mut reader, &caller, &name, &client).await?;
    list(&org, &mut reader, &asked, &place).await
}

async fn get_of_user(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path((name, client, token)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let place = of_user(&mut reader, &caller, &name, &client).await?;
    get(&org, &mut reader, &asked, &place, &token).await
}

async fn revoke_of_user(
    State(org): State<Org>,
    caller: Caller,
    Path((name, client, token)): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let place = of_user(&mut change, &caller, &name, &client).await?;
    revoke(&org, change, &place, Some(&token)).await
}

async fn revoke_all_of_user(
    State(org): State<Org>,
    caller: Caller,
    Path((name, client)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let place = of_user(&mut change, &caller, &name, &client).await?;
    revoke(&org, change, &place, None).await
}

async fn list_of_server(
    State(org): State<Org>,
    asked: Asked,
    Path((id, client)): Path<(String, String)>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let place = of_server(&mut reader, &id, &client).await?;
    list(&org, &mut reader, &asked, &place).await
}

async fn get_of_server(
    State(org): State<Org>,
    asked: Asked,
    Path((id, client, token)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let place = of_server(&mut reader, &id, &client).await?;
    get(&org, &mut reader, &asked, &place, &token).await
}

async fn revoke_of_server(
    State(org): State<Org>,
    caller: Caller,
    Path((id, client, token)): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let place = of_server(&mut change, &id, &client).await?;
    revoke(&org, change, &place, Some(&token)).await
}

async fn revoke_all_of_server(
    State(org): State<Org>,
    caller: Caller,
    Path((id, client)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let place = of_server(&mut change, &id, &client).await?;
    revoke(&org, change, &place, None).await
}

/// The clients that hold living refresh tokens or grants of a person.
async fn clients_of_user(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, &caller, &name).await?;
    let rows = app::select()
        .push(&format!(
            " and (a.id in (select g.app_id from refresh_token t join oauth_grant g on g.id = t.grant_id where {ALIVE} and g.user_id = $2)
                or a.id in (select c.app_id from user_scope_grant c where c.user_id = $2)) order by a.id limit $3"
        ))
        .bind(org.now())
        .bind(user.id.as_str())
        .bind(CLIENTS_MAX)
        .all(&mut reader)
        .await?;
    let bodies = app::from_rows(&rows)?.into_iter().map(|app| {
        let client_id = app.client_id.clone().unwrap_or_default();
        let own = format!("/api/v1/users/{}/clients/{client_id}", user.id);
        let mut body = client_body(&app, &client_id);
        body["_links"] = json!({
            "grants": { "href": address.link(&format!("{own}/grants")) },
            "tokens": { "href": address.link(&format!("{own}/tokens")) },
        });
        body
    });
    Ok(Json(bodies.collect()))
}

/// The clients that hold living refresh tokens of a server.
async fn clients_of_server(
    State(org): State<Org>,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let server = server::custom(&mut reader, &id).await?;
    let rows = app::select()
        .push(&format!(
            " and a.id in (select g.app_id from refresh_token t join oauth_grant g on g.id = t.grant_id where {ALIVE} and g.server_id = $2)
              order by a.id limit $3"
        ))
        .bind(org.now())
        .bind(&server.id)
        .bind(CLIENTS_MAX)
        .all(&mut reader)
        .await?;
    let bodies = app::from_rows(&rows)?.into_iter().map(|app| {
        let client_id = app.client_id.clone().unwrap_or_default();
        let tokens = format!("/api/v1/authorizationServers/{}/clients/{client_id}/tokens", server.id);
        let mut body = client_body(&app, &client_id);
        body["_links"] = json!({
            "client": { "href": address.link(&format!("/oauth2/v1/clients/{client_id}")), "title": app.label },
            "tokens": { "href": address.link(&tokens), "hints": { "allow": ["GET", "DELETE"] } },
        });
        body
    });
    Ok(Json(bodies.collect()))
}

fn client_body(app: &app::App, client_id: &str) -> Value {
    let setting = |name: &str| {
        let client = app.document.get("settings").and_then(|settings| settings.get("oauthClient"));
        client.and_then(|client| client.get(name)).cloned().unwrap_or_default()
    };
    json!({
        "client_id": client_id,
        "client_name": app.label,
        "client_uri": setting("client_uri"),
        "logo_uri": setting("logo_uri"),
    })
}

async fn body(conn: &mut Conn, asked: &Asked, place: &Place, token: &Token) -> Answer<Value> {
    let address = &asked.address;
    let server = server::by_id(conn, &token.server_id).await?;
    let server = server.ok_or_else(|| Fault::not_found(&token.server_id, "AuthorizationServer"))?;
    let own = format!("{}/{}", place.path, token.id);
    let mut body = json!({
        "id": token.id,
        "status": "ACTIVE",
        "created": token.created.whole_second().to_rfc3339_ms(),
        "lastUpdated": token.last_updated.whole_second().to_rfc3339_ms(),
        "expiresAt": token.expires.whole_second().to_rfc3339_ms(),
        "issuer": server.issuer(address),
        "clientId": place.client_id,
        "userId": token.user_id,
        "scopes": token.scopes,
    });
    if asked.get("expand") == Some("scope") {
        body["_embedded"] = json!({ "scopes": scopes(conn, address, &server, token).await? });
    }
    let mut links = json!({
        "app": { "href": address.link(&format!("/api/v1/apps/{}", token.app_id)), "title": token.label },
        "self": { "href": address.link(&own) },
        "revoke": { "href": address.link(&own), "hints": { "allow": ["DELETE"] } },
        "client": { "href": address.link(&format!("/oauth2/v1/clients/{}", place.client_id)), "title": token.label },
    });
    if let Some(user) = &token.user_id {
        links["user"] = json!({ "href": address.link(&format!("/api/v1/users/{user}")) });
    }
    if !server.is_org() {
        let path = format!("/api/v1/authorizationServers/{}", server.id);
        links["authorizationServer"] = json!({ "href": address.link(&path), "title": server.name });
    }
    body["_links"] = links;
    Ok(body)
}

async fn scopes(conn: &mut Conn, address: &Address, server: &Server, token: &Token) -> Answer<Vec<Value>> {
    let own = custom_scope::of_server(conn, server).await?;
    let shown = token.scopes.iter().map(|name| {
        let scope = custom_scope::described(server, address, &own, name);
        let title = scope["displayName"].as_str().unwrap_or(name);
        let mut shown = json!({
            "id": scope["id"],
            "name": name,
            "displayName": title,
            "_links": { "scope": { "href": scope["_links"]["self"]["href"], "title": title } },
        });
        if let Some(description) = scope.get("description") {
            shown["description"] = description.clone();
        }
        shown
    });
    Ok(shown.collect())
}
