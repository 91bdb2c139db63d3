//! Scopes that were granted, in the management API: those of an app (`/apps/{id}/grants`) and those of a person (`/users/{id}/grants`).

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Value, json};

use super::{
    consent::{self, AppGrant, UserGrant},
    server::{self, Server},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
        paging::{Asked, Beyond},
        users,
    },
    error::{Answer, Fault},
    model::{
        app::{self, App},
        change::Change,
        log::{Event, Party},
        user::User,
    },
    operations::{self, Routes},
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
const KIND: &str = "OAuth2ScopeConsentGrant";

pub fn operations() -> Routes {
    Routes::new()
        .on("listScopeConsentGrants", of_app)
        .on("grantConsentToScope", grant)
        .on("getScopeConsentGrant", one_of_app)
        .on("revokeScopeConsentGrant", revoke_from_app)
        .on("listUserGrants", of_user)
        .on("getUserGrant", one_of_user)
        .on("revokeUserGrant", revoke_of_user)
        .on("revokeUserGrants", revoke_all_of_user)
        .on("listGrantsForUserAndClient", of_user_and_client)
        .on("revokeGrantsForUserAndClient", revoke_of_user_and_client)
}

async fn find_app(conn: &mut Conn, id: &str) -> Answer<App> {
    let found = app::by_id(conn, &id.into()).await?.filter(|app| app.client_id.is_some());
    found.ok_or_else(|| Fault::not_found(id, "AppInstance"))
}

async fn of_app(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let app = find_app(&mut reader, &id).await?;
    let grants = consent::of_app(&mut reader, &app.id).await?;
    Ok(Json(grants.iter().map(|grant| app_body(&asked, &app, grant)).collect()))
}

async fn one_of_app(
    State(org): State<Org>,
    asked: Asked,
    Path((id, grant)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = find_app(&mut reader, &id).await?;
    let grant = app_grant(&mut reader, &app, &grant).await?;
    Ok(Json(app_body(&asked, &app, &grant)))
}

async fn app_grant(conn: &mut Conn, app: &App, id: &str) -> Answer<AppGrant> {
    let found = consent::of_app(conn, &app.id).await?.into_iter().find(|grant| grant.id == id);
    found.ok_or_else(|| Fault::not_found(id, KIND))
}

async fn grant(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let given = given.object()?;
    let scope = given.text("scopeId")?.unwrap_or_default();
    if !operations::is_scope(scope) {
        return Err(Fault::field("scopeId", &format!("The scope '{scope}' does not exist")));
    }
    let issuer = given.text("issuer")?.unwrap_or_default().trim_end_matches('/');
    if !org.addresses.iter().any(|address| crate::state::base(address) == issuer) {
        return Err(Fault::field("issuer", "The issuer must be that of the org authorization server"));
    }
    let mut change = caller.begin(&org).await?;
    let app = find_app(&mut change, &id).await?;
    let granted = consent::grant_to_app(&mut change, &org.world, &app.id, scope, &caller.user.id).await?;
    let granted = granted.ok_or_else(|| Fault::field("scopeId", "The scope is granted already"))?;
    change.record(Event::new("app.oauth2.admin.consent.grant").target(Party::app(&app)).debug("grantedScopes", scope));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(app_body(&asked, &app, &granted))).into_response())
}

async fn revoke_from_app(
    State(org): State<Org>,
    caller: Caller,
    Path((id, grant)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let app = find_app(&mut change, &id).await?;
    let grant = app_grant(&mut change, &app, &grant).await?;
    let now = change.now;
    consent::take_from_app(&mut change, &app.id, &grant, now).await?;
    let event = Event::new("app.oauth2.admin.consent.revoke").target(Party::app(&app));
    change.record(event.debug("revokedScopes", grant.scope));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn app_body(asked: &Asked, app: &App, grant: &AppGrant) -> Value {
    let (address, client_id) = (&asked.address, app.client_id.as_deref().unwrap_or_default());
    let own = format!("/api/v1/apps/{}", app.id);
    let mut body = json!({
        "id": grant.id,
        "status": "ACTIVE",
        "created": grant.created.to_rfc3339_ms(),
        "createdBy": { "id": grant.created_by, "type": "User" },
        "lastUpdated": grant.last_updated.to_rfc3339_ms(),
        "issuer": address.base(),
        "clientId": client_id,
        "scopeId": grant.scope,
        "source": "ADMIN",
    });
    if asked.get("expand") == Some("scope") {
        body["_embedded"] = json!({ "scope": { "id": grant.scope } });
    }
    body["_links"] = json!({
        "app": { "href": address.link(&own), "title": app.label },
        "self": { "href": address.link(&format!("{own}/grants/{}", grant.id)), "hints": { "allow": ["GET", "DELETE"] } },
        "client": { "href": address.link(&format!("/oauth2/v1/clients/{client_id}")), "title": app.label },
    });
    body
}

/// The servers of some grants, to name their issuers.
async fn shown(conn: &mut Conn, asked: &Asked, grants: &[UserGrant]) -> Answer<Vec<(String, Value)>> {
    let mut bodies = Vec::new();
    for grant in grants {
        if let Some(server) = server::by_id(conn, &grant.server_id).await? {
            bodies.push((grant.id.clone(), user_body(asked, &server, grant)));
        }
    }
    Ok(bodies)
}

async fn of_user(State(org): State<Org>, caller: Caller, asked: Asked, Path(name): Path<String>) -> Answer<Response> {
    list(&org, &caller, &asked, &name, None).await
}

async fn of_user_and_client(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path((name, client)): Path<(String, String)>,
) -> Answer<Response> {
    list(&org, &caller, &asked, &name, Some(&client)).await
}

async fn list(org: &Org, caller: &Caller, asked: &Asked, name: &str, client: Option<&str>) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id("oag")?.unwrap_or_default();
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, caller, name).await?;
    let mut select = consent::select_of_user(&user.id);
    for (column, value) in [("g.scope", asked.get("scopeId")), ("a.client_id", client)] {
        if let Some(value) = value {
            let placeholder = select.next_placeholder();
            select = select.push(&format!(" and {column} = ${placeholder}")).bind(value);
        }
    }
    let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
    let select =
        select.push(&format!(" and g.id > ${first} order by g.id limit ${second}")).bind(after).bind(limit + 1);
    let grants = consent::from_rows(&select.all(&mut reader).await?)?;
    let bodies = shown(&mut reader, asked, &grants).await?;
    Ok(asked.page(bodies, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn one_of_user(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let user = users::find(&mut reader, &caller, &name).await?;
    let grants = of(&mut reader, &user, Only::Grant(&id)).await?;
    let body = shown(&mut reader, &asked, &grants).await?.pop();
    body.map(|(_, body)| Json(body)).ok_or_else(|| Fault::not_found(&id, KIND))
}

enum Only<'a> {
    Everything,
    Grant(&'a str),
    Client(&'a str),
}

async fn of(conn: &mut Conn, user: &User, only: Only<'_>) -> Answer<Vec<UserGrant>> {
    let select = consent::select_of_user(&user.id);
    let select = match only {
        Only::Everything => select,
        Only::Grant(id) => select.push(" and g.id = $2").bind(id),
        Only::Client(client_id) => select.push(" and a.client_id = $2").bind(client_id),
    };
    Ok(consent::from_rows(&select.all(conn).await?)?)
}

async fn take(change: &mut Change, user: &User, grants: &[UserGrant], kind: &'static str) -> Answer<()> {
    let now = change.now;
    for grant in grants {
        consent::take_from_user(change, grant, now).await?;
        change.record(Event::new(kind).target(Party::user(user)).target(grant.party()));
    }
    Ok(())
}

async fn revoke_of_user(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let user = users::find(&mut change, &caller, &name).await?;
    let grants = of(&mut change, &user, Only::Grant(&id)).await?;
    if grants.is_empty() {
        return Err(Fault::not_found(&id, KIND));
    }
    take(&mut change, &user, &grants, "app.oauth2.as.consent.revoke").await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_all_of_user(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let user = users::find(&mut change, &caller, &name).await?;
    let grants = of(&mut change, &user, Only::Everything).await?;
    take(&mut change, &user, &grants, "app.oauth2.as.consent.revoke.user").await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_of_user_and_client(
    State(org): State<Org>,
    caller: Caller,
    Path((name, client)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let user = users::find(&mut change, &caller, &name).await?;
    let grants = of(&mut change, &user, Only::Client(&client)).await?;
    take(&mut change, &user, &grants, "app.oauth2.as.consent.revoke.user.client").await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn user_body(asked: &Asked, server: &Server, grant: &UserGrant) -> Value {
    let address: &Address = &asked.address;
    let user = format!("/api/v1/users/{}", grant.user_id);
    let mut body = json!({
        "id": grant.id,
        "status": "ACTIVE",
        "created": grant.created.to_rfc3339_ms(),
        "lastUpdated": grant.last_updated.to_rfc3339_ms(),
        "issuer": server.issuer(address),
        "clientId": grant.client_id,
        "userId": grant.user_id.as_str(),
        "scopeId": grant.scope,
        "source": "END_USER",
    });
    if asked.get("expand") == Some("scope") {
        body["_embedded"] = json!({ "scope": { "id": grant.scope } });
    }
    body["_links"] = json!({
        "app": { "href": address.link(&format!("/api/v1/apps/{}", grant.app_id)), "title": grant.app_label },
        "authorizationServer": { "href": address.link(&format!("/api/v1/authorizationServers/{}", server.id)), "title": server.name },
        "self": { "href": address.link(&format!("{user}/grants/{}", grant.id)), "hints": { "allow": ["GET", "DELETE"] } },
        "client": { "href": address.link(&format!("/oauth2/v1/clients/{}", grant.client_id)), "title": grant.app_label },
        "user": { "href": address.link(&user) },
    });
    body
}
